"""fastText's binary models: words, the vectors of their character n-grams, and all else."""

from __future__ import annotations

import os
import struct
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import IO, Any, Self

import numpy as np
from numpy.typing import NDArray

from sklearn_instamap._files import StrPath, atomic_paths
from sklearn_instamap.io._opening import open_file, refuse_other_kinds
from sklearn_instamap.io._streams import LONGEST_WORD

_MAGIC, _VERSIONS = 793712314, (11, 12)
_ARGUMENTS = struct.Struct("<12id")
_SIZES = struct.Struct("<iiiqq")
_ENTRY = struct.Struct("<qb")
_MATRIX = struct.Struct("<qq")
_SUPERVISED = 3
_AT_ONCE = 8192


@dataclass(frozen=True)
class FastTextFile:
    """What a fastText model of vectors holds.

    Arguments are the twelve whole numbers and the threshold it was trained with; words go by
    frequency, counts are how often each stood in the corpus of ``n_tokens``. Rows are vectors of
    the words themselves, and then of the n-grams; the vector of a word is the mean of those that it
    has.
    """

    arguments: tuple[Any, ...]
    words: tuple[bytes, ...]
    counts: tuple[int, ...]
    n_tokens: int
    rows: NDArray[np.float32]

    @property
    def n_buckets(self) -> int:
        """Into how many rows n-grams are hashed."""
        return int(self.arguments[8]) if self.arguments[10] else 0

    @property
    def lengths(self) -> tuple[int, int]:
        """Shortest and longest n-gram, in characters."""
        return int(self.arguments[9]), int(self.arguments[10])

    def with_rows(self, rows: NDArray[np.float32]) -> Self:
        """Return the model with other vectors, perhaps of other dimensions."""
        arguments = (rows.shape[1], *self.arguments[1:])
        return replace(self, arguments=arguments, rows=rows)

    def subwords(self, word: bytes, row: int | None) -> list[int]:
        """Return the rows whose mean is the vector of a word, known at this row or unknown."""
        own = [] if row is None else [row]
        if word == b"</s>" or not self.n_buckets:
            return own
        shortest, longest = self.lengths
        return own + [
            len(self.words) + hash_ngram(ngram) % self.n_buckets
            for ngram in ngrams(b"<" + word + b">", shortest, longest)
        ]

    def mean(self, subwords: list[list[int]]) -> NDArray[np.float32]:
        """Return the means of rows, zero where there are none."""
        from scipy.sparse import csr_matrix

        indptr = np.cumsum([0, *map(len, subwords)])
        indices = np.array([row for each in subwords for row in each], dtype=np.intp)
        used, indices = np.unique(indices, return_inverse=True)
        weights = np.repeat(1.0 / np.maximum(np.diff(indptr), 1), np.diff(indptr))
        shape = (len(subwords), len(used))
        # Only the rows that are used: the matrix may be a memory map of gigabytes.
        rows = np.asarray(self.rows[used], dtype=np.float64)
        return (csr_matrix((weights, indices, indptr), shape=shape) @ rows).astype(np.float32)


def ngrams(word: bytes, shortest: int, longest: int) -> list[bytes]:
    """Return the n-grams of a word in UTF-8, as fastText counts them."""
    starts = [place for place, byte in enumerate(word) if byte & 0xC0 != 0x80]
    ends = [*starts[1:], len(word)]
    found = []
    for first, start in enumerate(starts):
        for length in range(1, longest + 1):
            if first + length > len(starts):
                break
            end = ends[first + length - 1]
            # The marks of the beginning and of the end alone are none.
            if length >= shortest and not (length == 1 and (start == 0 or end == len(word))):
                found.append(word[start:end])
    return found


def hash_ngram(ngram: bytes) -> int:
    """Return fastText's hash: FNV-1a, of bytes taken for signed."""
    value = 2166136261
    for byte in ngram:
        value ^= byte if byte < 128 else byte | 0xFFFFFF00
        value = value * 16777619 & 0xFFFFFFFF
    return value


def read_file(path: StrPath) -> FastTextFile:
    """Read a model; its vectors are memory-mapped."""
    name = os.fspath(path)
    with open_file(path) as opened:
        refuse_other_kinds(path, opened, "a fastText model", "fasttext")
        if opened.compression:
            raise ValueError(f"{name}: is compressed; unpack it, since its vectors are mapped.")
        try:
            return _read(name, opened, opened.size)
        except (struct.error, EOFError, OverflowError):
            raise ValueError(
                f"{name}: the fastText model is damaged or truncated; fetch it again."
            ) from None


def _read(name: str, stream: IO[bytes], n_bytes: int) -> FastTextFile:
    magic, version = _unpack(stream, struct.Struct("<ii"))
    if magic != _MAGIC or version not in _VERSIONS:
        raise ValueError(f"{name}: is a fastText model of the unknown version {version}.")
    arguments = _unpack(stream, _ARGUMENTS)
    dim, model, bucket, shortest, longest = (arguments[place] for place in (0, 7, 8, 9, 10))
    if version == 11 and model == _SUPERVISED:
        arguments = (*arguments[:10], 0, *arguments[11:])
        longest = 0
    size, n_words, n_labels, n_tokens, n_pruned = _unpack(stream, _SIZES)
    if dim < 1 or bucket < 0 or not 0 <= shortest <= 1000 or not 0 <= longest <= 1000:
        raise EOFError
    if n_words < 1 or n_labels < 0 or size != n_words + n_labels or size > n_bytes // 10:
        raise EOFError
    words, counts = _read_entries(stream, size, n_words)
    if n_pruned > 0:
        raise ValueError(f"{name}: {_QUANTIZED}")
    if _unpack(stream, struct.Struct("<?"))[0]:
        raise ValueError(f"{name}: {_QUANTIZED}")
    n_rows, n_features = _unpack(stream, _MATRIX)
    expected = n_words + (bucket if longest or model == _SUPERVISED else 0)
    if n_features != dim or n_rows < n_words + (bucket if longest else 0):
        raise EOFError
    if n_rows > expected + bucket or 4 * n_rows * n_features > n_bytes - stream.tell():
        raise EOFError
    rows = np.memmap(name, dtype="<f4", mode="r", offset=stream.tell(), shape=(n_rows, n_features))
    return FastTextFile(arguments, words, counts, n_tokens, rows)


_QUANTIZED = (
    "is a quantized fastText model (.ftz), whose vectors are approximations; use the model it was "
    "made of (.bin)."
)


def _read_entries(
    stream: IO[bytes], size: int, n_words: int
) -> tuple[tuple[bytes, ...], tuple[int, ...]]:
    words, counts = [], []
    buffer = b""
    start = 0
    for place in range(size):
        while (end := buffer.find(b"\0", start)) < 0 or len(buffer) < end + 1 + _ENTRY.size:
            if len(buffer) - start > LONGEST_WORD + _ENTRY.size:
                raise EOFError
            more = stream.read(1 << 16)
            if not more:
                raise EOFError
            buffer, start = buffer[start:] + more, 0
        count, kind = _ENTRY.unpack_from(buffer, end + 1)
        # Words come first, then labels.
        if kind != (place >= n_words) or end == start:
            raise EOFError
        if place < n_words:
            words.append(buffer[start:end])
            counts.append(count)
        start = end + 1 + _ENTRY.size
    stream.seek(start - len(buffer), os.SEEK_CUR)
    return tuple(words), tuple(counts)


def _unpack(stream: IO[bytes], layout: struct.Struct) -> tuple[Any, ...]:
    return layout.unpack(stream.read(layout.size))


def write_file(path: StrPath, model: FastTextFile) -> None:
    """Write a model of vectors, without the output layer that only training needs."""
    with atomic_paths(path) as (temporary,), open(temporary, "wb") as stream:
        stream.write(struct.pack("<ii", _MAGIC, _VERSIONS[-1]))
        stream.write(_ARGUMENTS.pack(*model.arguments))
        n_words = len(model.words)
        stream.write(_SIZES.pack(n_words, n_words, 0, model.n_tokens, -1))
        for word, count in zip(model.words, model.counts, strict=True):
            stream.write(word + b"\0" + _ENTRY.pack(count, 0))
        stream.write(b"\0" + _MATRIX.pack(*model.rows.shape))
        for block in _blocks(model.rows):
            stream.write(np.ascontiguousarray(block, dtype="<f4").tobytes())
        # One row per word, as long as the vectors, all zero: readers expect them.
        stream.write(b"\0" + _MATRIX.pack(n_words, model.rows.shape[1]))
        zeros = bytes(4 * model.rows.shape[1])
        for _ in range(n_words):
            stream.write(zeros)


def _blocks(rows: NDArray[np.float32]) -> list[NDArray[np.float32]]:
    return [rows[start : start + _AT_ONCE] for start in range(0, len(rows), _AT_ONCE)]


def map_rows_of(
    rows: NDArray[np.float32], function: Callable[[NDArray[np.float32]], Any]
) -> NDArray[np.float32]:
    """Apply a function to rows, some thousand at a time."""
    return np.concatenate(
        [np.asarray(function(np.array(block)), dtype=np.float32) for block in _blocks(rows)]
    )
