"""How well a search finds what it should: recall, MRR, nDCG, and overlap with another search."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.random import RandomState
from numpy.typing import NDArray

from sklearn_instamap._check import (
    check_count,
    check_flag,
    check_number,
    check_option,
    check_seed,
    reals,
    several,
)
from sklearn_instamap._space import EmbeddingSpace
from sklearn_instamap._space_like import SpaceLike, space_vectors
from sklearn_instamap.metrics._gold import Rows, gold_pairs
from sklearn_instamap.metrics._intervals import confidence_interval
from sklearn_instamap.metrics._maps import Array, check_same_space
from sklearn_instamap.metrics._protocol import TIES, Ties, as_retrieval
from sklearn_instamap.metrics._retrieval import Retrieval, RetrievalName

Floats = NDArray[np.float64]

# Pairs of queries and right candidates, or queries, whose vectors are gathered at a time.
_AT_ONCE = 2**14
# Draws of the bootstrap held at a time: 32 MiB.
_DRAWS = 2**22


def evaluate_retrieval(
    mapped_queries: SpaceLike,
    candidates: SpaceLike,
    gold: Any = None,
    k: int | Sequence[int] = (1, 10, 100),
    *,
    reference_queries: SpaceLike | None = None,
    reference_candidates: SpaceLike | None = None,
    retrieval: RetrievalName | Retrieval = "cosine",
    ties: Ties = "worst",
    per_query: bool = False,
    confidence_level: float = 0.95,
    n_resamples: int = 10_000,
    random_state: int | RandomState | None = None,
    n_jobs: int | None = None,
) -> pd.DataFrame:
    r"""Measure a search of mapped queries among candidates.

    The figures of retrieval, averaged over queries: ``recall@k``, the share of a query's right
    candidates among its k nearest; ``MRR``, one over the rank of the first right one; ``nDCG@k``
    [1]_ of right and wrong. Ranks are exact, over all candidates.

    Where the same queries and candidates are also given as another model embeds them, such as by
    re-embedding everything (the *reference*), two more are measured: ``overlap@k``, how many of
    the k nearest are the same, as a share of k; and ``ARR@k``, the mean recall@k divided by that
    of the reference, which says how much of the quality a map keeps [2]_.

    Parameters
    ----------
    mapped_queries : array-like of shape (n_queries, n_features), DataFrame or EmbeddingSpace
        The queries, mapped into the space of the candidates.
    candidates : array-like of shape (n_candidates, n_features), DataFrame or EmbeddingSpace
        What is searched.
    gold : array-like of shape (n_queries,), or sequence of sequences, default=None
        The right candidate of each query, or several of them: row numbers of an array; ids, where
        the candidates are an :class:`~sklearn_instamap.EmbeddingSpace` or a DataFrame. In an array
        of row numbers, (n_queries, n_gold), -1 fills up. None measures only the overlap.
    k : int or sequence of int, default=(1, 10, 100)
        How many of the nearest are looked at.
    reference_queries, reference_candidates : array-like, default=None
        The same queries and candidates in the same order, both embedded by one model, in their own
        space.
    retrieval : {"cosine", "csls", "inverted-softmax", "sinkhorn"} or Retrieval, default="cosine"
        The similarity. The reference is always searched by cosine.
    ties : {"worst", "best"}, default="worst"
        Whether wrong candidates exactly as similar as a right one count as more similar.
    per_query : bool, default=False
        Return the figures of each query instead, as
        :func:`~sklearn_instamap.metrics.compare_methods` and
        :func:`~sklearn_instamap.metrics.shuffling_test` take them.
    confidence_level : float, default=0.95
        Level of the intervals.
    n_resamples : int, default=10_000
        Resamples of the bootstrap.
    random_state : int, RandomState instance or None, default=None
        Seed of the bootstrap.
    n_jobs : int or None, default=None
        Number of threads, as in scikit-learn. No figure depends on it.

    Returns
    -------
    DataFrame
        One row per ``metric`` with its ``value``, the ends ``low`` and ``high`` of its interval,
        and ``n_queries``. The intervals are Wilson's where every outcome is 0 or 1, and elsewhere
        percentiles over resampled queries, of which one is not enough. With ``per_query=True`` one
        row per query and one column per figure that is an average.

    Raises
    ------
    ValueError
        If the dimensions differ, gold does not name candidates, or there is neither a gold nor a
        reference.

    See Also
    --------
    make_bli_scorer : Recall inside model selection.
    evaluate_bli : The same for words and a dictionary.

    Notes
    -----
    Memory beyond the input is bounded: no matrix of queries by candidates is held.

    References
    ----------
    .. [1] Järvelin, K. & Kekäläinen, J. "Cumulated gain-based evaluation of IR techniques", ACM
       Transactions on Information Systems 20, 2002.
    .. [2] "Drift-Adapter: a practical approach to near zero-downtime embedding model upgrades in
       vector databases", EMNLP 2025.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_instamap.metrics import evaluate_retrieval
    >>> rng = np.random.default_rng(0)
    >>> documents = rng.standard_normal((500, 16))
    >>> queries = documents[:200] + 0.8 * rng.standard_normal((200, 16))
    >>> table = evaluate_retrieval(queries, documents, np.arange(200), k=(1, 10), random_state=0)
    >>> table.round(2)
          metric  value   low  high  n_queries
    0   recall@1   0.80  0.74  0.85        200
    1  recall@10   0.97  0.94  0.99        200
    2        MRR   0.87  0.83  0.91        200
    3     nDCG@1   0.80  0.74  0.85        200
    4    nDCG@10   0.89  0.86  0.92        200
    """
    cutoffs = _check_cutoffs(k)
    check_option("ties", ties, TIES)
    check_number("confidence_level", confidence_level, reals(0, 1, closed="neither"))
    n_resamples = check_count("n_resamples", n_resamples)
    check_flag("per_query", per_query)
    seeded = check_seed(random_state)
    if isinstance(candidates, pd.DataFrame):
        candidates = EmbeddingSpace(candidates.to_numpy(), candidates.index)
    queries, rows = check_same_space(
        mapped_queries=space_vectors(mapped_queries, "mapped_queries"),
        candidates=space_vectors(candidates, "candidates"),
    )
    reference = _check_reference(reference_queries, reference_candidates, queries, rows)
    if gold is None and reference is None:
        raise ValueError(
            "There is nothing to compare with: give gold, or reference_queries and "
            "reference_candidates."
        )
    search = as_retrieval(retrieval, 10, n_jobs)
    search = search if search.is_fitted else search.fitted_on(queries, rows)
    exact = Retrieval("cosine", n_jobs=n_jobs)
    outcomes: dict[str, Floats] = {}
    recalls: dict[str, Floats] = {}
    if gold is not None:
        pairs = gold_pairs(
            gold, len(queries), candidates if isinstance(candidates, EmbeddingSpace) else rows
        )
        outcomes |= _figures(_gold_ranks(search, queries, pairs, ties), pairs[0], cutoffs)
        if reference is not None:
            ranks = _gold_ranks(exact.fitted_on(*reference), reference[0], pairs, ties)
            recalls = _figures(ranks, pairs[0], cutoffs)
    if reference is not None:
        outcomes |= _overlaps(search, queries, exact.fitted_on(*reference), reference[0], cutoffs)
    table = pd.DataFrame(outcomes)
    if per_query:
        return table
    kept = [f"recall@{cutoff}" for cutoff in cutoffs if recalls]
    return _summary(table, recalls, kept, confidence_level, n_resamples, seeded)


def _check_cutoffs(k: Any) -> list[int]:
    cutoffs = several(k)
    if not cutoffs:
        raise ValueError("k is empty; name at least one, such as 10.")
    return list(dict.fromkeys(check_count("k", each) for each in cutoffs))


def _check_reference(
    queries: SpaceLike | None, candidates: SpaceLike | None, own: Array, own_candidates: Array
) -> tuple[Array, Array] | None:
    if queries is None and candidates is None:
        return None
    if queries is None or candidates is None:
        raise ValueError(
            "reference_queries and reference_candidates belong together: one space holds both."
        )
    checked = check_same_space(
        reference_queries=space_vectors(queries, "reference_queries"),
        reference_candidates=space_vectors(candidates, "reference_candidates"),
    )
    sizes = len(checked[0]), len(checked[1])
    if sizes != (len(own), len(own_candidates)):
        raise ValueError(
            f"The reference has {sizes[0]} queries and {sizes[1]} candidates, but there are "
            f"{len(own)} and {len(own_candidates)}; give the same ones in the same order."
        )
    return checked[0], checked[1]


def _gold_ranks(search: Retrieval, queries: Array, pairs: tuple[Rows, Rows], ties: Ties) -> Rows:
    """Return the rank of every right candidate; right ones do not stand in each other's way."""
    of_query, gold = pairs
    better = np.empty(len(gold), dtype=np.intp)
    tied = np.empty(len(gold), dtype=np.intp)
    for start in range(0, len(gold), _AT_ONCE):
        part = slice(start, start + _AT_ONCE)
        better[part], tied[part] = search.count_better(queries[of_query[part]], gold[part])
    # A query's right candidates in order of their scores. Those of equal score are in one group.
    order = np.lexsort((better, of_query))
    query, above = of_query[order], better[order]
    first = np.flatnonzero(np.r_[True, query[1:] != query[:-1]])
    place = np.arange(len(order)) - np.repeat(first, np.diff(np.r_[first, len(order)]))
    opens = np.r_[True, (query[1:] != query[:-1]) | (above[1:] != above[:-1])]
    group = np.cumsum(opens) - 1
    size = np.bincount(group)
    right_above = place[opens][group]
    wrong = above - right_above
    if ties == "worst":
        wrong = wrong + tied[order] - (size[group] - 1)
    ranks = np.empty(len(gold), dtype=np.intp)
    ranks[order] = 1 + place + wrong
    return ranks


def _figures(ranks: Rows, of_query: Rows, cutoffs: list[int]) -> dict[str, Floats]:
    """Return the figures of every query."""
    n_right = np.bincount(of_query).astype(np.float64)
    gains = 1 / np.log2(1 + ranks)
    best_gains = np.cumsum(1 / np.log2(1 + np.arange(1, int(n_right.max()) + 1)))
    recall, gain = {}, {}
    for k in cutoffs:
        found = ranks <= k
        recall[f"recall@{k}"] = np.bincount(of_query, found) / n_right
        ideal = best_gains[np.minimum(n_right.astype(np.intp), k) - 1]
        gain[f"nDCG@{k}"] = np.bincount(of_query, np.where(found, gains, 0)) / ideal
    first = np.full(len(n_right), np.iinfo(np.intp).max, dtype=np.intp)
    np.minimum.at(first, of_query, ranks)
    return recall | {"MRR": 1 / first} | gain


def _overlaps(
    search: Retrieval,
    queries: Array,
    other: Retrieval,
    other_queries: Array,
    cutoffs: list[int],
) -> dict[str, Floats]:
    """Return how many of each query's nearest two searches have in common."""
    shares = {k: np.empty(len(queries)) for k in cutoffs}
    for start in range(0, len(queries), _AT_ONCE):
        part = slice(start, start + _AT_ONCE)
        _, ours = search.top(queries[part], max(cutoffs))
        _, theirs = other.top(other_queries[part], max(cutoffs))
        for k in cutoffs:
            both = np.sort(np.hstack([ours[:, :k], theirs[:, :k]]), axis=1)
            # An index that finds fewer fills up with -1.
            common = ((both[:, 1:] == both[:, :-1]) & (both[:, 1:] >= 0)).sum(axis=1)
            shares[k][part] = common / min(k, ours.shape[1])
    return {f"overlap@{k}": share for k, share in shares.items()}


def _summary(
    outcomes: pd.DataFrame,
    reference: dict[str, Floats],
    kept: list[str],
    level: float,
    n_resamples: int,
    random_state: RandomState,
) -> pd.DataFrame:
    n = len(outcomes)
    both = np.column_stack([outcomes.to_numpy(), *(reference[name] for name in kept)])
    means = both.mean(axis=0)
    # Drawn again, one query is itself: it tells nothing of others.
    resampled = _resampled_means(both, n_resamples if n > 1 else 0, random_state)
    rows: list[tuple[str, float, float, float]] = []
    for column, name in enumerate(outcomes.columns):
        values = both[:, column]
        if np.isin(values, (0.0, 1.0)).all():
            interval = confidence_interval(values, confidence_level=level)
        else:
            interval = _middle(resampled[:, column], level)
        rows.append((name, means[column], *interval))
    for column, name in enumerate(kept, outcomes.shape[1]):
        own = outcomes.columns.get_loc(name)
        # Where the reference finds nothing, as in some resamples, there is no ratio.
        possible = resampled[:, column] > 0
        ratio = means[own] / means[column] if means[column] > 0 else np.nan
        interval = _middle(resampled[possible, own] / resampled[possible, column], level)
        rows.append((name.replace("recall", "ARR"), ratio, *interval))
    table = pd.DataFrame(rows, columns=["metric", "value", "low", "high"])
    return table.assign(n_queries=n)


def _middle(values: Floats, level: float) -> tuple[float, float]:
    tail = 100 * (1 - level) / 2
    low, high = np.percentile(values, [tail, 100 - tail]) if len(values) else (np.nan, np.nan)
    return low, high


def _resampled_means(values: Floats, n_resamples: int, rng: RandomState) -> Floats:
    """Return the means of all columns over queries drawn again, as many as there are."""
    n = len(values)
    means = np.empty((n_resamples, values.shape[1]))
    at_once = max(1, _DRAWS // n)
    for start in range(0, n_resamples, at_once):
        stop = min(start + at_once, n_resamples)
        drawn = rng.randint(n, size=(stop - start, n))
        drawn += n * np.arange(stop - start)[:, None]
        counts = np.bincount(drawn.ravel(), minlength=drawn.size).reshape(drawn.shape)
        means[start:stop] = counts @ values / n
    return means
