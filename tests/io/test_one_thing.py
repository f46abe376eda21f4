"""Two files are one thing: generations are told apart, one file holds both, nothing is left."""

from __future__ import annotations

import io
import itertools
import os
import signal
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest

from sklearn_instamap import EmbeddingSpace
from sklearn_instamap._files import atomic_folder, atomic_paths
from sklearn_instamap.io import read_vectors, write_vectors
from sklearn_instamap.io._runs import check_runs, read_run
from sklearn_instamap.io._vectors import write_marked

_ROOT = Path(__file__).parents[2]
VECTORS = np.arange(12, dtype=np.float32).reshape(4, 3)
OLD = EmbeddingSpace(["a", "b", "c", "d"], VECTORS)
NEW = EmbeddingSpace(["a", "c", "b", "d"], VECTORS + 1)


def sentence_or_space(path, named):
    """Return what is read; or check that the error is a sentence that names the file."""
    try:
        return read_vectors(path)
    except ValueError as error:
        text = str(error)
    assert text.startswith(str(named))
    assert "\n" not in text
    return None


@pytest.mark.parametrize("stale", [".npy", ".words"])
def test_words_of_one_generation_and_vectors_of_another(tmp_path, stale):
    path = tmp_path / "space.npy"
    write_vectors(path, OLD)
    old = path.with_suffix(stale).read_bytes()
    write_vectors(path, NEW)
    assert read_vectors(path).words == NEW.words
    path.with_suffix(stale).write_bytes(old)
    with pytest.raises(ValueError, match=r"space[.]words: does not belong to .*space[.]npy, which"):
        read_vectors(path)


def test_the_mark_is_invisible_to_others(tmp_path):
    path = tmp_path / "space.npy"
    write_vectors(path, OLD)
    np.testing.assert_array_equal(np.load(path), VECTORS)
    np.testing.assert_array_equal(np.load(path, mmap_mode="r"), VECTORS)
    assert path.with_suffix(".words").read_text() == "a\nb\nc\nd\n"
    # Line ends may change on the way; files of others have no mark.
    path.with_suffix(".words").write_bytes(b"a\r\nb\r\nc\r\nd")
    assert read_vectors(path, mmap=True).words == OLD.words
    np.save(path, VECTORS)
    assert read_vectors(path).words == OLD.words


def test_damaged_headers_of_npy_are_one_sentence(tmp_path):
    path = tmp_path / "space.npy"
    write_vectors(path, OLD)
    good = path.read_bytes()
    rng = np.random.default_rng(0)
    tokens = [
        b"(",
        b")",
        b"{",
        b"}",
        b"'",
        b"\\",
        b"\n",
        b"-",
        b"**9",
        b"[" * 50,
        b"\0",
        b"<f8",
        b"x" * 9,
    ]
    read = 0
    for _ in range(1500):
        data = bytearray(good)
        for _ in range(rng.integers(1, 4)):
            place = int(rng.integers(0, 128))
            if rng.random() < 0.5:
                data[place] = int(rng.integers(0, 256))
            else:
                token = tokens[int(rng.integers(len(tokens)))]
                data[place : place + len(token)] = token
        path.write_bytes(data)
        space = sentence_or_space(path, tmp_path / "space.")
        if space is not None:
            assert space.words == OLD.words
            read += 1
    assert read < 1500


@pytest.mark.parametrize(
    "header",
    [
        "{'descr': '<f4', 'fortran_order': False, 'shape': (10000000000000, 3), }",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (4, 99999999999999999999999), }",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (-4, 3), }",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (4, 0), }",
        "{'descr': '<U4', 'fortran_order': False, 'shape': (4, 3), }",
        "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (4, 3), }",
        "{'descr': '<f4', 'fortran_order': False, 'shape': 4, }",
        "(" * 900,
        "{'descr': '<f4', 'fortran_order': False, 'shape': (4, 3), 'more': 1}",
        "1 +",
        "'unterminated",
    ],
)
def test_forged_headers_of_npy(tmp_path, header):
    path = tmp_path / "space.npy"
    write_vectors(path, OLD)
    text = header.encode().ljust(1000) + b"\n"
    path.write_bytes(b"\x93NUMPY\1\0" + len(text).to_bytes(2, "little") + text + bytes(48))
    with pytest.raises(ValueError, match=r"^.*space[.]npy: .*[.]$"):
        read_vectors(path)


def test_one_file_for_both(tmp_path):
    for words in (["a", "New York", "\xa0", "caf\u00e9"], ["x" * 5000, "b", "c", "\t"]):
        space = EmbeddingSpace(words, VECTORS)
        write_vectors(tmp_path / "space.npz", space)
        read = read_vectors(tmp_path / "space.npz")
        assert read.words == space.words
        np.testing.assert_array_equal(read.vectors, VECTORS)
        assert read_vectors(tmp_path / "space.npz", max_words=2).words == space.words[:2]
        with np.load(tmp_path / "space.npz") as archive:
            np.testing.assert_array_equal(archive["vectors"], VECTORS)
            assert bytes(archive["words"]).decode().split("\n")[:-1] == words
    with pytest.raises(ValueError, match="contains a line end"):
        write_vectors(tmp_path / "bad.npz", EmbeddingSpace(["a\nb"], [[1.0]]))


@pytest.mark.parametrize("names", ["embeddings vocab", "vectors words", "matrix index"])
@pytest.mark.parametrize("dtype", ["U1", "S2"])
@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_archives_of_others(tmp_path, names, dtype, save):
    words = np.array(["a", "b", "\u00e9", "d"])
    if dtype == "S2":
        words = np.char.encode(words, "utf-8")
    arrays = (np.asfortranarray(VECTORS), words)
    save(tmp_path / "other.npz", **dict(zip(names.split(), arrays, strict=True)))
    space = read_vectors(tmp_path / "other.npz", dtype=np.float64)
    assert space.words == ("a", "b", "\u00e9", "d")
    np.testing.assert_array_equal(space.vectors, VECTORS)


@pytest.mark.parametrize(
    ("arrays", "said"),
    [
        ({"a": VECTORS}, "has no array vectors .* but a; load it with numpy.load"),
        ({"vectors": VECTORS}, "has no array words"),
        ({"vectors": VECTORS, "words": np.array(["a", "b"])}, "has 2 words for 4 vectors"),
        ({"vectors": VECTORS, "words": np.array(list("abcd"), dtype=object)}, "no Python objects"),
        ({"vectors": VECTORS[0], "words": np.array(list("abcd"))}, "holds float32 of shape"),
        ({"vectors": VECTORS * np.nan, "words": np.array(list("abcd"))}, "not finite"),
        (
            {"vectors": VECTORS, "words": np.array(["a", "", "c", "d"])},
            "an empty word in row 1",
        ),
        ({"vectors": VECTORS, "words": np.zeros(0, "U1")}, "expected one text per word"),
    ],
)
def test_other_archives(tmp_path, arrays, said):
    path = tmp_path / "space.npz"
    np.savez(path, **arrays)
    with pytest.raises(ValueError, match=rf"^{path}.*{said}.*[.]$"):
        read_vectors(path)


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_two_arrays_of_one_name(tmp_path):
    path = tmp_path / "space.npz"
    write_vectors(path, OLD)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("vectors.npy", archive.read("vectors.npy"))
    with pytest.raises(ValueError, match=rf"^{path}: has two arrays of one name.*[.]$"):
        read_vectors(path)


def test_names_in_archives_are_printable(tmp_path):
    evil = "a\n\x1b]0;owned\x07"
    np.savez(tmp_path / "space.npz", **{evil: VECTORS})
    with zipfile.ZipFile(tmp_path / "space.zip", "w") as archive:
        archive.writestr(f"{evil}.txt", "x 1\n")
        archive.writestr("b.txt", "x 1\n")
    for name in ("space.npz", "space.zip"):
        with pytest.raises(ValueError, match="owned") as caught:
            read_vectors(tmp_path / name)
        assert not set(str(caught.value)) & set("\n\x1b\x07")


def test_damaged_archives(tmp_path):
    path = tmp_path / "space.npz"
    write_vectors(path, OLD)
    good = path.read_bytes()
    for place in range(0, len(good), 7):
        for damaged in (good[:place], good[:place] + b"\xaa" + good[place + 1 :]):
            path.write_bytes(damaged)
            space = sentence_or_space(path, path)
            if space is not None:
                assert space.words == OLD.words
                np.testing.assert_array_equal(space.vectors, VECTORS)


def test_archives_that_expand_without_end(tmp_path):
    path = tmp_path / "bomb.npz"
    buffer = io.BytesIO()
    np.save(buffer, np.zeros((1 << 22, 5), np.float32))
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("vectors.npy", buffer.getvalue())
        archive.writestr("words.npy", b"")
    with pytest.raises(ValueError, match="expands to many times its size"):
        read_vectors(path)


KILLED = """
import os, signal, sys
from sklearn_instamap._files import atomic_folder, atomic_paths
folder, kind = sys.argv[1:]
if kind == "files":
    with atomic_paths(f"{folder}/en.npy", f"{folder}/en.words", f"{folder}/de.vec.gz") as places:
        for place in places:
            place.write_text("half")
        os.kill(os.getpid(), signal.SIGKILL)
with atomic_folder(f"{folder}/model") as place:
    (place / "half").write_text("half")
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")
def test_what_a_killed_process_left_is_removed_by_the_next(tmp_path):
    for kind in ("files", "folder"):
        done = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path), kind], cwd=_ROOT)
        assert done.returncode == -signal.SIGKILL
    assert len(list(tmp_path.iterdir())) == 4
    write_vectors(tmp_path / "en.npy", OLD)
    write_vectors(tmp_path / "de.vec.gz", OLD)
    with atomic_folder(tmp_path / "model") as place:
        (place / "done").touch()
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {"en.npy", "en.words", "de.vec.gz", "model"}
    assert read_vectors(tmp_path / "de.vec.gz").words == OLD.words


@pytest.mark.skipif(sys.platform == "win32", reason="processes are not asked for there")
def test_what_a_living_process_writes_stays(tmp_path):
    with atomic_paths(tmp_path / "en.vec") as (mine,):
        write_vectors(tmp_path / "en.vec", OLD)
        assert mine.exists()
        mine.write_text("1 1\nlater 1\n")
    assert read_vectors(tmp_path / "en.vec").words == ("later",)
    with atomic_paths(tmp_path / "a.bin.gz") as (mine,):
        assert mine.name.endswith(".bin.gz")
    assert os.getpid()


def test_two_writers_of_one_pair_never_mix(tmp_path):
    """However the renames of two writers fall, what is read is one generation, or an error."""
    files = {}
    for name, space in (("old", OLD), ("new", NEW)):
        write_vectors(tmp_path / f"{name}.npy", space)
        files[name] = [(tmp_path / f"{name}{end}").read_bytes() for end in (".npy", ".words")]
    for npy, words in itertools.product(files, files):
        (tmp_path / "space.npy").write_bytes(files[npy][0])
        (tmp_path / "space.words").write_bytes(files[words][1])
        if npy == words:
            assert read_vectors(tmp_path / "space").words == {"old": OLD, "new": NEW}[npy].words
        else:
            with pytest.raises(ValueError, match="does not belong to"):
                read_vectors(tmp_path / "space")


RUN = "0123456789abcdef"


@pytest.mark.parametrize(
    "name", ["a.npy", "a.npz", "a.parquet", "a.arrow", "a.safetensors", "a.vec", "a.bin"]
)
def test_the_mark_of_a_run(tmp_path, name):
    """Two outputs of one run say so, wherever the format has room for it."""
    if name.endswith((".parquet", ".arrow", ".safetensors")):
        pytest.importorskip("safetensors" if "safe" in name else "pyarrow", exc_type=ImportError)
    one, other, none = (tmp_path / f"{place}{name}" for place in range(3))
    write_marked(one, OLD, run=RUN)
    write_marked(other, OLD, run=RUN[::-1])
    write_vectors(none, OLD)
    for path in (one, other, none):
        assert read_vectors(path).words == OLD.words
        np.testing.assert_array_equal(read_vectors(path).vectors, VECTORS)
    assert read_run(none) == read_run(tmp_path / "nowhere.npz") == ""
    if name.endswith((".vec", ".bin")):
        assert read_run(one) == check_runs(one, other) == ""
    else:
        assert (read_run(one), read_run(other)) == (RUN, RUN[::-1])
        assert check_runs(one, one, none) == check_runs(one, none) == ""
        said = check_runs(one, none, other)
        assert said.startswith(f"{one} and {other} were written by different runs of align")
        one.write_bytes(one.read_bytes()[: one.stat().st_size // 2])
        assert read_run(one) in ("", RUN)
