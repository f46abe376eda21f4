"""The nearest key of every query."""

from numpy.typing import NDArray

from ._mutual import ColumnBest
from ._sweep import Block, Comparison


def nearest(
    queries: NDArray,
    keys: NDArray,
    *,
    key_penalty: NDArray | None = None,
    n_jobs: int | None = None,
) -> tuple[NDArray, NDArray]:
    """Return the best score of every query and the key that has it.

    The score of a key is its cosine minus its penalty. With half the keys' mean
    similarities (`csls_means`) as penalties the nearest key is the nearest by CSLS: what
    CSLS also takes off for the query is the same for all keys.

    Parameters
    ----------
    queries : ndarray of shape (n_queries, n_features)
    keys : ndarray of shape (n_keys, n_features)
    key_penalty : ndarray of shape (n_keys,), default=None
    n_jobs : int, default=None
        Threads, as in scikit-learn.

    Returns
    -------
    scores : ndarray of shape (n_queries,)
    indices : ndarray of shape (n_queries,)
        The lowest index among keys of equal score.

    Examples
    --------
    >>> import numpy as np
    >>> keys = np.array([[1.0, 0.0], [0.0, 2.0], [3.0, 4.0]])
    >>> nearest(np.array([[0.0, 5.0]]), keys)
    (array([1.]), array([1]))
    >>> nearest(np.array([[0.0, 5.0]]), keys, key_penalty=np.array([0.0, 0.5, 0.2]))
    (array([0.6]), array([2]))
    """
    best = ColumnBest(len(queries), queries.dtype)

    def visit(block: Block) -> None:
        for tile in block.tiles:
            best.update(block, tile)

    comparison = Comparison(queries, keys, key_penalty=key_penalty)
    comparison.sweep(visit, job="nearest", n_jobs=n_jobs)
    return best.scores, best.indices
