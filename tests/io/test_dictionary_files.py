"""Dictionary files: what is read back is what was written, or the error says where."""

from __future__ import annotations

import gzip
import re

import numpy as np
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
    found = read_dictionary(path, lowercase=False, duplicates="keep", unicode_normalization=None)
    assert pairs_of(found) == pairs


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
    with pytest.raises(
        ValueError, match=r"'duplicates' parameter must be 'warn', 'drop' or 'keep'[.] Got True"
    ):
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
    with pytest.raises(ValueError, match="'sep' parameter must be a text"):
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


def test_words_too_long_to_be_read_back(tmp_path):
    with pytest.raises(ValueError, match=r"pair 0, .*too many bytes"):
        write_dictionary(tmp_path / "a.tsv", [("x" * 10_001, "y")])
    with pytest.raises(ValueError, match="'sep' parameter must be a text without line ends"):
        write_dictionary(tmp_path / "a.tsv", [("x", "y")], sep=5)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("sep", ["", "\n"])
def test_separators_that_separate_nothing(tmp_path, sep):
    with pytest.raises(ValueError, match="'sep' parameter must be a text without line ends"):
        write_dictionary(tmp_path / "pairs.tsv", [("a", "b")], sep=sep)


def test_dictionaries_of_the_paper(shared_dir):
    with pytest.warns(UserWarning, match="196 pairs repeat earlier ones after lower-casing"):
        frame = read_dictionary(shared_dir / "data/xling/yacle.train.freq.5k.tr-ru.tsv")
    assert len(frame) == 4804
    path = shared_dir / "data/xling/yacle.train.freq.5k.de-tr.tsv"
    assert len(read_dictionary(path, duplicates="keep")) == 5000
    assert len(read_dictionary(path, duplicates="drop")) == 4799


PAIRS = [("house", "haus"), ("new york", "neu york")]


@pytest.mark.parametrize(
    ("text", "options"),
    [
        pytest.param("house\tHaus\t0.8\nNew York\tNeu York\t.2\n", {"columns": (0, 1)}, id="p"),
        pytest.param("0.8\tHaus\thouse\n1\tNeu York\tNew York\n", {"columns": (2, 1)}, id="order"),
        pytest.param("house\tHaus\t\nNew York\tNeu York\t\t\n", {}, id="tabs at the end"),
        pytest.param(
            "house ||| Haus ||| 0.8 0.1 ||| 0-0 ||| 5 5 5\nNew York ||| Neu York ||| 1 1 ||| 0-0\n",
            {},
            id="phrase table",
        ),
        pytest.param("house ||| Haus\nNew York ||| Neu York\n", {}, id="bars"),
        pytest.param("house,Haus\nNew York,Neu York\n", {}, id="CSV"),
        pytest.param('"house","Haus"\n"New York","Neu York"\n', {}, id="CSV with quotes"),
        pytest.param('house,"Haus"\n"New York","Neu York"\n', {}, id="CSV with some quotes"),
        pytest.param("house, Haus\nNew York, Neu York\n", {}, id="CSV with blanks"),
        pytest.param("house;Haus\nNew York;Neu York\n", {}, id="semicolons"),
        pytest.param("house|||Haus|||1\nNew York|||Neu York|||1\n", {}, id="bars alone"),
        pytest.param("English\tGerman\nhouse\tHaus\nNew York\tNeu York\n", {}, id="languages"),
        pytest.param("Word,Translation\nhouse,Haus\nNew York,Neu York\n", {}, id="translation"),
        pytest.param("house: Haus\nNew York: Neu York\n", {}, id="colons of a list"),
        pytest.param("house -> Haus\nNew York -> Neu York\n", {"sep": "->"}, id="arrows"),
        pytest.param(
            "| house | Haus |\n| New York | Neu York |\n",
            {"sep": "|", "columns": (1, 2)},
            id="Markdown",
        ),
        pytest.param("house : Haus\nNew York : Neu York\n", {"sep": ":"}, id="colons"),
        pytest.param(
            "# made by hand\nhouse\tHaus\n # more\nNew York\tNeu York\n",
            {"comment": "#"},
            id="comments",
        ),
        pytest.param("source\ttarget\nhouse\tHaus\nNew York\tNeu York\n", {}, id="header"),
        pytest.param("#Source,Target\nhouse,Haus\nNew York,Neu York\n", {}, id="header of CSV"),
        pytest.param(
            "tgt\tsrc\tscore\nHaus\thouse\t1\nNeu York\tNew York\t1\n", {}, id="header, order"
        ),
        pytest.param(
            "id,Deutsch,English\n1,Haus,house\n2,Neu York,New York\n",
            {"columns": ("english", "deutsch")},
            id="names of columns",
        ),
        pytest.param(
            "en\tde\nhouse\tHaus\nNew York\tNeu York\n", {"header": True}, id="header told"
        ),
        pytest.param(
            "en\tde\nhouse\tHaus\nNew York\tNeu York\n", {"header": np.True_}, id="header of NumPy"
        ),
    ],
)
def test_other_layouts(tmp_path, text, options):
    assert pairs_of(read_dictionary(write(tmp_path, text), **options)) == PAIRS


def test_the_suffix_csv_says_so(tmp_path):
    path = tmp_path / "pairs.csv"
    path.write_text("as, like,wie\n", encoding="utf-8")
    with pytest.raises(ValueError, match="has 3 columns separated by ','"):
        read_dictionary(path)
    path.write_text('"as, like",wie\n"say ""so""",sag es\n', encoding="utf-8")
    assert pairs_of(read_dictionary(path)) == [("as, like", "wie"), ('say "so"', "sag es")]


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("house\tHaus\t0.8\n", 1, r"if the first two are the words, pass columns=\(0, 1\)"),
        ("house Haus 0.8\n", 1, r"3 columns separated by blanks .* pass columns=\(0, 1\)"),
        ("house\tHaus\tnoun\n", 1, r"name those of the words, such as columns=\(0, 1\)"),
        ("house\tHaus\ngarden\n", 2, "1 column separated by .* add the translation, or remove"),
        ("house Haus\ngarden\n", 2, "1 column separated by blanks .* add the translation"),
        ("house|Haus\n", 1, "if '|' separates them, pass sep='|'"),
        ("0.8\thouse\tHaus\n", 1, r"if 1 and 2, .* are the words, pass columns=\(1, 2\)"),
        ("12 house Haus\n", 1, r"pass columns=\(1, 2\)"),
        ("house\t\tHaus\n", 1, r"pass columns=\(0, 2\)"),
        ("\thouse\tHaus\n", 1, r"pass columns=\(1, 2\)"),
        ("house Haus 0,9\n", 1, r"pass columns=\(0, 1\)"),
        ("house -> Haus\n", 1, "if '->' separates them, pass sep='->'"),
        ("house => Haus\n", 1, "if '=>' separates them, pass sep='=>'"),
        ("| house | Haus |\n", 1, r"pass sep='\|' and columns=\(1, 2\)"),
        ("New York,Neu York\n", 1, "if ',' separates them, pass sep=','"),
        ("house\xa0Haus\n", 1, r"if '\\xa0' separates them, pass sep='\\xa0'"),
        ("// my own words\nhouse Haus\n", 1, "if it is a comment, pass comment='//'"),
        ("house\tHaus\rdog\n", 1, "has a carriage return within it"),
        ("house\tHaus\rcat\tKatze\r\n", 1, "has a carriage return within it"),
        ("house Haus\na,b\n", 2, "if ',' separates them, pass sep=','"),
        ("house Haus\ncat\tKatze\tx\n", 2, "3 columns separated by blanks"),
        ("# comment\nhouse Haus\n", 1, "looks like a comment; pass comment='#'"),
        ("# two words\nhouse Haus\n", 1, "looks like a comment; pass comment='#'"),
        ("house\tHaus\n# comment\n", 2, "looks like a comment; pass comment='#'"),
        ('"a","b\n', 1, "is not a line of CSV"),
    ],
)
def test_the_advice_fits_the_line(tmp_path, text, line, said):
    path = write(tmp_path, text)
    with refuses(path, line, said):
        read_dictionary(path)
    with pytest.raises(ValueError, match="pass on_bad_lines='skip' to leave such lines out"):
        read_dictionary(path)


def test_hashtags_are_words(tmp_path):
    path = write(tmp_path, "# #\n#love #liebe\n")
    assert pairs_of(read_dictionary(path)) == [("#", "#"), ("#love", "#liebe")]
    path = write(tmp_path, "#\tNummer\n")
    assert pairs_of(read_dictionary(path)) == [("#", "nummer")]
    path = write(tmp_path, "# Nummer\n")
    assert pairs_of(read_dictionary(path, sep=" ")) == [("#", "nummer")]


def test_left_out_lines_are_counted_and_named(tmp_path):
    path = write(tmp_path, b"a\tb\nc\nd\te\tf\n\xff\tx\ng\th\n")
    expected = [("a", "b"), ("g", "h")]
    assert pairs_of(read_dictionary(path, on_bad_lines="skip")) == expected
    with pytest.warns(
        UserWarning, match=r"3 lines are damaged and left out \(lines 2, 3, 4\); the"
    ):
        assert pairs_of(read_dictionary(path, on_bad_lines="warn")) == expected
    with pytest.raises(ValueError, match="'on_bad_lines' parameter must be"):
        read_dictionary(path, on_bad_lines="ignore")
    with pytest.raises(ValueError, match="the file has no pairs"):
        read_dictionary(write(tmp_path, "a\nb\n"), on_bad_lines="skip")


def test_a_header_may_be_words_after_all(tmp_path):
    path = write(tmp_path, "source\ttarget\na\tb\n")
    pairs = read_dictionary(path, header=False)
    assert pairs_of(pairs) == [("source", "target"), ("a", "b")]
    with refuses(path, None, "pair 0, .* reads like names of columns"):
        write_dictionary(path, pairs)
    write_dictionary(path, pairs[::-1])
    assert pairs_of(read_dictionary(path)) == pairs_of(pairs[::-1])


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"columns": (0, 0)}, "'columns' parameter must be two different whole numbers"),
        ({"columns": (0,)}, "'columns' parameter must be two different"),
        ({"columns": (-1, 0)}, "'columns' parameter must be two different"),
        ({"columns": (True, 2)}, "'columns' parameter must be two different"),
        ({"columns": ("a", 1)}, "'columns' parameter must be two different"),
        ({"columns": "ab"}, "'columns' parameter must be two different"),
        ({"columns": (0, 5)}, "has 2 columns .* and no column 5 counted from 0"),
        ({"columns": ("x", "y")}, "the header does not have exactly one column 'x', but 'a', 'b'"),
        ({"columns": ("a", "b"), "header": False}, "are names, which need a header"),
        ({"comment": ""}, "'comment' parameter must be a text such as '#', or None"),
        ({"comment": 3}, "'comment' parameter must be a text"),
        ({"header": "maybe"}, "'header' parameter must be True, False or 'infer'"),
        ({"sep": 3}, "'sep' parameter must be a text without line ends, .* Got 3"),
        ({"encoding_errors": "bogus"}, "'encoding_errors' parameter must be"),
        ({"lowercase": "de"}, "'lowercase' parameter must be True, False, 'tr' or 'az'. Got 'de'"),
        (
            {"unicode_normalization": "nfc"},
            "'unicode_normalization' parameter must be 'NFC', 'NFD'",
        ),
    ],
)
def test_bad_options(tmp_path, options, said):
    with pytest.raises(ValueError, match=said):
        read_dictionary(write(tmp_path, "a\tb\nc\td\n"), **options)


def test_two_spellings_of_one_word_are_one(tmp_path):
    path = write(tmp_path, "cafe\u0301\tCaf\u00e9\ncaf\u00e9\tcafe\u0301\n")
    with pytest.warns(UserWarning, match="1 pair repeats an earlier one"):
        assert pairs_of(read_dictionary(path)) == [("caf\u00e9", "caf\u00e9")]
    left = read_dictionary(path, unicode_normalization=None)
    assert pairs_of(left) == [("cafe\u0301", "caf\u00e9"), ("caf\u00e9", "cafe\u0301")]
    path = write(tmp_path, "\uff21\uff22\tno\xa0break\n")
    assert pairs_of(read_dictionary(path, unicode_normalization="NFKC")) == [("ab", "no break")]


def test_casing_of_turkish(tmp_path):
    path = write(tmp_path, "\u0130stanbul\tI\u015eIK\nI\u0307\tx\n")
    expected = [("istanbul", "\u0131\u015f\u0131k"), ("i", "x")]
    assert pairs_of(read_dictionary(path, lowercase="tr")) == expected
    assert pairs_of(read_dictionary(path, lowercase="az")) == expected
    assert pairs_of(read_dictionary(path))[0] == ("i\u0307stanbul", "i\u015fik")
