"""The columns of a dictionary's lines: what separates them, and which two are the words."""

from __future__ import annotations

import csv
import os
import re
from numbers import Integral
from typing import Any

from sklearn_instamap._check import check_option, invalid
from sklearn_instamap._files import StrPath
from sklearn_instamap._wording import argument
from sklearn_instamap.io._fields import show
from sklearn_instamap.io._streams import decode

_CSV = (",", ";")
_BARS = "|||"
# What may stand between two words, tried in this order.
_SEPARATORS = (
    *(_BARS, "\t", ";", ",", "|", "=>", "->", "=", "::", ":"),
    *("\xa0", "\u3000", "\uff0c", "\u060c", "\u3001", "\uff1b"),
)
_MOST_COLUMNS = 5000
_NUMBER = re.compile(rb"[+-]?(\d+([.,]\d*)?|\.\d+)(e[+-]?\d+)?%?", re.IGNORECASE)
# An arrow and dashes are signs, too.
_SIGNS = re.compile(rb"[^\w\s\x80-\xff]+|\xe2\x86\x92|\xe2\x80[\x93\x94]")
_SCORE = re.compile(rb"\d*\.\d+(e[+-]?\d+)?|\d+(\.\d+)?e[+-]?\d+", re.IGNORECASE)
_SOURCE = {"source", "src", "source_word", "source word", "sourceword", "source_term", "word"}
_TARGET = {"target", "tgt", "trg", "target_word", "target word", "targetword", "target_term"}
_TARGET |= {"translation"}
_IN_WORDS = ("-", "/", "'", ".", "&", "+", "\u2013", "\u2014")
# What Excel writes and reads before the first line of a CSV file.
_SEP_LINE = re.compile(rb"sep=([,;\t|])", re.IGNORECASE)
_IN_QUOTES = re.compile(rb'("[^"\t]+"\t+)+"[^"\t]+"')
# No word for one language translates into the word for another.
_LANGUAGES = {
    "afrikaans", "albanian", "arabic", "armenian", "azerbaijani", "basque", "belarusian",
    "bengali", "bosnian", "bulgarian", "catalan", "chinese", "croatian", "czech", "danish",
    "dutch", "english", "esperanto", "estonian", "finnish", "french", "galician", "georgian",
    "german", "greek", "hausa", "hebrew", "hindi", "hungarian", "icelandic", "indonesian",
    "irish", "italian", "japanese", "kazakh", "korean", "kurdish", "kyrgyz", "latin", "latvian",
    "lithuanian", "macedonian", "malay", "malayalam", "maltese", "marathi", "mongolian", "nepali",
    "norwegian", "persian", "polish", "portuguese", "punjabi", "quechua", "romanian", "russian",
    "serbian", "slovak", "slovenian", "somali", "spanish", "swahili", "swedish", "tagalog",
    "tamil", "telugu", "thai", "tibetan", "turkish", "ukrainian", "urdu", "uzbek", "vietnamese",
    "welsh", "yoruba", "zulu",
}  # fmt: skip


class BadColumnsError(ValueError):
    """A line whose columns are not two words; the message is one sentence."""


class LineSplitter:
    """Takes the two words out of each line of a dictionary; arguments as for `read_dictionary`."""

    def __init__(
        self, path: StrPath, sep: Any, columns: Any, header: Any, encoding_errors: str
    ) -> None:
        if sep is not None and (not isinstance(sep, str) or not sep or "\n" in sep):
            raise invalid("sep", "a text without line ends, such as ' ' for any blanks", sep)
        check_option("header", header, (True, False, "infer"))
        self._path = path
        self._sep: str = sep or ""
        self._guessed = sep is None
        self._names, self._places = _check_columns(columns)
        if not isinstance(header, str):
            header = bool(header)
        if self._names and header is False:
            raise ValueError(
                f"columns={columns!r} are names, which need a header; got header=False."
            )
        self._header = True if self._names else header
        self._encoding_errors = encoding_errors
        self._is_first = True
        self._quoted = False

    def __call__(self, number: int, line: bytes) -> tuple[str, str] | None:
        """Return the source and the target word of a line; None where it is the header."""
        if self._is_first and self._guessed and (asked := _SEP_LINE.fullmatch(line.strip())):
            self._sep = asked[1].decode()
            return None
        if not self._sep:
            self._sep = _guess_separator(self._path, line)
        if self._is_first:
            # A file of tabs has quotes as CSV has them where its first line has them on both sides.
            self._quoted = self._sep in _CSV or (
                self._sep == "\t" and _IN_QUOTES.fullmatch(line.strip()) is not None
            )
        self._refuse_long_rows(number, line)
        fields = self._split(number, line)
        if self._is_first:
            self._is_first = False
            if self._is_header(number, fields):
                return None
        return self._pick(number, line, fields)

    def _refuse_long_rows(self, number: int, line: bytes) -> None:
        """Refuse lines of so many columns that taking them apart would take long."""
        sep = None if self._sep == " " else self._sep.encode("utf-8")
        if len(line) > _MOST_COLUMNS and len(line.split(sep, _MOST_COLUMNS)) > _MOST_COLUMNS:
            raise BadColumnsError(
                f"{self._where(number)}: {show(line)} has more than {_MOST_COLUMNS} columns "
                f"separated by {self._between()}, and no two words; remove the line, or give a "
                "file of pairs of words."
            )

    def _split(self, number: int, line: bytes) -> list[bytes]:
        # Split as bytes: str.split would take NBSP or U+2028 inside a word for a blank.
        if self._sep == " ":
            return line.split()
        if not self._quoted:
            return [field.strip() for field in line.split(self._sep.encode("utf-8"))]
        text = line.decode("utf-8", "surrogateescape")
        try:
            rows = csv.reader([text], delimiter=self._sep, strict=True, skipinitialspace=True)
            fields = next(rows)
        except (csv.Error, StopIteration) as error:
            raise BadColumnsError(
                f"{self._where(number)}: {show(line)} is not a line of CSV ({error}); correct its "
                "quotes."
            ) from None
        return [field.encode("utf-8", "surrogateescape").strip() for field in fields]

    def _is_header(self, number: int, fields: list[bytes]) -> bool:
        if self._header is False:
            return False
        names = [field.decode("utf-8", "replace").lstrip("# ").strip().lower() for field in fields]
        if self._names:
            self._places = tuple(self._place(number, name, names) for name in self._names)
            return True
        source = [place for place, name in enumerate(names) if name in _SOURCE]
        target = [place for place, name in enumerate(names) if name in _TARGET]
        if _are_languages(names):
            source, target = [0], [1]
        known = len(source) == len(target) == 1
        if known and not self._places:
            # Under names of columns there may be more of them, in any order.
            self._places = (source[0], target[0])
        return known or self._header is True

    def _place(self, number: int, name: str, names: list[str]) -> int:
        if names.count(name.lower()) == 1:
            return names.index(name.lower())
        raise ValueError(
            f"{self._where(number)}: the header does not have exactly one column {name!r}, but "
            f"{', '.join(map(repr, names[:8]))}; pass other columns."
        )

    def _pick(self, number: int, line: bytes, fields: list[bytes]) -> tuple[str, str]:
        if b"\r" in line:
            raise BadColumnsError(
                f"{self._where(number)}: has a carriage return within it, as in files with the "
                r"line ends of old Macs; convert them, for example by tr '\r' '\n'."
            )
        places = self._places
        if places is None:
            # A tab at the end of a line makes no column.
            while len(fields) > 2 and not fields[-1]:
                fields.pop()
            if self._sep == _BARS and self._guessed and len(fields) > 2:
                places = (0, 1)
                if _SCORE.fullmatch(fields[0]) and not _SCORE.match(fields[2]):
                    raise BadColumnsError(self._complaint(number, line, fields[:3]))
            elif len(fields) != 2 or self._may_be_a_comment(fields):
                raise BadColumnsError(self._complaint(number, line, fields))
            else:
                places = (0, 1)
        elif max(places) >= len(fields):
            raise BadColumnsError(
                f"{self._where(number)}: {show(line)} has {_count(fields)} separated by "
                f"{self._between()}, and no column {max(places)} counted from 0; correct the line."
            )
        words = []
        for side, place in zip(("source", "target"), places, strict=True):
            if not fields[place]:
                raise BadColumnsError(
                    f"{self._where(number)}: the {side} word is empty; fill it in or remove the "
                    "line."
                )
            try:
                words.append(decode(fields[place], self._path, number, self._encoding_errors))
            except ValueError as error:
                raise BadColumnsError(str(error)) from None
        return words[0], words[1]

    def _may_be_a_comment(self, fields: list[bytes]) -> bool:
        """Whether "# words" is meant for a comment: a pair of hashtags has two."""
        # Between tabs "#" is a word, too, and "# 1" may be one.
        mark = b"#" if self._sep == " " else b"# "
        return self._guessed and fields[0].startswith(mark) and not fields[1].startswith(b"#")

    def _complaint(self, number: int, line: bytes, fields: list[bytes]) -> str:
        text = f"{self._where(number)}: {show(line)}"
        if self._may_be_a_comment(fields) if len(fields) == 2 else fields[0][:1] == b"#":
            skip = argument("comment", "#")
            return f"{text} looks like a comment; pass {skip} to skip such lines."
        text += f" has {_count(fields)} separated by {self._between()} instead of 2"
        if len(fields) == 1:
            return f"{text}; {self._advice_for_one(line)}."
        words = [
            place for place, field in enumerate(fields) if field and not _NUMBER.fullmatch(field)
        ]
        if len(words) == 2 and not any(_SIGNS.fullmatch(field) for field in fields):
            which = (
                "the first two"
                if words == [0, 1]
                else f"{words[0]} and {words[1]}, counted from 0,"
            )
            return f"{text}; if {which} are the words, pass {argument('columns', tuple(words))}."
        if len(fields) > 3 and all(map(_NUMBER.fullmatch, fields[1:])):
            return f"{text}; it is a word and its vector: give a file of pairs of words."
        if self._sep == " ":
            return f"{text}; {self._advice_for_signs(line, fields)}."
        columns = argument("columns", (0, 1))
        return f"{text}; name those of the words, such as {columns}, or correct the line."

    def _advice_for_one(self, line: bytes) -> str:
        for sep in _SEPARATORS:
            parts = [part.strip() for part in line.split(sep.encode())]
            if sep != self._sep and len(parts) > 1 and all(parts[:2]):
                return f"if {sep!r} separates them, pass {argument('sep', sep)}"
        if self._sep != " " and len(line.split()) == 2:
            return "put the separator of the other lines between its two words"
        return "add the translation, or remove the line"

    def _advice_for_signs(self, line: bytes, fields: list[bytes]) -> str:
        """Say what to do about a line of more than two parts between blanks."""
        if len(fields[0]) < 3 and fields[0] in (b"//", b";", b"%", b"%%", b"--", b"!"):
            comment = argument("comment", fields[0].decode())
            return f"if it is a comment, pass {comment} to skip such lines"
        signs = [field.decode() for field in fields[1:-1] if _SIGNS.fullmatch(field)]
        if len(set(signs)) == 1 and fields[0] != signs[0].encode():
            # Between blanks, as words such as e-mail have hyphens, too.
            sign = f" {signs[0]} " if signs[0] in _IN_WORDS else signs[0]
            return f"if {sign!r} separates them, pass {argument('sep', sign)}"
        if len(re.findall(rb"\S {2,}(?=\S)", line)) == 1:
            return f"if two blanks separate them, pass {argument('sep', '  ')}"
        for sep in _SEPARATORS:
            parts = [part.strip() for part in line.split(sep.encode())]
            places = [place for place, part in enumerate(parts) if part]
            if len(places) == 2:
                more = "" if places == [0, 1] else f" and {argument('columns', tuple(places))}"
                return f"if {sep!r} separates them, pass {argument('sep', sep)}{more}"
        return "entries of several words need a tab between the two sides"

    def _between(self) -> str:
        return "blanks" if self._sep == " " else repr(self._sep)

    def _where(self, number: int) -> str:
        return f"{os.fspath(self._path)}, line {number}"


def reads_like_a_header(source: str, target: str) -> bool:
    """Whether two words would be taken for names of columns, were they the first."""
    names = [name.lstrip("# ").strip().lower() for name in (source, target)]
    if _are_languages(names):
        return True
    return (names[0] in _SOURCE and names[1] in _TARGET) or (
        names[0] in _TARGET and names[1] in _SOURCE
    )


def _are_languages(names: list[str]) -> bool:
    """Whether two columns are named by two languages, in English."""
    return len(names) > 1 and len({*names[:2]} & _LANGUAGES) == 2


def _count(fields: list[bytes]) -> str:
    return f"{len(fields)} column{'s' * (len(fields) != 1)}"


def _check_columns(columns: Any) -> tuple[tuple[str, ...], tuple[int, ...] | None]:
    """Return the names of the columns, or their places."""
    if columns is None:
        return (), None
    if isinstance(columns, tuple | list) and len(columns) == 2 and columns[0] != columns[1]:
        if all(isinstance(column, str) and column for column in columns):
            return tuple(columns), None
        if all(
            isinstance(column, Integral) and not isinstance(column, bool) and int(column) >= 0
            for column in columns
        ):
            return (), (int(columns[0]), int(columns[1]))
    raise invalid(
        "columns", "two different whole numbers from 0, or two names in the header", columns
    )


def _guess_separator(path: StrPath, line: bytes) -> str:
    """Tell from the first line of words what separates the columns."""
    name = os.fspath(path).lower()
    is_csv = any(name.endswith(f".csv{end}") for end in ("", ".gz", ".bz2", ".xz", ".zst"))
    # In CSV a tab may be part of what stands in quotes.
    if b"\t" in line and not (is_csv and re.match(rb'"[^"]*"[,;]', line)):
        return "\t"
    if _BARS.encode() in line:
        return _BARS
    parts = line.split(None, 3)
    for sep in _CSV:
        mark = sep.encode()
        quoted = line.startswith(b'"') and b'"' + mark in line
        glued = len(parts) == 1 and not line.strip().endswith(mark)
        listed = len(parts) == 2 and parts[0].endswith(mark) and len(parts[0]) > 1
        if mark in line and (is_csv or quoted or glued or listed):
            return sep
    # As in "house: Haus".
    if len(parts) == 2 and re.fullmatch(rb"[^:]+:", parts[0]) and b":" not in parts[1]:
        return ":"
    return " "
