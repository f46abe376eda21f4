"""The paper's tables: methods by pairs of languages, and averages over groups of pairs."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
import pandas as pd

from sklearn_instamap._check import check_number, integers, reals
from sklearn_instamap.results._figures import Figures
from sklearn_instamap.results._result_table import ResultTable, best_cells, figure_texts
from sklearn_instamap.results._text_tables import figure_text

_BOLD = "In bold the best of each column."
_LEVEL = 0.95

# Marks every method in every group of pairs, and says how it was done.
Marker: TypeAlias = "Callable[[dict[str, list[str]], pd.Index], tuple[pd.DataFrame, str]]"


def language_pair_table(figures: Figures, mark: Marker | None) -> ResultTable:
    """Return the table of every method on every pair of languages, with marks where wanted."""
    frame = figures.frame
    texts = figure_texts(frame, figures.metric)
    notes, marks = [_BOLD], None
    if mark is not None:
        marks, note = mark({str(pair): [str(pair)] for pair in frame}, frame.index)
        notes.append(note)
    if frame.isna().any(axis=None):
        notes.append("– where a method failed or was not run.")
    best = best_cells(frame, texts)
    return ResultTable(frame, texts, figures.description, tuple(notes), best, marks)


def group_table(
    figures: Figures, anchor: str, share: float, n_best_pairs: int, mark: Marker | None
) -> ResultTable:
    """Return the table of averages over groups of pairs, with marks where wanted."""
    check_number("n_best_pairs", n_best_pairs, integers(0))
    groups = pair_groups(figures, anchor, share)
    frame = group_means(figures.frame, groups)
    texts = figure_texts(frame, figures.metric, decimals=2)
    best = best_cells(frame, texts)
    notes, marks = [_BOLD, *_describe_groups(groups)], None
    margins = {name: figures.margins(pairs, _LEVEL) for name, pairs in groups.items()}
    for name, margin in margins.items():
        if margin is not None:
            texts[name] = [
                text if text == "–" else f"{text} ±{figure_text(figures.metric, value, 2)}"
                for text, value in zip(texts[name], margin, strict=True)
            ]
    if any(margin is not None for margin in margins.values()):
        notes.append(
            f"± {_LEVEL:.0%} confidence, over test queries like these, of one method by itself; n "
            "queries."
        )
    if mark is not None:
        marks, note = mark(groups, frame.index)
        notes.append(note)
    if frame.isna().any(axis=None):
        notes.append("– where a method failed on a pair of the group.")
    texts.columns = [f"{name}{_n_queries(figures, pairs)}" for name, pairs in groups.items()]
    if n_best_pairs and figures.frame.shape[1] > 1:
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


def pair_groups(figures: Figures, anchor: str, share: float) -> dict[str, list[str]]:
    """Return the pairs of ALL, EN-*, No-EN, EASY and HARD; EN stands for the anchor.

    Groups that are empty or have all pairs are left out. Of the pairs ``share`` are easy, as many
    hard.
    """
    check_number("share", share, reals(0, 0.5, closed="right"))
    languages = figures.languages
    pairs = list(figures.frame.columns)
    name = anchor.upper()
    groups = {
        "ALL": pairs,
        f"{name}-*": list(languages.index[languages["source"] == anchor]),
        f"No-{name}": list(languages.index[(languages != anchor).all(axis=1)]),
    }
    ranking = figures.by_difficulty()
    number = max(1, round(share * len(pairs)))
    if 2 * number <= len(pairs):
        groups |= {"EASY": ranking[:number], "HARD": ranking[::-1][:number]}
    # One that has all pairs would say what ALL says.
    return {
        name: members
        for name, members in groups.items()
        if name == "ALL" or 0 < len(members) < len(pairs)
    }


def group_means(frame: pd.DataFrame, groups: dict[str, list[str]]) -> pd.DataFrame:
    """Average each method over the pairs of each group; nan where it failed on one of them."""
    means = {name: frame[pairs].mean(axis=1, skipna=False) for name, pairs in groups.items()}
    return pd.DataFrame(means)


def best_pairs(frame: pd.DataFrame, number: int) -> dict[str, list[str]]:
    """Return the pairs on which each method does best beside the others.

    That is where its figure is the largest multiple of the mean over all methods, which gives the
    lists of the paper's Table 1, all thirty entries in their order.
    """
    relative = frame / frame.mean().replace(0, np.nan)
    return {
        str(method): list(row.dropna().sort_values(ascending=False, kind="stable").index[:number])
        for method, row in relative.iterrows()
    }


def _n_queries(figures: Figures, pairs: list[str]) -> str:
    """Say over how many queries the methods average: all over as many, where none has failed."""
    if figures.n_queries is None:
        return ""
    number = figures.n_queries[pairs].sum(axis=1, skipna=False).max()
    return "" if number != number else f" (n {number:,.0f})"


def _describe_groups(groups: dict[str, list[str]]) -> list[str]:
    if len(groups) == 1:
        (pairs,) = groups.values()
        return [f"Pairs: {', '.join(pairs)}."]
    sizes = ", ".join(f"{name} {len(pairs)}" for name, pairs in groups.items())
    texts = [f"Pairs: {sizes}."]
    if "EASY" in groups:
        texts.append(
            f"EASY: {', '.join(groups['EASY'])}; HARD: {', '.join(groups['HARD'])} (by mean rank "
            "over the methods, the easiest and the hardest first)."
        )
    return texts
