"""Compare all queries with all keys, tile by tile, in bounded memory."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ._parallel import Run, count_workers, one_blas_thread, working_memory
from ._tiles import lay_out, lay_out_whole, padded, panel_size, unit_rows

# Unit keys held at a time; larger sets of keys are swept stretch by stretch.
STRETCH_BYTES = 80 * 2**20
# Keys of a tile whose largest score is looked at first.
GROUP = 16

# The penalty of a column without a query, which must stay finite times zero.
_FAR_BELOW = 1e30

# Which queries of a tile are used: a stretch, or any.
Lanes: TypeAlias = slice | NDArray[np.intp]


@dataclass(frozen=True)
class Tile:
    """Scores of one panel of keys (rows) for one block of queries (columns).

    Rows beyond the last key are minus infinity: nobody's neighbors.
    """

    start: int
    scores: NDArray

    @property
    def groups(self) -> NDArray:
        """The scores of every `GROUP` consecutive keys together, by groups, keys, queries."""
        return self.scores.reshape(-1, GROUP, self.scores.shape[1])

    @cached_property
    def maxima(self) -> NDArray:
        """The largest score of every group for every query, of use to both sides."""
        return self.groups.max(axis=1)


@dataclass(frozen=True)
class Block:
    """One block of queries, to be compared with one stretch of keys, tile by tile.

    The tiles lie below each other in `buffer`, of `depth` panels, and are overwritten when
    it has been filled. `lanes` are the columns of the buffer where the queries are; the
    columns around them hold nothing of interest. Of a tile that is looked at as a whole, other
    columns may lie between them: see `Comparison.sweep`. The block is done with all keys below
    `stop` once its tiles have been consumed.
    """

    queries: slice
    lanes: Any
    stop: int
    buffer: NDArray
    depth: int
    tiles: Iterator[Tile]

    @cached_property
    def columns(self) -> NDArray[np.intp]:
        """The numbers of the lanes."""
        return np.arange(self.buffer.shape[1])[self.lanes]


def even_share(total: int, most: int) -> int:
    """Return the size of the parts when `total` is cut into parts of at most `most`."""
    n_parts = -(-total // max(1, min(total, most)))
    return -(-total // n_parts)


class Worker:
    """The buffers of one thread."""

    def __init__(self, height: int, n_features: int, n_rows: int, dtype: np.dtype) -> None:
        self.queries = np.zeros((height, n_features), dtype=dtype)
        self.tiles = np.empty((n_rows, height), dtype=dtype)


class Comparison:
    """The scores of queries and keys, which are nowhere held as a whole.

    A score is ``cosine - key_penalty[key] - query_penalty[query]``. The penalties ride
    along as further coordinates, ``(unit_key, -penalty, 1) . (unit_query, 1, -penalty)``:
    the product subtracts them, and no tile has to be gone over again.
    """

    # What the rows of a tile beyond the last key are filled with.
    nothing: float = -np.inf

    def __init__(
        self,
        queries: NDArray,
        keys: NDArray,
        *,
        query_penalty: NDArray | None = None,
        key_penalty: NDArray | None = None,
    ) -> None:
        self.queries = queries
        self.keys = keys
        self.query_penalty = query_penalty
        self.key_penalty = key_penalty
        self.dtype = queries.dtype
        self.n_features = queries.shape[1] + (key_penalty is not None) + (query_penalty is not None)
        self.panel = panel_size(len(keys))
        self.n_panels = padded(len(keys)) // self.panel

    def sweep(
        self,
        visit: Callable[[Block], None],
        *,
        job: str,
        n_jobs: int | None,
        buffer_bytes: int = 0,
        whole: bool = False,
    ) -> None:
        """Show `visit` every tile: every block of queries with every stretch of keys.

        A block's stretches come one after the other, keys increasing; different blocks are
        visited at the same time, by several threads. `visit` must consume the block's
        tiles. `buffer_bytes` asks for tiles to be kept until so many have come; `whole` says
        that `visit` takes all columns of a tile: those without a query have scores far below all
        others with a `query_penalty`, and zero without.
        """
        # Half the memory for the keys, half for the threads; never so little that not even
        # one tile fits, and never more than what makes a difference.
        memory = working_memory() // 2
        panel_bytes = self.panel * self.n_features * self.dtype.itemsize
        stretch = even_share(self.n_panels, min(memory, STRETCH_BYTES) // panel_bytes)
        with one_blas_thread():
            places: Sequence[tuple[slice, Lanes]]
            if whole:
                height, places = self._whole_places(n_jobs)
            else:
                height, places = self._places(kept=buffer_bytes > 0)
            tile_bytes = self.panel * height * self.dtype.itemsize
            n_workers = count_workers(n_jobs, len(places), memory // (2 * tile_bytes))
            depth = even_share(stretch, min(memory // n_workers, buffer_bytes) // tile_bytes)
            run = Run(job, len(places) * self.n_panels, n_workers)
            unit_keys = np.zeros((stretch * self.panel, self.n_features), dtype=self.dtype)
            for first in range(0, self.n_panels, stretch):
                panels = range(first, min(first + stretch, self.n_panels))
                self._visit_stretch(visit, panels, places, unit_keys, height, depth, run)

    def _visit_stretch(
        self,
        visit: Callable[[Block], None],
        panels: range,
        places: Sequence[tuple[slice, Lanes]],
        unit_keys: NDArray,
        height: int,
        depth: int,
        run: Run,
    ) -> None:
        panel = self.panel

        def lay_keys(_: None, i: int) -> None:
            start = panels[i] * panel
            self._lay_keys(slice(start, start + panel), unit_keys[i * panel : (i + 1) * panel])

        def tiles(worker: Worker) -> Iterator[Tile]:
            for i in range(len(panels)):
                run.tick()
                start = panels[i] * panel
                scores = worker.tiles[(i % depth) * panel :][:panel]
                part = unit_keys[i * panel : (i + 1) * panel]
                self._multiply(part, worker.queries, scores)
                scores[len(self.keys) - start :] = self.nothing
                yield Tile(start, scores)

        def visit_block(worker: Worker, i: int) -> None:
            rows, lanes = places[i]
            self._lay_queries(rows, lanes, worker.queries)
            visit(Block(rows, lanes, stop, worker.tiles, depth, tiles(worker)))

        stop = min(panels.stop * panel, len(self.keys))
        run.map(lay_keys, len(panels), lambda: None)
        run.map(visit_block, len(places), lambda: self._worker(height, depth))

    def of_pairs(self, own: NDArray, *, job: str, n_jobs: int | None) -> NDArray:
        """Return the score of every query i with the key ``own[i]``, bit for bit as in its tile."""
        scores = np.empty(len(self.queries), dtype=self.dtype)
        with one_blas_thread():
            height, places = self._places(kept=False)
            n_workers = count_workers(n_jobs, len(places), len(places))
            run = Run(job, len(places), n_workers)

            def visit_block(worker: Worker, i: int) -> None:
                run.tick()
                rows, lanes = places[i]
                self._lay_queries(rows, lanes, worker.queries)
                unit_keys = np.empty((self.panel, self.n_features), dtype=self.dtype)
                for start in range(rows.start, rows.stop, self.panel):
                    part = slice(start, min(start + self.panel, rows.stop))
                    self._lay_keys(own[part], unit_keys)
                    self._multiply(unit_keys, worker.queries, worker.tiles)
                    lane = lanes.start + start - rows.start
                    scores[part] = worker.tiles.diagonal(lane)[: part.stop - start]

            run.map(visit_block, len(places), lambda: self._worker(height, 1))
        return scores

    def _worker(self, height: int, depth: int) -> Worker:
        return Worker(height, self.n_features, depth * self.panel, self.dtype)

    def _multiply(self, keys: NDArray, queries: NDArray, out: NDArray) -> None:
        np.matmul(keys, queries.T, out=out)

    def _lay_out(self, *, kept: bool) -> tuple[int, slice]:
        return lay_out(self.dtype, self.n_features, self.panel, len(self.queries), kept=kept)

    def _places(self, *, kept: bool) -> tuple[int, list[tuple[slice, slice]]]:
        """Return the height of the tiles, the queries of every block and the lanes they take."""
        height, lanes = self._lay_out(kept=kept)
        n, most = len(self.queries), lanes.stop - lanes.start
        rows = [slice(start, min(start + most, n)) for start in range(0, n, most)]
        return height, [(r, slice(lanes.start, lanes.start + r.stop - r.start)) for r in rows]

    def _whole_places(self, n_jobs: int | None) -> tuple[int, list[tuple[slice, NDArray[np.intp]]]]:
        """Return the height, and queries and lanes, of tiles that are looked at as a whole."""
        n = len(self.queries)
        n_workers = count_workers(n_jobs, n, n)
        height, lanes = lay_out_whole(self.dtype, self.n_features, self.panel, n, n_workers)
        starts = range(0, n, len(lanes))
        rows = [slice(start, min(start + len(lanes), n)) for start in starts]
        return height, [(r, lanes[: r.stop - r.start]) for r in rows]

    def _lay_keys(self, which: slice | NDArray, out: NDArray) -> None:
        part = self.keys[which]
        n, d = part.shape
        unit_rows(part, out=out[:n, :d])
        if self.key_penalty is not None:
            out[:n, d] = -self.key_penalty[which]
        if self.query_penalty is not None:
            out[:n, -1] = 1
        out[n:] = 0

    def _lay_queries(self, rows: slice, lanes: Lanes, out: NDArray) -> None:
        out[:] = 0
        if self.query_penalty is not None:
            out[:, -1] = -_FAR_BELOW
        d = self.queries.shape[1]
        place = out[lanes]
        unit_rows(self.queries[rows], out=place[:, :d])
        if self.key_penalty is not None:
            place[:, d] = 1
        if self.query_penalty is not None:
            place[:, -1] = -self.query_penalty[rows]
        # Of lanes that are not a stretch it is a copy.
        out[lanes] = place
