"""Files appear whole or not at all: written under a temporary name, then renamed."""

from __future__ import annotations

import os
import re
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeAlias

StrPath: TypeAlias = "str | os.PathLike[str]"

# What _reserve_beside names its files.
_TEMPORARY = re.compile(r"\..*\.[0-9a-f]{12}(\.\w+)?")


@contextmanager
def atomic_paths(*paths: StrPath) -> Iterator[tuple[Path, ...]]:
    """Give a temporary path for each path, and rename them all when the block ends well.

    The temporary files lie in the folder of the file they become, since only a rename within
    one file system is atomic, and keep its suffix, from which some writers choose their format.
    They exist from the start, so that a folder one may not write to is found out before the
    work and not after it. When the block raises, they are removed and what stood at ``paths``
    before stays as it was.

    Parameters
    ----------
    *paths : str or path-like
        The files to write. Where several belong together they are renamed one right after the
        other, once all are complete.

    Yields
    ------
    tuple of Path
        The temporary paths to write to, in the order of ``paths``.

    Raises
    ------
    OSError
        If a folder does not exist or cannot be written to, or a path is no regular file.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from sklearn_instamap._files import atomic_paths
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with atomic_paths(Path(folder) / "scores.txt") as (temporary,):
    ...         _ = temporary.write_text("P@1 64.1")
    ...     [file.name for file in Path(folder).iterdir()]
    ['scores.txt']
    """
    finals = [_final_path(path) for path in paths]
    temporaries: list[Path] = []
    try:
        for final in finals:
            temporaries.append(_reserve_beside(final))
        yield tuple(temporaries)
        for temporary, final in zip(temporaries, finals, strict=True):
            os.replace(temporary, final)
    finally:
        for temporary in temporaries:
            temporary.unlink(missing_ok=True)


def remove_temporaries(folder: Path) -> None:
    """Remove what killed processes have left half-written in a folder.

    Nothing tells such a file from one that is being written: the caller has to be the only one
    who writes to the folder.

    Parameters
    ----------
    folder : Path
        The folder, which need not exist.
    """
    for file in folder.glob(".*"):
        if _TEMPORARY.fullmatch(file.name):
            file.unlink(missing_ok=True)


def _final_path(path: StrPath) -> Path:
    """Return where the file really goes: a link's target is replaced, not the link."""
    final = Path(os.path.realpath(path))
    if final.is_dir():
        raise IsADirectoryError(f"{os.fspath(path)}: is a folder; give the name of a file.")
    if final.exists() and not final.is_file():
        # Renaming over a device such as /dev/null would destroy it.
        raise OSError(f"{os.fspath(path)}: is not a regular file and cannot be replaced.")
    return final


def _reserve_beside(final: Path) -> Path:
    """Create an empty file of a fresh name beside ``final``, with the permissions it will have."""
    # The stem is cut because file names are limited to 255 bytes.
    name = f".{final.stem[:40]}.{secrets.token_hex(6)}{final.suffix}"
    temporary = final.parent / name
    try:
        # os.open, unlike tempfile, honours the user's umask.
        os.close(os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))
    except FileNotFoundError:
        raise FileNotFoundError(
            f"{final}: the folder {final.parent} does not exist; create it first."
        ) from None
    except OSError as error:
        raise type(error)(
            f"{final}: cannot write to the folder {final.parent} ({error.strerror})."
        ) from None
    if final.exists():
        os.chmod(temporary, stat.S_IMODE(final.stat().st_mode))
    return temporary
