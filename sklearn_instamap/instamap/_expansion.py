"""The dictionary of the next iteration, from the mutual nearest neighbors of this one."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sklearn_instamap._engine import mutual_pairs
from sklearn_instamap._row_index import RowIndex

Array = NDArray[np.floating]
Pairs = NDArray[np.intp]


class DictionaryExpansion:
    """Carries the dictionary from one iteration to the next.

    Mutual nearest neighbors are added to the given pairs ("augment"), take their place ("replace"),
    or are not looked for. They are looked for among the first ``vocabulary_cutoff`` rows of each
    space; ``pairs`` are those found last.
    """

    def __init__(
        self,
        X: Array,
        y: Array,
        source: Array,
        target: Array,
        *,
        update: str | None,
        similarity: str,
        csls_neighbors: int,
        vocabulary_cutoff: int | None,
        n_jobs: int | None,
    ) -> None:
        self.pairs: Pairs = np.empty((0, 2), dtype=np.intp)
        self._X, self._y = X, y
        self._update, self._cutoff = update, vocabulary_cutoff
        self._find = partial(
            mutual_pairs, similarity=similarity, csls_neighbors=csls_neighbors, n_jobs=n_jobs
        )
        if update == "augment":
            self._n_columns = len(target)
            self._given = self._codes(_positions(X, y, source, target))

    def advance(self, stage: Any, source: Array, target: Array) -> tuple[Array, Array]:
        """Return the next dictionary's rows, of the spaces as the stage just fitted maps them."""
        if self._update is not None:
            self.pairs = self._find(source[: self._cutoff], target[: self._cutoff])
        if self._update != "replace":
            self._X, self._y = stage._map_source(self._X), stage._map_target(self._y)
        return self._dictionary(source, target)

    def begin(self, pairs: Pairs, source: Array, target: Array) -> tuple[Array, Array]:
        """Return the first dictionary's rows, of pairs found before anything moved.

        Pairs are rows of the two spaces.
        """
        self.pairs = pairs
        return self._dictionary(source, target)

    def _dictionary(self, source: Array, target: Array) -> tuple[Array, Array]:
        """Return the rows of the given pairs and of those found, as the update says."""
        if self._update is None:
            return self._X, self._y
        if self._update == "replace":
            return source[self.pairs[:, 0]], target[self.pairs[:, 1]]
        # A given pair found again is in the dictionary once.
        new = self.pairs[~np.isin(self._codes(self.pairs), self._given)]
        return (
            np.concatenate([self._X, source[new[:, 0]]]),
            np.concatenate([self._y, target[new[:, 1]]]),
        )

    def _codes(self, pairs: Pairs) -> NDArray[np.int64]:
        """One number per pair."""
        return pairs[:, 0].astype(np.int64) * self._n_columns + pairs[:, 1]


def _positions(X: Array, y: Array, source: Array, target: Array) -> Pairs:
    """Rows of the spaces at which the given pairs stand; those of other vectors are left out."""
    positions = np.column_stack([RowIndex(source).find(X), RowIndex(target).find(y)])
    return positions[(positions >= 0).all(axis=1)]
