"""Opening a file: what it is, unpacked on the way, in bounded memory; errors are one sentence."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import re
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sklearn_instamap._files import StrPath, open_regular
from sklearn_instamap._optional import import_optional
from sklearn_instamap._printable import printable, reason
from sklearn_instamap.io._sniff import HEAD, NOT_THE_FILE, NPZ, VECTORS, Kind, kind_of

# No text of numbers or words is compressed to a two-hundredth; what is, is meant to fill the disk.
_MOST_EXPANDED = 200
# Of arrays any number may be equal; lines of text cost time each.
_ALWAYS_ALLOWED = 64 << 20
_ALWAYS_ALLOWED_TEXT = 8 << 20
_ZSTD_AT_ONCE = 1024
_SUFFIXES = {".gz": "gzip", ".bz2": "bzip2", ".xz": "xz", ".zst": "zstd", ".zip": "zip"}
_NOT_VECTORS = ("readme", "license", "licence", "meta.json", "config", ".md", ".pdf", ".html")


class OpenedFile(io.BufferedReader):
    """The unpacked content of a file, and its size, compression and kind as it lies there."""

    def __init__(self, raw: io.RawIOBase, size: int, compression: str) -> None:
        super().__init__(raw, HEAD)
        self.size = size
        self.compression = compression
        self.kind: Kind = kind_of(self.peek(HEAD))

    @property
    def largest(self) -> int:
        """How many bytes the content can have at most."""
        if not self.compression:
            return self.size
        return max(_ALWAYS_ALLOWED_TEXT, _MOST_EXPANDED * self.size)


@contextmanager
def open_file(path: StrPath) -> Iterator[OpenedFile]:
    """Open a regular file for reading bytes, unpacked if it is compressed.

    Compression is told by the first bytes and not by the name, which is often wrong.

    Raises OSError if there is no such file, it is not a regular file, or it cannot be read;
    ValueError if it is compressed and damaged, or expands beyond all measure.
    """
    name = os.fspath(path)
    with open_regular(name) as raw:
        size = os.fstat(raw.fileno()).st_size
        compression = _compression(raw.read(16))
        raw.seek(0)
        expected = next((kind for end, kind in _SUFFIXES.items() if name.endswith(end)), "")
        if expected and size and compression != expected:
            end = f".{name.rpartition('.')[2]}"
            kind = kind_of(raw.read(HEAD))
            if kind.name in NOT_THE_FILE:
                raise ValueError(f"{name}: is {kind.what}; {kind.remedy}.")
            raise ValueError(
                f"{name}: is named {end} but is not {expected}-compressed; rename it without "
                f"{end}, or fetch it again."
            )
        with explained(name):
            content = _unpack(name, raw, compression)
        if content is None:
            with OpenedFile(raw, size, "") as opened:
                if compression:
                    opened.kind = NPZ
                yield opened
            return
        with OpenedFile(_Unpacked(name, size, content), size, compression) as opened:
            yield opened


def is_bomb(n_bytes: int, n_packed: int, *, is_text: bool = False) -> bool:
    """Tell whether so many bytes cannot be the content of so few compressed ones."""
    allowed = _ALWAYS_ALLOWED_TEXT if is_text else _ALWAYS_ALLOWED
    return n_bytes > max(allowed, _MOST_EXPANDED * n_packed)


def refuse_other_kinds(path: StrPath, opened: OpenedFile, expected: str, *kinds: str) -> None:
    """Refuse a file that is none of these kinds, saying what it is and what to do about it."""
    kind = opened.kind
    if kind.name not in kinds:
        unpacked = f" ({opened.compression}-compressed)" if opened.compression else ""
        remedy = kind.remedy
        if kind.holds_data and expected != VECTORS:
            remedy = "write what is in it to a text"
        elif expected != VECTORS and kind.name in ("npy", "gguf", "arrow-stream", "fasttext"):
            remedy = f"give {expected}"
        elif opened.compression and kind.name in ("npy", "npz"):
            remedy = "unpack it first"
        raise ValueError(
            f"{os.fspath(path)}: is {kind.what}{unpacked} and not {expected}; {remedy}."
        )


def _compression(start: bytes) -> str:
    if start.startswith(b"\x1f\x8b"):
        return "gzip"
    if start.startswith(b"BZh") and start[4:10] in (b"1AY&SY", b"\x17rE8P\x90"):
        return "bzip2"
    if start.startswith(b"\xfd7zXZ\0"):
        return "xz"
    # A frame, or one that is to be skipped, with which programs that compress in parallel begin.
    if start.startswith(b"\x28\xb5\x2f\xfd") or re.match(rb"[\x50-\x5f]\x2a\x4d\x18", start):
        return "zstd"
    return "zip" if start.startswith((b"PK\x03\x04", b"PK\x05\x06")) else ""


def _unpack(name: str, raw: io.FileIO, compression: str) -> Any:
    """Return what gives the unpacked content; None where there is nothing to unpack."""
    if compression == "gzip":
        return gzip.GzipFile(fileobj=io.BufferedReader(raw, HEAD))
    if compression == "bzip2":
        return bz2.BZ2File(raw)
    if compression == "xz":
        return lzma.LZMAFile(raw)
    if compression == "zstd":
        zstandard = import_optional("zstandard", f"Reading {name}", "zstd")
        return _Zstd(zstandard.ZstdDecompressor(), raw)
    if compression == "zip":
        archive = zipfile.ZipFile(raw)
        if not _is_npz(archive):
            member = _choose_member(name, archive)
            if member.flag_bits & 1:
                raise ValueError(f"{name}: is encrypted; unpack it with its password.")
            return archive.open(member)
        raw.seek(0)
    return None


class _Zstd:
    """zstd's frames; the library's own reader takes a truncated file for a short one."""

    def __init__(self, decompressor: Any, raw: io.FileIO) -> None:
        self._decompressor = decompressor
        self._raw = raw
        self._frame = decompressor.decompressobj()
        self._is_within = False
        self._ready = b""

    def read(self, n_bytes: int) -> bytes:
        while not self._ready:
            # A little at a time: four bytes may stand for 128 KiB.
            packed = self._raw.read(_ZSTD_AT_ONCE)
            if not packed:
                if self._is_within:
                    raise EOFError
                return b""
            while packed:
                self._ready += self._frame.decompress(packed)
                packed = self._frame.unused_data
                self._is_within = not self._frame.eof
                if self._frame.eof:
                    self._frame = self._decompressor.decompressobj()
        piece, self._ready = self._ready[:n_bytes], self._ready[n_bytes:]
        return piece


@contextmanager
def explained(name: str) -> Iterator[None]:
    """Make one sentence of the errors of the libraries, of which each has its own."""
    try:
        yield
    except ImportError:
        raise
    except Exception as error:
        is_explained = isinstance(error, ValueError) and str(error).startswith(f"{name}")
        if is_explained or (isinstance(error, OSError) and error.errno is not None):
            raise
        said = reason(error, 200)
        if isinstance(error, EOFError) or "truncated" in said or "incomplete" in said:
            raise ValueError(
                f"{name}: the compressed file ends too early; it is truncated, fetch it again."
            ) from None
        raise ValueError(
            f"{name}: the compressed file is damaged or of an unknown variant ({said}); fetch "
            "it again."
        ) from None


class _Unpacked(io.RawIOBase):
    """The content of a compressed file, as far as it is plausible."""

    def __init__(self, name: str, size: int, content: Any) -> None:
        super().__init__()
        self._name = name
        self._size = size
        self._read = 0
        self._content = content

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        # Filled as far as possible: what is peeked decides what kind of file it is.
        view, filled = memoryview(buffer), 0
        while filled < len(view):
            with explained(self._name):
                chunk = self._content.read(len(view) - filled)
            if not chunk:
                break
            view[filled : filled + len(chunk)] = chunk
            filled += len(chunk)
        self._read += filled
        if is_bomb(self._read, self._size, is_text=True):
            raise ValueError(
                f"{self._name}: expands to more than {_MOST_EXPANDED} times its size; no file of "
                "words does, fetch it again."
            )
        return filled


def _is_npz(archive: zipfile.ZipFile) -> bool:
    names = archive.namelist()
    return (
        bool(names)
        and any(name.endswith(".npy") for name in names)
        and not any(name.endswith("/") or "/" in name for name in names)
    )


def _choose_member(name: str, archive: zipfile.ZipFile) -> zipfile.ZipInfo:
    """Return the one file of vectors or pairs in an archive."""
    members = [
        member
        for member in archive.infolist()
        if not member.is_dir() and not member.filename.startswith("__MACOSX/")
    ]
    names = [member.filename for member in members]
    if any(member.endswith("/data.pkl") for member in names):
        raise ValueError(
            f"{name}: is a PyTorch checkpoint; load it with torch.load, and pass its words and "
            "vectors to EmbeddingSpace."
        )
    if "model.json" in names and "arrays/0.npy" in names:
        raise ValueError(
            f"{name}: is a saved model and not a file of vectors; give the file of vectors."
        )
    if "mimetype" in names or "[Content_Types].xml" in names:
        raise ValueError(f"{name}: is an Office document; save it as text in UTF-8.")
    wanted = [
        member
        for member in members
        if not any(part in os.path.basename(member.filename).lower() for part in _NOT_VECTORS)
    ]
    for suffixes in ((".vec",), (".txt", ".tsv", ".csv"), (".bin",), ("",)):
        found = [member for member in wanted if member.filename.lower().endswith(suffixes)]
        if len(found) == 1:
            return found[0]
        if found:
            break
    if not members:
        raise ValueError(f"{name}: the archive is empty; fetch it again.")
    shown = printable(", ".join(names[:4])) + ", …" * (len(names) > 4)
    raise ValueError(
        f"{name}: holds {len(names)} files ({shown}); unpack it, and give the one to read."
    )
