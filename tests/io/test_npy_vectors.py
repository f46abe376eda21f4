"""Embedding spaces as a .npy file and its words."""

from __future__ import annotations

import os
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sklearn_instamap import EmbeddingSpace
from sklearn_instamap.io import read_vectors, write_vectors

VECTORS = np.array([[0.1, 2.0], [3.0, -4.5], [5.0, 6.0]])


def write_pair(folder, vectors=VECTORS, words="a\nb\nc\n", name="space"):
    np.save(folder / f"{name}.npy", vectors)
    words = words if isinstance(words, bytes) else words.encode()
    (folder / f"{name}.words").write_bytes(words)
    return folder / f"{name}.npy"


def refuses(path, said, line=None):
    where = f"{path}, line {line}: " if line else f"{path}: "
    return pytest.raises(ValueError, match="^" + re.escape(where) + ".*" + said + ".*[.]$")


@settings(max_examples=100)
@given(
    words=st.lists(
        st.text(st.characters(exclude_characters="\n\r", exclude_categories=("Cs",)), min_size=1),
        min_size=1,
        max_size=5,
        unique=True,
    ),
    dtype=st.sampled_from([np.float32, np.float64]),
)
def test_reads_back_exactly(tmp_path_factory, words, dtype):
    folder = tmp_path_factory.mktemp("npy")
    space = EmbeddingSpace(words, np.arange(2 * len(words), dtype=dtype).reshape(-1, 2) / 3)
    if words[0].startswith("\ufeff"):
        with pytest.raises(ValueError, match="byte order mark"):
            write_vectors(folder / "space.npy", space)
        return
    write_vectors(folder / "space.npy", space)
    read = read_vectors(folder / "space.npy", unicode_normalization=None)
    assert read.words == space.words
    assert read.vectors.dtype == dtype
    np.testing.assert_array_equal(read.vectors, space.vectors)


@pytest.mark.parametrize("name", ["wiki.en.npy", "wiki.en.words", "wiki.en"])
def test_either_file_or_their_prefix(tmp_path, name):
    write_pair(tmp_path, name="wiki.en")
    assert read_vectors(tmp_path / name).words == ("a", "b", "c")
    assert read_vectors(os.fspath(tmp_path / name)).n_features == 2


def test_a_file_of_exactly_that_name_goes_first(tmp_path):
    write_pair(tmp_path)
    (tmp_path / "space").write_text("x 1.0\n")
    assert read_vectors(tmp_path / "space").words == ("x",)


@pytest.mark.parametrize(
    ("stored", "wanted", "expected"),
    [
        ("<f2", None, np.float32),
        ("<f4", None, np.float32),
        ("<f8", None, np.float64),
        (">f4", None, np.float32),
        ("<f8", np.float32, np.float32),
        ("<f2", np.float64, np.float64),
    ],
)
def test_dtypes(tmp_path, stored, wanted, expected):
    vectors = np.asfortranarray(VECTORS.astype(stored))
    space = read_vectors(write_pair(tmp_path, vectors), dtype=wanted)
    assert space.vectors.dtype == expected
    assert space.vectors.dtype.isnative
    assert space.vectors.flags.c_contiguous
    np.testing.assert_array_equal(space.vectors, vectors.astype(expected))


def test_max_words_and_repeats(tmp_path):
    path = write_pair(tmp_path, np.arange(8.0).reshape(4, 2), "A\na\nb\nc\n")
    assert read_vectors(path, max_words=2).words == ("A", "a")
    with pytest.warns(UserWarning, match="1 word repeats an earlier one after lower-casing"):
        space = read_vectors(path, max_words=2, lowercase=True)
    assert space.words == ("a", "b")
    np.testing.assert_array_equal(space.vectors, [[0, 1], [4, 5]])


def test_memory_map(tmp_path):
    path = write_pair(tmp_path, VECTORS.astype(np.float32))
    space = read_vectors(path, mmap=True, max_words=2)
    np.testing.assert_array_equal(space.vectors, VECTORS[:2].astype(np.float32))
    base = space.vectors
    while base.base is not None and not isinstance(base, np.memmap):
        base = base.base
    assert isinstance(base, np.memmap)
    assert not isinstance(read_vectors(path).vectors.base, np.memmap)


@pytest.mark.parametrize("vectors", [VECTORS.astype(np.float16), np.asfortranarray(VECTORS)])
def test_what_cannot_be_mapped(tmp_path, vectors):
    path = write_pair(tmp_path, vectors)
    with refuses(path, "cannot be memory-mapped .* pass mmap=False"):
        read_vectors(path, mmap=True)


@pytest.mark.parametrize(
    ("vectors", "said"),
    [
        (np.arange(3.0), "holds float64 of shape [(]3,[)]; expected floating-point"),
        (np.array([[1, 2], [3, 4], [5, 6]]), "holds int64 of shape [(]3, 2[)]"),
        (np.array([["x"], ["y"], ["z"]], dtype=object), "holds object of shape"),
        (np.array([[1, 2], [3, np.nan], [5, 6]]), "of word 1, 'b', has values that are not finite"),
    ],
)
def test_bad_arrays(tmp_path, vectors, said):
    path = write_pair(tmp_path, vectors)
    with refuses(path, said):
        read_vectors(path)


def test_values_beyond_float32(tmp_path):
    path = write_pair(tmp_path, VECTORS * 1e39)
    assert read_vectors(path).vectors.dtype == np.float64
    with refuses(path, "of word 0, 'a', has values that are not finite in float32"):
        read_vectors(path, dtype=np.float32)


@pytest.mark.parametrize("damage", [b"", b"no array", "cut", "archive"])
def test_not_a_npy_file(tmp_path, damage):
    path = write_pair(tmp_path)
    if damage == "cut":
        path.write_bytes(path.read_bytes()[:-1])
    elif damage == "archive":
        with open(path, "wb") as stream:
            np.savez(stream, VECTORS)
    else:
        path.write_bytes(damage)
    with refuses(path, "is not a complete .npy file of numbers"):
        read_vectors(path)


@pytest.mark.parametrize(
    ("words", "line", "said"),
    [
        ("a\nb\n", None, "has 2 words for the 3 rows of .*space.npy"),
        ("a\n\nc\n", 2, "is empty; expected one word per line"),
        (b"a\n\xe9\nc\n", 2, "is not valid UTF-8 [(]byte 0xe9[)]"),
        ("", None, "the file is empty"),
    ],
)
def test_bad_words(tmp_path, words, line, said):
    path = write_pair(tmp_path, words=words)
    with refuses(path.with_suffix(".words"), said, line):
        read_vectors(path)


@pytest.mark.parametrize("missing", [".npy", ".words"])
def test_one_of_the_two_is_missing(tmp_path, missing):
    path = write_pair(tmp_path)
    path.with_suffix(missing).unlink()
    sentence = re.escape(f"{path.with_suffix(missing)}: there is no such file.")
    with pytest.raises(FileNotFoundError, match=sentence):
        read_vectors(path)


def test_words_that_cannot_be_written(tmp_path):
    with refuses(tmp_path / "space.words", "contains a line end"):
        write_vectors(tmp_path / "space.npy", EmbeddingSpace(["a\nb"], [[1.0]]))
    assert list(tmp_path.iterdir()) == []
