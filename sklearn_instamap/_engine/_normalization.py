"""Normalization of a space: unit length and centering, in any order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from copy import copy
from typing import Any

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

    @property
    def ends_in_unit_length(self) -> bool:
        """Whether all rows have unit length after the last step."""
        return len(self.steps) > 0 and self.steps[-1] is None

    def way_back(self, space: Array) -> tuple[float, Array]:
        """Return the factor and the offset that bring normalized points back, near the space.

        The factor is the mean lengths that rows had before they were scaled to unit length,
        multiplied: a single row's length is not known of a point that is not one of them.
        """
        scale, offset = 1.0, np.zeros(space.shape[1])
        for place in reversed(range(len(self.steps))):
            mean = self.steps[place]
            if mean is None:
                length = self._mean_length(space, place)
                scale, offset = scale * length, offset * length
            else:
                offset = offset + mean
        return scale, offset

    def parts(
        self, name: str, actions: Sequence[str], width: int
    ) -> Iterator[tuple[str, Any, Any]]:
        """Yield the means, and what they must be after some actions on rows of a width."""
        yield f"len({name}.steps)", len(self.steps), len(actions)
        for place, (mean, action) in enumerate(zip(self.steps, actions, strict=True)):
            yield f"{name}.steps[{place}]", mean, (width,) if action == "center" else type(None)

    def _mean_length(self, space: Array, place: int) -> float:
        before = copy(self)
        before.steps = self.steps[:place]
        chunks = (space[start : start + _CHUNK] for start in range(0, len(space), _CHUNK))
        return sum(float(np.linalg.norm(before(rows), axis=1).sum()) for rows in chunks) / len(
            space
        )

    def _mean(self, space: Array) -> Array:
        total = np.zeros(space.shape[1])
        for start in range(0, len(space), _CHUNK):
            total += self(space[start : start + _CHUNK]).sum(axis=0, dtype=np.float64)
        return (total / len(space)).astype(space.dtype)
