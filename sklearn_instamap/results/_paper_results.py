"""The figures of the InstaMap paper, as results that can be selected from."""

from __future__ import annotations

from dataclasses import dataclass, field

import pandas as pd

from sklearn_instamap.results._paper import paper_best_pairs, paper_groups, paper_rows
from sklearn_instamap.results._results import BenchmarkResults


@dataclass(frozen=True, eq=False, repr=False)
class PaperResults(BenchmarkResults):
    """The figures of the InstaMap paper; see :func:`load_paper_results`.

    Parameters
    ----------
    rows : DataFrame
        Tables 2 and 3: the columns of a benchmark's rows, and ``table``, the number of the paper's
        table.
    ranks : DataFrame
        Empty: the paper gives none.
    groups : DataFrame
        The averages of Table 1: ``method``, ``group`` and ``P@1``.
    best_pairs : DataFrame
        The pairs of languages on which Table 1 calls each method best beside the others:
        ``method``, ``place`` from 1, and ``language_pair``.

    Examples
    --------
    >>> from sklearn_instamap.results import load_paper_results
    >>> load_paper_results().groups.query("group == 'HARD'")[["method", "P@1"]].tail(2)
          method     P@1
    28  InstaMap  0.2571
    29     IM∘VM  0.2772
    """

    groups: pd.DataFrame = field(default_factory=paper_groups)
    best_pairs: pd.DataFrame = field(default_factory=paper_best_pairs)


def load_paper_results() -> PaperResults:
    """Load the figures of the InstaMap paper [1]_, its Tables 1, 2 and 3.

    They were measured on fastText vectors of Wikipedia, 200,000 words a language, with the
    XLing-Eval dictionaries of 5,000 training pairs. The paper gives no other figures: its
    Figures 2 and 3 are drawn without numbers.

    Returns
    -------
    PaperResults
        Results of a benchmark, under our names of the methods, which know P@1 by cosine per
        dictionary pair over all test pairs; ``groups`` and ``best_pairs`` are Table 1 as it is
        printed. P@1 is a fraction; the paper prints per cent.

    See Also
    --------
    ResultSelection.beside_paper : Ours beside them.

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
    >>> paper = load_paper_results()
    >>> paper.rows[["table", "method", "source", "target", "P@1"]].head(2)
       table  method source target    P@1
    0      2    PROC     en     de  0.456
    1      2  VecMap     en     de  0.485
    >>> float(paper.select().figures.loc["InstaMap", "de-tr"])
    0.257
    """
    return PaperResults(paper_rows())
