"""The results of a parameter search as rows that can be plotted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import pandas as pd

# How the paper calls InstaMap's two parameters.
_SYMBOLS = {"n_neighbors": "K", "n_iter": "T"}


class SearchRows(NamedTuple):
    """What a search found.

    Parameters
    ----------
    frame : DataFrame
        A column for each parameter, and the columns of ``cv_results_``.
    parameters : list of str
        The names of the former, without those of the steps they are reached by.
    """

    frame: pd.DataFrame
    parameters: list[str]

    def series(self, x: str) -> pd.Series | None:
        """Name the line to which each row belongs: by the other parameters that vary."""
        names = [
            _SYMBOLS.get(name, name) + " = " + self.frame[name].astype(str)
            for name in self.parameters
            if name != x and self.frame[name].astype(str).nunique() > 1
        ]
        return pd.concat(names, axis=1).agg(", ".join, axis=1) if names else None


def search_rows(results: Any) -> SearchRows | None:
    """Return what a fitted search, or its ``cv_results_``, holds; None if this is no search."""
    table = getattr(results, "cv_results_", results)
    if not isinstance(table, (Mapping, pd.DataFrame)) or "params" not in table:
        return None
    frame = pd.DataFrame(table)
    params = pd.DataFrame(list(frame["params"]), index=frame.index)
    short = params.columns.str.rsplit("__", n=1).str[-1]
    # Two steps may have parameters of one name.
    params.columns = short.where(~short.duplicated(keep=False), params.columns)
    return SearchRows(pd.concat([params, frame], axis=1), list(params.columns))
