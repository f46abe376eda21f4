"""word2vec's binary format: a header, then each word, a blank and its values as float32."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Sequence
from typing import IO

import numpy as np
from numpy.typing import NDArray

from sklearn_instamap._files import StrPath, atomic_paths
from sklearn_instamap._wording import way_out
from sklearn_instamap.io._asked import Asked
from sklearn_instamap.io._collected import Collected
from sklearn_instamap.io._compressing import open_to_write
from sklearn_instamap.io._opening import OpenedFile
from sklearn_instamap.io._streams import LONGEST_WORD, encode_words

_HEADER = re.compile(rb"(\d{1,18})[ \t](\d{1,9})[ \t\r]*\n")
_READ_AT_ONCE = 1 << 20


def read_word2vec(
    path: StrPath,
    opened: OpenedFile,
    asked: Asked,
    collect: Callable[..., Collected] = Collected,
) -> Collected:
    """Read words and vectors; what `read_vectors` does for binary word2vec files."""
    name = os.fspath(path)
    header = _HEADER.fullmatch(opened.readline(100))
    if header is None or min(int(header[1]), int(header[2])) < 1:
        raise ValueError(f"{name}: does not begin with two counts, words and dimensions.")
    n_rows, n_features = int(header[1]), int(header[2])
    n_bytes = 4 * n_features
    words = collect(
        path, asked, n_features, min(n_rows, opened.largest // (n_bytes + 1) + 1), "word"
    )
    pieces = _Pieces(opened)
    for row in range(1, n_rows + 1):
        if words.n_wanted == 0:
            return words
        word = pieces.up_to_blank(LONGEST_WORD + 2)
        values = pieces.exactly(n_bytes)
        if values is None or word is None:
            if pieces.is_at_end:
                rest = way_out("max_words", words.n_words) if words.n_words else ""
                raise ValueError(
                    f"{name}: ends within word {row} of the {n_rows} its header promises; fetch it "
                    f"again if it is truncated{rest}."
                )
            raise ValueError(
                f"{name}, word {row}: is longer than {LONGEST_WORD:,} bytes; the file is damaged, "
                "fetch it again."
            )
        # word2vec ends each row with a line end, which others leave out.
        words.add(row, word.lstrip(b"\n"), np.frombuffer(values, dtype="<f4"))
    if words.n_wanted is None and pieces.rest().strip():
        raise ValueError(
            f"{name}: continues after word {n_rows}, the last its header promises; the file is "
            "damaged, fetch it again."
        )
    return words


class _Pieces:
    """Pieces of a stream, read from a buffer."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._buffer = b""
        self._start = 0
        self.is_at_end = False

    def up_to_blank(self, longest: int) -> bytes | None:
        """Return what stands before the next blank; None if there is none for so long."""
        while (end := self._buffer.find(b" ", self._start, self._start + longest)) < 0:
            if len(self._buffer) - self._start >= longest or not self._fill(1):
                return None
        piece = self._buffer[self._start : end]
        self._start = end + 1
        return piece

    def exactly(self, n_bytes: int) -> bytes | None:
        """Return the next bytes; None if there are fewer."""
        if len(self._buffer) - self._start < n_bytes and not self._fill(n_bytes):
            return None
        piece = self._buffer[self._start : self._start + n_bytes]
        self._start += n_bytes
        return piece

    def rest(self) -> bytes:
        """Return a little of what is left."""
        self._fill(1)
        return self._buffer[self._start : self._start + 100]

    def _fill(self, n_bytes: int) -> bool:
        """Read on; False if the stream ends before so many bytes are there."""
        kept = [self._buffer[self._start :]]
        n_kept = len(kept[0])
        self._start = 0
        read = False
        while not read or n_kept < n_bytes:
            chunk = self._stream.read(_READ_AT_ONCE)
            if not chunk:
                self.is_at_end = True
                break
            read = True
            kept.append(chunk)
            n_kept += len(chunk)
        self._buffer = b"".join(kept)
        return read and n_kept >= n_bytes


def write_word2vec(path: StrPath, words: Sequence[str], vectors: NDArray[np.floating]) -> None:
    """Write words and vectors; what `write_vectors` does for ``.bin``."""
    encoded = encode_words(words, path, blanks=False, first_line=False)
    with atomic_paths(path) as (temporary,), open_to_write(temporary) as stream:
        stream.write(f"{vectors.shape[0]} {vectors.shape[1]}\n".encode())
        for pair in zip(encoded, float32_rows(path, encoded, vectors), strict=True):
            stream.write(b"%b %b\n" % pair)


def float32_rows(
    path: StrPath, words: Sequence[bytes], vectors: NDArray[np.floating]
) -> Iterator[bytes]:
    """Yield each vector as the format holds it, or say of which word a value is too large."""
    for word, row in zip(words, vectors, strict=True):
        with np.errstate(over="ignore"):
            values = row.astype("<f4")
        if not np.isfinite(values).all():
            raise ValueError(
                f"{os.fspath(path)}: a value of the word {word.decode()!r} is too large for "
                "float32, which the format holds; write .npy instead."
            )
        yield values.tobytes()
