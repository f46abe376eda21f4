"""Many lines at once: the same words, values and errors as line by line."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sklearn_instamap.io import _lines as rows_module
from sklearn_instamap.io import read_vectors
from sklearn_instamap.io._fields import split_row
from sklearn_instamap.io._lines import split_rows

N = 80
PLAIN = [f"word{i} {i / 7!r} -{i / 3:.3e} +.5 7".encode() for i in range(N)]


def by_line(lines, n_features=4):
    return [split_row("f.vec", number, line, n_features) for number, line in lines]


def outcome(function, *args):
    """Words and values in full, or the message of the error."""
    try:
        return repr([(word, [float(value) for value in row]) for word, row in function(*args)])
    except ValueError as error:
        return str(error)


def with_line(line, at=50):
    lines = [*PLAIN[:at], line, *PLAIN[at + 1 :]]
    return list(enumerate(lines, start=1))


def test_plain_lines_are_read_together(monkeypatch):
    lines = list(enumerate(PLAIN, start=1))
    expected = by_line(lines)
    monkeypatch.setattr(rows_module, "split_row", None)
    found = [(word, values.tolist()) for word, values in split_rows("f.vec", lines, 4)]
    assert found == expected


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_every_value_is_the_nearest(tmp_path, dtype):
    bits = np.random.default_rng(0).bytes(100_000 * np.dtype(dtype).itemsize)
    values = np.frombuffer(bits, dtype=dtype)
    # Without the very largest, whose sum would be infinite.
    vectors = values[np.abs(values) < np.finfo(dtype).max / 1e6][:90_000].reshape(-1, 100)
    path = tmp_path / "bits.vec"
    path.write_text(
        "".join(f"w{i} {' '.join(map(repr, row))}\n" for i, row in enumerate(vectors.tolist()))
    )
    np.testing.assert_array_equal(read_vectors(path, dtype=dtype).vectors, vectors)


@pytest.mark.parametrize(
    "line",
    [
        b"word 1 2 3",
        b"word 1 2 3 4 5",
        b"New York 1 2 3 4",
        b"word\t5 1 2 3 4",
        b"word\t1\t2\t3\t4",
        b"word 1  2 3 4",
        b"word  1 2 3 4",
        b"word  1 2 3",
        b" word 1 2 3 4 ",
        b" 1 2 3 4",
        b"word",
        b"word 1 2 3 4\r",
        b"word 1 2 3\r4",
        b"word\xff 1 2 3 4",
        "слово\xa0\u2028 1 2 3 4".encode(),
        *(f"word 1 {odd} 3 4".encode() for odd in ("True", "nan", "inf", "1_000", "0x1p3", "1,5")),
        *(f"word 1 {odd} 3 4".encode() for odd in ('"1"', "1\x0b", "1\x00", "1e400", "1e-400")),
        *(f"word 1 {odd} 3 4".encode() for odd in ("\x1c1", "NA", "null", "1d5", "#", "١")),
    ],
)
def test_lines_out_of_the_ordinary(line):
    lines = with_line(line)
    assert outcome(split_rows, "f.vec", lines, 4) == outcome(by_line, lines)


@given(st.text("0159+-.eE", max_size=8), st.integers(0, N - 1))
def test_what_looks_like_a_number(token, at):
    lines = with_line(f"word 1 {token} 3 4".encode(), at)
    assert outcome(split_rows, "f.vec", lines, 4) == outcome(by_line, lines)


def test_a_whole_column_of_words_is_no_column_of_numbers():
    """Where all values of a column are True, pandas makes it 1.0."""
    lines = [(i, b"word%d 1 True 3 4" % i) for i in range(N)]
    with pytest.raises(ValueError, match=r"f.vec, line 0: 'True' is not a number"):
        list(split_rows("f.vec", lines, 4))


def test_error_far_into_a_file_names_its_line(tmp_path):
    path = tmp_path / "long.vec"
    path.write_bytes(b"\n".join([b"5000 4", *(b"w%d 1 2 3 4" % i for i in range(5000))]))
    text = path.read_bytes().replace(b"w4321 1 2", b"w4321 1 z")
    path.write_bytes(text)
    with pytest.raises(ValueError, match=r"long.vec, line 4323: 'z' is not a number"):
        read_vectors(path)
    assert read_vectors(path, max_words=4321).n_words == 4321


def test_the_first_error_is_the_one_reported(tmp_path):
    path = tmp_path / "two.vec"
    lines = [b"w%d 1 2" % i for i in range(200)]
    lines[150], lines[170] = b"w150 1e99 2", b"w170 x 2"
    path.write_bytes(b"\n".join(lines))
    with pytest.raises(ValueError, match=r"line 151: value 1 of 2 is not finite in float32"):
        read_vectors(path)


def test_repeats_within_and_across_blocks(tmp_path):
    path = tmp_path / "repeats.vec"
    path.write_bytes(b"".join(b"w%d %d 0\n" % (i % 700, i) for i in range(1000)))
    with pytest.warns(UserWarning, match="300 words repeat .* 'w0' on line 701"):
        space = read_vectors(path, max_words=800)
    np.testing.assert_array_equal(space.vectors[:, 0], np.arange(700))
