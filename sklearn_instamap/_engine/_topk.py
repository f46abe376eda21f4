"""The k nearest keys of every query."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ._select import descending, largest, survivors
from ._sweep import Block, Comparison
from ._tiles import GRAIN

# Scores a thread keeps before it selects among them. The wider, the smaller the share of
# the selection; two threads and the keys together stay below 200 MiB.
BUFFER_BYTES = 40 * 2**20
# Candidates looked at in one go.
MOST_CANDIDATES = 2**19
GROUP_SIZES = [size for size in range(1, GRAIN + 1) if GRAIN % size == 0]


def group_size(n_keys: int, k: int) -> int:
    """Return how many consecutive keys to treat as one at first.

    Of n/g groups the k best are chosen, and then k of their k g keys: least work when
    n/g = k g. Groups may not be fewer than k.
    """
    return max(g for g in GROUP_SIZES if g == 1 or (g * g * k <= 1.5 * n_keys and g * k <= n_keys))


@dataclass(frozen=True)
class Kept:
    """Tiles one below the other, the largest score of every group of rows, and where they are.

    `lanes` are the columns in question, `queries` what is in them, `first` the first key.
    """

    scores: NDArray
    maxima: NDArray
    lanes: slice
    queries: slice
    first: int

    @property
    def size(self) -> int:
        """Rows in a group."""
        return len(self.scores) // len(self.maxima)

    def places(self, lanes: NDArray, groups: NDArray) -> NDArray:
        """Return where in ``scores.ravel()`` the rows of some groups are, in a new last axis."""
        height = self.scores.shape[1]
        firsts = groups * (self.size * height) + (lanes + self.lanes.start)
        return firsts[..., None] + np.arange(0, self.size * height, height)


def best_of(kept: Kept, k: int) -> tuple[NDArray, NDArray]:
    """Return the k largest scores of every lane, in order of the rows, and their rows.

    The maxima are the largest scores of groups of consecutive rows: no key outside the k
    best groups can be among the k best keys. Ties keep to the left in both selections, and
    a group to the left holds the lower rows, so that of equal scores the lowest rows win.
    """
    maxima = np.ascontiguousarray(kept.maxima[:, kept.lanes].T)
    n, n_groups = maxima.shape
    lanes = np.arange(n)[:, None]
    places, bound = largest(maxima, k)
    if n_groups < k:
        bound[:] = -np.inf
    places = kept.places(lanes, places - lanes * n_groups).reshape(n, -1)
    candidates = kept.scores.ravel().take(places, mode="clip")
    found, among = survivors(candidates, candidates >= bound[:, None])
    best, _ = largest(found, k)
    rows = places.ravel()[among.ravel()[best]] // kept.scores.shape[1]
    return found.ravel()[best], rows


def in_steps(rows: slice, step: int) -> Iterator[slice]:
    """Cut a slice into slices of at most `step`."""
    for start in range(rows.start, rows.stop, step):
        yield slice(start, min(start + step, rows.stop))


def visit_best(
    block: Block,
    scores: NDArray,
    indices: NDArray,
    select: Callable[[Kept, int], tuple[NDArray, NDArray]] = best_of,
) -> None:
    """Go through a block's tiles and update its rows of `scores` and `indices`.

    They hold the k best of the keys seen so far, in order of the indices, in their first
    ``min(k, seen)`` columns.
    """
    k = scores.shape[1]
    panel = len(block.buffer) // block.depth
    size = group_size(len(block.buffer), k)
    height = block.buffer.shape[1]
    maxima = np.empty((len(block.buffer) // size, height), dtype=block.buffer.dtype)
    lead = block.lanes.start - block.queries.start
    first, n_kept = 0, 0
    for tile in block.tiles:
        if n_kept == 0:
            first = tile.start
        place = maxima[n_kept * panel // size :][: panel // size]
        tile.scores.reshape(-1, size, height).max(axis=1, out=place)
        n_kept += 1
        stop = min(tile.start + panel, block.stop)
        if n_kept < block.depth and stop < block.stop:
            continue
        filled = block.buffer[: n_kept * panel]
        for rows in in_steps(block.queries, max(1, MOST_CANDIDATES // (k * size))):
            lanes = slice(rows.start + lead, rows.stop + lead)
            kept = Kept(filled, maxima[: len(filled) // size], lanes, rows, first)
            new_scores, new_indices = select(kept, min(k, stop - first))
            new_indices += first
            if first:
                # The old ones have the lower indices.
                old = slice(min(k, first))
                joined = np.concatenate([scores[rows, old], new_scores], axis=1)
                best, _ = largest(joined, min(k, stop))
                new_scores = joined.ravel()[best]
                joined = np.concatenate([indices[rows, old], new_indices], axis=1)
                new_indices = joined.ravel()[best]
            scores[rows, : min(k, stop)] = new_scores
            indices[rows, : min(k, stop)] = new_indices
        n_kept = 0


def sort_rows(scores: NDArray, indices: NDArray, which: slice) -> None:
    """Sort some rows of both by decreasing score, in place; ties stay in order."""
    for rows in in_steps(which, max(1, MOST_CANDIDATES // scores.shape[1])):
        order = descending(scores[rows])
        for array in (scores, indices):
            array[rows] = np.take_along_axis(array[rows], order, axis=1)


def top_k(
    queries: NDArray,
    keys: NDArray,
    k: int,
    *,
    key_penalty: NDArray | None = None,
    n_jobs: int | None = None,
    bfloat16: bool = False,
) -> tuple[NDArray, NDArray]:
    """Return the cosines and indices of every query's k nearest keys, nearest first.

    Parameters
    ----------
    queries : ndarray of shape (n_queries, n_features)
    keys : ndarray of shape (n_keys, n_features)
    k : int
        From 1 to ``n_keys``.
    key_penalty : ndarray of shape (n_keys,), default=None
        Taken off the cosines, as in `nearest`.
    n_jobs : int, default=None
        Threads, as in scikit-learn.
    bfloat16 : bool, default=False
        Look for candidates in bfloat16 and compare these in single precision, where that is
        faster: float32 input, 20,000 keys or more, torch, a CPU that multiplies bfloat16.
        The result is as exact, but rounds otherwise. Ignored where keys have penalties.

    Returns
    -------
    similarities : ndarray of shape (n_queries, k)
        Decreasing; the cosines minus the penalties, if there are any.
    indices : ndarray of shape (n_queries, k)
        Of equally similar keys the lower index comes first.

    Raises
    ------
    ValueError
        If k is not between 1 and ``n_keys``.

    Examples
    --------
    >>> import numpy as np
    >>> keys = np.array([[1.0, 0.0], [0.0, 2.0], [3.0, 4.0]])
    >>> similarities, indices = top_k(np.array([[0.0, 5.0]]), keys, k=2)
    >>> indices
    array([[1, 2]])
    >>> similarities
    array([[1. , 0.8]])
    """
    if not 1 <= k <= len(keys):
        raise ValueError(f"k must be from 1 to the number of keys, {len(keys)}, but is {k}.")
    if bfloat16 and key_penalty is None:
        # Imported here: it is built on this module.
        from ._bfloat16 import pays, top_k_bfloat16

        if pays(queries, keys):
            return top_k_bfloat16(queries, keys, k, n_jobs=n_jobs)
    similarities = np.empty((len(queries), k), dtype=queries.dtype)
    indices = np.empty((len(queries), k), dtype=np.intp)

    def visit(block: Block) -> None:
        visit_best(block, similarities, indices)
        if block.stop == len(keys):
            sort_rows(similarities, indices, block.queries)

    comparison = Comparison(queries, keys, key_penalty=key_penalty)
    comparison.sweep(visit, job="top-k", n_jobs=n_jobs, buffer_bytes=BUFFER_BYTES)
    return similarities, indices
