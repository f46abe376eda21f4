"""What all readers and writers share: opened streams, words as bytes, errors that say where."""

from __future__ import annotations

import gzip
import os
import re
import warnings
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO

from sklearn_instamap._files import StrPath

_BYTE_ORDER_MARK = "\ufeff".encode()
_GZIP_MAGIC = b"\x1f\x8b"
# Bytes, not str: NBSP, U+0085 or U+2028 are blanks or line ends to str, but occur in words.
_ASCII_BLANK = re.compile(rb"[ \t\n\r\x0b\x0c]")
_LINE_END = re.compile(rb"[\n\r]")


@contextmanager
def open_binary(path: StrPath) -> Iterator[IO[bytes] | gzip.GzipFile]:
    """Open a file, gzip-compressed or not, for reading bytes; errors become one sentence.

    Compression is told by the first bytes and not by the name, which is often wrong.
    """
    name = os.fspath(path)
    try:
        raw = open(path, "rb")  # noqa: SIM115 (closed by the with below)
    except FileNotFoundError:
        raise FileNotFoundError(f"{name}: there is no such file.") from None
    except IsADirectoryError:
        raise IsADirectoryError(f"{name}: is a folder; give the name of a file.") from None
    except OSError as error:
        raise type(error)(f"{name}: cannot be opened ({error.strerror}).") from None
    with raw:
        compressed = raw.peek(2)[:2] == _GZIP_MAGIC
        if name.endswith(".gz") and not compressed:
            raise ValueError(
                f"{name}: is named .gz but is not gzip-compressed; rename it without .gz, or "
                "fetch it again."
            )
        try:
            if compressed:
                with gzip.open(raw) as stream:
                    yield stream
            else:
                yield raw
        except EOFError:
            raise ValueError(
                f"{name}: the compressed file ends too early; it is truncated, fetch it again."
            ) from None
        except (gzip.BadGzipFile, zlib.error) as error:
            raise ValueError(f"{name}: the compressed file is damaged ({error}).") from None


def numbered_lines(stream: Iterable[bytes]) -> Iterator[tuple[int, bytes]]:
    r"""Yield (line number from 1, line without its ``\n`` or ``\r\n``), no byte order mark."""
    for number, line in enumerate(stream, start=1):
        if number == 1:
            line = line.removeprefix(_BYTE_ORDER_MARK)
        yield number, line.removesuffix(b"\n").removesuffix(b"\r")


def decode(text: bytes, path: StrPath, number: int, encoding_errors: str = "strict") -> str:
    """Decode UTF-8, or say on which line it is invalid."""
    try:
        return text.decode("utf-8", errors=encoding_errors)
    except UnicodeDecodeError as error:
        raise ValueError(
            f"{os.fspath(path)}, line {number}: is not valid UTF-8 "
            f"(byte 0x{error.object[error.start]:02x}); convert the file to UTF-8, or pass "
            "encoding_errors='replace'."
        ) from None


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
            raise ValueError(
                f"{name}: word {row}, {word!r}, cannot be written as UTF-8; rename it."
            ) from None
        if forbidden.search(text):
            remedy = "rename it" if blanks else "rename it, or write .npy instead"
            what = "a line end" if blanks else "a blank"
            raise ValueError(
                f"{name}: word {row}, {word!r}, contains {what} and cannot be written; {remedy}."
            )
        if first_line and row == 0 and text.startswith(_BYTE_ORDER_MARK):
            raise ValueError(
                f"{name}: the first word, {word!r}, begins with U+FEFF, which would be read as a "
                "byte order mark; rename it."
            )
        encoded.append(text)
    return encoded


@dataclass
class Repeats:
    """How many words (or pairs) repeated an earlier one, and the first that did."""

    count: int = 0
    example: str = ""
    line: int = 0

    def add(self, example: str, line: int) -> None:
        """Count one more."""
        if not self.count:
            self.example, self.line = example, line
        self.count += 1

    def warn(self, path: StrPath, what: str, *, lowercase: bool, stacklevel: int) -> None:
        """Warn, if there were any, that only the first of each is kept."""
        if not self.count:
            return
        verb = "repeats an earlier one" if self.count == 1 else "repeat earlier ones"
        warnings.warn(
            f"{os.fspath(path)}: {self.count} {what}{'s' * (self.count > 1)} {verb}"
            f"{' after lower-casing' * lowercase} (first: {self.example} on line {self.line}); "
            "the first of each is kept.",
            UserWarning,
            stacklevel=stacklevel + 1,
        )
