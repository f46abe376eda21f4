"""Many lines at once: the same words, values and errors as line by line."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sklearn_instamap.io import _lines as lines_module
from sklearn_instamap.io import read_vectors
from sklearn_instamap.io._fields import split_row
from sklearn_instamap.io._lines import split_rows

N = 80
PLAIN = [f"word{i} {i / 7!r} -{i / 3:.3e} +.5 7".encode() for i in range(N)]


def by_line(lines, n_features=4, has_header=False):
    rows = []
    for number, line in lines:
        try:
            word, values = split_row("f.vec", number, line, n_features, has_header=has_header)
            rows.append((number, word, values))
        except ValueError as error:
            rows.append((number, str(error), None))
    return rows


def together(lines, n_features=4, has_header=False):
    return [
        (number, str(word), None)
        if isinstance(word, ValueError)
        else (number, word, [float(value) for value in values])
        for number, word, values in split_rows("f.vec", lines, n_features, has_header=has_header)
    ]


def with_line(line, at=50):
    lines = [*PLAIN[:at], line, *PLAIN[at + 1 :]]
    return list(enumerate(lines, start=1))


def test_plain_lines_are_read_together(monkeypatch):
    lines = list(enumerate(PLAIN, start=1))
    expected = by_line(lines)
    monkeypatch.setattr(lines_module, "split_row", None)
    assert together(lines) == expected


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
    for has_header in (False, True):
        # repr, because nan is not equal to itself.
        assert repr(together(lines, 4, has_header)) == repr(by_line(lines, 4, has_header))


ODD = [chr(code) for code in [*range(0x21), 0x22, 0x27, 0x2C, *range(0x7F, 0xA1), 0xAD]]
ODD += list("\u061c\u1680\u180e\u2000\u200b\u200d\u2028\u2029\u202e\u205f\u2060\u3000\ufeff\ufffe")


@pytest.mark.parametrize("odd", ODD, ids=[f"U+{ord(odd):04X}" for odd in ODD])
@pytest.mark.parametrize(
    "pattern", ["{}", "w{}", "{}w", "w{}x", "w{} ", " {}", "w {}x", "w 1 2 3 4{}", "w 1{} 2 3 4"]
)
def test_both_paths_agree_on_every_odd_character(tmp_path, odd, pattern):
    """Read in a file of few lines, and of many: the words and values, or the errors, are equal."""
    line = pattern.format(odd)
    line = (line if " 4" in line or "2 3" in line else f"{line} 1 2 3 4").encode()
    for has_header in (False, True):
        lines = with_line(line)
        found = together(lines, 4, has_header)
        assert found == by_line(lines, 4, has_header)
        assert found[50] == together([(51, line)], 4, has_header)[0]
        # Alone plain, with its neighbors read by pandas.
        if found[50][2] is not None:
            assert found[50][2] == [1, 2, 3, 4]


def test_a_tab_before_the_values_is_no_part_of_the_word(tmp_path):
    for n_lines in (63, 64, 500):
        path = tmp_path / "tabs.vec"
        path.write_text("".join(f"w{row}\t 1 2\n" for row in range(n_lines)))
        assert read_vectors(path).words == tuple(f"w{row}" for row in range(n_lines))


def test_a_nul_at_the_end_of_a_word_stays(tmp_path):
    for n_lines in (3, 100):
        path = tmp_path / "nul.vec"
        rows = ["the\0 1 2", "the 3 4", *(f"w{row} 5 6" for row in range(n_lines))]
        path.write_text("\n".join(rows))
        space = read_vectors(path)
        assert space.words[:2] == ("the\0", "the")


@given(st.text("0159+-.eE", max_size=8), st.integers(0, N - 1))
def test_what_looks_like_a_number(token, at):
    lines = with_line(f"word 1 {token} 3 4".encode(), at)
    for has_header in (False, True):
        # repr, because nan is not equal to itself.
        assert repr(together(lines, 4, has_header)) == repr(by_line(lines, 4, has_header))


def test_a_whole_column_of_words_is_no_column_of_numbers():
    """Where all values of a column are True, pandas makes it 1.0."""
    lines = [(i, b"word%d 1 True 3 4" % i) for i in range(N)]
    assert together(lines)[0][1].startswith("f.vec, line 0: 'True' is not a number")


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
