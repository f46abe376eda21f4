"""The figures of the InstaMap paper, and ours beside them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd

from sklearn_instamap._check import check_option
from sklearn_instamap.results._groups import group_means, pair_groups
from sklearn_instamap.results._result_table import ResultTable, best_cells, figure_texts
from sklearn_instamap.results._selection import Figures, ResultsLike, Selection

_FILE = Path(__file__).parent / "data" / "paper_acl2020.tsv"
_BEST = "Best LPs"
_SIZE = "5k"


def load_paper_results(
    kind: Literal["pairs", "groups", "best_pairs"] = "pairs",
) -> pd.DataFrame:
    """Load the figures of the InstaMap paper [1]_, its Tables 1, 2 and 3.

    They were measured on fastText vectors of Wikipedia, 200,000 words a language, with the
    XLing-Eval dictionaries of 5,000 training pairs. The paper gives no other figures: its
    Figures 2 and 3 are drawn without numbers.

    Parameters
    ----------
    kind : {"pairs", "groups", "best_pairs"}, default="pairs"
        P@1 of each pair of languages (Tables 2 and 3); the averages over groups of pairs
        (Table 1); or the pairs on which each method is best beside the others (Table 1).

    Returns
    -------
    DataFrame
        Always with the columns ``table``, the number of the paper's table, and ``method``, by our
        names. For ``"pairs"`` with columns of a benchmark's rows, so that :func:`pair_table` and
        :func:`aggregate_table` take it: ``pair``, ``direction``, ``source``, ``target``,
        ``dictionary_size``, ``retrieval``, ``protocol``, ``subset`` and ``P@1``. For ``"groups"``
        with ``group`` and ``P@1``; for ``"best_pairs"`` with ``place`` from 1 and ``pair``. P@1 is
        a fraction; the paper prints per cent.

    Raises
    ------
    ValueError
        If ``kind`` is none of these.

    See Also
    --------
    compare_with_paper : Ours beside them.

    Notes
    -----
    The averages follow from the figures per pair within rounding, but for ``EN-*``, which is the
    mean over six pairs, without EN-DE (the caption says seven).

    References
    ----------
    .. [1] G. Glavaš, I. Vulić. Non-linear instance-based cross-lingual mapping for non-isomorphic
       embedding spaces. ACL 2020.

    Examples
    --------
    >>> from sklearn_instamap.results import load_paper_results
    >>> rows = load_paper_results()
    >>> rows[["table", "method", "pair", "P@1"]].head(2)
       table  method   pair    P@1
    0      2    PROC  en-de  0.456
    1      2  VecMap  en-de  0.485
    >>> load_paper_results("groups").query("group == 'HARD'")[["method", "P@1"]].tail(2)
          method     P@1
    28  InstaMap  0.2571
    29     IM∘VM  0.2772
    """
    check_option("kind", kind, ("pairs", "groups", "best_pairs"))
    printed = pd.read_csv(_FILE, sep="\t", dtype={"table": int, "figure": str})
    best = printed["column"] == _BEST
    if kind == "best_pairs":
        return _best_pairs(printed[best])
    chosen = printed[~best & ((printed["table"] == 1) == (kind == "groups"))]
    # Through the digits, so that 45.6 becomes the float nearest to .456.
    figures = [float(f"{each}e-2") for each in chosen["figure"]]
    table = chosen[["table", "method"]].reset_index(drop=True)
    names = list(chosen["column"])
    if kind == "groups":
        return table.assign(group=names, **{"P@1": figures})
    pairs = [name.lower() for name in names]
    return table.assign(
        pair=pairs,
        direction="forward",
        source=[pair.split("-")[0] for pair in pairs],
        target=[pair.split("-")[1] for pair in pairs],
        dictionary_size=_SIZE,
        retrieval="cosine",
        protocol="pair",
        subset="all",
        **{"P@1": figures},
    )


def _best_pairs(printed: pd.DataFrame) -> pd.DataFrame:
    table = printed[["table", "method"]].assign(pair=printed["figure"].str.lower().str.split(", "))
    table["place"] = [list(range(1, 1 + len(pairs))) for pairs in table["pair"]]
    return table.explode(["pair", "place"], ignore_index=True).astype({"place": int})[
        ["table", "method", "place", "pair"]
    ]


def compare_with_paper(
    results: ResultsLike,
    *,
    by: Literal["pairs", "groups"] = "pairs",
    retrieval: str = "cosine",
    protocol: str = "pair",
    subset: str = "all",
    dictionary_size: str | None = None,
    share: float = 0.2,
) -> ResultTable:
    """Print P@1 of a benchmark beside the paper's, pair by pair or by groups of pairs.

    Unless they were measured on the same vectors, the figures themselves do not compare; which
    method is better, and where, does.

    Parameters
    ----------
    results : BenchmarkResults or DataFrame
        Results of a benchmark, or their rows. Methods are matched by their names.
    by : {"pairs", "groups"}, default="pairs"
        Whether columns are pairs, or averages over groups of them (:func:`aggregate_table`). The
        paper's are averaged over the same pairs as ours: those which both have.
    retrieval : {"cosine", "csls"}, default="cosine"
        The similarity of ours; the paper's is cosine.
    protocol : {"pair", "word"}, default="pair"
        What is counted in ours; the paper counts dictionary pairs.
    subset : {"all", "unseen"}, default="all"
        Which test pairs are counted in ours; in the paper's it is all.
    dictionary_size : str, default=None
        The training dictionary of ours; None is the only one there is. The paper's is 5k.
    share : float, default=0.2
        How large a part of the pairs is easy, and how large a part is hard, by our figures.

    Returns
    -------
    ResultTable
        Two rows for each of our methods which the paper has, ours and the paper's; one for the
        others. The best of each is in bold.

    Raises
    ------
    ValueError
        If the results have no rows for these choices, or no pair that is in the paper.

    See Also
    --------
    load_paper_results : The paper's figures alone.

    Examples
    --------
    >>> from sklearn_instamap.results import compare_with_paper, load_paper_results
    >>> ours = load_paper_results().query("pair == 'de-tr'")
    >>> ours = ours.assign(**{"P@1": ours["P@1"] / 2})
    >>> table = compare_with_paper(ours)
    >>> table.frame["de-tr"].xs("InstaMap").to_dict()
    {'ours': 0.1285, 'paper': 0.257}
    """
    check_option("by", by, ("pairs", "groups"))
    choice = Selection("P@1", retrieval, protocol, subset, dictionary_size, "forward")
    ours = choice.figures(results)
    theirs = Selection("P@1", "cosine", "pair", "all", _SIZE, "forward").figures(
        load_paper_results()
    )
    common = [pair for pair in ours.frame if pair in theirs.frame]
    if not common:
        raise ValueError(
            f"None of the pairs {', '.join(map(str, ours.frame))} is in the paper, which maps "
            f"{', '.join(map(str, theirs.frame))}."
        )
    figures = {"ours": ours.frame[common], "paper": theirs.frame[common]}
    notes = ["In bold the best of ours and the best of the paper's."]
    if by == "groups":
        alike = Figures(figures["ours"], ours.languages.loc[common], "")
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
    decimals = 1 if figures["ours"].columns.name == "pair" else 2
    names = {_plain(str(method)): method for method in figures["paper"].index}
    parts, texts, best = [], [], []
    for who, frame in figures.items():
        if who == "paper":
            # Under our names, as far as we have them.
            found = {
                m: names[_plain(str(m))] for m in figures["ours"].index if _plain(str(m)) in names
            }
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


def _plain(method: str) -> str:
    """Return the letters and digits of a name alone."""
    return re.sub(r"\W", "", method.casefold())
