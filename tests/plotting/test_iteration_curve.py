"""The curve of scores against the number of iterations, and curves of parameter searches."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV
from sklearn.preprocessing import Normalizer
from sklearn.utils import Bunch

from sklearn_instamap import (
    InstaMapAligner,
    InstaMapAlignerCV,
    KabschRotation,
    make_aligner_pipeline,
)
from sklearn_instamap.datasets import make_bilingual_spaces
from sklearn_instamap.io import lookup_pairs
from sklearn_instamap.metrics import make_bli_scorer
from sklearn_instamap.plotting import (
    IterationCurveDisplay,
    NeighborCurveDisplay,
    SpaceMapDisplay,
)


@pytest.fixture(scope="module")
def data() -> Bunch:
    bunch = make_bilingual_spaces(n_words=300, n_features=12, n_train=80, n_test=60)
    bunch.pairs = lookup_pairs(bunch.test, bunch.source, bunch.target)[:2]
    bunch.spaces = {"source_space": bunch.source, "target_space": bunch.target}
    return bunch


@pytest.fixture(scope="module")
def search(data) -> InstaMapAlignerCV:
    return InstaMapAlignerCV((20, 5), (1, 2, 3), cv=2).fit(data.X, data.y, **data.spaces)


def scores_by_hand(make, data, scorer, n_iters=(1, 2, 3)):
    return [
        scorer(make(n_iter).fit(data.X, data.y, **data.spaces), *data.pairs) for n_iter in n_iters
    ]


def test_each_iteration_is_a_fit_with_fewer(data):
    fitted = InstaMapAligner(10, 3).fit(data.X, data.y, **data.spaces)
    display = IterationCurveDisplay.from_estimator(fitted, *data.pairs, target_space=data.target)
    scorer = make_bli_scorer(data.target)
    expected = scores_by_hand(lambda n_iter: InstaMapAligner(10, n_iter), data, scorer)
    assert display.scores["P@1"].tolist() == expected
    assert len(set(expected)) > 1
    assert display.lines_[0].get_xdata().tolist() == [1, 2, 3]
    np.testing.assert_allclose(display.lines_[0].get_ydata(), 100 * np.array(expected))
    assert display.ax_.get_xticks().tolist() == [1, 2, 3]
    assert display.ax_.get_legend() is None


def test_pipelines_and_several_scorers(data):
    scorers = {
        "P@1": make_bli_scorer(data.target),
        "P@5": make_bli_scorer(
            data.target, retrieval="csls", source_space=data.source, metric="P@5"
        ),
    }

    def make(n_iter):
        return make_aligner_pipeline(Normalizer(), InstaMapAligner(10, n_iter))

    fitted = make(2).fit(data.X, data.y, **data.spaces)
    display = IterationCurveDisplay.from_estimator(fitted, *data.pairs, scoring=scorers)
    for name, scorer in scorers.items():
        assert display.scores[name].tolist() == scores_by_hand(make, data, scorer, (1, 2))
    # The estimator is as it was.
    assert fitted.steps_[-1][1].n_iter == len(fitted.steps_[-1][1].stages_) == 2


def test_what_has_no_iterations(data):
    given = {"target_space": data.target}
    with pytest.raises(TypeError, match="IterationCurveDisplay needs an InstaMapAligner"):
        IterationCurveDisplay.from_estimator(3, *data.pairs)
    with pytest.raises(TypeError, match="IterationCurveDisplay needs an InstaMapAligner"):
        IterationCurveDisplay.from_estimator(KabschRotation(), *data.pairs, **given)
    with pytest.raises(NotFittedError):
        IterationCurveDisplay.from_estimator(InstaMapAligner(), *data.pairs, **given)
    with pytest.raises(ValueError, match="target_space"):
        IterationCurveDisplay.from_estimator(InstaMapAligner(5, 1).fit(data.X, data.y), *data.pairs)


def test_the_best_of_a_search(data, search):
    display = IterationCurveDisplay.from_estimator(search, *data.pairs, target_space=data.target)
    assert display.param_values.tolist() == list(range(1, search.n_iter_ + 1))
    last = make_bli_scorer(data.target)(search, *data.pairs)
    assert display.scores["P@1"][-1] == last
    panels = SpaceMapDisplay.from_estimator(search, data.source, data.target, data.test).panels
    of_best = SpaceMapDisplay.from_estimator(
        search.best_estimator_, data.source, data.target, data.test
    ).panels
    assert [panel.title for panel in panels] == [panel.title for panel in of_best]
    np.testing.assert_array_equal(panels[-1].source, of_best[-1].source)


@pytest.mark.parametrize(
    "form", [lambda s: s, lambda s: s.cv_results_, lambda s: pd.DataFrame(s.cv_results_)]
)
def test_a_search_from_either_side(search, form):
    table = pd.DataFrame(search.cv_results_).set_index(["param_n_neighbors", "param_n_iter"])
    means = table["mean_test_score"]
    by_k = NeighborCurveDisplay.from_results(form(search))
    assert by_k.param_values.tolist() == [5, 20]
    assert list(by_k.scores) == ["T = 1", "T = 2", "T = 3"]
    assert by_k.scores["T = 2"].tolist() == [means[5, 2], means[20, 2]]
    assert by_k.ax_.get_ylabel() == "Mean test score × 100"
    by_t = IterationCurveDisplay.from_results(form(search), score_name="P@1, held-out")
    assert by_t.param_values.tolist() == [1, 2, 3]
    assert list(by_t.scores) == ["K = 20", "K = 5"]
    assert by_t.scores["K = 5"].tolist() == [means[5, t] for t in (1, 2, 3)]
    assert by_t.ax_.get_ylabel() == "P@1, held-out × 100"


def test_a_grid_search_of_nested_names(data):
    pipeline = make_aligner_pipeline(Normalizer(), InstaMapAligner(10))
    grid = {
        "instamapaligner__n_iter": [1, 2],
        "instamapaligner__step": [0.5],
        "normalizer__norm": ["l2", "max"],
    }
    scorer = make_bli_scorer(data.target)
    found = GridSearchCV(pipeline, grid, scoring=scorer, cv=2).fit(data.X, data.y, **data.spaces)
    display = IterationCurveDisplay.from_results(found)
    # What does not vary tells no lines apart.
    assert list(display.scores) == ["norm = l2", "norm = max"]
    frame = pd.DataFrame(found.cv_results_)
    expected = frame.loc[frame["param_normalizer__norm"] == "max", "mean_test_score"]
    assert display.scores["norm = max"].tolist() == expected.tolist()
    first = IterationCurveDisplay.from_results(found, score="split0_test_score")
    assert first.scores["norm = l2"][0] == frame["split0_test_score"][0]


def test_parameters_of_one_name_keep_those_of_their_steps():
    table = {
        "params": [{"a__step": s, "b__step": t, "n_iter": 1} for s in (0, 1) for t in (0, 1)],
        "mean_test_score": [0.1, 0.2, 0.3, 0.4],
    }
    display = IterationCurveDisplay.from_results(table)
    assert list(display.scores) == [f"a__step = {s}, b__step = {t}" for s in (0, 1) for t in (0, 1)]


def test_a_search_that_varies_nothing_else_has_one_line():
    table = {"params": [{"n_iter": t} for t in (1, 2)], "mean_test_score": [0.1, 0.2]}
    display = IterationCurveDisplay.from_results(table)
    assert list(display.scores) == ["Mean test score"]
    assert display.ax_.get_legend() is None


def test_what_every_curve_says_of_its_parameters():
    for display in (IterationCurveDisplay, NeighborCurveDisplay):
        assert "%(curve)s" not in display.__doc__
        assert "param_values : array-like" in display.__doc__


def test_series_beyond_the_colors_still_differ():
    names = [f"method {i}" for i in range(13)]
    display = IterationCurveDisplay([1, 2], {name: [0.1, 0.2] for name in names}).plot()
    for look in (
        {(line.get_color(), line.get_linestyle()) for line in display.lines_},
        # Without lines, as where methods are compared pair by pair.
        {(line.get_color(), line.get_marker()) for line in display.lines_},
    ):
        assert len(look) == 13
