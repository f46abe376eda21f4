"""Sums of exponentials over all keys, which softmax normalizes by."""

import numpy as np
from numpy.typing import NDArray

from ._sweep import Block, Comparison


def log_sums(
    queries: NDArray, keys: NDArray, temperature: float, *, n_jobs: int | None = None
) -> NDArray:
    """Return for every query the logarithm of the sum of exp(cosine / temperature) over all keys.

    Parameters
    ----------
    queries : ndarray of shape (n_queries, n_features)
    keys : ndarray of shape (n_keys, n_features)
    temperature : float
        Positive; below 0.012 single precision loses the keys of small cosine, which then do not
        matter.
    n_jobs : int, default=None
        Threads, as in scikit-learn.

    Returns
    -------
    ndarray of shape (n_queries,)
        In the dtype of the queries.

    Notes
    -----
    One pass over the similarities, of which no tile is kept.

    Examples
    --------
    >>> import numpy as np
    >>> keys = np.array([[1.0, 0.0], [0.0, 1.0]])
    >>> sums = log_sums(np.array([[2.0, 0.0]]), keys, temperature=1.0)
    >>> bool(np.isclose(sums[0], np.log(np.exp(1) + np.exp(0))))
    True
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
