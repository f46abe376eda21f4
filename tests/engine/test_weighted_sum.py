"""weighted_sum and map_rows against einsum and a plain product."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sklearn_instamap._engine import map_rows, weighted_sum


@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float32, 1e-5), (np.float64, 1e-13)])
@pytest.mark.parametrize(("n", "k", "m", "d"), [(1, 1, 1, 1), (2100, 7, 50, 30), (30, 70, 40, 300)])
def test_weighted_sum(dtype, tolerance, n, k, m, d):
    rng = np.random.default_rng(0)
    weights, rows = rng.normal(size=(n, k)).astype(dtype), rng.normal(size=(m, d)).astype(dtype)
    # Indices repeat within a row, too.
    indices = rng.integers(m, size=(n, k))
    sums = weighted_sum(weights, indices, rows, n_jobs=2)
    assert sums.dtype == dtype
    np.testing.assert_allclose(
        sums, np.einsum("nk,nkd->nd", weights, rows[indices]), atol=tolerance
    )
    np.testing.assert_array_equal(sums, weighted_sum(weights, indices, rows))
    np.testing.assert_array_equal(
        sums[n // 2 :], weighted_sum(weights[n // 2 :], indices[n // 2 :], rows)
    )


@given(n=st.integers(0, 40), k=st.integers(1, 5), m=st.integers(1, 9), seed=st.integers(0, 10**6))
def test_weighted_sum_of_many_tasks(tiny_tiles, n, k, m, seed):
    rng = np.random.default_rng(seed)
    weights = rng.integers(-3, 4, size=(n, k)).astype(np.float32)
    rows = rng.integers(-3, 4, size=(m, 3)).astype(np.float32)
    indices = rng.integers(m, size=(n, k))
    expected = np.einsum("nk,nkd->nd", weights, rows[indices])
    with tiny_tiles():
        sums = weighted_sum(weights, indices, rows, n_jobs=3)
    np.testing.assert_array_equal(sums, expected)


@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float32, 1e-4), (np.float64, 1e-12)])
@pytest.mark.parametrize(("n", "d", "d_out"), [(1, 1, 1), (700, 300, 300), (330, 40, 1600)])
@pytest.mark.parametrize("with_offset", [False, True])
def test_map_rows(dtype, tolerance, n, d, d_out, with_offset):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(n, d)).astype(dtype)
    matrix = rng.normal(size=(d, d_out)).astype(dtype)
    offset = rng.normal(size=d_out).astype(dtype) if with_offset else None
    mapped = map_rows(X, matrix, offset, n_jobs=2)
    assert mapped.dtype == dtype
    np.testing.assert_allclose(mapped, X @ matrix + (offset if with_offset else 0), atol=tolerance)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("d_out", [3, 50, 300])
def test_rows_are_mapped_as_if_alone(dtype, d_out):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(900, 300)).astype(dtype)
    matrix = rng.normal(size=(300, d_out)).astype(dtype)
    offset = rng.normal(size=d_out).astype(dtype)
    mapped = map_rows(X, matrix, offset)
    order = rng.permutation(900)
    np.testing.assert_array_equal(map_rows(X[order], matrix, offset, n_jobs=3), mapped[order])
    for part in (slice(5, 6), slice(100, 420), slice(899, None)):
        np.testing.assert_array_equal(map_rows(X[part], matrix, offset), mapped[part])
    np.testing.assert_array_equal(map_rows(X, np.asfortranarray(matrix), offset), mapped)


def test_no_rows():
    assert map_rows(np.empty((0, 3)), np.ones((3, 2))).shape == (0, 2)
    empty = np.empty((0, 2), dtype=np.intp)
    assert weighted_sum(np.empty((0, 2)), empty, np.ones((4, 3))).shape == (0, 3)
