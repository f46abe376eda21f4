"""A dictionary of word pairs in any of the forms in which it may be given."""

from __future__ import annotations

from collections.abc import Iterable, Sized
from typing import TypeAlias

import pandas as pd

DictionaryLike: TypeAlias = "pd.DataFrame | Iterable[tuple[str, str]]"
"""A DataFrame with the columns ``source`` and ``target``, or pairs of words."""


def dictionary_frame(dictionary: DictionaryLike, name: str = "dictionary") -> pd.DataFrame:
    """Return a dictionary as a DataFrame of its two columns.

    Parameters
    ----------
    dictionary : DataFrame with columns "source" and "target", or iterable of pairs of str
        The dictionary.
    name : str, default="dictionary"
        What to call it in an error message.

    Returns
    -------
    DataFrame of shape (n_pairs, 2)
        Columns ``source`` and ``target``. The index is that of a DataFrame given.

    Raises
    ------
    TypeError
        If it is no collection, or the name of a file.
    ValueError
        If a column is missing, an entry is no pair, or a word is missing.
    """
    if not isinstance(dictionary, pd.DataFrame):
        return pd.DataFrame(_pairs(dictionary, name), columns=["source", "target"], dtype=object)
    missing = [column for column in ("source", "target") if column not in dictionary.columns]
    if missing:
        raise ValueError(
            f"{name} has no column {' and no column '.join(map(repr, missing))}; name its columns "
            "'source' and 'target'."
        )
    frame = dictionary[["source", "target"]]
    absent = frame.isna().to_numpy().any(axis=1)
    if absent.any():
        raise ValueError(
            f"{name} has no word in row {absent.argmax()}; pandas.read_csv takes words such as "
            "'nan' and 'null' for missing ones: use sklearn_instamap.io.read_dictionary, or pass "
            "keep_default_na=False."
        )
    return frame


def _pairs(entries: Iterable[tuple[str, str]], name: str) -> list[tuple[str, str]]:
    if isinstance(entries, str) or not isinstance(entries, Iterable):
        raise TypeError(
            f"{name} must be a DataFrame or pairs of words, got {type(entries).__name__}; read a "
            "file with sklearn_instamap.io.read_dictionary."
        )
    pairs = []
    for number, entry in enumerate(entries):
        # A string of two characters would pass for a pair.
        if isinstance(entry, str) or not isinstance(entry, Sized) or len(entry) != 2:
            raise ValueError(
                f"{name} must hold pairs of a source word and a target word; entry {number} is "
                f"{entry!r}."
            )
        pairs.append((entry[0], entry[1]))
    return pairs
