"""scikit-learn's own checks on every public estimator, and those it does not yield by itself."""

from __future__ import annotations

import os

import numpy as np
import pytest
from sklearn.base import BaseEstimator
from sklearn.decomposition import PCA
from sklearn.utils import estimator_checks, get_tags
from sklearn.utils.estimator_checks import parametrize_with_checks

from sklearn_instamap import KabschRotation, all_estimators

# Estimators that cannot be made without arguments, and arguments that make them quick on the
# dozens of tiny data sets of the checks without changing what is computed.
ARGUMENTS = {
    "AlignerPipeline": {"steps": [("pca", PCA(n_components=1)), ("rotate", KabschRotation())]},
    "TwoSidedTransformer": {"transformer": PCA(n_components=1)},
    "InstaMapAlignerCV": {"n_neighbors": (3, 10), "n_iter": (1, 2)},
    "BLISSAligner": {"n_epochs": 1, "steps_per_epoch": 2, "hidden_units": 8},
    "ContrastiveAligner": {"n_steps": 2},
}
NEEDS_TORCH = {"BLISSAligner"}


def is_of_arrays(estimator: BaseEstimator) -> bool:
    """Whether an estimator takes arrays of numbers; those of words have tests of their own."""
    return get_tags(estimator).input_tags.two_d_array


def instances() -> list[BaseEstimator]:
    try:
        import torch  # noqa: F401
    except ImportError:
        skipped = NEEDS_TORCH
    else:
        skipped = set()
    made = [
        estimator(**ARGUMENTS.get(name, {}))
        for name, estimator in all_estimators()
        if name not in skipped
    ]
    return [estimator for estimator in made if is_of_arrays(estimator)]


# The checks fit data sets of 10 to 50 pairs, fewer than the 70 neighbors of the default, and
# targets that are labels, of another length than the rows.
not_spaces = pytest.mark.filterwarnings(
    "ignore:n_neighbors=:UserWarning",
    "ignore:.* distinct pairs? do(es)? not determine:UserWarning",
    "ignore:The source rows have a mean norm of:UserWarning",
    "ignore:The pairs have a mean cosine of:UserWarning",
    "ignore:The centered source rows have a mean norm of:UserWarning",
)


def test_the_array_api_checks_are_on():
    assert os.environ["SCIPY_ARRAY_API"] == "1"


def test_discovery_finds_the_estimators_of_the_package():
    names = {name for name, _ in all_estimators()}
    assert {"KabschRotation", "InstanceTranslator", "InstaMapAligner", "AlignerPipeline"} <= names
    assert not any(name.startswith("_") for name in names)


@not_spaces
@parametrize_with_checks(instances())
def test_sklearn_compatible(estimator, check):
    check(estimator)


# Checks of scikit-learn's own test suite that check_estimator does not yield.
UNYIELDED = [
    "check_set_output_transform",
    "check_set_output_transform_pandas",
    "check_set_output_transform_polars",
    "check_global_output_transform_pandas",
    "check_global_set_output_transform_polars",
    "check_dataframe_column_names_consistency",
    "check_transformer_get_feature_names_out",
    "check_transformer_get_feature_names_out_pandas",
    "check_n_features_in_after_fitting",
]


@not_spaces
# Some of these checks mix arrays and frames on purpose; scikit-learn's own runs ignore this too.
@pytest.mark.filterwarnings("ignore:X (does not have|has):UserWarning")
@pytest.mark.parametrize("estimator", instances(), ids=lambda e: type(e).__name__)
@pytest.mark.parametrize("check", UNYIELDED)
def test_unyielded_checks(estimator, check):
    getattr(estimator_checks, check)(type(estimator).__name__, estimator)


@not_spaces
@pytest.mark.parametrize("estimator", instances(), ids=lambda e: type(e).__name__)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_both_sides_keep_their_precision(estimator, dtype):
    rng = np.random.default_rng(0)
    X = rng.standard_normal((30, 4)).astype(dtype)
    y = rng.standard_normal((30, 3)).astype(dtype)
    estimator.fit(X, y)
    assert estimator.transform(X).dtype == dtype
    if hasattr(estimator, "transform_target"):
        assert estimator.transform_target(y).dtype == dtype
        assert estimator.transform_target(y).shape == estimator.transform(X).shape
        assert type(estimator.score(X, y)) is float


@not_spaces
@pytest.mark.parametrize("estimator", instances(), ids=lambda e: type(e).__name__)
def test_half_precision_becomes_single(estimator):
    rng = np.random.default_rng(0)
    X = rng.standard_normal((30, 4)).astype(np.float16)
    y = rng.standard_normal((30, 3)).astype(np.float16)
    estimator.fit(X, y)
    mapped = estimator.transform(X)
    assert mapped.dtype == np.float32
    np.testing.assert_array_equal(estimator.transform(list(X)), mapped)
    if hasattr(estimator, "transform_target"):
        assert estimator.transform_target(y).dtype == np.float32
