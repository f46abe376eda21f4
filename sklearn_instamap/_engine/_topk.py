"""The k nearest keys of every query."""

from numpy.typing import NDArray

from ._bfloat16 import pays, top_k_bfloat16
from ._select import best_keys
from ._sweep import Comparison


def top_k(
    queries: NDArray,
    keys: NDArray,
    k: int,
    *,
    key_penalty: NDArray | None = None,
    n_jobs: int | None = None,
    bfloat16: bool = False,
) -> tuple[NDArray, NDArray]:
    """Return the cosines and indices of every query's k nearest keys, nearest first.

    Parameters
    ----------
    queries : ndarray of shape (n_queries, n_features)
    keys : ndarray of shape (n_keys, n_features)
    k : int
        From 1 to ``n_keys``.
    key_penalty : ndarray of shape (n_keys,), default=None
        Taken off the cosines, as in `nearest`.
    n_jobs : int, default=None
        Threads, as in scikit-learn.
    bfloat16 : bool, default=False
        Look for candidates in bfloat16 and compare these in single precision, where that is
        faster: float32 input, 20,000 keys or more, torch, a CPU that multiplies bfloat16.
        The result is as exact, but rounds otherwise. Ignored where keys have penalties.

    Returns
    -------
    similarities : ndarray of shape (n_queries, k)
        Decreasing; the cosines minus the penalties, if there are any.
    indices : ndarray of shape (n_queries, k)
        Of equally similar keys the lower index comes first.

    Raises
    ------
    ValueError
        If k is not between 1 and ``n_keys``.

    Examples
    --------
    >>> import numpy as np
    >>> keys = np.array([[1.0, 0.0], [0.0, 2.0], [3.0, 4.0]])
    >>> similarities, indices = top_k(np.array([[0.0, 5.0]]), keys, k=2)
    >>> indices
    array([[1, 2]])
    >>> similarities
    array([[1. , 0.8]])
    """
    if not 1 <= k <= len(keys):
        raise ValueError(f"k must be from 1 to the number of keys, {len(keys)}, but is {k}.")
    if bfloat16 and key_penalty is None and pays(queries, keys):
        return top_k_bfloat16(queries, keys, k, n_jobs=n_jobs)
    return best_keys(Comparison(queries, keys, key_penalty=key_penalty), k, n_jobs=n_jobs)
