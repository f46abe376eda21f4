"""Displays of probabilities and of a ranker's weights."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from sklearn_instamap.datasets import make_bilingual_spaces
from sklearn_instamap.lexicon import LexiconRanker
from sklearn_instamap.linear import ProcrustesAligner
from sklearn_instamap.plotting import (
    DictionarySizeDisplay,
    FeatureImportanceDisplay,
    MethodComparisonDisplay,
    ReliabilityDisplay,
    RiskCoverageDisplay,
)
from sklearn_instamap.results import load_paper_results


@pytest.fixture(scope="module")
def ranker():
    data = make_bilingual_spaces(n_words=300, n_features=12, n_train=150, n_test=40)
    return LexiconRanker(
        [ProcrustesAligner()],
        features=["geometry", "frequency"],
        spelling_pairs=None,
        random_state=0,
    ).fit(
        data.train["source"],
        data.train["target"],
        source_space=data.source,
        target_space=data.target,
    )


def test_reliability_is_that_of_the_bins():
    rng = np.random.default_rng(0)
    probability = rng.random(4000)
    correct = rng.random(4000) < probability**2
    display = ReliabilityDisplay.from_predictions(probability, correct, name="$x$")
    said, right, share = display.bins(5)
    edges = np.digitize(probability, [0.2, 0.4, 0.6, 0.8])
    for number in range(5):
        assert np.isclose(said[number], probability[edges == number].mean())
        assert np.isclose(right[number], correct[edges == number].mean())
    assert np.isclose(share.sum(), 1)
    # The mean of p - p² is a sixth.
    assert abs(display.calibration_error() - 1 / 6) < 0.03
    assert ReliabilityDisplay(probability, probability).calibration_error() < 1e-9
    np.testing.assert_allclose(display.line_.get_xdata(), display.bins()[0])
    assert isinstance(display.figure_, Figure)


def test_risk_falls_where_the_sure_ones_are_right():
    probability = np.array([0.9, 0.8, 0.3, 0.1])
    display = RiskCoverageDisplay.from_predictions(probability, [True, True, False, False])
    coverage, risk = display.curve()
    np.testing.assert_allclose(coverage, [0.25, 0.5, 0.75, 1])
    np.testing.assert_allclose(risk, [0, 0, 1 / 3, 0.5])
    assert display.risk_at(0.5) == 0
    np.testing.assert_allclose(display.line_.get_ydata(), risk)
    with pytest.raises(ValueError, match="'coverage' parameter must be a float in the range"):
        display.risk_at(0)
    # Equally sure answers have no order.
    for correct in ([True, False, False], [False, False, True]):
        display = RiskCoverageDisplay([0.5, 0.5, 0.5], correct)
        np.testing.assert_allclose(display.curve()[1], 2 / 3)


def test_a_ranker_shows_its_held_out_words(ranker):
    for kind in (ReliabilityDisplay, RiskCoverageDisplay):
        display = kind.from_estimator(ranker)
        np.testing.assert_array_equal(display.probability, ranker.held_out_["probability"])
        np.testing.assert_array_equal(display.correct, ranker.held_out_["correct"])
        assert display.ax_.get_title() == "held-out words"


def test_weights_as_bars(ranker):
    display = FeatureImportanceDisplay.from_estimator(ranker, n_features=9)
    table = ranker.feature_importances()
    labels = [label.get_text() for label in display.ax_.get_yticklabels()]
    assert labels == table["feature"].tolist()[:9]
    widths = {bar.get_y(): bar.get_width() for bars in display.bars_ for bar in bars}
    drawn = [widths[place] for place in sorted(widths)]
    np.testing.assert_allclose(drawn, table["coefficient"][:9])


def test_what_cannot_be_drawn_is_refused():
    with pytest.raises(ValueError, match="probability must be one finite number"):
        ReliabilityDisplay([np.nan], [True])
    with pytest.raises(ValueError, match=r"probability must lie between 0 and 1; got -0\.1 to 2"):
        ReliabilityDisplay([-0.1, 2], [True, False])
    with pytest.raises(ValueError, match="correct must lie between 0 and 1; got 2 to 2"):
        RiskCoverageDisplay([-0.1], [2])
    with pytest.raises(ValueError, match="correct must be one number for each answer"):
        ReliabilityDisplay([0.5], ["yes"])
    with pytest.raises(ValueError, match="inconsistent numbers"):
        RiskCoverageDisplay([0.5, 0.5], [True])
    with pytest.raises(ValueError, match="no column coefficient, group"):
        FeatureImportanceDisplay(pd.DataFrame({"feature": ["a"]}))
    results = load_paper_results()
    for display, kind in (
        (FeatureImportanceDisplay.from_estimator, "estimator must be a LexiconRanker"),
        (MethodComparisonDisplay.from_selection, "selection must be a ResultSelection"),
        (DictionarySizeDisplay.from_selection, "selection must be a ResultSelection"),
        (DictionarySizeDisplay.from_results, "results must be a table"),
    ):
        with pytest.raises(TypeError, match=f"{kind}, got PaperResults"):
            display(results)
