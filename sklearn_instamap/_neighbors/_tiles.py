"""The tiles into which a matrix of cosine similarities is cut.

How results come out the same, bit for bit, whatever the number of threads, the working
memory and the other queries of the batch: every tile is the product of one shape, `panel`
keys by `BLOCK` queries, and the shape depends on the number of keys alone. What does not
fill a tile is padded with zeros; there is no path of its own for few rows (gemv), small
matrices or edges. Within one shape OpenBLAS adds up every element in the same order,
except that some kernels treat the first and the last queries of a tile apart (Haswell's
sgemm, which Zen 1 to 3 use too: 8 rows at either end). `even_rows` asks the BLAS at hand,
and queries are laid only where it answers alike. So equal vectors have equal similarities,
and ties are ties.

Tiles are stored keys by queries: a step along the keys is then one vector operation over
the queries, and a group of consecutive keys is a group of consecutive rows.
"""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

# Queries in a tile. 256 to 640 measure alike; below, the keys are packed for too few
# queries, and above 320 Haswell's sgemm cuts a tile in two, with uneven rows in between.
BLOCK = 320
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
def even_rows(dtype: np.dtype, n_features: int, panel: int) -> slice:
    """Return the queries of a tile for which the BLAS adds up in one and the same order.

    The same two vectors everywhere in a tile must give the same number everywhere. They
    are of very uneven magnitude, for another order to show. On a BLAS with no such stretch
    of queries all are used, and equal vectors may then differ in the last bit.
    """
    rng = np.random.default_rng(0)
    even = np.ones(BLOCK, dtype=bool)
    for _ in range(3):
        magnitudes = np.exp2(rng.integers(-6, 7, size=n_features))
        query, key = (rng.normal(size=(2, n_features)) * magnitudes).astype(dtype)
        tile = np.repeat(key[None], panel, axis=0) @ np.repeat(query[None], BLOCK, axis=0).T
        even &= (tile == tile[panel // 2, BLOCK // 2]).all(axis=0)
    middle = BLOCK // 2
    uneven = np.flatnonzero(~even)
    first = max(uneven[uneven < middle], default=-1) + 1
    last = min(uneven[uneven >= middle], default=BLOCK)
    return slice(first, last) if last - first >= middle else slice(0, BLOCK)
