"""Supervised VecMap against the steps of the paper written out, and at its edges."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from scipy.linalg import inv, sqrtm
from sklearn.utils.estimator_checks import parametrize_with_checks

from sklearn_instamap import InstaMapAligner, make_aligner_pipeline
from sklearn_instamap.datasets import load_en_de
from sklearn_instamap.io import lookup_pairs
from sklearn_instamap.linear import ProcrustesAligner, VecMapAligner


@pytest.fixture(scope="module")
def sample():
    data = load_en_de()
    source, target = data.source.select(range(2000)), data.target.select(range(1800))
    X, y, _ = lookup_pairs(data.train, source, target, warn_below=0)
    return X, y, source.vectors, target.vectors


@pytest.fixture
def spaces():
    """Two spaces of 8 dimensions, the one a warped and noisy copy of the other; 100 pairs."""
    rng = np.random.default_rng(0)
    source = rng.normal(size=(400, 8)) * np.arange(1, 9) + 1
    target = source @ rng.normal(size=(8, 8)) + rng.normal(size=(400, 8))
    return source[:100], target[:100], source, target


def fit(aligner, spaces):
    X, y, source, target = spaces
    return aligner.fit(X, y, source_space=source, target_space=target)


def unit(rows):
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def naive(X, y, source, target, *, whiten=True, reweight=0.5, dewhiten=True):
    """The multi-step framework on whole matrices; returns both spaces mapped."""

    def normalized(rows, space):
        return unit(unit(rows) - unit(space).mean(axis=0))

    X, y = normalized(X, source), normalized(y, target)
    source, target = normalized(source, source), normalized(target, target)
    a, b = np.eye(X.shape[1]), np.eye(y.shape[1])
    if whiten:
        a, b = inv(sqrtm(X.T @ X)).real, inv(sqrtm(y.T @ y)).real
    u, s, vt = np.linalg.svd((X @ a).T @ (y @ b))
    source, target = source @ a @ u * s**reweight, target @ b @ vt.T * s**reweight
    if dewhiten:
        source, target = source @ u.T @ inv(a) @ u, target @ vt @ inv(b) @ vt.T
    return source, target


def cosines(source, target):
    return unit(source) @ unit(target).T


OPTIONS = [
    {},
    {"reweight": 0.0},
    {"reweight": 1.0},
    {"dewhiten": False},
    {"whiten": False},
    {"whiten": False, "reweight": 0.0},
]


@parametrize_with_checks(
    [
        VecMapAligner(normalization=()),
        VecMapAligner(self_learning=True, patience=1, csls_neighbors=2, random_state=0),
    ]
)
def test_sklearn_checks_of_other_options(estimator, check):
    check(estimator)


@pytest.mark.parametrize("options", OPTIONS)
def test_equals_the_steps_of_the_paper(spaces, options):
    aligner = fit(VecMapAligner(**options), spaces)
    expected = naive(*spaces, **options)
    mapped = aligner.transform(spaces[2]), aligner.transform_target(spaces[3])
    np.testing.assert_allclose(cosines(*mapped), cosines(*expected), atol=1e-8)
    for ours, theirs in zip(mapped, expected, strict=True):
        np.testing.assert_allclose(np.linalg.norm(ours, axis=1), np.linalg.norm(theirs, axis=1))


def test_equals_the_steps_of_the_paper_on_words(sample):
    aligner = fit(VecMapAligner(), sample)
    mapped = aligner.transform(sample[2]), aligner.transform_target(sample[3])
    assert mapped[0].dtype == mapped[1].dtype == np.float32
    expected = naive(*(rows.astype(np.float64) for rows in sample))
    np.testing.assert_allclose(cosines(*mapped), cosines(*expected), atol=2e-4)
    # Whitened correlations of a dictionary of more pairs than dimensions are below 1.
    assert 0 < aligner.singular_values_[0] < 1
    assert (np.diff(aligner.singular_values_) <= 0).all()


def test_orthogonal_maps_rank_as_procrustes_does(spaces):
    aligner = VecMapAligner(normalization=(), whiten=False, reweight=0.0)
    X, y, source, target = spaces
    aligner.fit(X, y)
    proc = ProcrustesAligner().fit(X, y)
    np.testing.assert_allclose(
        cosines(aligner.transform(source), aligner.transform_target(target)),
        cosines(proc.transform(source), target),
        atol=1e-9,
    )


def test_whitened_dictionary_is_white(spaces):
    aligner = fit(VecMapAligner(reweight=0.0, dewhiten=False), spaces)
    for rows in (aligner.transform(spaces[0]), aligner.transform_target(spaces[1])):
        np.testing.assert_allclose(rows.T @ rows, np.eye(8), atol=1e-9)


@pytest.mark.parametrize("options", [*OPTIONS, {"normalization": ("center",)}])
def test_into_the_target_by_the_inverse_of_its_map(spaces, options):
    aligner = fit(VecMapAligner(shared_space="target", **options), spaces)
    source_map = fit(VecMapAligner(**options), spaces).source_map_
    target_map = fit(VecMapAligner(**options | {"reweight": 0.0}), spaces).target_map_
    np.testing.assert_allclose(aligner.source_map_, source_map @ inv(target_map), atol=1e-9)
    if options.get("dewhiten", True):
        np.testing.assert_allclose(target_map @ target_map.T, np.eye(8), atol=1e-9)
    assert aligner.target_map_ is None


def test_into_the_target_keeps_what_re_weighting_would_drown(sample):
    """Inverting a re-weighted target map finds next to nothing."""
    X, y, source, target = sample
    aligner = fit(VecMapAligner(shared_space="target"), sample)
    shared = fit(VecMapAligner(), sample)
    scores = [each.score(X[::3], y[::3]) for each in (aligner, shared)]
    assert scores[0] > 0.9 * scores[1]
    inverted = shared.source_map_.astype(float) @ inv(shared.target_map_.astype(float))
    normalized = VecMapAligner(whiten=False, reweight=0.0).fit(
        X, y, source_space=source, target_space=target
    )
    rows = normalized._source_normalization(X[::3]) @ inverted
    nearest = cosines(rows, normalized._target_normalization(y[::3])).argmax(axis=1)
    assert np.mean(nearest == np.arange(len(rows))) < 0.5 * scores[0]


@pytest.mark.parametrize("n_components", [1, 3, 8, 50])
def test_n_components_keeps_the_leading_dimensions(spaces, n_components):
    whole = fit(VecMapAligner(), spaces).transform(spaces[2])
    aligner = fit(VecMapAligner(n_components=n_components), spaces)
    np.testing.assert_allclose(aligner.transform(spaces[2]), whole[:, :n_components])
    assert len(aligner.get_feature_names_out()) == min(n_components, 8)


def test_normalization_is_as_asked_and_from_the_whole_space(spaces):
    X, y, source, target = spaces
    aligner = VecMapAligner(normalization=("center",), whiten=False, reweight=0.0).fit(
        X, y, source_space=source, target_space=target
    )
    mapped = aligner.transform(source)
    np.testing.assert_allclose(mapped.mean(axis=0), 0, atol=1e-12)
    centered = source - source.mean(axis=0)
    np.testing.assert_allclose(np.linalg.norm(mapped, axis=1), np.linalg.norm(centered, axis=1))


def test_repeated_pairs_weigh_more(spaces):
    X, y, source, target = spaces
    rows = np.repeat(np.arange(100), np.arange(100) % 3 + 1)
    repeated = X[rows], y[rows], source, target
    aligner = fit(VecMapAligner(), repeated)
    mapped = aligner.transform(source), aligner.transform_target(target)
    np.testing.assert_allclose(cosines(*mapped), cosines(*naive(*repeated)), atol=1e-8)
    once = fit(VecMapAligner(), spaces).transform(source)
    assert np.abs(unit(once) - unit(mapped[0])).max() > 1e-3


@pytest.mark.parametrize("n_pairs", [1, 2, 50, 299])
@pytest.mark.parametrize("options", [{}, {"reweight": 0.0}, {"dewhiten": False}])
def test_fewer_pairs_than_dimensions_do_not_explode(sample, n_pairs, options):
    X, y, source, target = sample
    few = X[:n_pairs], y[:n_pairs], source, target
    with pytest.warns(
        UserWarning, match=rf"{n_pairs} distinct pairs? do(es)? not determine"
    ) as caught:
        aligner = fit(VecMapAligner(**options), few)
    assert len(caught) == 1
    mapped = aligner.transform(source), aligner.transform_target(target)
    for rows in mapped:
        assert np.isfinite(rows).all()
        assert np.linalg.matrix_rank(rows) <= n_pairs
    if options.get("dewhiten", True):
        # Undone, whitening leaves a projection: nothing is longer than the unit vector it was.
        assert max(np.linalg.norm(rows, axis=1).max() for rows in mapped) < 1 + 1e-3
    assert aligner.score(*few[:2]) > 0.9 or n_pairs < 3


def test_dictionary_of_a_subspace_does_not_explode(spaces):
    X, y, source, _ = spaces
    flat = np.array(X)
    flat[:, 4:] = flat[:, :4]
    aligner = VecMapAligner(normalization=()).fit(flat, y)
    mapped = aligner.transform(source)
    assert np.abs(mapped).max() < 10 * np.abs(source).max()
    assert np.linalg.matrix_rank(mapped) == 4


@pytest.mark.parametrize("shape", [(8, 5), (5, 8)])
@pytest.mark.parametrize("options", OPTIONS)
def test_rectangular_spaces(spaces, shape, options):
    X, y, source, target = spaces
    rectangular = X[:, : shape[0]], y[:, : shape[1]], source[:, : shape[0]], target[:, : shape[1]]
    aligner = fit(VecMapAligner(**options), rectangular)
    mapped = aligner.transform(rectangular[2]), aligner.transform_target(rectangular[3])
    assert mapped[0].shape == mapped[1].shape == (400, 5)
    assert aligner.score(*rectangular[:2]) > 0.05  # by chance 0.01


def test_rows_do_not_depend_on_their_company(sample):
    aligner = fit(VecMapAligner(), sample)
    whole = aligner.transform(sample[2])
    order = np.random.default_rng(0).permutation(len(whole))
    np.testing.assert_array_equal(aligner.transform(sample[2][order]), whole[order])
    np.testing.assert_array_equal(aligner.transform(sample[2][7:8]), whole[7:8])


def test_pickles_without_the_spaces(sample):
    aligner = fit(VecMapAligner(), sample)
    stored = pickle.dumps(aligner)
    assert len(stored) < sample[2].nbytes / 2
    np.testing.assert_array_equal(
        pickle.loads(stored).transform(sample[0]), aligner.transform(sample[0])
    )


def test_instamap_on_vecmap(sample):
    X, y, source, target = sample
    aligner = make_aligner_pipeline(VecMapAligner(), InstaMapAligner(n_iter=1))
    aligner.set_params(vecmapaligner__reweight=0.4)
    fit(aligner, sample)
    vecmap = fit(VecMapAligner(reweight=0.4), sample)
    mapped = vecmap.transform(source), vecmap.transform_target(target)
    on_top = InstaMapAligner(n_iter=1).fit(
        vecmap.transform(X),
        vecmap.transform_target(y),
        source_space=mapped[0],
        target_space=mapped[1],
    )
    np.testing.assert_allclose(
        aligner.transform(X), on_top.transform(vecmap.transform(X)), atol=1e-5
    )


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"normalization": ("unit", "scale")}, "sequence of 'center' and 'unit'. Got .*scale"),
        ({"normalization": "unit"}, "sequence of 'center' and 'unit'. Got 'unit'"),
        ({"reweight": -1.0}, "reweight"),
        ({"n_components": 0}, "n_components"),
        ({"vocabulary_cutoff": 0}, "vocabulary_cutoff"),
        ({"keep_probability": 0.0}, "keep_probability"),
        ({"keep_probability": 1.5}, "keep_probability"),
        ({"keep_growth": 1.0}, "keep_growth"),
        ({"patience": 0}, "patience"),
        ({"max_iter": 0}, "max_iter"),
    ],
)
def test_parameters_are_checked(spaces, parameters, message):
    with pytest.raises(ValueError, match=message):
        fit(VecMapAligner(**parameters), spaces)
