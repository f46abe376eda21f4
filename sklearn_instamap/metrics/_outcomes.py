"""Per-query outcomes, which significance tests and confidence intervals take, checked."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from sklearn_instamap._number_rows import number_values

Floats = NDArray[np.float64]


def check_outcomes(name: str, outcomes: ArrayLike) -> Floats:
    """Return outcomes as float64; refuse what is not one finite number per query."""
    array = number_values(outcomes, name)
    if array.ndim != 1:
        raise ValueError(f"{name} must be one-dimensional, got shape {array.shape}.")
    if array.size == 0:
        raise ValueError(f"{name} is empty: there is no query to compare.")
    if array.dtype.kind not in "biuf":
        raise ValueError(f"{name} must hold one number per query, got dtype {array.dtype}.")
    values = array.astype(np.float64)
    if not np.isfinite(values).all():
        raise ValueError(
            f"{name} holds nan or infinity at position {np.flatnonzero(~np.isfinite(values))[0]}; "
            "leave out the queries which a method has not answered, for all methods."
        )
    return values


def paired_differences(outcomes_a: ArrayLike, outcomes_b: ArrayLike) -> Floats:
    """Return the differences of two methods' outcomes on the same queries."""
    if (
        isinstance(outcomes_a, pd.Series)
        and isinstance(outcomes_b, pd.Series)
        and not outcomes_a.index.equals(outcomes_b.index)
    ):
        raise ValueError(
            "outcomes_a and outcomes_b are Series of different index; give both the same queries "
            "in the same order."
        )
    first, second = (
        check_outcomes("outcomes_a", outcomes_a),
        check_outcomes("outcomes_b", outcomes_b),
    )
    if len(first) != len(second):
        raise ValueError(
            f"outcomes_a has {len(first)} queries and outcomes_b has {len(second)}; the test is "
            "paired and needs the outcomes of both methods on the same queries."
        )
    return first - second


def check_weights(sample_weight: ArrayLike | None, n_queries: int) -> Floats:
    """Return weights which sum to 1; None weighs all queries alike."""
    if sample_weight is None:
        return np.full(n_queries, 1 / n_queries)
    weights = check_outcomes("sample_weight", sample_weight)
    if len(weights) != n_queries:
        raise ValueError(f"sample_weight has {len(weights)} weights for {n_queries} queries.")
    if weights.min() < 0 or weights.max() == 0:
        raise ValueError("sample_weight must not be negative, nor zero throughout.")
    return weights / weights.sum()
