import numpy as np
from scipy.sparse import csr_array

from ._tiles import BLOCK


def weighted_sum(weights, indices, rows, *, n_jobs=None):
    n, k = weights.shape
    matrix = csr_array(
        (weights.ravel(), indices.ravel(), np.arange(0, n * k + 1, k)), shape=(n, len(rows))
    )
    return matrix @ rows


def map_rows(X, matrix, offset=None, *, n_jobs=None):
    mapped = np.empty((len(X), matrix.shape[1]), dtype=X.dtype)
    padded = np.zeros((BLOCK, X.shape[1]), dtype=X.dtype)
    for start in range(0, len(X), BLOCK):
        stop = min(start + BLOCK, len(X))
        padded[: stop - start] = X[start:stop]
        padded[stop - start :] = 0
        mapped[start:stop] = (padded @ matrix)[: stop - start]
    if offset is not None:
        mapped += offset
    return mapped
