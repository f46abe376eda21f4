"""Lines that are not rows: refused with their number, left out if so wished, never half a word."""

from __future__ import annotations

import gzip
import re

import numpy as np
import pytest

from sklearn_instamap.io import _opening, read_vectors

GOOD = ["the 0.1 0.2 0.3", "dog 0.4 0.5 0.6", "cow 0.7 0.8 0.9"]


def write(folder, lines, *, header=None, name="space.vec", end="\n"):
    path = folder / name
    rows = [] if header is None else [f"{header} 3"]
    path.write_bytes(end.join([*rows, *lines, ""]).encode())
    return path


def refuses(path, line, said):
    where = f"{path}, line {line}: "
    return pytest.raises(ValueError, match="^" + re.escape(where) + ".*" + said + ".*[.]$")


@pytest.mark.parametrize("n_more", [0, 100])
@pytest.mark.parametrize("has_header", [False, True])
@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("cat 0.1 0.2 0.3 dog 0.1 0.2 0.3", "has values inside its word, 'cat 0.1 0.2 0.3 dog'"),
        ("cat 0.1 0.2 0.3 0.1 0.2 0.3", "has 6 values instead of 3"),
        ("cat 0.1 0.2 dog 0.1 0.2 0.3", "has values inside its word"),
        ("cat 0.1 0.2 0.3 0.4", "has 4 values instead of 3"),
        ("cat 0.1 0.2\rdog 0.1 0.2 0.3", "has a carriage return within it"),
        ("cat\r 0.1 0.2 0.3", "has a carriage return within it"),
        ("2024-05-01 12:00:01 epoch 0.1 0.2 0.3", "looks like the message of a program"),
        ("[INFO] saved 0.1 0.2 0.3", "looks like the message of a program"),
        ("ERROR: retry 1 2 3", "looks like the message of a program"),
        ("epoch 1 of 2: 0.1 0.2 0.3", "looks like the message of a program"),
        ("step 7 of 9 lr: 0.1 0.2 0.3", "looks like the message of a program"),
        ("50%|### | 5/10 [3.1it/s] 0.1 0.2 0.3", "looks like the message of a program"),
        ("a.py:3: UserWarning: odd 0.1 0.2 0.3", "looks like the message of a program"),
        ("Traceback (most recent call last): 1 2 3", "looks like the message of a program"),
        ("[W 12:00] slow 0.1 0.2 0.3", "looks like the message of a program"),
        ("cat 0.1 0.2", "has 2 values instead of 3; the line is damaged"),
        ("cat 0.1 0.2 None", "'None' is not a number"),
        ("cat 0.1 0x1A 0.3", "'0x1A' is not a number"),
        ("cat 1_000 0.2 0.3", "'1_000' is not a number"),
        ("cat 0,1 0,2 0,3", "'0,1' is not a number .*separated by commas|'0,1' is not a number"),
        ("cat nan 0.2 0.3", "value 1 of 3 is not finite"),
        ("x" * 10_001 + " 0.1 0.2 0.3", "has a word of 10,001 bytes"),
    ],
)
def test_damaged_lines(tmp_path, line, said, has_header, n_more):
    lines = [*GOOD, line, *(f"w{row} 1.5 2.5 3.5" for row in range(n_more))]
    path = write(tmp_path, lines, header=len(lines) if has_header else None)
    number = 4 + has_header
    with refuses(path, number, said):
        read_vectors(path)
    with pytest.raises(
        ValueError, match=r"or pass on_bad_lines='skip' to leave such lines out[.]$"
    ):
        read_vectors(path)
    space = read_vectors(path, on_bad_lines="skip")
    assert space.words[:3] == ("the", "dog", "cow")
    assert space.n_words == 3 + n_more
    with pytest.warns(UserWarning, match=rf"1 line is damaged and left out \(line {number}\); "):
        read_vectors(path, on_bad_lines="warn")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("the 0.1 0x1A 0.3", "'0x1A' is not a number"),
        ("the 0.1 1_000 0.3", "'1_000' is not a number"),
        ("the 0.1 None 0.3", "'None' is not a number"),
        ("the None 0.2 0.3", "'None' is not a number"),
        ("the 0.1 0.2 NULL", "'NULL' is not a number|is not a word followed by numbers"),
        ("the 0.1 1,5 0.3", "'1,5' is not a number"),
        ("windows 10 0.1 0.2 0.3", "has 4 values instead of 3"),
        ("the 0.1 0.2", "has 2 values instead of 3"),
    ],
)
@pytest.mark.parametrize("n_more", [2, 100])
def test_the_first_line_without_a_header_is_blamed_itself(tmp_path, line, said, n_more):
    lines = [line, *(f"w{row} 1.5 2.5 3.5" for row in range(n_more))]
    path = write(tmp_path, lines)
    with refuses(path, 1, said):
        read_vectors(path)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("the 0.1 0x1A 0.3", "'0x1A' is not a number"),
        ("the 0.1 1_000 0.3", "'1_000' is not a number"),
        ("the 0.1 None 0.3", "'None' is not a number"),
        ("the None 0.2 0.3", "'None' is not a number"),
        ("the 0.1 0.2 None", "is not a word followed by numbers"),
    ],
)
def test_the_only_line_without_a_header(tmp_path, line, said):
    with refuses(write(tmp_path, [line]), 1, said):
        read_vectors(tmp_path / "space.vec")


def test_the_line_that_differs_is_blamed_wherever_it_is(tmp_path):
    for place in range(4):
        lines = [*GOOD[:place], "area 51 0.1 0.2 0.3", *GOOD[place:]]
        with refuses(write(tmp_path, lines), place + 1, "has 4 values instead of 3"):
            read_vectors(tmp_path / "space.vec")


@pytest.mark.parametrize(
    ("line", "word"),
    [
        ("windows 10 0.1 0.2 0.3", "windows 10"),
        ("area 51 2001 0.11 0.12 0.13", "area 51 2001"),
        ("windows 3.1 0.123456 0.223456 0.323456", "windows 3.1"),
        ("10 20 30 men 0.1 0.2 0.3", None),
        ("\t 0.1 0.2 0.3", "\t"),
        ("\x0c 0.1 0.2 0.3", "\x0c"),
        ("  0.1 0.2 0.3", " "),
        (" \t 0.1 0.2 0.3", " \t"),
        ("10 0.1 0.2 0.3", "10"),
        ("0x1A 0.1 0.2 0.3", "0x1A"),
        ("the None 0.1 0.2 0.3", "the None"),
        ("\xa0 0.1 0.2 0.3", "\xa0"),
        ("a\x85b \u2028 0.1 0.2 0.3", "a\x85b \u2028"),
    ],
)
def test_the_header_decides(tmp_path, line, word):
    path = write(tmp_path, [*GOOD, line], header=4)
    if word is None:
        with refuses(path, 5, "values inside its word"):
            read_vectors(path)
        return
    space = read_vectors(path)
    assert space.words == ("the", "dog", "cow", word)
    assert space.vectors.shape == (4, 3)


def test_an_odd_line_without_a_header_has_a_way_out(tmp_path):
    for line in ("\t 0.1 0.2 0.3", "  0.1 0.2 0.3", "\x0c 0.1 0.2 0.3"):
        path = write(tmp_path, [*GOOD, line])
        with refuses(path, 4, "has no word before its 3 values.* pass on_bad_lines='skip'"):
            read_vectors(path)
        assert read_vectors(path, on_bad_lines="skip").words == ("the", "dog", "cow")


@pytest.mark.parametrize("header", [None, 3])
@pytest.mark.parametrize("first", [0, 1])
@pytest.mark.parametrize("sep", [" ", "\t"])
def test_row_numbers_in_front(tmp_path, header, first, sep):
    lines = [f"{row}{sep}{line}" for row, line in enumerate(GOOD, start=first)]
    path = write(tmp_path, lines, header=header)
    with refuses(path, 1 if header is None else 2, "begins with the number of the row"):
        read_vectors(path)


@pytest.mark.parametrize("number", ["{}.", "{}:", "{})", "{}"])
def test_other_row_numbers_in_front(tmp_path, number):
    lines = [f"{number.format(row)} {line}" for row, line in enumerate([*GOOD, *GOOD], start=17)]
    with refuses(write(tmp_path, lines), 1, "begins with the number of the row"):
        read_vectors(write(tmp_path, lines))


def test_columns_that_are_no_values(tmp_path):
    values = " ".join(["0.5"] * 9)
    rows = [f"w{row} {values}" for row in range(9)]
    for first in (0, 1):
        names = " ".join(map(str, range(first, first + 9)))
        path = write(tmp_path, [f"word {names}", *rows])
        with refuses(path, 1, "holds the numbers of the columns, as pandas writes them"):
            read_vectors(path)
    path = write(tmp_path, [f"w{row} {1000 // (row + 1)} {values}" for row in range(9)])
    with refuses(path, 1, "has the count of the word before its values"):
        read_vectors(path)
    # Whole numbers may be values, and a table of few columns an example.
    assert read_vectors(write(tmp_path, ["a 0 1 2", "b 3 4 5"])).words == ("a", "b")
    for row in (f"w {values} 7", f"w 9 {values}"):
        rows = [row, f"a{row}5", f"b{row}5"]
        assert read_vectors(write(tmp_path, rows)).n_features == 10


def test_the_right_line_is_blamed_without_a_header(tmp_path):
    """Of two lines the one that is a word and numbers, and nothing else, is the sound one."""
    for token in ("10%", "tensor(0.1)", "True", "\u2212.1", "1.5d0"):
        path = write(tmp_path, [f"cat {token} 0.2 0.3", GOOD[0]])
        with refuses(path, 1, "is not a number; expected a word and 3 values"):
            read_vectors(path)
        assert read_vectors(path, on_bad_lines="skip").words == ("the",)
    path = write(tmp_path, ["\t0.1\t0.2\t0.3", GOOD[0]])
    with refuses(path, 1, "has no word before its 3 values"):
        read_vectors(path)
    with refuses(write(tmp_path, [GOOD[0], "a\tb 0.1 0.2 0.3"]), 2, "has a tab inside its word"):
        read_vectors(path)


def test_words_that_may_be_messages_are_named(tmp_path):
    path = write(tmp_path, [*GOOD, "Loading words: done 0.1 0.2 0.3", "rate=x of 0.1 0.2 0.3"])
    with pytest.warns(UserWarning, match=r"line 4: 'Loading words: done' is read as a word; .*2 s"):
        assert read_vectors(path).n_words == 5
    assert read_vectors(path, on_bad_lines="skip").n_words == 5
    odd = [". . .", "at name@domain.com", "Star Wars", ":)", ": :", "New York: a novel"]
    phrases = write(tmp_path, [f"{word} {row} 0.2 0.3" for row, word in enumerate(odd[:-1])])
    assert read_vectors(phrases).words == tuple(odd[:-1])
    # A header says how many words there are.
    path = write(tmp_path, [f"{word} 0.1 0.2 0.3" for word in odd], header=len(odd))
    assert read_vectors(path).words == tuple(odd)


def test_words_that_count_are_no_row_numbers(tmp_path):
    path = write(tmp_path, [f"{row} 0.5 1.5 2.5" for row in range(5)])
    assert read_vectors(path).words == ("0", "1", "2", "3", "4")


@pytest.mark.parametrize("header", [None, 3])
def test_line_ends_of_old_macs(tmp_path, header):
    path = write(tmp_path, GOOD, header=header, end="\r")
    with pytest.raises(ValueError, match=r"line 1: .*(carriage return|not a header|line ends)"):
        read_vectors(path)
    assert read_vectors(write(tmp_path, GOOD, header=3, end="\r\r\n")).n_words == 3


def test_left_out_lines_are_counted_and_named(tmp_path):
    lines = [line for row in range(9) for line in (f"w{row} 1 2 3", f"bad{row} 1 2")]
    path = write(tmp_path, lines, header=len(lines))
    with pytest.warns(UserWarning, match="left out") as caught:
        space = read_vectors(path, on_bad_lines="warn")
    assert space.n_words == 9
    assert str(caught[0].message) == (
        f"{path}: 9 lines are damaged and left out (lines 3, 5, 7, 9, 11, …); the first has 2 "
        "values instead of 3; the line is damaged: correct it."
    )
    assert caught[0].filename == __file__
    with pytest.raises(
        ValueError, match=r"'on_bad_lines' parameter must be 'error', 'warn' or 'skip'[.] Got 1"
    ):
        read_vectors(path, on_bad_lines=1)
    all_bad = write(tmp_path, ["a 1 2 x", "b 1 y 3"], header=2)
    with pytest.raises(ValueError, match="has no line that can be read"):
        read_vectors(all_bad, on_bad_lines="skip")


def test_values_separated_by_commas(tmp_path):
    for text in ("word,a,b\nthe,1,2\n", "the,1,2\ncat,3,4\n"):
        path = tmp_path / "space.csv"
        path.write_text(text)
        with refuses(path, 1, r"keep_default_na=False\) and pass the DataFrame\)"):
            read_vectors(path)


def test_values_separated_otherwise(tmp_path):
    path = write(tmp_path, ["the;1;2", "cat;3;4"])
    with refuses(path, 1, r"pandas.read_csv\(..., sep=';', index_col=0"):
        read_vectors(path)
    path = write(tmp_path, ["the 0,1 0,2", "cat 0,3 0,4"])
    with refuses(path, 1, "have decimal commas: write points"):
        read_vectors(path)


def test_undecodable_words_are_bad_lines_too(tmp_path):
    path = tmp_path / "space.vec"
    path.write_bytes(b"a 1.0\n\xff 2.0\n\xffb 3.0\n")
    assert read_vectors(path, on_bad_lines="skip").words == ("a",)
    assert read_vectors(path, encoding_errors="replace").words == ("a", "\ufffd", "\ufffdb")
    with refuses(path, 2, "has no word, or nothing of it is valid UTF-8"):
        read_vectors(path, encoding_errors="ignore")
    for unknown in ("bogus", None, "xmlcharrefreplace", 3):
        with pytest.raises(
            ValueError, match="'encoding_errors' parameter must be 'strict', 'replace'"
        ):
            read_vectors(path, encoding_errors=unknown)


def test_text_that_would_cost_too_much(tmp_path, monkeypatch):
    path = tmp_path / "long.vec.gz"
    path.write_bytes(gzip.compress(b"2 3\nthe " + b"1" * (5 << 20)))
    with refuses(path, 2, "is longer than 4,194,304 bytes"):
        read_vectors(path, max_words=1)
    path.write_bytes(gzip.compress(b"\n" * (1 << 20)))
    with refuses(path, 1, "more than 1000 blank lines follow each other"):
        read_vectors(path)
    path.write_bytes(gzip.compress(b"the 1 2\n" + b" \t \n" * 2000 + b"cat 1 2\n"))
    with refuses(path, 2, "more than 1000 blank lines"):
        read_vectors(path)
    monkeypatch.setattr(_opening, "_ALWAYS_ALLOWED_TEXT", 1 << 18)
    path.write_bytes(gzip.compress(b"the 1 2\n" * (1 << 17), 9))
    with pytest.raises(ValueError, match=r"long.vec.gz: expands to more than 200 times its size"):
        read_vectors(path)


def test_what_is_no_number_takes_linear_time(tmp_path):
    # Quadratic time would be a matter of hours.
    path = write(tmp_path, ["a 1.5", "a " + "1" * 3_000_000 + "x"])
    with refuses(path, 2, "'1{39}…' is not a number"):
        read_vectors(path)
    path = write(tmp_path, ["a " + "1" * 3_000_000 + "x"])
    with refuses(path, 1, "is not a word followed by numbers"):
        read_vectors(path)


def test_a_header_that_promises_too_much_takes_no_memory(tmp_path):
    path = write(tmp_path, ["the 0.1 0.2 0.3"], header=10**12)
    with pytest.raises(ValueError, match="ends after 1 of the 1000000000000 words"):
        read_vectors(path)
    assert read_vectors(path, max_words=1).n_words == 1


def test_vectors_are_what_the_good_lines_say(tmp_path):
    lines = [f"w{row} {row}.5 0 -{row}e-3" for row in range(200)]
    lines[77] = "bad"
    space = read_vectors(write(tmp_path, lines), on_bad_lines="skip")
    kept = np.array([[row + 0.5, 0, -row * 1e-3] for row in range(200) if row != 77], np.float32)
    np.testing.assert_array_equal(space.vectors, kept)
