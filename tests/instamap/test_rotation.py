from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.linalg import orthogonal_procrustes
from scipy.spatial.transform import Rotation
from scipy.stats import ortho_group

from sklearn_instamap import KabschRotation
from sklearn_instamap.instamap._rotation import cross_covariance


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("mirrored", [False, True])
def test_equals_scipy_align_vectors_in_three_dimensions(seed, mirrored):
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((20, 3))
    y = Rotation.from_rotvec(rng.standard_normal(3)).apply(X) + 0.1 * rng.standard_normal((20, 3))
    if mirrored:
        # The best orthogonal map is a reflection: here the determinant has to be corrected.
        y[:, 0] *= -1
    expected, _ = Rotation.align_vectors(y, X)
    rotation = KabschRotation().fit(X, y)
    np.testing.assert_allclose(rotation.rotation_.T, expected.as_matrix(), atol=1e-7)
    assert (rotation.singular_values_[-1] < 0) == mirrored


@pytest.mark.parametrize("seed", range(5))
def test_equals_scipy_procrustes_where_reflections_are_allowed(seed):
    rng = np.random.default_rng(seed)
    X, y = rng.standard_normal((2, 40, 6))
    expected, scale = orthogonal_procrustes(X, y)
    rotation = KabschRotation(allow_reflection=True).fit(X, y)
    np.testing.assert_allclose(rotation.rotation_, expected, atol=1e-10)
    np.testing.assert_allclose(rotation.singular_values_.sum(), scale)


@pytest.mark.filterwarnings("ignore:.* distinct pairs? do(es)? not determine:UserWarning")
@settings(max_examples=40)
@given(
    n=st.integers(1, 12),
    d_source=st.integers(1, 7),
    d_target=st.integers(1, 7),
    seed=st.integers(0, 10_000),
)
def test_semi_orthogonal_whatever_the_shape(n, d_source, d_target, seed):
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((n, d_source))
    y = rng.standard_normal((n, d_target))
    matrix = KabschRotation().fit(X, y).rotation_
    gram = matrix.T @ matrix if d_source >= d_target else matrix @ matrix.T
    np.testing.assert_allclose(gram, np.eye(min(d_source, d_target)), atol=1e-10)
    if d_source == d_target:
        assert np.linalg.det(matrix) == pytest.approx(1)


@pytest.mark.parametrize("d", [2, 5, 30])
def test_finds_a_known_rotation_and_its_inverse(d):
    rng = np.random.default_rng(d)
    turn = ortho_group(d, seed=d).rvs()
    turn[:, 0] *= np.sign(np.linalg.det(turn))
    X = rng.standard_normal((3 * d, d))
    rotation = KabschRotation().fit(X, X @ turn)
    np.testing.assert_allclose(rotation.rotation_, turn, atol=1e-10)
    np.testing.assert_allclose(rotation.inverse_transform(rotation.transform(X)), X, atol=1e-10)


def test_a_narrower_source_is_embedded_and_comes_back():
    rng = np.random.default_rng(0)
    X = rng.standard_normal((50, 3))
    y = X @ np.linalg.qr(rng.standard_normal((7, 3)))[0].T
    rotation = KabschRotation().fit(X, y)
    np.testing.assert_allclose(rotation.transform(X), y, atol=1e-10)
    np.testing.assert_allclose(rotation.inverse_transform(y), X, atol=1e-10)


def test_inverse_transform_refuses_the_wrong_width():
    rotation = KabschRotation().fit(np.eye(3), np.eye(3))
    with pytest.raises(ValueError, match=r"X has 2 features, but the shared space .* has 3"):
        rotation.inverse_transform(np.eye(2))


def test_covariance_in_chunks(monkeypatch):
    monkeypatch.setattr("sklearn_instamap._engine._products._CHUNK", 7)
    X, y = np.random.default_rng(0).standard_normal((2, 30, 4)).astype(np.float32)
    np.testing.assert_allclose(cross_covariance(X, y), X.astype(float).T @ y.astype(float))


def test_transform_target_leaves_the_callers_array_alone():
    y = np.eye(3)
    mapped = KabschRotation().fit(np.eye(3), y).transform_target(y)
    mapped[:] = 7
    np.testing.assert_array_equal(y, np.eye(3))
