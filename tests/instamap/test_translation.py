from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sklearn_instamap import InstanceTranslator


def cosine(a, b):
    norm = math.sqrt(sum(v * v for v in a)) * math.sqrt(sum(v * v for v in b))
    return sum(v * w for v, w in zip(a, b, strict=True)) / norm if norm else 0.0


def naive(point, near, far, n_neighbors, step, direction):
    """Eq. 3 (direction 1, near = source side) and eq. 4 (direction -1), word for word."""
    similarities = [cosine(point, entry) for entry in near]
    order = sorted(range(len(near)), key=lambda i: (-similarities[i], i))[:n_neighbors]
    total = sum(similarities[i] for i in order)
    moved = []
    for d in range(len(point)):
        numerator = 0.0
        for i in order:
            source, target = (near[i], far[i]) if direction == 1 else (far[i], near[i])
            numerator += similarities[i] * (target[d] - source[d])
        moved.append(point[d] + direction * step * numerator / total)
    return moved


@pytest.mark.parametrize("n_neighbors", [1, 3, 20, 25])
@pytest.mark.parametrize("step", [1.0, 0.5])
def test_equations_3_and_4_against_a_double_loop(n_neighbors, step):
    rng = np.random.default_rng(n_neighbors)
    # The common offset keeps each sum of cosines away from zero, where eqs. 3 and 4 end.
    X, y = rng.standard_normal((2, 25, 6)) + 2.0
    points = rng.standard_normal((40, 6)) + 2.0
    translator = InstanceTranslator(n_neighbors, step=step).fit(X, y)
    expected = [naive(p, X.tolist(), y.tolist(), n_neighbors, step, 1) for p in points.tolist()]
    np.testing.assert_allclose(translator.transform(points), expected, atol=1e-10)
    expected = [naive(p, y.tolist(), X.tolist(), n_neighbors, step, -1) for p in points.tolist()]
    np.testing.assert_allclose(translator.transform_target(points), expected, atol=1e-10)


def test_half_a_step_on_both_sides_meets_in_the_middle():
    X, y = np.random.default_rng(0).standard_normal((2, 5, 3)) + 2.0
    translator = InstanceTranslator(n_neighbors=1, step=0.5).fit(X, y)
    np.testing.assert_allclose(translator.transform(X), (X + y) / 2)
    np.testing.assert_allclose(translator.transform_target(y), (X + y) / 2)


def test_no_step_moves_nothing():
    X, y = np.random.default_rng(0).standard_normal((2, 5, 3))
    translator = InstanceTranslator(n_neighbors=2, step=0.0).fit(X, y)
    np.testing.assert_array_equal(translator.transform(X), X)


@pytest.mark.filterwarnings("ignore:The source rows have a mean norm:UserWarning")
def test_a_point_without_neighbors_to_follow_stays():
    X = np.array([[1.0, 0.0], [-1.0, 0.0]])
    y = X + 5.0
    translator = InstanceTranslator(n_neighbors=2).fit(X, y)
    points = np.array(
        [
            [0.0, 0.0],  # no direction at all
            [2.0, 0.0],  # cosines 1 and -1 cancel exactly
            [0.0, 3.0],  # at right angles to every entry
        ]
    )
    np.testing.assert_array_equal(translator.transform(points), points)


@pytest.mark.filterwarnings("ignore:The source rows have a mean norm:UserWarning")
def test_negative_cosines_alone_do_not_push():
    translator = InstanceTranslator(n_neighbors=1).fit([[1.0, 0.0]], [[9.0, 9.0]])
    np.testing.assert_array_equal(translator.transform([[-2.0, 0.0]]), [[-2.0, 0.0]])


@settings(max_examples=60)
@given(
    st.integers(1, 6).flatmap(
        lambda d: st.tuples(
            st.lists(st.lists(st.integers(-2, 2), min_size=d, max_size=d), min_size=2, max_size=8),
            st.integers(1, 5),
        )
    )
)
def test_never_nan_or_infinite(rows_and_k):
    rows, n_neighbors = rows_and_k
    X = np.array(rows, dtype=np.float32)
    translator = InstanceTranslator(min(n_neighbors, len(X))).fit(X, X[::-1])
    assert np.isfinite(translator.transform(X)).all()
    assert np.isfinite(translator.transform_target(X)).all()


def test_more_neighbors_than_pairs_warns_and_takes_all():
    X, y = np.random.default_rng(0).standard_normal((2, 5, 3)) + 2.0
    with pytest.warns(
        UserWarning, match="n_neighbors=9 is more than the number of pairs in the dictionary, 5;"
    ):
        many = InstanceTranslator(n_neighbors=9).fit(X, y)
    assert many.n_neighbors_ == 5
    exact = InstanceTranslator(n_neighbors=5).fit(X, y)
    np.testing.assert_array_equal(many.transform(X), exact.transform(X))


def test_the_narrower_side_is_padded():
    X = np.array([[1.0, 2.0, 3.0]])
    translator = InstanceTranslator(n_neighbors=1).fit(X, np.array([[4.0]]))
    np.testing.assert_allclose(translator.transform(X), [[4.0, 0.0, 0.0]])
    np.testing.assert_allclose(translator.transform_target([[4.0]]), X)


@pytest.mark.parametrize(
    ("parameters", "error", "message"),
    [
        ({"n_neighbors": 0}, ValueError, "'n_neighbors' parameter .* Got 0 instead"),
        ({"n_neighbors": 2.5}, TypeError, "'n_neighbors' parameter .* an int .* Got 2.5 instead"),
        (
            {"n_neighbors": 1, "step": 1.5},
            ValueError,
            r"'step' parameter .* \[0.0, 1.0\]. Got 1.5",
        ),
    ],
)
def test_bad_parameters(parameters, error, message):
    with pytest.raises(error, match=message):
        InstanceTranslator(**parameters).fit(np.eye(2), np.eye(2))
