"""The nearest key of every query, and pairs each of which is the other's nearest."""

import threading

import numpy as np
from numpy.typing import NDArray

from ._csls import csls_means
from ._sweep import GROUP, Block, Comparison, Tile
from ._tiles import padded


class ColumnBest:
    """For every query the best key so far, updated tile by tile, keys increasing."""

    def __init__(self, n_queries: int, dtype: np.dtype) -> None:
        self.scores = np.full(n_queries, -np.inf, dtype=dtype)
        self.indices = np.zeros(n_queries, dtype=np.intp)

    def update(self, block: Block, tile: Tile) -> None:
        """Take notice of a tile."""
        found = tile.maxima.max(axis=0)[block.lanes]
        # An equal score further on does not win. Few queries improve after the first tiles:
        # only for them it is found out where the best score stands.
        better = np.flatnonzero(found > self.scores[block.queries])
        if len(better):
            rows, lanes = block.queries.start + better, block.columns[better]
            self.scores[rows] = found[better]
            group = tile.maxima[:, lanes].argmax(axis=0)
            among = tile.groups[group, :, lanes].argmax(axis=1)
            self.indices[rows] = tile.start + group * GROUP + among


class RowBest:
    """For every key the best query so far, updated tile by tile in any order."""

    def __init__(self, n_keys: int, dtype: np.dtype) -> None:
        self._n_keys = n_keys
        self.scores = np.full(padded(n_keys), -np.inf, dtype=dtype)
        self.indices = np.zeros(padded(n_keys), dtype=np.intp)
        self._lock = threading.Lock()

    def update(self, block: Block, tile: Tile) -> None:
        """Take notice of a tile."""
        seen, lanes = tile.scores, block.columns
        found = seen.max(axis=1)
        if (found[: self._n_keys - tile.start] <= 0).any():
            # A column without a query, of score zero, may be the largest.
            seen, lanes = seen[:, lanes], np.arange(len(lanes))
            found = seen.max(axis=1)
        keys = slice(tile.start, tile.start + len(seen))
        # Few keys improve after the first blocks: only for them it is found out which query it
        # was. Scores only grow: one read too early lets too many in, never too few.
        rows = np.flatnonzero(found >= self.scores[keys])
        if not len(rows):
            return
        found = found[rows]
        queries = block.queries.start + np.searchsorted(lanes, seen[rows].argmax(axis=1))
        rows += tile.start
        with self._lock:
            scores, indices = self.scores[rows], self.indices[rows]
            # Blocks come in any order: of equal scores the lower index wins, not the first.
            better = (found > scores) | ((found == scores) & (queries < indices))
            rows = rows[better]
            self.scores[rows], self.indices[rows] = found[better], queries[better]


def nearest(
    queries: NDArray,
    keys: NDArray,
    *,
    key_penalty: NDArray | None = None,
    n_jobs: int | None = None,
) -> tuple[NDArray, NDArray]:
    """Return the best score of every query and the key that has it, the lowest of equal ones.

    The score of a key is its cosine minus its penalty. With half the keys' mean
    similarities (`csls_means`) as penalties the nearest key is the nearest by CSLS: what
    CSLS also takes off for the query is the same for all keys.
    """
    best = ColumnBest(len(queries), queries.dtype)

    def visit(block: Block) -> None:
        for tile in block.tiles:
            best.update(block, tile)

    comparison = Comparison(queries, keys, key_penalty=key_penalty)
    comparison.sweep(visit, job="nearest", n_jobs=n_jobs, whole=True)
    return best.scores, best.indices


def mutual_nearest_neighbors(
    source: NDArray,
    target: NDArray,
    *,
    source_penalty: NDArray | None = None,
    target_penalty: NDArray | None = None,
    n_jobs: int | None = None,
) -> tuple[NDArray, NDArray, NDArray]:
    """Return the rows, by source row, and scores of pairs which are each other's nearest neighbor.

    The score of a pair is its cosine minus the penalties of its two rows. With half the
    mean similarities of `csls_means` as penalties these are the mutual nearest neighbors
    by CSLS. One pass over the similarities serves both directions. Among equally near neighbors
    the one with the lowest index is the nearest, on either side.
    """
    of_source = ColumnBest(len(source), source.dtype)
    of_target = RowBest(len(target), source.dtype)

    def visit(block: Block) -> None:
        for tile in block.tiles:
            of_source.update(block, tile)
            of_target.update(block, tile)

    comparison = Comparison(
        source, target, query_penalty=source_penalty, key_penalty=target_penalty
    )
    comparison.sweep(visit, job="mutual nearest neighbors", n_jobs=n_jobs, whole=True)
    back = of_target.indices[of_source.indices]
    mutual = np.flatnonzero(back == np.arange(len(source)))
    return mutual, of_source.indices[mutual], of_source.scores[mutual]


def mutual_pairs(
    source: NDArray,
    target: NDArray,
    *,
    similarity: str = "cosine",
    csls_neighbors: int = 10,
    n_jobs: int | None = None,
) -> NDArray[np.intp]:
    """Return the pairs of rows that are each other's nearest, by cosine or by CSLS.

    CSLS is twice the cosine less both rows' mean cosine to their ``csls_neighbors`` nearest rows of
    the other side. Pairs, of shape (n_pairs, 2), are ordered by source row, and never none: the
    most similar pair of all is mutual.
    """
    penalties: tuple[NDArray | None, NDArray | None] = (None, None)
    if similarity == "csls":
        neighbors = min(csls_neighbors, len(source), len(target))
        source_mean, target_mean = csls_means(source, target, neighbors, n_jobs=n_jobs)
        penalties = (source_mean / 2, target_mean / 2)
    rows, columns, _ = mutual_nearest_neighbors(
        source, target, source_penalty=penalties[0], target_penalty=penalties[1], n_jobs=n_jobs
    )
    return np.column_stack([rows, columns])
