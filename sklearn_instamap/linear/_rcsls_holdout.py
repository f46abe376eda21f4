"""Pairs of a dictionary that are held out to choose the learning rate of RCSLS by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from sklearn_instamap._engine import count_better
from sklearn_instamap._row_index import RowIndex, distinct_rows
from sklearn_instamap.model_selection import WordDisjointKFold, dictionary_groups

Array = NDArray[np.floating]

_SHARE = 5  # every fifth pair is held out
_MIN_PAIRS = 50


@dataclass(frozen=True)
class HeldOutPairs:
    """A split of a dictionary, and the candidates among which held-out words are translated.

    ``gold`` says which of the candidates is the translation of each held-out pair.
    """

    train: NDArray[np.intp]
    test: NDArray[np.intp]
    candidates: Array
    gold: NDArray[np.intp]

    @classmethod
    def choose(cls, X: Array, y: Array, target: Array | None) -> Self | None:
        """Hold out a fifth of the pairs; return None where there are fewer than 50.

        Nothing is random: the split is spread evenly over the order of the dictionary, which is
        usually that of frequency.
        """
        if len(X) < _MIN_PAIRS:
            return None
        train, test = cls._split(X, y)
        candidates = y[distinct_rows(y)[0]] if target is None else target
        gold = RowIndex(candidates).find(y[test])
        if (gold < 0).any():
            # Rows that are not rows of the space: look translations up in the dictionary.
            candidates = y[distinct_rows(y)[0]]
            gold = RowIndex(candidates).find(y[test])
        return cls(train, test, candidates, gold)

    @staticmethod
    def _split(X: Array, y: Array) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        if dictionary_groups(X, y).max() + 1 >= _SHARE:
            # Groups are dealt out largest first: the last fold has the smallest ones.
            *_, (train, test) = WordDisjointKFold(_SHARE, shuffle=False).split(X, y)
            if 2 * _SHARE * len(test) >= len(X):
                return train, test
        # The whole dictionary is connected: some words will be on both sides.
        in_test = np.arange(len(X)) % _SHARE == _SHARE - 1
        return np.flatnonzero(~in_test), np.flatnonzero(in_test)

    def mean_reciprocal_rank(self, images: Array, n_jobs: int | None) -> float:
        """Mean reciprocal rank by cosine of the held-out pairs, given their mapped sources."""
        better, tied = count_better(images, self.candidates, self.gold, n_jobs=n_jobs)
        return float(np.mean(1 / (1 + better + tied)))
