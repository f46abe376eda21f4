"""Blocks of cosine similarities."""

import numpy as np

BLOCK = 512


def unit_rows(rows):
    """Rows divided by their Euclidean norm; a zero row stays zero."""
    norms = np.sqrt(np.einsum("ij,ij->i", rows, rows, dtype=np.float64))
    norms[norms == 0] = 1
    return rows / norms.astype(rows.dtype)[:, None]


def similarity_blocks(queries, keys):
    """Yield ``(start, stop, similarities)`` for consecutive blocks of rows."""
    unit_keys = unit_rows(keys)
    padded = np.zeros((BLOCK, queries.shape[1]), dtype=queries.dtype)
    for start in range(0, len(queries), BLOCK):
        stop = min(start + BLOCK, len(queries))
        padded[: stop - start] = unit_rows(queries[start:stop])
        padded[stop - start :] = 0
        yield start, stop, (padded @ unit_keys.T)[: stop - start]
