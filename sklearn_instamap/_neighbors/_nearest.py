import numpy as np

from ._tiles import similarity_blocks


def nearest(queries, keys, *, key_penalty=None, n_jobs=None):
    scores = np.empty(len(queries), dtype=queries.dtype)
    indices = np.empty(len(queries), dtype=np.intp)
    for start, stop, block in similarity_blocks(queries, keys):
        if key_penalty is not None:
            block = block - key_penalty.astype(block.dtype)
        indices[start:stop] = block.argmax(axis=1)
        scores[start:stop] = block.max(axis=1)
    return scores, indices


def count_better(queries, keys, gold, *, key_penalty=None, n_jobs=None):
    better = np.empty(len(queries), dtype=np.intp)
    tied = np.empty(len(queries), dtype=np.intp)
    for start, stop, block in similarity_blocks(queries, keys):
        if key_penalty is not None:
            block = block - key_penalty.astype(block.dtype)
        own = np.take_along_axis(block, np.asarray(gold)[start:stop, None], axis=1)
        better[start:stop] = (block > own).sum(axis=1)
        tied[start:stop] = (block == own).sum(axis=1) - 1
    return better, tied
