"""Mean similarities to the nearest neighbors, the correction for hubs in CSLS."""

import threading
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from ._select import BUFFER_BYTES, largest, survivors, visit_best, watched
from ._sweep import Block, Comparison, Tile
from ._tiles import padded


class RowTop:
    """For every key the k best scores so far, updated tile by tile in any order."""

    def __init__(self, n_keys: int, k: int, dtype: np.dtype) -> None:
        self.scores = np.full((padded(n_keys), k), -np.inf, dtype=dtype)
        self._least = np.full(padded(n_keys), -np.inf, dtype=dtype)
        self._lock = threading.Lock()

    def update(self, block: Block, tile: Tile) -> None:
        """Take notice of a tile."""
        k = self.scores.shape[1]
        seen = tile.scores[:, block.lanes]
        # argmax is the faster way to the maximum of contiguous rows.
        best = seen[np.arange(len(seen)), seen.argmax(axis=1)]
        # `_least` only grows, so that reading it outside the lock errs on the safe side.
        improved = np.flatnonzero(best > self._least[tile.start : tile.start + len(seen)])
        if not len(improved):
            return
        keys = tile.start + improved
        seen = seen[improved]
        found, _ = survivors(seen, seen > self._least[keys, None])
        with self._lock:
            joined = np.concatenate([self.scores[keys], found], axis=1)
            places, least = largest(joined, k)
            self.scores[keys] = joined.ravel()[places]
            self._least[keys] = least


def best_of_both(
    source: NDArray,
    target: NDArray,
    k: int,
    *,
    job: str,
    n_jobs: int | None,
    watchers: tuple[Callable[[Block, Tile], None], ...] = (),
) -> tuple[NDArray, NDArray]:
    """Return the k largest cosines of every row of either space, in no order, by one pass.

    Watchers see every tile once, in several threads.
    """
    scores = np.empty((len(source), min(k, len(target))), dtype=source.dtype)
    indices = np.empty(scores.shape, dtype=np.intp)
    of_target = RowTop(len(target), min(k, len(source)), source.dtype)

    def visit(block: Block) -> None:
        visit_best(watched(block, of_target.update, *watchers), scores, indices)

    Comparison(source, target).sweep(visit, job=job, n_jobs=n_jobs, buffer_bytes=BUFFER_BYTES)
    return scores, of_target.scores[: len(target)]


def means(scores: NDArray) -> NDArray:
    """Return row means that do not depend on the order within the row."""
    return np.sort(scores, axis=1).mean(axis=1, dtype=np.float64).astype(scores.dtype)


def csls_means(
    source: NDArray, target: NDArray, k: int = 10, *, n_jobs: int | None = None
) -> tuple[NDArray, NDArray]:
    """Return every row's mean cosine to its k nearest in the other space, by one pass.

    Where there are fewer than k, to all of them. This is r of Conneau, Lample, Ranzato, Denoyer,
    Jégou. Word translation without parallel data. ICLR 2018, section 2.3.
    """
    if k < 1:
        raise ValueError(f"k must be at least 1, but is {k}.")
    best_of_source, best_of_target = best_of_both(
        source, target, k, job="CSLS means", n_jobs=n_jobs
    )
    return means(best_of_source), means(best_of_target)
