"""top_k against a stable sort of all similarities."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sklearn_instamap._engine import top_k
from sklearn_instamap._engine._select import GROUP_SIZES, group_size

SIZES = st.integers(1, 130)
SEEDS = st.integers(0, 2**32 - 1)


def sorted_neighbors(similarities, k):
    """The reference: a stable sort of every whole row."""
    indices = np.argsort(-similarities, axis=1, kind="stable")[:, :k]
    return np.take_along_axis(similarities, indices, axis=1), indices


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    ("n", "m", "d", "k"),
    [
        (1, 1, 1, 1),
        (1, 7, 1, 7),
        (3, 47, 5, 2),
        (5, 48, 5, 48),
        (321, 49, 5, 10),
        (7, 1600, 4, 70),
        (700, 3100, 8, 1),
        (330, 5000, 8, 70),
        (9, 1537, 6, 1537),
    ],
)
def test_equals_a_stable_sort_where_arithmetic_is_exact(exact_rows, cosines, dtype, n, m, d, k):
    queries, keys = exact_rows(n, d, 1, dtype), exact_rows(m, d, 2, dtype)
    expected = sorted_neighbors(cosines(queries, keys), k)
    similarities, indices = top_k(queries, keys, k)
    assert similarities.dtype == dtype
    assert indices.dtype == np.intp
    np.testing.assert_array_equal(similarities, expected[0])
    np.testing.assert_array_equal(indices, expected[1])


@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float32, 1e-6), (np.float64, 1e-14)])
@pytest.mark.parametrize(("m", "d", "k"), [(500, 300, 70), (4000, 50, 70), (40, 2, 40)])
def test_random_rows(clustered_rows, cosines, dtype, tolerance, m, d, k):
    queries, keys = clustered_rows(400, d, 1, dtype), clustered_rows(m, d, 2, dtype)
    expected = cosines(queries, keys)
    similarities, indices = top_k(queries, keys, k)
    np.testing.assert_allclose(similarities, sorted_neighbors(expected, k)[0], atol=tolerance)
    np.testing.assert_allclose(
        similarities, np.take_along_axis(expected, indices, axis=1), atol=tolerance
    )
    assert (np.diff(similarities, axis=1) <= 0).all()
    for row in indices:
        assert len(set(row.tolist())) == k


@pytest.mark.parametrize("k", [1, 5, 60, 150])
def test_duplicates_follow_each_other_by_index(clustered_rows, k):
    queries = clustered_rows(350, 30, 1)
    keys = np.tile(clustered_rows(53, 30, 2), (3, 1))
    similarities, indices = top_k(queries, keys, k)
    same = similarities[:, 1:] == similarities[:, :-1]
    assert (np.diff(indices, axis=1)[same] > 0).all()
    # Of a vector's three copies the later ones come only after the earlier ones.
    for row in indices.tolist():
        for place, index in enumerate(row):
            assert index < 53 or index - 53 in row[:place]


@pytest.mark.parametrize(("n", "m", "k"), [(3, 5, 3), (400, 2000, 70), (2, 100, 100)])
def test_all_rows_equal(n, m, k):
    rows = np.full((m, 3), 0.3, dtype=np.float32)
    similarities, indices = top_k(rows[:1].repeat(n, axis=0), rows, k)
    np.testing.assert_array_equal(indices, np.arange(k)[None].repeat(n, axis=0))
    assert len(np.unique(similarities)) == 1
    assert similarities[0, 0] == pytest.approx(1)


def test_zero_rows_are_similar_to_nothing():
    keys = np.array([[0.0, 0], [1, 0], [-1, 0], [0, 0]], dtype=np.float32)
    similarities, indices = top_k(np.array([[2.0, 0], [0, 0]], dtype=np.float32), keys, 4)
    np.testing.assert_array_equal(indices, [[1, 0, 3, 2], [0, 1, 2, 3]])
    np.testing.assert_array_equal(similarities, [[1, 0, 0, -1], [0, 0, 0, 0]])


@given(n=SIZES, m=SIZES, d=st.integers(1, 7), seed=SEEDS, share=st.floats(0, 1))
def test_many_tiles(tiny_tiles, exact_rows, cosines, n, m, d, seed, share):
    queries, keys = exact_rows(n, d, seed), exact_rows(m, d, seed + 1)
    k = 1 + round(share * (m - 1))
    expected = sorted_neighbors(cosines(queries, keys), k)
    with tiny_tiles():
        similarities, indices = top_k(queries, keys, k, n_jobs=2)
    np.testing.assert_array_equal(similarities, expected[0])
    np.testing.assert_array_equal(indices, expected[1])


def test_increasing_similarity_is_no_special_case(cosines):
    # Every stretch of keys has better ones than all before.
    angles = np.linspace(np.pi / 2, 0.1, 4000)
    keys = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    query = np.array([[1.0, 0.0]])
    np.testing.assert_array_equal(top_k(query, keys, 70)[1], np.arange(3999, 3929, -1)[None])


@pytest.mark.parametrize("k", [-1, 0, 6])
def test_k_out_of_range(k):
    rows = np.ones((5, 2))
    with pytest.raises(ValueError, match=f"from 1 to the number of keys, 5, but is {k}"):
        top_k(rows, rows, k)


def test_no_queries():
    similarities, indices = top_k(np.empty((0, 3)), np.ones((4, 3)), 2)
    assert similarities.shape == indices.shape == (0, 2)


def test_inputs_are_left_alone(clustered_rows):
    queries, keys = clustered_rows(20, 5, 1), clustered_rows(30, 5, 2)
    copies = queries.copy(), keys.copy()
    queries.flags.writeable = keys.flags.writeable = False
    top_k(queries, keys, 3)
    np.testing.assert_array_equal(queries, copies[0])
    np.testing.assert_array_equal(keys, copies[1])


@given(m=st.integers(1, 10**6), k=st.integers(1, 1000))
def test_group_size_leaves_k_groups(m, k):
    size = group_size(m, k)
    assert size in GROUP_SIZES
    assert size == 1 or m // size >= k
