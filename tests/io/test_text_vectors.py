"""Embedding files in text: what is read back is what was written, or the error says where."""

from __future__ import annotations

import gzip
import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from sklearn_instamap import EmbeddingSpace
from sklearn_instamap.io import read_vectors, write_vectors

TWO_WORDS = "the 0.5 -1.25\ncat 2.0 3e-05\n"


def write(folder, text, name="space.vec"):
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def assert_equal_spaces(left, right):
    assert left.words == right.words
    assert left.vectors.dtype == right.vectors.dtype
    np.testing.assert_array_equal(left.vectors, right.vectors)


def refuses(path, line, said):
    """Expect a sentence that names the file, the line if there is one, and what is wrong."""
    where = f"{path}, line {line}: " if line else f"{path}: "
    return pytest.raises(ValueError, match="^" + re.escape(where) + ".*" + said + ".*[.]$")


# Any character which is not an ASCII blank: NBSP, NEL, U+2028, separators, combining marks …
word = st.text(
    st.characters(exclude_characters=" \t\n\r\x0b\x0c", exclude_categories=("Cs",)), min_size=1
)


@st.composite
def spaces(draw):
    dtype = draw(st.sampled_from([np.float32, np.float64]))
    values = st.floats(allow_nan=False, allow_infinity=False, width=np.dtype(dtype).itemsize * 8)
    vectors = draw(arrays(dtype, array_shapes(min_dims=2, max_dims=2, max_side=5), elements=values))
    n_words = len(vectors)
    words = draw(st.lists(word, min_size=n_words, max_size=n_words, unique=True))
    return EmbeddingSpace(words, vectors)


@settings(max_examples=150)
@given(space=spaces(), header=st.booleans(), suffix=st.sampled_from([".vec", ".txt", ".vec.gz"]))
def test_text_reads_back_exactly(tmp_path_factory, space, header, suffix):
    path = tmp_path_factory.mktemp("text") / f"space{suffix}"
    if not header and space.words[0].startswith("\ufeff"):
        with pytest.raises(ValueError, match="byte order mark"):
            write_vectors(path, space, header=header)
        return
    write_vectors(path, space, header=header)
    read = read_vectors(path, dtype=space.vectors.dtype, unicode_normalization=None)
    assert_equal_spaces(read, space)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("2 2\n" + TWO_WORDS, id="header"),
        pytest.param(TWO_WORDS, id="no header"),
        pytest.param("2 2 \nthe 0.5 -1.25 \ncat 2.0 3e-05 \n", id="fastText's trailing blanks"),
        pytest.param("2 2\r\nthe 0.5 -1.25\r\ncat 2.0 3e-05\r\n", id="Windows line ends"),
        pytest.param("\ufeff2 2\n" + TWO_WORDS, id="byte order mark and header"),
        pytest.param("\ufeff" + TWO_WORDS, id="byte order mark, no header"),
        pytest.param(TWO_WORDS.rstrip("\n"), id="no line end at the end"),
        pytest.param(TWO_WORDS + "\n \n", id="blank lines at the end"),
        pytest.param("the\t0.5\t-1.25\ncat  2.0  .3e-4\n", id="tabs and double blanks"),
        pytest.param(gzip.compress(TWO_WORDS.encode()), id="gzip not named so"),
    ],
)
def test_layouts(tmp_path, text):
    space = read_vectors(write(tmp_path, text))
    expected = EmbeddingSpace(["the", "cat"], np.array([[0.5, -1.25], [2, 3e-5]], np.float32))
    assert_equal_spaces(space, expected)


def test_words_keep_what_only_unicode_calls_blank(tmp_path):
    words = ["\xa0", "a\u2028b", "\x85", "\u3000", "New York", ". . .", "1990", "nan", "e\u0301"]
    lines = [f"{word} {row}.5 1.0\n" for row, word in enumerate(words)]
    path = write(tmp_path, "".join([f"{len(words)} 2\n", *lines]))
    space = read_vectors(path, unicode_normalization=None)
    assert space.words == tuple(words)
    assert read_vectors(path).words == (*words[:-1], "\u00e9")
    np.testing.assert_array_equal(space.vectors[:, 0], np.arange(len(words)) + 0.5)


def test_dimension_of_a_headerless_file_whose_first_word_has_a_blank(tmp_path):
    space = read_vectors(write(tmp_path, "New York 1.0 2.0\nthe 3.0 4.0\n"))
    assert space.words == ("New York", "the")
    assert space.n_features == 2


@pytest.mark.parametrize(
    ("text", "header", "words", "n_features"),
    [
        ("1990 5\n1991 6\n", "infer", ("1990", "1991"), 1),
        ("2 1\na 5\nb 6\n", "infer", ("a", "b"), 1),
        ("1 1\n2 1\n", False, ("1", "2"), 1),
        ("1 2\n2 1.0 2.0\n", True, ("2",), 2),
        ("10 20 30\n11 21 31\n", "infer", ("10", "11"), 2),
    ],
)
def test_is_the_first_line_a_header(tmp_path, text, header, words, n_features):
    space = read_vectors(write(tmp_path, text), header=header)
    assert space.words == words
    assert space.n_features == n_features


@pytest.mark.parametrize("max_words", [1, 3, 5, 9])
@pytest.mark.parametrize("header", [True, False])
def test_max_words(tmp_path, max_words, header):
    space = EmbeddingSpace(list("abcde"), np.arange(10, dtype=np.float32).reshape(5, 2))
    write_vectors(tmp_path / "space.vec", space, header=header)
    read = read_vectors(tmp_path / "space.vec", max_words=max_words)
    assert_equal_spaces(read, space.select(range(min(5, max_words))))


def test_max_words_does_not_look_further(tmp_path):
    path = write(tmp_path, "9 2\n" + TWO_WORDS + "and this is broken\n")
    assert read_vectors(path, max_words=2).words == ("the", "cat")


def test_many_rows_without_header(tmp_path):
    # More than the rows reserved at first, so that the array has to grow.
    vectors = np.arange(10_001, dtype=np.float32)[:, None]
    space = EmbeddingSpace([f"w{row}" for row in range(10_001)], vectors)
    write_vectors(tmp_path / "space.vec", space, header=False)
    assert_equal_spaces(read_vectors(tmp_path / "space.vec"), space)


def test_dtype(tmp_path):
    path = write(tmp_path, "a 0.1\n")
    assert read_vectors(path).vectors.dtype == np.float32
    assert read_vectors(path, dtype=np.float64).vectors[0, 0] == 0.1
    with pytest.raises(ValueError, match=r"float32 or float64[.] Got 'int64'"):
        read_vectors(path, dtype=np.int64)


def test_repeated_words_keep_the_first(tmp_path):
    path = write(tmp_path, "4 1\nThe 1\nthe 2\nTHE 3\ncat 4\n")
    assert read_vectors(path).n_words == 4
    with pytest.warns(UserWarning, match="2 words repeat earlier ones after lower") as caught:
        space = read_vectors(path, lowercase=True)
    assert_equal_spaces(space, EmbeddingSpace(["the", "cat"], np.array([[1], [4]], np.float32)))
    assert str(caught[0].message).startswith(f"{path}: ")
    assert "(first: 'the' on line 3)" in str(caught[0].message)
    # The warning points at the caller's line, not into the package.
    assert caught[0].filename == __file__


def test_repeated_words_count_for_the_header_but_not_for_max_words(tmp_path):
    path = write(tmp_path, "4 1\na 1\na 2\nb 3\nc 4\n")
    with pytest.warns(UserWarning, match="1 word repeats an earlier one [(]first: 'a' on line 3"):
        assert read_vectors(path, max_words=2).words == ("a", "b")


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("", None, "is empty"),
        ("\n\n", None, "is empty"),
        ("2 2\n", None, "ends after 0 of the 2 words its .* if it is truncated"),
        ("3 2\n" + TWO_WORDS, None, "ends after 2 of the 3 words .* pass max_words=2"),
        ("1 2\n" + TWO_WORDS, 3, "continues after word 1, the last its header promises"),
        ("2 2\nthe 0.5 -1.25\ncat 2.0\n", 3, "has 1 value instead of 2"),
        ("the 0.5 -1.25\ncat 2.0\n", 2, "has 1 value instead of 2"),
        ("the 0.5 -1.25\ncat 2.0 3.0 4.0\n", 2, "has 3 values instead of 2"),
        ("the 0.5 -1.25\ncat\t2.0\t3.0 4.0\n", 2, "has 3 values instead of 2"),
        ("0 300\n", 1, "'0 300' is not a header of two counts"),
        ("2 2\nthe 0.5 -1.25\ncat\n", 3, "has 0 values instead of 2"),
        ("the 0.5 1\ncat 2.0 dog\n", 2, "'dog' is not a number; expected a word and 2 values"),
        ("the 0.5 1\ncat 2.0 1_0\n", 2, "'1_0' is not a number"),
        ("the 0.5 1\ncat 2.0 0,5\n", 2, "'0,5' is not a number"),
        ("the 0.5 1\ncat 2.0 " + 99 * "x" + "\n", 2, "'x{39}…' is not a number"),
        ("the 0.5 1\n 2.0 3.0\n", 2, "has no word before its 2 values"),
        ("the 0.5 1\n\ncat nan 1.0\n", 3, "value 1 of 2 is not finite"),
        ("the 0.5 1\ncat 1.0 -inf\n", 2, "value 2 of 2 is not finite"),
        ("the 0.5 1\ncat 1e39 1.0\n", 2, "value 1 of 2 is not finite in float32"),
        ("the\n", 1, "'the' is not a word followed by numbers"),
        ("5 0\na\n", 1, "'5 0' is not a header of two counts"),
        ("10 300\n\x00\x01\x02 \x00\x00\n", 2, "the file is a binary one of an unknown kind"),
        (b"a 1.0\nb\xff 2.0\n", 2, "is not valid UTF-8 .byte 0xff.*encoding_errors='replace'"),
        ("99999999999999 9999\na 1.0 2.0\n", 2, "has 2 values instead of 9999"),
    ],
)
def test_bad_text_says_where_and_what(tmp_path, text, line, said):
    path = write(tmp_path, text)
    with refuses(path, line, said):
        read_vectors(path)


def test_a_required_header_is_missing(tmp_path):
    path = write(tmp_path, TWO_WORDS)
    with refuses(path, 1, "'the 0.5 -1.25' is not a header .* pass header=False"):
        read_vectors(path, header=True)


def test_broken_words_can_be_replaced(tmp_path):
    path = write(tmp_path, b"a 1.0\nb\xff 2.0\n")
    assert read_vectors(path, encoding_errors="replace").words == ("a", "b\ufffd")


def test_damaged_compressed_files(tmp_path):
    content = gzip.compress(b"".join(b"w%d 0.5 %d\n" % (row, row * row) for row in range(999)))
    with refuses(path := write(tmp_path, content[:-20], "cut.vec.gz"), None, "it is truncated"):
        read_vectors(path)
    broken = content[:900] + b"damage" + content[906:]
    with refuses(path := write(tmp_path, broken, "broken.vec.gz"), None, "file is damaged"):
        read_vectors(path)
    with refuses(path := write(tmp_path, TWO_WORDS, "a.vec.gz"), None, "is not gzip-compressed"):
        read_vectors(path)


def test_files_that_cannot_be_opened(tmp_path):
    with pytest.raises(FileNotFoundError, match=re.escape(f"{tmp_path / 'no.vec'}: there is no")):
        read_vectors(tmp_path / "no.vec")
    with pytest.raises(IsADirectoryError, match=re.escape(f"{tmp_path}: is a folder")):
        read_vectors(tmp_path)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"max_words": 0}, "'max_words' parameter must be an int in the range .* Got 0"),
        ({"max_words": 1.5}, "'max_words' parameter must be an int in the range .* Got 1.5"),
        ({"header": "maybe"}, "'header' parameter must be True, False or 'infer'. Got 'maybe'"),
        ({"mmap": True}, "only .npy can be memory-mapped"),
    ],
)
def test_bad_arguments(tmp_path, arguments, said):
    with pytest.raises(ValueError, match=said):
        read_vectors(write(tmp_path, TWO_WORDS), **arguments)


def test_written_text(tmp_path):
    space = EmbeddingSpace(["a", "b"], np.array([[0.1, -2], [1e-7, 1 / 3]], np.float32))
    write_vectors(tmp_path / "space.vec", space)
    assert (tmp_path / "space.vec").read_text() == "2 2\na 0.1 -2.0\nb 1e-07 0.33333334\n"
    write_vectors(tmp_path / "space.txt", space, header=False, precision=3)
    assert (tmp_path / "space.txt").read_text() == "a 0.1 -2\nb 1e-07 0.333\n"


def test_compressed_output_is_reproducible(tmp_path):
    space = EmbeddingSpace(["a"], [[1.0, 2.0]])
    write_vectors(tmp_path / "one.vec.gz", space)
    write_vectors(tmp_path / "two.vec.gz", space)
    assert (tmp_path / "one.vec.gz").read_bytes() == (tmp_path / "two.vec.gz").read_bytes()
    assert gzip.decompress((tmp_path / "one.vec.gz").read_bytes()) == b"1 2\na 1.0 2.0\n"


def test_a_frame_is_written_like_a_space(tmp_path):
    frame = pd.DataFrame([[1.0, 2.0]], index=["word"], columns=["x", "y"])
    write_vectors(tmp_path / "frame.vec", frame)
    assert (tmp_path / "frame.vec").read_text() == "1 2\nword 1.0 2.0\n"
    with pytest.raises(TypeError, match="words cannot be looked up in an array"):
        write_vectors(tmp_path / "array.vec", np.ones((2, 2)))


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("New York", "word 1, 'New York', contains a blank .* or write .npy instead"),
        ("tab\t", "contains a blank"),
        ("line\n", "contains a blank"),
        ("x" * 10_001, "is longer than the 10,000 bytes that are read"),
        ("\ud800", "is not valid Unicode and cannot be written"),
    ],
)
def test_words_text_has_no_room_for(tmp_path, word, said):
    path = tmp_path / "space.vec"
    path.write_text("what was there before")
    with refuses(path, None, said):
        write_vectors(path, EmbeddingSpace(["a", word], [[1.0], [2.0]]))
    assert path.read_text() == "what was there before"
    assert list(tmp_path.iterdir()) == [path]


def test_unknown_suffix_and_precision(tmp_path):
    space = EmbeddingSpace(["a"], [[1.0]])
    with refuses(tmp_path / "space.h5", None, "name the file .vec, .vec.gz or .npy"):
        write_vectors(tmp_path / "space.h5", space)
    with pytest.raises(
        ValueError, match=r"'precision' parameter must be an int in the range .* Got 0"
    ):
        write_vectors(tmp_path / "space.vec", space, precision=0)
    assert list(tmp_path.iterdir()) == []
