"""Confidence intervals of what is averaged over queries."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.random import RandomState
from numpy.typing import ArrayLike
from scipy import stats

from sklearn_instamap._check import check_count, check_number, check_option, check_seed, reals
from sklearn_instamap.metrics._outcomes import Floats, check_outcomes, paired_differences

METHODS = ("auto", "wilson", "exact", "bootstrap")
# Resampled outcomes held at a time: 32 MiB as float64, and their positions as much.
_BATCH = 2**22


def confidence_interval(
    outcomes: ArrayLike,
    outcomes_b: ArrayLike | None = None,
    *,
    confidence_level: float = 0.95,
    method: Literal["auto", "wilson", "exact", "bootstrap"] = "auto",
    n_resamples: int = 10_000,
    random_state: int | RandomState | None = None,
) -> tuple[float, float]:
    """Confidence interval of a mean outcome, or of the difference of two methods.

    Parameters
    ----------
    outcomes : array-like of shape (n_queries,)
        Outcomes per query, such as ``ranks <= 1`` for P@1 or ``1 / ranks`` for MRR.
    outcomes_b : array-like of shape (n_queries,), default=None
        Outcomes of another method on the same queries. If given, the interval is that of the mean
        of ``outcomes`` less the mean of ``outcomes_b``; its queries are resampled as pairs.
    confidence_level : float, default=0.95
        Share of the intervals, over many test dictionaries, which hold the true figure.
    method : {"auto", "wilson", "exact", "bootstrap"}, default="auto"
        ``"wilson"`` [1]_ and ``"exact"`` [2]_ (Clopper–Pearson, wider) are for outcomes of 0 and
        1 of one method; ``"bootstrap"`` [3]_ takes percentiles over resampled queries and serves
        any. ``"auto"`` is Wilson where it applies, and the bootstrap elsewhere.
    n_resamples : int, default=10_000
        Resamples of the bootstrap.
    random_state : int, RandomState instance or None, default=None
        Seed of the bootstrap.

    Returns
    -------
    tuple of float
        The lower and the upper end.

    Raises
    ------
    ValueError
        If an outcome is not finite, there are too few, or the method does not apply to them.

    See Also
    --------
    shuffling_test : Whether two methods differ at all.

    Notes
    -----
    The interval speaks of queries drawn like these. It knows nothing of other vectors, training
    dictionaries or languages.

    References
    ----------
    .. [1] E. B. Wilson. Probable inference, the law of succession, and statistical inference.
       Journal of the American Statistical Association 22, 1927.
    .. [2] C. J. Clopper, E. S. Pearson. The use of confidence or fiducial limits illustrated in
       the case of the binomial. Biometrika 26, 1934.
    .. [3] B. Efron, R. J. Tibshirani. An introduction to the bootstrap. 1993, chapter 13.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_instamap.metrics import confidence_interval
    >>> ranks = np.repeat([1, 2, 5], [40, 30, 30])
    >>> low, high = confidence_interval(ranks <= 1)
    >>> round(low, 3), round(high, 3)
    (0.309, 0.498)
    >>> low, high = confidence_interval(1 / ranks, random_state=0)
    >>> round(low, 2), round(high, 2)
    (0.54, 0.68)
    """
    check_option("method", method, METHODS)
    seeded = check_seed(random_state)
    n_resamples = check_count("n_resamples", n_resamples)
    check_number("confidence_level", confidence_level, reals(0, 1, closed="neither"))
    if outcomes_b is None:
        values = check_outcomes("outcomes", outcomes)
        binary = bool(np.isin(values, (0.0, 1.0)).all())
    else:
        values, binary = paired_differences(outcomes, outcomes_b), False
    if method == "bootstrap" or (method == "auto" and not binary):
        return _bootstrap(values, confidence_level, n_resamples, seeded)
    if not binary:
        raise ValueError(
            f"method={method!r} is for outcomes of 0 and 1 of one method; pass method='bootstrap'."
        )
    interval = stats.binomtest(int(values.sum()), len(values)).proportion_ci(
        confidence_level, method="wilson" if method == "auto" else method
    )
    return float(interval.low), float(interval.high)


def _bootstrap(
    values: Floats,
    confidence_level: float,
    n_resamples: int,
    random_state: RandomState,
) -> tuple[float, float]:
    if len(values) < 2:
        raise ValueError("The bootstrap needs the outcomes of at least two queries, got 1.")
    interval = stats.bootstrap(
        (values,),
        np.mean,
        confidence_level=confidence_level,
        n_resamples=n_resamples,
        # Not bias-corrected: its jackknife takes the square of the queries in time and memory,
        # and the mean of hundreds of queries has no bias or skewness to correct.
        method="percentile",
        batch=max(1, _BATCH // len(values)),
        random_state=random_state,
    ).confidence_interval
    return float(interval.low), float(interval.high)
