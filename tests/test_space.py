from __future__ import annotations

import copy
import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.utils.validation import _is_arraylike, _num_samples

from sklearn_instamap import EmbeddingSpace
from sklearn_instamap._space import like_space, space_vectors


@pytest.fixture
def space():
    return EmbeddingSpace(["a", "b", "c"], np.arange(6, dtype=np.float32).reshape(3, 2))


def test_lookup(space):
    assert (space.n_words, space.n_features) == (3, 2)
    assert "b" in space
    assert "z" not in space
    assert space.index("c") == 2
    np.testing.assert_array_equal(space.indices(["c", "z", "a"]), [2, -1, 0])
    np.testing.assert_array_equal(space.vector("b"), [2, 3])
    with pytest.raises(KeyError, match="z"):
        space.vector("z")


def test_scikit_learn_cannot_take_it_for_an_array(space):
    assert not _is_arraylike(space)
    with pytest.raises(TypeError):
        _num_samples(space)
    assert clone(space) is space


def test_immutable_and_does_not_freeze_the_callers_array():
    vectors = np.ones((2, 2))
    space = EmbeddingSpace(["a", "b"], vectors)
    with pytest.raises(AttributeError, match="immutable"):
        space.words = ("x", "y")
    with pytest.raises(ValueError, match="read-only"):
        space.vectors[0, 0] = 5
    vectors[0, 0] = 5


def test_half_precision_becomes_single_and_others_stay():
    for given, kept in [("float16", "float32"), ("float32", "float32"), ("float64", "float64")]:
        assert EmbeddingSpace(["a"], np.ones((1, 2), dtype=given)).vectors.dtype == kept


@pytest.mark.parametrize(
    ("words", "vectors", "message"),
    [
        (["a", "b", "a"], np.ones((3, 2)), "the word 'a' more than once"),
        (["a"], np.ones((2, 2)), "1 words for 2 vectors"),
        (["a"], [[np.nan, 1.0]], "NaN"),
        ([], np.empty((0, 2)), "0 sample"),
    ],
)
def test_bad_input_says_what_is_wrong(words, vectors, message):
    with pytest.raises(ValueError, match=message):
        EmbeddingSpace(words, vectors)


def test_select_replace_and_frame(space):
    picked = space.select([2, 0])
    assert picked.words == ("c", "a")
    np.testing.assert_array_equal(picked.vectors, [[4, 5], [0, 1]])
    assert space.with_vectors(np.zeros((3, 5))).n_features == 5
    frame = space.to_frame()
    assert list(frame.index) == ["a", "b", "c"]
    back = EmbeddingSpace.from_frame(frame)
    assert back.words == space.words
    np.testing.assert_array_equal(back.vectors, space.vectors)


@pytest.mark.parametrize(
    "duplicate", [copy.copy, copy.deepcopy, lambda s: pickle.loads(pickle.dumps(s))]
)
def test_copies_are_equal_and_still_frozen(space, duplicate):
    other = duplicate(space)
    assert other.words == space.words
    assert other.index("b") == 1
    np.testing.assert_array_equal(other.vectors, space.vectors)
    assert not other.vectors.flags.writeable


def test_three_forms_of_a_space(space):
    for form in (space, space.to_frame(), space.vectors):
        np.testing.assert_array_equal(space_vectors(form), space.vectors)
    doubled = space.vectors * 2
    assert like_space(doubled, space).words == space.words
    frame = like_space(doubled, space.to_frame(), ["p", "q"])
    assert isinstance(frame, pd.DataFrame)
    assert list(frame.index) == list(space.words)
    assert like_space(doubled, space.vectors) is doubled
