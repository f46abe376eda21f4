"""Files mapped row by row: the same as reading, mapping and writing them whole."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest

from sklearn_instamap import EmbeddingSpace
from sklearn_instamap.io import _mapping_files, read_vectors, write_vectors
from sklearn_instamap.io._mapping_files import map_vectors_file


@pytest.fixture(autouse=True)
def few_rows(monkeypatch):
    monkeypatch.setattr(_mapping_files, "_ROWS", 7)


@pytest.fixture
def space():
    rng = np.random.default_rng(0)
    return EmbeddingSpace([f"w{i}" for i in range(50)], rng.normal(size=(50, 4)).astype("f4"))


def turn(rows):
    assert len(rows) <= 7
    return 2 * rows[:, ::-1][:, :3]


@pytest.mark.parametrize("output", ["b.vec", "b.vec.gz", "b.bin", "b.npy", "b.txt.xz"])
@pytest.mark.parametrize("name", ["a.vec", "a.vec.gz", "a.bin", "a.npy"])
def test_every_format_into_every_format(space, tmp_path, name, output):
    write_vectors(tmp_path / name, space)
    assert map_vectors_file(tmp_path / name, tmp_path / output, turn) == (50, 3)
    found = read_vectors(tmp_path / output)
    assert found.words == space.words
    np.testing.assert_array_equal(found.vectors, 2 * space.vectors[:, ::-1][:, :3])


@pytest.mark.parametrize("header", [True, False])
def test_the_same_bytes_as_writing_at_once(space, tmp_path, header):
    write_vectors(tmp_path / "a.vec", space, header=header)
    map_vectors_file(
        tmp_path / "a.vec", tmp_path / "b.vec", lambda rows: rows, header=header, precision=4
    )
    write_vectors(tmp_path / "c.vec", space, header=header, precision=4)
    assert (tmp_path / "b.vec").read_bytes() == (tmp_path / "c.vec").read_bytes()


def test_words_stay_as_they_are(tmp_path):
    text = "cafe\u0301 1 2\ncaf\u00e9 3 4\ncaf\u00e9 5 6\n"
    (tmp_path / "a.vec").write_text(text, "utf-8")
    map_vectors_file(tmp_path / "a.vec", tmp_path / "b.vec", lambda rows: rows, header=False)
    assert (tmp_path / "b.vec").read_text("utf-8") == text.replace(" ", ".0 ").replace(
        "\n", ".0\n"
    ).replace("é.0", "é").replace("\u0301.0", "\u0301")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the file is empty"),
        ("3 2\na 1 2\nb 3 4\n", "ends after 2 of the 3 words"),
        ("1 2\na 1 2\nb 3 4\n", "continues after word 1"),
        ("a 1 2\nb 3 nan\n", "line 2: value 2 of 2 is not finite"),
        ("a 1 2\nb 3 x\n", "line 2"),
    ],
)
def test_bad_files_leave_nothing(tmp_path, text, message):
    (tmp_path / "a.vec").write_text(text)
    (tmp_path / "b.vec").write_text("as it was")
    with pytest.raises(ValueError, match=message):
        map_vectors_file(tmp_path / "a.vec", tmp_path / "b.vec", lambda rows: rows)
    assert (tmp_path / "b.vec").read_text() == "as it was"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.vec", "b.vec"]


def test_bad_lines_are_left_out_if_asked(tmp_path):
    (tmp_path / "a.vec").write_text("a 1 2\nb 3 x\nc 5 6\n")
    with pytest.warns(UserWarning, match=r"a\.vec"):
        found = map_vectors_file(
            tmp_path / "a.vec", tmp_path / "b.vec", lambda rows: rows, on_bad_lines="warn"
        )
    assert found == (2, 2)
    assert read_vectors(tmp_path / "b.vec").words == ("a", "c")


def test_an_unknown_suffix_is_refused_first(space, tmp_path):
    write_vectors(tmp_path / "a.vec", space)
    with pytest.raises(ValueError, match="the suffix chooses the format"):
        map_vectors_file(tmp_path / "a.vec", tmp_path / "b.what", turn)


@pytest.mark.parametrize("name", ["a.vec", "a.bin"])
def test_what_is_no_fault_of_a_line_leaves_none_out(space, tmp_path, name):
    """A map that refuses rows and words that cannot be written are errors, however lines go."""
    write_vectors(tmp_path / name, space)

    def refuse(rows):
        raise ValueError("X has 4 features")

    for output in ("b.vec", "b.bin", "b.npy"):
        with pytest.raises(ValueError, match=r"^X has 4 features$"):
            map_vectors_file(tmp_path / name, tmp_path / output, refuse, on_bad_lines="skip")
    (tmp_path / "c.vec").write_text("3 1\na 1\nNew York 2\nb 3\n")
    with pytest.raises(ValueError, match="'New York', contains a blank and cannot be written"):
        map_vectors_file(tmp_path / "c.vec", tmp_path / "d.vec", np.negative, on_bad_lines="skip")
    assert {path.name for path in tmp_path.iterdir()} <= {"a.vec", "a.bin", "c.vec"}


def test_words_of_npy_are_streamed_too(tmp_path, monkeypatch):
    """Neither words nor vectors are in memory all at once, whichever way .npy is taken."""
    monkeypatch.setattr(_mapping_files, "_ROWS", 500)
    words = [f"{row:0100}" for row in range(20_000)]
    many = EmbeddingSpace(words, np.ones((20_000, 50), np.float64))
    write_vectors(tmp_path / "a.npy", many)
    del words, many
    for output in ("b.npy", "b.bin"):
        tracemalloc.start()
        map_vectors_file(tmp_path / "a.npy", tmp_path / output, np.negative)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 3_000_000
    space = read_vectors(tmp_path / "b.npy")
    assert space.vectors.dtype == np.float64
    assert space.words[-1] == f"{19_999:0100}"
    assert (space.vectors == -1).all()


def test_pairs_that_do_not_belong_together_are_not_mapped(space, tmp_path):
    path = tmp_path / "a.npy"
    write_vectors(path, space)
    words = path.with_suffix(".words")
    good = words.read_bytes()
    for damaged, said in (
        (good.replace(b"w3\n", b"x3\n"), "does not belong to"),
        (good + b"more\n", "has 51 words for the 50 rows"),
        (good[:-4], "has 49 words for the 50 rows"),
        (b"", "has 0 words for the 50 rows"),
    ):
        words.write_bytes(damaged)
        with pytest.raises(ValueError, match=said):
            map_vectors_file(path, tmp_path / "b.npy", turn)
        assert {each.name for each in tmp_path.iterdir()} == {"a.npy", "a.words"}
