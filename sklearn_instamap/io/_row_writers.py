"""Rows that come a few thousand at a time, and are written before it is known how many there are.

Their number stands at the beginning of a file: until the end the rows wait in a file without a
name, which the system removes whatever happens.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

import numpy as np
from numpy.typing import NDArray

from sklearn_instamap._files import StrPath, atomic_paths
from sklearn_instamap.io._compressing import open_to_write
from sklearn_instamap.io._decimals import row_formatter
from sklearn_instamap.io._npy import end_of_pair, pair_paths, write_encoded
from sklearn_instamap.io._streams import encode_words
from sklearn_instamap.io._word2vec import float32_rows

Rows = NDArray[np.floating]

_COPIED = 1 << 20


class RowWriter:
    """Takes rows, which wait in ``body``, and makes a file of them at the end."""

    def __init__(self, path: StrPath, body: IO[bytes]) -> None:
        self._path, self._body = path, body
        self.n_rows = self.n_features = 0

    def write(self, words: list[str], vectors: Rows) -> None:
        """Take some more rows."""
        self._take(words, vectors)
        self.n_rows += len(words)
        self.n_features = vectors.shape[1]

    def _take(self, words: list[str], vectors: Rows) -> None:
        raise NotImplementedError

    def finish(self) -> None:
        """Write the file."""
        raise NotImplementedError


class LineWriter(RowWriter):
    """Text, or word2vec's binary format: each row is its word and its values."""

    def __init__(
        self,
        path: StrPath,
        body: IO[bytes],
        temporary: Path,
        *,
        is_text: bool,
        header: bool,
        precision: int | None,
    ) -> None:
        super().__init__(path, body)
        self._temporary, self._is_text = temporary, is_text
        self._header = header or not is_text
        self._format = row_formatter(precision)

    def _take(self, words: list[str], vectors: Rows) -> None:
        first = not self._header and self.n_rows == 0
        encoded = encode_words(words, self._path, blanks=False, first_line=first)
        if self._is_text:
            values = [text.encode() for text in self._format(vectors)]
        else:
            values = list(float32_rows(self._path, encoded, vectors))
        self._body.writelines(b"%b %b\n" % pair for pair in zip(encoded, values, strict=True))

    def finish(self) -> None:
        """Write the file, its header first."""
        self._body.seek(0)
        with open_to_write(self._temporary) as stream:
            if self._header:
                stream.write(f"{self.n_rows} {self.n_features}\n".encode())
            shutil.copyfileobj(self._body, stream, _COPIED)


class PairWriter(RowWriter):
    """``NAME.npy`` and ``NAME.words``."""

    def __init__(
        self, path: StrPath, body: IO[bytes], npy: Path, words: IO[bytes], run: str
    ) -> None:
        super().__init__(path, body)
        self._npy, self._words, self._run = npy, words, run
        self._digest = hashlib.sha256()
        self._dtype = np.dtype(np.float32)

    def _take(self, words: list[str], vectors: Rows) -> None:
        first = self.n_rows == 0
        encoded = encode_words(words, self._path, blanks=True, first_line=first)
        write_encoded(self._words, encoded, self._digest)
        self._dtype = vectors.dtype
        self._body.write(np.ascontiguousarray(vectors).tobytes())

    def finish(self) -> None:
        """Write the array, its header first and the marks last."""
        self._body.seek(0)
        header = {
            "descr": np.lib.format.dtype_to_descr(self._dtype),
            "fortran_order": False,
            "shape": (self.n_rows, self.n_features),
        }
        with open(self._npy, "wb") as stream:
            np.lib.format.write_array_header_1_0(stream, header)
            shutil.copyfileobj(self._body, stream, _COPIED)
            stream.write(end_of_pair(self._digest.hexdigest(), self._run))


@contextmanager
def writing_rows(
    path: StrPath, kind: str, *, header: bool, precision: int | None, run: str
) -> Iterator[RowWriter]:
    """Give what takes rows; the file appears at the end, or not at all.

    The mark of the run is written to .npy alone, which has room for it.
    """
    paths = pair_paths(path) if kind == "npy" else (path,)
    with atomic_paths(*paths) as places, TemporaryFile(dir=places[0].parent) as body:
        if kind == "npy":
            with open(places[1], "wb") as words:
                pair = PairWriter(path, body, places[0], words, run)
                yield pair
            pair.finish()
            return
        lines = LineWriter(
            path, body, places[0], is_text=kind == "text", header=header, precision=precision
        )
        yield lines
        lines.finish()
