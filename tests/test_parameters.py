"""Every parameter of every estimator has a constraint, and is checked before any data."""

from __future__ import annotations

import inspect
from fractions import Fraction
from numbers import Real

import numpy as np
import pytest
import sklearn
from sklearn.preprocessing import Normalizer, StandardScaler

from sklearn_instamap import (
    AlignerPipeline,
    InstaMapAligner,
    InstaMapAlignerCV,
    InstanceTranslator,
    KabschRotation,
    SpaceCentering,
    TwoSidedTransformer,
    all_estimators,
    make_aligner_pipeline,
)
from sklearn_instamap.linear import (
    BLISSAligner,
    ProcrustesAligner,
    RCSLSAligner,
    RidgeAligner,
    VecMapAligner,
)

NEEDED = {
    "AlignerPipeline": {"steps": [("rotate", KabschRotation())]},
    "TwoSidedTransformer": {"transformer": Normalizer()},
}
CASES = [
    (estimator, NEEDED.get(name, {}), parameter)
    for name, estimator in all_estimators()
    for parameter in inspect.signature(estimator).parameters
]
IDS = [f"{estimator.__name__}-{parameter}" for estimator, _, parameter in CASES]


class NoData:
    """Fails as soon as anybody looks at it."""

    def __getattr__(self, name):
        raise AssertionError(f"data was touched: {name}")


def refused(estimator, message):
    with pytest.raises((ValueError, TypeError), match=message) as caught:
        estimator.fit(NoData(), NoData())
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(("estimator", "needed", "parameter"), CASES, ids=IDS)
def test_each_parameter_has_a_constraint_and_keeps_it(estimator, needed, parameter):
    constraint = estimator._parameter_constraints[parameter]
    assert constraint != "no_validation"
    # A value of a type that nothing accepts.
    wrong = type("Wrong", (), {})()
    refused(
        estimator(**{**needed, parameter: wrong}),
        f"The '{parameter}' parameter of {estimator.__name__} must be .* Got .*Wrong",
    )
    takes_truth = any(each in ("boolean", "verbose") for each in constraint if type(each) is str)
    if Real in constraint:
        return  # any number, be it nan
    values = [np.nan, np.inf, 2j] + ([] if takes_truth else [True])
    if str not in constraint:
        values.append("no")
    if not any(type(each) is str and each == "verbose" for each in constraint):
        values += [-0.5]
    for value in values:
        refused(estimator(**{**needed, parameter: value}), f"The '{parameter}' parameter")


def test_defaults_are_allowed():
    X = np.random.default_rng(0).standard_normal((12, 3))
    for name, estimator in all_estimators():
        made = estimator(**NEEDED.get(name, {}))
        with pytest.raises(AssertionError, match="data was touched"):
            made.fit(NoData(), NoData())
    KabschRotation(allow_reflection=np.True_).fit(X, X)
    InstanceTranslator(np.int64(3), step=np.float32(0.5), n_jobs=np.int32(1)).fit(X, X)


@pytest.mark.parametrize(
    ("estimator", "message"),
    [
        (InstaMapAligner(step=np.nan), "'step' .* Got nan"),
        (InstaMapAligner(step=np.inf), "'step' .* Got inf"),
        (InstaMapAligner(step=Fraction(1, 2)), r"'step' .* Got Fraction\(1, 2\)"),
        (RidgeAligner(alphas=[Fraction(1, 2)]), "'alphas'"),
        (InstaMapAligner(n_jobs="2"), "'n_jobs' .* Got '2'"),
        (InstaMapAligner(n_jobs=0), "'n_jobs' .* Got 0"),
        (InstaMapAligner(n_iter=True), "'n_iter' .* Got True"),
        (InstaMapAligner(normalization="unit"), "'normalization' .* Got 'unit'"),
        (InstaMapAligner(normalization=("unit", "middle")), "sequence of 'center' and 'unit'"),
        (KabschRotation(allow_reflection="no"), "'allow_reflection' .* Got 'no'"),
        (KabschRotation(allow_reflection=1), "'allow_reflection' .* Got 1"),
        (ProcrustesAligner(growth=1), "'growth' .* Got 1"),
        (VecMapAligner(keep_probability=0), "'keep_probability' .* Got 0"),
        (VecMapAligner(random_state=-1), "'random_state' .* Got -1"),
        (VecMapAligner(random_state=True), "'random_state' .* Got True"),
        (RCSLSAligner(learning_rate=[1.0, np.inf]), "'learning_rate'"),
        (RCSLSAligner(learning_rate=[]), "'learning_rate'"),
        (SpaceCentering("mean", n_components=2), "'n_components' .* None where method='mean'"),
        (
            BLISSAligner(adversarial_weight=0, supervised_weight=0, orthogonality_weight=0),
            "at least one must be positive",
        ),
        (InstaMapAlignerCV(n_iter=[1, True]), r"'n_iter' .* Got \[1, True\]"),
        (InstaMapAlignerCV(param_grid={"step": [0.5, 7]}, error_score="raise"), "'step' .* Got 7"),
        (InstaMapAlignerCV(param_grid={"stepp": [0.5]}), "Invalid parameter 'stepp'"),
    ],
)
def test_values_that_cannot_be(estimator, message):
    refused(estimator, message)


@pytest.mark.parametrize(
    ("estimator", "message"),
    [
        (
            make_aligner_pipeline(RCSLSAligner(), InstaMapAligner(n_iter=0)),
            "In step 'instamapaligner' of AlignerPipeline: The 'n_iter' .* Got 0 instead",
        ),
        (
            make_aligner_pipeline(Normalizer(norm="l3"), KabschRotation()),
            "In step 'normalizer' of AlignerPipeline: The 'norm' parameter of Normalizer",
        ),
        (
            AlignerPipeline([("inner", make_aligner_pipeline(InstanceTranslator(0)))]),
            "step 'inner' .* step 'instancetranslator' .* The 'n_neighbors' parameter",
        ),
        (
            TwoSidedTransformer(StandardScaler(with_mean="no")),
            "In transformer of TwoSidedTransformer: The 'with_mean' parameter of StandardScaler",
        ),
        (
            InstaMapAlignerCV(estimator=InstaMapAligner(csls_neighbors=0), error_score="raise"),
            "The 'csls_neighbors' parameter of InstaMapAligner",
        ),
    ],
)
def test_steps_are_checked_before_any_of_them_works(estimator, message):
    refused(estimator, message)
    with pytest.raises(ValueError, match=message):
        estimator.fit_transform_spaces(NoData(), NoData(), NoData(), NoData())


def test_who_asks_scikit_learn_not_to_check_is_not_checked():
    X = np.random.default_rng(0).standard_normal((12, 3))
    with sklearn.config_context(skip_parameter_validation=True):
        KabschRotation(allow_reflection=1).fit(X, X)
