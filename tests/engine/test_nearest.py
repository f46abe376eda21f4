"""nearest and count_better against the whole matrix."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sklearn_instamap._engine import count_better, nearest, top_k

SIZES = st.integers(1, 130)
SHAPES = [(1, 1, 1), (1, 9, 2), (700, 50, 4), (5, 1600, 6), (650, 3100, 8)]


def penalty_for(keys, seed):
    """Multiples of 1/8, exact in any order of addition."""
    return np.random.default_rng(seed).integers(-8, 17, size=len(keys)).astype(keys.dtype) / 8


def counts(scores, gold):
    """The reference: count entry by entry, without the gold one."""
    own = scores[np.arange(len(scores)), gold][:, None]
    return (scores > own).sum(axis=1), (scores == own).sum(axis=1) - 1


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("penalized", [False, True])
@pytest.mark.parametrize(("n", "m", "d"), SHAPES)
def test_equal_the_whole_matrix(exact_rows, cosines, dtype, penalized, n, m, d):
    queries, keys = exact_rows(n, d, 1, dtype), exact_rows(m, d, 2, dtype)
    penalty = penalty_for(keys, 3) if penalized else None
    scores = cosines(queries, keys) - (penalty if penalized else 0)
    found, indices = nearest(queries, keys, key_penalty=penalty)
    assert found.dtype == dtype
    np.testing.assert_array_equal(indices, scores.argmax(axis=1))
    np.testing.assert_array_equal(found, scores.max(axis=1))
    gold = np.random.default_rng(4).integers(m, size=n)
    for array, expected in zip(
        count_better(queries, keys, gold, key_penalty=penalty), counts(scores, gold), strict=True
    ):
        np.testing.assert_array_equal(array, expected)


@given(n=SIZES, m=SIZES, d=st.integers(1, 7), seed=st.integers(0, 2**32 - 1))
def test_many_tiles(tiny_tiles, exact_rows, cosines, n, m, d, seed):
    queries, keys = exact_rows(n, d, seed), exact_rows(m, d, seed + 1)
    penalty = penalty_for(keys, seed)
    scores = cosines(queries, keys) - penalty
    gold = np.random.default_rng(seed).integers(m, size=n)
    with tiny_tiles():
        found, indices = nearest(queries, keys, key_penalty=penalty, n_jobs=2)
        both = count_better(queries, keys, gold, key_penalty=penalty, n_jobs=2)
    np.testing.assert_array_equal(indices, scores.argmax(axis=1))
    np.testing.assert_array_equal(found, scores.max(axis=1))
    for array, expected in zip(both, counts(scores, gold), strict=True):
        np.testing.assert_array_equal(array, expected)


def test_penalty_decides(clustered_rows, cosines):
    queries, keys = clustered_rows(400, 30, 1), clustered_rows(900, 30, 2)
    penalty = np.random.default_rng(3).random(900).astype(np.float32)
    scores = cosines(queries, keys) - penalty
    found, indices = nearest(queries, keys, key_penalty=penalty)
    np.testing.assert_allclose(found, scores.max(axis=1), atol=1e-6)
    np.testing.assert_allclose(found, scores[np.arange(400), indices], atol=1e-6)
    better, tied = count_better(queries, keys, indices, key_penalty=penalty)
    assert not better.any()
    assert not tied[scores[np.arange(400), indices] - np.sort(scores, axis=1)[:, -2] > 1e-5].any()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_copies_of_the_gold_key_tie_with_it(clustered_rows, dtype):
    once = np.unique(clustered_rows(500, 50, 2, dtype), axis=0)
    once = once[np.abs(once).sum(axis=1) > 0]
    keys = np.tile(once, (4, 1))
    queries = clustered_rows(700, 50, 1, dtype)
    queries[350] = queries[349]
    gold = np.random.default_rng(0).integers(len(keys), size=700)
    better, tied = count_better(queries, keys, gold)
    # Another vector may be just as similar by chance: it has its copies, too.
    assert (tied >= 3).all()
    assert (tied == 3).mean() > 0.98
    np.testing.assert_array_equal((tied + 1) % 4, 0)
    np.testing.assert_array_equal(better % 4, 0)


def test_agree_with_each_other_to_the_bit(clustered_rows):
    queries, keys = clustered_rows(700, 300, 1), clustered_rows(1700, 300, 2)
    similarities, indices = top_k(queries, keys, len(keys))
    whole = np.empty_like(similarities)
    np.put_along_axis(whole, indices, similarities, axis=1)
    found, best = nearest(queries, keys)
    np.testing.assert_array_equal(best, whole.argmax(axis=1))
    np.testing.assert_array_equal(found, whole.max(axis=1))
    gold = np.random.default_rng(0).integers(len(keys), size=700)
    for array, expected in zip(count_better(queries, keys, gold), counts(whole, gold), strict=True):
        np.testing.assert_array_equal(array, expected)


def test_no_queries():
    assert [len(array) for array in nearest(np.empty((0, 2)), np.ones((3, 2)))] == [0, 0]
    none = np.empty(0, dtype=np.intp)
    assert [len(a) for a in count_better(np.empty((0, 2)), np.ones((3, 2)), none)] == [0, 0]
