"""Bilingual dictionaries: one pair per line, source word and target word."""

from __future__ import annotations

import os
from typing import Literal

import pandas as pd

from sklearn_instamap._dictionary import DictionaryLike, dictionary_frame
from sklearn_instamap._files import StrPath, atomic_paths
from sklearn_instamap.io._fields import show
from sklearn_instamap.io._streams import Repeats, decode, open_lines

_BLANKS = " \t\n\r\x0b\x0c"
_BYTE_ORDER_MARK = "\ufeff"


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
    with open_lines(path, "a dictionary") as lines:
        for number, line in lines:
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
    return dictionary_frame(pairs)


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
        line = _line_of(*pair, sep, first=row == 0)
        if line is None:
            raise ValueError(
                f"{os.fspath(path)}: pair {row}, {pair!r}, cannot be read back: a word is empty, "
                "or holds the separator, a line end, blanks at its ends or what UTF-8 has not; "
                "rename it or pass another sep."
            )
        lines.append(line)
    with atomic_paths(path) as (temporary,):
        temporary.write_bytes(b"".join(lines))


def _line_of(source: str, target: str, sep: str, *, first: bool) -> bytes | None:
    """Return a pair as a line, or None where reading it would give another pair."""
    for word in (source, target):
        if not word or word != word.strip(_BLANKS) or any(x in word for x in (sep, *"\n\r")):
            return None
    if first and source.startswith(_BYTE_ORDER_MARK):
        return None
    try:
        return f"{source}{sep}{target}\n".encode()
    except UnicodeEncodeError:
        return None
