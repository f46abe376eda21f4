"""Tables of what a benchmark covered and what it cost."""

from __future__ import annotations

import pandas as pd

from sklearn_instamap.results._figures import check_columns
from sklearn_instamap.results._result_table import ResultTable
from sklearn_instamap.results._results import CELL, BenchmarkResults


def coverage_table(results: BenchmarkResults) -> ResultTable:
    """Table of how many dictionary pairs both spaces have.

    Figures of vocabularies that cover different pairs do not compare.

    Parameters
    ----------
    results : BenchmarkResults
        Results of a benchmark.

    Returns
    -------
    ResultTable
        One row per pair of languages (as mapped, source first) and training dictionary: the pairs
        of the training and the test dictionary, those found in both spaces and their share, and
        the test pairs found of which neither word is in the training dictionary.

    Raises
    ------
    ValueError
        If the results lack a column, or every cell failed.

    See Also
    --------
    sklearn_instamap.io.CoverageReport : The same for one dictionary, with the words.

    Examples
    --------
    >>> import pandas as pd
    >>> from sklearn_instamap.results import BenchmarkResults, coverage_table
    >>> cell = {
    ...     "source": "en", "target": "de", "dictionary_size": "5k", "status": "ok",
    ...     "n_train_pairs": 5000, "n_train_out_of_vocabulary": 966,
    ... }
    >>> rows = pd.DataFrame([
    ...     cell | {"subset": "all", "n_test_pairs": 2000, "n_test_out_of_vocabulary": 1319},
    ...     cell | {"subset": "unseen", "n_test_pairs": 1000, "n_test_out_of_vocabulary": 700},
    ... ])
    >>> coverage_table(BenchmarkResults(rows)).frame.loc[("en-de", "5k")].round(3).to_dict()
    {'train_pairs': 5000.0, 'train_found': 4034.0, 'train_coverage': 0.807,
     'test_pairs': 2000.0, 'test_found': 681.0, 'test_coverage': 0.34, 'test_unseen': 300.0}
    """
    rows = results.rows
    counts = [
        f"n_{side}_{of}" for side in ("train", "test") for of in ("pairs", "out_of_vocabulary")
    ]
    check_columns(rows, ["source", "target", "dictionary_size", "status", "subset", *counts])
    rows = rows[rows["status"] == "ok"]
    if rows.empty:
        raise ValueError("Every cell of these results failed, so no coverage is known.")
    keys = [
        (rows["source"] + "-" + rows["target"]).rename("language_pair"),
        rows["dictionary_size"].astype(str).rename("dictionary"),
        rows["subset"],
    ]
    # All methods were given the same.
    first = rows.groupby(keys, sort=False)[counts].first()
    both = first.xs("all", level="subset")
    frame = pd.DataFrame(index=both.index)
    for side in ("train", "test"):
        total = both[f"n_{side}_pairs"]
        found = total - both[f"n_{side}_out_of_vocabulary"]
        frame[f"{side}_pairs"], frame[f"{side}_found"] = total, found
        frame[f"{side}_coverage"] = found / total
    unseen = first[first.index.get_level_values("subset") == "unseen"].droplevel("subset")
    frame["test_unseen"] = unseen["n_test_pairs"] - unseen["n_test_out_of_vocabulary"]
    texts = frame.map(lambda value: f"{value:,.0f}" if value == value else "–")
    for side in ("train", "test"):
        texts[f"{side}_coverage"] = [f"{100 * value:.1f}" for value in frame[f"{side}_coverage"]]
    names = ["train", "found", "%", "test", "found", "%", "unseen"]
    return ResultTable(
        frame, texts.set_axis(names, axis=1), "Dictionary pairs with both words in the spaces"
    )


def cost_table(results: BenchmarkResults) -> ResultTable:
    """Table of what each method took.

    Parameters
    ----------
    results : BenchmarkResults
        Results of a benchmark.

    Returns
    -------
    ResultTable
        One row per method and training dictionary: how many fits ended and how many failed; mean
        wall seconds and CPU seconds of a fit, mean seconds of an evaluation, and the largest peak
        memory in MiB. Seconds are those of the machine, with whatever ran beside.

    Raises
    ------
    ValueError
        If the results lack a column.

    Examples
    --------
    >>> import pandas as pd
    >>> from sklearn_instamap.results import BenchmarkResults, cost_table
    >>> cell = {"language_pair": "en-de", "direction": "forward", "method": "PROC", "seed": 0}
    >>> cost = {"fit_seconds": 2.0, "cpu_seconds": 2.5, "evaluate_seconds": 1.0, "peak_mib": 512.0}
    >>> rows = pd.DataFrame([cell | cost | {"dictionary_size": "5k", "status": "ok"}])
    >>> cost_table(BenchmarkResults(rows)).frame.loc[("PROC", "5k")].to_dict()
    {'fits': 1.0, 'failed': 0.0, 'fit_seconds': 2.0, 'cpu_seconds': 2.5,
     'evaluate_seconds': 1.0, 'peak_mib': 512.0}
    """
    rows = results.rows
    measured = ["fit_seconds", "cpu_seconds", "evaluate_seconds", "peak_mib"]
    check_columns(rows, [*CELL, "status", *measured])
    cells = rows.drop_duplicates(list(CELL))
    cells = cells.assign(
        dictionary=cells["dictionary_size"].astype(str), ended=cells["status"] == "ok"
    )
    groups = cells.groupby(["method", "dictionary"], sort=False)
    ended = cells[cells["ended"]].groupby(["method", "dictionary"], sort=False)
    frame = pd.DataFrame(
        {"fits": groups["ended"].sum(), "failed": groups["ended"].size() - groups["ended"].sum()}
    )
    for name in measured[:-1]:
        frame[name] = ended[name].mean()
    frame["peak_mib"] = ended["peak_mib"].max()
    texts = frame.astype(object)
    for column in texts:
        decimals = 1 if str(column).endswith("seconds") else 0
        texts[column] = [
            f"{value:,.{decimals}f}" if value == value else "–" for value in frame[column]
        ]
    names = ["fits", "failed", "fit s", "CPU s", "evaluate s", "peak MiB"]
    return ResultTable(
        frame,
        texts.set_axis(names, axis=1),
        "What a fit costs",
        ("Means over the fits that ended, the largest for memory.",),
    )
