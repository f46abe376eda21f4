"""Rows as the iterations of InstaMap map them, remembered from one number of iterations on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sklearn_instamap._row_index import row_hashes

Array = NDArray[np.floating]


class StageImages:
    """Maps rows of one side through iterations, by ``apply(stage, rows)``, and remembers them.

    Rows are recognized by hashes of their values: an input that the caller changes in place is a
    different one, and inputs need not be kept.
    """

    def __init__(self, apply: Callable[[Any, Array], Array]) -> None:
        self._apply = apply
        # By the rows: the number of iterations, and the images after them.
        self._known: dict[tuple[Any, ...], tuple[int, Array]] = {}

    def keep(self, rows: Array, n_iter: int, image: Array) -> None:
        """Remember the images of rows after some iterations."""
        self._known[_key(rows)] = n_iter, image

    def map(self, rows: Array, stages: list[Any]) -> Array:
        """Return a copy of the images of rows after all iterations, some perhaps known."""
        key = _key(rows)
        done, image = self._known.get(key, (0, rows))
        if done > len(stages):
            done, image = 0, rows
        for stage in stages[done:]:
            image = self._apply(stage, image)
        self._known[key] = len(stages), image
        return image.copy()


def _key(rows: Array) -> tuple[Any, ...]:
    return rows.dtype.str, rows.shape, row_hashes(rows).tobytes()
