"""Cosines within bands of the principal axes of a map."""

from __future__ import annotations

import numpy as np
import pytest

from sklearn_instamap.lexicon._candidate_pairs import Pairs
from sklearn_instamap.lexicon._candidates import Candidates
from sklearn_instamap.lexicon._map_features import bands
from sklearn_instamap.lexicon._neighborhoods import Neighborhoods
from sklearn_instamap.lexicon._world import World

N_WORDS, N_AXES = 600, 60


@pytest.fixture
def sides():
    """Both sides share the narrower half of the axes, and the axes are in no order."""
    rng = np.random.default_rng(0)
    widths = np.repeat([4.0, 1.0], N_AXES // 2)
    source, target = rng.standard_normal((2, N_WORDS, N_AXES)) * widths
    source[:, N_AXES // 2 :] = target[:, N_AXES // 2 :]
    turn = np.linalg.qr(rng.standard_normal((N_AXES, N_AXES)))[0]
    return source @ turn, target @ turn


def bands_of_equal_rows(source, target):
    """Return the features of every source word with the target word of the same row."""
    rows = np.arange(len(source))
    one_map = Neighborhoods.of(source, target, 2, None)
    world = World([], [], rows, rows, ["map"], [one_map], *[None] * 5, target)
    candidates = Candidates(rows, np.arange(len(rows) + 1), rows, np.zeros(len(rows), np.uint32))
    return bands(Pairs(world, candidates))


def test_a_map_is_turned_to_the_principal_axes_of_its_target(sides):
    found = Neighborhoods.of(*sides, 2, None)
    spread = np.square(found.target).sum(axis=0)
    assert (np.diff(spread) < 1e-3).all()
    source, target = (side / np.linalg.norm(side, axis=1, keepdims=True) for side in sides)
    np.testing.assert_allclose(found.source @ found.target.T, source @ target.T, atol=1e-5)


def test_each_band_has_its_own_cosine(sides):
    means = {name: values.mean() for name, values in bands_of_equal_rows(*sides).items()}
    assert list(means) == [f"map: cosine in band {number}" for number in range(1, 6)]
    *wide, narrow = means.values()
    assert narrow > 0.8
    assert max(wide) < 0.2


def test_few_axes_make_fewer_bands(sides):
    few = bands_of_equal_rows(sides[0][:, :2], sides[0][:, :2])
    assert list(few) == ["map: cosine in band 1", "map: cosine in band 2"]
    np.testing.assert_allclose(np.column_stack(list(few.values())), 1, atol=1e-5)
