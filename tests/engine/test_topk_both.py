"""Neighbors in both directions by one pass are those of two searches."""

import numpy as np
import pytest

from sklearn_instamap._engine import top_k, top_k_both


@pytest.mark.parametrize("n_jobs", [1, 2])
@pytest.mark.parametrize("shape", [(700, 1900, 12), (2000, 60, 5), (3, 2, 4)])
def test_as_two_searches(shape, n_jobs):
    rng = np.random.default_rng(0)
    source = rng.standard_normal((shape[0], shape[2])).astype(np.float32)
    target = rng.standard_normal((shape[1], shape[2])).astype(np.float32)
    k = 7
    forward = top_k(source, target, min(k, len(target)))
    backward = top_k(target, source, min(k, len(source)))
    found = top_k_both(source, target, k, n_jobs=n_jobs)
    np.testing.assert_array_equal(found[1], forward[1])
    np.testing.assert_array_equal(found[3], backward[1])
    np.testing.assert_allclose(found[0], forward[0], atol=1e-6)
    np.testing.assert_allclose(found[2], backward[0], atol=1e-6)


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_of_equal_ones_the_lowest(n_jobs):
    # Every source row stands many times over: which of them are neighbors is a matter of ties.
    rng = np.random.default_rng(1)
    source = np.tile(rng.standard_normal((40, 6)), (30, 1))
    target = rng.standard_normal((90, 6))
    _, _, scores, indices = top_k_both(source, target, 5, n_jobs=n_jobs)
    best = (target @ source[:40].T / np.linalg.norm(source[:40], axis=1)).argmax(axis=1)
    np.testing.assert_array_equal(indices, best[:, None] + 40 * np.arange(5))
    assert (scores == scores[:, :1]).all()
