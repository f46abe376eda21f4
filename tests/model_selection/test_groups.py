"""Groups of dictionary pairs connected through shared words."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sklearn_instamap.model_selection import dictionary_groups


def naive_groups(source, target):
    """Merge labels until nothing changes."""
    labels = list(range(len(source)))
    changed = True
    while changed:
        changed = False
        for i in range(len(source)):
            for j in range(i):
                shared = source[i] == source[j] or target[i] == target[j]
                if shared and labels[i] != labels[j]:
                    labels[i] = labels[j] = min(labels[i], labels[j])
                    changed = True
    return np.unique(labels, return_inverse=True)[1]


def test_chain_of_shared_words_is_one_group():
    source = ["a", "a", "b", "c", "d"]
    target = ["A", "B", "B", "C", "D"]
    np.testing.assert_array_equal(dictionary_groups(source, target), [0, 0, 0, 1, 2])


def test_a_source_word_is_not_the_target_word_of_the_same_spelling():
    np.testing.assert_array_equal(dictionary_groups(["a", "b"], ["b", "a"]), [0, 1])


@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), min_size=1, max_size=14))
def test_against_naive_merging(pairs):
    source, target = map(list, zip(*pairs, strict=True))
    expected = naive_groups(source, target)
    words = dictionary_groups([f"s{i}" for i in source], [f"t{i}" for i in target])
    np.testing.assert_array_equal(words, expected)
    # The same dictionary as vectors.
    rng = np.random.default_rng(0)
    X, y = rng.standard_normal((7, 3)), rng.standard_normal((7, 4)).astype(np.float32)
    np.testing.assert_array_equal(dictionary_groups(X[source], y[target]), expected)


def test_words_in_every_container():
    frame = pd.DataFrame({"source": ["a", "a", "b"], "target": ["A", "B", "C"]})
    for X, y in [
        (frame["source"], frame["target"]),
        (frame["source"].to_numpy(object), frame["target"].to_list()),
        (frame["source"].astype("string"), frame["target"].astype("category")),
        (np.array(["a", "a", "b"]), np.array(["A", "B", "C"])),
    ]:
        np.testing.assert_array_equal(dictionary_groups(X, y), [0, 0, 1])


def test_vectors_in_a_frame_and_in_one_column():
    X = pd.DataFrame([[1.0, 2.0], [1.0, 2.0], [0.0, 1.0]], index=["a", "b", "c"])
    np.testing.assert_array_equal(dictionary_groups(X, [1.0, 2.0, 3.0]), [0, 0, 1])


def test_errors_say_what_is_wrong():
    with pytest.raises(ValueError, match="X has 2 pairs and y has 1"):
        dictionary_groups(["a", "b"], ["A"])
    with pytest.raises(ValueError, match=r"X has shape \(1, 2\); give one column of words"):
        dictionary_groups([["a", "b"]], ["A"])
    with pytest.raises(ValueError, match=r"y has shape \(1, 1, 2\)"):
        dictionary_groups(["a"], [[[1.0, 2.0]]])
