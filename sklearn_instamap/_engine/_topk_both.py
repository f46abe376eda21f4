"""The k nearest of every row of either space in the other, by one pass."""

import threading

import numpy as np
from numpy.typing import NDArray

from ._select import BUFFER_BYTES, sort_rows, survivors, visit_best, watched
from ._sweep import Block, Comparison, Tile
from ._tiles import padded


class RowTopIndices:
    """For every key the k best queries so far and their scores, in whatever order tiles come."""

    def __init__(self, n_keys: int, k: int, dtype: np.dtype) -> None:
        self.scores = np.full((padded(n_keys), k), -np.inf, dtype=dtype)
        self.indices = np.full((padded(n_keys), k), np.iinfo(np.int32).max, dtype=np.int32)
        self._least = np.full(padded(n_keys), -np.inf, dtype=dtype)
        self._lock = threading.Lock()

    def update(self, block: Block, tile: Tile) -> None:
        """Take notice of a tile."""
        seen = tile.scores[:, block.lanes]
        best = seen[np.arange(len(seen)), seen.argmax(axis=1)]
        # `_least` only grows, so that reading it outside the lock errs on the safe side. A score
        # equal to the least one counts: its query may have the lower index.
        keys = np.flatnonzero(best >= self._least[tile.start : tile.start + len(seen)])
        # Rows beyond the last key are nobody's neighbors.
        keys = keys[best[keys] > -np.inf]
        if not len(keys):
            return
        seen = seen[keys]
        found, places = survivors(seen, seen >= self._least[tile.start + keys, None])
        queries = (places % seen.shape[1] + block.queries.start).astype(np.int32)
        with self._lock:
            self._merge(tile.start + keys, found, queries)

    def _merge(self, keys: NDArray, found: NDArray, queries: NDArray) -> None:
        k = self.scores.shape[1]
        scores = np.concatenate([self.scores[keys], found], axis=1)
        indices = np.concatenate([self.indices[keys], queries], axis=1)
        width = scores.shape[1]
        best = np.argpartition(scores, width - k, axis=1)[:, width - k :]
        least = np.take_along_axis(scores, best, axis=1).min(axis=1)
        # Of queries equal to the k-th best the lowest are taken, which argpartition does not do.
        tied = np.flatnonzero(
            (np.count_nonzero(scores >= least[:, None], axis=1) > k) & (least > -np.inf)
        )
        if len(tied):
            order = np.lexsort((indices[tied], -scores[tied]), axis=1)
            best[tied] = order[:, :k]
        self.scores[keys] = np.take_along_axis(scores, best, axis=1)
        self.indices[keys] = np.take_along_axis(indices, best, axis=1)
        self._least[keys] = least


def top_k_both(
    source: NDArray, target: NDArray, k: int, *, n_jobs: int | None = None
) -> tuple[NDArray, NDArray, NDArray, NDArray]:
    """Return the k nearest of every row in the other space, for both spaces, by one pass.

    Of either side the cosines, decreasing, and the rows of the other side as int32; of equally
    similar rows the lower comes first. Where there are fewer than k, all of them.
    """
    if k < 1:
        raise ValueError(f"k must be at least 1, but is {k}.")
    scores = np.empty((len(source), min(k, len(target))), dtype=source.dtype)
    indices = np.empty(scores.shape, dtype=np.intp)
    of_target = RowTopIndices(len(target), min(k, len(source)), source.dtype)

    def visit(block: Block) -> None:
        visit_best(watched(block, of_target.update), scores, indices)
        if block.stop == len(target):
            sort_rows(scores, indices, block.queries)

    comparison = Comparison(source, target)
    comparison.sweep(visit, job="neighbors", n_jobs=n_jobs, buffer_bytes=BUFFER_BYTES)
    back, queries = of_target.scores[: len(target)], of_target.indices[: len(target)]
    order = np.lexsort((queries, -back), axis=1)
    return (
        scores,
        indices.astype(np.int32),
        np.take_along_axis(back, order, axis=1),
        np.take_along_axis(queries, order, axis=1),
    )
