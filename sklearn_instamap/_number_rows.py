"""Rows of numbers in any container: half precision becomes single, other values are refused.

scikit-learn's check of an array takes dates for numbers and forgets the mask of a masked array; of
a float it does not list, such as half precision, it makes ``float64``; and many of its sentences do
not say which argument they are about. So every door looks here first.
"""

from __future__ import annotations

from typing import Any, NoReturn

import numpy as np
import pandas as pd
import scipy.sparse as sp
from numpy.typing import NDArray

from sklearn_instamap._wording import full_name

# Kinds of dtype that NumPy would convert to floats without a word, and their names.
_NO_NUMBERS = {"M": "dates", "m": "durations", "V": "records"}


def number_rows(rows: Any, name: str, *, min_ndim: int = 2) -> Any:
    """Return rows of numbers as they are, those in half precision as ``float32``.

    ``min_ndim`` is 1 where a single row, or a single column, will do. Data frames stay data frames.
    Raises TypeError or ValueError if they hold something else than numbers, masked values, or no
    rows.
    """
    if isinstance(rows, pd.DataFrame | pd.Series):
        return _frame(rows, name)
    if sp.issparse(rows):  # scikit-learn refuses it by name
        return rows
    names = rows.columns if hasattr(rows, "columns") and hasattr(rows, "to_numpy") else ()
    if len(names) and all(isinstance(name_, str) for name_ in names):
        # A frame of Polars: scikit-learn looks at its names, but would make float64 of float32.
        return _frame(pd.DataFrame(np.asarray(rows), columns=list(names)), name)
    refuse_masked(rows, name)
    try:
        array = np.asarray(rows)
    except (TypeError, ValueError, RuntimeError) as error:
        _refuse(rows, name, error)
    if array.ndim == 0 and array.dtype.kind not in "biuf":
        _refuse(rows, name)
    array = _floats(array, name)
    if not min_ndim <= array.ndim <= 2:
        _refuse_shape(array, name)
    _refuse_empty(array.shape, name)
    return array


def number_values(values: Any, name: str) -> NDArray[Any]:
    """Return one-dimensional values, or what may be some, as an array; refuse masked ones."""
    refuse_masked(values, name)
    try:
        return np.asarray(values)
    except (TypeError, ValueError, RuntimeError) as error:
        raise type(error)(f"{name} is not an array: {_first_line(error)}.") from None


def row_numbers(rows: Any, name: str, n_rows: int) -> NDArray[np.intp]:
    """Return the numbers of rows; refuse fractions, masks, and rows that are not there."""
    numbers = number_values(rows, name)
    if numbers.ndim != 1 or (numbers.size and numbers.dtype.kind not in "iu"):
        mask = "; np.flatnonzero makes them of a mask" if numbers.dtype.kind == "b" else ""
        raise ValueError(
            f"{name} must hold the numbers of rows, one-dimensional integers; got shape "
            f"{numbers.shape} and dtype {numbers.dtype}{mask}."
        )
    outside = numbers[(numbers < 0) | (numbers >= n_rows)]
    if outside.size:
        missing = ", which stands for what was not found" if outside[0] == -1 else ""
        raise ValueError(
            f"{name} must be row numbers from 0 to {n_rows - 1}; got {outside[0]}{missing}."
        )
    return numbers.astype(np.intp)


def refuse_masked(values: Any, name: str) -> None:
    """Refuse an array of which some values are masked, for NumPy would use them all the same."""
    n_masked = int(np.ma.count_masked(values)) if isinstance(values, np.ma.MaskedArray) else 0
    if n_masked:
        raise ValueError(
            f"{name} has {n_masked} masked values; fill them in, or leave their rows out."
        )


def _frame(frame: Any, name: str) -> Any:
    if isinstance(frame, pd.DataFrame) and not frame.columns.is_unique:
        repeated = frame.columns[frame.columns.duplicated()][0]
        raise ValueError(f"{name} has more than one column {repeated!r}; name each another way.")
    _refuse_empty(frame.shape, name)
    dtypes = list(frame.dtypes) if isinstance(frame, pd.DataFrame) else [frame.dtype]
    for dtype in dtypes:
        # The dtypes of pandas and of Arrow have a kind, too; categories, objects and texts may
        # hold numbers.
        kind = getattr(dtype, "kind", "O")
        if kind in _NO_NUMBERS or kind == "c":
            _refuse_kind(kind, dtype, name)
    if all(dtype.kind == "f" and getattr(dtype, "itemsize", 8) <= 4 for dtype in dtypes):
        # A nullable one with something missing cannot be converted; what is missing is said later.
        is_single = all(dtype == np.float32 for dtype in dtypes)
        return frame if is_single or frame.isna().to_numpy().any() else frame.astype(np.float32)
    if any(dtype.kind not in "biuf" for dtype in dtypes):
        try:
            return frame.astype(np.float64)
        except (TypeError, ValueError) as error:
            _refuse_content(name, error)
    return frame


def _floats(array: Any, name: str) -> Any:
    kind = array.dtype.kind
    if kind == "f" and array.dtype.itemsize <= 4:
        return array.astype(np.float32, copy=False)
    if kind in _NO_NUMBERS or kind == "c":
        _refuse_kind(kind, array.dtype, name)
    if kind not in "biuf":
        try:
            return array.astype(np.float64)
        except (TypeError, ValueError) as error:
            _refuse_content(name, error)
    return array


def _refuse(rows: Any, name: str, error: Exception | None = None) -> NoReturn:
    remedy = "; pass its vectors" if hasattr(rows, "vectors") else ""
    because = f" ({_first_line(error)})" if error is not None else ""
    wrong = ValueError if isinstance(error, ValueError) else TypeError
    raise wrong(
        f"{name} must be an array of numbers, one row per vector, got {full_name(type(rows))}"
        f"{because}{remedy}."
    ) from None


def _refuse_kind(kind: str, dtype: Any, name: str) -> NoReturn:
    if kind == "c":
        # The first words are those that scikit-learn's own check has.
        raise ValueError(f"Complex data not supported: {name} holds {dtype}; pass real numbers.")
    raise TypeError(f"{name} holds {_NO_NUMBERS[kind]} ({dtype}), not numbers.")


def _refuse_content(name: str, error: Exception) -> NoReturn:
    raise type(error)(f"{name} does not hold numbers alone: {_first_line(error)}.") from None


def _refuse_shape(array: Any, name: str) -> NoReturn:
    # With the words by which scikit-learn's checks know such a message.
    found = "a scalar" if array.ndim == 0 else f"{array.ndim}D array"
    remedy = (
        "Reshape your data: reshape(1, -1) makes one row of it, reshape(-1, 1) one column"
        if array.ndim < 2
        else "one row per vector is needed"
    )
    raise ValueError(
        f"Expected 2D array, got {found} instead: {name} has the shape {array.shape}. {remedy}."
    )


def _refuse_empty(shape: tuple[int, ...], name: str) -> None:
    if 0 in shape:
        missing = "feature" if shape[0] else "sample"
        # As scikit-learn says it, with the name.
        raise ValueError(
            f"{name} is empty: 0 {missing}(s) (shape={shape}) while a minimum of 1 is required."
        )


def _first_line(error: Exception | None) -> str:
    return str(error).partition("\n")[0].rstrip(".")
