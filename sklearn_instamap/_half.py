"""Rows in half precision, which become single and never double."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd


def widen_half(rows: Any) -> Any:
    """Return rows in half precision as ``float32``, and all others as they are.

    scikit-learn's check of an array takes every dtype that is not on its list for the first one
    that is, and would make ``float64`` of them, four times as large.

    Parameters
    ----------
    rows : array-like
        Rows of numbers.

    Returns
    -------
    array-like
        The rows.
    """
    if isinstance(rows, pd.DataFrame):
        is_half = len(rows.columns) > 0 and all(dtype == np.float16 for dtype in rows.dtypes)
    elif isinstance(rows, list | tuple):
        is_half = len(rows) > 0 and getattr(rows[0], "dtype", None) == np.float16
        rows = np.asarray(rows) if is_half else rows
    else:
        is_half = isinstance(rows, np.ndarray | np.generic) and rows.dtype == np.float16
    return rows.astype(np.float32) if is_half else rows
