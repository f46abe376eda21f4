"""From a dictionary to the vectors of its pairs, and what was not found."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest

from sklearn_instamap import EmbeddingSpace
from sklearn_instamap.io import lookup_pairs, read_dictionary, read_vectors

SOURCE = EmbeddingSpace(["the", "cat", "dog"], np.arange(6, dtype=np.float32).reshape(3, 2))
TARGET = EmbeddingSpace(["der", "katze", "hund", "die"], np.arange(12.0).reshape(4, 3))
PAIRS = [("the", "die"), ("dog", "hund"), ("cow", "kuh"), ("the", "der"), ("cat", "kater")]
DICTIONARY = pd.DataFrame(PAIRS, columns=["source", "target"])


@pytest.mark.parametrize("dictionary", [PAIRS, DICTIONARY, DICTIONARY.set_axis([5, 5, 6, 7, 8])])
def test_rows_in_the_order_of_the_dictionary(dictionary):
    X, y, report = lookup_pairs(dictionary, SOURCE, TARGET)
    np.testing.assert_array_equal(X, SOURCE.vectors[[0, 2, 0]])
    np.testing.assert_array_equal(y, TARGET.vectors[[3, 2, 0]])
    assert X.dtype == np.float32
    assert y.dtype == np.float64
    np.testing.assert_array_equal(report.source_index, [0, 2, 0])
    np.testing.assert_array_equal(report.target_index, [3, 2, 0])
    np.testing.assert_array_equal(report.positions, [0, 1, 3])
    assert report.pairs.to_numpy().tolist() == [list(PAIRS[i]) for i in (0, 1, 3)]
    assert report.pairs.index.tolist() == [0, 1, 2]
    assert (report.n_pairs, report.n_found, report.coverage) == (5, 3, 0.6)
    assert report.missing_source == ("cow",)
    assert report.missing_target == ("kuh", "kater")


def test_the_report_is_one_sentence():
    *_, report = lookup_pairs(DICTIONARY, SOURCE, TARGET)
    assert str(report) == (
        "3 of 5 pairs found (60.0 %): 1 source word missing ('cow'), "
        "2 target words missing ('kuh', 'kater')"
    )
    assert str(report) in repr(report)
    *_, complete = lookup_pairs(PAIRS[:2], SOURCE, TARGET)
    assert str(complete) == "2 of 2 pairs found (100.0 %)"
    many = [*PAIRS, *((f"x{i}", "der") for i in range(5)), ("x0", "die")]
    *_, report = lookup_pairs(many, SOURCE, TARGET, warn_below=0)
    assert "6 source words missing ('cow', 'x0', 'x1', …), 2 target" in str(report)


@pytest.mark.parametrize("dtype", [None, object])
def test_frames_give_frames(dtype):
    words = pd.Index(SOURCE.words, dtype=dtype)
    source = pd.DataFrame(SOURCE.vectors, index=words, columns=["a", "b"])
    X, y, report = lookup_pairs(DICTIONARY, source, TARGET)
    assert X.index.tolist() == ["the", "dog", "the"]
    assert X.columns.tolist() == ["a", "b"]
    np.testing.assert_array_equal(X, SOURCE.vectors[report.source_index])
    assert isinstance(y, np.ndarray)


def test_repeated_pairs_stay():
    X, _, report = lookup_pairs([PAIRS[0], PAIRS[1], PAIRS[0]], SOURCE, TARGET)
    np.testing.assert_array_equal(X, SOURCE.vectors[[0, 2, 0]])
    assert report.n_found == 3


def test_low_coverage_is_not_silent():
    cased = [(source.title(), target) for source, target in PAIRS[:3]] + PAIRS[3:4]
    with pytest.warns(
        UserWarning,
        match=r"1 of 4 pairs found .* with all words in lower case .* 3 of 4 pairs would",
    ) as caught:
        lookup_pairs(cased, SOURCE, TARGET)
    assert caught[0].filename == __file__
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        lookup_pairs(cased, SOURCE, TARGET, warn_below=0.25)
        lookup_pairs(PAIRS, SOURCE, TARGET)


def test_nothing_found_is_an_error():
    with pytest.raises(
        ValueError,
        match=r"No pair .* 0 of 1 pairs found .* lower case .* 1 of 1 pairs would",
    ):
        lookup_pairs([("The", "Die")], SOURCE, TARGET)
    with pytest.raises(ValueError, match="The dictionary is empty"):
        lookup_pairs([], SOURCE, TARGET)


@pytest.mark.parametrize(
    ("dictionary", "source", "error", "said"),
    [
        (PAIRS, SOURCE.vectors, TypeError, "source_space must be an EmbeddingSpace or a DataFrame"),
        (
            PAIRS,
            SOURCE.to_frame().iloc[[0, 0]],
            ValueError,
            "index of source_space has 'the' more than",
        ),
        (DICTIONARY.drop(columns="target"), SOURCE, ValueError, "has no column 'target'"),
        ([("a", "b", "c")], SOURCE, ValueError, "must hold pairs"),
        (DICTIONARY.replace("cow", None), SOURCE, ValueError, "has no word in row 2"),
    ],
)
def test_bad_arguments(dictionary, source, error, said):
    with pytest.raises(error, match=said):
        lookup_pairs(dictionary, source, TARGET)


def test_coverage_of_the_paper_s_dictionary(shared_dir):
    data = shared_dir / "data"
    source = read_vectors(data / "spaces" / "de", max_words=2000)
    target = read_vectors(data / "spaces" / "tr", max_words=2000)
    path = data / "xling" / "yacle.train.freq.5k.de-tr.tsv"
    dictionary = read_dictionary(path, duplicates="keep")
    # The dictionary size the authors' program reports on these words.
    *_, report = lookup_pairs(dictionary, source, target, warn_below=0)
    assert report.n_found == 578
