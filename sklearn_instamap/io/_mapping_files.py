"""A file of vectors mapped row by row into another file, in memory that does not grow with it."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from tempfile import TemporaryFile
from typing import IO, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sklearn_instamap._files import StrPath, atomic_paths
from sklearn_instamap._spelling import Spelling
from sklearn_instamap.io._asked import Asked
from sklearn_instamap.io._bad_lines import BadLines, OnBadLines
from sklearn_instamap.io._collected import Collected
from sklearn_instamap.io._compressing import open_to_write
from sklearn_instamap.io._decimals import row_formatter
from sklearn_instamap.io._npy import is_pair
from sklearn_instamap.io._opening import open_file, refuse_other_kinds
from sklearn_instamap.io._sniff import VECTORS
from sklearn_instamap.io._streams import Repeats, decode, encode_words
from sklearn_instamap.io._text import read_text
from sklearn_instamap.io._vectors import STREAMED_KINDS, format_of, read_vectors, write_marked
from sklearn_instamap.io._word2vec import float32_rows, read_word2vec

_ROWS = 4096

Rows = NDArray[np.floating]


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

    Words are written as they are read, repeated ones too. Text and binary files are read and
    written in pieces of a few thousand rows; of ``.npy`` the words are kept in memory and the
    vectors are memory-mapped.

    Parameters
    ----------
    path, output : str or path-like
        The files; formats as for `read_vectors` and `write_vectors`. The output appears when it is
        complete.
    transform : callable
        Maps an array of shape (n_rows, n_features) into one of as many rows, each by itself.
    header : bool, default=True
        Whether text begins with the number of words and of dimensions.
    precision : int, default=None
        Significant digits of the values in text. None writes as few as read back exactly.
    encoding_errors : str, default="strict"
        What to do about words that are not valid UTF-8, as for `read_vectors`.
    on_bad_lines : {"error", "warn", "skip"}, default="error"
        What to do about a line that cannot be read, as for `read_vectors`.
    run : str, default=""
        The mark of the run the map is of, which the output carries where its format has room.

    Returns
    -------
    n_words, n_features : int
        How many rows, and dimensions, were written.

    Raises
    ------
    OSError, ValueError
        As `read_vectors` and `write_vectors`.
    """
    kind = format_of(output)
    if is_pair(path) or kind not in STREAMED_KINDS or _is_read_whole(path):
        space = read_vectors(
            path,
            unicode_normalization=None,
            mmap=is_pair(path),
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
    with (
        open_file(path) as opened,
        atomic_paths(output) as (temporary,),
        # How many rows there are is known at the end, and stands at the beginning: until then
        # they wait in a file without a name, which the system removes whatever happens.
        TemporaryFile(dir=temporary.parent) as body,
    ):
        refuse_other_kinds(path, opened, VECTORS, *STREAMED_KINDS)
        writer = _RowWriter(output, body, kind, header=header, precision=precision)

        def collect(*arguments: Any) -> Collected:
            return _Passing(writer, transform, *arguments)

        try:
            if opened.kind.name == "word2vec":
                read_word2vec(path, opened, asked, collect).finish()
            else:
                read_text(path, opened, asked, bad_lines, collect).finish()
        except _NoLineError as error:
            raise error.error from None
        body.seek(0)
        with open_to_write(temporary) as stream:
            if header or kind == "word2vec":
                stream.write(f"{writer.n_rows} {writer.n_features}\n".encode())
            shutil.copyfileobj(body, stream, 1 << 20)
    bad_lines.warn(stacklevel=2)
    return writer.n_rows, writer.n_features


def _is_read_whole(path: StrPath) -> bool:
    with open_file(path) as opened:
        return opened.kind.name not in STREAMED_KINDS


class _RowWriter:
    """Writes rows as text or as word2vec does, without the header."""

    def __init__(
        self, path: StrPath, stream: IO[bytes], kind: str, *, header: bool, precision: int | None
    ) -> None:
        self._path, self._stream, self._kind = path, stream, kind
        self._header = header
        self._format = row_formatter(precision)
        self.n_rows = self.n_features = 0

    def write(self, words: list[str], vectors: Rows) -> None:
        """Write some more rows."""
        is_text = self._kind == "text"
        first = is_text and not self._header and self.n_rows == 0
        encoded = encode_words(words, self._path, blanks=False, first_line=first)
        if is_text:
            values = [text.encode() for text in self._format(vectors)]
        else:
            values = list(float32_rows(self._path, encoded, vectors))
        self._stream.writelines(b"%b %b\n" % pair for pair in zip(encoded, values, strict=True))
        self.n_rows += len(words)
        self.n_features = vectors.shape[1]


class _Passing(Collected):
    """Passes rows on, some thousand at a time, instead of keeping them; repeated words, too."""

    def __init__(
        self,
        writer: _RowWriter,
        transform: Callable[[Rows], Rows],
        path: StrPath,
        asked: Asked,
        n_features: int,
        n_rows: int,
        unit: str = "line",
    ) -> None:
        super().__init__(path, asked, n_features, min(n_rows, _ROWS), unit)
        # What cannot be mapped at all is not the fault of a line.
        transform(np.zeros((1, n_features), self._vectors.dtype))
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
