"""One pass per dictionary equals two, while the spaces move and when they leap."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.linalg import expm

from sklearn_instamap._engine import _induction, csls_means
from sklearn_instamap._engine._dropout import dropout_nearest
from sklearn_instamap._engine._induction import StochasticInduction


def two_passes(source, target, keep, seed):
    means = csls_means(source, target, 10)
    forward, backward, *best = dropout_nearest(
        source,
        target,
        source_penalty=means[0] / 2,
        target_penalty=means[1] / 2,
        keep_probability=keep,
        seed=seed,
    )
    return forward, backward, sum(b.mean(dtype=np.float64) for b in best) / 2


def moving_spaces(dtype, steps=(0.002, 0.002, 0.002, 2.0, 0.002, 0.002, 0.002)):
    rng = np.random.default_rng(1)
    source = rng.normal(size=(900, 40)).astype(dtype)
    target = (source[:800] + rng.normal(scale=0.5, size=(800, 40))).astype(dtype)
    yield source, target
    for step in steps:
        skew = rng.normal(size=(40, 40))
        turn = expm(step * (skew - skew.T))
        source = source @ turn.astype(dtype)
        yield source, target


@pytest.mark.parametrize("keep", [0.05, 0.3, 1.0])
@pytest.mark.parametrize(("dtype", "n_jobs"), [(np.float32, None), (np.float64, 3)])
def test_equals_two_passes(monkeypatch, keep, dtype, n_jobs):
    second_passes = []

    def counted(*args, **options):
        second_passes.append(1)
        return dropout_nearest(*args, **options)

    monkeypatch.setattr(_induction, "dropout_nearest", counted)
    induction = StochasticInduction(10, n_jobs)
    needed = []
    for seed, (source, target) in enumerate(moving_spaces(dtype)):
        second_passes.clear()
        found = induction.induce(source, target, keep, seed)
        expected = two_passes(source, target, keep, seed)
        np.testing.assert_array_equal(found[0], expected[0])
        np.testing.assert_array_equal(found[1], expected[1])
        assert found[2] == pytest.approx(expected[2], rel=1e-12)
        needed.append(bool(second_passes))
    # The first two calls know no margin, the leap is wider than it, and the call after the leap
    # expects another; the small steps before and after need no second pass.
    assert needed[:2] == [True, True]
    assert needed[2:] == [False, False, True, True, False, False]
