"""A pair of files: ``NAME.npy`` holds the vectors, ``NAME.words`` the words, one per line."""

from __future__ import annotations

import hashlib
import os
import re
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import IO, Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sklearn_instamap._files import StrPath, atomic_paths
from sklearn_instamap._printable import reason
from sklearn_instamap._words import show_word
from sklearn_instamap.io._asked import Asked
from sklearn_instamap.io._collected import Collected
from sklearn_instamap.io._opening import open_file
from sklearn_instamap.io._streams import Repeats, decode, encode_words, open_lines

_CHECKED_ROWS = 8192
_TRAILER = re.compile(rb"\nwords: sha256 ([0-9a-f]{64})\n(?:run: ([0-9a-f]{16})\n)?")
_LONGEST_TRAILER = 200
_HEADERS = {
    (1, 0): np.lib.format.read_array_header_1_0,
    (2, 0): np.lib.format.read_array_header_2_0,
}


class StoredArray(NamedTuple):
    """An array in a file, and what stands behind it."""

    vectors: NDArray[np.floating]
    words: bytes
    """The mark of the words it was written with; empty if it has none."""
    run: str
    """The mark of the run that wrote it; empty if it has none."""


def is_pair(path: StrPath) -> bool:
    """Tell whether a path names one of the two files, or what both names begin with."""
    if os.fspath(path).endswith((".npy", ".words")):
        return True
    return not os.path.exists(path) and any(map(os.path.exists, pair_paths(path)))


def pair_paths(path: StrPath) -> tuple[Path, Path]:
    """Return the paths of the vectors and of the words, from either or from their prefix."""
    prefix = os.fspath(path).removesuffix(".npy").removesuffix(".words")
    return Path(f"{prefix}.npy"), Path(f"{prefix}.words")


def read_pair(path: StrPath, asked: Asked) -> tuple[list[str], NDArray[np.floating], Repeats]:
    """Read words and vectors; what `read_vectors` does for .npy and .words."""
    npy_path, words_path = pair_paths(path)
    stored, mark, _ = map_array(npy_path)
    words, digest = read_words(words_path, asked)
    _check_together(npy_path, words_path, (len(words), len(stored)), mark, digest)
    return choose_rows(npy_path, words, stored, asked)


def choose_rows(
    path: StrPath, words: Sequence[str], stored: NDArray[np.floating], asked: Asked
) -> tuple[list[str], NDArray[np.floating], Repeats]:
    """Return what is asked of an array and its words, checked to be finite."""
    rows, kept, repeats = _distinct(words, asked)
    dtype = asked.dtype_of(stored.dtype)
    vectors: NDArray[np.floating] = stored[: len(rows)] if not repeats.count else stored[rows]
    if not asked.mmap:
        # Values beyond float32 silently become inf here, and an error below.
        with np.errstate(over="ignore"):
            vectors = vectors.astype(dtype, order="C", copy=not repeats.count)
    elif vectors.dtype != dtype or not vectors.flags.c_contiguous:
        raise ValueError(
            f"{os.fspath(path)}: holds {stored.dtype.name} and cannot be memory-mapped as "
            f"{dtype.name}, row by row; write it again with write_vectors, or pass mmap=False."
        )
    _check_finite(path, kept, vectors)
    return kept, vectors, repeats


def map_array(path: Path) -> StoredArray:
    """Return the array, memory-mapped, and its marks."""
    with open_file(path) as opened:
        if opened.compression:
            raise ValueError(f"{path}: is compressed; unpack it, since .npy is read by mapping.")
        header = read_header(path, opened)
        offset = opened.tell()
        n_bytes = check_array_header(path, header, opened.size - offset)
        opened.seek(offset + n_bytes)
        mark = _TRAILER.fullmatch(opened.read(_LONGEST_TRAILER + 1))
    shape, fortran, dtype = header
    order: Literal["C", "F"] = "F" if fortran else "C"
    try:
        array = np.memmap(path, dtype=dtype, mode="r", offset=offset, shape=shape, order=order)
    except OSError as error:
        raise OSError(
            f"{path}: cannot be mapped into memory ({error.strerror}); free some, or write fewer "
            "words."
        ) from None
    words, run = mark.groups(b"") if mark else (b"", b"")
    return StoredArray(array, words, run.decode())


def read_header(path: StrPath, stream: IO[bytes]) -> tuple[tuple[int, ...], bool, np.dtype]:
    """Return shape, order and type of the array in a .npy file, or say that it is damaged."""
    try:
        version = np.lib.format.read_magic(stream)
        if version not in _HEADERS:
            raise ValueError(f"version {version} of the format is unknown")
        with warnings.catch_warnings():
            # Of files written by Python 2, which are read all the same.
            warnings.simplefilter("ignore")
            return _HEADERS[version](stream)
    except OSError:
        raise
    except BaseException as error:
        # A damaged header gets as far as Python's parser: TokenError, SyntaxError, MemoryError, …
        if isinstance(error, KeyboardInterrupt | SystemExit):
            raise
        raise ValueError(
            f"{os.fspath(path)}: is not a complete .npy file of numbers ({reason(error)}); "
            "write or fetch it again."
        ) from None


def check_array_header(
    path: StrPath, header: tuple[tuple[int, ...], bool, np.dtype], n_bytes: int
) -> int:
    """Refuse an array which is not a table of numbers, or is cut off; return its size in bytes."""
    shape, _, dtype = header
    if len(shape) != 2 or dtype.kind != "f":
        raise ValueError(
            f"{os.fspath(path)}: holds {dtype.name} of shape {shape}; expected floating-point "
            "numbers, one row per word."
        )
    if min(shape) < 1:
        raise ValueError(f"{os.fspath(path)}: holds an array of shape {shape}; it has no values.")
    size = shape[0] * shape[1] * dtype.itemsize
    if size > n_bytes:
        raise ValueError(
            f"{os.fspath(path)}: is not a complete .npy file of numbers ({n_bytes} bytes instead "
            f"of {size}); write or fetch it again."
        )
    return size


def read_words(path: Path, asked: Asked) -> tuple[list[str], bytes]:
    """Return the words, and the digest that marks them."""
    digest = hashlib.sha256()
    lines = encoded_words(path, digest)
    words = [decode(line, path, number, asked.encoding_errors) for number, line in lines]
    if not words:
        raise ValueError(f"{path}: the file is empty.")
    return words, digest.hexdigest().encode()


def encoded_words(path: Path, digest: Any) -> Iterator[tuple[int, bytes]]:
    """Yield the number of each line and the word on it, and feed the digest."""
    with open_lines(path, "a list of words") as lines:
        for number, line in lines:
            if not line:
                raise ValueError(f"{path}, line {number}: is empty; expected one word per line.")
            digest.update(line + b"\n")
            yield number, line


def read_pair_rows(path: StrPath, asked: Asked, collect: Callable[..., Collected]) -> Collected:
    """Read words and vectors one by one: the vectors mapped, the words a line at a time."""
    npy_path, words_path = pair_paths(path)
    stored, mark, _ = map_array(npy_path)
    asked = replace(asked, dtype=asked.dtype_of(stored.dtype))
    rows = collect(npy_path, asked, stored.shape[1], len(stored), "word")
    digest = hashlib.sha256()
    n_words = 0
    # Values beyond float32 silently become inf here, and an error below.
    with np.errstate(over="ignore"):
        for n_words, (_, word) in enumerate(encoded_words(words_path, digest), start=1):
            if n_words <= len(stored):
                rows.add(n_words - 1, word, stored[n_words - 1])
    _check_together(npy_path, words_path, (n_words, len(stored)), mark, digest.hexdigest().encode())
    return rows


def _check_together(
    npy_path: Path, words_path: Path, counts: tuple[int, int], mark: bytes, digest: bytes
) -> None:
    """Refuse words and vectors that are not of one pair."""
    if counts[0] != counts[1]:
        raise ValueError(
            f"{words_path}: has {counts[0]} words for the {counts[1]} rows of {npy_path}; "
            "they do not belong together."
        )
    if mark and mark != digest:
        raise ValueError(
            f"{words_path}: does not belong to {npy_path}, which was written with other words; "
            "one of the two was replaced: write or fetch both again."
        )


def _distinct(words: Sequence[str], asked: Asked) -> tuple[list[int], list[str], Repeats]:
    """Return the rows of the first ``max_words`` distinct words, and the words."""
    rows: dict[str, int] = {}
    repeats = Repeats()
    for row, word in enumerate(words):
        if len(rows) == asked.max_words:
            break
        name = asked.spelling(word)
        if name in rows:
            repeats.add((name,), row + 1)
        else:
            rows[name] = row
    return list(rows.values()), list(rows), repeats


def _check_finite(path: StrPath, words: list[str], vectors: NDArray[np.floating]) -> None:
    # By blocks: the mask of a large memory map would be large itself.
    for start in range(0, len(words), _CHECKED_ROWS):
        finite = np.isfinite(vectors[start : start + _CHECKED_ROWS]).all(axis=1)
        if not finite.all():
            row = start + int(np.argmin(finite))
            word = show_word(words[row])
            raise ValueError(
                f"{os.fspath(path)}: the vector of word {row}, {word}, has values that are not "
                f"finite in {vectors.dtype.name}; remove the word or correct the vector."
            )


def write_pair(
    path: StrPath, words: Sequence[str], vectors: NDArray[np.floating], run: str = ""
) -> None:
    """Write words and vectors; what `write_vectors` does for .npy and .words.

    Behind the array, where readers of .npy do not look, stands a digest of the words: two files
    of which only one was replaced are recognized. The mark of the run may follow.
    """
    npy_path, words_path = pair_paths(path)
    encoded = encode_words(words, words_path, blanks=True, first_line=True)
    digest = hashlib.sha256()
    with atomic_paths(npy_path, words_path) as (npy_temporary, words_temporary):
        with open(words_temporary, "wb") as stream:
            write_encoded(stream, encoded, digest)
        with open(npy_temporary, "wb") as stream:
            np.save(stream, vectors, allow_pickle=False)
            stream.write(end_of_pair(digest.hexdigest(), run))


def write_encoded(stream: IO[bytes], encoded: Iterable[bytes], digest: Any) -> None:
    """Write words, a line each, and feed the digest."""
    for word in encoded:
        stream.write(word + b"\n")
        digest.update(word + b"\n")


def end_of_pair(digest: str, run: str) -> bytes:
    """Return what stands behind the array: the digest of the words, and the mark of the run."""
    lines = [f"words: sha256 {digest}", *([f"run: {run}"] if run else [])]
    return "".join(f"\n{line}" for line in lines).encode() + b"\n"
