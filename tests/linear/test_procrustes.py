"""Procrustes from the dictionary, and bootstrapped, against naive versions of the same."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from scipy.linalg import orthogonal_procrustes
from sklearn.utils.estimator_checks import parametrize_with_checks

from sklearn_instamap import KabschRotation
from sklearn_instamap.datasets import load_en_de
from sklearn_instamap.io import lookup_pairs
from sklearn_instamap.linear import ProcrustesAligner


@pytest.fixture(scope="module")
def sample():
    data = load_en_de()
    source, target = data.source.select(range(1500)), data.target.select(range(1300))
    X, y, _ = lookup_pairs(data.train, source, target, warn_below=0)
    return X, y, source.vectors, target.vectors


@pytest.fixture
def noisy():
    """A mirrored, noisy copy of a space, of which the first 40 pairs are known."""
    rng = np.random.default_rng(0)
    target = rng.normal(size=(600, 15))
    mirror = np.linalg.qr(rng.normal(size=(15, 15)))[0]
    mirror[0] *= -np.sign(np.linalg.det(mirror))
    source = (target + rng.normal(scale=0.55, size=target.shape)) @ mirror.T
    return source, target, mirror


@parametrize_with_checks(
    [ProcrustesAligner(scale=True, bootstrap=True, mutual_similarity="csls", csls_neighbors=2)]
)
def test_sklearn_checks_of_other_options(estimator, check):
    check(estimator)


def test_is_the_orthogonal_procrustes_solution(noisy):
    source, target, mirror = noisy
    aligner = ProcrustesAligner().fit(source, target)
    np.testing.assert_allclose(aligner.source_map_, orthogonal_procrustes(source, target)[0])
    assert np.linalg.det(mirror) < 0
    assert np.linalg.det(aligner.source_map_) < 0
    np.testing.assert_array_equal(aligner.transform_target(target), target)
    np.testing.assert_allclose(aligner.transform(source), source @ aligner.source_map_)


def test_without_reflections_is_kabsch(noisy):
    source, target, _ = noisy
    aligner = ProcrustesAligner(allow_reflection=False).fit(source, target)
    np.testing.assert_array_equal(
        aligner.source_map_, KabschRotation().fit(source, target).rotation_
    )


@pytest.mark.parametrize("shape", [(6, 6), (9, 4), (4, 9)])
def test_scale_is_the_best_one(shape):
    rng = np.random.default_rng(1)
    X, y = rng.normal(size=(50, shape[0])), rng.normal(size=(50, shape[1]))
    rotated = ProcrustesAligner().fit(X, y).transform(X)
    aligner = ProcrustesAligner(scale=True).fit(X, y)
    best = np.linalg.lstsq(rotated.reshape(-1, 1), y.ravel(), rcond=None)[0][0]
    assert aligner.scale_ == pytest.approx(best)
    np.testing.assert_allclose(aligner.transform(X), best * rotated)


def test_scale_of_a_dictionary_of_zeros():
    with pytest.warns(UserWarning, match="1 distinct pair does not determine"):
        aligner = ProcrustesAligner(scale=True).fit(np.zeros((3, 2)), np.ones((3, 2)))
    assert aligner.scale_ == 1.0


def naive_bootstrap(X, y, source, target, growth, limit):
    """PROC-B with whole matrices of similarities."""

    def unit(rows):
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)

    sizes, size = [], 0
    while True:
        left, _, right = np.linalg.svd(X.T @ y)
        matrix = left @ right
        sizes.append(len(X))
        if len(X) < 1.01 * size or len(X) >= limit:
            return matrix, sizes
        size = len(X)
        cosines = unit(source @ matrix) @ unit(target).T
        forward, backward = cosines.argmax(axis=1), cosines.argmax(axis=0)
        pairs = [(i, j) for i, j in enumerate(forward) if backward[j] == i]
        pairs = np.array(sorted(pairs, key=sum)[: min(int(growth * size), limit)])
        X, y = source[pairs[:, 0]], target[pairs[:, 1]]


@pytest.mark.parametrize(("growth", "limit"), [(1.5, 10_000), (1.2, 150)])
def test_bootstrap_equals_the_naive_one(noisy, growth, limit):
    source, target, _ = noisy
    given = source[:40], target[:40]
    expected, sizes = naive_bootstrap(*given, source, target, growth, limit)
    aligner = ProcrustesAligner(bootstrap=True, growth=growth, max_pairs=limit)
    aligner.fit(*given, source_space=source, target_space=target)
    assert aligner.n_pairs_ == sizes
    assert len(sizes) > 3
    assert sizes[-1] <= limit
    np.testing.assert_allclose(aligner.source_map_, expected, atol=1e-9)
    assert len(aligner.mutual_pairs_) == sizes[-1]


def test_bootstrap_on_words_equals_the_naive_one(sample):
    X, y, source, target = (rows.astype(np.float64) for rows in sample)
    expected, sizes = naive_bootstrap(X[:300], y[:300], source, target, 1.5, 10_000)
    aligner = ProcrustesAligner(bootstrap=True)
    aligner.fit(X[:300], y[:300], source_space=source, target_space=target)
    assert aligner.n_pairs_ == sizes
    np.testing.assert_allclose(aligner.source_map_, expected, atol=1e-8)


@pytest.mark.parametrize("similarity", ["cosine", "csls"])
def test_bootstrap_helps_where_few_pairs_are_known(noisy, similarity):
    source, target, mirror = noisy
    given = source[:20], target[:20]
    few = ProcrustesAligner().fit(*given)
    more = ProcrustesAligner(bootstrap=True, mutual_similarity=similarity)
    more.fit(*given, source_space=source, target_space=target)
    assert np.linalg.norm(more.source_map_ - mirror) < 0.7 * np.linalg.norm(
        few.source_map_ - mirror
    )


def test_a_dictionary_at_the_limit_is_not_bootstrapped(noisy):
    source, target, _ = noisy
    aligner = ProcrustesAligner(bootstrap=True, max_pairs=40)
    aligner.fit(source[:40], target[:40], source_space=source, target_space=target)
    assert aligner.n_pairs_ == [40]
    assert aligner.mutual_pairs_ is None


@pytest.mark.parametrize("shape", [(8, 5), (5, 8)])
def test_rectangular_spaces(shape):
    rng = np.random.default_rng(2)
    X, y = rng.normal(size=(60, shape[0])), rng.normal(size=(60, shape[1]))
    aligner = ProcrustesAligner(bootstrap=True).fit(X, y)
    narrow = aligner.source_map_ if shape[0] > shape[1] else aligner.source_map_.T
    np.testing.assert_allclose(narrow.T @ narrow, np.eye(5), atol=1e-12)
    assert aligner.transform(X).shape == y.shape


@pytest.mark.parametrize("n_pairs", [1, 3])
def test_fewer_pairs_than_dimensions(noisy, n_pairs):
    source, target, _ = noisy
    with pytest.warns(UserWarning, match=f"{n_pairs} distinct pairs? do(es)? not determine"):
        aligner = ProcrustesAligner().fit(source[:n_pairs], target[:n_pairs])
    np.testing.assert_allclose(aligner.source_map_.T @ aligner.source_map_, np.eye(15), atol=1e-12)


def test_float32_threads_and_pickles(sample):
    X, y, source, target = sample
    aligner = ProcrustesAligner(bootstrap=True)
    aligner.fit(X[:300], y[:300], source_space=source, target_space=target)
    assert aligner.source_map_.dtype == aligner.transform(X).dtype == np.float32
    threads = ProcrustesAligner(bootstrap=True, n_jobs=2)
    threads.fit(X[:300], y[:300], source_space=source, target_space=target)
    np.testing.assert_array_equal(aligner.source_map_, threads.source_map_)
    stored = pickle.dumps(aligner)
    assert len(stored) < source.nbytes / 2  # the spaces are not in it
    np.testing.assert_array_equal(pickle.loads(stored).transform(X), aligner.transform(X))


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"growth": 1.0}, "growth"),
        ({"max_pairs": 0}, "max_pairs"),
        ({"csls_neighbors": 0}, "csls_neighbors"),
        ({"mutual_similarity": "dot"}, "mutual_similarity' parameter .* Got 'dot'"),
    ],
)
def test_parameters_are_checked(noisy, parameters, message):
    source, target, _ = noisy
    with pytest.raises(ValueError, match=message):
        ProcrustesAligner(bootstrap=True, **parameters).fit(source, target)
