"""Files and folders appear whole or not at all, and one process at a time is at work on them."""

from __future__ import annotations

import errno
import hashlib
import io
import os
import platform
import re
import secrets
import shutil
import stat
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any, TypeAlias

from sklearn_instamap._optional import import_optional
from sklearn_instamap._printable import printable

StrPath: TypeAlias = str | os.PathLike[str]

# What _temporary_name makes: the name, the machine and the process, and what makes it unique.
_TEMPORARY = re.compile(r"\.(.*)\.([0-9a-f]{4})([0-9a-f]{8})[0-9a-f]{8}(\.\w+){0,2}")
_MOST_EXCHANGES = 100
_COMPRESSED = (".gz", ".bz2", ".xz", ".zst")
_KINDS_OF_NODES: tuple[tuple[Callable[[int], bool], str], ...] = (
    (stat.S_ISFIFO, "is a pipe (FIFO)"),
    (stat.S_ISSOCK, "is a socket"),
    (stat.S_ISCHR, "is a device"),
    (stat.S_ISBLK, "is a device"),
)


@contextmanager
def atomic_paths(*paths: StrPath) -> Iterator[tuple[Path, ...]]:
    """Give a temporary path for each path, and rename them all when the block ends well.

    The temporary files lie in the folder of the file they become, since only a rename within
    one file system is atomic, and keep its suffix, from which some writers choose their format.
    They exist from the start, so that a folder one may not write to is found out before the
    work and not after it. When the block raises, they are removed and what stood at ``paths``
    before stays as it was.

    Several files that belong together are renamed one right after the other, once all are complete.
    Files that differ in their suffix alone have temporary paths that do, too: a writer that is
    given one finds the other. Raises OSError if a folder does not exist or cannot be written to, or
    a path is not a regular file.
    """
    finals = [_final_path(path) for path in paths]
    temporaries: list[Path] = []
    tokens: dict[Path, str] = {}
    try:
        for final in finals:
            _remove_dead(final)
            token = tokens.setdefault(final.with_suffix(""), _token())
            temporaries.append(_reserve_beside(final, token))
        yield tuple(temporaries)
        for temporary, final in zip(temporaries, finals, strict=True):
            os.replace(temporary, final)
    finally:
        for temporary in temporaries:
            temporary.unlink(missing_ok=True)


@contextmanager
def atomic_folder(path: StrPath) -> Iterator[Path]:
    """Give a temporary folder, which takes the place of ``path`` when the block ends well.

    Folders cannot replace each other in one step: a folder that stood at ``path`` is put aside
    first, and removed last.
    """
    final = Path(os.path.realpath(path))
    _remove_dead(final)
    temporary = final.parent / _temporary_name(final, _token())
    with ExitStack() as stack:
        with _sentences(final):
            temporary.mkdir()
        stack.callback(shutil.rmtree, temporary, ignore_errors=True)
        yield temporary
        with _sentences(final):
            before = _put_in_place(temporary, final)
        if before is not None:
            _remove(before)


def _put_in_place(temporary: Path, final: Path) -> Path | None:
    """Rename a folder, and return where the one is that stood there before."""
    before: Path | None = None
    for _ in range(_MOST_EXCHANGES):
        if before is not None:
            _remove(before)
        before = final.parent / _temporary_name(final, _token())
        try:
            os.replace(final, before)
        except FileNotFoundError:
            before = None
        try:
            os.replace(temporary, final)
            return before
        except OSError as error:
            # Another writer was faster: put its folder aside, too.
            if error.errno in (errno.ENOTEMPTY, errno.EEXIST):
                continue
            if before is not None:
                os.replace(before, final)
            raise
    raise OSError(f"{printable(final)}: other processes keep replacing this folder; try again.")


def open_regular(path: StrPath) -> io.FileIO:
    """Open a regular file for reading bytes, not buffered, or say in one sentence why not.

    Raises OSError if there is no such file, it is a folder, a pipe, a socket or a device, or it
    cannot be opened; ValueError if there can be no file of this name.
    """
    name = os.fspath(path)
    shown = printable(name)
    try:
        # Before opening: opening a pipe waits until somebody writes to it.
        mode = os.stat(name).st_mode
        if stat.S_ISDIR(mode):
            raise IsADirectoryError(f"{shown}: is a folder; give the name of a file.")
        for test, what in _KINDS_OF_NODES:
            if test(mode):
                raise OSError(
                    f"{shown}: {what}, not a regular file; write its content to a file, and give "
                    "the name of that."
                )
        return _NamedFile(name)
    except FileNotFoundError:
        raise FileNotFoundError(f"{shown or repr(name)}: there is no such file.") from None
    except ValueError as error:
        raise ValueError(f"{name!r} is not a name of a file ({error}).") from None
    except OSError as error:
        if error.strerror is None:
            raise
        raise type(error)(f"{shown}: cannot be opened ({error.strerror}).") from None


class _NamedFile(io.FileIO):
    """A file that says its name when a disk or a network fails while it is read."""

    def read(self, size: int | None = -1, /) -> bytes:
        with self._named():
            return super().read(-1 if size is None else size)

    def readall(self) -> bytes:
        with self._named():
            return super().readall()

    def readinto(self, buffer: Any, /) -> int:
        with self._named():
            return super().readinto(buffer)

    @contextmanager
    def _named(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise OSError(f"{printable(self.name)}: cannot be read ({error.strerror}).") from None


def refuse_in_place(*paths: Path) -> None:
    """Refuse pipes, folders and devices where a file of this package belongs."""
    for path in paths:
        shown = printable(path)
        try:
            mode = path.stat().st_mode
        except FileNotFoundError:
            continue
        except OSError as error:
            raise type(error)(
                f"{shown}: cannot be read ({error.strerror}); remove it, or make it readable."
            ) from None
        if not stat.S_ISREG(mode):
            kinds = ((stat.S_ISDIR, "is a folder"), *_KINDS_OF_NODES)
            what = next((what for test, what in kinds if test(mode)), "is no file")
            raise OSError(
                f"{shown}: {what}, where a file of this program belongs; remove it, and run the "
                "same again."
            )


class _OnlyTried(Exception):
    """Leaves a block of `atomic_paths` without putting anything in the files' places."""


def check_writable(*paths: StrPath) -> None:
    """Find out before the work that files cannot be written."""
    with suppress(_OnlyTried), atomic_paths(*paths):
        raise _OnlyTried


def complete(part: Path, path: Path) -> None:
    """Give a file its name, once what was written over several runs is whole and checked.

    A download continues where an earlier process was stopped: unlike the files of `atomic_paths`
    its unfinished file has to have a name that the next process finds.
    """
    os.replace(part, path)


@contextmanager
def locked(path: Path, user: str, extra: str, *, wait: bool = True) -> Iterator[None]:
    """Let one process at a time into the block.

    The system gives the lock back when its holder ends, however that ends. The lock's file is made
    if it is not there, and may stay. Without ``wait`` BlockingIOError says that another process is
    in the block. ``user`` and ``extra`` say who needs the lock and what brings filelock, if it is
    missing.
    """
    filelock: Any = import_optional("filelock", user, extra)
    lock = filelock.FileLock(path)
    try:
        refuse_in_place(path)
        if path.is_symlink():
            # filelock does not follow links, lest it empties what they lead to.
            raise OSError(
                f"{printable(path)}: is a symbolic link, where a lock belongs; remove it."
            )
        with _sentences(path):
            lock.acquire(timeout=-1 if wait else 0)
    except filelock.Timeout:
        raise BlockingIOError(f"{printable(path)}: another process holds this lock.") from None
    try:
        yield
    finally:
        lock.release()


def remove_temporaries(folder: Path) -> None:
    """Remove what killed processes have left half-written in a folder.

    Nothing tells such a file from one that is being written: the caller has to be the only one
    who writes to the folder.
    """
    for file in folder.glob(".*"):
        if _TEMPORARY.fullmatch(file.name):
            _remove(file)


def _remove(file: Path) -> None:
    if file.is_dir() and not file.is_symlink():
        shutil.rmtree(file, ignore_errors=True)
    else:
        file.unlink(missing_ok=True)


def _remove_dead(final: Path) -> None:
    """Remove what processes that have ended have left of earlier attempts at the same file."""
    stem = _stem_and_suffix(final)[0]
    try:
        names = [entry.name for entry in os.scandir(final.parent) if entry.name.startswith(".")]
    except OSError:
        # Said in a sentence when the file is made.
        return
    for name in names:
        match = _TEMPORARY.fullmatch(name)
        if match and match[1] == stem and _is_dead(match[2], int(match[3], 16)):
            with suppress(OSError):
                _remove(final.parent / name)


def _is_dead(machine: str, process: int) -> bool:
    # On Windows there is no such question: os.kill would end the process.
    if os.name == "nt" or machine != _machine():
        return False
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return True
    except (OSError, OverflowError):
        return False
    return False


def _machine() -> str:
    return hashlib.sha256(platform.node().encode()).hexdigest()[:4]


def _token() -> str:
    return f"{_machine()}{os.getpid():08x}{secrets.token_hex(4)}"


def _final_path(path: StrPath) -> Path:
    """Return where the file really goes: a link's target is replaced, not the link."""
    final = Path(os.path.realpath(path))
    shown = printable(os.fspath(path))
    if final.is_dir():
        raise IsADirectoryError(f"{shown}: is a folder; give the name of a file.")
    if final.exists() and not final.is_file():
        # Renaming over a device such as /dev/null would destroy it.
        raise OSError(f"{shown}: is not a regular file and cannot be replaced.")
    return final


def _temporary_name(final: Path, token: str) -> str:
    stem, suffix = _stem_and_suffix(final)
    return f".{stem}.{token}{suffix}"


def _stem_and_suffix(final: Path) -> tuple[str, str]:
    """Return what comes before and after the token in the name of a temporary file."""
    # A writer may choose its format by what is compressed.
    stem, suffix = final.stem, final.suffix
    if suffix in _COMPRESSED:
        stem, suffix = Path(stem).stem, Path(stem).suffix + suffix
    # The stem is cut because file names are limited to 255 bytes, of which a letter may take four.
    return stem[:40], suffix[:20]


def _reserve_beside(final: Path, token: str) -> Path:
    """Create an empty file of a fresh name beside ``final``, with the permissions it will have."""
    temporary = final.parent / _temporary_name(final, token)
    with _sentences(final):
        # os.open, unlike tempfile, honours the user's umask.
        os.close(os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))
    if final.exists():
        os.chmod(temporary, stat.S_IMODE(final.stat().st_mode))
    return temporary


@contextmanager
def _sentences(final: Path) -> Iterator[None]:
    """Say which file cannot be written, and why."""
    shown, folder = printable(final), printable(final.parent)
    try:
        yield
    except FileNotFoundError:
        raise FileNotFoundError(
            f"{shown}: the folder {folder} does not exist; create it first."
        ) from None
    except OSError as error:
        if error.strerror is None:
            raise
        raise type(error)(
            f"{shown}: cannot write to the folder {folder} ({error.strerror})."
        ) from None
