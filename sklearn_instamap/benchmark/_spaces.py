"""Spaces as workers open them: by path, memory-mapped, nothing sent from process to process."""

from __future__ import annotations

import json
import os
import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from sklearn_instamap._files import atomic_paths, refuse_in_place
from sklearn_instamap._printable import printable
from sklearn_instamap._records import read_record
from sklearn_instamap._space import EmbeddingSpace
from sklearn_instamap.benchmark._fingerprint import digest, digest_files
from sklearn_instamap.io import read_vectors, write_vectors
from sklearn_instamap.io._npy import is_pair, pair_paths
from sklearn_instamap.progress import PartDone, emit


@dataclass(frozen=True)
class MappedSpace:
    """A space in files that can be memory-mapped: an .npy file, with .words beside it.

    ``max_words`` of its words belong to the space; ``content`` stands for words and vectors.
    """

    path: str
    max_words: int | None
    content: str
    n_words: int
    n_features: int

    def open(self) -> EmbeddingSpace:
        """Return the space; its vectors stay in the file until they are used."""
        return read_vectors(self.path, max_words=self.max_words, mmap=True)


def map_spaces(
    files: dict[str, Path],
    cache: Path,
    *,
    max_words: int | None,
    lowercase: bool,
    encoding_errors: str,
) -> dict[str, MappedSpace]:
    """Make the spaces of several languages ready; see `map_space`."""
    spaces = {}
    for done, (language, path) in enumerate(files.items(), start=1):
        space = map_space(
            path,
            cache,
            max_words=max_words,
            lowercase=lowercase,
            encoding_errors=encoding_errors,
        )
        spaces[language] = space
        emit(PartDone("spaces", done, len(files), f"{path.name}: {space.n_words:,} words"))
    return spaces


def map_space(
    path: Path,
    cache: Path,
    *,
    max_words: int | None,
    lowercase: bool,
    encoding_errors: str,
) -> MappedSpace:
    """Make a space ready to be memory-mapped, by way of a copy where it is not.

    .npy files of float32 or float64 are mapped as they are. Text and float16 are converted, and
    so is a space whose words are lower-cased, because some of them become equal.

    Copies are kept in the folder ``cache``; one that is there already is taken again, unless the
    file has changed since, or the copy.
    """
    files = pair_paths(path) if is_pair(path) else (path,)
    if is_pair(path) and not lowercase and _can_be_mapped(files[0]):
        return _describe(files[0], max_words, encoding_errors)
    # Size and time of the last change tell whether a copy is up to date; results depend on the
    # content alone, wherever it lies and whenever it was copied there.
    state = [[str(file.resolve()), file.stat().st_size, file.stat().st_mtime_ns] for file in files]
    key = digest([state, max_words, lowercase, encoding_errors])
    copy, record = (cache / f"{path.name}-{key}.{suffix}" for suffix in ("npy", "json"))
    known = _kept_copy(copy, record, key)
    if known is not None:
        return known
    space = read_vectors(
        path, max_words=max_words, lowercase=lowercase, encoding_errors=encoding_errors
    )
    write_vectors(copy, space)
    mapped = _describe(copy, None, "strict")
    with atomic_paths(record) as (temporary,):
        temporary.write_text(json.dumps({"key": key, "content": mapped.content}), encoding="utf-8")
    return mapped


def _kept_copy(copy: Path, record: Path, key: str) -> MappedSpace | None:
    """Return a copy made before, or None where there is none, or what is there is damaged."""
    refuse_in_place(record, *pair_paths(copy))
    if not record.exists():
        # Without its record a copy is not finished.
        return None
    try:
        expected = read_record(record)
        mapped = _describe(copy, None, "strict")
        if expected == {"key": key, "content": mapped.content}:
            return mapped
        # The key, too: copy and record of another space are as good as these.
        reason = "its digest is another one"
    except Exception as error:  # Whatever damaged files make json and the readers raise.
        reason = type(error).__name__
    warnings.warn(
        f"{printable(copy)}: this copy of a space, or the record of it, is damaged "
        f"({reason}); it is made again.",
        UserWarning,
        stacklevel=2,
    )
    return None


def _can_be_mapped(path: Path) -> bool:
    stored = np.lib.format.open_memmap(path, mode="r")
    return stored.dtype in (np.float32, np.float64) and stored.flags.c_contiguous


def _describe(path: Path, max_words: int | None, encoding_errors: str) -> MappedSpace:
    space = read_vectors(path, max_words=max_words, mmap=True, encoding_errors=encoding_errors)
    content = digest([digest_files(*pair_paths(path)), max_words])
    return MappedSpace(
        os.fspath(path.resolve()), max_words, content, space.n_words, space.n_features
    )
