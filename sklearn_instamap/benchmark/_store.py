"""The folder of a benchmark: every finished cell in its own file, whole or not there."""

from __future__ import annotations

import hashlib
import io
import json
import re
import warnings
import zipfile
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Self

import numpy as np

from sklearn_instamap._files import (
    atomic_paths,
    locked,
    open_regular,
    refuse_in_place,
    remove_temporaries,
)
from sklearn_instamap._printable import printable, shown_safely
from sklearn_instamap._records import read_json
from sklearn_instamap.benchmark._cell import COUNTS, MEASURES, Outcome
from sklearn_instamap.benchmark._plan import Cell
from sklearn_instamap.io._opening import is_bomb
from sklearn_instamap.metrics._retrieval import RETRIEVALS

_RANKS = "ranks_"
# Of a test dictionary of millions of pairs.
_LARGEST = 1 << 28
# Behind the archive, where programs that read .npz files do not look.
_CHECKSUM = b"\nsha256:"


class CellStore:
    """The results folder of a benchmark, open for the one process that writes to it.

    Entering it makes the folder and takes a lock, which ends with the process however that ends,
    and removes what a killed run has left half-written. Raises OSError on entering, if the folder
    cannot be written to or another run is at work there.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.cells = folder / "cells"
        self.spaces = folder / "spaces"
        self._stack = ExitStack()

    @shown_safely()
    def __enter__(self) -> Self:
        for folder in (self.cells, self.spaces):
            try:
                folder.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise OSError(
                    f"{folder}: cannot be created ({error.strerror}); name another folder."
                ) from None
        with ExitStack() as stack:
            try:
                stack.enter_context(
                    locked(self.folder / ".lock", "A benchmark", "benchmark", wait=False)
                )
            except BlockingIOError:
                raise BlockingIOError(
                    f"{self.folder}: another benchmark is running there; wait for it, or name "
                    "another folder."
                ) from None
            for folder in (self.folder, self.cells, self.spaces):
                remove_temporaries(folder)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *error: Any) -> None:
        self._stack.__exit__(*error)

    def path(self, cell: Cell, fingerprint: str) -> Path:
        """Return the file of a cell. Its fingerprint alone would do; the rest is for people."""
        method = re.sub(r"\W+", "-", cell.method).strip("-")[:40]
        label = f"{cell.source}-{cell.target}.{cell.dictionary_size}.{method}.{cell.seed}"
        return self.cells / f"{label}.{fingerprint}.npz"

    def load(self, cell: Cell, fingerprint: str) -> Outcome | None:
        """Return a finished cell; None where there is none, or a damaged one, with a warning."""
        path = self.path(cell, fingerprint)
        try:
            refuse_in_place(path)
            with open_regular(path) as file:
                content = file.read(_LARGEST + 1)
        except FileNotFoundError:
            return None
        try:
            return _decode(cell, fingerprint, content)
        except (
            Exception
        ) as error:  # Whatever a damaged file makes zlib, zipfile, numpy, json raise.
            reason = str(error) if isinstance(error, _DamagedError) else type(error).__name__
            warnings.warn(
                f"{printable(path)}: is damaged ({reason}); the cell {cell} is run again.",
                UserWarning,
                stacklevel=2,
            )
            return None

    def save(self, outcome: Outcome, fingerprint: str) -> None:
        """Write a finished cell: all of it or nothing."""
        with atomic_paths(self.path(outcome.cell, fingerprint)) as (temporary,):
            temporary.write_bytes(_encode(outcome, fingerprint))


class _DamagedError(ValueError):
    """A file that is not a cell as `_encode` writes it."""


def _encode(outcome: Outcome, fingerprint: str) -> bytes:
    """Return a cell as an .npz archive, and behind it the checksum of all its bytes."""
    record = {
        "cell": outcome.cell.as_dict(),
        "fingerprint": fingerprint,
        "measures": outcome.measures,
        "versions": outcome.versions,
        "error": outcome.error,
        "warnings": outcome.warnings,
    }
    arrays: dict[str, Any] = {f"{_RANKS}{name}": each for name, each in outcome.ranks.items()}
    stream = io.BytesIO()
    np.savez_compressed(
        stream,
        record=np.array(json.dumps(record)),
        words=outcome.words,
        unseen=outcome.unseen,
        similarity=outcome.similarity,
        **arrays,
    )
    archive = stream.getvalue()
    return archive + _CHECKSUM + hashlib.sha256(archive).hexdigest().encode()


def _decode(cell: Cell, fingerprint: str, content: bytes) -> Outcome:
    """Return the cell whose file has this content, which is trusted with nothing."""
    archive, _, checksum = content.rpartition(_CHECKSUM)
    if hashlib.sha256(archive).hexdigest().encode() != checksum:
        raise _DamagedError("its checksum does not match")
    with zipfile.ZipFile(io.BytesIO(archive)) as members:
        if is_bomb(sum(each.file_size for each in members.infolist()), len(archive)):
            raise _DamagedError("it expands to many times its size")
    with np.load(io.BytesIO(archive), allow_pickle=False) as arrays:
        record = read_json(str(arrays["record"]), not_finite=True)
        ranks = {
            name.removeprefix(_RANKS): arrays[name]
            for name in arrays.files
            if name.startswith(_RANKS)
        }
        words, unseen, similarity = (arrays[each] for each in ("words", "unseen", "similarity"))
    if not isinstance(record, dict) or record["cell"] != cell.as_dict():
        raise _DamagedError("it belongs to another cell")
    if record.get("fingerprint") != fingerprint:
        raise _DamagedError("it was run with other data or settings")
    measures, texts = record["measures"], record["warnings"]
    if not (
        isinstance(measures, dict)
        and all(map(_is_measure, measures, measures.values()))
        and isinstance(texts, list)
        and all(isinstance(text, str) for text in (*texts, record["versions"], record["error"]))
    ):
        raise _DamagedError("it does not hold what a cell has")
    outcome = Outcome(
        cell,
        measures,
        record["versions"],
        record["error"],
        tuple(texts),
        ranks,
        words,
        unseen,
        similarity,
    )
    # A failed cell has no arrays, and what it measured before.
    if not _are_arrays(outcome) or (not outcome.error and set(measures) != set(MEASURES)):
        raise _DamagedError("it does not hold what a cell has")
    return outcome


def _is_measure(name: str, value: Any) -> bool:
    if name in COUNTS:
        return type(value) is int and 0 <= value < 1 << 53
    # nan where the system does not tell.
    return name in MEASURES and type(value) in (int, float) and not value < 0 and not value > 1e300


def _are_arrays(outcome: Outcome) -> bool:
    """Tell whether arrays are what a cell has, in type, size and values."""
    arrays = {"words": outcome.words, **outcome.ranks}
    n_pairs = len(outcome.words) if outcome.words.ndim == 1 else -1
    return (
        bool(outcome.ranks) != bool(outcome.error)
        and set(outcome.ranks) <= set(RETRIEVALS)
        and bool(n_pairs) != bool(outcome.error)
        and all(each.dtype == np.int32 and each.shape == (n_pairs,) for each in arrays.values())
        and all(each.min(initial=0) >= 0 for each in arrays.values())
        and all(each.any() for each in outcome.ranks.values())
        and outcome.words.max(initial=0) < max(1, n_pairs)
        and (outcome.unseen.dtype, outcome.unseen.shape) == (bool, (n_pairs,))
        and (outcome.similarity.dtype, outcome.similarity.shape) == (np.float32, (n_pairs,))
        and bool(((outcome.similarity >= 0) & (outcome.similarity <= 1)).all())
    )
