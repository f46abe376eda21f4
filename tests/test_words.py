"""One check of words for all doors: spaces, frames, dictionaries, and every function of them."""

from __future__ import annotations

import io

import numpy as np
import pandas as pd
import pytest

from sklearn_instamap import EmbeddingSpace
from sklearn_instamap._words import check_words, show_exactly, show_word
from sklearn_instamap.io import lookup_pairs, write_vectors
from sklearn_instamap.linear import identical_spelling_pairs
from sklearn_instamap.metrics import evaluate_bli, translate

NULL = "the 1 0\nnull 0 1\ncat 1 1\n"


def read_csv(text, **options):
    return pd.read_csv(io.StringIO(text), sep=" ", header=None, index_col=0, **options)


@pytest.mark.parametrize(
    ("words", "error", "message"),
    [
        ([b"cat", "dog"], TypeError, "has b'cat' in row 0, of type bytes and no word; decode it"),
        (["cat", 1990], TypeError, "has 1990 in row 1, of type int and no word"),
        (
            ["cat", None],
            ValueError,
            "has no word in row 1; pandas.read_csv .*keep_default_na=False",
        ),
        (["cat", np.nan], ValueError, "has no word in row 1; pandas.read_csv"),
        (["cat", ("New", "York")], TypeError, "of type tuple and no word; make"),
        (["cat", ""], ValueError, "has an empty word in row 1"),
        ("ab", TypeError, "must be a list of words, got one str, 'ab'"),
        (b"ab", TypeError, "must be a list of words, got one bytes"),
        (3, TypeError, "must be a list of words, got int"),
    ],
)
def test_a_space_takes_words_only(words, error, message):
    with pytest.raises(error, match=message):
        EmbeddingSpace(words, np.ones((2, 2)))


def test_texts_of_numpy_become_plain_ones():
    space = EmbeddingSpace(np.array(["cat", "dog"]), np.eye(2))
    assert [type(word) for word in space.words] == [str, str]
    assert [type(word) for word in EmbeddingSpace(pd.Index(["a"]), [[1.0]]).words] == [str]


def doors(frame):
    """Every function that takes a space, given this frame as one of its spaces."""
    other = EmbeddingSpace(["the", "cat", "1990"], np.array([[1.0, 0], [0, 1], [1, 1]]))
    pairs = [("cat", "cat"), ("the", "the")]
    return {
        "from_frame": lambda: EmbeddingSpace.from_frame(frame),
        "write": lambda: write_vectors("nowhere.vec", frame),
        "lookup, source": lambda: lookup_pairs(pairs, frame, other),
        "lookup, target": lambda: lookup_pairs(pairs, other, frame),
        "evaluate, source": lambda: evaluate_bli(frame, other, test_dictionary=pairs),
        "evaluate, target": lambda: evaluate_bli(other, frame, test_dictionary=pairs),
        "translate, source": lambda: translate("cat", frame, other),
        "translate, target": lambda: translate("cat", other, frame),
        "identical, source": lambda: identical_spelling_pairs(frame, other),
        "identical, target": lambda: identical_spelling_pairs(other, frame),
    }


@pytest.mark.parametrize("door", doors(None))
def test_a_word_that_pandas_made_missing(door):
    with pytest.raises(ValueError, match=r"no word in row 1; pandas.read_csv .*keep_default_na"):
        doors(read_csv(NULL))[door]()


@pytest.mark.parametrize("door", doors(None))
def test_years_are_no_words(door):
    years = pd.DataFrame(np.eye(2), index=[1990, 1991])
    with pytest.raises(TypeError, match=r"holds int64, such as 1990, not words; .*astype\(str"):
        doors(years)[door]()


@pytest.mark.parametrize("door", doors(None))
def test_other_indices_that_hold_no_words(door):
    levels = pd.DataFrame(np.eye(2), index=pd.MultiIndex.from_tuples([("a", "b"), ("c", "d")]))
    with pytest.raises(TypeError, match="has 2 levels"):
        doors(levels)[door]()
    dates = pd.DataFrame(np.eye(2), index=pd.to_datetime(["2020-01-01", "2020-01-02"]))
    with pytest.raises(TypeError, match="of type Timestamp and no word"):
        doors(dates)[door]()


@pytest.mark.parametrize("door", [name for name in doors(None) if name != "write"])
def test_a_frame_works_where_a_space_does(door):
    frame = read_csv(NULL, keep_default_na=False, na_filter=False)
    given, space = doors(frame)[door](), doors(EmbeddingSpace.from_frame(frame))
    expected = frame if door == "from_frame" else space[door]()
    if isinstance(given, EmbeddingSpace):
        assert given.words == ("the", "null", "cat")
    elif isinstance(given, tuple):
        np.testing.assert_array_equal(np.asarray(given[0]), np.asarray(expected[0]))
        np.testing.assert_array_equal(np.asarray(given[1]), np.asarray(expected[1]))
    else:
        pd.testing.assert_frame_equal(given, expected)


@pytest.mark.parametrize("words", [["cat", None], [b"cat"], ["cat", 3], ["cat", ""]])
def test_words_to_translate_are_words(words):
    space = EmbeddingSpace(["cat"], [[1.0]])
    with pytest.raises((TypeError, ValueError), match="words_or_vectors has "):
        translate(words, space, space)


def test_words_to_translate_keep_their_last_nul_and_cost_what_they_are_long():
    space = EmbeddingSpace(["the", "the\0", "x" * 1_000_000, "y"], np.eye(4))
    found = translate(["the\0", "x" * 1_000_000], space, space, n_best=1)
    assert found["translation"].tolist() == ["the\0", "x" * 1_000_000]
    with pytest.raises(ValueError, match=r"not in the source space: 'y\\x00'[.]"):
        translate(["y\0"], space, space)


def test_lookup_is_by_word():
    space = EmbeddingSpace(["house", "cat"], np.array([[1.0, 0], [0, 1]]))
    np.testing.assert_array_equal(space["house"], [1, 0])
    assert not hasattr(space, "__len__")
    for key in (0, "dog", slice(1), None, b"cat"):
        with pytest.raises(KeyError, match=r"has no word 'dog'|is looked up by word"):
            space[key]
    with pytest.raises(TypeError, match="not iterable"):
        iter(space)
    with pytest.raises(TypeError, match="must be a list of words, got one str"):
        space.indices("house")


def test_most_similar():
    rng = np.random.default_rng(0)
    vectors = rng.standard_normal((50, 5)).astype(np.float32)
    vectors[7] = 0
    space = EmbeddingSpace([f"w{row}" for row in range(50)], vectors)
    unit = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
    cosines = (unit @ unit[3]).astype(float)
    expected = [row for row in np.argsort(-cosines, kind="stable") if row != 3][:5]
    found = space.most_similar("w3", 5)
    assert [word for word, _ in found] == [f"w{row}" for row in expected]
    np.testing.assert_allclose([score for _, score in found], cosines[expected], atol=1e-6)
    assert space.most_similar(vectors[3], 1)[0][0] == "w3"
    assert len(space.most_similar("w3", 1000)) == 49
    with pytest.raises(KeyError, match="no word 'dog'"):
        space.most_similar("dog")
    with pytest.raises(ValueError, match="a vector of 5 values"):
        space.most_similar([1.0, 2.0])


def test_how_a_word_is_shown():
    assert show_word("a\x1b]0;x\x07b") == r"'a\x1b]0;x\x07b'"
    assert show_word("it's") == '"it\'s"'
    assert show_word("x" * 100) == f"'{'x' * 60}\u2026'"
    assert show_exactly("e\u0301") == r"'e\u0301'"
    assert check_words(iter(["a"]), "x") == ("a",)
