"""One file for words and vectors: a .npz archive, which numpy.load reads, too."""

from __future__ import annotations

import math
import os
import zipfile
from collections.abc import Sequence
from typing import IO

import numpy as np
from numpy.typing import NDArray

from sklearn_instamap._files import StrPath, atomic_paths
from sklearn_instamap._printable import printable
from sklearn_instamap._words import check_words
from sklearn_instamap.io._asked import Asked
from sklearn_instamap.io._npy import check_array_header, choose_rows, read_header
from sklearn_instamap.io._opening import explained, is_bomb
from sklearn_instamap.io._streams import RUN, Repeats, decode, encode_words

# Under which names others keep them; the first is ours.
_VECTORS = ("vectors", "embeddings", "embedding", "matrix", "vecs")
_WORDS = ("words", "vocab", "vocabulary", "tokens", "labels", "index")


def read_npz(
    path: StrPath, stream: IO[bytes], asked: Asked
) -> tuple[list[str], NDArray[np.floating], Repeats]:
    """Read words and vectors; what `read_vectors` does for .npz."""
    name = os.fspath(path)
    with explained(name), zipfile.ZipFile(stream) as archive:
        members = {member.filename: member for member in archive.infolist()}
        if len(members) < len(archive.infolist()):
            raise ValueError(f"{name}: has two arrays of one name; write it again.")
        size = sum(member.compress_size for member in members.values())
        if is_bomb(sum(member.file_size for member in members.values()), size):
            raise ValueError(f"{name}: expands to many times its size; fetch it again.")
        found = [_find(name, members, names) for names in (_VECTORS, _WORDS)]
        with archive.open(found[0]) as member:
            vectors = _read_vectors(name, member, found[0].file_size)
        with archive.open(found[1]) as member:
            words = _read_words(name, member, found[1].file_size, asked)
    if len(words) != len(vectors):
        raise ValueError(f"{name}: has {len(words)} words for {len(vectors)} vectors.")
    return choose_rows(path, words, vectors, asked)


def _find(name: str, members: dict[str, zipfile.ZipInfo], wanted: Sequence[str]) -> zipfile.ZipInfo:
    for each in wanted:
        if f"{each}.npy" in members:
            return members[f"{each}.npy"]
    has = printable(", ".join(member.removesuffix(".npy") for member in list(members)[:6]))
    raise ValueError(
        f"{name}: has no array {wanted[0]} (nor {', '.join(wanted[1:])}), but {has}; load it with "
        "numpy.load and pass words and vectors to EmbeddingSpace."
    )


def _read_vectors(name: str, member: IO[bytes], n_bytes: int) -> NDArray[np.floating]:
    header = read_header(name, member)
    size = check_array_header(name, header, n_bytes - member.tell())
    shape, fortran, dtype = header
    data = np.frombuffer(_read_all(member, size), dtype=dtype)
    return data.reshape(shape, order="F" if fortran else "C")


def _read_words(name: str, member: IO[bytes], n_bytes: int, asked: Asked) -> Sequence[str]:
    shape, _, dtype = read_header(name, member)
    size = math.prod(shape) * dtype.itemsize
    if len(shape) != 1 or dtype.kind not in "USu" or size > n_bytes - member.tell() or not size:
        raise ValueError(
            f"{name}: its words are {dtype.name} of shape {shape}; expected one text per word, and "
            "no Python objects: write it again with write_vectors."
        )
    data = _read_all(member, size)
    if dtype.kind == "U":
        return check_words(np.frombuffer(data, dtype=dtype).tolist(), name)
    texts = (
        np.frombuffer(data, dtype=dtype).tolist()
        if dtype.kind == "S"
        else data.removesuffix(b"\n").split(b"\n")
    )
    return [
        decode(text, name, row, asked.encoding_errors, "word") for row, text in enumerate(texts)
    ]


def _read_all(member: IO[bytes], n_bytes: int) -> bytes:
    data = member.read(n_bytes)
    # To the end, where the checksum is compared.
    if len(data) < n_bytes or member.read(1):
        raise EOFError
    return data


def write_npz(
    path: StrPath, words: Sequence[str], vectors: NDArray[np.floating], run: str = ""
) -> None:
    """Write words and vectors; what `write_vectors` does for .npz.

    The words are one UTF-8 text, a line each: as an array of texts they would all be as wide as
    the longest, four bytes a character.
    """
    text = b"".join(
        word + b"\n" for word in encode_words(words, path, blanks=True, first_line=False)
    )
    with atomic_paths(path) as (temporary,):
        with open(temporary, "wb") as stream:
            np.savez(stream, vectors=vectors, words=np.frombuffer(text, dtype=np.uint8))
        if run:
            with zipfile.ZipFile(temporary, "a") as archive:
                archive.comment = f"{RUN}: {run}".encode()
