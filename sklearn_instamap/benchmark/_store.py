"""The folder of a benchmark: every finished cell in its own file, whole or not there."""

from __future__ import annotations

import hashlib
import io
import json
import re
import warnings
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Self

import numpy as np

from sklearn_instamap._files import atomic_paths, locked, remove_temporaries
from sklearn_instamap.benchmark._cell import Outcome
from sklearn_instamap.benchmark._plan import Cell

_RANKS = "ranks_"
# Behind the archive, where programs that read .npz files do not look.
_CHECKSUM = b"\nsha256:"


class CellStore:
    """The results folder of a benchmark, open for the one process that writes to it.

    Entering it takes a lock, which ends with the process however that ends, and removes what a
    killed run has left half-written.

    Parameters
    ----------
    folder : Path
        The results folder; made if it does not exist.

    Raises
    ------
    OSError
        On entering, if the folder cannot be written to or another run is at work there.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.cells = folder / "cells"
        self.spaces = folder / "spaces"
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        for folder in (self.cells, self.spaces):
            try:
                folder.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise OSError(f"{folder}: cannot be made ({error.strerror}).") from None
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
        """Return a finished cell, or None where it is not there, or is damaged and to be run again.

        Warns
        -----
        UserWarning
            If it is damaged.
        """
        path = self.path(cell, fingerprint)
        try:
            content = path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise OSError(f"{path}: cannot be read ({error.strerror}).") from None
        try:
            return _decode(cell, content)
        except (
            Exception
        ) as error:  # Whatever a damaged file makes zlib, zipfile, numpy, json raise.
            reason = str(error) if isinstance(error, _DamagedError) else type(error).__name__
            warnings.warn(
                f"{path}: is damaged ({reason}); the cell {cell} is run again.",
                UserWarning,
                stacklevel=2,
            )
            return None

    def save(self, outcome: Outcome, fingerprint: str) -> None:
        """Write a finished cell: all of it or nothing."""
        with atomic_paths(self.path(outcome.cell, fingerprint)) as (temporary,):
            temporary.write_bytes(_encode(outcome))


class _DamagedError(ValueError):
    """A file that is not a cell as `_encode` writes it."""


def _encode(outcome: Outcome) -> bytes:
    """Return a cell as an .npz archive, and behind it the checksum of all its bytes."""
    record = {
        "cell": outcome.cell.as_dict(),
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


def _decode(cell: Cell, content: bytes) -> Outcome:
    """Return the cell whose file has this content, which is trusted with nothing."""
    archive, _, checksum = content.rpartition(_CHECKSUM)
    if hashlib.sha256(archive).hexdigest().encode() != checksum:
        raise _DamagedError("its checksum does not match")
    with np.load(io.BytesIO(archive), allow_pickle=False) as arrays:
        record = json.loads(str(arrays["record"]))
        ranks = {
            name.removeprefix(_RANKS): arrays[name]
            for name in arrays.files
            if name.startswith(_RANKS)
        }
        words, unseen, similarity = (arrays[each] for each in ("words", "unseen", "similarity"))
    if not isinstance(record, dict) or record["cell"] != cell.as_dict():
        raise _DamagedError("it belongs to another cell")
    measures, texts = record["measures"], record["warnings"]
    if not (
        isinstance(measures, dict)
        and all(isinstance(value, int | float) for value in measures.values())
        and isinstance(texts, list)
        and all(isinstance(text, str) for text in (*texts, record["versions"], record["error"]))
        and all(each.shape == words.shape == unseen.shape for each in ranks.values())
        and all(each.dtype.kind == "i" for each in (words, *ranks.values()))
        and unseen.dtype == bool
        and similarity.dtype == np.float32
        and similarity.shape == words.shape
        and words.ndim == 1
    ):
        raise _DamagedError("it does not hold what a cell has")
    return Outcome(
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
