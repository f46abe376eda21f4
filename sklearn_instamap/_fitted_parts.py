"""Whether the parts of a fitted object fit together: what is asked of those that a file holds.

A class says in ``_fitted_parts`` what its fitted attributes are, by the others and by the
parameters. scikit-learn's own estimators are known by the names they give to such attributes.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeAlias

import numpy as np
from scipy.sparse import issparse
from sklearn.base import BaseEstimator
from sklearn.exceptions import NotFittedError
from sklearn.utils.validation import check_is_fitted

# What it is called, what it is, what it must be: an array of finite numbers of a shape, a number
# of a range, all numbers of an array in a range (`Within`), float for a finite number, None for
# anything, any other value for itself.
Parts: TypeAlias = Iterator[tuple[str, Any, Any]]

# Attributes of scikit-learn's transformers that have a number, or a column, for each feature.
_BY_FEATURE = (
    "mean_",
    "scale_",
    "var_",
    "center_",
    "min_",
    "max_abs_",
    "data_min_",
    "data_max_",
    "data_range_",
    "lambdas_",
    "variances_",
    "statistics_",
)
_IN_ROWS = ("components_", "quantiles_", "coef_")
MOST_DIMENSIONS = 1 << 31


class Within:
    """What an array of row numbers must be: each of them a row of so many."""

    def __init__(self, n_rows: int) -> None:
        self.n_rows = n_rows

    def __str__(self) -> str:
        return f"row numbers below {self.n_rows}"


class FittedPartsMixin:
    """What is known of the fitted attributes of every aligner."""

    n_features_in_: int
    n_target_features_in_: int
    _n_features_out: int

    def _fitted_parts(self) -> Parts:
        """Yield names and values of fitted attributes, and what they must be."""
        own = vars(self)
        for side in ("", "target_"):
            width = getattr(self, f"n_{side}features_in_")
            yield f"n_{side}features_in_", width, range(1, MOST_DIMENSIONS)
            names = own.get(f"{side}feature_names_in_")
            if names is not None:
                yield f"as many {side}feature_names_in_ as", len(names), width
        for name in ("_seen_source_", "_seen_target_"):
            if name in own:
                yield name, own[name], (np.size(own[name]),)


def linear_maps(aligner: Any) -> Parts:
    """Yield the maps of an aligner that has a linear one for each side, or for the source alone."""
    width = aligner._n_features_out
    if aligner.target_map_ is None:
        yield "_n_features_out", width, aligner.n_target_features_in_
    else:
        yield "target_map_", aligner.target_map_, (aligner.n_target_features_in_, width)
    yield "source_map_", aligner.source_map_, (aligner.n_features_in_, width)


def normalizations(aligner: Any) -> Parts:
    """Yield what an aligner has learned of both spaces to normalize their rows."""
    widths = {"source": aligner.n_features_in_, "target": aligner.n_target_features_in_}
    for side, width in widths.items():
        name = f"_{side}_normalization"
        yield from getattr(aligner, name).parts(name, aligner.normalization, width)


def first_fault(value: Any) -> str | None:
    """Say what does not fit in a fitted object, None if all does or nothing is known of it."""
    if isinstance(value, BaseEstimator):
        try:
            check_is_fitted(value)
        except (NotFittedError, TypeError):
            return None  # a step as it was given, to be cloned
    parts = value._fitted_parts() if hasattr(value, "_fitted_parts") else _of_scikit_learn(value)
    owner = type(value).__name__
    try:
        for name, found, wanted in parts:
            if not _fits(found, wanted):
                return f"its {owner} has {name} {_shown(found)}, not {_described(wanted)}"
    except AttributeError as error:
        return f"its {owner} lacks {error.name}"
    return None


def _of_scikit_learn(value: Any) -> Parts:
    if not (type(value).__module__.startswith("sklearn.") and hasattr(value, "n_features_in_")):
        return
    yield "n_features_in_", value.n_features_in_, range(1, MOST_DIMENSIONS)
    for name in (*_BY_FEATURE, *_IN_ROWS):
        found = vars(value).get(name)
        if getattr(found, "ndim", 0):
            rows = found.shape[:-1] if name in _IN_ROWS else ()
            yield name, found, (*rows, value.n_features_in_)


def _fits(found: Any, wanted: Any) -> bool:
    if wanted is None:
        return True
    if isinstance(wanted, tuple):
        return getattr(found, "shape", None) == wanted and _are_finite(found)
    if isinstance(wanted, Within):
        is_rows = isinstance(found, np.ndarray) and found.dtype.kind in "iu"
        return is_rows and (found.size == 0 or (found.min() >= 0 and found.max() < wanted.n_rows))
    if wanted is float:
        return isinstance(found, int | float | np.number) and bool(np.isfinite(found))
    if wanted is type(None):
        return found is None
    if isinstance(wanted, range):
        return isinstance(found, int | np.integer) and found in wanted
    return isinstance(found, bool) == isinstance(wanted, bool) and bool(found == wanted)


def _are_finite(found: Any) -> bool:
    if found.dtype.kind not in "biuf":
        return False
    found = found.data if issparse(found) else found
    with np.errstate(all="ignore"):
        # One number for each row, and not a flag for each value.
        return bool(np.isfinite(found.sum()) or np.isfinite(found).all())


def _shown(found: Any) -> str:
    if isinstance(found, np.ndarray) and found.ndim:
        return f"of shape {found.shape} and type {found.dtype}"
    return f"{found!s:.60}"


def _described(wanted: Any) -> str:
    if isinstance(wanted, tuple):
        return f"finite numbers of shape {wanted}"
    if isinstance(wanted, range):
        return f"from {wanted.start} to {wanted.stop - 1}"
    return {float: "a finite number", type(None): "None"}.get(wanted, str(wanted))
