"""What each similarity takes off the cosine for a word: of CSLS, inverted softmax, Sinkhorn."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from sklearn_instamap._engine import csls_means, log_sums, top_k
from sklearn_instamap.metrics._maps import Array, unit_float32

Listed: TypeAlias = tuple[Array, NDArray[np.intp]]
Lister: TypeAlias = Callable[[Array, Array], Listed]


def neighborhood_means(
    source: Array,
    target: Array,
    k: int,
    *,
    listed: Lister | None,
    n_jobs: int | None,
) -> tuple[Array, Array]:
    """Return the mean cosine of every word to its k nearest of the other side, for both sides."""
    if listed is None:
        return csls_means(source, target, k, n_jobs=n_jobs)
    of_source, of_target = listed(source, target)[0], listed(target, source)[0]
    return of_source[:, :k].mean(axis=1), of_target[:, :k].mean(axis=1)


def softmax_potentials(
    source: Array,
    target: Array,
    temperature: float,
    *,
    listed: Lister | None,
    n_jobs: int | None,
) -> Array:
    """Return for every target word the temperature times the log of its sum over source words."""
    if listed is None:
        sums = log_sums(target, source, temperature, n_jobs=n_jobs)
    else:
        sums = log_sum_exp(listed(target, source)[0] / temperature)
    return (temperature * sums).astype(target.dtype)


def sinkhorn_potentials(
    source: Array,
    target: Array,
    temperature: float,
    n_iter: int,
    listed: Lister,
) -> tuple[Array, Array]:
    """Scale the graph of nearest words until all words of a side have the same weight."""
    graph = _graph(listed(source, target), listed(target, source))
    # Relative to the largest cosine of its row no word's exponentials all vanish.
    kernel, offset = graph, graph.max(axis=1).toarray().ravel()
    below = kernel.data - np.repeat(offset, np.diff(kernel.indptr))
    kernel.data = np.exp(below / temperature)
    turned = kernel.T.tocsr()
    u, v = np.ones(len(source)), np.ones(len(target))
    for _ in range(n_iter):
        u = 1 / np.maximum(kernel @ v, 1e-300) / len(source)
        v = 1 / np.maximum(turned @ u, 1e-300) / len(target)
    of_source = offset - temperature * np.log(u)
    of_target = -temperature * np.log(v)
    return of_source.astype(source.dtype), of_target.astype(target.dtype)


def nearest_lists(
    rows: Array, others: Array, k: int, *, index: Callable[[Array], Any] | None, n_jobs: int | None
) -> Listed:
    """Return the cosines and places of the k nearest others of every row."""
    k = min(k, len(others))
    if index is None:
        return top_k(rows, others, k, n_jobs=n_jobs)
    cosines, places = index(unit_float32(others)).search(unit_float32(rows), k)
    return np.asarray(cosines, dtype=rows.dtype), np.asarray(places, dtype=np.intp)


def _graph(
    forward: tuple[Array, NDArray[np.intp]], backward: tuple[Array, NDArray[np.intp]]
) -> csr_array:
    """Return the cosines of all words and their nearest, source words by target words."""
    (of_source, targets), (of_target, sources) = forward, backward
    n_source, n_target = len(of_source), len(of_target)
    rows = np.concatenate([np.repeat(np.arange(n_source), targets.shape[1]), sources.ravel()])
    columns = np.concatenate([targets.ravel(), np.repeat(np.arange(n_target), sources.shape[1])])
    cosines = np.concatenate([of_source.ravel(), of_target.ravel()]).astype(np.float64)
    known = (rows >= 0) & (columns >= 0)
    places, first = np.unique(rows[known] * n_target + columns[known], return_index=True)
    return csr_array(
        (cosines[known][first], np.divmod(places, n_target)), shape=(n_source, n_target)
    )


def log_sum_exp(values: Array) -> Array:
    """Return the log of the sum of the exponentials of every row."""
    largest = values.max(axis=1, keepdims=True)
    return np.log(np.exp(values - largest).sum(axis=1)) + largest[:, 0]
