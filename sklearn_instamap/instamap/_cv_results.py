"""The table of a search over parameters, in GridSearchCV's columns and by its rules."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import rankdata


def format_results(
    candidates: Sequence[Mapping[str, Any]],
    scores: NDArray[np.float64],
    fit_times: NDArray[np.float64],
    score_times: NDArray[np.float64],
) -> dict[str, Any]:
    """Return ``cv_results_``.

    Parameters
    ----------
    candidates : sequence of mappings
        The parameters of each candidate; all have the same names.
    scores, fit_times, score_times : ndarray of shape (n_candidates, n_splits)
        What was measured on each fold.

    Returns
    -------
    dict
        Columns by name. Rank 1 is the best mean score; equal ones share the lowest rank, and nan
        ranks last.
    """
    results: dict[str, Any] = {}
    for name, times in (("fit_time", fit_times), ("score_time", score_times)):
        results[f"mean_{name}"], results[f"std_{name}"] = times.mean(axis=1), times.std(axis=1)
    for name in candidates[0]:
        results[f"param_{name}"] = _column([candidate[name] for candidate in candidates])
    results["params"] = [dict(candidate) for candidate in candidates]
    for fold, of_fold in enumerate(scores.T):
        results[f"split{fold}_test_score"] = of_fold.copy()
    means = scores.mean(axis=1)
    if not np.isfinite(means).all():
        warnings.warn(
            f"{np.count_nonzero(~np.isfinite(means))} of the {len(means)} mean test scores are "
            "not finite; these combinations rank last.",
            UserWarning,
            stacklevel=2,
        )
    results["mean_test_score"], results["std_test_score"] = means, scores.std(axis=1)
    results["rank_test_score"] = _ranks(means)
    return results


def _column(values: list[Any]) -> np.ma.MaskedArray:
    """Return values in an array of their common type, masked nowhere, as GridSearchCV does."""
    common = pd.Series(values, dtype=object).infer_objects().to_numpy()
    return np.ma.MaskedArray(common, mask=False)


def _ranks(means: NDArray[np.float64]) -> NDArray[np.int32]:
    known = ~np.isnan(means)
    if not known.any():
        return np.ones(len(means), dtype=np.int32)
    worst = means[known].min() - 1
    return rankdata(-np.where(known, means, worst), method="min").astype(np.int32)
