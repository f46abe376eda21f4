"""Bilingual dictionaries: one pair per line, source word and target word."""

from __future__ import annotations

import os
from typing import Any, Literal

import pandas as pd

from sklearn_instamap._check import check_option, invalid
from sklearn_instamap._dictionary import DictionaryLike, dictionary_frame
from sklearn_instamap._files import StrPath, atomic_paths
from sklearn_instamap._printable import printable, shown_safely
from sklearn_instamap._spelling import Lowercase, NormalForm, Spelling
from sklearn_instamap._words import show_word
from sklearn_instamap.io._bad_lines import BadLines, OnBadLines
from sklearn_instamap.io._columns import BadColumnsError, LineSplitter, reads_like_a_header
from sklearn_instamap.io._streams import LONGEST_WORD, Repeats, check_encoding_errors, open_lines

_BLANKS = " \t\n\r\x0b\x0c"
_BYTE_ORDER_MARK = "\ufeff"


def read_dictionary(
    path: StrPath,
    *,
    lowercase: Lowercase = True,
    unicode_normalization: NormalForm = "NFC",
    sep: str | None = None,
    columns: tuple[int | str, int | str] | None = None,
    comment: str | None = None,
    header: bool | Literal["infer"] = "infer",
    duplicates: Literal["warn", "drop", "keep"] = "warn",
    on_bad_lines: OnBadLines = "error",
    encoding_errors: str = "strict",
) -> pd.DataFrame:
    """Read a bilingual dictionary: per line a source word and its translation.

    A word with several translations stands on several lines, all of which are kept. Blank
    lines are skipped; the file may be compressed, as for `read_vectors`.

    Parameters
    ----------
    path : str or path-like
        The file.
    lowercase : bool, "tr" or "az", default=True
        Lower-case both sides, as evaluations in this field do. ``"tr"`` and ``"az"`` follow the
        rules of Turkish and Azerbaijani, in which I is the capital of a dotless i; by the general
        rules the capital İ becomes an i and a separate dot.
    unicode_normalization : {"NFC", "NFD", "NFKC", "NFKD"} or None, default="NFC"
        The normal form of Unicode that words are brought into, as by `read_vectors`.
    sep : str, default=None
        What stands between the columns. None is told by the first line of words: a tab, three
        bars (as in phrase tables), a comma or a semicolon (as in CSV, with quotes), and else
        blanks. With any but blanks, entries may be of several words. ``" "`` is any blanks.
    columns : pair of int or of str, default=None
        Which columns hold the source and the target words, counted from 0, or by their names in
        the header. None expects two columns and no more, except in phrase tables and under a
        header that names them.
    comment : str, default=None
        What begins a line that is to be skipped, such as ``"#"``.
    header : bool or "infer", default="infer"
        Whether the first line names the columns. Inferred, it does if the names are well-known
        ones, such as ``source`` and ``target``, ``src`` and ``tgt`` or ``English`` and ``German``.
    duplicates : {"warn", "drop", "keep"}, default="warn"
        What to do about a *pair* that occurs twice, perhaps only after lower-casing:
        ``"warn"`` drops all but the first and warns, ``"drop"`` does so silently. ``"keep"``
        keeps them, which gives such a pair more weight; the InstaMap authors' program does.
    on_bad_lines : {"error", "warn", "skip"}, default="error"
        What to do about a line that cannot be read: raise, leave it out and warn at the end with
        the number of such lines and the first of them, or leave it out silently.
    encoding_errors : str, default="strict"
        What to do about words that are not valid UTF-8, as for :meth:`bytes.decode`.

    Returns
    -------
    DataFrame of shape (n_pairs, 2)
        Columns ``source`` and ``target``, in the order of the file.

    Raises
    ------
    OSError
        If the file does not exist, is not a regular file, or cannot be read.
    ValueError
        If the file has no pairs or is not a text, or a line has not exactly two sides. The message
        names the file and the line.

    Warns
    -----
    UserWarning
        If pairs repeat and ``duplicates="warn"``, or lines were left out and
        ``on_bad_lines="warn"``.

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
    check_option("duplicates", duplicates, ("warn", "drop", "keep"))
    check_encoding_errors(encoding_errors)
    spelling = Spelling(lowercase, unicode_normalization)
    bad_lines = BadLines(path, on_bad_lines)
    columns_of = LineSplitter(path, sep, columns, header, encoding_errors)
    mark = _comment_mark(comment)
    pairs: list[tuple[str, str]] = []
    seen: set[tuple[str, str]] = set()
    repeats = Repeats()
    with shown_safely(), open_lines(path, "a dictionary") as lines:
        for number, line in lines:
            if not line.strip() or (mark and line.lstrip().startswith(mark)):
                continue
            try:
                words = columns_of(number, line)
            except BadColumnsError as error:
                bad_lines.add(number, error)
                continue
            if words is None:
                continue
            pair = (spelling(words[0]), spelling(words[1]))
            if duplicates != "keep":
                if pair in seen:
                    repeats.add(pair, number)
                    continue
                seen.add(pair)
            pairs.append(pair)
    if not pairs:
        raise ValueError(f"{printable(os.fspath(path))}: the file has no pairs.")
    bad_lines.warn(stacklevel=2)
    if duplicates == "warn":
        repeats.warn(path, "pair", lowercase=bool(lowercase), stacklevel=2)
    return dictionary_frame(pairs)


def _comment_mark(comment: Any) -> bytes:
    if comment is None:
        return b""
    if not isinstance(comment, str) or not comment.strip():
        raise invalid("comment", "a text such as '#', or None", comment)
    return comment.encode("utf-8", "surrogatepass")


@shown_safely()
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
    if not isinstance(sep, str) or not sep or "\n" in sep or "\r" in sep:
        raise invalid("sep", "a text without line ends", sep)
    pairs = dictionary_frame(dictionary)
    lines = []
    for row, pair in enumerate(zip(pairs["source"], pairs["target"], strict=True)):
        line = _line_of(*pair, sep, first=row == 0)
        if line is None:
            words = f"({show_word(pair[0])}, {show_word(pair[1])})"
            raise ValueError(
                f"{os.fspath(path)}: pair {row}, {words}, cannot be read back: a word holds the "
                "separator, a line end, blanks at its ends, characters that UTF-8 does not "
                "have or too many bytes, or the first pair reads like names of columns; rename it, "
                "pass another sep or order."
            )
        lines.append(line)
    with atomic_paths(path) as (temporary,):
        temporary.write_bytes(b"".join(lines))


def _line_of(source: str, target: str, sep: str, *, first: bool) -> bytes | None:
    """Return a pair as a line, or None where reading it would give another pair."""
    for word in (source, target):
        if not word or word != word.strip(_BLANKS) or any(x in word for x in (sep, *"\n\r")):
            return None
        # In CSV a quote at the beginning has its own meaning.
        if sep in (",", ";") and word.startswith('"'):
            return None
    if first and (source.startswith(_BYTE_ORDER_MARK) or reads_like_a_header(source, target)):
        return None
    try:
        sides = source.encode(), target.encode()
    except UnicodeEncodeError:
        return None
    if max(map(len, sides)) > LONGEST_WORD:
        return None
    return b"%b%b%b\n" % (sides[0], sep.encode(), sides[1])
