"""Which differences between methods are significant: in each column of a table, and over all."""

from __future__ import annotations

from statistics import NormalDist

import numpy as np
import pandas as pd
from numpy.random import RandomState
from numpy.typing import NDArray

from sklearn_instamap._check import check_seed
from sklearn_instamap._wording import plural
from sklearn_instamap.metrics import compare_methods
from sklearn_instamap.metrics._comparison import correct_pvalues, warn_of_few_shuffles
from sklearn_instamap.results._figures import Figures, check_level
from sklearn_instamap.results._result_table import BETTER, WORSE, ResultTable
from sklearn_instamap.results._text_tables import figure_text


def significance_table(
    outcomes: pd.DataFrame,
    metric: str,
    title: str,
    reference: str | None,
    *,
    alpha: float,
    correction: str,
    n_shuffles: int,
    random_state: int | RandomState | None,
) -> ResultTable:
    """Compare the methods' averages over all pairs of languages, each with the same weight."""
    answered = outcomes.notna().all(axis=1).groupby(level="language_pair", sort=False).all()
    if not answered.any():
        raise ValueError("No pair has ranks of all methods, so there is nothing to compare.")
    outcomes = outcomes[answered[outcomes.index.get_level_values("language_pair")].to_numpy()]
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
        f"{len(outcomes):,} queries of {plural(int(answered.sum()), 'pair')}, each pair with the "
        f"same weight; {named}, {plural(len(frame), 'comparison')}; significant below {alpha:g}."
    )
    notes = [note]
    if not answered.all():
        left_out = ", ".join(answered.index[~answered])
        notes.append(f"Left out, as a method failed there: {left_out}.")
    return ResultTable(frame, texts, title, tuple(notes))


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

    Outcomes have one row per pair of languages and query, one column per method. The table's rows
    are the methods, its columns groups of pairs over which each averages; ``alpha`` is the level
    over all its cells together (Bonferroni). Returned are the marks, and the note that explains
    them.
    """
    seed = check_seed(random_state).randint(np.iinfo(np.int32).max)
    found = []
    for column, pairs in columns.items():
        there = outcomes[outcomes.index.get_level_values("language_pair").isin(pairs)]
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
        f"for {plural(n_compared, 'comparison')}."
    )
    return marks, note


def difference_intervals(
    figures: Figures, outcomes: pd.DataFrame | None, reference: str, level: float
) -> pd.DataFrame:
    """Return differences from a reference with their intervals, pair by pair and on average.

    Outcomes are paired, query by query. The intervals are normal: over hundreds of queries the
    bootstrap's are the same within a hundredth of a point, and take ten thousand times as long.
    """
    check_level("confidence_level", level)
    frame = figures.frame.drop(index=reference) - figures.frame.loc[reference]
    errors = pd.DataFrame(np.nan, frame.index, frame.columns)
    if outcomes is not None and reference in outcomes:
        paired = outcomes.sub(outcomes[reference], axis=0).drop(columns=reference)
        groups = paired.groupby(level="language_pair", sort=False)
        errors.update((groups.std() / groups.count() ** 0.5).T)
    frame["mean"] = frame.mean(axis=1, skipna=False)
    errors["mean"] = (errors**2).sum(axis=1, skipna=False) ** 0.5 / errors.shape[1]
    reach = NormalDist().inv_cdf((1 + level) / 2) * errors
    columns = {"difference": frame, "low": frame - reach, "high": frame + reach}
    stacked = {
        name: each.melt(ignore_index=False, var_name="language_pair").set_index(
            "language_pair", append=True
        )["value"]
        for name, each in columns.items()
    }
    return pd.DataFrame(stacked)


def pair_weights(outcomes: pd.DataFrame) -> NDArray[np.float64]:
    """Weigh queries so that every pair of languages counts the same."""
    sizes = outcomes.groupby(level="language_pair", sort=False).transform("size")
    return 1 / sizes.to_numpy(dtype=np.float64)


def _has_all_pairs(outcomes: pd.DataFrame, pairs: list[str]) -> pd.Series:
    """Tell which methods have an outcome for every query of all these pairs."""
    if outcomes.index.get_level_values("language_pair").nunique() < len(pairs):
        return pd.Series(False, index=outcomes.columns)
    return outcomes.notna().all()
