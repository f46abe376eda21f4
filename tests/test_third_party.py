"""An aligner written outside the package, against what `sklearn_instamap.base` promises."""

from __future__ import annotations

import inspect
from numbers import Real

import numpy as np
import pytest
from sklearn.base import BaseEstimator, clone
from sklearn.model_selection import GridSearchCV
from sklearn.preprocessing import Normalizer
from sklearn.utils._param_validation import Interval
from sklearn.utils.estimator_checks import parametrize_with_checks

from sklearn_instamap import EmbeddingSpace, make_aligner_pipeline
from sklearn_instamap.base import AlignerMixin


class LeastSquaresAligner(AlignerMixin, BaseEstimator):
    """Map the source by ridge regression; the target stays."""

    _parameter_constraints = {"alpha": [Interval(Real, 0, None, closed="left")]}  # noqa: RUF012

    def __init__(self, alpha=1e-6):
        self.alpha = alpha

    def _fit_pairs(self, X, y, source, target):
        gram = X.T @ X + self.alpha * np.eye(X.shape[1], dtype=X.dtype)
        self.source_map_ = np.linalg.solve(gram, X.T @ y).astype(X.dtype)

    def _map_source(self, X):
        # Row by row, so that the bits of an image do not depend on its company.
        return np.stack([row @ self.source_map_.astype(X.dtype) for row in X])

    def _map_target(self, y):
        return y


def test_it_is_short():
    assert len(inspect.getsource(LeastSquaresAligner).splitlines()) <= 30


@pytest.mark.filterwarnings("ignore:.* distinct pairs? do(es)? not determine:UserWarning")
@parametrize_with_checks([LeastSquaresAligner()])
def test_it_passes_the_checks_of_scikit_learn(estimator, check):
    check(estimator)


@pytest.fixture
def data():
    rng = np.random.default_rng(0)
    source = rng.standard_normal((50, 4))
    target = source @ rng.standard_normal((4, 3)) + 0.01 * rng.standard_normal((50, 3))
    return source[:30], target[:30], source, target


def test_what_it_gets_for_nothing(data, tmp_path):
    X, y, source, target = data
    aligner = LeastSquaresAligner()
    mapped, kept = aligner.fit_transform_spaces(X, y, source, target)
    np.testing.assert_array_equal(mapped, aligner.transform(source))
    np.testing.assert_array_equal(kept, target)
    assert aligner.score(X, y) == 1.0
    assert list(aligner.get_feature_names_out())[-1] == "leastsquaresaligner2"
    words = EmbeddingSpace(map(str, range(50)), source)
    assert aligner.transform(words).words == words.words
    with pytest.raises(ValueError, match="'alpha' parameter of LeastSquaresAligner"):
        LeastSquaresAligner(-1.0).fit(X, y)
    with pytest.raises(ValueError, match="rows of X are not rows of source_space"):
        aligner.fit(X + 1, y, source_space=source)


def test_it_stands_in_pipelines_and_searches(data):
    X, y, source, target = data
    pipeline = make_aligner_pipeline(Normalizer(), LeastSquaresAligner())
    search = GridSearchCV(pipeline, {"leastsquaresaligner__alpha": [1e-6, 1.0]}, cv=3)
    search.fit(X, y, source_space=source, target_space=target)
    assert search.best_score_ > 0.5
    assert clone(pipeline).set_params(normalizer="passthrough").fit(X, y).score(X, y) == 1.0
    with pytest.raises(ValueError, match="In step 'leastsquaresaligner' of AlignerPipeline"):
        pipeline.set_params(leastsquaresaligner__alpha=-1.0).fit(X, y)


def test_dimensions_follow_another_fit(data):
    X, y, *_ = data
    aligner = LeastSquaresAligner().fit(X, y)
    assert aligner.fit(X, y[:, :2]).transform(X).shape == (30, 2)
    assert len(aligner.get_feature_names_out()) == 2
