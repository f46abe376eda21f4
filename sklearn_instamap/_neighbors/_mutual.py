import numpy as np

from ._tiles import similarity_blocks


def mutual_nearest_neighbors(
    source, target, *, source_penalty=None, target_penalty=None, n_jobs=None
):
    row_best = np.empty(len(source), dtype=source.dtype)
    row_index = np.empty(len(source), dtype=np.intp)
    column_best = np.full(len(target), -np.inf, dtype=source.dtype)
    column_index = np.zeros(len(target), dtype=np.intp)
    for start, stop, block in similarity_blocks(source, target):
        if source_penalty is not None:
            block = block - source_penalty.astype(block.dtype)[start:stop, None]
        if target_penalty is not None:
            block = block - target_penalty.astype(block.dtype)
        row_index[start:stop] = block.argmax(axis=1)
        row_best[start:stop] = block.max(axis=1)
        best = block.max(axis=0)
        better = best > column_best
        column_index[better] = start + block.argmax(axis=0)[better]
        column_best[better] = best[better]
    mutual = np.flatnonzero(column_index[row_index] == np.arange(len(source)))
    return mutual, row_index[mutual], row_best[mutual]
