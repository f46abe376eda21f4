"""A pair of files: ``NAME.npy`` holds the vectors, ``NAME.words`` the words, one per line."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sklearn_instamap._files import StrPath, atomic_paths
from sklearn_instamap.io._streams import (
    Repeats,
    decode,
    encode_words,
    numbered_lines,
    open_binary,
)

_CHECKED_ROWS = 8192


def is_pair(path: StrPath) -> bool:
    """Tell whether a path names one of the two files, or what both names begin with."""
    if os.fspath(path).endswith((".npy", ".words")):
        return True
    return not os.path.exists(path) and any(file.exists() for file in pair_paths(path))


def pair_paths(path: StrPath) -> tuple[Path, Path]:
    """Return the paths of the vectors and of the words, from either or from their prefix."""
    prefix = os.fspath(path).removesuffix(".npy").removesuffix(".words")
    return Path(f"{prefix}.npy"), Path(f"{prefix}.words")


def read_pair(
    path: StrPath,
    *,
    max_words: int | None,
    lowercase: bool,
    dtype: np.dtype | None,
    mmap: bool,
    encoding_errors: str,
) -> tuple[list[str], NDArray[np.floating], Repeats]:
    """Read words and vectors; what `read_vectors` does for .npy and .words."""
    npy_path, words_path = pair_paths(path)
    stored = _map_array(npy_path)
    words = _read_words(words_path, encoding_errors)
    if len(words) != len(stored):
        raise ValueError(
            f"{words_path}: has {len(words)} words for the {len(stored)} rows of {npy_path}; "
            "they do not belong together."
        )
    rows, kept, repeats = _distinct(words, max_words, lowercase)
    if dtype is None:
        dtype = np.dtype(np.float64 if stored.dtype.itemsize > 4 else np.float32)
    vectors: NDArray[np.floating] = stored[: len(rows)] if not repeats.count else stored[rows]
    if not mmap:
        # Values beyond float32 become inf in silence here, and an error below.
        with np.errstate(over="ignore"):
            vectors = vectors.astype(dtype, order="C", copy=not repeats.count)
    elif vectors.dtype != dtype or not vectors.flags.c_contiguous:
        raise ValueError(
            f"{npy_path}: holds {stored.dtype.name} and cannot be memory-mapped as {dtype.name}, "
            "row by row; write it anew with write_vectors, or pass mmap=False."
        )
    _check_finite(npy_path, kept, vectors)
    return kept, vectors, repeats


def _map_array(path: Path) -> NDArray[np.floating]:
    # Opened here first for its errors, which name the file and say what to do.
    with open_binary(path):
        pass
    try:
        # Unlike np.load, this reads neither pickles nor .npz archives.
        array = np.lib.format.open_memmap(path, mode="r")
    except (ValueError, OSError) as error:
        raise ValueError(
            f"{path}: is not a complete .npy file of numbers ({error}); write or fetch it again."
        ) from None
    if array.ndim != 2 or array.dtype.kind != "f":
        raise ValueError(
            f"{path}: holds {array.dtype.name} of shape {array.shape}; expected floating-point "
            "numbers, one row per word."
        )
    return array


def _read_words(path: Path, encoding_errors: str) -> list[str]:
    words = []
    with open_binary(path) as stream:
        for number, line in numbered_lines(stream):
            if not line:
                raise ValueError(f"{path}, line {number}: is empty; expected one word per line.")
            words.append(decode(line, path, number, encoding_errors))
    if not words:
        raise ValueError(f"{path}: the file is empty.")
    return words


def _distinct(
    words: list[str], max_words: int | None, lowercase: bool
) -> tuple[list[int], list[str], Repeats]:
    """Return the rows of the first ``max_words`` distinct words, and the words."""
    rows: dict[str, int] = {}
    repeats = Repeats()
    for row, word in enumerate(words):
        if len(rows) == max_words:
            break
        name = word.lower() if lowercase else word
        if name in rows:
            repeats.add(repr(name), row + 1)
        else:
            rows[name] = row
    return list(rows.values()), list(rows), repeats


def _check_finite(path: Path, words: list[str], vectors: NDArray[np.floating]) -> None:
    # By blocks: the mask of a large memory map would be large itself.
    for start in range(0, len(words), _CHECKED_ROWS):
        finite = np.isfinite(vectors[start : start + _CHECKED_ROWS]).all(axis=1)
        if not finite.all():
            row = start + int(np.argmin(finite))
            raise ValueError(
                f"{path}: the vector of word {row}, {words[row]!r}, has values that are not "
                f"finite in {vectors.dtype.name}; remove the word or mend the vector."
            )


def write_pair(path: StrPath, words: Sequence[str], vectors: NDArray[np.floating]) -> None:
    """Write words and vectors; what `write_vectors` does for .npy and .words."""
    npy_path, words_path = pair_paths(path)
    encoded = encode_words(words, words_path, blanks=True, first_line=True)
    with atomic_paths(npy_path, words_path) as (npy_temporary, words_temporary):
        with open(npy_temporary, "wb") as stream:
            np.save(stream, vectors, allow_pickle=False)
        with open(words_temporary, "wb") as stream:
            stream.writelines(word + b"\n" for word in encoded)
