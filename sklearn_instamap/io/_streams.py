"""What all readers and writers share: lines, words as bytes, errors that say where."""

from __future__ import annotations

import os
import re
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, Any
from unicodedata import combining

from sklearn_instamap._check import check_option
from sklearn_instamap._files import StrPath
from sklearn_instamap._printable import printable
from sklearn_instamap._wording import way_out
from sklearn_instamap._words import show_word
from sklearn_instamap.io._opening import open_file, refuse_other_kinds

RUN = "sklearn-instamap run"
"""Under which name the metadata of a file holds the mark of the run that wrote it."""

BYTE_ORDER_MARK = "\ufeff".encode()
# Far more than any word and thousands of values take.
_LONGEST_LINE = 1 << 22
LONGEST_WORD = 10_000
# Unicode's stream-safe texts have 30 in a row at most.
_LONG_WORD, _MOST_MARKS = 300, 100
_MOST_BLANK_LINES = 1000
_ENCODING_ERRORS = ("strict", "replace", "ignore", "backslashreplace", "surrogateescape")
# Bytes, not str: NBSP, U+0085 or U+2028 are blanks or line ends to str, but occur in words.
_ASCII_BLANK = re.compile(rb"[ \t\n\r\x0b\x0c]")
_LINE_END = re.compile(rb"[\n\r]")


@contextmanager
def open_lines(path: StrPath, expected: str) -> Iterator[Iterator[tuple[int, bytes]]]:
    """Open a text, compressed or not, and give its `numbered_lines`.

    ``expected`` is what it should be, for the sentence about a file that is something else.
    """
    with open_file(path) as opened:
        refuse_other_kinds(path, opened, expected, "text")
        yield numbered_lines(path, opened)


def numbered_lines(path: StrPath, stream: IO[bytes]) -> Iterator[tuple[int, bytes]]:
    r"""Yield (line number from 1, line without its ``\n`` or ``\r\n``), no byte order mark.

    Neither a line without end nor blank lines without end are read to their end.
    """
    name = os.fspath(path)
    number = n_blank = 0
    while line := stream.readline(_LONGEST_LINE + 1):
        number += 1
        if len(line) > _LONGEST_LINE:
            raise ValueError(
                f"{name}, line {number}: is longer than {_LONGEST_LINE:,} bytes, which is not "
                "a line of words and numbers; fetch the file again."
            )
        if number == 1:
            line = line.removeprefix(BYTE_ORDER_MARK)
        n_blank = 0 if line.strip() else n_blank + 1
        if n_blank > _MOST_BLANK_LINES:
            raise ValueError(
                f"{name}, line {number - _MOST_BLANK_LINES}: more than {_MOST_BLANK_LINES} blank "
                "lines follow each other; remove them, or fetch the file again."
            )
        yield number, line.removesuffix(b"\n").rstrip(b"\r")


def check_encoding_errors(encoding_errors: Any) -> None:
    """Refuse what `bytes.decode` would refuse at the first word that is not valid UTF-8."""
    check_option("encoding_errors", encoding_errors, _ENCODING_ERRORS)


def decode(
    text: bytes, path: StrPath, number: int, encoding_errors: str = "strict", unit: str = "line"
) -> str:
    """Decode a word from UTF-8, or say on which line it is invalid."""
    if len(text) > LONGEST_WORD:
        raise ValueError(
            f"{os.fspath(path)}, {unit} {number}: has a word of {len(text):,} bytes; the longest "
            f"that is read has {LONGEST_WORD:,}."
        )
    try:
        word = text.decode("utf-8", errors=encoding_errors)
        if len(text) > _LONG_WORD and _most_marks(word) > _MOST_MARKS:
            raise ValueError(
                f"{os.fspath(path)}, {unit} {number}: has a letter with more than {_MOST_MARKS} "
                "combining marks, which no language has; correct the word."
            )
    except UnicodeDecodeError as error:
        raise ValueError(
            f"{os.fspath(path)}, {unit} {number}: is not valid UTF-8 "
            f"(byte 0x{error.object[error.start]:02x}); convert the file to UTF-8"
            f"{way_out('encoding_errors', 'replace')}."
        ) from None
    if not word:
        where = f"{os.fspath(path)}, {unit} {number}"
        raise ValueError(f"{where}: has no word, or nothing of it is valid UTF-8; correct it.")
    return word


def _most_marks(word: str) -> int:
    """Count the most combining marks that follow each other, which are sorted in quadratic time."""
    most = count = 0
    for character in word:
        count = count + 1 if combining(character) else 0
        most = max(most, count)
    return most


def encode_words(
    words: Iterable[str], path: StrPath, *, blanks: bool, first_line: bool
) -> list[bytes]:
    """Encode words one per row, refusing what the reader could not give back.

    ``blanks`` says whether a word may contain blanks; ``first_line`` whether the first word
    opens the file, where U+FEFF would be taken for a byte order mark.
    """
    name = os.fspath(path)
    forbidden = _LINE_END if blanks else _ASCII_BLANK
    encoded = []
    for row, word in enumerate(words):
        try:
            text = word.encode("utf-8")
        except UnicodeEncodeError:
            raise _cannot_write(name, row, word, "is not valid Unicode", "rename it") from None
        if forbidden.search(text):
            remedy = "rename it" if blanks else "rename it, or write .npy instead"
            what = "contains a line end" if blanks else "contains a blank"
            raise _cannot_write(name, row, word, what, remedy)
        if first_line and row == 0 and text.startswith(BYTE_ORDER_MARK):
            what = "begins with U+FEFF, which would be read as a byte order mark"
            raise _cannot_write(name, row, word, what, "rename it")
        if len(text) > LONGEST_WORD:
            what = f"is longer than the {LONGEST_WORD:,} bytes that are read"
            raise _cannot_write(name, row, word, what, "shorten it")
        encoded.append(text)
    return encoded


def _cannot_write(name: str, row: int, word: str, what: str, remedy: str) -> ValueError:
    return ValueError(
        f"{name}: word {row}, {show_word(word)}, {what} and cannot be written; {remedy}."
    )


@dataclass
class Repeats:
    """How many words (or pairs) repeated an earlier one, and the first that did."""

    count: int = 0
    example: tuple[str, ...] = ()
    line: int = 0

    def add(self, example: tuple[str, ...], line: int) -> None:
        """Count one more: a word, or the two of a pair."""
        if not self.count:
            self.example, self.line = example, line
        self.count += 1

    def warn(self, path: StrPath, what: str, *, lowercase: bool, stacklevel: int) -> None:
        """Warn, if there were any, that only the first of each is kept."""
        if not self.count:
            return
        first = " ".join(map(show_word, self.example))
        verb = "repeats an earlier one" if self.count == 1 else "repeat earlier ones"
        warnings.warn(
            f"{printable(os.fspath(path))}: {self.count} {what}{'s' * (self.count > 1)} {verb}"
            f"{' after lower-casing' * lowercase} (first: {first} on line {self.line}); "
            "the first of each is kept.",
            UserWarning,
            stacklevel=stacklevel + 1,
        )
