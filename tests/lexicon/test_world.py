"""Which pairs each map of a ranker is fitted on."""

from __future__ import annotations

from types import MappingProxyType

import numpy as np
import pytest
from joblib import Memory
from sklearn.base import BaseEstimator

from sklearn_instamap import EmbeddingSpace
from sklearn_instamap.lexicon._members import check_aligners
from sklearn_instamap.lexicon._spellings import Spellings
from sklearn_instamap.lexicon._world import WorldMaker

pytest.importorskip("rapidfuzz")
OPTIONS = MappingProxyType(
    {"memory": Memory(None), "csls_neighbors": 2, "random_state": 0, "n_jobs": 1}
)


class Counting(BaseEstimator):
    """An aligner that leaves both spaces as they are and keeps how many pairs it is given."""

    def __init__(self, given: list[int]) -> None:
        self.given = given

    def __sklearn_clone__(self) -> Counting:
        return self

    def fit_transform_spaces(self, X, y, source, target):
        self.given.append(len(X))
        return source, target


@pytest.fixture
def spaces():
    """Twelve words a side, of which row i translates row i; rows 4 to 6 are spelled alike."""
    vectors = np.random.default_rng(0).normal(size=(12, 8)).astype(np.float32)
    left = [f"{letter * 5}" for letter in "abcd"] + ["history", "musical", "national"]
    right = [f"{letter * 5}" for letter in "efgh"] + ["historya", "musikal", "nacional"]
    left += [f"{letter * 5}" for letter in "ijklm"]
    right += [f"{letter * 5}" for letter in "nopqr"]
    return EmbeddingSpace(left, vectors), EmbeddingSpace(right, vectors)


def world(spaces, aligners, spelling_pairs):
    spellings = Spellings(spaces[0].words, spaces[1].words)
    make = WorldMaker(*spaces, aligners, spelling_pairs, spellings, (), dict(OPTIONS))
    return make(np.arange(4), np.arange(4))


def test_cognates_found_in_the_first_map_fit_the_others(spaces):
    given: tuple[list[int], ...] = ([], [], [])
    aligners = [(name, Counting(own)) for name, own in zip("abc", given, strict=True)]
    found = world(spaces, aligners, "cognates")
    assert given == ([4], [7], [7])
    assert found.names == ["a", "b", "c"]
    assert len(found.maps) == 3


def test_an_only_aligner_is_fitted_with_and_without_cognates(spaces):
    given: list[int] = []
    found = world(spaces, [("a", Counting(given))], "cognates")
    assert given == [4, 7]
    assert found.names == ["a, dictionary alone", "a"]


def test_without_cognates_each_aligner_is_fitted_once(spaces):
    given: tuple[list[int], ...] = ([], [])
    aligners = [(name, Counting(own)) for name, own in zip("ab", given, strict=True)]
    assert world(spaces, aligners, None).names == ["a", "b"]
    assert given == ([4], [4])


def test_the_default_maps_are_two_of_different_kinds():
    (first, alone), (second, on_vecmap) = check_aligners(None)
    assert (first, second) == ("InstaMap", "IM∘VM")
    assert not hasattr(alone, "steps")
    assert [type(step).__name__ for _, step in on_vecmap.steps] == [
        "VecMapAligner",
        "InstaMapAligner",
    ]
