from __future__ import annotations

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.decomposition import PCA
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import Normalizer, StandardScaler

from sklearn_instamap import (
    AlignerPipeline,
    InstaMapAligner,
    KabschRotation,
    TwoSidedTransformer,
    make_aligner_pipeline,
)

RNG = np.random.default_rng(0)
X, Y = RNG.standard_normal((2, 30, 5))
SOURCE = np.r_[X, RNG.standard_normal((80, 5)) + 3]
TARGET = np.r_[Y, RNG.standard_normal((90, 5)) - 3]


def centered(rows, space):
    return rows - space.mean(axis=0)


def test_every_step_maps_both_sides_and_is_fitted_on_the_whole_spaces():
    pipeline = make_aligner_pipeline(StandardScaler(with_std=False), KabschRotation())
    pipeline.fit(X, Y, source_space=SOURCE, target_space=TARGET)
    rotation = KabschRotation().fit(centered(X, SOURCE), centered(Y, TARGET))
    np.testing.assert_allclose(pipeline.transform(X), rotation.transform(centered(X, SOURCE)))
    np.testing.assert_allclose(pipeline.transform_target(Y), centered(Y, TARGET))


def test_without_spaces_the_pairs_stand_in():
    pipeline = make_aligner_pipeline(StandardScaler(with_std=False), KabschRotation()).fit(X, Y)
    np.testing.assert_allclose(pipeline.transform_target(Y), centered(Y, Y))


def test_one_space_alone_is_used_for_its_side():
    pipeline = make_aligner_pipeline(StandardScaler(with_std=False), KabschRotation())
    pipeline.fit(X, Y, target_space=TARGET)
    np.testing.assert_allclose(pipeline.transform_target(Y), centered(Y, TARGET))
    step = pipeline.named_steps_["standardscaler"]
    np.testing.assert_allclose(step.source_transformer_.mean_, X.mean(axis=0))


def test_later_steps_see_mapped_spaces():
    pipeline = make_aligner_pipeline(
        StandardScaler(with_std=False), Normalizer(), StandardScaler(with_std=False)
    ).fit(X, Y, source_space=SOURCE, target_space=TARGET)
    unit = Normalizer().transform(centered(SOURCE, SOURCE))
    last = pipeline.steps_[-1][1]
    np.testing.assert_allclose(last.source_transformer_.mean_, unit.mean(axis=0))


def test_fit_transform_spaces_equals_fit_then_transform():
    pipeline = make_aligner_pipeline(
        Normalizer(), StandardScaler(with_std=False), InstaMapAligner(n_neighbors=5, n_iter=2)
    )
    source, target = pipeline.fit_transform_spaces(X, Y, SOURCE, TARGET)
    other = clone(pipeline).fit(X, Y, source_space=SOURCE, target_space=TARGET)
    np.testing.assert_array_equal(source, other.transform(SOURCE))
    np.testing.assert_array_equal(target, other.transform_target(TARGET))


def test_steps_given_stay_unfitted_and_parameters_are_reachable():
    steps = [("unit", Normalizer()), ("align", InstaMapAligner())]
    pipeline = AlignerPipeline(steps).set_params(align__n_neighbors=3, align__n_iter=1)
    pipeline.fit(X, Y)
    assert not hasattr(steps[1][1], "stages_")
    assert pipeline.steps is steps
    assert pipeline.get_params()["align__n_neighbors"] == 3
    assert pipeline.named_steps_["align"].n_neighbors == 3
    assert isinstance(pipeline.named_steps_["unit"], TwoSidedTransformer)
    assert len(pipeline) == 2
    pipeline.set_params(unit=StandardScaler())
    assert isinstance(pipeline.steps[0][1], StandardScaler)


def test_a_pipeline_is_an_aligner_among_others():
    inner = make_aligner_pipeline(Normalizer(), KabschRotation())
    outer = make_aligner_pipeline(inner, InstaMapAligner(n_neighbors=3, n_iter=1)).fit(X, Y)
    assert outer.transform(X).shape == (30, 5)
    assert outer.get_params()["alignerpipeline__kabschrotation__allow_reflection"] is False
    plain = Pipeline([("scale", StandardScaler()), ("align", outer)]).fit(X, Y)
    assert plain.transform(X).shape == (30, 5)


def test_a_transformer_that_changes_precision_or_container_does_not_leak():
    single = make_aligner_pipeline(PCA(n_components=3).set_output(transform="pandas"))
    mapped = single.fit(X.astype(np.float32), Y.astype(np.float32)).transform(X.astype(np.float32))
    assert isinstance(mapped, np.ndarray)
    assert mapped.dtype == np.float32


@pytest.mark.parametrize(
    ("steps", "error", "message"),
    [
        ([], ValueError, "needs at least one step"),
        ([("a", "nonsense")], TypeError, "The step 'a' of AlignerPipeline is 'nonsense'"),
        ([("a", Normalizer()), ("a", Normalizer())], ValueError, "not unique"),
        ([("a__b", Normalizer())], ValueError, "must not contain __"),
    ],
)
def test_bad_steps(steps, error, message):
    with pytest.raises(error, match=message):
        AlignerPipeline(steps).fit(X, Y)
