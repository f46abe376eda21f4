"""What is looked at first of a benchmark: its largest dictionary, in all ways it was measured."""

from __future__ import annotations

import re
from typing import Literal

import pandas as pd

from sklearn_instamap._check import InvalidParameterError
from sklearn_instamap.results._figures import is_metric
from sklearn_instamap.results._result_table import ResultTable
from sklearn_instamap.results._results import BenchmarkResults
from sklearn_instamap.results._selection import ResultSelection

_PAPER_SIZE = "5k"
_UNITS = {"k": 1000}


def size_order(label: str) -> tuple[float, str]:
    """Return by what to sort the labels of dictionary sizes: 500 before 1k, unknown ones last."""
    match = re.fullmatch(r"(\d+)([a-z]?)", label)
    if match is None or (match[2] and match[2] not in _UNITS):
        return float("inf"), label
    return int(match[1]) * _UNITS.get(match[2], 1), label


def main_selections(results: BenchmarkResults) -> list[ResultSelection]:
    """Select the largest dictionary, by every direction, retrieval and subset of test pairs.

    P@1 where it was measured, and else the first figure; per dictionary pair where that was
    measured, and else per source word.

    Nothing is selected if all cells failed.
    """
    done = results.rows[results.rows["status"] == "ok"]
    if done.empty:
        return []
    size = max(done["dictionary_size"].unique(), key=size_order)
    largest = done[done["dictionary_size"] == size]
    protocol = "pair" if (done["protocol"] == "pair").any() else "word"
    metric = _metric(results.rows)
    return [
        results.select(
            metric=metric,
            direction=direction,
            dictionary_size=size,
            retrieval=retrieval,
            protocol=protocol,
            subset=subset,
        )
        for direction in largest["direction"].unique()
        for retrieval in largest["retrieval"].unique()
        for subset in largest["subset"].unique()
    ]


def beside_the_paper(
    results: BenchmarkResults, by: Literal["language_pair", "group"]
) -> ResultTable:
    """Return ours beside the paper's, by the paper's size of dictionary or our largest."""
    sizes = results.rows["dictionary_size"].unique()
    size = _PAPER_SIZE if _PAPER_SIZE in sizes else max(sizes, key=size_order)
    try:
        selection = results.select(dictionary_size=size)
    except InvalidParameterError:
        raise ValueError(
            "The paper has P@1 by cosine, per dictionary pair, over all test pairs, which these "
            "results do not have."
        ) from None
    return selection.beside_paper(by)


def _metric(rows: pd.DataFrame) -> str:
    figures = list(filter(is_metric, rows))
    return "P@1" if "P@1" in figures or not figures else str(figures[0])
