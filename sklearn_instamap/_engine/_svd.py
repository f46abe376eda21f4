"""Cross-covariances of paired rows, and the orthogonal map that agrees best with one."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating]

# Rows cast to float64 at once while the cross-covariance is summed: 10 MB at 300 dimensions.
_CHUNK = 4096


def cross_covariance(X: Array, y: Array) -> NDArray[np.float64]:
    """Return ``X.T @ y`` summed in float64, a chunk of rows at a time."""
    total = np.zeros((X.shape[1], y.shape[1]))
    for start in range(0, len(X), _CHUNK):
        rows = slice(start, start + _CHUNK)
        total += X[rows].astype(np.float64).T @ y[rows].astype(np.float64)
    return total


def best_orthogonal_map(
    covariance: NDArray[np.float64], *, allow_reflection: bool
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the (semi-)orthogonal map of largest agreement with a cross-covariance.

    Parameters
    ----------
    covariance : ndarray of shape (n_source_features, n_target_features)
        ``X.T @ y`` of the paired rows.
    allow_reflection : bool
        Whether a square map may have determinant -1.

    Returns
    -------
    matrix : ndarray of shape (n_source_features, n_target_features)
        Orthonormal columns, or orthonormal rows if the source has fewer dimensions.
    singular_values : ndarray of shape (min(n_source_features, n_target_features),)
        Singular values of the covariance, the last one negated where a reflection was undone.
    """
    left, values, right = np.linalg.svd(covariance, full_matrices=False)
    square = covariance.shape[0] == covariance.shape[1]
    reflects = square and np.linalg.slogdet(left)[0] * np.linalg.slogdet(right)[0] < 0
    if reflects and not allow_reflection:
        # Eq. (1): the last element of I_R is the determinant of V U^T.
        values[-1] = -values[-1]
        left[:, -1] = -left[:, -1]
    return left @ right, values
