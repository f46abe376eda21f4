"""How like a headword of a dictionary words are."""

from __future__ import annotations

import numpy as np
import pytest

from sklearn_instamap.lexicon._headwords import Headwords, headword_scores

N_WORDS, N_FEATURES = 3_000, 20
FORMS = np.random.default_rng(3).integers(0, 3, N_WORDS)


@pytest.fixture
def space():
    """One axis tells whether a word is a base form (0) or one of two inflected ones."""
    vectors = np.random.default_rng(0).standard_normal((N_WORDS, N_FEATURES))
    vectors[:, 3] = FORMS * 2.0
    return vectors.astype(np.float32)


def base_forms(step):
    return np.flatnonzero(FORMS == 0)[::step]


def test_base_forms_that_no_dictionary_lists_are_like_headwords(space):
    scores = headword_scores(space, base_forms(4))
    unlisted = np.setdiff1d(base_forms(1), base_forms(4))
    assert scores.dtype == np.float32
    assert np.quantile(scores[unlisted], 0.1) > np.quantile(scores[FORMS == 2], 0.9)


def test_a_listed_word_is_judged_by_a_model_that_does_not_know_it():
    """Nothing but the dictionary tells headwords here: it must not show."""
    rng = np.random.default_rng(1)
    vectors = rng.standard_normal((600, 200)).astype(np.float32)
    listed = rng.choice(600, 60, replace=False)
    scores = headword_scores(vectors, listed)
    above = np.mean(scores[listed] > np.median(scores))
    assert 0.25 < above < 0.75


def test_inflected_forms_are_expected_of_inflected_forms(space):
    rows = np.concatenate([base_forms(2), np.flatnonzero(FORMS == 2)[::8]])
    found = Headwords(space, space[::-1], rows, N_WORDS - 1 - rows)
    inflected = np.flatnonzero(FORMS == 2)[1::8]
    base = base_forms(1)[: len(inflected)]
    name = "distance from the expected log odds"
    same, other = (
        found.features(inflected, N_WORDS - 1 - target)[name].mean() for target in (inflected, base)
    )
    assert same < other


@pytest.mark.parametrize("n_listed", [1, 20, 40])
def test_too_few_words_on_either_side_tell_nothing(n_listed):
    vectors = np.random.default_rng(0).standard_normal((42, 4))
    rows = np.arange(n_listed)
    features = Headwords(vectors, vectors, rows, rows).features(np.arange(3), np.arange(3))
    assert all((values == 0).all() for values in features.values())


def test_of_many_words_some_of_each_part_are_learned_from(space, monkeypatch):
    """Headwords are frequent: every third rare word would be of one of the three parts alone."""
    monkeypatch.setattr("sklearn_instamap.lexicon._headwords._MOST_OTHERS", 1_000)
    scores = headword_scores(space, base_forms(1)[:100])
    rare = np.arange(2_000, N_WORDS)
    means = [scores[rare[rare % 3 == part]].mean() for part in range(3)]
    assert np.ptp(means) < 1


def test_scores_do_not_depend_on_the_length_of_vectors(space):
    rows = base_forms(4)
    lengths = np.random.default_rng(2).uniform(0.01, 100, (N_WORDS, 1)).astype(np.float32)
    expected = headword_scores(space, rows)
    np.testing.assert_allclose(headword_scores(space * lengths, rows), expected, atol=1e-3)
