"""What the ranker asks of one map: both vocabularies' nearest words, kept once."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from sklearn_instamap._engine import cross_covariance, map_rows, top_k_both, weighted_sum
from sklearn_instamap._fitted_parts import Parts, Within
from sklearn_instamap.metrics._maps import pair_cosines, unit_float32

Floats = NDArray[np.float32]
Rows = NDArray[np.intp]

# Nearest words kept of every word: CSLS picks the candidates among them.
N_LISTED = 40
# Neighborhoods over which means are taken.
N_MEAN = 10


@dataclass
class Neighborhoods:
    """Two mapped spaces, and of every word the nearest of the other side, best by CSLS first.

    Rows are unit vectors in single precision.
    """

    source: Floats
    target: Floats
    csls_neighbors: int = 10
    n_jobs: int | None = None

    def __post_init__(self) -> None:
        k = max(N_LISTED, self.csls_neighbors)
        cosines, columns, back_cosines, rows = top_k_both(
            self.source, self.target, k, n_jobs=self.n_jobs
        )
        # r of CSLS, for both sides.
        self.source_means = cosines[:, : self.csls_neighbors].mean(axis=1)
        self.target_means = back_cosines[:, : self.csls_neighbors].mean(axis=1)
        # Of source words the lists are needed, of target words the best scores alone.
        csls = 2 * cosines - self.source_means[:, None] - self.target_means[columns]
        order = np.argsort(-csls, axis=1, kind="stable")
        self.listed = np.take_along_axis(columns, order, axis=1)
        self.listed_scores = np.take_along_axis(csls, order, axis=1)
        csls = 2 * back_cosines - self.target_means[:, None] - self.source_means[rows]
        order = np.argsort(-csls, axis=1, kind="stable")
        self.back_listed = np.take_along_axis(rows, order, axis=1)[:, :N_MEAN]
        self.back_scores = np.take_along_axis(csls, order, axis=1)
        self.back_cosines = back_cosines

    @classmethod
    def of(cls, source: Any, target: Any, csls_neighbors: int, n_jobs: int | None) -> Self:
        """Return those of two mapped spaces, of whatever length their vectors are.

        Both sides are turned to the principal axes of the target, the widest first, so that
        features can take some axes alone; similarities over all axes stay what they are.
        """
        x, y = unit_float32(source), unit_float32(target)
        _, axes = np.linalg.eigh(cross_covariance(y, y))
        axes = np.ascontiguousarray(axes[:, ::-1], dtype=np.float32)
        # One after the other: a third copy of large spaces is never held.
        x = map_rows(x, axes, n_jobs=n_jobs)
        y = map_rows(y, axes, n_jobs=n_jobs)
        return cls(x, y, csls_neighbors, n_jobs)

    def _fitted_parts(self) -> Parts:
        width = np.shape(self.source)[1]
        for name, rows in (("source", self.source), ("target", self.target)):
            yield name, rows, (len(rows), width)
            yield f"{name}_means", vars(self)[f"{name}_means"], (len(rows),)
        for name, lists, of, among in (
            ("listed", self.listed, self.source, self.target),
            ("back_listed", self.back_listed, self.target, self.source),
        ):
            yield name, lists, (len(of), np.shape(lists)[1])
            yield name, lists, Within(len(among))
        yield "listed_scores", self.listed_scores, self.listed.shape
        shape = (len(self.target), np.shape(self.back_scores)[1])
        yield "back_scores", self.back_scores, shape
        yield "back_cosines", self.back_cosines, shape

    def cosines(self, source: Rows, target: Rows) -> Floats:
        """Return the cosines of pairs."""
        return pair_cosines(self.source, self.target, source, target)

    @cached_property
    def spread(self) -> float:
        """Standard deviation of the CSLS of every source word's best answer, never zero."""
        return max(float(self.listed_scores[:, 0].std()), 1e-6)

    @cached_property
    def source_centers(self) -> Floats:
        """For every source word the mean of its nearest target words."""
        return _centers(self.listed[:, :N_MEAN], self.target, self.n_jobs)

    @cached_property
    def target_centers(self) -> Floats:
        """For every target word the mean of its nearest source words."""
        return _centers(self.back_listed, self.source, self.n_jobs)

    def is_mutual(self, source: Rows, target: Rows) -> NDArray[np.bool_]:
        """Tell whether words of pairs are each other's best."""
        return (self.listed[source, 0] == target) & (self.back_listed[target, 0] == source)


def _centers(places: NDArray[np.int32], rows: Floats, n_jobs: int | None) -> Floats:
    weights = np.full(places.shape, 1 / places.shape[1], dtype=rows.dtype)
    return weighted_sum(weights, places.astype(np.intp), rows, n_jobs=n_jobs)
