"""The k best of every row, ties going to the left, and the k best keys, tile by tile."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ._sweep import Block, Comparison, Tile
from ._tiles import GRAIN

# Scores a thread keeps before it selects among them. The wider, the smaller the share of
# the selection; two threads and the keys together stay below 200 MiB.
BUFFER_BYTES = 40 * 2**20
# Candidates looked at in one go.
MOST_CANDIDATES = 2**19
GROUP_SIZES = [size for size in range(1, GRAIN + 1) if GRAIN % size == 0]


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


def watched(block: Block, *watchers: Callable[[Block, Tile], None]) -> Block:
    """Return a block whose tiles are shown to watchers on their way to who consumes them."""

    def tiles() -> Iterator[Tile]:
        for tile in block.tiles:
            for watch in watchers:
                watch(block, tile)
            yield tile

    return replace(block, tiles=tiles())


def sort_rows(scores: NDArray, indices: NDArray, which: slice) -> None:
    """Sort some rows of both by decreasing score, in place; ties stay in order."""
    for rows in in_steps(which, max(1, MOST_CANDIDATES // scores.shape[1])):
        order = descending(scores[rows])
        for array in (scores, indices):
            array[rows] = np.take_along_axis(array[rows], order, axis=1)


def best_keys(
    comparison: Comparison,
    k: int,
    *,
    n_jobs: int | None,
    select: Callable[[Kept, int], tuple[NDArray, NDArray]] = best_of,
) -> tuple[NDArray, NDArray]:
    """Return the cosines and indices of every query's k nearest keys, nearest first."""
    n_queries, n_keys = len(comparison.queries), len(comparison.keys)
    similarities = np.empty((n_queries, k), dtype=comparison.queries.dtype)
    indices = np.empty((n_queries, k), dtype=np.intp)

    def visit(block: Block) -> None:
        visit_best(block, similarities, indices, select)
        if block.stop == n_keys:
            sort_rows(similarities, indices, block.queries)

    comparison.sweep(visit, job="top-k", n_jobs=n_jobs, buffer_bytes=BUFFER_BYTES)
    return similarities, indices
