"""The search by way of bfloat16 finds what the plain search finds."""

import sys
import threading

import numpy as np
import pytest
from sklearn import config_context
from threadpoolctl import ThreadpoolController, threadpool_limits

from sklearn_instamap._engine import _bfloat16, _topk, top_k
from sklearn_instamap._engine._bfloat16 import (
    ROUNDOFF,
    Bfloat16Comparison,
    rounded_units,
    supported,
    to_bits,
    to_values,
    top_k_bfloat16,
)
from sklearn_instamap._engine._select import best_keys
from sklearn_instamap._engine._sweep import Comparison
from sklearn_instamap._engine._tiles import row_norms

needs_bfloat16 = pytest.mark.skipif(
    not supported(), reason="torch is not installed or this CPU does not multiply bfloat16"
)


def assert_same_neighbors(found, expected):
    """The same similarities; the same keys but where similarities differ by rounding only."""
    np.testing.assert_allclose(found[0], expected[0], atol=2e-6)
    differ = found[1] != expected[1]
    assert differ.mean() < 0.01
    rows = np.flatnonzero(differ.any(axis=1))
    for row in rows:
        for place in np.flatnonzero(differ[row]):
            near = np.abs(expected[0][row] - expected[0][row, place]) < 4e-6
            assert found[1][row, place] in expected[1][row][near] or place >= near.argmax()


@pytest.fixture(params=["torch", "numpy"])
def product(request, monkeypatch):
    """Multiply by torch, or by numpy as torch would: so every machine tests the selection."""
    if request.param == "torch" and not supported():
        pytest.skip("torch is not installed or this CPU does not multiply bfloat16")
    if request.param == "numpy":

        def multiply(self, keys, queries, out):
            out[:] = to_bits(to_values(keys) @ to_values(queries).T)

        monkeypatch.setattr(Bfloat16Comparison, "_multiply", multiply)
        monkeypatch.setattr(Bfloat16Comparison, "_worker", _bfloat16.Comparison._worker)


def test_rounding_to_bfloat16():
    rng = np.random.default_rng(0)
    values = (rng.normal(size=10_000) * np.exp2(rng.integers(-20, 20, 10_000))).astype(np.float32)
    rounded = to_values(to_bits(values))
    assert (np.abs(rounded - values) <= ROUNDOFF * np.abs(values)).all()
    np.testing.assert_array_equal(to_bits(rounded), to_bits(values))
    ties = np.array([1 + 2.0**-8, 1 + 3 * 2.0**-8, -1 - 2.0**-8, 0, -0.0], dtype=np.float32)
    np.testing.assert_array_equal(to_values(to_bits(ties)), [1, 1 + 2.0**-6, -1, 0, 0])


@needs_bfloat16
def test_rounding_is_that_of_torch():
    import torch

    values = np.random.default_rng(0).normal(size=10_000).astype(np.float32)
    bits = torch.from_numpy(values).bfloat16().view(torch.int16).numpy()
    np.testing.assert_array_equal(to_bits(values), bits)


def test_bits_are_in_order():
    values = np.sort(np.random.default_rng(0).random(1000).astype(np.float32))
    assert (np.diff(to_bits(values)) >= 0).all()
    assert (to_bits(-values[1:]) < to_bits(values[:1])).all()


@pytest.mark.usefixtures("product")
@pytest.mark.parametrize(
    ("n", "m", "d", "k"),
    [(1, 400, 30, 1), (700, 3000, 100, 70), (330, 1700, 20, 10), (5, 90, 3, 90)],
)
@pytest.mark.parametrize("n_jobs", [1, 2])
def test_equals_the_plain_search(clustered_rows, n, m, d, k, n_jobs):
    queries, keys = clustered_rows(n, d, 1), clustered_rows(m, d, 2)
    assert_same_neighbors(top_k_bfloat16(queries, keys, k, n_jobs=n_jobs), top_k(queries, keys, k))


@pytest.mark.usefixtures("product")
def test_keys_closer_than_bfloat16_can_tell(clustered_rows):
    # A direction and tiny steps away from it: all alike, rounded.
    rng = np.random.default_rng(0)
    keys = clustered_rows(5000, 50, 1)
    keys[::100] = keys[1] + 1e-3 * rng.normal(size=(50, 50)).astype(np.float32)
    queries = keys[1] + 1e-2 * rng.normal(size=(20, 50)).astype(np.float32)
    similarities, _ = top_k_bfloat16(queries, keys, 10)
    expected = queries.astype(np.float64) @ keys.T.astype(np.float64)
    expected /= np.maximum(np.linalg.norm(keys, axis=1), 1e-30)
    expected /= np.linalg.norm(queries, axis=1, keepdims=True)
    np.testing.assert_allclose(similarities, -np.sort(-expected, axis=1)[:, :10], atol=1e-6)


@pytest.mark.usefixtures("product")
def test_rows_left_to_single_precision(clustered_rows, monkeypatch):
    queries, keys = clustered_rows(400, 20, 1), clustered_rows(2000, 20, 2)
    # Neither similar to anything, nor dissimilar: no bound; and as many copies as to be crowded.
    queries[5] = 0
    queries[6] = -keys[:200].mean(axis=0)
    keys[300:1100] = queries[7]
    redone = []

    def watched(comparison, *arguments, **keywords):
        if type(comparison) is Comparison:
            redone.append(len(comparison.queries))
        return best_keys(comparison, *arguments, **keywords)

    monkeypatch.setattr(_bfloat16, "best_keys", watched)
    assert_same_neighbors(top_k_bfloat16(queries, keys, 30), top_k(queries, keys, 30))
    assert 2 <= sum(redone) < 400


@pytest.mark.usefixtures("product")
def test_copies_are_ranked_by_index(clustered_rows):
    keys = np.tile(clustered_rows(700, 30, 1), (3, 1))
    _, indices = top_k_bfloat16(clustered_rows(50, 30, 2), keys, 20)
    for row in indices.tolist():
        for place, index in enumerate(row):
            assert index < 700 or index - 700 in row[:place]


@pytest.mark.usefixtures("product")
def test_threads_and_memory(clustered_rows):
    queries, keys = clustered_rows(700, 40, 1), clustered_rows(9000, 40, 2)
    expected = top_k_bfloat16(queries, keys, 20)
    for n_jobs, working_memory in ((2, 1024), (1, 1), (3, 4)):
        with config_context(working_memory=working_memory):
            results = top_k_bfloat16(queries, keys, 20, n_jobs=n_jobs)
        for result, same in zip(results, expected, strict=True):
            np.testing.assert_array_equal(result, same)


@pytest.mark.usefixtures("product")
def test_bound_is_never_above_the_kth_nearest(clustered_rows):
    queries, keys = clustered_rows(300, 60, 1), clustered_rows(1500, 60, 2)
    queries[150] = keys[750] = 1
    comparison = Bfloat16Comparison(queries, keys)
    units = [np.empty(rows.shape, dtype=np.int16) for rows in (queries, keys)]
    comparison.query_errors[:] = rounded_units(queries, row_norms(queries), units[0])
    comparison.key_errors[:] = rounded_units(keys, row_norms(keys), units[1])
    rough = to_bits(to_values(units[0]) @ to_values(units[1]).T)
    exact = queries.astype(np.float64) @ keys.T.astype(np.float64)
    exact /= np.outer(row_norms(queries), row_norms(keys))
    for k in (1, 10, 100):
        least = comparison.least_bits(rough, slice(0, 300), k)
        bounded = least < np.iinfo(np.int16).max
        assert bounded.sum() > 200
        kth = -np.sort(-exact, axis=1)[:, k - 1 : k]
        nearest = (exact >= kth)[bounded]
        assert (rough[bounded][nearest] >= np.repeat(least[bounded], nearest.sum(axis=1))).all()


def test_it_is_used_where_it_pays(clustered_rows, monkeypatch):
    queries, keys = clustered_rows(10, 5, 1), clustered_rows(200, 5, 2)
    used = []

    def watched(queries, *arguments, **keywords):
        used.append(queries.dtype)
        return top_k(queries, *arguments, **keywords)

    monkeypatch.setattr(_topk, "top_k_bfloat16", watched)
    monkeypatch.setattr(_bfloat16, "supported", lambda: True)
    top_k(queries, keys, 3, bfloat16=True)
    monkeypatch.setattr(_bfloat16, "FEWEST_KEYS", 200)
    top_k(queries, keys, 3)
    top_k(queries.astype(np.float64), keys.astype(np.float64), 3, bfloat16=True)
    assert used == []
    top_k(queries, keys, 3, bfloat16=True)
    assert used == [np.float32]
    monkeypatch.setattr(_bfloat16, "supported", lambda: False)
    top_k(queries, keys, 3, bfloat16=True)
    assert used == [np.float32]


def test_not_supported_without_torch(monkeypatch):
    monkeypatch.setattr(_bfloat16, "is_installed", lambda name: False)
    monkeypatch.setitem(sys.modules, "torch", None)
    assert not supported()


@needs_bfloat16
def test_torch_keeps_its_threads(clustered_rows):
    import torch

    def openmp_threads():
        controller = ThreadpoolController().select(user_api="openmp")
        return {library.num_threads for library in controller.lib_controllers}

    with threadpool_limits(2, user_api="openmp"):
        before = torch.get_num_threads()
        assert openmp_threads() == {2}
        for n_jobs in (1, 2):
            top_k_bfloat16(
                clustered_rows(700, 20, 1), clustered_rows(2000, 20, 2), 5, n_jobs=n_jobs
            )
            assert openmp_threads() == {2}
            assert torch.get_num_threads() == before
    assert not [t for t in threading.enumerate() if t.name.startswith("instamap")]
