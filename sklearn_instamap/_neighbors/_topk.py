import numpy as np

from ._tiles import similarity_blocks


def top_k(queries, keys, k, *, n_jobs=None):
    if not 1 <= k <= len(keys):
        raise ValueError(f"k must lie between 1 and the number of keys, {len(keys)}; got {k}.")
    similarities = np.empty((len(queries), k), dtype=queries.dtype)
    indices = np.empty((len(queries), k), dtype=np.intp)
    for start, stop, block in similarity_blocks(queries, keys):
        best = np.argsort(-block, axis=1, kind="stable")[:, :k]
        indices[start:stop] = best
        similarities[start:stop] = np.take_along_axis(block, best, axis=1)
    return similarities, indices
