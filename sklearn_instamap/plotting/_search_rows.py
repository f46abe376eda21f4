"""The results of a parameter search as rows that can be plotted."""

from __future__ import annotations

from typing import Any

import pandas as pd

# How the paper calls InstaMap's two parameters.
_SYMBOLS = {"n_neighbors": "K", "n_iter": "T"}


def search_rows(results: Any) -> pd.DataFrame | None:
    """Return what a search found, a column for each parameter; None if this is no search.

    Parameters
    ----------
    results : object
        A fitted search, its ``cv_results_``, or a DataFrame of these.

    Returns
    -------
    DataFrame or None
        The columns of ``cv_results_`` and, for each parameter, one that has its own name, without
        the names of the steps it is reached by.
    """
    table = getattr(results, "cv_results_", results)
    if not isinstance(table, (dict, pd.DataFrame)) or "params" not in table:
        return None
    frame = pd.DataFrame(table)
    params = pd.DataFrame(list(frame["params"]), index=frame.index)
    short = params.columns.str.rsplit("__", n=1).str[-1]
    # Two steps may have parameters of one name.
    params.columns = short.where(~short.duplicated(keep=False), params.columns)
    return pd.concat([params, frame], axis=1)


def series_names(rows: pd.DataFrame, x: str) -> pd.Series | None:
    """Name the line to which each row of a search belongs: by what is searched beside ``x``."""
    beside = [name for name in rows.columns[: rows.columns.get_loc("params")] if name != x]
    names = [
        _SYMBOLS.get(name, name) + " = " + rows[name].astype(str)
        for name in beside
        if rows[name].astype(str).nunique() > 1
    ]
    return pd.concat(names, axis=1).agg(", ".join, axis=1) if names else None
