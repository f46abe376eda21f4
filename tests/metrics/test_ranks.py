"""Ranks of translations against naive references, and the averages over them."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sklearn_instamap import EmbeddingSpace
from sklearn_instamap.metrics import (
    best_ranks_per_word,
    mean_reciprocal_rank,
    precision_at_k,
    translation_ranks,
)


def cosines(queries, candidates):
    queries = np.asarray(queries, dtype=np.float64)
    candidates = np.asarray(candidates, dtype=np.float64)
    queries = queries / np.linalg.norm(queries, axis=1, keepdims=True)
    candidates = candidates / np.linalg.norm(candidates, axis=1, keepdims=True)
    return queries @ candidates.T


def naive_ranks(scores, gold, same, ties):
    """Count one by one; ``same[a][b]`` says that candidates a and b are one vector."""
    ranks = []
    for row, right in zip(scores, gold, strict=True):
        rank = 1
        for other, score in enumerate(row):
            if other == right:
                continue
            if same[other][right]:
                rank += ties == "worst"
            else:
                rank += score > row[right]
        ranks.append(rank)
    return ranks


def naive_csls(queries, candidates, source, k):
    similarity = cosines(queries, candidates)
    to_source = np.sort(cosines(candidates, source), axis=1)[:, ::-1]
    to_candidates = np.sort(similarity, axis=1)[:, ::-1]
    r_candidates = to_source[:, :k].mean(axis=1)
    r_queries = to_candidates[:, :k].mean(axis=1)
    return 2 * similarity - r_queries[:, None] - r_candidates[None, :]


def test_by_hand():
    candidates = [[1.0, 0.0], [3.0, 4.0], [0.0, 2.0], [-1.0, 0.0]]
    queries = [[5.0, 0.0], [5.0, 0.0], [0.1, 1.0], [1.0, 0.1]]
    assert translation_ranks(queries, candidates, [0, 2, 0, 3]).tolist() == [1, 3, 3, 4]


def test_ties_by_hand():
    # Candidates 0, 2 and 3 are one vector up to length.
    candidates = [[1.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 0.0]]
    queries = [[1.0, 0.0], [0.6, 0.8]]
    assert translation_ranks(queries, candidates, [2, 2]).tolist() == [3, 4]
    assert translation_ranks(queries, candidates, [2, 2], ties="best").tolist() == [1, 2]


def test_csls_demotes_a_hub():
    # By cosine the first candidate is nearest to every source word; none is far nearer to it.
    source = np.array([[1.0, 0.5], [1.0, -0.5], [1.0, 0.6], [1.0, -0.6]])
    candidates = np.array([[1.0, 0.0], [0.57, 0.82]])
    assert translation_ranks(source[:1], candidates, [1]).tolist() == [2]
    by_csls = translation_ranks(
        source[:1], candidates, [1], retrieval="csls", source_space=source, csls_neighbors=4
    )
    assert by_csls.tolist() == [1]


@settings(max_examples=60)
@given(
    seed=st.integers(0, 2**31 - 1),
    # Drawn from fewer vectors than candidates, so that many are equal.
    rows=st.lists(st.integers(0, 8), min_size=1, max_size=25),
    n_queries=st.integers(1, 12),
    ties=st.sampled_from(["worst", "best"]),
    retrieval=st.sampled_from(["cosine", "csls"]),
    dtype=st.sampled_from([np.float32, np.float64]),
)
def test_against_counting_one_by_one(seed, rows, n_queries, ties, retrieval, dtype):
    rng = np.random.default_rng(seed)
    candidates = rng.standard_normal((9, 6)).astype(dtype)[rows]
    queries = rng.standard_normal((n_queries, 6)).astype(dtype)
    source = rng.standard_normal((15, 6)).astype(dtype)
    gold = rng.integers(len(rows), size=n_queries)
    if retrieval == "cosine":
        scores = cosines(queries, candidates)
    else:
        scores = naive_csls(queries, candidates, source, 10)
    same = np.equal.outer(rows, rows)
    found = translation_ranks(
        queries, candidates, gold, retrieval=retrieval, source_space=source, ties=ties
    )
    assert found.tolist() == naive_ranks(scores, gold, same, ties)


def test_csls_without_source_space_uses_the_queries():
    rng = np.random.default_rng(0)
    queries, candidates = rng.standard_normal((12, 5)), rng.standard_normal((40, 5))
    gold = rng.integers(40, size=12)
    alone = translation_ranks(queries, candidates, gold, retrieval="csls")
    expected = naive_ranks(naive_csls(queries, candidates, queries, 10), gold, np.eye(40), "worst")
    assert alone.tolist() == expected
    wider = rng.standard_normal((300, 5))
    helped = translation_ranks(queries, candidates, gold, retrieval="csls", source_space=wider)
    expected = naive_ranks(naive_csls(queries, candidates, wider, 10), gold, np.eye(40), "worst")
    assert helped.tolist() == expected
    assert not np.array_equal(alone, helped)


def test_csls_with_fewer_source_words_than_neighbors():
    rng = np.random.default_rng(0)
    queries, candidates = rng.standard_normal((3, 5)), rng.standard_normal((40, 5))
    ranks = translation_ranks(queries, candidates, [0, 1, 2], retrieval="csls")
    scores = naive_csls(queries, candidates, queries, 3)
    assert ranks.tolist() == naive_ranks(scores, [0, 1, 2], np.eye(40), "worst")


@pytest.mark.parametrize("retrieval", ["cosine", "csls"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("n_candidates", [2, 37, 5003])
def test_a_collapsed_map_gets_no_credit(retrieval, dtype, n_candidates):
    point = np.random.default_rng(0).standard_normal((1, 31)).astype(dtype)
    candidates, queries = np.repeat(point, n_candidates, axis=0), np.repeat(point, 20, axis=0)
    gold = np.linspace(0, n_candidates - 1, 20).astype(int)
    worst = translation_ranks(queries, candidates, gold, retrieval=retrieval)
    best = translation_ranks(queries, candidates, gold, retrieval=retrieval, ties="best")
    assert (worst == n_candidates).all()
    assert (best == 1).all()


@pytest.mark.parametrize("retrieval", ["cosine", "csls"])
def test_zero_vectors_tie_with_everything(retrieval):
    candidates = np.random.default_rng(0).standard_normal((50, 4))
    queries = np.zeros((3, 4))
    ranks = translation_ranks(
        queries, candidates, [0, 1, 2], retrieval=retrieval, source_space=np.zeros((11, 4))
    )
    assert ranks.tolist() == [50, 50, 50]


def test_ranks_do_not_depend_on_threads_or_batch():
    rng = np.random.default_rng(1)
    queries = rng.standard_normal((700, 20)).astype(np.float32)
    candidates = rng.standard_normal((3000, 20)).astype(np.float32)
    gold = rng.integers(3000, size=700)
    source = rng.standard_normal((900, 20)).astype(np.float32)
    options = {"retrieval": "csls", "source_space": source}
    whole = translation_ranks(queries, candidates, gold, **options)
    threads = translation_ranks(queries, candidates, gold, n_jobs=2, **options)
    np.testing.assert_array_equal(threads, whole)
    part = translation_ranks(queries[50:53], candidates, gold[50:53], **options)
    np.testing.assert_array_equal(part, whole[50:53])


def test_spaces_in_every_form():
    rng = np.random.default_rng(2)
    vectors, queries = rng.standard_normal((30, 4)), rng.standard_normal((5, 4))
    space = EmbeddingSpace([f"w{i}" for i in range(30)], vectors)
    expected = translation_ranks(queries, vectors, range(5), retrieval="csls")
    for candidates in (space, space.to_frame(), vectors.tolist(), np.asfortranarray(vectors)):
        found = translation_ranks(
            pd.DataFrame(queries), candidates, range(5), retrieval="csls", source_space=queries
        )
        np.testing.assert_array_equal(found, expected)
    # One side in single precision, the other in double.
    mixed = translation_ranks(queries.astype(np.float32), vectors, range(5), retrieval="csls")
    np.testing.assert_array_equal(mixed, expected)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"gold": [0]}, "gold must hold one row of candidates per query, 2; got 1"),
        ({"gold": [0.0, 1.0]}, "dtype float64"),
        ({"gold": [0, 3]}, "row numbers from 0 to 2; got 3"),
        ({"gold": [-1, 0]}, "got -1, which stands for what was not found"),
        (
            {"retrieval": "invsoftmax"},
            "'retrieval' parameter .* 'cosine', 'csls', .* Got 'invsoftmax'",
        ),
        ({"ties": "random"}, "'ties' parameter must be 'worst' or 'best'"),
        (
            {"csls_neighbors": 0},
            "'csls_neighbors' parameter .* Got 0",
        ),
        ({"queries": np.ones((2, 5))}, "queries has 5 and candidates has 4 dimensions"),
        ({"queries": np.full((2, 4), np.nan)}, "queries contains NaN"),
        (
            {"source_space": np.ones((2, 3)), "retrieval": "csls"},
            "source_space has 3 and candidates has 4 and queries has 4 dimensions",
        ),
    ],
)
def test_errors_say_what_is_wrong(change, message):
    arguments = {"queries": np.ones((2, 4)), "candidates": np.eye(4)[:3], "gold": [0, 1]}
    with pytest.raises(ValueError, match=message):
        translation_ranks(**{**arguments, **change})


def test_precision_and_reciprocal_rank_by_hand():
    ranks = [1, 2, 5, 10, 11]
    assert precision_at_k(ranks) == 0.2
    assert precision_at_k(ranks, 5) == 0.6
    assert precision_at_k(np.array(ranks), k=np.int64(10)) == 0.8
    assert mean_reciprocal_rank(ranks) == pytest.approx((1 + 1 / 2 + 1 / 5 + 1 / 10 + 1 / 11) / 5)
    assert type(precision_at_k(ranks)) is float
    assert type(mean_reciprocal_rank(ranks)) is float


def test_best_rank_over_the_translations_of_a_word():
    words = ["b", "a", "b", "c", "a"]
    assert best_ranks_per_word([4, 3, 2, 9, 5], words).tolist() == [2, 3, 9]
    codes = np.array([7, 5, 7, 9, 5], dtype=np.uint64)
    assert best_ranks_per_word([4, 3, 2, 9, 5], codes).tolist() == [2, 3, 9]
    assert best_ranks_per_word([4, 3], pd.Series(["a", "a"])).tolist() == [3]


@given(st.lists(st.tuples(st.integers(1, 50), st.integers(0, 5)), min_size=1))
def test_protocols_agree_where_no_word_repeats_and_word_is_never_stricter(pairs):
    ranks, words = map(list, zip(*pairs, strict=True))
    assert best_ranks_per_word(ranks, range(len(ranks))).tolist() == ranks
    best = {word: min(r for r, w in pairs if w == word) for word in words}
    assert best_ranks_per_word(ranks, words).tolist() == list(best.values())


@pytest.mark.parametrize("average", [precision_at_k, mean_reciprocal_rank])
@pytest.mark.parametrize(
    ("ranks", "message"),
    [
        ([], "ranks is empty"),
        ([0, 1], "at least 1, as translation_ranks gives them"),
        ([1.0, 2.0], "must be integers"),
        ([[1], [2]], r"one-dimensional, got shape \(2, 1\)"),
    ],
)
def test_averages_refuse_what_are_no_ranks(average, ranks, message):
    with pytest.raises(ValueError, match=message):
        average(ranks)


def test_other_refusals():
    with pytest.raises(ValueError, match=r"'k' parameter .* Got True"):
        precision_at_k([1], k=True)
    with pytest.raises(ValueError, match=r"'k' parameter .* Got 1\.5"):
        precision_at_k([1], k=1.5)
    with pytest.raises(ValueError, match=r"one source word per rank, shape \(2,\); got \(1,\)"):
        best_ranks_per_word([1, 2], ["a"])
