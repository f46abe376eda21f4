"""What a file is, is told from its first bytes: it is read, or one sentence says what to do."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import os
import pickle
import socket
import sqlite3
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import numpy as np
import pytest

from sklearn_instamap import EmbeddingSpace
from sklearn_instamap.io import _opening, read_dictionary, read_vectors, write_vectors
from sklearn_instamap.io._sniff import kind_of

TEXT = b"2 3\nthe 0.1 0.2 0.3\ncat 0.4 0.5 0.6\n"
VECTORS = np.array([[0.1, 0.2, 0.3], [0.4, 0.5, 0.6]], np.float32)


def binary(line_ends=True):
    """As word2vec writes it, and as gensim does, which leaves line ends out."""
    end = b"\n" if line_ends else b""
    rows = zip([b"the", b"cat"], VECTORS, strict=True)
    return b"2 3\n" + b"".join(word + b" " + row.tobytes() + end for word, row in rows)


def zipped(files):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def write(folder, content, name="space.vec"):
    path = folder / name
    path.write_bytes(content)
    return path


def zstd(content):
    return pytest.importorskip("zstandard").ZstdCompressor(write_checksum=True).compress(content)


@pytest.mark.parametrize("content", [TEXT, binary(), binary(False)], ids=["text", "bin", "gensim"])
@pytest.mark.parametrize(
    ("pack", "suffix"),
    [
        (bytes, ""),
        (gzip.compress, ".gz"),
        (bz2.compress, ".bz2"),
        (lzma.compress, ".xz"),
        (zstd, ".zst"),
        (lambda content: zipped({"model.bin": content}), ".zip"),
        (lambda content: zipped({"wiki.en.vec": content, "wiki.en.bin": b"x"}), ".zip"),
        (
            lambda content: zipped({"model.txt": content, "README": b"x", "meta.json": b"{}"}),
            ".zip",
        ),
        (lambda content: zipped({"vectors.txt": content, "__MACOSX/vectors.txt": b"x"}), ".zip"),
    ],
)
def test_what_is_read_whatever_its_name(tmp_path, content, pack, suffix):
    packed = pack(content)
    for name in (f"a.vec{suffix}", f"a.bin{suffix}", f"a.w2v{suffix}", "anything", "a.h5"):
        space = read_vectors(write(tmp_path, packed, name))
        assert space.words == ("the", "cat")
        np.testing.assert_array_equal(space.vectors, VECTORS)
        assert read_vectors(tmp_path / name, max_words=1).words == ("the",)


def npz():
    buffer = io.BytesIO()
    np.savez(buffer, a=np.ones(3))
    return buffer.getvalue()


def npy():
    buffer = io.BytesIO()
    np.save(buffer, np.ones((2, 2)))
    return buffer.getvalue()


def tarred():
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        member = tarfile.TarInfo("wiki.en.vec")
        member.size = len(TEXT)
        archive.addfile(member, io.BytesIO(TEXT))
    return buffer.getvalue()


def old_tar():
    """A tar archive as before POSIX: no mark, only the checksum of its header."""
    block = bytearray(tarred())
    block[257:265] = bytes(8)
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % sum(block[:512])
    return bytes(block)


def sqlite(folder):
    with sqlite3.connect(folder / "made.db") as connection:
        connection.execute("create table vectors (word text, value real)")
    connection.close()
    return (folder / "made.db").read_bytes()


OTHER_KINDS = {
    "npy": (npy(), "is a .npy file .* name it NAME.npy, with NAME.words beside it"),
    "tar": (tarred(), "is a tar archive .* tar -xf"),
    "tar.gz": (gzip.compress(tarred()), "is a tar archive [(]gzip-compressed[)] .* tar -xf"),
    "gz.gz": (gzip.compress(gzip.compress(TEXT)), "is gzip-compressed twice .* unpack it"),
    "hdf5": (b"\x89HDF\r\n\x1a\n" + bytes(99), "is an HDF5 file .* EmbeddingSpace"),
    "pickle 4": (pickle.dumps({"the": [0.1]}, 4), "is a pickle .*from_keyed_vectors"),
    "pickle 2": (pickle.dumps(VECTORS, 2), "is a pickle .*from_keyed_vectors"),
    "pickle 0": (pickle.dumps({"the": [0.1]}, 0), "is a pickle"),
    "pickle.gz": (gzip.compress(pickle.dumps({"the": [0.1]})), "is a pickle [(]gzip-compr"),
    "utf-16": (TEXT.decode().encode("utf-16"), "is UTF-16 text .* iconv -f UTF-16 -t UTF-8"),
    "utf-16-le": (TEXT.decode().encode("utf-16-le"), "is UTF-16 text .* iconv"),
    "utf-16-be": (TEXT.decode().encode("utf-16-be"), "is UTF-16 text .* iconv"),
    "utf-32": (TEXT.decode().encode("utf-32"), "is UTF-32 text .* iconv"),
    "zeros": (bytes(100_000), "is filled with zero bytes"),
    "web page": (b"<!DOCTYPE html>\n<html><title>404</title>", "is a web page .* download"),
    "json": (json.dumps({"the": [0.1, 0.2]}).encode(), "is JSON .* EmbeddingSpace"),
    "json list": (b"[[0.1, 0.2], [0.3, 0.4]]", "is JSON"),
    "xml": (b'<?xml version="1.0"?><tmx>', "is a web page or XML"),
    "answer": (b"<Error><Code>AccessDenied</Code></Error>", "is a web page or XML"),
    "annex": (b"/annex/objects/SHA256E-s1--a", "is a git-annex pointer .*git annex get"),
    "png": (b"\x89PNG\r\n\x1a\n" + bytes(99), "is an image"),
    "lzma": (lzma.compress(TEXT, lzma.FORMAT_ALONE), "is compressed by lzma .*unlzma"),
    "gguf": (b"GGUF\3\0" + bytes(99), "is a model of llama.cpp"),
    "matlab": (b"MATLAB 5.0 MAT-file, Platform" + bytes(99), "is a MATLAB file .*loadmat"),
    "r": (gzip.compress(b"RDX3\nX\n\0\0\0\3"), "is a file of R"),
    "unknown": (bytes(range(128, 256)) + bytes(range(32)) * 4, "is a binary file of an unknown"),
    "lfs": (b"version https://git-lfs.github.com/spec/v1\noid sha256:1\n", "Git LFS pointer"),
    "pdf": (b"%PDF-1.5\n%\xd0\xd4", "is a PDF document"),
    "7z": (b"7z\xbc\xaf\x27\x1c\0\4", "is a 7z archive .* unpack it"),
}
ZIPS = {
    "several": (
        zipped({"glove.50d.txt": TEXT, "glove.100d.txt": TEXT}),
        "holds 2 files .*unpack it",
    ),
    "empty": (zipped({}), "the archive is empty"),
    "encrypted": (
        zipped({"a.vec": TEXT})
        .replace(b"PK\3\4\x14\0\0", b"PK\3\4\x14\0\1")
        .replace(b"PK\1\2\x14\3\x14\0\0", b"PK\1\2\x14\3\x14\0\1"),
        "is encrypted; unpack it with its password",
    ),
    "checkpoint": (zipped({"model/data.pkl": b"x", "model/version": b"3"}), "PyTorch checkpoint"),
    "office": (b"PK\x03\x04" + b"no archive", "the compressed file is damaged"),
}


@pytest.mark.parametrize("kind", [*OTHER_KINDS, *ZIPS])
@pytest.mark.parametrize("reader", [read_vectors, read_dictionary])
def test_what_is_not_read_is_named_with_the_remedy(tmp_path, kind, reader):
    content, said = (OTHER_KINDS | ZIPS)[kind]
    if reader is read_dictionary:
        # What to do about vectors is no remedy.
        said = said.partition(" .*")[0]
    for name in ("space.vec", "space.bin", "pairs.tsv"):
        path = write(tmp_path, content, name)
        with pytest.raises(ValueError, match=rf"^{path}: .*({said})") as caught:
            reader(path)
        assert str(caught.value).endswith(".")
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (old_tar(), "is a tar archive"),
        (TEXT.decode().encode("utf-32-le"), "is UTF-32 text"),
        (TEXT.decode().encode("utf-32-be"), "is UTF-32 text"),
        ("дом 0.1\nкот 0.2\n".encode("utf-32-le"), "is UTF-32 text"),
        ("cat 1\n".encode("utf-16-le"), "is UTF-16 text"),
        (b"404: Not Found", "is the error message of a server"),
        (b"Access Denied\n", "is the error message of a server"),
        (b"<div class='x'>\nnothing\n</div>", "is a web page"),
        (b"}q\0U\3theq\1]q\2s.", "is a pickle"),
        (b"MATLAB 7.3 MAT-file, Platform" + bytes(600), "is a MATLAB file"),
        (lzma.compress(old_tar()), r"is a tar archive \(xz-compressed\)"),
    ],
)
def test_kinds_without_a_plain_mark(tmp_path, content, said):
    path = tmp_path / "a.vec"
    path.write_bytes(content)
    for read in (read_vectors, read_dictionary):
        with pytest.raises(ValueError, match=rf"a\.vec: {said}"):
            read(path)


def test_databases(tmp_path):
    path = write(tmp_path, sqlite(tmp_path))
    with pytest.raises(ValueError, match=r"is an SQLite database .* EmbeddingSpace"):
        read_vectors(path)


def test_a_dictionary_is_no_file_of_vectors(tmp_path):
    with pytest.raises(ValueError, match="is a binary word2vec file and not a dictionary"):
        read_dictionary(write(tmp_path, binary()))


@pytest.mark.parametrize(
    "first",
    [
        "[ 0.1 0.2 0.3",
        "{ 0.1 0.2 0.3",
        "<html> 0.1 0.2 0.3",
        "PAR1 0.1 0.2 0.3",
        "BZh 0.1 0.2 0.3",
        "Rar! 0.1 0.2 0.3",
        "<s> 0.1 0.2 0.3",
        "S\u00e3o Paulo 0.1 0.2 0.3",
        "a\0b 0.1 0.2 0.3",
        "\x01 0.1 0.2 0.3",
    ],
)
@pytest.mark.parametrize("header", ["", "2 3\n"])
def test_text_that_begins_oddly_is_text(tmp_path, first, header):
    path = write(tmp_path, f"{header}{first}\ncat 0.4 0.5 0.6\n".encode())
    space = read_vectors(path)
    assert space.words == (first.removesuffix(" 0.1 0.2 0.3"), "cat")


@pytest.mark.parametrize("dims", [4, 5, 50])
def test_binary_vectors_are_told_from_text(dims):
    rng = np.random.default_rng(dims)
    for word in (b"the", b"</s>", "fa\u00e7ade".encode(), b"10"):
        for scale in (1e-3, 1, 100):
            values = (scale * rng.standard_normal(dims)).astype(np.float32)
            head = b"1 %d\n%b %b\n" % (dims, word, values.tobytes())
            assert kind_of(head).name == "word2vec"
            row = " ".join(f"{value:.4g}" for value in values).encode()
            assert kind_of(b"1 %d\n%b %b\n" % (dims, word, row)).name == "text"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (binary()[:-8], "ends within word 2 of the 2 .* pass max_words=1"),
        (binary()[:20], "ends within word 2 of the 2"),
        (binary() + b"more", "continues after word 2"),
        (b"9" + binary()[1:], "ends within word 3 of the 9"),
        (binary().replace(b"cat ", b"c\xfft "), "word 2: is not valid UTF-8"),
        (
            binary().replace(VECTORS[1].tobytes(), np.full(3, np.nan, "<f4").tobytes()),
            "word 2: value 1 of 3 is not finite",
        ),
        (binary().replace(b"cat ", b"x" * 20_000 + b" "), "word 2: is longer than 10,000 bytes"),
    ],
)
def test_damaged_binary_files(tmp_path, content, said):
    path = write(tmp_path, content)
    with pytest.raises(ValueError, match=rf"^{path}.*{said}.*[.]$"):
        read_vectors(path)


def test_a_word_of_any_text_in_binary(tmp_path):
    words = ["\xa0", "New\u2028York", "cafe\u0301", "\x85"]
    space = EmbeddingSpace(words, np.eye(4, dtype=np.float32))
    write_vectors(tmp_path / "space.bin", space)
    read = read_vectors(tmp_path / "space.bin")
    assert read.words == ("\xa0", "New\u2028York", "caf\u00e9", "\x85")
    np.testing.assert_array_equal(read.vectors, space.vectors)
    with pytest.raises(ValueError, match="too large for float32"):
        write_vectors(tmp_path / "big.bin", EmbeddingSpace(["a"], [[1e300]]))
    assert not (tmp_path / "big.bin").exists()


@pytest.mark.parametrize("suffix", [".gz", ".bz2", ".xz", ".zst"])
@pytest.mark.parametrize("kind", [".vec", ".txt", ".bin"])
def test_what_is_written_compressed(tmp_path, kind, suffix):
    if suffix == ".zst":
        pytest.importorskip("zstandard")
    space = EmbeddingSpace(["the", "cat"], VECTORS)
    path = tmp_path / f"space{kind}{suffix}"
    write_vectors(path, space)
    assert path.read_bytes()[:2] != b"2 "
    read = read_vectors(path)
    assert read.words == space.words
    np.testing.assert_array_equal(read.vectors, VECTORS)


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress, zstd])
def test_damage_within_compressed_files(tmp_path, pack):
    lines = b"".join(b"w%d 0.5 %d\n" % (row, row * row) for row in range(999))
    packed = pack(lines)
    for damaged in (packed[: len(packed) // 2], packed[:200] + b"damage" + packed[206:]):
        path = write(tmp_path, damaged)
        with pytest.raises(ValueError, match=rf"^{path}.*(truncated|damaged|file is|fetch it)"):
            read_vectors(path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the system has no FIFOs")
@pytest.mark.parametrize("reader", [read_vectors, read_dictionary])
def test_pipes_devices_and_folders_are_refused_without_waiting(tmp_path, reader):
    os.mkfifo(tmp_path / "pipe.vec")
    with pytest.raises(OSError, match=r"pipe[.]vec: is a pipe .FIFO., not a regular file; write"):
        reader(tmp_path / "pipe.vec")
    with pytest.raises(OSError, match="/dev/zero: is a device"):
        reader("/dev/zero")
    with socket.socket(socket.AF_UNIX) as made:
        os.chdir(tmp_path)
        made.bind("socket.vec")
        with pytest.raises(OSError, match="is a socket"):
            reader(tmp_path / "socket.vec")
    with pytest.raises(IsADirectoryError, match="is a folder"):
        reader(tmp_path)
    with pytest.raises(ValueError, match="is not a name of a file"):
        reader("a\0b")
    # The words of a .npy file, too.
    np.save(tmp_path / "x.npy", VECTORS)
    os.mkfifo(tmp_path / "x.words")
    with pytest.raises(OSError, match="is a pipe"):
        read_vectors(tmp_path / "x.npy")


def test_a_file_that_is_named_like_another_compression(tmp_path):
    path = write(tmp_path, bz2.compress(TEXT), "a.vec.gz")
    with pytest.raises(ValueError, match=r"is named .gz but is not gzip-compressed"):
        read_vectors(path)
    assert read_vectors(write(tmp_path, bz2.compress(TEXT), "a.vec")).n_words == 2


def test_archives_that_expand_without_end(tmp_path, monkeypatch):
    monkeypatch.setattr(_opening, "_ALWAYS_ALLOWED_TEXT", 1 << 16)
    bomb = b"the 1 2\n" * (1 << 16)
    for packed in (
        gzip.compress(bomb),
        bz2.compress(bomb),
        lzma.compress(bomb),
        zipped({"a": bomb}),
    ):
        with pytest.raises(ValueError, match="expands to more than 200 times its size"):
            read_vectors(write(tmp_path, packed))


def test_zstd_is_an_extra(tmp_path):
    content = zstd(TEXT)
    path = write(tmp_path, content)
    code = (
        "import sys; sys.modules['zstandard'] = None\n"
        "from sklearn_instamap.io import read_vectors\n"
        f"read_vectors({str(path)!r})"
    )
    run = [sys.executable, "-c", code]
    done = subprocess.run(run, capture_output=True, text=True, cwd=Path(__file__).parents[2])
    assert 'pip install "sklearn-instamap[zstd]"' in done.stderr
