"""The figures of the InstaMap paper, and ours beside them."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd

from sklearn_instamap._check import check_option
from sklearn_instamap.results._figures import Choice, Figures, method_among
from sklearn_instamap.results._result_table import ResultTable, best_cells, figure_texts
from sklearn_instamap.results._tables import group_means, pair_groups

_FILE = Path(__file__).parent / "data" / "paper_acl2020.tsv"
_BEST = "Best LPs"
_SIZE = "5k"


def paper_rows() -> pd.DataFrame:
    """Return Tables 2 and 3, with the columns of a benchmark's rows."""
    printed = _printed()
    chosen = printed[printed["table"] != 1]
    pairs = [name.lower() for name in chosen["column"]]
    rows = chosen[["table", "method"]].reset_index(drop=True)
    return rows.assign(
        language_pair=pairs,
        direction="forward",
        source=[pair.split("-")[0] for pair in pairs],
        target=[pair.split("-")[1] for pair in pairs],
        dictionary_size=_SIZE,
        retrieval="cosine",
        protocol="pair",
        subset="all",
        status="ok",
        **{"P@1": _fractions(chosen)},
    )


def paper_groups() -> pd.DataFrame:
    """Return the averages of Table 1."""
    printed = _printed()
    chosen = printed[(printed["table"] == 1) & (printed["column"] != _BEST)]
    rows = chosen[["method"]].reset_index(drop=True)
    return rows.assign(group=list(chosen["column"]), **{"P@1": _fractions(chosen)})


def paper_best_pairs() -> pd.DataFrame:
    """Return the pairs that Table 1 names."""
    printed = _printed()
    chosen = printed[printed["column"] == _BEST]
    table = chosen[["method"]].assign(language_pair=chosen["figure"].str.lower().str.split(", "))
    table["place"] = [list(range(1, 1 + len(pairs))) for pairs in table["language_pair"]]
    return table.explode(["language_pair", "place"], ignore_index=True).astype({"place": int})[
        ["method", "place", "language_pair"]
    ]


def _printed() -> pd.DataFrame:
    return pd.read_csv(_FILE, sep="\t", dtype={"table": int, "figure": str})


def _fractions(printed: pd.DataFrame) -> list[float]:
    # Through the digits, so that 45.6 becomes the float nearest to .456.
    return [float(f"{each}e-2") for each in printed["figure"]]


def beside_paper(ours: Figures, by: Literal["language_pair", "group"], share: float) -> ResultTable:
    """Return P@1 of a benchmark beside the paper's, pair by pair or by groups of pairs."""
    check_option("by", by, ("language_pair", "group"))
    if ours.metric != "P@1":
        raise ValueError(f"The paper has P@1 only; this is a selection of {ours.metric}.")
    theirs = Choice("P@1", "cosine", "pair", "all", _SIZE, "forward").figures(paper_rows())
    common = [pair for pair in ours.frame if pair in theirs.frame]
    if not common:
        raise ValueError(
            f"None of the pairs {', '.join(map(str, ours.frame))} is in the paper, which maps "
            f"{', '.join(map(str, theirs.frame))}."
        )
    figures = {"ours": ours.frame[common], "paper": theirs.frame[common]}
    notes = ["In bold the best of ours and the best of the paper's."]
    if by == "group":
        alike = Figures(ours.metric, figures["ours"], ours.languages.loc[common], "")
        groups = pair_groups(alike, "en", share)
        figures = {name: group_means(frame, groups) for name, frame in figures.items()}
        notes.append(
            f"Averages of both over the same {len(common)} pairs"
            + (
                f"; EASY {', '.join(groups['EASY'])}, HARD {', '.join(groups['HARD'])} by ours."
                if "EASY" in groups
                else "."
            )
        )
    if len(common) < ours.frame.shape[1]:
        missing = [str(pair) for pair in ours.frame if pair not in common]
        notes.append(f"Not in the paper: {', '.join(missing)}.")
    notes.append(
        "The paper (Glavaš & Vulić, ACL 2020) measured on fastText vectors of Wikipedia, 200,000 "
        "words a language, with training dictionaries of 5k pairs, by cosine, per dictionary pair, "
        "over all test pairs. Where the inputs differ, compare which method is better, not the "
        "figures."
    )
    return _beside(figures, f"Ours beside the paper's: {ours.description}", tuple(notes))


def _beside(figures: dict[str, pd.DataFrame], title: str, notes: tuple[str, ...]) -> ResultTable:
    """Interleave our rows with the paper's."""
    decimals = 1 if figures["ours"].columns.name == "language_pair" else 2
    found = {}
    for method in figures["ours"].index:
        with suppress(ValueError):
            found[method] = method_among(str(method), figures["paper"].index)
    parts, texts, best = [], [], []
    for who, frame in figures.items():
        if who == "paper":
            # Under our names, as far as we have them.
            frame = frame.loc[list(found.values())].set_axis(list(found), axis=0)
        frame = frame.set_axis(
            pd.MultiIndex.from_product([frame.index, [who]], names=["method", "figures"])
        )
        parts.append(frame)
        texts.append(figure_texts(frame, "P@1", decimals))
        best.append(best_cells(frame, texts[-1]))
    order = [
        (method, who)
        for method in figures["ours"].index
        for who in figures
        if who == "ours" or (method, who) in parts[1].index
    ]
    frame, text, bold = (pd.concat(each).loc[order] for each in (parts, texts, best))
    return ResultTable(frame.astype(np.float64), text, title, notes, bold)
