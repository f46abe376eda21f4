"""mutual_nearest_neighbors against the arg max of the whole matrix."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sklearn_instamap._engine import csls_means, mutual_nearest_neighbors

SIZES = st.integers(1, 130)


def mutual_pairs(scores):
    """The reference: numpy's arg max takes the first of equals."""
    forward, backward = scores.argmax(axis=1), scores.argmax(axis=0)
    pairs = np.flatnonzero(backward[forward] == np.arange(len(scores)))
    return pairs, forward[pairs], scores[pairs, forward[pairs]]


def penalties(n, seed):
    """Multiples of 1/8, exact in any order of addition; of either sign."""
    return np.random.default_rng(seed).integers(-8, 17, size=n).astype(np.float32) / 8


@pytest.mark.parametrize(
    ("n", "m", "d"), [(1, 1, 1), (1, 9, 2), (9, 1, 2), (700, 50, 4), (650, 3100, 8), (2000, 900, 6)]
)
@pytest.mark.parametrize("penalized", [(), ("source",), ("target",), ("source", "target")])
def test_equals_the_whole_matrix(exact_rows, cosines, n, m, d, penalized):
    source, target = exact_rows(n, d, 1), exact_rows(m, d, 2)
    scores = cosines(source, target)
    keywords = {}
    if "source" in penalized:
        keywords["source_penalty"] = penalties(n, 3)
        scores = scores - keywords["source_penalty"][:, None]
    if "target" in penalized:
        keywords["target_penalty"] = penalties(m, 4)
        scores = scores - keywords["target_penalty"]
    found = mutual_nearest_neighbors(source, target, **keywords)
    for array, expected in zip(found, mutual_pairs(scores), strict=True):
        np.testing.assert_array_equal(array, expected)
    assert found[2].dtype == np.float32


@given(n=SIZES, m=SIZES, d=st.integers(1, 7), seed=st.integers(0, 2**32 - 1))
def test_many_tiles(tiny_tiles, exact_rows, cosines, n, m, d, seed):
    source, target = exact_rows(n, d, seed), exact_rows(m, d, seed + 1)
    with tiny_tiles():
        found = mutual_nearest_neighbors(source, target, n_jobs=3)
    for array, expected in zip(found, mutual_pairs(cosines(source, target)), strict=True):
        np.testing.assert_array_equal(array, expected)


@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float32, 1e-6), (np.float64, 1e-14)])
def test_random_rows(clustered_rows, cosines, dtype, tolerance):
    source, target = clustered_rows(700, 40, 1, dtype), clustered_rows(1700, 40, 2, dtype)
    scores = cosines(source, target)
    left, right, found = mutual_nearest_neighbors(source, target)
    assert len(left) > 100
    assert found.dtype == dtype
    np.testing.assert_allclose(found, scores[left, right], atol=tolerance)
    np.testing.assert_allclose(found, scores.max(axis=1)[left], atol=tolerance)
    np.testing.assert_allclose(found, scores.max(axis=0)[right], atol=tolerance)


@pytest.mark.parametrize(("n", "m"), [(2, 3), (1000, 700)])
def test_all_rows_equal_gives_the_first_pair(n, m):
    ones = np.ones((max(n, m), 3), dtype=np.float32)
    left, right, _ = mutual_nearest_neighbors(ones[:n], ones[:m])
    assert (left.tolist(), right.tolist()) == ([0], [0])


def test_first_copies_find_each_other(clustered_rows):
    once = np.unique(clustered_rows(300, 30, 1), axis=0)
    once = once[np.abs(once).sum(axis=1) > 0]
    left, right, scores = mutual_nearest_neighbors(np.tile(once, (3, 1)), np.tile(once, (2, 1)))
    np.testing.assert_array_equal(left, np.arange(len(once)))
    np.testing.assert_array_equal(right, left)
    np.testing.assert_allclose(scores, 1, atol=1e-6)


def test_csls_by_penalties(clustered_rows, cosines):
    source, target = clustered_rows(300, 20, 1), clustered_rows(400, 20, 2)
    r_source, r_target = csls_means(source, target)
    scores = cosines(source, target) - r_source[:, None] / 2 - r_target / 2
    left, right, found = mutual_nearest_neighbors(
        source, target, source_penalty=r_source / 2, target_penalty=r_target / 2
    )
    assert len(left) > 50
    np.testing.assert_allclose(found, scores.max(axis=1)[left], atol=1e-6)
    np.testing.assert_allclose(found, scores.max(axis=0)[right], atol=1e-6)


def test_nothing_to_find():
    found = mutual_nearest_neighbors(np.empty((0, 2)), np.ones((3, 2)))
    assert [len(array) for array in found] == [0, 0, 0]
    with pytest.raises(ValueError, match="second array has no rows"):
        mutual_nearest_neighbors(np.ones((3, 2)), np.empty((0, 2)))
