"""The paper's tables: methods by pairs of languages, and averages over groups of pairs."""

from __future__ import annotations

import pandas as pd
from numpy.random import RandomState

from sklearn_instamap.results._differences import ranks_of, significance_marks
from sklearn_instamap.results._groups import best_pairs, group_means, pair_groups
from sklearn_instamap.results._result_table import ResultTable, best_cells, figure_texts
from sklearn_instamap.results._selection import ResultsLike, Selection

_BOLD = "In bold the best of each column."
_FAILED = "– where a method failed or was not run."


def pair_table(
    results: ResultsLike,
    *,
    metric: str = "P@1",
    retrieval: str = "cosine",
    protocol: str = "pair",
    subset: str = "all",
    dictionary_size: str | None = None,
    direction: str = "forward",
    reference: str | None = None,
    ranks: pd.DataFrame | None = None,
    alpha: float = 0.05,
    n_shuffles: int = 10_000,
    random_state: int | RandomState | None = 0,
) -> ResultTable:
    """Table of every method on every pair of languages, as Tables 2 and 3 of the paper [1]_.

    Parameters
    ----------
    results : BenchmarkResults or DataFrame
        Results of a benchmark, or their rows.
    metric : str, default="P@1"
        ``"P@k"`` or ``"MRR"``.
    retrieval : {"cosine", "csls"}, default="cosine"
        The similarity.
    protocol : {"pair", "word"}, default="pair"
        What is counted: dictionary pairs (as in the paper) or source words.
    subset : {"all", "unseen"}, default="all"
        Which test pairs.
    dictionary_size : str, default=None
        The training dictionary; None is the only one there is.
    direction : {"forward", "backward"}, default="forward"
        The direction of the dictionaries.
    reference : str, default=None
        A method; the others are marked where they differ from it significantly, by the shuffling
        test, over all cells of the table (:func:`sklearn_instamap.metrics.compare_methods`).
    ranks : DataFrame, default=None
        The ranks, for the marks; None takes those of ``results``.
    alpha : float, default=0.05
        Level of significance.
    n_shuffles : int, default=10_000
        Shuffles of each test.
    random_state : int, RandomState instance or None, default=0
        Seed of the shuffles.

    Returns
    -------
    ResultTable
        One row per method and one column per pair, named as mapped, source first. Seeds are
        averaged. Its ``frame`` has fractions; it prints P@k in per cent.

    Raises
    ------
    ValueError
        If the results have no rows for these choices.

    See Also
    --------
    aggregate_table : Averages over groups of pairs.

    References
    ----------
    .. [1] G. Glavaš, I. Vulić. Non-linear instance-based cross-lingual mapping for non-isomorphic
       embedding spaces. ACL 2020, Tables 2 and 3.

    Examples
    --------
    >>> from sklearn_instamap.results import load_paper_results, pair_table
    >>> table = pair_table(load_paper_results())
    >>> table.frame.shape
    (6, 28)
    >>> print(table.split(4)[0])  # doctest: +NORMALIZE_WHITESPACE
    **P@1 (%), cosine, per dictionary pair, all test pairs, training dictionary 5k**
    <BLANKLINE>
    | method   |    en-de |    en-tr |    en-fi |    en-hr |
    | -------- | -------: | -------: | -------: | -------: |
    | PROC     |     45.6 |     24.1 |     30.8 |     24.3 |
    | VecMap   |     48.5 |     30.4 |     35.4 |     29.8 |
    | RCSLS    |     49.0 |     28.8 |     34.8 |     28.1 |
    | BLISS    |     47.0 |     32.7 |     35.8 |     30.6 |
    | InstaMap |     47.6 |     30.6 |     33.6 |     29.6 |
    | IM∘VM    | **49.3** | **33.0** | **37.7** | **32.5** |
    """
    choice = Selection(metric, retrieval, protocol, subset, dictionary_size, direction)
    figures = choice.figures(results)
    texts = figure_texts(figures.frame, metric)
    notes, marks = [_BOLD], None
    if reference is not None:
        marks, note = significance_marks(
            choice.outcomes(results, ranks_of(results, ranks)),
            {str(pair): [str(pair)] for pair in figures.frame},
            figures.frame.index,
            reference,
            alpha=alpha,
            n_shuffles=n_shuffles,
            random_state=random_state,
        )
        notes.append(note)
    if figures.frame.isna().any(axis=None):
        notes.append(_FAILED)
    best = best_cells(figures.frame, texts)
    return ResultTable(figures.frame, texts, figures.description, tuple(notes), best, marks)


def aggregate_table(
    results: ResultsLike,
    *,
    metric: str = "P@1",
    retrieval: str = "cosine",
    protocol: str = "pair",
    subset: str = "all",
    dictionary_size: str | None = None,
    direction: str = "forward",
    anchor: str = "en",
    share: float = 0.2,
    n_best_pairs: int = 5,
    reference: str | None = None,
    ranks: pd.DataFrame | None = None,
    alpha: float = 0.05,
    n_shuffles: int = 10_000,
    random_state: int | RandomState | None = 0,
) -> ResultTable:
    """Table of averages over groups of pairs, as Table 1 of the paper [1]_.

    ``ALL`` averages over all pairs, ``EN-*`` over those with English as the source, ``No-EN`` over
    those without English, ``EASY`` and ``HARD`` over the fifth of the pairs that is least and most
    difficult by mean rank: every method ranks the pairs by its own figures, and these ranks are
    averaged. *Best pairs* are those where a method is best beside the others: where its figure is
    the largest multiple of the mean over all methods. On the paper's figures per pair this gives
    its groups, and its lists of best pairs in their order.

    Parameters
    ----------
    results : BenchmarkResults or DataFrame
        Results of a benchmark, or their rows.
    metric : str, default="P@1"
        ``"P@k"`` or ``"MRR"``.
    retrieval : {"cosine", "csls"}, default="cosine"
        The similarity.
    protocol : {"pair", "word"}, default="pair"
        What is counted: dictionary pairs (as in the paper) or source words.
    subset : {"all", "unseen"}, default="all"
        Which test pairs.
    dictionary_size : str, default=None
        The training dictionary; None is the only one there is.
    direction : {"forward", "backward"}, default="forward"
        The direction of the dictionaries.
    anchor : str, default="en"
        The language that takes the place of English.
    share : float, default=0.2
        How large a part of the pairs is easy, and how large a part is hard: 6 of 28, 3 of 15.
    n_best_pairs : int, default=5
        How many best pairs to name; 0 leaves the column out.
    reference : str, default=None
        A method; the others are marked where they differ from it significantly
        (:func:`pair_table`). Every pair of a group has the same weight.
    ranks : DataFrame, default=None
        The ranks, for the marks; None takes those of ``results``.
    alpha : float, default=0.05
        Level of significance.
    n_shuffles : int, default=10_000
        Shuffles of each test.
    random_state : int, RandomState instance or None, default=0
        Seed of the shuffles.

    Returns
    -------
    ResultTable
        One row per method. A method which failed on a pair has no average over a group with that
        pair. Groups without pairs are left out.

    Raises
    ------
    ValueError
        If the results have no rows for these choices.

    See Also
    --------
    pair_table : What is averaged.
    significance_table : Every method with every other, over all pairs.

    Notes
    -----
    The figures per pair in the paper's Tables 2 and 3 average to its Table 1 within rounding, but
    for ``EN-*``, which there leaves EN-DE out.

    References
    ----------
    .. [1] G. Glavaš, I. Vulić. Non-linear instance-based cross-lingual mapping for non-isomorphic
       embedding spaces. ACL 2020, Table 1.

    Examples
    --------
    >>> from sklearn_instamap.results import aggregate_table, load_paper_results
    >>> table = aggregate_table(load_paper_results())
    >>> table.frame["HARD"].round(4).to_dict()
    {'PROC': 0.209, 'VecMap': 0.2425, 'RCSLS': 0.2375, 'BLISS': 0.2108, 'InstaMap': 0.257,
     'IM∘VM': 0.2773}
    >>> table.frame.loc["BLISS", "best pairs"]
    'en-ru, en-tr, hr-ru, en-hr, en-fr'
    """
    if not 0 < share <= 0.5:
        raise ValueError(f"share must be above 0 and at most 0.5, got {share!r}.")
    choice = Selection(metric, retrieval, protocol, subset, dictionary_size, direction)
    figures = choice.figures(results)
    groups = pair_groups(figures, anchor, share)
    frame = group_means(figures.frame, groups)
    texts = figure_texts(frame, metric, decimals=2)
    notes, marks = [_BOLD, *_describe_groups(groups)], None
    if reference is not None:
        marks, note = significance_marks(
            choice.outcomes(results, ranks_of(results, ranks)),
            groups,
            frame.index,
            reference,
            alpha=alpha,
            n_shuffles=n_shuffles,
            random_state=random_state,
        )
        notes.append(note)
    if frame.isna().any(axis=None):
        notes.append("– where a method failed on a pair of the group.")
    best = best_cells(frame, texts)
    if n_best_pairs:
        chosen = best_pairs(figures.frame, n_best_pairs)
        frame["best pairs"] = texts["best pairs"] = [", ".join(chosen[str(m)]) for m in frame.index]
        best["best pairs"] = False
        if marks is not None:
            marks["best pairs"] = ""
        notes.append(
            "Best pairs: where a method's figure is the largest multiple of the mean of all "
            "methods."
        )
    return ResultTable(frame, texts, figures.description, tuple(notes), best, marks)


def _describe_groups(groups: dict[str, list[str]]) -> list[str]:
    sizes = ", ".join(f"{name} {len(pairs)}" for name, pairs in groups.items())
    texts = [f"Pairs: {sizes}."]
    if "EASY" in groups:
        texts.append(
            f"EASY: {', '.join(groups['EASY'])}; HARD: {', '.join(groups['HARD'])} (by mean rank "
            "over the methods, the easiest and the hardest first)."
        )
    return texts
