"""The door of every array: what is no array of real numbers is said, by its name."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from sklearn_instamap import EmbeddingSpace, InstaMapAlignerCV, KabschRotation, transform_batches
from sklearn_instamap.datasets import load_en_de, make_bilingual_spaces
from sklearn_instamap.io import lookup_pairs, write_vectors
from sklearn_instamap.linear import RidgeAligner
from sklearn_instamap.metrics import (
    Retrieval,
    confidence_interval,
    evaluate_bli,
    hubness_report,
    k_occurrence,
    precision_at_k,
    relational_similarity,
    shuffling_test,
    translation_ranks,
)
from sklearn_instamap.model_selection import WordDisjointKFold, dictionary_groups

RNG = np.random.default_rng(0)
X = RNG.standard_normal((30, 3))
Y = X[:, [1, 2, 0]]
MASKED = np.ma.MaskedArray(X, mask=X > 2)
SPACE = EmbeddingSpace([f"w{row}" for row in range(30)], X)
ALIGNER = KabschRotation().fit(X, Y)
DATES = pd.DataFrame(X).apply(lambda column: pd.to_datetime((1000 * column).astype(int)))

NO_NUMBERS = {
    "masked": (MASKED, ValueError, r"1 masked values; fill"),
    "dates": ((1000 * X).astype("M8[s]"), TypeError, r"dates \(datetime64"),
    "frame of dates": (DATES, TypeError, r"dates \(datetime64"),
    "durations": ((1000 * X).astype("m8[s]"), TypeError, r"durations \(timedelta64"),
    "records": (np.zeros(30, [("a", "f8")]), TypeError, r"records \("),
    "complex": (X + 1j, ValueError, "complex128; pass real numbers"),
    "texts": (np.full((30, 3), "cat"), ValueError, "not hold numbers alone: .*'cat'"),
    "frame of texts": (
        pd.DataFrame(np.full((30, 3), "cat")),
        ValueError,
        "hold numbers alone: .*cat",
    ),
    "generator": ((row for row in X), TypeError, "array of numbers, .* got generator"),
    "ragged": ([[1.0, 2.0], [1.0]], ValueError, "array of numbers, .* got list"),
    "cube": (X[None], ValueError, r"3D array .* the shape \(1, 30, 3\)"),
    "scalar": (3.0, ValueError, "a scalar instead"),
}
DOORS = {
    "X of fit": (lambda rows: KabschRotation().fit(rows, Y), "X"),
    "y of transform_target": (ALIGNER.transform_target, "y"),
    "source_space": (lambda rows: KabschRotation().fit(X, Y, source_space=rows), "source_space"),
    "vectors": (SPACE.with_vectors, "vectors"),
    "queries": (lambda rows: translation_ranks(rows, X, np.arange(30)), "queries"),
    "y of similarity": (lambda rows: relational_similarity(X, rows), "y"),
}


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("kind", NO_NUMBERS)
def test_what_is_no_array_of_numbers_is_said_by_its_name(kind, door):
    rows, error, message = NO_NUMBERS[kind]
    call, name = DOORS[door]
    with pytest.raises(error, match=message) as caught:
        call(rows)
    text = str(caught.value)
    assert name in text
    assert "\n" not in text


@pytest.mark.parametrize(
    "rows",
    [
        X.astype(">f2"),
        X.astype(">f4"),
        pd.DataFrame(X.astype("f4")).astype("Float32"),
        pd.DataFrame(X.astype("f4")).astype({1: "f2"}),
        list(X.astype("f2")),
    ],
    ids=["big-endian half", "big-endian single", "nullable", "mixed", "list of half"],
)
def test_at_most_single_precision_stays_single(rows):
    aligner = RidgeAligner().fit(rows, rows)
    mapped = aligner.transform(rows)
    assert mapped.dtype == np.dtype("f4")
    assert mapped.dtype.isnative
    np.testing.assert_allclose(mapped, np.asarray(rows, dtype="f8"), atol=0.02)
    assert EmbeddingSpace(rows).vectors.dtype == np.float32


def test_numbers_in_other_clothes_are_numbers():
    expected = ALIGNER.transform(X)
    for rows in (
        np.ma.MaskedArray(X),
        X.astype(str),
        X.astype(object),
        pd.DataFrame(X).astype("Float64"),
        pd.DataFrame(X).astype("category"),
        X.astype(np.longdouble),
    ):
        np.testing.assert_array_equal(ALIGNER.transform(rows), expected)


def test_single_precision_of_polars_stays():
    polars = pytest.importorskip("polars")
    rows = X.astype(np.float32)
    frame = polars.DataFrame(rows, schema=["a", "b", "c"])
    aligner = KabschRotation().fit(frame, rows)
    assert aligner.feature_names_in_.tolist() == ["a", "b", "c"]
    found = list(transform_batches(aligner, frame, batch_size=20))
    assert [len(batch) for batch in found] == [20, 10]
    assert {batch.dtype.name for batch in [*found, aligner.transform_target(frame)]} == {"float32"}


def test_columns_of_one_name():
    with pytest.raises(ValueError, match=r"^y has more than one column 'a'; name each"):
        KabschRotation().fit(X, pd.DataFrame(Y, columns=list("aab")))
    with pytest.raises(ValueError, match=r"^vectors has more than one column 'a'"):
        EmbeddingSpace(pd.DataFrame(Y, columns=list("aab")))


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([0.7, 1.2], "indices must hold the numbers of rows.*float64"),
        (X[:, 0] > 0, "dtype bool; np.flatnonzero makes them of a mask"),
        (
            SPACE.indices(["w1", "unknown"]),
            "row numbers from 0 to 29.*got -1, which stands for what was",
        ),
        ([30], "row numbers from 0 to 29.*got 30"),
        (np.ma.MaskedArray([1, 2], mask=[True, False]), "indices has 1 masked"),
    ],
)
def test_numbers_of_rows(rows, message):
    with pytest.raises(ValueError, match=message):
        SPACE.select(rows)
    retrieval = Retrieval("csls").fit(X, Y)
    calls = (
        lambda: retrieval.top_sources(rows),
        lambda: retrieval.pair_scores(rows, [0, 1]),
        lambda: retrieval.count_better([0, 1], rows),
    )
    for call in calls:
        with pytest.raises(ValueError, match=r"(source|target|gold) (has|must)"):
            call()


@pytest.mark.parametrize(
    "call",
    [
        lambda value: translation_ranks(X, Y, np.arange(30), n_jobs=value),
        lambda value: k_occurrence(X, n_jobs=value),
        lambda value: evaluate_bli(SPACE, SPACE, test_dictionary=[("w1", "w1")], n_jobs=value),
    ],
)
@pytest.mark.parametrize("value", [np.nan, 2.5, True, "2", 0, np.array(2)])
def test_number_of_threads(call, value):
    with pytest.raises(ValueError, match="'n_jobs' parameter must be None or an int"):
        call(value)


@pytest.mark.parametrize(
    ("call", "name"),
    [
        (lambda value: confidence_interval([0, 1], random_state=value), "random_state"),
        (lambda value: shuffling_test([0, 1], [1, 0], random_state=value), "random_state"),
        (lambda value: WordDisjointKFold(random_state=value), "random_state"),
        (lambda value: make_bilingual_spaces(random_state=value), "random_state"),
        (lambda value: make_bilingual_spaces(as_frame=value), "as_frame"),
        (lambda value: load_en_de(return_X_y=value), "return_X_y"),
        (lambda value: write_vectors("never.vec", SPACE, header=value), "header"),
        (lambda value: lookup_pairs([("w1", "w1")], SPACE, SPACE, warn_below=value), "warn_below"),
        (lambda value: InstaMapAlignerCV(cv=value).fit(X, Y), "cv"),
        (lambda value: hubness_report(X, k=value), "k"),
    ],
)
@pytest.mark.parametrize("value", [np.nan, "no", [], np.array(0.5)])
def test_values_that_were_taken_for_others(call, name, value):
    with pytest.raises((ValueError, TypeError), match=rf"{name}\b.* must be"):
        call(value)


def test_what_has_no_order_or_no_map():
    with pytest.raises(TypeError, match="must be a list, got a set, which has no order; sort it"):
        EmbeddingSpace({"a", "b"}, X[:2])
    with pytest.raises(TypeError, match="ids must be a list, got a set"):
        EmbeddingSpace(X[:2], {1, 2})
    with pytest.raises(TypeError, match="aligner must be a fitted estimator with transform"):
        transform_batches(X, ALIGNER)
    with pytest.raises(ValueError, match="ranks has 1 masked"):
        precision_at_k(np.ma.MaskedArray([1, 2], mask=[False, True]))
    with pytest.raises(ValueError, match="X has shape"):
        dictionary_groups(np.array("a"), ["b"])
    with pytest.raises(TypeError, match="test_dictionary must be a DataFrame or pairs"):
        evaluate_bli(SPACE, SPACE, test_dictionary=np.array("a"))
    with pytest.raises(ValueError, match=r"'protocol' parameter must be 'pair' or 'word'. Got 3"):
        evaluate_bli(SPACE, SPACE, test_dictionary=[("w1", "w1")], protocol=3)
