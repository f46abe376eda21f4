"""The tiles into which a matrix of cosine similarities is cut.

How results stay the same, bit for bit, whatever the number of threads, the working
memory and the other queries of the batch: tiles are products of few shapes, and what does
not fill a tile is padded with zeros. There is no separate path for single rows (gemv),
small matrices or edges. The keys of a tile depend on their number alone; its queries are
one of three heights. Within such a product OpenBLAS adds up every element in the same
order, except that some kernels treat the queries at both ends apart (8 rows of Haswell's
sgemm, which Zen 1 to 3 use too). `even_rows` asks the BLAS at hand: queries are laid only
where it answers as in the middle, and only in tiles of a height that makes no difference.
So equal vectors have equal similarities, and ties are ties.

Tiles are stored keys by queries: a step along the keys is then one vector operation over
the queries, and a group of consecutive keys is a group of consecutive rows.
"""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

# Queries in a tile. With fewer, the keys are packed for too few queries; above 320 Haswell's
# sgemm cuts a tile in two, with uneven rows in between.
BLOCK = 320
# Queries in a tile where there are enough of them, tiles are not kept and the BLAS makes no
# difference: as much is done with fewer calls.
TALL = 640
TALL_FROM = 10_000
# Share of a tile's queries that must be even, for it to be worth its while.
EVEN_ENOUGH = 0.9
# Queries in a tile where there are no more.
SHORT = 64
# Most keys in a tile: 1.9 MiB of float32. Tiles that fit the L2 cache measure slower, for
# there are more of them, and larger ones no faster.
PANEL = 1536
# A panel is a multiple of this: of what kernels do at a time, and of all group sizes.
GRAIN = 48


def panel_size(n_keys: int) -> int:
    """Return the keys per tile: as many as `PANEL`, unless fewer leave less to be padded."""
    if not n_keys:
        raise ValueError("There is nothing to compare with: the second array has no rows.")
    fewest = -(-n_keys // PANEL)
    sizes = [-(-n_keys // (n_panels * GRAIN)) * GRAIN for n_panels in range(fewest, fewest + 4)]
    return min(sizes, key=lambda size: (-(-n_keys // size) * size, -size))


def padded(n_keys: int) -> int:
    """Return the number of keys when the last panel is filled up."""
    panel = panel_size(n_keys)
    return -(-n_keys // panel) * panel


def row_norms(rows: NDArray) -> NDArray:
    """Return the Euclidean norms of some rows, and 1 for a zero row.

    They add up in double precision, along one row at a time, so that a row's bits do not
    depend on its company.
    """
    norms = np.empty(len(rows), dtype=rows.dtype)
    for start in range(0, len(rows), BLOCK):
        part = rows[start : start + BLOCK]
        squares = np.multiply(part, part, dtype=np.float64, order="C")
        norms[start : start + BLOCK] = np.sqrt(squares.sum(axis=1))
    norms[norms == 0] = 1
    return norms


def unit_rows(rows: NDArray, out: NDArray) -> None:
    """Write the rows divided by their Euclidean norm; a zero row stays zero."""
    np.divide(rows, row_norms(rows)[:, None], out=out)


@lru_cache(maxsize=64)
def are_even(dtype: np.dtype, n_features: int, panel: int, height: int) -> NDArray[np.bool_]:
    """Tell for which queries of a tile the BLAS adds up as in the middle of a block.

    The same two vectors must give the same number everywhere in the tile. They are of very
    uneven magnitude, for another order to show.
    """
    rng = np.random.default_rng(0)
    even = np.ones(height, dtype=bool)
    for _ in range(3):
        magnitudes = np.exp2(rng.integers(-6, 7, size=n_features))
        query, key = (rng.normal(size=(2, n_features)) * magnitudes).astype(dtype)
        keys = np.repeat(key[None], panel, axis=0)
        expected = (keys @ np.repeat(query[None], BLOCK, axis=0).T)[panel // 2, BLOCK // 2]
        even &= (keys @ np.repeat(query[None], height, axis=0).T == expected).all(axis=0)
    return even


def even_rows(dtype: np.dtype, n_features: int, panel: int, height: int) -> slice:
    """Return the even queries around the middle of a tile."""
    even = are_even(dtype, n_features, panel, height)
    middle = height // 2
    uneven = np.flatnonzero(~even)
    first = max(uneven[uneven < middle], default=-1) + 1
    last = min(uneven[uneven >= middle], default=height)
    return slice(int(first), int(last))


def lay_out(
    dtype: np.dtype, n_features: int, panel: int, n_queries: int, *, kept: bool
) -> tuple[int, slice]:
    """Return the height of the tiles and the queries of them to be used.

    On a BLAS that is nowhere even all are used, and equal vectors may then differ in the
    last bit. `kept` says that the tiles will be kept: the lower they are, the more keys fit.
    """

    def share(height: int) -> tuple[float, slice]:
        even = even_rows(dtype, n_features, panel, height)
        return (even.stop - even.start) / height, even

    if n_queries <= SHORT and (even := share(SHORT)[1]).stop - even.start >= n_queries:
        return SHORT, even
    if n_queries >= TALL_FROM and not kept and share(TALL)[0] > EVEN_ENOUGH:
        return TALL, share(TALL)[1]
    fraction, even = share(BLOCK)
    return BLOCK, even if fraction > 0.5 else slice(0, BLOCK)


def lay_out_whole(
    dtype: np.dtype, n_features: int, panel: int, n_queries: int, n_workers: int
) -> tuple[int, NDArray[np.intp]]:
    """Return the height of tiles that are looked at as a whole, and the queries to be used.

    Uneven queries may then lie in between, where the BLAS cuts a tall tile: the taller it is,
    the fewer calls there are for the same queries. The height is the one with which the busiest
    of the workers has least to do.
    """
    height, lanes = lay_out(dtype, n_features, panel, n_queries, kept=False)
    if n_queries < TALL_FROM:
        return height, np.arange(lanes.start, lanes.stop)
    share = (lanes.stop - lanes.start) / height

    def work(tall: int) -> tuple[int, int]:
        n_blocks = -(-n_queries // max(1, int(share * tall)))
        return -(-n_blocks // n_workers) * tall, -tall

    tall = min((TALL, TALL * 3 // 2, TALL * 2), key=work)
    even = np.flatnonzero(are_even(dtype, n_features, panel, tall))
    if len(even) > EVEN_ENOUGH * tall:
        return tall, even
    return height, np.arange(lanes.start, lanes.stop)
