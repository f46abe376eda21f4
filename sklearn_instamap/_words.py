"""What a word is: one check for all doors, and how a word is shown to a reader."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sklearn_instamap._printable import printable
from sklearn_instamap._wording import full_name

_SHOWN = 60


def check_words(words: Iterable[Any], name: str, *, what: str = "word") -> tuple[str, ...]:
    """Return words as a tuple, every one a non-empty ``str``, or say which one is not.

    ``name`` is what holds them in an error, ``what`` what one of them is called there. Subclasses
    such as ``numpy.str_`` become plain ``str``. Raises TypeError if ``words`` is one text or not
    iterable, or an entry is not a text; ValueError if a word is missing or empty.
    """
    if isinstance(words, str | bytes):
        raise TypeError(
            f"{name} must be a list of words, got one {type(words).__name__}, "
            f"{show_word(words)}; put it into a list."
        )
    _refuse_set(words, name)
    try:
        found = tuple(words)
    except TypeError:
        raise TypeError(f"{name} must be a list of words, got {type(words).__name__}.") from None
    if all(type(word) is str and word for word in found):
        return found
    for row, word in enumerate(found):
        if not isinstance(word, str) or not word:
            raise _word_error(word, row, name, what)
    return tuple(str(word) for word in found)


def check_ids(ids: Iterable[Any], name: str) -> tuple[Hashable, ...]:
    """Return what identifies rows as a tuple, every one hashable and none missing, or say which.

    NumPy's scalars become Python's own.
    """
    _refuse_set(ids, name)
    if isinstance(ids, str | bytes) or not isinstance(ids, Iterable) or is_scalar(ids):
        raise TypeError(f"{name} must be a list of ids, got {type(ids).__name__}.")
    found = tuple(map(plain_id, plain_values(ids)))
    for row, id_ in enumerate(found):
        if is_missing(id_):
            raise ValueError(f"{name} has no id in row {row}; give every row one.")
        if isinstance(id_, str) and not id_:
            raise ValueError(f"{name} has an empty id in row {row}; give every row one.")
        try:
            hash(id_)
        except TypeError:
            raise TypeError(
                f"{name} has an id of type {type(id_).__name__} in row {row}, which cannot be "
                "looked up; use texts, integers or tuples."
            ) from None
    return found


def plain_id(id_: Any) -> Any:
    """Return an id, NumPy's scalars as Python's own, or as pandas' where Python has none."""
    if not isinstance(id_, np.generic):
        return id_
    value = id_.item()
    # Python knows no nanoseconds: NumPy makes a bare number of them.
    if isinstance(value, int) and isinstance(id_, np.datetime64 | np.timedelta64):
        return pd.Timestamp(id_) if isinstance(id_, np.datetime64) else pd.Timedelta(id_)
    return value


def plain_values(values: Any) -> Any:
    """Return an array of NumPy or pandas as a list of Python's own; anything else as it is."""
    if isinstance(values, np.ndarray) and values.dtype.kind in "mM":
        return [plain_id(value) for value in values]
    return values.tolist() if isinstance(values, np.ndarray | pd.Series | pd.Index) else values


def object_array(values: Iterable[Any]) -> NDArray[np.object_]:
    """Return values as a one-dimensional array, each of them one entry, tuples too."""
    found = list(values)
    array = np.empty(len(found), dtype=object)
    array[:] = found
    return array


def _refuse_set(words: Any, name: str) -> None:
    if isinstance(words, set | frozenset):
        raise TypeError(
            f"{name} must be a list, got a {type(words).__name__}, which has no order; sort it."
        )


def is_scalar(value: Any) -> bool:
    """Tell whether an array has no dimension, and so nothing to go through, unlike others."""
    return isinstance(value, np.ndarray) and value.ndim == 0


def _word_error(word: Any, row: int, name: str, what: str) -> TypeError | ValueError:
    """Say what is wrong with an entry that is not a word."""
    if is_missing(word):
        return ValueError(
            f"{name} has no word in row {row}; pandas.read_csv takes words such as 'nan' and "
            "'null' for missing ones: read the file with sklearn_instamap.io, or pass "
            "keep_default_na=False."
        )
    if isinstance(word, str):
        return ValueError(f"{name} has an empty {what} in row {row}; name it or leave it out.")
    remedy = "decode it" if isinstance(word, bytes) else "make every word a str"
    return TypeError(
        f"{name} has {show_word(word)} in row {row}, of type {type(word).__name__} and no {what}; "
        f"{remedy}."
    )


def is_missing(word: Any) -> bool:
    """Tell whether an entry is None, nan, NaT or ``pandas.NA``."""
    return word is None or (pd.api.types.is_scalar(word) and bool(pd.isna(word)))


def show_word(word: Any) -> str:
    """Quote a word in a message, cut to a readable length, nothing in it invisible."""
    text = repr(word[:_SHOWN] if isinstance(word, str) else word)
    is_cut = len(word if isinstance(word, str) else text) > _SHOWN
    if isinstance(word, str):
        return f"{text[:-1]}…{text[-1]}" if is_cut else text
    return printable(text[:_SHOWN] + "…" * is_cut)


def show_exactly(word: str) -> str:
    """Quote a word with everything outside ASCII as an escape, to tell look-alikes apart."""
    return ascii(word[:_SHOWN]) + "…" * (len(word) > _SHOWN)


def refuse_missing(missing: Sequence[Any], n_asked: int, what: str = "words") -> None:
    """Refuse words, or ids, that the source space does not have."""
    if missing:
        shown = ", ".join(map(show_word, missing[:5])) + ", ..." * (len(missing) > 5)
        raise ValueError(
            f"{len(missing)} of {n_asked} {what} are not in the source space: {shown}."
        )


def text_index(words: Iterable[Any], name: str | None = None) -> pd.Index:
    """Return words as pandas keeps texts, in an index or a column of a DataFrame.

    Its own type of text cannot hold what is not valid Unicode, such as the lone surrogates that
    ``encoding_errors="surrogateescape"`` reads: then the words stay objects.
    """
    values = object_array(words)
    try:
        return pd.Index(values, name=name, tupleize_cols=False)
    except UnicodeEncodeError:
        return pd.Index(values, name=name, tupleize_cols=False, dtype=object)


def frame_words(
    frame: Any, name: str, wanted: str = "an EmbeddingSpace or a DataFrame of pandas"
) -> tuple[str, ...]:
    """Return the words by which a DataFrame is indexed, or say what its index holds instead."""
    if not isinstance(frame, pd.DataFrame):
        remedy = (
            "make an EmbeddingSpace of its column of words and the array of the others"
            if hasattr(frame, "columns")
            else "words cannot be looked up in an array"
        )
        raise TypeError(
            f"{name} must be {wanted} indexed by word, got {full_name(type(frame))}; {remedy}."
        )
    index = frame.index
    if isinstance(index, pd.MultiIndex):
        raise TypeError(
            f"The index of {name} has {index.nlevels} levels; a space is indexed by word alone."
        )
    if len(index) and pd.api.types.is_any_real_numeric_dtype(index.dtype) and not index.hasnans:
        raise TypeError(
            f"The index of {name} holds {index.dtype}, such as {index[0]}, not words; use "
            "set_index with the column of words, or index.astype(str) if these are the words."
        )
    return check_words(index, f"The index of {name}")
