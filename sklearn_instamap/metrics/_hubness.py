"""Hubness: how unevenly words occur among the nearest neighbors of others."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import skew

from sklearn_instamap._check import check_count, check_n_jobs
from sklearn_instamap._engine import top_k
from sklearn_instamap._html import FactsMixin
from sklearn_instamap._space_like import SpaceLike, space_vectors
from sklearn_instamap.metrics._maps import Array, check_same_space


def k_occurrence(
    queries: SpaceLike,
    candidates: SpaceLike | None = None,
    k: int = 10,
    *,
    n_jobs: int | None = None,
) -> NDArray[np.intp]:
    """Count how often each candidate is among the k nearest of the queries, by cosine.

    Parameters
    ----------
    queries : array-like of shape (n_queries, n_features), DataFrame or EmbeddingSpace
        Vectors which look for neighbors: the mapped source space, or the source words of a
        test dictionary.
    candidates : array-like, DataFrame or EmbeddingSpace, default=None
        Vectors among which they look, ``(n_candidates, n_features)``: the mapped target space.
        None looks among the queries themselves, where no vector is a neighbor of its own.
    k : int, default=10
        Neighbors of a query.
    n_jobs : int or None, default=None
        Number of threads, as in scikit-learn.

    Returns
    -------
    ndarray of intp, shape (n_candidates,)
        The k-occurrences :math:`N_k` [1]_. They add up to ``n_queries * k``.

    Raises
    ------
    ValueError
        If the dimensions differ, or there are fewer than ``k`` candidates.

    See Also
    --------
    hubness_skewness, hubness_report : What the counts amount to.

    References
    ----------
    .. [1] M. Radovanović, A. Nanopoulos, M. Ivanović. Hubs in space: popular nearest neighbors
       in high-dimensional data. JMLR 11, 2010, section 2.

    Examples
    --------
    >>> from sklearn_instamap.metrics import k_occurrence
    >>> candidates = [[1.0, 0.0], [0.6, 0.8], [0.0, 1.0]]
    >>> k_occurrence([[0.5, 0.5], [0.4, 0.6], [0.0, 2.0]], candidates, k=1)
    array([0, 2, 1])
    """
    k = check_count("k", k)
    check_n_jobs(n_jobs)
    if candidates is None:
        (rows,) = check_same_space(queries=space_vectors(queries, "queries"))
        return np.bincount(nearest_others(rows, k, n_jobs).ravel(), minlength=len(rows))
    rows, keys = check_same_space(
        queries=space_vectors(queries, "queries"),
        candidates=space_vectors(candidates, "candidates"),
    )
    _refuse_few(len(keys), k)
    _, found = top_k(rows, keys, k, n_jobs=n_jobs)
    return np.bincount(found.ravel(), minlength=len(keys))


def nearest_others(rows: Array, k: int, n_jobs: int | None) -> NDArray[np.intp]:
    """Return each row's k nearest other rows."""
    _refuse_few(len(rows) - 1, k)
    _, found = top_k(rows, rows, k + 1, n_jobs=n_jobs)
    own = found == np.arange(len(rows))[:, None]
    # Where more than k others are equal to a row, it may not be in its own list.
    own[~own.any(axis=1), -1] = True
    return found[~own].reshape(len(rows), k)


def _refuse_few(n_candidates: int, k: int) -> None:
    if n_candidates < k:
        raise ValueError(
            f"k={k} needs at least as many candidates, but there are {n_candidates}; lower k."
        )


@dataclass(frozen=True)
class HubnessReport(FactsMixin):
    """How unevenly the candidates occur among the nearest neighbors of the queries.

    ``str()`` of it is one sentence.

    Parameters
    ----------
    k : int
        Neighbors of a query.
    n_queries, n_candidates : int
        How many there were.
    skewness : float
        Skewness of the k-occurrences (:func:`hubness_skewness`).
    antihub_share : float
        Share of the candidates which are not a neighbor of any query.
    largest_hub : int
        Row of the candidate which occurs most often; the first of several.
    largest_occurrence : int
        Of how many queries it is a neighbor.

    See Also
    --------
    hubness_report : The function which returns it.

    Examples
    --------
    >>> from sklearn_instamap.metrics import hubness_report
    >>> report = hubness_report([[1.0, 0.1], [1.0, 0.2]], [[1.0, 0.0], [0.0, 1.0]], k=1)
    >>> report.largest_hub, report.largest_occurrence, report.antihub_share
    (0, 2, 0.5)
    """

    k: int
    n_queries: int
    n_candidates: int
    skewness: float
    antihub_share: float
    largest_hub: int
    largest_occurrence: int

    def __str__(self) -> str:
        return (
            f"skewness {self.skewness:.2f} of the {self.k}-occurrences; "
            f"{100 * self.antihub_share:.1f} % of {self.n_candidates} candidates are nobody's "
            f"neighbor, candidate {self.largest_hub} is one of {self.largest_occurrence} of "
            f"{self.n_queries} queries"
        )


def hubness_report(
    queries: SpaceLike,
    candidates: SpaceLike | None = None,
    k: int = 10,
    *,
    n_jobs: int | None = None,
) -> HubnessReport:
    """Measure hubness: the skewness of the k-occurrences, the anti-hubs, the largest hub.

    Parameters
    ----------
    queries : array-like of shape (n_queries, n_features), DataFrame or EmbeddingSpace
        Vectors which look for neighbors, as for :func:`k_occurrence`.
    candidates : array-like, DataFrame or EmbeddingSpace, default=None
        Vectors among which they look; None for the queries themselves.
    k : int, default=10
        Neighbors of a query.
    n_jobs : int or None, default=None
        Number of threads, as in scikit-learn.

    Returns
    -------
    HubnessReport
        The figures; printed, one sentence.

    Raises
    ------
    ValueError
        If the dimensions differ, or there are fewer than ``k`` candidates.

    See Also
    --------
    k_occurrence : The counts themselves.

    References
    ----------
    .. [1] M. Radovanović, A. Nanopoulos, M. Ivanović. Hubs in space: popular nearest neighbors
       in high-dimensional data. JMLR 11, 2010, sections 2 and 4.
    .. [2] G. Dinu, A. Lazaridou, M. Baroni. Improving zero-shot learning by mitigating the
       hubness problem. ICLR 2015 (workshop).

    Examples
    --------
    >>> from sklearn_instamap import KabschRotation
    >>> from sklearn_instamap.datasets import load_en_de
    >>> from sklearn_instamap.metrics import hubness_report
    >>> data = load_en_de()
    >>> aligner = KabschRotation().fit(data.X, data.y)
    >>> source, target = aligner.transform(data.source), aligner.transform_target(data.target)
    >>> report = hubness_report(source, target)
    >>> report.skewness > 2
    True
    >>> hub = target.words[report.largest_hub]
    """
    counts = k_occurrence(queries, candidates, k, n_jobs=n_jobs)
    largest = int(counts.argmax())
    return HubnessReport(
        k=int(k),
        n_queries=int(counts.sum()) // int(k),
        n_candidates=len(counts),
        skewness=_skewness(counts),
        antihub_share=float((counts == 0).mean()),
        largest_hub=largest,
        largest_occurrence=int(counts[largest]),
    )


def hubness_skewness(
    queries: SpaceLike,
    candidates: SpaceLike | None = None,
    k: int = 10,
    *,
    n_jobs: int | None = None,
) -> float:
    r"""Skewness of the k-occurrences, the usual measure of hubness.

    .. math:: S_{N_k} = \frac{E (N_k - \mu_{N_k})^3}{\sigma_{N_k}^3}

    over the candidates [1]_. It is about 0 where all candidates occur about equally often, and
    large where a few, the hubs, crowd out the others.

    Parameters
    ----------
    queries : array-like of shape (n_queries, n_features), DataFrame or EmbeddingSpace
        Vectors which look for neighbors, as for :func:`k_occurrence`.
    candidates : array-like, DataFrame or EmbeddingSpace, default=None
        Vectors among which they look; None for the queries themselves.
    k : int, default=10
        Neighbors of a query.
    n_jobs : int or None, default=None
        Number of threads, as in scikit-learn.

    Returns
    -------
    float
        The skewness; 0.0 where all candidates occur equally often.

    Raises
    ------
    ValueError
        If the dimensions differ, or there are fewer than ``k`` candidates.

    See Also
    --------
    hubness_report : The skewness, the anti-hubs and the largest hub.

    References
    ----------
    .. [1] M. Radovanović, A. Nanopoulos, M. Ivanović. Hubs in space: popular nearest neighbors
       in high-dimensional data. JMLR 11, 2010, section 4.
    .. [2] G. Dinu, A. Lazaridou, M. Baroni. Improving zero-shot learning by mitigating the
       hubness problem. ICLR 2015 (workshop).

    Examples
    --------
    >>> from sklearn_instamap.metrics import hubness_skewness
    >>> candidates = [[1.0, 0.0], [0.6, 0.8], [0.0, 1.0]]
    >>> round(hubness_skewness([[0.5, 0.5], [0.4, 0.6]], candidates, k=1), 4)
    0.7071
    """
    return _skewness(k_occurrence(queries, candidates, k, n_jobs=n_jobs))


def _skewness(counts: NDArray[np.intp]) -> float:
    if counts.min() == counts.max():
        # No spread at all: nothing is skewed, though the quotient is 0 / 0.
        return 0.0
    return float(skew(counts))
