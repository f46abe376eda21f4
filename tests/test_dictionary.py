"""Dictionaries in any form become a DataFrame of two columns, or one clear sentence."""

import numpy as np
import pandas as pd
import pytest

from sklearn_instamap._dictionary import dictionary_frame

PAIRS = [("dog", "Hund"), ("dog", "Köter"), ("nan", "null")]


@pytest.mark.parametrize(
    "dictionary",
    [
        PAIRS,
        iter(PAIRS),
        [list(pair) for pair in PAIRS],
        np.array(PAIRS),
        pd.DataFrame(PAIRS, columns=["source", "target"]),
        pd.DataFrame([(t, 1, s) for s, t in PAIRS], columns=["target", "weight", "source"]),
    ],
)
def test_every_form(dictionary):
    frame = dictionary_frame(dictionary)
    assert frame.columns.tolist() == ["source", "target"]
    assert list(frame.itertuples(index=False, name=None)) == PAIRS


def test_nothing_is_an_empty_dictionary():
    assert dictionary_frame([]).shape == (0, 2)


@pytest.mark.parametrize(
    ("dictionary", "message"),
    [
        ([("a", "b"), "ab"], "train must hold pairs .* entry 1 is 'ab'"),
        ([3], "entry 0 is 3"),
        ([("a", "b", "c")], r"entry 0 is \('a', 'b', 'c'\)"),
        (pd.DataFrame({"source": ["a"]}), "train has no column 'target'; name its columns"),
        (pd.DataFrame({"a": ["a"]}), "no column 'source' and no column 'target'"),
        (
            pd.DataFrame({"source": ["a", None], "target": ["b", "c"]}, index=[7, 8]),
            "train has no word in row 1; pandas.read_csv takes words such as 'nan'",
        ),
    ],
)
def test_errors_say_what_is_wrong(dictionary, message):
    with pytest.raises(ValueError, match=message):
        dictionary_frame(dictionary, "train")


@pytest.mark.parametrize(("dictionary", "kind"), [(3, "int"), (None, "NoneType"), ("d.tsv", "str")])
def test_what_is_no_dictionary(dictionary, kind):
    with pytest.raises(TypeError, match=f"train must be a DataFrame or pairs of words, got {kind}"):
        dictionary_frame(dictionary, "train")


@pytest.mark.parametrize(
    ("pair", "error", "message"),
    [
        (("a", None), ValueError, "has no word in row 1; .* keep_default_na=False"),
        (("a", float("nan")), ValueError, "has no word in row 1"),
        ((pd.NA, "b"), ValueError, "has no word in row 1"),
        (("", "b"), ValueError, "has an empty source word in row 1"),
        ((b"a", "b"), TypeError, "has b'a' in row 1, of type bytes .* decode it"),
        ((1990, "b"), TypeError, "has 1990 in row 1, of type int"),
        ((("a", "b"), "c"), TypeError, ".* of type tuple"),
    ],
)
@pytest.mark.parametrize("as_frame", [False, True])
def test_every_entry_is_a_word(pair, error, message, as_frame):
    pairs = [("x", "y"), pair]
    given = pd.DataFrame(pairs, columns=["source", "target"], dtype=object) if as_frame else pairs
    with pytest.raises(error, match=f"^train {message}"):
        dictionary_frame(given, "train")


def test_a_set_has_no_order_and_is_no_pair():
    with pytest.raises(ValueError, match="entry 0 is"):
        dictionary_frame([{"a", "b"}])
