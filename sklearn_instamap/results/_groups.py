"""Groups of language pairs over which the paper averages, and the pairs that suit a method."""

from __future__ import annotations

import numpy as np
import pandas as pd

from sklearn_instamap.results._selection import Figures


def pair_groups(figures: Figures, anchor: str, share: float) -> dict[str, list[str]]:
    """Return the pairs of ALL, EN-*, No-EN, EASY and HARD, without the groups that are empty.

    Parameters
    ----------
    figures : Figures
        What the methods reached.
    anchor : str
        The language which EN stands for.
    share : float
        How large a part of the pairs is easy, and how large a part is hard.
    """
    languages = figures.languages
    pairs = list(figures.frame.columns)
    without = languages.index[(languages != anchor).all(axis=1)]
    groups = {"ALL": pairs}
    if len(without) < len(pairs):
        groups[f"{anchor.upper()}-*"] = list(languages.index[languages["source"] == anchor])
        groups[f"No-{anchor.upper()}"] = list(without)
    ranking = figures.by_difficulty()
    number = max(1, round(share * len(pairs)))
    if 2 * number <= len(pairs):
        groups |= {"EASY": ranking[:number], "HARD": ranking[::-1][:number]}
    return {name: members for name, members in groups.items() if members}


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
