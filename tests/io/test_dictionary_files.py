"""Dictionary files: what is read back is what was written, or the error says where."""

from __future__ import annotations

import gzip
import re

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sklearn_instamap.io import read_dictionary, write_dictionary


def write(folder, text):
    path = folder / "en-de.tsv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def pairs_of(frame):
    return list(frame.itertuples(index=False, name=None))


def refuses(path, line, said):
    where = f"{path}, line {line}: " if line else f"{path}: "
    return pytest.raises(ValueError, match="^" + re.escape(where) + ".*" + said + ".*[.]$")


blanks = " \t\n\r\x0b\x0c"
entry = st.text(
    st.characters(exclude_characters="\t\n\r\ufeff", exclude_categories=("Cs",)), min_size=1
).filter(lambda word: word == word.strip(blanks))


@settings(max_examples=150)
@given(pairs=st.lists(st.tuples(entry, entry), min_size=1, max_size=5))
def test_reads_back_exactly(tmp_path_factory, pairs):
    path = tmp_path_factory.mktemp("dictionary") / "pairs.tsv"
    write_dictionary(path, pairs)
    assert pairs_of(read_dictionary(path, lowercase=False, duplicates="keep")) == pairs


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("house\tHaus\nhouse\tGebäude\n", id="tab"),
        pytest.param("house Haus\nhouse  Gebäude\n", id="blanks"),
        pytest.param("\ufeffhouse\tHaus\r\n\r\nhouse\tGebäude", id="Windows"),
        pytest.param("\n \nhouse\t Haus \nhouse \tGebäude\n\n", id="blank lines, stray blanks"),
        pytest.param(gzip.compress("house\tHaus\nhouse\tGebäude".encode()), id="gzip"),
    ],
)
def test_layouts(tmp_path, text):
    frame = read_dictionary(write(tmp_path, text))
    expected = pd.DataFrame({"source": ["house", "house"], "target": ["haus", "gebäude"]})
    pd.testing.assert_frame_equal(frame, expected, check_dtype=False)


def test_lowercase_is_an_option(tmp_path):
    path = write(tmp_path, "Turkey\tTürkei\nturkey\tTruthahn\n")
    cased = read_dictionary(path, lowercase=False)
    assert pairs_of(cased) == [("Turkey", "Türkei"), ("turkey", "Truthahn")]


def test_entries_of_several_words(tmp_path):
    path = write(tmp_path, "New York\tNeu York\na\xa0b\tc\u2028d\n")
    expected = [("new york", "neu york"), ("a\xa0b", "c\u2028d")]
    assert pairs_of(read_dictionary(path)) == expected


@pytest.mark.parametrize("sep", [",", "|||", " ", "\t"])
def test_separators(tmp_path, sep):
    path = write(tmp_path, f"a{sep}b\nc{sep}d\n")
    assert pairs_of(read_dictionary(path, sep=sep)) == [("a", "b"), ("c", "d")]


def test_words_which_pandas_would_take_for_missing(tmp_path):
    path = write(tmp_path, "nan\tnull\nNA\tN/A\n")
    assert pairs_of(read_dictionary(path)) == [("nan", "null"), ("na", "n/a")]


REPEATED = "The\tDie\nthe\tdie\nthe\tder\nTHE\tDIE\n"


def test_repeated_pairs_are_reported_and_dropped(tmp_path):
    path = write(tmp_path, REPEATED)
    with pytest.warns(UserWarning, match="2 pairs repeat earlier ones") as caught:
        frame = read_dictionary(path)
    assert pairs_of(frame) == [("the", "die"), ("the", "der")]
    assert str(caught[0].message) == (
        f"{path}: 2 pairs repeat earlier ones after lower-casing (first: 'the' 'die' on line 2); "
        "the first of each is kept."
    )
    assert caught[0].filename == __file__


def test_repeated_pairs_dropped_in_silence_or_kept(tmp_path):
    path = write(tmp_path, REPEATED)
    the_die = ("the", "die")
    assert pairs_of(read_dictionary(path, duplicates="drop")) == [the_die, ("the", "der")]
    kept = [the_die, the_die, ("the", "der"), the_die]
    assert pairs_of(read_dictionary(path, duplicates="keep")) == kept
    with pytest.raises(ValueError, match="duplicates must be 'warn', 'drop' or 'keep', got True"):
        read_dictionary(path, duplicates=True)


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("", None, "the file has no pairs"),
        ("\n\n", None, "the file has no pairs"),
        ("a\tb\nc d\n", 2, r"'c d' has 1 column separated by '\\t' instead of 2"),
        ("a\tb\nc\td\te\n", 2, r"'c\\td\\te' has 3 columns separated by '\\t' instead of 2"),
        ("a b\nNew York Neu York\n", 2, "has 4 columns separated by blanks .* need a tab between"),
        ("a b\n\nc\n", 3, "'c' has 1 column separated by blanks instead of 2"),
        ("a\tb\n\td\n", 2, "the source word is empty"),
        ("a\tb\nc\t \n", 2, "the target word is empty"),
        (b"a\tb\nc\t\xfc\n", 2, "is not valid UTF-8 [(]byte 0xfc[)]"),
    ],
)
def test_bad_files_say_where_and_what(tmp_path, text, line, said):
    path = write(tmp_path, text)
    with refuses(path, line, said):
        read_dictionary(path)


def test_missing_file_and_empty_separator(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"no[.]tsv: there is no such file"):
        read_dictionary(tmp_path / "no.tsv")
    with pytest.raises(ValueError, match="sep must not be empty"):
        read_dictionary(write(tmp_path, "a\tb\n"), sep="")


@pytest.mark.parametrize(
    ("pair", "sep"),
    [
        (("a\tx", "b"), "\t"),
        (("a", "b\n"), "\t"),
        (("a", "b\r"), "\t"),
        (("a", " b"), "\t"),
        (("a,x", "b"), ","),
        (("a", "b\ud800"), "\t"),
    ],
)
def test_pairs_that_cannot_be_written(tmp_path, pair, sep):
    path = tmp_path / "pairs.tsv"
    path.write_text("what was there before")
    with refuses(path, None, "pair 1, .* cannot be read back"):
        write_dictionary(path, [("x", "y"), pair], sep=sep)
    assert path.read_text() == "what was there before"
    assert list(tmp_path.iterdir()) == [path]


def test_first_word_that_looks_like_a_byte_order_mark(tmp_path):
    with refuses(tmp_path / "pairs.tsv", None, "pair 0, .* cannot be read back"):
        write_dictionary(tmp_path / "pairs.tsv", [("\ufeffa", "b")])


@pytest.mark.parametrize("sep", ["", "\n"])
def test_separators_that_separate_nothing(tmp_path, sep):
    with pytest.raises(ValueError, match="sep must be a text without line ends"):
        write_dictionary(tmp_path / "pairs.tsv", [("a", "b")], sep=sep)


def test_dictionaries_of_the_paper(shared_dir):
    with pytest.warns(UserWarning, match="196 pairs repeat earlier ones after lower-casing"):
        frame = read_dictionary(shared_dir / "data/xling/yacle.train.freq.5k.tr-ru.tsv")
    assert len(frame) == 4804
    path = shared_dir / "data/xling/yacle.train.freq.5k.de-tr.tsv"
    assert len(read_dictionary(path, duplicates="keep")) == 5000
    assert len(read_dictionary(path, duplicates="drop")) == 4799
