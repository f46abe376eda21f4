"""The folder of a benchmark: every finished cell a file of its own, whole or not there."""

from __future__ import annotations

import json
import re
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from zipfile import BadZipFile

import numpy as np

from sklearn_instamap._files import atomic_paths, locked, remove_temporaries
from sklearn_instamap.benchmark._cell import Outcome
from sklearn_instamap.benchmark._plan import Cell

_RANKS = "ranks_"


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
                    f"{self.folder}: another benchmark is at work there; wait for it, or name "
                    "another folder."
                ) from None
            for folder in (self.folder, self.cells, self.spaces):
                remove_temporaries(folder)
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.close()

    def path(self, cell: Cell, fingerprint: str) -> Path:
        """Return the file of a cell. Its fingerprint alone would do; the rest is for people."""
        method = re.sub(r"\W+", "-", cell.method).strip("-")[:40]
        label = f"{cell.source}-{cell.target}.{cell.dictionary_size}.{method}.{cell.seed}"
        return self.cells / f"{label}.{fingerprint}.npz"

    def load(self, cell: Cell, fingerprint: str) -> Outcome | None:
        """Return a finished cell, or None where it is not there or the disk has damaged it."""
        try:
            with np.load(self.path(cell, fingerprint), allow_pickle=False) as arrays:
                record: dict[str, Any] = json.loads(str(arrays["record"]))
                ranks = {
                    name.removeprefix(_RANKS): arrays[name]
                    for name in arrays.files
                    if name.startswith(_RANKS)
                }
                words, unseen = arrays["words"], arrays["unseen"]
        except (OSError, ValueError, KeyError, EOFError, BadZipFile):
            return None
        return Outcome(
            cell,
            record["measures"],
            record["versions"],
            record["error"],
            tuple(record["warnings"]),
            ranks,
            words,
            unseen,
        )

    def save(self, outcome: Outcome, fingerprint: str) -> None:
        """Write a finished cell: all of it or nothing."""
        record = {
            "cell": outcome.cell.as_dict(),
            "measures": outcome.measures,
            "versions": outcome.versions,
            "error": outcome.error,
            "warnings": outcome.warnings,
        }
        arrays: dict[str, Any] = {f"{_RANKS}{name}": each for name, each in outcome.ranks.items()}
        with (
            atomic_paths(self.path(outcome.cell, fingerprint)) as (temporary,),
            open(temporary, "wb") as stream,
        ):
            np.savez_compressed(
                stream,
                record=np.array(json.dumps(record)),
                words=outcome.words,
                unseen=outcome.unseen,
                **arrays,
            )
