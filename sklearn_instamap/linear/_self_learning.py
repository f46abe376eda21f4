"""Self-learning: an orthogonal map and the dictionary it induces, in turn, until both settle."""

from __future__ import annotations

import time
import warnings
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from sklearn.exceptions import ConvergenceWarning

from sklearn_instamap._engine import best_orthogonal_map, cross_covariance, map_rows
from sklearn_instamap._engine._induction import StochasticInduction
from sklearn_instamap.progress import IterationDone, emit

Array = NDArray[np.floating]
Pairs = NDArray[np.intp]


@dataclass
class SelfLearning:
    """Stochastic dictionary induction, annealed until nothing improves any more.

    Each iteration learns an orthogonal map from the current dictionary and looks for each
    word's translation by CSLS in both directions, among similarities which survive with the
    current keep-probability only. Whenever the objective, the mean cosine of every word to its
    nearest on the other side, has not grown for ``patience`` iterations, that probability is
    multiplied by ``keep_growth``; when it is 1 already, the dictionary has settled.

    Of the induced pairs those of source words come first, then those of target words.
    """

    csls_neighbors: int
    keep_probability: float
    keep_growth: float
    patience: int
    tol: float
    max_iter: int
    n_jobs: int | None = None
    pairs: Pairs = field(init=False)
    objectives: list[float] = field(init=False, default_factory=list)
    keep_probabilities: list[float] = field(init=False, default_factory=list)

    def run(
        self, X: Array, y: Array, source: Array, target: Array, random: np.random.RandomState
    ) -> tuple[Array, Array]:
        """Return the rows of the dictionary induced from a seed dictionary and two normalized
        spaces.
        """
        neighbors = min(self.csls_neighbors, len(source), len(target))
        induction = StochasticInduction(neighbors, self.n_jobs)
        keep, best, improved = self.keep_probability, -np.inf, 0
        self.pairs = np.empty((0, 2), dtype=np.intp)
        for iteration in range(1, self.max_iter + 1):
            if iteration - improved > self.patience:
                if keep >= 1:
                    return X, y
                keep, improved = min(1.0, keep * self.keep_growth), iteration
            start = time.perf_counter()
            seed = int(random.randint(np.iinfo(np.int32).max))
            pairs, objective = self._induce(induction, X, y, source, target, keep, seed)
            if len(pairs):
                self.pairs = pairs
                X, y = source[pairs[:, 0]], target[pairs[:, 1]]
            if objective - best >= self.tol:
                best, improved = objective, iteration
            self.objectives.append(objective)
            self.keep_probabilities.append(keep)
            emit(
                IterationDone(
                    iteration,
                    self.max_iter,
                    len(X),
                    seconds=time.perf_counter() - start,
                    measure="mean similarity of induced pairs",
                    value=objective,
                )
            )
        warnings.warn(
            f"Self-learning stopped after max_iter={self.max_iter} iterations, at a "
            f"keep-probability of {keep:g}, before its dictionary settled; increase max_iter.",
            ConvergenceWarning,
            stacklevel=2,
        )
        return X, y

    def _induce(
        self,
        induction: StochasticInduction,
        X: Array,
        y: Array,
        source: Array,
        target: Array,
        keep: float,
        seed: int,
    ) -> tuple[Pairs, float]:
        """Return the pairs found under the map of a dictionary, and the objective."""
        matrix, _ = best_orthogonal_map(cross_covariance(X, y), allow_reflection=True)
        mapped = map_rows(source, matrix, n_jobs=self.n_jobs)
        forward, backward, objective = induction.induce(mapped, target, keep, seed)
        rows, columns = np.flatnonzero(forward >= 0), np.flatnonzero(backward >= 0)
        pairs = np.concatenate(
            [
                np.column_stack([rows, forward[rows]]),
                np.column_stack([backward[columns], columns]),
            ]
        )
        return pairs, objective
