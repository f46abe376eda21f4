"""Bilingual dictionaries: one pair per line, source word and target word."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from typing import Literal, TypeAlias

import pandas as pd

from sklearn_instamap.io._atomic import StrPath, atomic_paths
from sklearn_instamap.io._row import show
from sklearn_instamap.io._streams import Repeats, decode, numbered_lines, open_binary

DictionaryLike: TypeAlias = "pd.DataFrame | Iterable[tuple[str, str]]"
"""A DataFrame with the columns ``source`` and ``target``, or pairs of words."""


_BLANKS = " \t\n\r\x0b\x0c"


def read_dictionary(
    path: StrPath,
    *,
    lowercase: bool = True,
    sep: str | None = None,
    duplicates: Literal["warn", "drop", "keep"] = "warn",
    encoding_errors: str = "strict",
) -> pd.DataFrame:
    """Read a bilingual dictionary: per line a source word and its translation.

    A word with several translations stands on several lines, all of which are kept. Blank
    lines are skipped; the file may be gzip-compressed.

    Parameters
    ----------
    path : str or path-like
        The file.
    lowercase : bool, default=True
        Lower-case both sides, as the field's evaluations do.
    sep : str, default=None
        What stands between the two words. None is a tab if the first line has one, and else
        blanks. With a tab, entries may be of several words. ``" "`` is any blanks.
    duplicates : {"warn", "drop", "keep"}, default="warn"
        What to do about a *pair* that stands twice, perhaps only after lower-casing:
        ``"warn"`` drops all but the first and warns, ``"drop"`` does so in silence. ``"keep"``
        keeps them, which gives such a pair more weight; the InstaMap authors' program does.
    encoding_errors : str, default="strict"
        What to do about words that are not valid UTF-8, as for :meth:`bytes.decode`.

    Returns
    -------
    DataFrame of shape (n_pairs, 2)
        Columns ``source`` and ``target``, in the order of the file.

    Raises
    ------
    OSError
        If the file does not exist or cannot be read.
    ValueError
        If the file has no pairs, or a line has not exactly two sides. The message names the
        file and the line.

    Warns
    -----
    UserWarning
        If pairs repeat and ``duplicates="warn"``.

    See Also
    --------
    lookup_pairs : The vectors of the pairs.
    write_dictionary : The other direction.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from sklearn_instamap.io import read_dictionary
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "en-de.tsv"
    ...     _ = path.write_text("house\\tHaus\\nhouse\\tGebäude\\n", encoding="utf-8")
    ...     read_dictionary(path)
      source   target
    0  house     haus
    1  house  gebäude
    """
    if duplicates not in ("warn", "drop", "keep"):
        raise ValueError(f"duplicates must be 'warn', 'drop' or 'keep', got {duplicates!r}.")
    if sep == "":
        raise ValueError("sep must not be empty; use ' ' for words separated by blanks.")
    separator = None if sep is None else sep.encode()
    pairs: list[tuple[str, str]] = []
    seen: set[tuple[str, str]] = set()
    repeats = Repeats()
    with open_binary(path) as stream:
        for number, line in numbered_lines(stream):
            if not line.strip():
                continue
            if separator is None:
                separator = b"\t" if b"\t" in line else b" "
            pair = _split_pair(path, number, line, separator, encoding_errors)
            if lowercase:
                pair = (pair[0].lower(), pair[1].lower())
            if duplicates != "keep":
                if pair in seen:
                    repeats.add(f"{pair[0]!r} {pair[1]!r}", number)
                    continue
                seen.add(pair)
            pairs.append(pair)
    if not pairs:
        raise ValueError(f"{os.fspath(path)}: the file has no pairs.")
    if duplicates == "warn":
        repeats.warn(path, "pair", lowercase=lowercase, stacklevel=2)
    return _pairs_frame(pairs)


def _split_pair(
    path: StrPath, number: int, line: bytes, separator: bytes, encoding_errors: str
) -> tuple[str, str]:
    # Split as bytes: str.split would take NBSP or U+2028 inside a word for a blank.
    sides = line.split() if separator == b" " else [side.strip() for side in line.split(separator)]
    where = f"{os.fspath(path)}, line {number}"
    if len(sides) != 2:
        between = "blanks" if separator == b" " else repr(separator.decode())
        remedy = (
            "entries of several words need a tab between the two sides"
            if separator == b" "
            else "mend the line, or pass another sep"
        )
        raise ValueError(
            f"{where}: {show(line)} has {len(sides)} column{'s' * (len(sides) != 1)} separated by "
            f"{between} instead of 2; {remedy}."
        )
    for side, text in zip(("source", "target"), sides, strict=True):
        if not text:
            raise ValueError(f"{where}: the {side} word is empty; fill it in or remove the line.")
    source, target = (decode(text, path, number, encoding_errors) for text in sides)
    return source, target


def write_dictionary(path: StrPath, dictionary: DictionaryLike, *, sep: str = "\t") -> None:
    """Write a bilingual dictionary, such as the lexicon an aligner has induced.

    The file appears when it is complete and not before.

    Parameters
    ----------
    path : str or path-like
        The file.
    dictionary : DataFrame with columns "source" and "target", or iterable of pairs of str
        The pairs, written in this order.
    sep : str, default="\\t"
        What to put between the two words.

    Raises
    ------
    OSError
        If the folder does not exist or cannot be written to.
    ValueError
        If a word is empty or holds the separator, a line end, or blanks at its ends, so that it
        could not be read back.

    See Also
    --------
    read_dictionary : The other direction.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from sklearn_instamap.io import write_dictionary
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_dictionary(Path(folder) / "en-de.tsv", [("house", "Haus"), ("cat", "Katze")])
    ...     print((Path(folder) / "en-de.tsv").read_text(encoding="utf-8"))
    house	Haus
    cat	Katze
    """
    if not sep or "\n" in sep or "\r" in sep:
        raise ValueError(f"sep must be a text without line ends, got {sep!r}.")
    pairs = dictionary_frame(dictionary)
    lines = []
    for row, pair in enumerate(zip(pairs["source"], pairs["target"], strict=True)):
        if not all(_is_writable(word, sep) for word in pair):
            raise ValueError(
                f"{os.fspath(path)}: pair {row}, {pair!r}, has a word which is empty or holds the "
                "separator, a line end or blanks at its ends; rename it or pass another sep."
            )
        lines.append(f"{pair[0]}{sep}{pair[1]}\n")
    with atomic_paths(path) as (temporary,):
        temporary.write_bytes("".join(lines).encode())


def _is_writable(word: str, sep: str) -> bool:
    return bool(word) and word == word.strip(_BLANKS) and not any(x in word for x in (sep, *"\n\r"))


def dictionary_frame(dictionary: DictionaryLike) -> pd.DataFrame:
    """Return a dictionary in any of its forms as a DataFrame of its two columns."""
    if not isinstance(dictionary, pd.DataFrame):
        pairs = [tuple(pair) for pair in dictionary]
        if any(len(pair) != 2 for pair in pairs):
            raise ValueError("Every pair of the dictionary must be two words, source and target.")
        return _pairs_frame(pairs)
    missing = [column for column in ("source", "target") if column not in dictionary.columns]
    if missing:
        raise ValueError(
            f"The dictionary has no column {missing[0]!r}; name its columns 'source' and 'target'."
        )
    frame = dictionary[["source", "target"]]
    if frame.isna().to_numpy().any():
        row = int(frame.isna().to_numpy().any(axis=1).argmax())
        raise ValueError(
            f"The dictionary has no word in row {row}; pandas.read_csv takes words such as 'nan' "
            "and 'null' for missing ones: use read_dictionary, or pass keep_default_na=False."
        )
    return frame


def _pairs_frame(pairs: Sequence[tuple[str, ...]]) -> pd.DataFrame:
    return pd.DataFrame(pairs, columns=["source", "target"])
