"""From utilities to probabilities: how sure the order is, and whether it holds a right word."""

from __future__ import annotations

from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from sklearn_instamap.lexicon._logit import Floats, segment_log_sums, segment_softmax

_SMALLEST = 1e-6


class Calibration:
    """A temperature of the softmax, and a logistic model of "no candidate is right".

    Learned from words that neither the maps nor the weights were fitted on. The probability of a
    candidate is that of a right word being there times its share of the softmax.

    ``any_right_`` is the model, or a constant where all held-out words are of one kind.
    """

    def fit(
        self,
        utility: Floats,
        right: NDArray[np.bool_],
        starts: NDArray[np.intp],
        of_words: Floats,
    ) -> Self:
        """Learn from held-out words, whose candidates begin at ``starts``.

        Utilities are by weights that were learned without these words; ``of_words`` is what else is
        known of each word, one row for each.
        """
        counts = np.diff(starts)
        solvable = np.add.reduceat(right.astype(np.intp), starts[:-1]) > 0
        kept = np.repeat(solvable, counts)
        inner = np.concatenate([[0], np.cumsum(counts[solvable])])
        u, r = utility[kept], right[kept]

        def loss(log_temperature: float) -> float:
            scaled = u / np.exp(log_temperature)
            log_right = segment_log_sums(np.where(r, scaled, -1e30), inner)
            return float((segment_log_sums(scaled, inner) - log_right).sum())

        self.temperature_ = 1.0
        if solvable.any():
            found = minimize_scalar(loss, bounds=(-2, 2), method="bounded")
            self.temperature_ = float(np.exp(found.x))
        self.any_right_: LogisticRegression | float = float(
            (solvable.sum() + 1) / (len(solvable) + 2)
        )
        if 0 < solvable.sum() < len(solvable):
            rows = self._columns(utility, starts, of_words)
            self.scaler_ = StandardScaler().fit(rows)
            self.any_right_ = LogisticRegression(C=1.0, max_iter=1000).fit(
                self.scaler_.transform(rows), solvable
            )
        return self

    def probabilities(
        self, utility: Floats, starts: NDArray[np.intp], of_words: Floats
    ) -> tuple[Floats, Floats]:
        """Return the probability of every candidate, and of every word that none is right."""
        share = segment_softmax(utility / self.temperature_, starts)
        if isinstance(self.any_right_, float):
            right = np.full(len(starts) - 1, self.any_right_)
        else:
            rows = self.scaler_.transform(self._columns(utility, starts, of_words))
            right = self.any_right_.predict_proba(rows)[:, 1]
        right = np.clip(right, _SMALLEST, 1 - _SMALLEST)
        return share * np.repeat(right, np.diff(starts)), 1 - right

    def _columns(self, utility: Floats, starts: NDArray[np.intp], of_words: Floats) -> Floats:
        scaled = utility / self.temperature_
        share = segment_softmax(scaled, starts)
        best = np.maximum.reduceat(share, starts[:-1])
        entropy = np.add.reduceat(-share * np.log(np.maximum(share, 1e-12)), starts[:-1])
        own = [
            np.maximum.reduceat(scaled, starts[:-1]),
            segment_log_sums(scaled, starts),
            np.log(best / np.maximum(1 - best, 1e-6)),
            entropy,
        ]
        return np.column_stack([*own, of_words])
