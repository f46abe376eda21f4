"""Several methods on the same queries, each compared with another, corrected for their number."""

from __future__ import annotations

import warnings
from itertools import combinations
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.random import RandomState
from numpy.typing import ArrayLike

from sklearn_instamap._check import check_count, check_number, check_option, check_seed, reals
from sklearn_instamap.metrics._outcomes import Floats, check_weights
from sklearn_instamap.metrics._significance import shuffling_test

CORRECTIONS = ("bonferroni", "holm", "none")


def compare_methods(
    outcomes: pd.DataFrame,
    reference: str | None = None,
    *,
    alpha: float = 0.05,
    correction: Literal["bonferroni", "holm", "none"] = "bonferroni",
    n_shuffles: int = 10_000,
    sample_weight: ArrayLike | None = None,
    random_state: int | RandomState | None = None,
) -> pd.DataFrame:
    """Compare methods on the same queries by the shuffling test, corrected for multiplicity.

    Parameters
    ----------
    outcomes : DataFrame of shape (n_queries, n_methods)
        One column per method, one row per query: outcomes as :func:`shuffling_test` takes them.
    reference : str, default=None
        The method with which every other is compared; None compares each with each.
    alpha : float, default=0.05
        Level of significance, over all comparisons together.
    correction : {"bonferroni", "holm", "none"}, default="bonferroni"
        ``"bonferroni"`` multiplies each p-value by the number of comparisons, as the InstaMap
        paper [1]_ did; ``"holm"`` [2]_ keeps the same promise (the chance that any difference is
        wrongly called significant is at most alpha) and finds more; ``"none"`` promises nothing
        over several comparisons.
    n_shuffles : int, default=10_000
        Shuffles of each test. No p-value falls below ``1 / (n_shuffles + 1)`` before correction.
    sample_weight : array-like of shape (n_queries,), default=None
        Weights of the queries in the means.
    random_state : int, RandomState instance or None, default=None
        Seed. Every comparison is given the same, so that a comparison gives the same result
        whichever others stand beside it.

    Returns
    -------
    DataFrame
        One row per comparison: ``method`` and ``other`` (the reference, if there is one), their
        means ``mean_method`` and ``mean_other``, ``difference`` (the first less the second),
        ``pvalue``, ``pvalue_corrected`` and ``significant``, whether the latter is below alpha.

    Raises
    ------
    ValueError
        If there are fewer than two methods, a name occurs twice, the reference is not a column, or
        outcomes are missing.

    Warns
    -----
    UserWarning
        If no comparison can be significant with so few shuffles.

    See Also
    --------
    shuffling_test : The test of two methods.

    References
    ----------
    .. [1] G. Glavaš, I. Vulić. Non-linear instance-based cross-lingual mapping for non-isomorphic
       embedding spaces. ACL 2020, footnote 6.
    .. [2] S. Holm. A simple sequentially rejective multiple test procedure. Scandinavian Journal
       of Statistics 6, 1979.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from sklearn_instamap.metrics import compare_methods
    >>> right = np.random.default_rng(0).random((1000, 3)) < [0.30, 0.32, 0.45]
    >>> outcomes = pd.DataFrame(right, columns=["PROC", "VecMap", "IM∘VM"])
    >>> table = compare_methods(outcomes, "VecMap", random_state=0)
    >>> table[["method", "other", "difference", "significant"]]
      method   other  difference  significant
    0   PROC  VecMap      -0.008        False
    1  IM∘VM  VecMap       0.153         True
    """
    methods = _check_methods(outcomes, reference)
    n_shuffles = check_count("n_shuffles", n_shuffles)
    check_option("correction", correction, CORRECTIONS)
    check_number("alpha", alpha, reals(0, 1, closed="neither"))
    compared = (
        list(combinations(methods, 2))
        if reference is None
        else [(name, reference) for name in methods if name != reference]
    )
    if correction != "none":
        warn_of_few_shuffles(len(compared), alpha, n_shuffles)
    weights = check_weights(sample_weight, len(outcomes))
    seed = check_seed(random_state).randint(np.iinfo(np.int32).max)

    rows: list[dict[str, Any]] = []
    for method, other in compared:
        a, b = outcomes[method], outcomes[other]
        result = shuffling_test(
            a, b, n_shuffles=n_shuffles, sample_weight=weights, random_state=seed
        )
        rows.append(
            {
                "method": method,
                "other": other,
                "mean_method": float(weights @ a.to_numpy(dtype=float)),
                "mean_other": float(weights @ b.to_numpy(dtype=float)),
                "difference": result.statistic,
                "pvalue": result.pvalue,
            }
        )
    table = pd.DataFrame(rows)
    table["pvalue_corrected"] = correct_pvalues(table["pvalue"].to_numpy(), correction)
    table["significant"] = table["pvalue_corrected"] < alpha
    return table


def correct_pvalues(pvalues: Floats, correction: str) -> Floats:
    """Correct p-values for their number."""
    if correction == "none":
        return pvalues
    if correction == "bonferroni":
        return np.minimum(1.0, len(pvalues) * pvalues)
    order = np.argsort(pvalues, kind="stable")
    # The smallest of n stands against n comparisons, the next against n - 1, ...
    stepped = np.maximum.accumulate(pvalues[order] * np.arange(len(pvalues), 0, -1))
    corrected = np.empty(len(pvalues))
    corrected[order] = np.minimum(1.0, stepped)
    return corrected


def _check_methods(outcomes: pd.DataFrame, reference: str | None) -> list[Any]:
    if not isinstance(outcomes, pd.DataFrame):
        raise TypeError(
            "outcomes must be a DataFrame, one column per method and one row per query; got "
            f"{type(outcomes).__name__}."
        )
    methods = list(outcomes.columns)
    if len(methods) < 2:
        raise ValueError(f"outcomes must have at least two methods, got {len(methods)}.")
    if not outcomes.columns.is_unique:
        twice = outcomes.columns[outcomes.columns.duplicated()][0]
        raise ValueError(f"outcomes has two columns {twice!r}; give every method a name.")
    if reference is not None:
        check_option("reference", reference, methods)
    missing = outcomes.isna().any()
    if missing.any():
        raise ValueError(
            f"outcomes has no figure for some queries of {missing.idxmax()!r}; leave those queries "
            "out, or the method."
        )
    return methods


def warn_of_few_shuffles(n_comparisons: int, alpha: float, n_shuffles: int) -> None:
    """Warn where no p-value can be small enough once it is corrected."""
    if n_comparisons / (n_shuffles + 1) >= alpha:
        warnings.warn(
            f"With {n_shuffles} shuffles no p-value is small enough to be significant at {alpha} "
            f"over {n_comparisons} comparisons; pass n_shuffles={int(n_comparisons / alpha) * 10} "
            "or more.",
            UserWarning,
            stacklevel=3,
        )
