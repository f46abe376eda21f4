"""A dictionary of word pairs in any of the forms in which it may be given."""

from __future__ import annotations

from collections.abc import Iterable, Sized
from typing import Any, TypeAlias

import pandas as pd

from sklearn_instamap._words import check_words, is_scalar, show_word

DictionaryLike: TypeAlias = "pd.DataFrame | Iterable[tuple[str, str]]"
"""A DataFrame with the columns ``source`` and ``target``, or pairs of words."""


def dictionary_frame(dictionary: DictionaryLike, name: str = "dictionary") -> pd.DataFrame:
    """Return a dictionary as a DataFrame of its columns ``source`` and ``target``.

    The index is that of a DataFrame given. Raises TypeError if it is not a collection, or the name
    of a file, or a word is not a ``str``; ValueError if a column is missing, an entry is not a
    pair, or a word is missing or empty.
    """
    if not isinstance(dictionary, pd.DataFrame):
        columns = getattr(dictionary, "columns", None)
        if isinstance(columns, list) and {"source", "target"} <= set(map(str, columns)):
            # Of another library, such as polars.
            table: Any = dictionary
            dictionary = zip(table["source"], table["target"], strict=True)
        return pd.DataFrame(_pairs(dictionary, name), columns=["source", "target"], dtype=object)
    missing = [column for column in ("source", "target") if column not in dictionary.columns]
    if missing:
        raise ValueError(
            f"{name} has no column {' and no column '.join(map(repr, missing))}; name its columns "
            "'source' and 'target'."
        )
    repeated = [side for side in ("source", "target") if list(dictionary.columns).count(side) > 1]
    if repeated:
        raise ValueError(f"{name} has more than one column {repeated[0]!r}; keep one.")
    frame = dictionary[["source", "target"]]
    for side in frame:
        check_words(frame[side], name, what=f"{side} word")
    return frame


def _pairs(entries: Iterable[tuple[str, str]], name: str) -> list[tuple[str, str]]:
    if isinstance(entries, str | bytes) or not isinstance(entries, Iterable) or is_scalar(entries):
        raise TypeError(
            f"{name} must be a DataFrame or pairs of words, got {type(entries).__name__}; read a "
            "file with sklearn_instamap.io.read_dictionary."
        )
    pairs = []
    for number, entry in enumerate(entries):
        # A string of two characters would pass for a pair, and a set has no order.
        if (
            isinstance(entry, str | bytes | set | frozenset | dict)
            or not isinstance(entry, Sized)
            or len(entry) != 2
        ):
            raise ValueError(
                f"{name} must hold pairs of a source word and a target word; entry {number} is "
                f"{show_word(entry)}."
            )
        source, target = entry
        pairs.append((source, target))
    for side, words in zip(("source", "target"), zip(*pairs, strict=True), strict=False):
        check_words(words, name, what=f"{side} word")
    return pairs
