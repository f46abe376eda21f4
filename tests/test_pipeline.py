from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, clone
from sklearn.decomposition import PCA
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer, KBinsDiscretizer, Normalizer, StandardScaler

from sklearn_instamap import (
    AlignerPipeline,
    InstaMapAligner,
    InstanceTranslator,
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


# As scikit-learn's Pipeline does ----------------------------------------------------------------


@pytest.fixture
def three():
    return AlignerPipeline(
        [("unit", Normalizer()), ("rotate", KabschRotation()), ("move", InstanceTranslator(5))]
    )


@pytest.mark.parametrize("nothing", ["passthrough", None])
def test_steps_that_do_nothing(three, nothing):
    expected = make_aligner_pipeline(KabschRotation(), InstanceTranslator(5)).fit(X, Y)
    three.set_params(unit=nothing).fit(X, Y)
    np.testing.assert_array_equal(three.transform(X), expected.transform(X))
    np.testing.assert_array_equal(three.transform_target(Y), expected.transform_target(Y))
    three.set_params(move=nothing)
    mapped = three.fit_transform_spaces(X, Y, SOURCE, TARGET)
    np.testing.assert_array_equal(mapped[0], KabschRotation().fit(X, Y).transform(SOURCE))
    np.testing.assert_array_equal(mapped[1], TARGET)
    assert list(three.get_feature_names_out()) == [f"alignerpipeline{i}" for i in range(5)]
    np.testing.assert_array_equal(AlignerPipeline([("n", nothing)]).fit(X, Y).transform(X), X)


def test_steps_that_do_nothing_in_a_grid(three):
    grid = {"unit": ["passthrough", None, Normalizer()], "rotate__allow_reflection": [True, False]}
    search = GridSearchCV(three, grid, cv=3, error_score="raise").fit(X, Y)
    assert len(search.cv_results_["params"]) == 6
    scores = search.cv_results_["mean_test_score"]
    # A grid is in the order of the names: three ways of the first step for each of the second.
    np.testing.assert_array_equal(scores[[0, 3]], scores[[1, 4]])


def test_indexing_slicing_and_names(three):
    assert len(three) == 3
    assert three[1] is three.steps[1][1] is three["rotate"] is three.named_steps.rotate
    assert [name for name, _ in three[:2].steps] == ["unit", "rotate"]
    three.fit(X, Y, source_space=SOURCE, target_space=TARGET)
    assert three["rotate"].rotation_.shape == (5, 5)
    assert three[-1] is three.named_steps["move"] is three.named_steps_["move"]
    first, last = three[:-1], three[-1:]
    np.testing.assert_array_equal(last.transform(first.transform(X)), three.transform(X))
    np.testing.assert_array_equal(
        last.transform_target(first.transform_target(Y)), three.transform_target(Y)
    )
    assert isinstance(first.score(X, Y), float)
    assert first.fit(X, Y) is first
    with pytest.raises(ValueError, match="must have a step of 1"):
        three[::2]
    with pytest.raises(IndexError):
        three[7]
    with pytest.raises(KeyError):
        three["other"]


def test_dimensions_of_slices():
    pipeline = make_aligner_pipeline(PCA(3), "passthrough", PCA(2)).fit(X, Y)
    dims = [
        pipeline[i : i + 1].transform(np.ones((1, d))).shape[1] for i, d in enumerate((5, 3, 3))
    ]
    assert dims == [3, 3, 2]
    assert pipeline[1:].n_features_in_ == 3
    assert pipeline[:0].steps == []


def test_the_first_step_knows_the_columns(three):
    frame = pd.DataFrame(X, columns=list("abcde"))
    three.fit(frame, Y)
    np.testing.assert_allclose(three[0].transform(frame), Normalizer().transform(X))
    with pytest.raises(ValueError, match="feature names should match"):
        three[0].transform(frame[list("edcba")])


def test_slices_of_a_stage():
    """A stage of InstaMap is a pipeline that was fitted inside of an aligner."""
    stage = InstaMapAligner(10, n_iter=1).fit(X, Y).stages_[0]
    rotated = stage[:-1].transform(X)
    np.testing.assert_array_equal(stage[-1:].transform(rotated), stage.transform(X))


def test_memory_and_verbose(three, tmp_path, capsys, monkeypatch):
    expected = clone(three).fit(X, Y)
    three.set_params(memory=str(tmp_path), verbose=True)
    calls = []
    fit = KabschRotation._fit_pairs
    monkeypatch.setattr(
        KabschRotation, "_fit_pairs", lambda *arguments: calls.append(1) or fit(*arguments)
    )
    for _ in range(2):
        three.fit(X, Y)
        np.testing.assert_array_equal(three.transform(X), expected.transform(X))
    assert len(calls) == 1
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 6
    # As scikit-learn's: a step that does nothing has its line.
    three.set_params(rotate=None, move=None).fit(X, Y)
    assert len(capsys.readouterr().out.splitlines()) == 3
    assert lines[1].startswith("[AlignerPipeline]")
    assert "(step 2 of 3) Processing rotate, total=" in lines[1]


def test_the_diagram_shows_the_steps(three):
    for html in (three._repr_html_(), three.fit(X, Y)._repr_html_()):
        for name in ("Normalizer", "KabschRotation", "InstanceTranslator"):
            assert name in html
        assert "sk-serial" in html
        assert "/api/generated/sklearn_instamap.AlignerPipeline.html" in html
        assert "/api/generated/sklearn_instamap.KabschRotation.html" in html


class Mirror(BaseEstimator):
    """Somebody else's aligner: no class of ours, no hooks."""

    def fit(self, X, y):
        assert y is not None
        self.sign_ = -1.0
        return self

    def transform(self, X):
        return X * self.sign_

    def transform_target(self, y):
        return y + 1


class Recorder(Mirror):
    def fit(self, X, y, source_space=None, target_space=None):
        self.shapes_ = None if source_space is None else (source_space.shape, target_space.shape)
        return super().fit(X, y)


def test_whatever_maps_the_target_is_an_aligner():
    pipeline = make_aligner_pipeline(Mirror(), Recorder(), StandardScaler(with_std=False))
    pipeline.fit(X, Y, source_space=SOURCE, target_space=TARGET)
    np.testing.assert_allclose(pipeline[:2].transform(X), X)
    np.testing.assert_allclose(pipeline[:2].transform_target(Y), Y + 2)
    assert pipeline[1].aligner_.shapes_ == (SOURCE.shape, TARGET.shape)
    assert not hasattr(pipeline.steps[0][1], "sign_")


def test_frozen_steps_stay_frozen():
    rotation = KabschRotation().fit(SOURCE[:20], TARGET[:20])
    scaler = StandardScaler(with_std=False).fit(SOURCE)
    pipeline = make_aligner_pipeline(FrozenEstimator(scaler), FrozenEstimator(rotation))
    pipeline.fit(X, Y, source_space=SOURCE, target_space=TARGET)
    np.testing.assert_allclose(pipeline.transform(X), rotation.transform(scaler.transform(X)))
    np.testing.assert_allclose(pipeline.transform_target(Y), scaler.transform(Y))
    with pytest.raises(NotFittedError):
        make_aligner_pipeline(FrozenEstimator(KabschRotation())).fit(X, Y)


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (np.log, "FunctionTransformer returns values that are not finite for finite rows"),
        (lambda rows: rows[1:], r"shape \(0, 2\) for 1 row; a step must keep the rows"),
    ],
)
def test_what_a_step_makes_of_the_rows_is_checked(function, message):
    rows = np.random.default_rng(0).standard_normal((30, 2))
    pipeline = make_aligner_pipeline(FunctionTransformer(function), KabschRotation())
    with np.errstate(invalid="ignore"), pytest.raises(ValueError, match=message):
        pipeline.fit(rows, rows)


def test_sparse_output_of_a_step_is_taken():
    rows = np.random.default_rng(0).standard_normal((30, 2))
    bins = KBinsDiscretizer(3, encode="onehot", strategy="uniform")
    mapped = make_aligner_pipeline(bins, KabschRotation()).fit(rows, rows).transform(rows)
    assert mapped.shape == (30, 6)


@pytest.mark.parametrize("steps", [[KabschRotation()], [("a", 1, 2)], ["ab"], [(1, None)]])
def test_steps_that_are_no_pairs(steps):
    with pytest.raises(ValueError, match="pairs of a name and an estimator, got"):
        AlignerPipeline(steps).fit([[1.0]], [[1.0]])
