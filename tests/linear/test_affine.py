"""Ridge, low-rank and scaled Procrustes maps against what scikit-learn and SciPy compute."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.linalg import orthogonal_procrustes
from sklearn.base import clone
from sklearn.linear_model import LinearRegression, Ridge
from sklearn.model_selection import LeaveOneOut, cross_val_predict

from sklearn_instamap import InstanceTranslator, make_aligner_pipeline
from sklearn_instamap.linear import LowRankAligner, RidgeAligner, ScaledProcrustesAligner

ALIGNERS = [RidgeAligner(), LowRankAligner(3), ScaledProcrustesAligner()]


@pytest.fixture
def pairs():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(60, 6)) + 3
    y = X @ rng.normal(size=(6, 5)) + rng.normal(size=(60, 5)) + np.arange(5.0)
    return X, y


def test_ridge_is_ridge(pairs):
    X, y = pairs
    model = Ridge(2.5).fit(X, y)
    aligner = RidgeAligner(2.5).fit(X, y)
    np.testing.assert_allclose(aligner.transform(X), model.predict(X), atol=1e-10)
    assert aligner.alpha_ == 2.5


@pytest.mark.filterwarnings("ignore:5 distinct pairs do not determine:UserWarning")
@pytest.mark.parametrize("n_pairs", [60, 5])
def test_alpha_is_the_best_when_each_pair_is_left_out(pairs, n_pairs):
    X, y = (rows[:n_pairs] for rows in pairs)
    alphas = (0.01, 1.0, 30.0, 1000.0)
    errors = [
        np.mean((cross_val_predict(Ridge(a), X, y, cv=LeaveOneOut()) - y) ** 2) for a in alphas
    ]
    assert RidgeAligner(alphas).fit(X, y).alpha_ == alphas[int(np.argmin(errors))]


@pytest.mark.parametrize("rank", [1, 2, 4])
def test_reduced_rank_regression_is_the_best_of_its_rank(pairs, rank):
    X, y = pairs
    aligner = LowRankAligner(rank, alphas=1e-9).fit(X, y)
    assert np.linalg.matrix_rank(aligner.source_map_, tol=1e-8) == rank
    centered = LinearRegression().fit(X, y).predict(X) - y.mean(axis=0)
    # What of the predictions of the full regression no map of this rank can have.
    lost = np.sum(np.linalg.svd(centered, compute_uv=False)[rank:] ** 2)
    full = np.sum((y - y.mean(axis=0) - centered) ** 2)
    np.testing.assert_allclose(np.sum((aligner.transform(X) - y) ** 2), full + lost, rtol=1e-8)


def test_all_components_are_ridge_and_the_rotation_does_not_matter_then(pairs):
    X, y = pairs
    expected = RidgeAligner(1e-9).fit(X, y).transform(X)
    for residual_of in (None, "procrustes"):
        aligner = LowRankAligner(99, alphas=1e-9, residual_of=residual_of).fit(X, y)
        assert aligner.n_components_ == 5
        np.testing.assert_allclose(aligner.transform(X), expected, atol=1e-6)


def test_a_rotation_and_a_correction_of_rank_one():
    rng = np.random.default_rng(1)
    X = rng.normal(size=(80, 6))
    rotation, _ = np.linalg.qr(rng.normal(size=(6, 6)))
    y = X @ rotation
    aligner = LowRankAligner(1, residual_of="procrustes").fit(X, y)
    np.testing.assert_allclose(aligner.source_map_, rotation, atol=1e-8)


@pytest.mark.filterwarnings("ignore:The centered source rows have a mean norm:UserWarning")
@pytest.mark.parametrize("scaling", [None, "uniform", "diagonal"])
def test_scaled_procrustes(pairs, scaling):
    X, y = pairs
    X = X[:, :5]
    centered_X, centered_y = X - X.mean(axis=0), y - y.mean(axis=0)
    rotation, _ = orthogonal_procrustes(centered_X, centered_y)
    rotated = centered_X @ rotation
    scale = np.ones(5)
    if scaling == "uniform":
        scale *= np.linalg.lstsq(rotated.reshape(-1, 1), centered_y.ravel(), rcond=None)[0]
    elif scaling == "diagonal":
        for column in range(5):
            part = rotated[:, [column]]
            scale[column] = np.linalg.lstsq(part, centered_y[:, column], rcond=None)[0][0]
    aligner = ScaledProcrustesAligner(scaling).fit(X, y)
    np.testing.assert_allclose(aligner.scale_, scale)
    np.testing.assert_allclose(aligner.transform(X), rotated * scale + y.mean(axis=0))


@pytest.mark.parametrize("aligner", ALIGNERS, ids=lambda each: type(each).__name__)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_target_stays_and_the_means_meet(pairs, aligner, dtype):
    X, y = (rows.astype(dtype) for rows in pairs)
    aligner.fit(X, y)
    mapped = aligner.transform(X)
    assert mapped.dtype == dtype
    assert mapped.shape == y.shape
    np.testing.assert_array_equal(aligner.transform_target(y), y)
    np.testing.assert_allclose(mapped.mean(axis=0), y.mean(axis=0), rtol=1e-4)
    np.testing.assert_array_equal(aligner.transform(X[7:9]), mapped[7:9])


@pytest.mark.parametrize("aligner", ALIGNERS, ids=lambda each: type(each).__name__)
def test_instamap_moves_what_a_linear_map_leaves_over(pairs, aligner):
    X, y = pairs
    alone = aligner.fit(X, y)
    error = np.linalg.norm(alone.transform(X) - y)
    pipeline = make_aligner_pipeline(aligner, InstanceTranslator(5)).fit(X, y)
    assert np.linalg.norm(pipeline.transform(X) - pipeline.transform_target(y)) < error


@pytest.mark.parametrize("aligner", ALIGNERS, ids=lambda each: type(each).__name__)
def test_one_pair(aligner):
    with pytest.warns(UserWarning, match="1 distinct pair does not determine"):
        aligner.fit([[1.0, 2.0]], [[3.0, 4.0, 5.0]])
    np.testing.assert_allclose(aligner.transform([[1.0, 2.0]]), [[3.0, 4.0, 5.0]])


@pytest.mark.parametrize("aligner", [RidgeAligner(), LowRankAligner(2)])
def test_a_regression_needs_as_many_pairs_as_the_source_has_dimensions(aligner):
    X, y = np.random.default_rng(0).standard_normal((2, 8, 9))
    with pytest.warns(UserWarning, match="from 9 to 3 dimensions.*give at least 9 pairs"):
        aligner.fit(X, y[:, :3])
    aligner.fit(X[:, :8], y)


@pytest.mark.parametrize("aligner", ALIGNERS, ids=lambda each: type(each).__name__)
def test_the_scale_of_the_source_changes_nothing(pairs, aligner):
    X, y = pairs
    expected = clone(aligner).fit(X, y).transform(X)
    for factor in (1e-8, 1e5):
        mapped = clone(aligner).fit(X * factor, y).transform(X * factor)
        np.testing.assert_allclose(mapped, expected, rtol=1e-6)


@pytest.mark.parametrize(
    ("aligner", "factor", "message"),
    [
        (
            RidgeAligner(1.0),
            1e-4,
            "alphas are 1 or more, but the squares .* sum to 3.*leave alphas",
        ),
        (RidgeAligner([1.0, 10.0]), 1e-4, "alphas are 1 or more"),
        (
            LowRankAligner(2, residual_of="procrustes"),
            50,
            "mean norm of 117 and .*residual_of=None",
        ),
        (ScaledProcrustesAligner(None), 0.1, "mean norm of 0.2.*pass scaling='uniform'"),
    ],
)
def test_a_map_that_the_scale_makes_useless_is_said(pairs, aligner, factor, message):
    X, y = pairs
    with pytest.warns(UserWarning, match=message):
        aligner.fit(X * factor, y)
