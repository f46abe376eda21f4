"""The curve of scores against the number of neighbors."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from sklearn.preprocessing import Normalizer
from sklearn.utils import Bunch

from sklearn_instamap import InstaMapAligner, KabschRotation, make_aligner_pipeline
from sklearn_instamap.datasets import make_bilingual_spaces
from sklearn_instamap.io import lookup_pairs
from sklearn_instamap.metrics import make_bli_scorer
from sklearn_instamap.plotting import NeighborCurveDisplay


@pytest.fixture(scope="module")
def data() -> Bunch:
    bunch = make_bilingual_spaces(n_words=300, n_features=12, n_train=80, n_test=60)
    bunch.X_test, bunch.y_test, _ = lookup_pairs(bunch.test, bunch.source, bunch.target)
    return bunch


def from_estimator(estimator, data, **options):
    return NeighborCurveDisplay.from_estimator(
        estimator,
        data.X,
        data.y,
        X_test=data.X_test,
        y_test=data.y_test,
        source_space=data.source,
        target_space=data.target,
        **options,
    )


def fitted_score(estimator, data, scorer=None):
    estimator.fit(data.X, data.y, source_space=data.source, target_space=data.target)
    return (scorer or make_bli_scorer(data.target))(estimator, data.X_test, data.y_test)


def test_scores_are_those_of_fits_by_hand(data):
    display = from_estimator(InstaMapAligner(n_iter=2), data, param_range=(3, 20))
    by_hand = [fitted_score(InstaMapAligner(k, n_iter=2), data) for k in (3, 20)]
    np.testing.assert_array_equal(display.scores["P@1"], by_hand)
    assert by_hand[0] != by_hand[1]
    np.testing.assert_allclose(display.lines_[0].get_ydata(), 100 * np.array(by_hand))
    assert display.lines_[0].get_xdata().tolist() == [3, 20]


def test_each_iteration_is_a_fit_with_fewer(data):
    display = from_estimator(
        InstaMapAligner(n_iter=3), data, param_range=(5, 30), by_iteration=True
    )
    assert list(display.scores) == ["iteration 1", "iteration 2", "iteration 3"]
    for n_iter in (1, 2, 3):
        by_hand = [fitted_score(InstaMapAligner(k, n_iter), data) for k in (5, 30)]
        np.testing.assert_array_equal(display.scores[f"iteration {n_iter}"], by_hand)


def test_pipeline_with_iterations_and_scorers(data):
    unseen = make_bli_scorer(data.target, subset="unseen", metric="P@5")
    aligner = make_aligner_pipeline(Normalizer(), InstaMapAligner(n_iter=2))
    display = from_estimator(
        aligner,
        data,
        param_range=(10,),
        by_iteration=True,
        scoring={"all": make_bli_scorer(data.target), "unseen P@5": unseen},
    )
    assert list(display.scores) == [
        "all, iteration 1",
        "unseen P@5, iteration 1",
        "all, iteration 2",
        "unseen P@5, iteration 2",
    ]
    shorter = make_aligner_pipeline(Normalizer(), InstaMapAligner(10, 1))
    assert display.scores["unseen P@5, iteration 1"] == fitted_score(shorter, data, unseen)
    longer = make_aligner_pipeline(Normalizer(), InstaMapAligner(10, 2))
    assert display.scores["all, iteration 2"] == fitted_score(longer, data)
    # The estimator that was given is neither fitted nor changed.
    assert not hasattr(aligner, "steps_")
    assert aligner.get_params()["instamapaligner__n_neighbors"] == 70


def test_values_beyond_the_dictionary_are_left_out(data):
    display = from_estimator(InstaMapAligner(n_iter=1), data, param_range=(40, 80, 81))
    assert display.param_values.tolist() == [40, 80]


def test_other_aligners_are_refused(data):
    with pytest.raises(TypeError, match=r"InstaMapAligner.*got KabschRotation"):
        from_estimator(KabschRotation(), data)
    with pytest.raises(TypeError, match="got Normalizer"):
        from_estimator(make_aligner_pipeline(InstaMapAligner(), Normalizer()), data)


def test_results_in_long_form_keep_their_order_and_gaps():
    results = pd.DataFrame(
        {
            "n_neighbors": [70, 10, 10, 30],
            "which": ["unseen", "unseen", "all", "all"],
            "P@1": [0.5, 0.2, 0.3, 0.4],
        }
    )
    display = NeighborCurveDisplay.from_results(results, series="which")
    assert list(display.scores) == ["unseen", "all"]
    assert display.param_values.tolist() == [10, 30, 70]
    np.testing.assert_array_equal(display.scores["unseen"], [0.2, np.nan, 0.5])
    assert display.lines_[0].get_xdata().tolist() == [10, 70]
    assert {text.get_text() for text in display.ax_.texts} == {"unseen", "all"}


def test_results_as_lists_with_other_names():
    display = NeighborCurveDisplay.from_results(
        {"K": [1, 2], "MRR": [0.25, 0.5]}, x="K", score="MRR"
    )
    assert display.lines_[0].get_ydata().tolist() == [25, 50]
    assert display.ax_.get_ylabel() == "MRR × 100"
    assert display.ax_.get_legend() is None


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "several scores for n_neighbors = 10.*series="),
        ({"score": "MRR"}, "no column 'MRR'; it has n_neighbors, P@1"),
        ({"x": "K"}, "no column 'K'"),
        ({"series": "pair"}, "no column 'pair'"),
    ],
)
def test_results_that_cannot_be_plotted(options, message):
    with pytest.raises(ValueError, match=message):
        NeighborCurveDisplay.from_results({"n_neighbors": [10, 10], "P@1": [0.1, 0.2]}, **options)


def test_scores_must_fit_the_values():
    with pytest.raises(ValueError, match=r"'all' have shape .3,., but there are 2"):
        NeighborCurveDisplay([1, 2], {"all": [0.1, 0.2, 0.3]})
    with pytest.raises(ValueError, match="at least one series"):
        NeighborCurveDisplay([1, 2], {})


def test_given_axes_need_no_pyplot_figure():
    axes = Figure().subplots()
    display = NeighborCurveDisplay([1, 2], {"P@1": [0.1, 0.2]})
    assert display.plot(ax=axes, references={"rotation": 0.15}, linewidth=3) is display
    assert display.ax_ is axes
    assert display.figure_ is axes.figure
    assert display.lines_[0].get_linewidth() == 3
    assert [text.get_text() for text in axes.texts] == ["rotation 15.0"]
    assert plt.get_fignums() == []
