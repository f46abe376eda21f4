"""The fixed split: by order, and no word on both sides."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sklearn_instamap.metrics import unseen_pairs
from sklearn_instamap.model_selection import WordDisjointHoldout, dictionary_groups

WORDS = st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12)), min_size=1, max_size=30)


def test_without_repeated_words_the_last_pairs_are_held_out():
    words = [str(i) for i in range(10)]
    ((train, test),) = WordDisjointHoldout().split(words, words)
    assert train.tolist() == [0, 1, 2, 3, 4, 5, 6, 7]
    assert test.tolist() == [8, 9]


def test_a_group_stands_where_its_first_pair_does():
    source = ["a", "b", "c", "d", "a"]
    target = ["A", "B", "C", "D", "E"]
    ((train, test),) = WordDisjointHoldout(0.5).split(source, target)
    assert train.tolist() == [0, 1, 4]
    assert test.tolist() == [2, 3]
    assert WordDisjointHoldout(0.5).get_n_splits(source, target) == 1


@given(WORDS, st.floats(0.01, 0.99))
def test_every_pair_once_and_all_held_out_ones_unseen(pairs, share):
    frame = pd.DataFrame(pairs, columns=["source", "target"]).astype(str)
    sides = frame["source"], frame["target"]
    groups = dictionary_groups(*sides)
    if (groups == groups.max()).mean() > share:
        with pytest.raises(ValueError, match="give more pairs"):
            next(WordDisjointHoldout(share).split(*sides))
        return
    ((train, test),) = WordDisjointHoldout(share).split(*sides)
    assert sorted([*train, *test]) == list(range(len(frame)))
    assert 0 < len(test) <= share * len(frame)
    assert unseen_pairs(test_dictionary=frame.iloc[test], train_dictionary=frame.iloc[train]).all()
    # Held-out pairs come later than the first pair of every group that is trained on.
    assert test.min() > 0


def test_vectors_are_words():
    X = np.array([[1.0], [2.0], [1.0], [3.0]])
    ((train, test),) = WordDisjointHoldout(0.6).split(X, X + 1)
    assert (train.tolist(), test.tolist()) == ([0, 2], [1, 3])


def test_what_cannot_be_split():
    with pytest.raises(ValueError, match="y is missing"):
        next(WordDisjointHoldout().split([[1.0]]))
    with pytest.raises(ValueError, match=r"hold out 0.2 of its 3 pairs.* pass test_size=0.34[.]"):
        next(WordDisjointHoldout().split(["a", "b", "c"], ["A", "B", "C"]))
    for size in (0, 1, 1.5):
        with pytest.raises(ValueError, match="test_size"):
            WordDisjointHoldout(size)
    with pytest.raises(TypeError, match="test_size"):
        WordDisjointHoldout("0.2")
