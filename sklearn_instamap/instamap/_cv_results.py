"""One fit of a search, scored after each iteration, and the table of all of them."""

from __future__ import annotations

import time
import traceback
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.model_selection import GridSearchCV
from sklearn.model_selection._validation import _warn_or_raise_about_fit_failures

from sklearn_instamap._check import check_parameters
from sklearn_instamap._engine._parallel import one_blas_thread
from sklearn_instamap.instamap._stages import fit_iterations

Array = NDArray[np.floating]
Split = tuple[NDArray[np.intp], NDArray[np.intp]]


@dataclass
class FoldOutcome:
    """What one fit gave, by number of iterations; a fit's seconds are those it had taken so far."""

    scores: dict[int, float] = field(default_factory=dict)
    fit_times: dict[int, float] = field(default_factory=dict)
    score_times: dict[int, float] = field(default_factory=dict)
    fit_error: str | None = None


def fit_and_score(
    aligner: Any,
    data: tuple[Array, Array, Array | None, Array | None],
    split: Split,
    scorer: Callable[[Any, Any, Any], float],
    n_iters: set[int],
    label: str | None,
    error_score: float | str,
) -> FoldOutcome:
    """Fit on one fold, and score after each number of iterations asked for.

    The aligner ends in an `InstaMapAligner` with the largest number of iterations. The label is
    printed in front of the scores, None prints nothing.
    """
    X, y, source, target = data
    train, test = split
    rows, targets = X[train], y[train]
    # For scorers that leave out seen pairs.
    aligner._remember(rows, targets)
    outcome, spent = FoldOutcome(), 0.0
    with one_blas_thread():
        begun = time.perf_counter()
        try:
            check_parameters(aligner)
            for n_iter, cut in fit_iterations(aligner, rows, targets, source, target):
                spent += time.perf_counter() - begun
                if n_iter in n_iters:
                    begun = time.perf_counter()
                    outcome.scores[n_iter] = _score(scorer, cut, X[test], y[test], error_score)
                    outcome.score_times[n_iter] = time.perf_counter() - begun
                    outcome.fit_times[n_iter] = spent
                begun = time.perf_counter()
        except Exception:
            if error_score == "raise":
                raise
            outcome.fit_error = traceback.format_exc()
            for n_iter in n_iters - outcome.scores.keys():
                outcome.scores[n_iter] = float(error_score)
                outcome.fit_times[n_iter], outcome.score_times[n_iter] = spent, 0.0
    if label is not None:
        scores = ", ".join(f"T={n_iter} {score:.3f}" for n_iter, score in outcome.scores.items())
        print(f"[InstaMapAlignerCV] {label}: {spent:.1f} s to fit; {scores}", flush=True)
    return outcome


def _score(scorer: Any, aligner: Any, X: Array, y: Array, error_score: float | str) -> float:
    try:
        return scorer(aligner, X, y)
    except Exception:
        if error_score == "raise":
            raise
        warnings.warn(
            f"Scoring failed. The score on this train-test partition for these parameters will be "
            f"set to {error_score}. Details: \n{traceback.format_exc()}",
            UserWarning,
            stacklevel=2,
        )
        return float(error_score)


def cv_results(
    candidates: Sequence[Mapping[str, Any]],
    outcomes: Sequence[Sequence[tuple[int, FoldOutcome]]],
    fits: Sequence[FoldOutcome],
    error_score: float | str,
) -> dict[str, Any]:
    """Return ``cv_results_``, as `GridSearchCV` makes it, and warn of failed fits as it does.

    Outcomes are for each candidate and fold the number of iterations to look up, and where;
    ``fits`` are each fit once.
    """
    _warn_or_raise_about_fit_failures([{"fit_error": each.fit_error} for each in fits], error_score)
    out = [
        {
            "fit_time": outcome.fit_times[n_iter],
            "score_time": outcome.score_times[n_iter],
            "test_scores": outcome.scores[n_iter],
        }
        for of_candidate in outcomes
        for n_iter, outcome in of_candidate
    ]
    # The rules are scikit-learn's own: columns, masks, ranks of equal and of missing means.
    search = GridSearchCV(None, {})
    return search._format_results([dict(each) for each in candidates], len(outcomes[0]), out)


def cv_table(results: Mapping[str, Any]) -> pd.DataFrame:
    """Return the combinations of ``cv_results_`` as a table to read, the best first."""
    rank = pd.Index(results["rank_test_score"], name="rank")
    table = pd.DataFrame(list(results["params"]), index=rank).assign(
        **{"mean score": results["mean_test_score"], "std": results["std_test_score"]}
    )
    return table.sort_index(kind="stable")
