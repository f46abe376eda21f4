"""A file of vectors mapped row by row into another file, in memory that does not grow with it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from sklearn_instamap._files import StrPath
from sklearn_instamap._spelling import Spelling
from sklearn_instamap.io._asked import Asked
from sklearn_instamap.io._bad_lines import BadLines, OnBadLines
from sklearn_instamap.io._collected import Collected
from sklearn_instamap.io._npy import is_pair, read_pair_rows
from sklearn_instamap.io._opening import open_file, refuse_other_kinds
from sklearn_instamap.io._row_writers import Rows, RowWriter, writing_rows
from sklearn_instamap.io._sniff import VECTORS
from sklearn_instamap.io._streams import Repeats, decode
from sklearn_instamap.io._text import read_text
from sklearn_instamap.io._vectors import STREAMED_KINDS, format_of, read_vectors, write_marked
from sklearn_instamap.io._word2vec import read_word2vec

_ROWS = 4096


class _NoLineError(Exception):
    """What is wrong with many rows, or with the map: no line is to be left out for it."""

    def __init__(self, error: ValueError) -> None:
        super().__init__(str(error))
        self.error = error


def map_vectors_file(
    path: StrPath,
    output: StrPath,
    transform: Callable[[Rows], Rows],
    *,
    header: bool = True,
    precision: int | None = None,
    encoding_errors: str = "strict",
    on_bad_lines: OnBadLines = "error",
    run: str = "",
) -> tuple[int, int]:
    """Map the vectors of a file, and write them with their words to another file.

    Words are written as they are read, repeated ones too. Text, binary files and ``.npy`` are read
    and written in pieces of a few thousand rows; other formats are read and written whole.
    ``transform`` maps rows into as many rows, each by itself; ``run`` is the mark of the run the
    map is of, which the output carries where its format has room. The other arguments, and errors,
    are those of `read_vectors` and `write_vectors`. Returned is how many rows, and dimensions, were
    written.
    """
    kind = format_of(output)
    if kind == "other" or _is_read_whole(path):
        space = read_vectors(
            path,
            unicode_normalization=None,
            encoding_errors=encoding_errors,
            on_bad_lines=on_bad_lines,
        )
        starts = range(0, space.n_words, _ROWS)
        parts = [transform(space.vectors[start : start + _ROWS]) for start in starts]
        mapped = space.with_vectors(np.concatenate(parts))
        write_marked(output, mapped, header=header, precision=precision, run=run)
        return mapped.n_words, mapped.n_features
    bad_lines = BadLines(path, on_bad_lines)
    asked = Asked(Spelling(False, None), encoding_errors=encoding_errors)
    with writing_rows(output, kind, header=header, precision=precision, run=run) as writer:

        def collect(*arguments: Any) -> Collected:
            return _Passing(writer, transform, *arguments)

        try:
            _read(path, asked, bad_lines, collect).finish()
        except _NoLineError as error:
            raise error.error from None
    bad_lines.warn(stacklevel=2)
    return writer.n_rows, writer.n_features


def _read(
    path: StrPath, asked: Asked, bad_lines: BadLines, collect: Callable[..., Collected]
) -> Collected:
    """Read a file row by row."""
    if is_pair(path):
        return read_pair_rows(path, asked, collect)
    with open_file(path) as opened:
        refuse_other_kinds(path, opened, VECTORS, *STREAMED_KINDS)
        if opened.kind.name == "word2vec":
            return read_word2vec(path, opened, asked, collect)
        return read_text(path, opened, asked, bad_lines, collect)


def _is_read_whole(path: StrPath) -> bool:
    if is_pair(path):
        return False
    with open_file(path) as opened:
        return opened.kind.name not in STREAMED_KINDS


class _Passing(Collected):
    """Passes rows on, some thousand at a time, instead of keeping them; repeated words, too."""

    def __init__(
        self,
        writer: RowWriter,
        transform: Callable[[Rows], Rows],
        path: StrPath,
        asked: Asked,
        n_features: int,
        n_rows: int,
        unit: str = "line",
    ) -> None:
        super().__init__(path, asked, n_features, min(n_rows, _ROWS), unit)
        self._writer, self._transform = writer, transform
        self._waiting: list[str] = []

    @property
    def n_words(self) -> int:
        """How many words there were so far."""
        return self._writer.n_rows + len(self._waiting)

    def add(self, number: int, word: bytes, values: ArrayLike) -> None:
        """Take a word, or say what is wrong with it."""
        name = decode(word, self._path, number, self._asked.encoding_errors, self._unit)
        self._set(len(self._waiting), number, values)
        self._waiting.append(name)
        if len(self._waiting) == len(self._vectors):
            self._pass_on()

    def finish(self) -> tuple[list[str], Rows, Repeats]:
        """Pass the last rows on."""
        self._pass_on()
        return [], self._vectors[:0], self.repeats

    def _pass_on(self) -> None:
        if self._waiting:
            try:
                mapped = self._transform(self._vectors[: len(self._waiting)])
                self._writer.write(self._waiting, mapped)
            except ValueError as error:
                raise _NoLineError(error) from None
            self._waiting = []
