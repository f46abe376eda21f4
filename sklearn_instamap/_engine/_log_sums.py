"""Sums of exponentials over all keys, which softmax normalizes by."""

import numpy as np
from numpy.typing import NDArray

from ._sweep import Block, Comparison


def log_sums(
    queries: NDArray, keys: NDArray, temperature: float, *, n_jobs: int | None = None
) -> NDArray:
    """Return for every query the logarithm of the sum of exp(cosine / temperature) over all keys.

    Below a temperature of 0.012 single precision loses the keys of small cosine, which then do not
    matter. No tile of the similarities is kept.
    """
    if not temperature > 0:
        raise ValueError(f"temperature must be positive, got {temperature!r}.")
    # Cosines are at most 1: relative to that nothing overflows, whatever the temperature.
    sums = np.zeros(len(queries))
    scale = queries.dtype.type(1 / temperature)

    def visit(block: Block) -> None:
        for tile in block.tiles:
            # Rows beyond the last key are minus infinity, and add nothing.
            scaled = tile.scores[:, block.lanes] - 1
            scaled *= scale
            np.exp(scaled, out=scaled)
            sums[block.queries] += scaled.sum(axis=0, dtype=np.float64)

    Comparison(queries, keys).sweep(visit, job="softmax sums", n_jobs=n_jobs)
    # A query opposite to all keys may have no sum in single precision.
    return (np.log(np.maximum(sums, 1e-300)) + 1 / temperature).astype(queries.dtype)
