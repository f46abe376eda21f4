"""Isomorphism measures against cases worked out by hand and against naive references."""

from itertools import combinations, permutations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import ortho_group

from sklearn_instamap import EmbeddingSpace
from sklearn_instamap.metrics import (
    eigenvector_similarity,
    gromov_hausdorff,
    relational_similarity,
)
from sklearn_instamap.metrics._isomorphism import bottleneck_distance


def circle(angles):
    radians = np.radians(angles)
    return np.column_stack([np.cos(radians), np.sin(radians)])


# Both lie symmetrically around zero, so that centering changes nothing. Four pairs of near
# words: eigenvalues 2, 2, 2, 2, 0, 0, 0, 0.
FOUR_PAIRS = circle([0, 10, 90, 100, 180, 190, 270, 280])


def two_stars():
    """Two words with three leaves each: eigenvalues 4, 4, 1, 1, 1, 1, 0, 0."""
    tilt = np.radians(40)
    leaves = np.column_stack([np.sin(tilt) * circle([0, 120, 240]), np.full(3, np.cos(tilt))])
    star = np.vstack([[0, 0, 1], leaves])
    return np.vstack([star, -star])


@pytest.fixture(scope="module")
def space():
    return np.random.default_rng(0).standard_normal((60, 8)) + 0.5


class TestEigenvectorSimilarity:
    def test_by_hand(self):
        # Four values make up all 8 of the first sum, five of the second 11 of 12: k is 4.
        expected = 2 * (2 - 4) ** 2 + 2 * (2 - 1) ** 2
        assert eigenvector_similarity(FOUR_PAIRS, two_stars()) == pytest.approx(expected)

    def test_more_neighbors_by_hand(self):
        # Eight words in a ring, 45° apart, each joined to its two neighbors: 2 - 2 cos(2πj/8).
        ring = np.sort(2 - 2 * np.cos(2 * np.pi * np.arange(8) / 8))[::-1]
        k = 1 + int(np.argmax(np.cumsum(ring) / 16 >= 0.9))
        assert k == 5
        found = eigenvector_similarity(circle(np.arange(0, 360, 45)), FOUR_PAIRS, n_neighbors=2)
        pairs = eigenvalues_of(FOUR_PAIRS, 2)
        k = min(5, 1 + int(np.argmax(np.cumsum(pairs) / pairs.sum() >= 0.9 - 1e-9)))
        assert found == pytest.approx(((ring[:k] - pairs[:k]) ** 2).sum())

    def test_zero_for_a_rotation_and_for_rescaled_words(self, space):
        rotation = ortho_group.rvs(8, random_state=0)
        lengths = np.linspace(1, 3, len(space))[:, None]
        assert eigenvector_similarity(space, lengths * space @ rotation) == pytest.approx(0)

    @pytest.mark.parametrize("n_neighbors", [1, 3])
    def test_against_the_whole_laplacian(self, space, n_neighbors):
        other = np.random.default_rng(1).standard_normal((60, 5))
        spectra = [eigenvalues_of(vectors, n_neighbors) for vectors in (space, other)]
        ks = [1 + int(np.argmax(np.cumsum(s) >= 0.9 * s.sum() - 1e-9)) for s in spectra]
        expected = ((spectra[0] - spectra[1]) ** 2)[: min(ks)].sum()
        found = eigenvector_similarity(space, other, n_neighbors=n_neighbors)
        assert found == pytest.approx(expected)

    def test_equally_many_of_the_most_frequent_words(self, space):
        other = np.random.default_rng(1).standard_normal((40, 5))
        found = eigenvector_similarity(space, other, vocabulary_cutoff=20)
        # The rest counts by its mean alone.
        shuffled = np.vstack([other[:20], other[:19:-1]])
        assert eigenvector_similarity(space, shuffled, vocabulary_cutoff=20) == pytest.approx(found)
        assert eigenvector_similarity(space, other[::-1], vocabulary_cutoff=20) != pytest.approx(
            found
        )
        every = eigenvector_similarity(space, other, vocabulary_cutoff=None)
        assert every == eigenvector_similarity(space, other, vocabulary_cutoff=40) != found


def eigenvalues_of(vectors, n_neighbors):
    """Eigenvalues of the whole Laplacian, by way of all cosines."""
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    unit = unit - unit.mean(axis=0)
    unit /= np.linalg.norm(unit, axis=1, keepdims=True)
    cosines = unit @ unit.T
    np.fill_diagonal(cosines, -2)
    adjacency = np.zeros_like(cosines)
    nearest = np.argsort(-np.round(cosines, 9), axis=1, kind="stable")[:, :n_neighbors]
    np.put_along_axis(adjacency, nearest, 1, axis=1)
    adjacency = np.maximum(adjacency, adjacency.T)
    return np.linalg.eigvalsh(np.diag(adjacency.sum(axis=1)) - adjacency)[::-1]


class TestRelationalSimilarity:
    def test_by_hand(self):
        # Cosines 1/2, 0 and √3/2 on the left; 0, 1/2 and √3/2 on the right.
        X, y = circle([0, 60, 90]), circle([0, 90, 60])
        half, root = 0.5, np.sqrt(3) / 2
        mean = (half + root) / 3
        covariance = (root**2) / 3 - mean**2
        variance = (half**2 + root**2) / 3 - mean**2
        assert relational_similarity(X, y) == pytest.approx(covariance / variance)

    def test_against_the_lists_themselves(self, space):
        other = np.random.default_rng(1).standard_normal((60, 5)) + space[:, :5]
        above = np.triu_indices(60, 1)
        lists = []
        for vectors in (space, other):
            unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
            lists.append((unit @ unit.T)[above])
        expected = np.corrcoef(*lists)[0, 1]
        assert 0.1 < expected < 0.9
        assert relational_similarity(space, other) == pytest.approx(expected, abs=1e-12)
        single = relational_similarity(space.astype(np.float32), other.astype(np.float32))
        assert single == pytest.approx(expected, abs=1e-6)

    def test_one_for_a_rotation(self, space):
        rotated = pd.DataFrame(2 * space @ ortho_group.rvs(8, random_state=0))
        assert relational_similarity(space, rotated) == pytest.approx(1)
        assert relational_similarity(space, rotated) <= 1

    @pytest.mark.parametrize("X", [np.eye(4), np.ones((5, 3)), circle([0, 60])])
    def test_nan_without_any_spread(self, X):
        y = np.random.default_rng(0).standard_normal((len(X), 3))
        assert np.isnan(relational_similarity(X, y))

    def test_bad_rows(self, space):
        with pytest.raises(ValueError, match="row i of y must translate row i of X"):
            relational_similarity(space, space[:5])
        with pytest.raises(ValueError, match="at least 2"):
            relational_similarity(space[:1], space[:1])


def brute_force(first, second):
    """The least cost over all partial matchings."""
    best = np.inf
    for size in range(min(len(first), len(second)) + 1):
        for some in combinations(range(len(first)), size):
            for others in permutations(range(len(second)), size):
                costs = [abs(first[i] - second[j]) for i, j in zip(some, others, strict=True)]
                costs += [a / 2 for i, a in enumerate(first) if i not in some]
                costs += [b / 2 for j, b in enumerate(second) if j not in others]
                best = min(best, max(costs, default=0))
    return best


class TestGromovHausdorff:
    def test_by_hand(self):
        # The square merges at √2 three times; the other at 1, 1 and then √3. All matched, the
        # worst pair is √2 and 1; whatever is left to the diagonal costs at least √2 / 2.
        square, rectangle = circle([0, 90, 180, 270]), circle([0, 60, 180, 240])
        assert gromov_hausdorff(square, rectangle) == pytest.approx(np.sqrt(2) - 1)

    @settings(max_examples=300)
    @given(
        st.lists(st.integers(0, 12), max_size=4),
        st.lists(st.integers(0, 12), max_size=4),
    )
    def test_bottleneck_against_all_matchings(self, first, second):
        found = bottleneck_distance(np.array(first, float), np.array(second, float))
        assert found == brute_force(first, second)

    def test_zero_for_a_rotation(self, space):
        rotated = EmbeddingSpace(map(str, range(60)), space @ ortho_group.rvs(8, random_state=0))
        assert gromov_hausdorff(space, rotated) == pytest.approx(0, abs=1e-7)

    def test_the_value_of_another_program(self):
        # gudhi 3.13: RipsComplex(points=...), intervals in dimension 0, bottleneck_distance(e=0).
        rng = np.random.default_rng(0)
        first = rng.standard_normal((80, 5))
        second = rng.standard_normal((80, 8)) * np.linspace(1, 0.1, 8)
        assert gromov_hausdorff(first, second) == pytest.approx(0.1439279562612542, abs=1e-12)

    def test_symmetric_and_of_the_frequent_words(self, space):
        other = np.random.default_rng(1).standard_normal((90, 12))
        found = gromov_hausdorff(space, other, vocabulary_cutoff=30)
        assert found == gromov_hausdorff(other, space, vocabulary_cutoff=30)
        assert found != gromov_hausdorff(space, other)


@pytest.mark.parametrize("measure", [eigenvector_similarity, gromov_hausdorff])
def test_bad_input(measure):
    with pytest.raises(
        ValueError, match="'vocabulary_cutoff' parameter must be an int in the range"
    ):
        measure(FOUR_PAIRS, FOUR_PAIRS, vocabulary_cutoff=0)
    with pytest.raises(ValueError, match="at least 2 words"):
        measure(FOUR_PAIRS, FOUR_PAIRS[:1])


def test_related_languages_are_nearer(shared_dir):
    from sklearn_instamap.io import lookup_pairs, read_dictionary, read_vectors

    spaces = {
        language: read_vectors(shared_dir / "data" / "spaces" / f"{language}.npy", max_words=5000)
        for language in ("en", "de", "fi")
    }
    similarity = {}
    for language in ("de", "fi"):
        path = shared_dir / "data" / "xling" / f"yacle.train.freq.5k.en-{language}.tsv"
        pairs = read_dictionary(path, duplicates="drop")
        X, y, _ = lookup_pairs(pairs, spaces["en"], spaces[language], warn_below=0)
        similarity[language] = relational_similarity(X, y)
    assert similarity["de"] > similarity["fi"]
    assert eigenvector_similarity(spaces["en"], spaces["de"]) < eigenvector_similarity(
        spaces["en"], spaces["fi"]
    )
