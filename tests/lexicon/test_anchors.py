"""Which pairs of the dictionary are related to both words of a candidate."""

from __future__ import annotations

import numpy as np
import pytest

from sklearn_instamap.lexicon import _anchors
from sklearn_instamap.lexicon._anchors import Anchors
from sklearn_instamap.lexicon._neighborhoods import Neighborhoods

STEMS = ["kita", "kitap", "yol", "yolcu", "deniz", "do", "güneş"]
ENDINGS = ["", "ci", "lar", "larda", "sız"]


def cosine(vectors, i, j):
    x, y = vectors[i].astype(float), vectors[j].astype(float)
    return x @ y / (np.linalg.norm(x) * np.linalg.norm(y))


def of_one_stem(words, vectors, i, j):
    """The relation of two words by the rule itself, letter by letter."""
    one, other = words[i], words[j]
    common = 0
    while common < min(len(one), len(other)) and one[common] == other[common]:
        common += 1
    if i == j or common < max(3, 0.5 * min(len(one), len(other))):
        return 0
    near = cosine(vectors, i, j)
    return near * common / max(len(one), len(other)) if near > 0.2 else 0


@pytest.fixture
def side():
    """Words of a few stems, with vectors that depend on the stem and some noise."""
    rng = np.random.default_rng(0)
    words = [stem + ending for stem in STEMS for ending in ENDINGS] + ["a", "yo", ""]
    centers = rng.standard_normal((len(STEMS), 8))
    vectors = np.repeat(centers, len(ENDINGS), axis=0) + rng.standard_normal((35, 8))
    return words, np.vstack([vectors, rng.standard_normal((3, 8))]).astype(np.float32)


@pytest.mark.parametrize(("at_once", "itself"), [(1, 0.0), (7, 0.25), (200_000, 0.0)])
def test_words_of_one_stem(side, at_once, itself, monkeypatch):
    monkeypatch.setattr(_anchors, "_AT_ONCE", at_once)
    words, vectors = side
    n = len(words)
    rng = np.random.default_rng(1)
    # Repeated words and repeated pairs too.
    rows, columns = rng.integers(0, n, 30), rng.integers(0, n, 30)
    backwards = [word[::-1] for word in words]
    found = Anchors.of_stems((words, backwards), (vectors, vectors), (rows, columns), itself)
    source, target = np.repeat(np.arange(n), n), np.tile(np.arange(n), n)

    def of_target(j, b):
        return itself if j == b else of_one_stem(backwards, vectors, j, b)

    related = np.array(
        [
            [of_one_stem(words, vectors, i, a) * of_target(j, b)]
            for i, j in zip(source, target, strict=True)
            for a, b in zip(rows, columns, strict=True)
        ]
    ).reshape(n * n, -1)
    assert (related > 0).any()
    features = found.features(source, target, "pairs")
    expected = related.max(axis=1) > 0, related.max(axis=1), np.log1p(related.sum(axis=1))
    for name, values, right in zip(
        ["some pairs", "most related of pairs", "log sum of pairs"],
        features.values(),
        expected,
        strict=True,
    ):
        assert name in features
        assert values.dtype == np.float32
        np.testing.assert_allclose(values, right, atol=1e-6)


def test_words_near_by_vector():
    rng = np.random.default_rng(2)
    x, y = (rng.standard_normal((60, 5)).astype(np.float32) for _ in range(2))
    rows, columns = rng.choice(60, 25, replace=False), rng.choice(60, 25, replace=False)
    maps = Neighborhoods.of(x, y, 5, None)
    found = Anchors.near(maps, (rows, columns), 0.0)

    def related(vectors, i, words):
        near = np.array([-1 if i == j else cosine(vectors, i, j) for j in words])
        least = np.sort(near)[-8]
        return np.where(near >= least, np.maximum(near, 0), 0)

    source, target = np.arange(60), rng.permutation(60)
    expected = [
        (related(x, i, rows) * related(y, j, columns)).max()
        for i, j in zip(source, target, strict=True)
    ]
    features = found.features(source, target, "pairs")
    np.testing.assert_allclose(features["most related of pairs"], expected, atol=1e-5)


def test_a_word_of_the_dictionary_is_not_its_own_witness(side):
    words, vectors = side
    rows = np.arange(5)
    pairs = (words, words), (vectors, vectors), (rows, rows)
    first = Anchors.of_stems(*pairs, 0.0).features(rows, rows, "pairs")["most related of pairs"]
    # Related by the pairs of the other forms alone.
    for i in rows:
        others = [of_one_stem(words, vectors, i, j) ** 2 for j in rows]
        assert first[i] == pytest.approx(max(others), abs=1e-6)


def test_of_many_words_of_one_stem_the_most_related_are_kept(side, monkeypatch):
    monkeypatch.setattr(_anchors, "_MOST", 2)
    words, vectors = side
    rows = np.arange(35)
    found = Anchors.of_stems((words, words), (vectors, vectors), (rows, rows), 0.0)
    for i in range(35):
        all_of_it = sorted((of_one_stem(words, vectors, i, j) for j in rows), reverse=True)[:2]
        together = sum(each**2 for each in all_of_it)
        value = found.features(np.array([i]), np.array([i]), "pairs")["log sum of pairs"]
        np.testing.assert_allclose(value, np.log1p(together), atol=1e-6)
