"""Vectors recognized by their values: hashes of rows, and finding the same row in a table.

Inside scikit-learn's cross-validation only vectors travel, not words. Whether a test pair shares
a word with the training dictionary, and which candidate is its gold translation, can then only
be told by comparing rows exactly.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

# Rows hashed at a time: keeps the temporaries of a few hundred columns inside the cache.
_CHUNK_VALUES = 1 << 16

# Odd 64-bit constants of SplitMix64 (Steele, Lea and Flood, 2014).
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2 = np.uint64(0x94D049BB133111EB)


def _mix(bits: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Scramble 64-bit words in place, every input bit reaching every output bit."""
    bits ^= bits >> np.uint64(30)
    bits *= _MIX_1
    bits ^= bits >> np.uint64(27)
    bits *= _MIX_2
    bits ^= bits >> np.uint64(31)
    return bits


def _as_rows(rows: ArrayLike) -> NDArray[np.generic]:
    array = np.asarray(rows)
    return array.reshape(-1, 1) if array.ndim == 1 else array


def row_hashes(rows: ArrayLike) -> NDArray[np.uint64]:
    """Hash each row of a numeric array by its values.

    Rows which compare equal have equal hashes whatever their dtype: ``float32`` values and the
    same values in ``float64``, and also ``-0.0`` and ``0.0``. Different rows collide with
    probability of about 2**-64 a pair.

    A 1-D array is taken as one column. Hashes are the same on every machine.
    """
    array = _as_rows(rows)
    n_rows, n_features = array.shape
    hashes = np.empty(n_rows, dtype=np.uint64)
    # A key per column, so that the sum over a row depends on the order of its values.
    keys = _mix(np.arange(1, n_features + 1, dtype=np.uint64) * _GOLDEN)
    step = max(1, _CHUNK_VALUES // max(1, n_features))
    for start in range(0, n_rows, step):
        # float64 holds every float32 exactly; adding zero turns -0.0 into 0.0.
        values = np.asarray(array[start : start + step], dtype=np.float64) + 0.0
        bits = np.ascontiguousarray(values).view(np.uint64)
        bits += keys
        hashes[start : start + step] = _mix(bits).sum(axis=1, dtype=np.uint64)
    return _mix(hashes)


class RowIndex:
    """Where in a table of vectors, which is not copied, a given vector stands."""

    def __init__(self, table: NDArray[np.floating]) -> None:
        self._table = table
        hashes = row_hashes(table)
        # Stable, so that of several equal rows the first of the table is found.
        self._order = np.argsort(hashes, kind="stable")
        self._hashes = hashes[self._order]

    def find(self, rows: ArrayLike) -> NDArray[np.intp]:
        """Return the first row of the table equal to each given row, -1 where there is none."""
        array = _as_rows(rows)
        if array.shape[1] != self._table.shape[1]:
            return np.full(array.shape[0], -1, dtype=np.intp)
        hashes = row_hashes(array)
        slot = np.minimum(np.searchsorted(self._hashes, hashes), len(self._hashes) - 1)
        found = self._order[slot]
        # Equal hashes are not yet equal rows.
        same = (self._table[found] == array).all(axis=1)
        return np.where(same, found, -1).astype(np.intp)


def distinct_rows(rows: NDArray[np.floating]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the first position of every distinct row, in order, and its number of repeats."""
    _, first, repeats = np.unique(row_hashes(rows), return_index=True, return_counts=True)
    order = np.argsort(first)
    return first[order], repeats[order]
