"""Output files: refused before the work where they cannot be, written all or not at all."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Self

from sklearn_instamap.io._npy import is_pair, pair_paths


class Outputs:
    """The files a command writes: they appear together when all are complete, or not at all.

    Each is written into a folder of its own beside the place it is for, on the same file system,
    so that whatever lies there is moved home by renaming: one file, or the two of ``NAME.npy``.
    The folders are made on entering, before the work, which finds out about folders that are
    missing or write-protected.

    Parameters
    ----------
    paths : sequence of Path
        The files to write.
    inputs : iterable of Path, default=()
        The files that are read, of which no output may be one.
    force : bool, default=False
        Whether files that stand there already are replaced.

    Raises
    ------
    OSError, ValueError
        On making or entering it, if an output cannot be written, or exists without ``force``.
    """

    def __init__(
        self, paths: Sequence[Path], *, inputs: Iterable[Path] = (), force: bool = False
    ) -> None:
        _refuse_overlap(paths, inputs)
        for path in paths:
            _refuse_unwritable(path, force)
        self._paths = paths
        self._folders: dict[Path, Path] = {}
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            for path in self._paths:
                self._folders[path] = Path(stack.enter_context(_folder_beside(path)))
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with self._stack:
            if kind is None:
                for path, folder in self._folders.items():
                    for file in folder.iterdir():
                        _move(file, path.parent / file.name)

    @contextmanager
    def writing(self, path: Path) -> Iterator[Path]:
        """Give the place to write ``path`` to; errors of writing name ``path`` itself."""
        folder = self._folders[path]
        try:
            yield folder / path.name
        except OSError as error:
            raise OSError(f"{path}: cannot be written ({error.strerror or error}).") from error
        except ValueError as error:
            raise ValueError(str(error).replace(str(folder / path.name), str(path))) from error


def _refuse_overlap(outputs: Iterable[Path], inputs: Iterable[Path]) -> None:
    """Refuse outputs that are inputs, or each other, under whatever name."""
    taken = {os.path.realpath(file): path for path in inputs for file in _files_of(path)}
    for output in outputs:
        files = {os.path.realpath(file) for file in _files_of(output)}
        for file in files & taken.keys():
            raise ValueError(f"{output}: is the same file as {taken[file]}; name another output.")
        taken.update(dict.fromkeys(files, output))


def _refuse_unwritable(output: Path, force: bool) -> None:
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


def _folder_beside(path: Path) -> TemporaryDirectory[str]:
    # Beside what a link points to: only within a file system can files be renamed.
    parent = Path(os.path.realpath(path)).parent
    try:
        return TemporaryDirectory(prefix=".instamap-", dir=parent)
    except FileNotFoundError:
        raise FileNotFoundError(
            f"{path}: the folder {parent} does not exist; create it first."
        ) from None
    except OSError as error:
        raise OSError(f"{path}: cannot write to the folder {parent} ({error.strerror}).") from None


def _move(file: Path, home: Path) -> None:
    final = Path(os.path.realpath(home))
    if final.exists():
        shutil.copymode(final, file)
    os.replace(file, final)
