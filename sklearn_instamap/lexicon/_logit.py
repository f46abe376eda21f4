"""A conditional logit: one softmax over the candidates of each word."""

from __future__ import annotations

from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from sklearn_instamap._fitted_parts import Parts

Floats = NDArray[np.floating]


def segment_members(
    begin: NDArray[np.intp], counts: NDArray[np.intp]
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the number of every segment, once for each of its members, and where these are."""
    segment = np.repeat(np.arange(len(counts)), counts)
    offset = np.arange(len(segment)) - np.repeat(np.cumsum(counts) - counts, counts)
    return segment, begin[segment] + offset


def segment_log_sums(values: Floats, starts: NDArray[np.intp]) -> Floats:
    """Return the log of the sum of exponentials of every segment; no segment is empty."""
    largest = np.maximum.reduceat(values, starts[:-1])
    sums = np.add.reduceat(np.exp(values - np.repeat(largest, np.diff(starts))), starts[:-1])
    return largest + np.log(sums)


def segment_softmax(values: Floats, starts: NDArray[np.intp]) -> Floats:
    """Return the softmax of every segment."""
    return np.exp(values - np.repeat(segment_log_sums(values, starts), np.diff(starts)))


class ConditionalLogit:
    """Weights that put the mass of each word's softmax on its right candidates.

    Minimized is the sum over words of the negative log of the mass on the right candidates, plus
    ``l2 / 2`` times the squared weights of the standardized features, by L-BFGS. Words without a
    right candidate tell nothing about the order of wrong ones and are left out.

    Features are standardized by ``mean_`` and ``scale_``, which is 1 for a constant one.
    """

    def __init__(self, l2: float = 10.0) -> None:
        self.l2 = l2

    def fit(
        self,
        features: NDArray[np.float32],
        right: NDArray[np.bool_],
        starts: NDArray[np.intp],
        weights: Floats | None = None,
    ) -> Self:
        """Learn from candidates, of which some are right; each word's begin at ``starts``."""
        self.mean_ = features.mean(axis=0, dtype=np.float64)
        spread = features.std(axis=0, dtype=np.float64)
        self.scale_ = np.where(spread > 1e-9, spread, 1)
        counts = np.diff(starts)
        solvable = np.add.reduceat(right.astype(np.intp), starts[:-1]) > 0
        kept = np.repeat(solvable, counts)
        rows = (features[kept] - self.mean_) / self.scale_
        right, counts = right[kept], counts[solvable]
        starts = np.concatenate([[0], np.cumsum(counts)])
        of_word = np.ones(len(counts)) if weights is None else weights[solvable]

        def loss(coef: Floats) -> tuple[float, Floats]:
            utility = rows @ coef
            log_all = segment_log_sums(utility, starts)
            log_right = segment_log_sums(np.where(right, utility, -1e30), starts)
            p_all = np.exp(utility - np.repeat(log_all, counts))
            p_right = np.where(right, np.exp(utility - np.repeat(log_right, counts)), 0)
            value = of_word @ (log_all - log_right) + self.l2 / 2 * coef @ coef
            gradient = rows.T @ (np.repeat(of_word, counts) * (p_all - p_right)) + self.l2 * coef
            return float(value), gradient

        self.coef_ = np.zeros(rows.shape[1])
        if len(counts):
            options = {"maxiter": 500}
            found = minimize(loss, self.coef_, jac=True, method="L-BFGS-B", options=options)
            self.coef_ = found.x
        return self

    def sizes(self) -> Parts:
        """Yield what was learned, and how much of it there must be."""
        width = (len(self.coef_),)
        for name in ("coef_", "mean_", "scale_"):
            yield name, vars(self)[name], width

    def utility(self, features: NDArray[np.float32]) -> Floats:
        """Return the utility of candidates: the larger, the likelier."""
        coef = self.coef_ / self.scale_
        return features @ coef - self.mean_ @ coef
