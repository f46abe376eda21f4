"""Output files: refused before the work where they cannot be, written all or not at all."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Self

from sklearn_instamap._files import atomic_paths
from sklearn_instamap.io._npy import is_pair, pair_paths


class Outputs:
    """The files a command writes: they appear together when all are complete, or not at all.

    No output may be an input, or exist without ``force``. Temporary files are made beside them on
    entering, before the work, which finds out about folders that are missing or write-protected.
    """

    def __init__(
        self, paths: Sequence[Path], *, inputs: Iterable[Path] = (), force: bool = False
    ) -> None:
        _refuse_overlap(paths, inputs)
        for path in paths:
            _refuse_unwritable(path, force)
        self._paths = paths
        self._places: dict[Path, Path] = {}
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        files = [file for path in self._paths for file in _files_of(path)]
        temporaries = self._stack.enter_context(atomic_paths(*files))
        self._places = dict(zip(files, temporaries, strict=True))
        return self

    def __exit__(self, *error: Any) -> None:
        self._stack.__exit__(*error)

    @contextmanager
    def writing(self, path: Path) -> Iterator[Path]:
        """Give the place to write ``path`` to; errors of writing name ``path`` itself.

        Of the two files of ``NAME.npy`` it is the place of the vectors, beside which the words go.
        """
        places = {self._places[file]: file for file in _files_of(path)}
        try:
            vectors, *others = places
            yield vectors
            for words in others:
                written = pair_paths(vectors)[1]
                if written != words:
                    # One of the two is a link into another folder.
                    shutil.move(written, words)
        except OSError as error:
            # What is wrong with another file, such as one read meanwhile, says so by itself.
            if error.strerror is None or error.filename not in (None, *map(str, places)):
                raise
            raise OSError(f"{path}: cannot be written ({error.strerror}).") from error
        except ValueError as error:
            text = str(error)
            for place, file in places.items():
                text = text.replace(str(place), str(file))
            raise ValueError(text) from error


def _refuse_overlap(outputs: Iterable[Path], inputs: Iterable[Path]) -> None:
    """Refuse outputs that are inputs, or each other, under whatever name."""
    taken = {os.path.realpath(file): path for path in inputs for file in _files_of(path)}
    for output in outputs:
        files = {os.path.realpath(file) for file in _files_of(output)}
        for file in files & taken.keys():
            raise ValueError(f"{output}: is the same file as {taken[file]}; name another output.")
        taken.update(dict.fromkeys(files, output))


def _refuse_unwritable(output: Path, force: bool) -> None:
    if str(output) == "-":
        raise ValueError("-: standard output is not written to; give the name of a file.")
    for file in _files_of(output):
        if file.is_dir():
            raise ValueError(f"{file}: is a folder; give the name of a file.")
        if file.exists() and not file.is_file():
            # Renaming over a device such as /dev/null would destroy it.
            raise ValueError(f"{file}: is not a regular file and cannot be replaced.")
        if file.exists() and not force:
            raise ValueError(f"{file}: exists already; pass --force to replace it.")


def _files_of(path: Path) -> list[Path]:
    return list(pair_paths(path)) if is_pair(path) else [path]
