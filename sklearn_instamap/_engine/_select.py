"""The k largest values of every row, ties going to the left."""

import numpy as np
from numpy.typing import NDArray


def largest(values: NDArray, k: int) -> tuple[NDArray, NDArray]:
    """Return the places of the k largest values of every row, and the k-th largest value.

    Places are indices into ``values.ravel()``, increasing. Of values equal to the k-th
    largest the leftmost are taken, which `argpartition` does not promise.
    """
    n, width = values.shape
    if k >= width:
        return np.arange(n * width).reshape(n, width), values.min(axis=1)
    bound = np.partition(values, width - k, axis=1)[:, width - k]
    chosen = values >= bound[:, None]
    if np.count_nonzero(chosen) > n * k:
        # Some rows have ties at the bound: keep as many of them as there is room for.
        rows = np.flatnonzero(np.count_nonzero(chosen, axis=1) > k)
        above = values[rows] > bound[rows, None]
        tied = values[rows] == bound[rows, None]
        room = k - np.count_nonzero(above, axis=1)
        chosen[rows] = above | (tied & (np.cumsum(tied, axis=1) <= room[:, None]))
    return np.flatnonzero(chosen).reshape(n, k), bound


def survivors(values: NDArray, chosen: NDArray) -> tuple[NDArray, NDArray]:
    """Push the chosen values of every row to the left, in order; return them and their places.

    The result is as wide as the row with most of them, filled up with minus infinity. Where
    little would be gained the values come back as they are, the others among them.
    """
    n, width = values.shape
    places = np.flatnonzero(chosen)
    if 4 * len(places) > values.size:
        return values, np.arange(values.size).reshape(n, width)
    rows = places // width
    counts = np.bincount(rows, minlength=n)
    width = counts.max(initial=0)
    targets = np.arange(len(places)) + (np.arange(n) * width - np.cumsum(counts) + counts)[rows]
    pushed = np.full((n, width), -np.inf, dtype=values.dtype)
    pushed.ravel()[targets] = values.ravel()[places]
    pushed_places = np.zeros((n, width), dtype=np.intp)
    pushed_places.ravel()[targets] = places
    return pushed, pushed_places


def descending(values: NDArray) -> NDArray:
    """Return the column order that sorts every row from large to small, ties in order."""
    # The fast sort is not stable; rows in which that can be seen are sorted once more.
    order = np.argsort(-values, axis=1)
    in_order = np.take_along_axis(values, order, axis=1)
    tied = (in_order[:, 1:] == in_order[:, :-1]).any(axis=1)
    if tied.any():
        order[tied] = np.argsort(-values[tied], axis=1, kind="stable")
    return order
