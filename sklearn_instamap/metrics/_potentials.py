"""What each similarity takes off the cosine for a word: of CSLS, inverted softmax, Sinkhorn."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from sklearn_instamap._engine import csls_means, log_sums, top_k
from sklearn_instamap.metrics._best_words import Listed, nearest_lists
from sklearn_instamap.metrics._maps import Array

if TYPE_CHECKING:
    from sklearn_instamap.metrics._retrieval import Retrieval

Lister: TypeAlias = Callable[[Array, Array], Listed]


def penalties_of_words(
    settings: Retrieval, source: Array, target: Array, index: Callable[[Array], Any] | None
) -> tuple[Array, Array] | tuple[None, None]:
    """Return what one map takes off the cosine for each source and each target word.

    ``index`` builds an index of vectors of any length.
    """
    method, n_jobs = settings.method, settings.n_jobs
    if method == "cosine":
        return None, None
    k = max(settings.n_candidates, settings.csls_neighbors if method == "csls" else 1)
    listed = partial(nearest_lists, k=k, index=index, n_jobs=n_jobs)
    by_index = None if index is None else listed
    if method == "csls":
        means = neighborhood_means(
            source, target, settings.csls_neighbors, listed=by_index, n_jobs=n_jobs
        )
        return means[0] / 2, means[1] / 2
    if method == "inverted-softmax":
        of_target = softmax_potentials(
            source, target, settings.temperature, listed=by_index, n_jobs=n_jobs
        )
        return np.zeros(len(source), source.dtype), of_target
    return sinkhorn_potentials(source, target, settings.temperature, settings.n_iter, listed)


def penalty_of_vectors(
    settings: Retrieval, vectors: Array, target: Array, target_penalty: Array | None
) -> Array | None:
    """Return the penalty of source vectors that are not among the words of fitting."""
    if settings.method in ("cosine", "inverted-softmax"):
        return None
    if settings.method == "csls":
        k = min(settings.csls_neighbors, len(target))
        return top_k(vectors, target, k, n_jobs=settings.n_jobs)[0].mean(axis=1) / 2
    k = min(settings.n_candidates, len(target))
    reduced, _ = top_k(vectors, target, k, key_penalty=target_penalty, n_jobs=settings.n_jobs)
    temperature = settings.temperature
    # As the words of fitting, of which each has a share of the mass.
    log_sums = log_sum_exp(reduced / temperature) + np.log(settings.n_source_)
    return (temperature * log_sums).astype(vectors.dtype)


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
    return _mean_of_found(listed(source, target), k), _mean_of_found(listed(target, source), k)


def _mean_of_found(lists: Listed, k: int) -> Array:
    """Return the mean of the first k cosines of every row, as far as an index found any."""
    cosines, places = (each[:, :k] for each in lists)
    found = places >= 0
    sums = np.where(found, cosines, 0).sum(axis=1)
    return sums / np.maximum(found.sum(axis=1), 1).astype(sums.dtype)


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
