"""Which run wrote a file: two outputs of one run belong together, those of two runs may not.

The mark stands where readers of the format do not look: behind the array of a ``.npy`` file, in
the comment of a ``.npz`` archive, in the metadata of Parquet, Arrow and safetensors. Text and
word2vec's binary files have no such place.
"""

from __future__ import annotations

import json
import os
import re
import zipfile
from collections.abc import Mapping
from pathlib import Path

from sklearn_instamap._files import StrPath
from sklearn_instamap.io._npy import is_pair, map_array, pair_paths
from sklearn_instamap.io._opening import open_file
from sklearn_instamap.io._streams import RUN

_MARK = re.compile("[0-9a-f]{16}")
_LARGEST_HEADER = 1 << 20


def read_run(path: StrPath) -> str:
    """Return the mark of the run that wrote a file of vectors; empty where it has none."""
    try:
        found = _find(path)
    except (OSError, ValueError, KeyError, TypeError, ImportError, RecursionError):
        # Whatever is wrong with the file, its reader says.
        return ""
    return found if _MARK.fullmatch(found) else ""


def _find(path: StrPath) -> str:
    if is_pair(path):
        return map_array(pair_paths(path)[0]).run
    with open_file(path) as opened:
        if opened.kind.name == "npz":
            with zipfile.ZipFile(opened) as archive:
                return archive.comment.decode("ascii").removeprefix(f"{RUN}: ")
        if opened.kind.name == "safetensors":
            size = int.from_bytes(opened.read(8), "little")
            header = json.loads(opened.read(min(size, _LARGEST_HEADER)))
            return str(header["__metadata__"][RUN])
        if opened.kind.name not in ("parquet", "arrow") or opened.compression:
            return ""
    return _of_table(os.fspath(path), opened.kind.name)


def _of_table(name: str, kind: str) -> str:
    # Only where the file itself can be read.
    from pyarrow import ipc, memory_map, parquet

    if kind == "parquet":
        schema = parquet.read_schema(name)
    else:
        with memory_map(name) as source:
            schema = ipc.open_file(source).schema
    return str((schema.metadata or {})[RUN.encode()].decode("ascii"))


def check_runs(*paths: Path) -> str:
    """Return a sentence where files carry the marks of different runs; else nothing."""
    return about_runs({path: read_run(path) for path in paths})


def about_runs(marks: Mapping[Path, str]) -> str:
    """Return a sentence where the marks of files are those of different runs; else nothing."""
    runs = {path: mark for path, mark in marks.items() if mark}
    if len(set(runs.values())) < 2:
        return ""
    first = next(iter(runs))
    second = next(path for path, mark in runs.items() if mark != runs[first])
    return (
        f"{first} and {second} were written by different runs of align, and need not be in one "
        "space; write both again by one run."
    )
