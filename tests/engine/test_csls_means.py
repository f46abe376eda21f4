"""csls_means against the mean of the largest entries of the whole matrix."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sklearn_instamap._engine import csls_means
from sklearn_instamap._engine._select import descending, largest, survivors

SIZES = st.integers(1, 130)


def means(similarities, k):
    """The reference, along either side."""
    by_row = np.sort(similarities, axis=1)[:, -k:].mean(axis=1)
    return by_row, np.sort(similarities.T, axis=1)[:, -k:].mean(axis=1)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    ("n", "m", "d", "k"),
    [(1, 1, 1, 1), (1, 4, 1, 10), (5, 3, 2, 10), (330, 60, 4, 1), (700, 3100, 8, 8)],
)
def test_equals_the_whole_matrix(exact_rows, cosines, dtype, n, m, d, k):
    source, target = exact_rows(n, d, 1, dtype), exact_rows(m, d, 2, dtype)
    for found, expected in zip(
        csls_means(source, target, k), means(cosines(source, target), k), strict=True
    ):
        assert found.dtype == dtype
        np.testing.assert_array_equal(found, expected.astype(dtype))


@given(n=SIZES, m=SIZES, d=st.integers(1, 7), k=st.integers(1, 12), seed=st.integers(0, 2**32 - 1))
def test_many_tiles(tiny_tiles, exact_rows, cosines, n, m, d, k, seed):
    source, target = exact_rows(n, d, seed), exact_rows(m, d, seed + 1)
    with tiny_tiles():
        both = csls_means(source, target, k, n_jobs=3)
    for found, expected in zip(both, means(cosines(source, target), k), strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float32, 1e-6), (np.float64, 1e-14)])
def test_random_rows(clustered_rows, cosines, dtype, tolerance):
    source, target = clustered_rows(700, 40, 1, dtype), clustered_rows(1600, 40, 2, dtype)
    for found, expected in zip(
        csls_means(source, target), means(cosines(source, target), 10), strict=True
    ):
        np.testing.assert_allclose(found, expected, atol=tolerance)


def test_sides_swap(clustered_rows):
    source, target = clustered_rows(500, 20, 1), clustered_rows(400, 20, 2)
    for one, other in zip(
        csls_means(source, target), csls_means(target, source)[::-1], strict=True
    ):
        np.testing.assert_allclose(one, other, atol=1e-6)


def test_k_out_of_range():
    with pytest.raises(ValueError, match="at least 1, but is 0"):
        csls_means(np.ones((2, 2)), np.ones((2, 2)), 0)


@given(
    n=st.integers(1, 5), width=st.integers(1, 60), k=st.integers(1, 60), seed=st.integers(0, 10**6)
)
def test_selection(n, width, k, seed):
    k = min(k, width)
    values = np.random.default_rng(seed).integers(0, 6, size=(n, width)).astype(np.float32)
    order = np.argsort(-values, axis=1, kind="stable")
    np.testing.assert_array_equal(descending(values), order)
    places, bound = largest(values, k)
    expected = np.sort(order[:, :k], axis=1)
    np.testing.assert_array_equal(places, expected + np.arange(n)[:, None] * width)
    np.testing.assert_array_equal(bound, values.ravel()[places].min(axis=1))
    pushed, pushed_places = survivors(values, values >= 5)
    for row in range(n):
        kept = pushed_places[row][pushed[row] >= 5]
        np.testing.assert_array_equal(kept, np.flatnonzero(values[row] >= 5) + row * width)
