"""Opening a file for writing, compressed as its suffix says; equal content makes equal files."""

from __future__ import annotations

import bz2
import gzip
import lzma
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from sklearn_instamap._optional import import_optional

COMPRESSED_SUFFIXES = (".gz", ".bz2", ".xz", ".zst")
"""What can be written; a zip archive needs names inside and is only read."""


@contextmanager
def open_to_write(path: Path) -> Iterator[IO[bytes] | Any]:
    """Open a file for writing bytes, compressed by gzip, bzip2, xz or zstd if so named."""
    with open(path, "wb") as raw:
        if path.suffix == ".gz":
            # Neither name nor time inside.
            with gzip.GzipFile(
                filename="", fileobj=raw, mode="wb", compresslevel=6, mtime=0
            ) as stream:
                yield stream
        elif path.suffix == ".bz2":
            with bz2.BZ2File(raw, "wb") as stream:
                yield stream
        elif path.suffix == ".xz":
            with lzma.LZMAFile(raw, "wb") as stream:
                yield stream
        elif path.suffix == ".zst":
            zstandard = import_optional("zstandard", "Writing .zst", "zstd")
            with zstandard.ZstdCompressor(write_checksum=True).stream_writer(
                raw, closefd=False
            ) as stream:
                yield stream
        else:
            yield raw
