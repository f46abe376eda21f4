"""Checks of the data that fitting is given: rows, names of columns, and spaces they come from."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import pairwise_distances_argmin
from sklearn.utils import check_array
from sklearn.utils.validation import _get_feature_names, check_consistent_length, validate_data

from sklearn_instamap._number_rows import number_rows
from sklearn_instamap._row_index import row_hashes
from sklearn_instamap._space import EmbeddingSpace
from sklearn_instamap._space_like import SpaceLike, space_vectors

Array = NDArray[np.floating]
DTYPES = [np.float64, np.float32]

# Rows without an equal one in the space that are looked for by distance; see `_near`.
_LOOKED_FOR = 256

# Two languages' vectors from one program differ by up to 1.75 in mean length, those of different
# programs by five and more, with which InstaMap falls far below a rotation.
_MAX_RATIO = 1.8


def fit_data(
    aligner: Any,
    X: SpaceLike,
    y: SpaceLike,
    source_space: SpaceLike | None,
    target_space: SpaceLike | None,
) -> tuple[Array, Array, Any, Any]:
    """Check what an aligner is to be fitted on, and return it as arrays of one dtype.

    The aligner gets ``n_features_in_`` and ``feature_names_in_``, which scikit-learn's check sets.
    A space that is not given stays None.
    """
    if y is None:
        name = type(aligner).__name__
        raise ValueError(f"{name} requires y to be passed, but the target y is None.")
    rows = validate_data(aligner, plain_rows(X), dtype=DTYPES, order="C")
    targets = target_rows(y)
    check_consistent_length(rows, targets)
    source = checked_space(source_space, "source_space", rows, "X")
    target = checked_space(target_space, "target_space", targets, "y")
    warn_if_cut("source_space", source_space, X, len(rows))
    warn_if_cut("target_space", target_space, y, len(rows))
    if source is not None:
        check_membership(rows, source, "X", "source_space", target)
    if target is not None:
        check_membership(targets, target, "y", "target_space", source)
    source, target = (
        space if space is None else space.astype(rows.dtype, copy=False)
        for space in (source, target)
    )
    return rows, targets.astype(rows.dtype, copy=False), source, target


def plain_rows(rows: SpaceLike, name: str = "X", *, min_ndim: int = 2) -> Any:
    """Return the vectors of a space; anything else as `number_rows` does."""
    if isinstance(rows, EmbeddingSpace):
        return rows.vectors
    return number_rows(rows, name, min_ndim=min_ndim)


def target_rows(y: SpaceLike) -> Array:
    """Check target rows; one-dimensional ones are a space of one dimension."""
    y = plain_rows(y, "y", min_ndim=1)
    rows = check_array(y, dtype=DTYPES, order="C", ensure_2d=False, input_name="y")
    return rows.reshape(-1, 1) if rows.ndim == 1 else rows


def column_names(y: Any) -> NDArray[np.object_] | None:
    """Return the names of the columns of a data frame, None for anything else."""
    return None if isinstance(y, EmbeddingSpace) else _get_feature_names(y)


def check_column_names(y: Any, fitted: NDArray[np.object_] | None) -> None:
    """Refuse a frame of target rows whose columns are not those that fitting saw."""
    names = column_names(y)
    if fitted is None or names is None or np.array_equal(names, fitted):
        return
    if set(names) == set(fitted):
        raise ValueError(
            "The columns of y are those of the target rows that were passed during fit, in another "
            f"order: it begins with {names[0]!r} and not with {fitted[0]!r}; give y[columns]."
        )
    strange = [name for name in names if name not in set(fitted)]
    missing = [name for name in fitted if name not in set(names)]
    raise ValueError(
        "The feature names should match those of the target rows that were passed during fit; y "
        f"has {len(strange)} unknown columns {strange[:3]}, and lacks {len(missing)} {missing[:3]}."
    )


def checked_space(space: SpaceLike | None, name: str, rows: Array, side: str) -> Array | None:
    """Return a space as an array of as many dimensions as the dictionary's rows have."""
    if space is None:
        return None
    vectors = space_vectors(space, name)
    if vectors.shape[1] != rows.shape[1]:
        raise ValueError(
            f"{name} has {vectors.shape[1]} dimensions, but {side} has {rows.shape[1]}: the "
            "dictionary rows must be rows of the space."
        )
    return vectors


def check_membership(rows: Array, space: Array, side: str, name: str, other: Array | None) -> None:
    """Refuse dictionary rows that are not rows of the space given with them.

    ``other`` is the space of the other side, which tells whether the two are swapped.
    """
    if rows is space:
        return
    # The one may have been read in less precision than the other.
    dtype = min(rows.dtype, space.dtype, key=lambda each: each.itemsize)
    rows, space = rows.astype(dtype, copy=False), space.astype(dtype, copy=False)
    missing = np.flatnonzero(~np.isin(row_hashes(rows), row_hashes(space)))
    if len(missing) == 0 or _near(rows[missing[:_LOOKED_FOR]], space):
        return
    swapped = (
        other is not None
        and other.shape[1] == rows.shape[1]
        and np.isin(row_hashes(rows[missing]), row_hashes(other.astype(dtype, copy=False))).all()
    )
    remedy = (
        "they are rows of the other space: are source_space and target_space swapped?"
        if swapped
        else "look the pairs up in the space itself, after whatever else is done to it; steps "
        "before an aligner belong into make_aligner_pipeline, which changes pairs and spaces alike."
    )
    raise ValueError(
        f"{len(missing)} of the {len(rows)} rows of {side} are not rows of {name}, the first is "
        f"row {missing[0]}; {remedy}"
    )


def _near(rows: Array, space: Array) -> bool:
    """Tell whether all rows are rows of the space but for rounding.

    The product of one row with a matrix and that of a whole space with it may differ in the last
    bits, as when a transformer came before.
    """
    nearest = space[pairwise_distances_argmin(rows, space)]
    distances = np.linalg.norm((rows - nearest).astype(np.float64), axis=1)
    lengths = np.linalg.norm(rows.astype(np.float64), axis=1)
    return bool((distances <= np.sqrt(np.finfo(rows.dtype).eps) * lengths).all())


def warn_if_cut(
    name: str, space: SpaceLike | None, rows: SpaceLike, n_pairs: int, stacklevel: int = 5
) -> None:
    """Warn where a space passed as fit metadata may have been cut to the rows of a fold."""
    if space is None or space is rows or isinstance(space, EmbeddingSpace):
        return
    if np.shape(space)[0] == n_pairs:
        warnings.warn(
            f"{name} has exactly as many rows as the dictionary ({n_pairs}): scikit-learn cuts "
            "array-likes of that length into folds; wrap the space in EmbeddingSpace to pass it "
            "whole.",
            UserWarning,
            stacklevel=stacklevel,
        )


def undetermined(n_pairs: int, dims: tuple[int, int], needed: int) -> str:
    """Return the sentence that warns of fewer pairs than dimensions."""
    pairs = "1 distinct pair does" if n_pairs == 1 else f"{n_pairs} distinct pairs do"
    return (
        f"{pairs} not determine the map from {dims[0]} to {dims[1]} dimensions: directions "
        f"that no pair covers are mapped arbitrarily; give at least {needed} pairs, or reduce the "
        "dimensions first."
    )


def mean_length(rows: Array) -> float:
    """Return the mean length of rows."""
    return float(np.linalg.norm(rows, axis=1).mean())


def lengths_differ(source: float, target: float) -> bool:
    """Tell whether the mean lengths of two sides differ more than those of two languages do."""
    return max(source, target) > _MAX_RATIO * min(source, target)
