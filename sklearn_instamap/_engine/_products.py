"""Products: sums and maps of rows, cross-covariances, and the orthogonal map of one."""

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from ._parallel import Run, count_workers, one_blas_thread
from ._tiles import lay_out, padded, panel_size

# Rows summed in one task: enough to be worth a call, few enough to share out.
SUMS = 1024
# Rows cast to float64 at once while the cross-covariance is summed: 10 MB at 300 dimensions.
_CHUNK = 4096


def weighted_sum(
    weights: NDArray, indices: NDArray, rows: NDArray, *, n_jobs: int | None = None
) -> NDArray:
    """Return ``sum_k weights[i, k] * rows[indices[i, k]]`` for every i.

    Summed from the first k to the last: a row does not depend on the others.
    """
    n, k = weights.shape
    sums = np.empty((n, rows.shape[1]), dtype=rows.dtype)
    n_tasks = -(-n // SUMS)

    def work(_: None, task: int) -> None:
        run.tick()
        part = slice(task * SUMS, min((task + 1) * SUMS, n))
        ends = np.arange(0, (part.stop - part.start) * k + 1, k)
        matrix = csr_array(
            (weights[part].ravel(), indices[part].ravel(), ends),
            shape=(part.stop - part.start, len(rows)),
        )
        sums[part] = matrix @ rows

    run = Run("weighted sums", n_tasks, count_workers(n_jobs, n_tasks, n_tasks))
    run.map(work, n_tasks, lambda: None)
    return sums


def map_rows(
    X: NDArray, matrix: NDArray, offset: NDArray | None = None, *, n_jobs: int | None = None
) -> NDArray:
    """Return ``X @ matrix + offset``, every row as if it were alone.

    A plain product may round a row differently in another batch; here every product has
    the same shape, as in the neighbor searches. The matrix is taken in the dtype of the rows.
    """
    n, d = X.shape
    d_out = matrix.shape[1]
    mapped = np.empty((n, d_out), dtype=X.dtype)
    panel = panel_size(d_out)
    columns = np.zeros((padded(d_out), d), dtype=X.dtype)
    columns[:d_out] = matrix.T
    with one_blas_thread():
        height, lanes = lay_out(X.dtype, d, panel, n, kept=False)
        most = lanes.stop - lanes.start
        n_tasks = -(-n // most)

        def work(buffers: tuple[NDArray, NDArray], task: int) -> None:
            run.tick()
            rows, products = buffers
            part = slice(task * most, min((task + 1) * most, n))
            taken = slice(lanes.start, lanes.start + part.stop - part.start)
            rows[:] = 0
            rows[taken] = X[part]
            for start in range(0, len(columns), panel):
                place = slice(start, start + panel)
                np.matmul(columns[place], rows.T, out=products[place])
            mapped[part] = products[:d_out, taken].T
            if offset is not None:
                mapped[part] += offset

        def buffers() -> tuple[NDArray, NDArray]:
            return (
                np.empty((height, d), dtype=X.dtype),
                np.empty((len(columns), height), dtype=X.dtype),
            )

        run = Run("map rows", n_tasks, count_workers(n_jobs, n_tasks, n_tasks))
        run.map(work, n_tasks, buffers)
    return mapped


def cross_covariance(X: NDArray, y: NDArray) -> NDArray[np.float64]:
    """Return ``X.T @ y`` summed in float64, a chunk of rows at a time."""
    total = np.zeros((X.shape[1], y.shape[1]))
    for start in range(0, len(X), _CHUNK):
        rows = slice(start, start + _CHUNK)
        total += X[rows].astype(np.float64).T @ y[rows].astype(np.float64)
    return total


def best_orthogonal_map(
    covariance: NDArray[np.float64], *, allow_reflection: bool
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the (semi-)orthogonal map of largest agreement with a cross-covariance ``X.T @ y``.

    Its columns are orthonormal, or its rows if the source has fewer dimensions. The singular values
    are those of the covariance, the last one negated where a square map was a reflection and that
    was undone.
    """
    left, values, right = np.linalg.svd(covariance, full_matrices=False)
    square = covariance.shape[0] == covariance.shape[1]
    reflects = square and np.linalg.slogdet(left)[0] * np.linalg.slogdet(right)[0] < 0
    if reflects and not allow_reflection:
        # Eq. (1): the last element of I_R is the determinant of V U^T.
        values[-1] = -values[-1]
        left[:, -1] = -left[:, -1]
    return left @ right, values
