"""Which differences between methods are significant: in each column of a table, and over all."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.random import RandomState
from numpy.typing import NDArray
from sklearn.utils import check_random_state

from sklearn_instamap.metrics import compare_methods
from sklearn_instamap.metrics._comparison import correct_pvalues, warn_of_few_shuffles
from sklearn_instamap.results._result_table import BETTER, WORSE, ResultTable
from sklearn_instamap.results._selection import ResultsLike, Selection
from sklearn_instamap.results._text_tables import figure_text


def query_outcomes(
    results: ResultsLike,
    *,
    ranks: pd.DataFrame | None = None,
    metric: str = "P@1",
    retrieval: str = "cosine",
    protocol: str = "pair",
    subset: str = "all",
    dictionary_size: str | None = None,
    direction: str = "forward",
) -> pd.DataFrame:
    """Return the outcome of every method on every query, as significance tests take them.

    Parameters
    ----------
    results : BenchmarkResults or DataFrame
        Results of a benchmark, or their rows.
    ranks : DataFrame, default=None
        Their ranks; None takes those of ``results``.
    metric : str, default="P@1"
        ``"P@k"``, whose outcomes are 0 and 1, or ``"MRR"``, whose outcomes are reciprocal ranks.
    retrieval : {"cosine", "csls"}, default="cosine"
        The similarity.
    protocol : {"pair", "word"}, default="pair"
        What a query is: a dictionary pair or a source word.
    subset : {"all", "unseen"}, default="all"
        Which queries.
    dictionary_size : str, default=None
        The training dictionary; None is the only one there is.
    direction : {"forward", "backward"}, default="forward"
        The direction of the dictionaries.

    Returns
    -------
    DataFrame of shape (n_queries, n_methods)
        Indexed by ``pair`` (as mapped, source first) and ``query``. Seeds are averaged; nan where
        a method failed.

    Raises
    ------
    ValueError
        If there are no ranks for these choices.

    See Also
    --------
    sklearn_instamap.metrics.compare_methods : What to do with it.
    significance_table : The same, for the average over the pairs.

    Examples
    --------
    >>> import pandas as pd
    >>> from sklearn_instamap.results import query_outcomes
    >>> cell = {
    ...     "pair": "en-de", "direction": "forward", "dictionary_size": "5k",
    ...     "retrieval": "cosine", "protocol": "pair",
    ... }
    >>> rows = pd.DataFrame([cell | {"source": "en", "target": "de", "method": "PROC"}])
    >>> ranks = pd.DataFrame({"query": [0, 1, 2], "rank": [1, 4, 1], "unseen": True})
    >>> query_outcomes(rows, ranks=ranks.assign(method="PROC", **cell))["PROC"].tolist()
    [1.0, 0.0, 1.0]
    """
    choice = Selection(metric, retrieval, protocol, subset, dictionary_size, direction)
    return choice.outcomes(results, ranks_of(results, ranks))


def significance_table(
    results: ResultsLike,
    reference: str | None = None,
    *,
    ranks: pd.DataFrame | None = None,
    metric: str = "P@1",
    retrieval: str = "cosine",
    protocol: str = "pair",
    subset: str = "all",
    dictionary_size: str | None = None,
    direction: str = "forward",
    alpha: float = 0.05,
    correction: str = "bonferroni",
    n_shuffles: int = 10_000,
    random_state: int | RandomState | None = 0,
) -> ResultTable:
    """Compare the methods' averages over all pairs by the shuffling test.

    Every pair has the same weight, whatever its number of queries, so that the test is one of the
    column ALL of :func:`aggregate_table`. Pairs on which a method failed are left out for all.

    Parameters
    ----------
    results : BenchmarkResults or DataFrame
        Results of a benchmark, or their rows.
    reference : str, default=None
        The method to compare the others with; None compares each with each.
    ranks : DataFrame, default=None
        The ranks; None takes those of ``results``.
    metric : str, default="P@1"
        ``"P@k"`` or ``"MRR"``.
    retrieval : {"cosine", "csls"}, default="cosine"
        The similarity.
    protocol : {"pair", "word"}, default="pair"
        What a query is: a dictionary pair or a source word.
    subset : {"all", "unseen"}, default="all"
        Which queries.
    dictionary_size : str, default=None
        The training dictionary; None is the only one there is.
    direction : {"forward", "backward"}, default="forward"
        The direction of the dictionaries.
    alpha : float, default=0.05
        Level of significance, over all comparisons together.
    correction : {"bonferroni", "holm", "none"}, default="bonferroni"
        How p-values are corrected for the number of comparisons.
    n_shuffles : int, default=10_000
        Shuffles of each test.
    random_state : int, RandomState instance or None, default=0
        Seed of the shuffles.

    Returns
    -------
    ResultTable
        Its ``frame`` is what :func:`sklearn_instamap.metrics.compare_methods` returns, indexed by
        ``method`` and ``other``.

    Raises
    ------
    ValueError
        If there are no ranks for these choices, or no pair has those of all methods.

    See Also
    --------
    pair_table : Marks significant differences on every pair.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from sklearn_instamap.results import significance_table
    >>> cell = {
    ...     "pair": "en-de", "direction": "forward", "dictionary_size": "5k",
    ...     "retrieval": "cosine", "protocol": "pair", "subset": "all",
    ... }
    >>> rows = pd.DataFrame(
    ...     [cell | {"source": "en", "target": "de", "method": name} for name in ("A", "B")]
    ... )
    >>> query = np.arange(200)
    >>> ranks = pd.concat(
    ...     pd.DataFrame({"method": name, "query": query, "rank": 1 + (query > last), **cell})
    ...     for name, last in {"A": 60, "B": 90}.items()
    ... )
    >>> table = significance_table(rows, ranks=ranks.assign(unseen=True))
    >>> table.frame[["difference", "significant"]]
                  difference  significant
    method other
    A      B           -0.15         True
    """
    choice = Selection(metric, retrieval, protocol, subset, dictionary_size, direction)
    outcomes = choice.outcomes(results, ranks_of(results, ranks))
    answered = outcomes.notna().all(axis=1).groupby(level="pair", sort=False).all()
    if not answered.any():
        raise ValueError("No pair has ranks of all methods, so there is nothing to compare.")
    outcomes = outcomes[answered[outcomes.index.get_level_values("pair")].to_numpy()]
    frame = compare_methods(
        outcomes,
        reference,
        alpha=alpha,
        correction=correction,  # type: ignore[arg-type]
        n_shuffles=n_shuffles,
        sample_weight=pair_weights(outcomes),
        random_state=random_state,
    ).set_index(["method", "other"])
    texts = frame.astype(object)
    for name in ("mean_method", "mean_other", "difference"):
        texts[name] = [figure_text(metric, value) for value in frame[name]]
    for name in ("pvalue", "pvalue_corrected"):
        texts[name] = ["<.001" if p < 0.001 else f"{p:.3f}".lstrip("0") for p in frame[name]]
    texts["significant"] = ["yes" if each else "no" for each in frame["significant"]]
    texts.columns = ["mean", "other mean", "difference", "p", "corrected", "significant"]
    named = (
        "p-values as they are"
        if correction == "none"
        else f"p-values corrected by {correction.capitalize()}'s method"
    )
    note = (
        f"Shuffling test (Yeh 2000), two-sided, {n_shuffles:,} shuffles, over "
        f"{len(outcomes):,} queries of {_counted(int(answered.sum()), 'pair')}, each pair with the "
        f"same weight; {named}, {_counted(len(frame), 'comparison')}; significant below {alpha:g}."
    )
    notes = [note]
    if not answered.all():
        left_out = ", ".join(answered.index[~answered])
        notes.append(f"Left out, as a method failed there: {left_out}.")
    return ResultTable(frame, texts, f"Significance: {choice.describe(results)}", tuple(notes))


def significance_marks(
    outcomes: pd.DataFrame,
    columns: dict[str, list[str]],
    methods: pd.Index,
    reference: str,
    *,
    alpha: float,
    n_shuffles: int,
    random_state: int | RandomState | None,
) -> tuple[pd.DataFrame, str]:
    """Mark where a method differs from the reference, in a table of methods by groups of pairs.

    Parameters
    ----------
    outcomes : DataFrame
        What :func:`query_outcomes` returns.
    columns : dict of str to list of str
        The table's columns, and the pairs over which each averages.
    methods : Index
        The table's rows.
    reference : str
        The method to compare the others with.
    alpha : float
        Level of significance, over all cells of the table together (Bonferroni).
    n_shuffles : int
        Shuffles of each test.
    random_state : int, RandomState instance or None
        Seed of the shuffles.

    Returns
    -------
    tuple of DataFrame and str
        The marks, and the note that explains them.
    """
    if reference not in methods:
        raise ValueError(
            f"reference must be one of the methods {', '.join(map(repr, methods))}; got "
            f"{reference!r}."
        )
    seed = check_random_state(random_state).randint(np.iinfo(np.int32).max)
    found = []
    for column, pairs in columns.items():
        there = outcomes[outcomes.index.get_level_values("pair").isin(pairs)]
        whole = there.loc[:, _has_all_pairs(there, pairs)]
        if reference in whole and whole.shape[1] > 1:
            compared = compare_methods(
                whole,
                reference,
                correction="none",
                n_shuffles=n_shuffles,
                sample_weight=pair_weights(whole),
                random_state=seed,
            )
            found.append(compared.assign(column=column))
    marks = pd.DataFrame("", index=methods, columns=pd.Index(columns))
    n_compared = sum(map(len, found))
    if found:
        warn_of_few_shuffles(n_compared, alpha, n_shuffles)
        table = pd.concat(found)
        better = np.where(table["difference"] > 0, BETTER, WORSE)
        corrected = correct_pvalues(table["pvalue"].to_numpy(), "bonferroni")
        table["mark"] = np.where(corrected < alpha, better, "")
        marks.update(table.pivot(index="method", columns="column", values="mark"))
    note = (
        f"{BETTER} significantly better than {reference}, {WORSE} significantly worse: shuffling "
        f"test (Yeh 2000), {n_shuffles:,} shuffles, alpha {alpha:g} after Bonferroni's correction "
        f"for {_counted(n_compared, 'comparison')}."
    )
    return marks, note


def ranks_of(results: ResultsLike, ranks: pd.DataFrame | None) -> pd.DataFrame:
    """Return the ranks given, or those of the results."""
    found: Any = getattr(results, "ranks", None) if ranks is None else ranks
    if not isinstance(found, pd.DataFrame):
        raise ValueError(
            "Significance needs the ranks of every query: pass BenchmarkResults, or ranks=."
        )
    return found


def pair_weights(outcomes: pd.DataFrame) -> NDArray[np.float64]:
    """Weigh queries so that every pair of languages counts the same."""
    sizes = outcomes.groupby(level="pair", sort=False).transform("size")
    return 1 / sizes.to_numpy(dtype=np.float64)


def _has_all_pairs(outcomes: pd.DataFrame, pairs: list[str]) -> pd.Series:
    """Tell which methods have an outcome for every query of all these pairs."""
    if outcomes.index.get_level_values("pair").nunique() < len(pairs):
        return pd.Series(False, index=outcomes.columns)
    return outcomes.notna().all()


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'s' * (number != 1)}"
