"""Nearest neighbors in both directions where every similarity may be dropped at random."""

import threading

import numpy as np
from numpy.typing import NDArray

from ._mutual import ColumnBest, RowBest
from ._sweep import Block, Comparison
from ._tiles import padded


def dropout_nearest(
    source: NDArray,
    target: NDArray,
    *,
    source_penalty: NDArray,
    target_penalty: NDArray,
    keep_probability: float,
    seed: int,
    n_jobs: int | None = None,
) -> tuple[NDArray, NDArray, NDArray, NDArray]:
    """Return every row's best neighbor in the other space among those chance leaves.

    For a source row the score of target ``j`` is its cosine minus ``target_penalty[j]``, for a
    target row that of source ``i`` its cosine minus ``source_penalty[i]``: with half the
    `csls_means` as penalties the order is that of CSLS. Each score of either direction survives
    with probability `keep_probability`, independently of all others, and is 0 otherwise.

    The neighbors of both sides come first, -1 where no score above 0 survived, then the largest
    cosines of both sides, chance and penalties aside.

    One pass over the similarities serves both directions. A pair's chance is a hash of the seed
    and the pair, so that it is the same whenever it is looked at, and is not looked at where it
    cannot matter: for scores of 0 or less, and for those below the best survivor so far. The
    winners are those of a mask drawn for all pairs, of which nothing is held.
    """
    of_source = ColumnBest(len(source), source.dtype)
    of_target = RowBest(len(target), source.dtype)
    forward = Survivors(len(source), source.dtype)
    backward = Survivors(padded(len(target)), source.dtype)
    key_penalty = np.zeros(padded(len(target)), dtype=source.dtype)
    key_penalty[: len(target)] = target_penalty
    seeds = direction_seeds(seed)

    def visit(block: Block) -> None:
        width = block.lanes.stop - block.lanes.start
        scores = np.empty((len(block.buffer) // block.depth, width), dtype=source.dtype)
        queries = block.queries
        for tile in block.tiles:
            of_source.update(block, tile)
            of_target.update(block, tile)
            cosines = tile.scores[:, block.lanes]
            keys = slice(tile.start, tile.start + len(cosines))
            np.subtract(cosines, key_penalty[keys, None], out=scores)
            i, j, values = candidates(scores, scores >= forward.scores[queries], queries, keys)
            alive = kept(i, j, len(target), keep_probability, seeds[0])
            forward.update(i[alive], j[alive], values[alive])
            np.subtract(cosines, source_penalty[queries], out=scores)
            i, j, values = candidates(scores, scores >= backward.scores[keys, None], queries, keys)
            alive = kept(i, j, len(target), keep_probability, seeds[1])
            backward.update(j[alive], i[alive], values[alive])

    comparison = Comparison(source, target)
    comparison.sweep(visit, job="dictionary induction", n_jobs=n_jobs)
    n_target = len(target)
    return (
        forward.indices,
        backward.indices[:n_target],
        of_source.scores,
        of_target.scores[:n_target],
    )


def direction_seeds(seed: int) -> NDArray:
    """Return the seeds of the chances of either direction."""
    return np.random.SeedSequence(seed).generate_state(2, np.uint64)


class Survivors:
    """For every row the best positive score so far and whose it is, updated in any order."""

    def __init__(self, n_rows: int, dtype: np.dtype) -> None:
        # The least positive number: nothing below is a candidate, an equal score is one.
        self.scores = np.full(n_rows, np.finfo(dtype).tiny, dtype=dtype)
        self.indices = np.full(n_rows, -1, dtype=np.intp)
        self._lock = threading.Lock()

    def update(self, rows: NDArray, indices: NDArray, scores: NDArray) -> None:
        """Take notice of surviving scores; of equal ones the lowest index wins."""
        order = np.lexsort((indices, -scores, rows))
        rows, first = np.unique(rows[order], return_index=True)
        indices, scores = indices[order][first], scores[order][first]
        with self._lock:
            best = self.scores[rows]
            better = (scores > best) | ((scores == best) & (indices < self.indices[rows]))
            self.scores[rows[better]] = scores[better]
            self.indices[rows[better]] = indices[better]


def candidates(
    scores: NDArray, wanted: NDArray, queries: slice, keys: slice
) -> tuple[NDArray, NDArray, NDArray]:
    """Return source rows, target rows and scores of the wanted places of a tile."""
    places = np.flatnonzero(wanted)
    j, i = np.divmod(places, scores.shape[1])
    return queries.start + i, keys.start + j, scores.ravel()[places]


def kept(i: NDArray, j: NDArray, n_target: int, probability: float, seed: np.uint64) -> NDArray:
    """Return which pairs survive: those whose hash is in the lowest share of all hashes.

    The hash is the number at the pair's place in the sequence of SplitMix64.
    """
    if probability >= 1:
        return np.ones(len(i), dtype=bool)
    z = (i * n_target + j).astype(np.uint64)
    z *= np.uint64(0x9E3779B97F4A7C15)
    z += seed
    z ^= z >> np.uint64(30)
    z *= np.uint64(0xBF58476D1CE4E5B9)
    z ^= z >> np.uint64(27)
    z *= np.uint64(0x94D049BB133111EB)
    z ^= z >> np.uint64(31)
    return z < np.uint64(probability * 2.0**64)
