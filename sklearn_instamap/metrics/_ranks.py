"""Ranks of the right translations, and what is averaged over them."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from sklearn_instamap._check import check_count, check_option
from sklearn_instamap._number_rows import number_values, row_numbers
from sklearn_instamap._space_like import SpaceLike, space_vectors
from sklearn_instamap.metrics._maps import Array, check_same_space
from sklearn_instamap.metrics._protocol import TIES, Ties, as_retrieval
from sklearn_instamap.metrics._retrieval import Retrieval, RetrievalName


def translation_ranks(
    queries: SpaceLike,
    candidates: SpaceLike,
    gold: ArrayLike,
    *,
    retrieval: RetrievalName | Retrieval = "cosine",
    source_space: SpaceLike | None = None,
    csls_neighbors: int = 10,
    ties: Ties = "worst",
    n_jobs: int | None = None,
) -> NDArray[np.intp]:
    r"""Rank of each query's right translation among all candidates.

    The rank is 1 plus the number of candidates more similar to the query than the right one. By
    cosine, similar means :math:`\cos(q, c)`; by CSLS [1]_,

    .. math:: 2 \cos(q, c) - r(q) - r(c),

    where :math:`r(c)` is the mean cosine of the candidate to its ``csls_neighbors`` nearest
    among the source words, which is large for hubs; :math:`r(q)` is the same for all candidates
    of a query and changes no rank.

    Parameters
    ----------
    queries : array-like of shape (n_queries, n_features)
        Source vectors in the shared space. A query with several right translations stands once
        for each of them.
    candidates : array-like of shape (n_candidates, n_features), DataFrame or EmbeddingSpace
        The target vectors in the shared space among which translations are looked up.
    gold : array-like of int, shape (n_queries,)
        Row in ``candidates`` of each query's right translation.
    retrieval : {"cosine", "csls", "inverted-softmax", "sinkhorn"} or Retrieval, default="cosine"
        The similarity; a fitted :class:`Retrieval` is used as it is, and then has to be fitted on
        all source vectors and these candidates.
    source_space : array-like of shape (n_source_words, n_features), default=None
        All source vectors in the shared space, for r(c) of CSLS and what the others correct hubs
        by; ignored by cosine. None lets the queries stand in, which knows less about hubs.
    csls_neighbors : int, default=10
        Neighbors over which r(c) is averaged; all, if the source space has fewer.
    ties : {"worst", "best"}, default="worst"
        Whether candidates exactly as similar as the right one count as more similar
        (``"worst"``), or not (``"best"``, the textbook rank: 1 plus the candidates *strictly*
        more similar). Under ``"worst"`` a map which collapses all words onto one point gets no
        credit; under ``"best"`` it would be perfect. The original evaluation programs sort, so
        that the order of tied candidates is left to chance; on real vectors without duplicates
        all three agree.
    n_jobs : int or None, default=None
        Number of threads, as in scikit-learn. The ranks do not depend on it.

    Returns
    -------
    ndarray of intp, shape (n_queries,)
        Ranks, 1 for the best.

    Raises
    ------
    ValueError
        If the dimensions differ, or ``gold`` does not hold one row of ``candidates`` per query.

    See Also
    --------
    precision_at_k, mean_reciprocal_rank : Averages over ranks.
    best_ranks_per_word : From the protocol per pair to the protocol per source word.

    References
    ----------
    .. [1] A. Conneau, G. Lample, M. Ranzato, L. Denoyer, H. Jégou. Word translation without
       parallel data. ICLR 2018, section 2.3.

    Examples
    --------
    >>> from sklearn_instamap.metrics import translation_ranks
    >>> candidates = [[1.0, 0.0], [0.8, 0.6], [0.0, 1.0]]
    >>> translation_ranks([[1.0, 0.1], [1.0, 0.1]], candidates, [0, 2])
    array([1, 3])
    """
    similarity = as_retrieval(retrieval, csls_neighbors, n_jobs)
    check_option("ties", ties, TIES)
    query_rows, candidate_rows = check_same_space(
        queries=space_vectors(queries, "queries"),
        candidates=space_vectors(candidates, "candidates"),
    )
    source = query_rows
    if similarity.method != "cosine" and source_space is not None:
        source, candidate_rows, query_rows = check_same_space(
            source_space=space_vectors(source_space, "source_space"),
            candidates=candidate_rows,
            queries=query_rows,
        )
    positions = row_numbers(gold, "gold", len(candidate_rows))
    if len(positions) != len(query_rows):
        raise ValueError(
            f"gold must hold one row of candidates per query, {len(query_rows)}; got "
            f"{len(positions)}."
        )
    return checked_ranks(similarity.fitted_on(source, candidate_rows), query_rows, positions, ties)


def checked_ranks(
    retrieval: Retrieval, queries: Array | NDArray[np.intp], gold: NDArray[np.intp], ties: Ties
) -> NDArray[np.intp]:
    """Ranks by a fitted retrieval, of source rows or of checked vectors."""
    better, tied = retrieval.count_better(queries, gold)
    return 1 + better + tied if ties == "worst" else 1 + better


def _check_ranks(ranks: ArrayLike) -> NDArray[np.intp]:
    array = number_values(ranks, "ranks")
    if array.ndim != 1:
        raise ValueError(f"ranks must be one-dimensional, got shape {array.shape}.")
    if array.size == 0:
        raise ValueError("ranks is empty: there is no translation to average over.")
    if array.dtype.kind not in "iu" or array.min() < 1:
        raise ValueError("ranks must be integers of at least 1, as translation_ranks gives them.")
    return array.astype(np.intp)


def best_ranks_per_word(ranks: ArrayLike, words: ArrayLike) -> NDArray[np.intp]:
    """Best rank over the right translations of each source word.

    This turns ranks per dictionary pair into the protocol of MUSE [1]_ and VecMap [2]_, where
    each source word counts once and any of its translations will do. XLing-Eval [3]_ counts
    every pair with its own translation: there the ranks are used as they are.

    Parameters
    ----------
    ranks : array-like of int, shape (n_pairs,)
        Rank of each pair, from :func:`translation_ranks`.
    words : array-like of shape (n_pairs,)
        Source word of each pair: strings, or any labels equal where the word is the same.

    Returns
    -------
    ndarray of int, shape (n_words,)
        Ranks of the distinct words, in the order of their first pair.

    Raises
    ------
    ValueError
        If ``ranks`` and ``words`` differ in length.

    References
    ----------
    .. [1] A. Conneau, G. Lample, M. Ranzato, L. Denoyer, H. Jégou. Word translation without
       parallel data. ICLR 2018.
    .. [2] M. Artetxe, G. Labaka, E. Agirre. Generalizing and improving bilingual word embedding
       mappings with a multi-step framework of linear transformations. AAAI 2018.
    .. [3] G. Glavaš, R. Litschko, S. Ruder, I. Vulić. How to (properly) evaluate cross-lingual
       word embeddings. ACL 2019.

    Examples
    --------
    >>> from sklearn_instamap.metrics import best_ranks_per_word
    >>> best_ranks_per_word([3, 1, 5], ["dog", "dog", "tree"])
    array([1, 5])
    """
    checked = _check_ranks(ranks)
    labels = number_values(words, "words")
    if labels.shape != checked.shape:
        raise ValueError(
            f"words must hold one source word per rank, shape {checked.shape}; got {labels.shape}."
        )
    codes, distinct = pd.factorize(labels, use_na_sentinel=False)
    best = np.full(len(distinct), np.iinfo(np.intp).max, dtype=np.intp)
    np.minimum.at(best, codes, checked)
    return best


def precision_at_k(ranks: ArrayLike, k: int = 1) -> float:
    """Share of the ranks which are at most k: P@k.

    Parameters
    ----------
    ranks : array-like of int, shape (n,)
        Ranks, from :func:`translation_ranks` or :func:`best_ranks_per_word`.
    k : int, default=1
        How many of the best candidates count.

    Returns
    -------
    float
        Between 0 and 1.

    Raises
    ------
    ValueError
        If there is no rank, or a rank or ``k`` is not an integer of at least 1.

    Examples
    --------
    >>> from sklearn_instamap.metrics import precision_at_k
    >>> precision_at_k([1, 2, 7, 1]), precision_at_k([1, 2, 7, 1], k=5)
    (0.5, 0.75)
    """
    k = check_count("k", k)
    return float(np.mean(_check_ranks(ranks) <= k))


def mean_reciprocal_rank(ranks: ArrayLike) -> float:
    """Mean of 1 / rank: MRR, the mean average precision of one right answer per query.

    Parameters
    ----------
    ranks : array-like of int, shape (n,)
        Ranks, from :func:`translation_ranks` or :func:`best_ranks_per_word`.

    Returns
    -------
    float
        Above 0, at most 1.

    Raises
    ------
    ValueError
        If there is no rank, or a rank is not an integer of at least 1.

    Examples
    --------
    >>> from sklearn_instamap.metrics import mean_reciprocal_rank
    >>> mean_reciprocal_rank([1, 2, 4])
    0.5833333333333334
    """
    return float(np.mean(1.0 / _check_ranks(ranks)))
