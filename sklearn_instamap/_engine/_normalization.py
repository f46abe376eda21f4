"""Normalization of a space: unit length and centering, in any order."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from sklearn.preprocessing import normalize

Array = NDArray[np.floating]

# Rows normalized at once while a mean is summed, so that no copy of a large space is made.
_CHUNK = 4096


class SpaceNormalization:
    """Unit length ("unit") and removal of the space's mean ("center"), in the given order.

    The means are those of the space it was made from, so that a row is normalized alike
    whatever other rows it comes with.

    Parameters
    ----------
    actions : sequence of {"unit", "center"}
        What to do, in order.
    space : ndarray of shape (n_words, n_features)
        The whole space.
    """

    def __init__(self, actions: Sequence[str], space: Array) -> None:
        self.steps: list[Array | None] = []  # a mean to subtract, or None for unit length
        for action in actions:
            self.steps.append(self._mean(space) if action == "center" else None)

    def __call__(self, rows: Array) -> Array:
        """Return the rows normalized, in their own dtype."""
        for mean in self.steps:
            rows = normalize(rows) if mean is None else rows - mean.astype(rows.dtype, copy=False)
        return rows

    def _mean(self, space: Array) -> Array:
        total = np.zeros(space.shape[1])
        for start in range(0, len(space), _CHUNK):
            total += self(space[start : start + _CHUNK]).sum(axis=0, dtype=np.float64)
        return (total / len(space)).astype(space.dtype)
