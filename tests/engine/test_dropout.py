"""Neighbors among randomly dropped similarities, against a mask drawn for all pairs."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import chisquare
from sklearn import config_context

from sklearn_instamap._engine._dropout import dropout_nearest

MASK64 = 2**64 - 1


def splitmix(seed: int, place: int) -> int:
    """The published recurrence, in Python's integers, with a state advanced ``place`` times."""
    z = (seed + place * 0x9E3779B97F4A7C15) & MASK64
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK64
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK64
    return z ^ (z >> 31)


def naive(source, target, source_penalty, target_penalty, keep, seed):
    """Both directions from whole matrices of scores and of masks."""

    def unit(rows):
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)

    cosines = unit(source) @ unit(target).T
    winners = []
    seeds = np.random.SeedSequence(seed).generate_state(2, np.uint64)
    for own, scores in zip(
        map(int, seeds), (cosines - target_penalty, cosines - source_penalty[:, None]), strict=True
    ):
        hashes = [splitmix(own, place) for place in range(scores.size)]
        survives = np.array([h < keep * 2.0**64 for h in hashes]).reshape(scores.shape)
        winners.append(np.where(survives, scores, 0))
    forward, backward = winners
    return (
        np.where(forward.max(axis=1) > 0, forward.argmax(axis=1), -1),
        np.where(backward.max(axis=0) > 0, backward.argmax(axis=0), -1),
        cosines.max(axis=1),
        cosines.max(axis=0),
    )


@pytest.fixture
def spaces():
    rng = np.random.default_rng(3)
    source, target = rng.normal(size=(700, 6)), rng.normal(size=(900, 6))
    return source, target, rng.uniform(0, 0.5, size=700), rng.uniform(0, 0.5, size=900)


def find(spaces, keep, seed=5, **options):
    source, target, source_penalty, target_penalty = spaces
    return dropout_nearest(
        source,
        target,
        source_penalty=source_penalty,
        target_penalty=target_penalty,
        keep_probability=keep,
        seed=seed,
        **options,
    )


@pytest.mark.parametrize("keep", [0.01, 0.1, 0.8, 1.0])
def test_equals_a_mask_of_all_pairs(spaces, keep):
    found, expected = find(spaces, keep), naive(*spaces, keep, 5)
    np.testing.assert_array_equal(found[0], expected[0])
    np.testing.assert_array_equal(found[1], expected[1])
    np.testing.assert_allclose(found[2], expected[2])
    np.testing.assert_allclose(found[3], expected[3])
    if keep == 0.01:
        assert (found[0] == -1).any()  # some lose all their positive scores


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_threads_and_memory_do_not_matter(spaces, dtype):
    spaces = [array.astype(dtype) for array in spaces]
    expected = find(spaces, 0.2)
    assert expected[2].dtype == expected[3].dtype == dtype
    with config_context(working_memory=1):
        for n_jobs in (1, 2, 3):
            for one, other in zip(expected, find(spaces, 0.2, n_jobs=n_jobs), strict=True):
                np.testing.assert_array_equal(one, other)


def test_seeds_differ(spaces):
    assert (find(spaces, 0.2, seed=1)[0] != find(spaces, 0.2, seed=2)[0]).mean() > 0.5


def test_directions_are_independent():
    rows = np.eye(200) + 0.5
    none = np.zeros(200)
    forward, backward, _, _ = find((rows, rows, none, none), 0.5)
    kept_forward, kept_backward = forward == np.arange(200), backward == np.arange(200)
    both = (kept_forward & kept_backward).mean()
    assert 0.15 < both < 0.35  # one coin for both directions would give 0.5


def test_winners_ranks_are_geometric():
    rng = np.random.default_rng(0)
    source, target = rng.normal(size=(3000, 5)), rng.normal(size=(400, 5))
    none = np.zeros(3000), np.zeros(400)
    found = find((source, target, *none), 0.3)[0]
    unit = [rows / np.linalg.norm(rows, axis=1, keepdims=True) for rows in (source, target)]
    scores = unit[0] @ unit[1].T
    ranks = (scores > scores[np.arange(3000), found][:, None]).sum(axis=1)
    counts = np.bincount(np.minimum(ranks, 10), minlength=11)
    shares = 0.3 * 0.7 ** np.arange(10)
    assert chisquare(counts, 3000 * np.append(shares, 0.7**10)).pvalue > 1e-3


def test_of_equal_scores_the_lowest_index_wins():
    rows = np.repeat(np.eye(3), 400, axis=0)
    none = np.zeros(1200)
    for n_jobs in (1, 2):
        forward, backward, _, _ = find((rows, rows, none, none), 1.0, n_jobs=n_jobs)
        np.testing.assert_array_equal(forward, np.repeat([0, 400, 800], 400))
        np.testing.assert_array_equal(backward, forward)


def test_scores_of_zero_or_less_have_no_neighbor():
    source, target = np.array([[1.0, 0.0], [0.0, 1.0]]), np.array([[-1.0, 0.0]])
    forward, backward, best, _ = find((source, target, np.zeros(2), np.zeros(1)), 1.0)
    assert forward.tolist() == [-1, -1]
    assert backward.tolist() == [-1]
    np.testing.assert_allclose(best, [-1.0, 0.0])
