"""Figures of a benchmark's rows: against the dictionary's size, and pair by pair."""

from __future__ import annotations

from itertools import pairwise, product

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from scipy.stats import binomtest
from sklearn.utils import Bunch

from sklearn_instamap import InstaMapAligner, KabschRotation
from sklearn_instamap.datasets import make_bilingual_spaces
from sklearn_instamap.io import lookup_pairs
from sklearn_instamap.metrics import make_bli_scorer
from sklearn_instamap.plotting import DictionarySizeDisplay, MethodComparisonDisplay
from sklearn_instamap.results import BenchmarkResults

# P@1 of two methods on three pairs, with the larger dictionary and half of it with the smaller.
LEVELS = {"en-de": (0.50, 0.60), "de-tr": (0.20, 0.32), "en-fi": (0.30, 0.40)}
METHODS = ("PROC", "IM∘VM")


@pytest.fixture
def rows() -> pd.DataFrame:
    found = []
    for pair, size, (place, method), retrieval, subset, seed in product(
        LEVELS, ("5k", "500"), enumerate(METHODS), ("cosine", "csls"), ("all", "unseen"), (0, 1)
    ):
        share = LEVELS[pair][place] / (2 if size == "500" else 1)
        share += 0.1 * (retrieval == "csls") - 0.05 * (subset == "unseen") + 0.01 * seed
        source, target = pair.split("-")
        found.append(
            {
                "language_pair": pair,
                "direction": "forward",
                "source": source,
                "target": target,
                "method": method,
                "dictionary_size": size,
                "seed": seed,
                "retrieval": retrieval,
                "protocol": "pair",
                "subset": subset,
                "P@1": share,
                "MRR": share + 0.1,
                "n_queries": 1000 if subset == "all" else 400,
                "status": "ok",
            }
        )
    return pd.DataFrame(found)


def selected(rows, **choices):
    return BenchmarkResults(rows).select(**choices)


def without(rows, **cell):
    """Let one cell fail: one row, with no figures."""
    failed = np.logical_and.reduce([rows[name] == value for name, value in cell.items()])
    blank = {"retrieval": "", "protocol": "", "subset": "", "P@1": np.nan, "status": "failed"}
    return pd.concat([rows[~failed], rows[failed].head(1).assign(**blank)], ignore_index=True)


# Against the size of the dictionary


def test_means_over_pairs_and_seeds_by_size(rows):
    display = DictionarySizeDisplay.from_selection(selected(rows))
    assert list(display.scores) == list(METHODS)
    assert display.param_values.tolist() == [500, 5000]
    for place, method in enumerate(METHODS):
        level = np.mean([levels[place] for levels in LEVELS.values()])
        expected = [level / 2 + 0.005, level + 0.005]
        np.testing.assert_allclose(display.scores[method], expected)
        np.testing.assert_allclose(display.lines_[place].get_ydata(), 100 * np.array(expected))
    labels = [tick.get_text() for tick in display.ax_.get_xticklabels()]
    assert labels == ["500", "5k"]
    assert display.ax_.get_title(loc="left") == "Mean of 3 language pairs, cosine, all test pairs"


def test_choice_of_rows(rows):
    display = DictionarySizeDisplay.from_selection(
        selected(rows, metric="MRR", retrieval="csls", subset="unseen"), language_pairs=["de-tr"]
    )
    np.testing.assert_allclose(display.scores["PROC"], [0.1 + 0.155, 0.2 + 0.155])
    assert display.ax_.get_ylabel() == "MRR × 100"
    assert display.ax_.get_title(loc="left") == "de-tr, CSLS, unseen test pairs"
    with pytest.raises(ValueError, match="retrieval='faiss'"):
        DictionarySizeDisplay.from_selection(selected(rows, retrieval="faiss"))
    with pytest.raises(ValueError, match="no pair 'en-ru'; they have en-de, de-tr, en-fi"):
        DictionarySizeDisplay.from_selection(selected(rows), language_pairs=["en-ru"])


def test_a_failed_cell_takes_its_pair_from_all_methods(rows):
    failed = without(rows, language_pair="de-tr", method="PROC", dictionary_size="500")
    with pytest.warns(UserWarning, match="Left out de-tr, for which"):
        display = DictionarySizeDisplay.from_selection(selected(failed))
    np.testing.assert_allclose(display.scores["IM∘VM"], [0.25 + 0.005, 0.50 + 0.005])
    alone = DictionarySizeDisplay.from_selection(selected(failed), language_pairs=["de-tr"])
    assert np.isnan(alone.scores["PROC"]).tolist() == [True, False]
    twice = without(failed, language_pair="en-de", method="PROC", dictionary_size="5k")
    with pytest.raises(ValueError, match="no pair of languages for which every method"):
        DictionarySizeDisplay.from_selection(selected(twice), language_pairs=["de-tr", "en-de"])


def test_a_method_never_run_with_a_size_has_a_gap(rows):
    display = DictionarySizeDisplay.from_selection(
        selected(rows[(rows["method"] == "PROC") | (rows["dictionary_size"] == "5k")])
    )
    assert np.isnan(display.scores["IM∘VM"]).tolist() == [True, False]
    assert display.lines_[1].get_xdata().tolist() == [5000]
    assert display.lines_[0].get_xdata().tolist() == [500, 5000]


def test_a_size_must_be_a_number(rows):
    with pytest.raises(ValueError, match="'full' is no number"):
        DictionarySizeDisplay.from_selection(selected(rows.assign(dictionary_size="full")))


@pytest.fixture(scope="module")
def data() -> Bunch:
    bunch = make_bilingual_spaces(n_words=300, n_features=12, n_train=80, n_test=60)
    bunch.X_test, bunch.y_test, _ = lookup_pairs(bunch.test, bunch.source, bunch.target)
    return bunch


def test_fits_on_the_first_pairs(data):
    spaces = {"source_space": data.source, "target_space": data.target}
    given = data.X, data.y, data.X_test, data.y_test
    named = {"rotation": KabschRotation(), "InstaMap": InstaMapAligner(10, 1)}
    display = DictionarySizeDisplay.from_estimator(named, *given, **spaces, sizes=(80, 20, 81))
    assert display.param_values.tolist() == [20, 80]
    scorer = make_bli_scorer(data.target)
    for name, aligner in named.items():
        by_hand = [
            scorer(aligner.fit(data.X[:n], data.y[:n], **spaces), data.X_test, data.y_test)
            for n in (20, 80)
        ]
        assert display.scores[name].tolist() == by_hand
    alone = DictionarySizeDisplay.from_estimator(KabschRotation(), *given, **spaces, sizes=(80,))
    assert list(alone.scores) == ["KabschRotation"]
    with pytest.raises(ValueError, match="80 pairs, fewer than the least of"):
        DictionarySizeDisplay.from_estimator(KabschRotation(), *given, **spaces)


# Pair by pair


def test_pairs_by_difficulty_with_wilson_intervals(rows):
    display = MethodComparisonDisplay.from_selection(selected(rows, dictionary_size="5k"))
    assert display.scores.index.tolist() == ["en-de", "en-fi", "de-tr"]
    names = [tick.get_text() for tick in display.ax_.get_yticklabels()]
    assert names == ["en-de", "en-fi", "de-tr"]
    # The easiest is on top.
    assert display.ax_.yaxis_inverted()
    for place, method in enumerate(METHODS):
        shares = [LEVELS[pair][place] + 0.005 for pair in names]
        np.testing.assert_allclose(display.scores[method], shares)
        np.testing.assert_allclose(display.lines_[place].get_xdata(), 100 * np.array(shares))
        for pair, share in zip(names, shares, strict=True):
            ends = binomtest(round(1000 * share), 1000).proportion_ci(method="wilson")
            low, high = display.low.loc[pair, method], display.high.loc[pair, method]
            np.testing.assert_allclose([low, high], ends)
    bars = display.ax_.containers[1].lines[2][0].get_segments()
    np.testing.assert_allclose(bars[0][:, 0], 100 * np.array([display.low, display.high])[:, 0, 1])
    texts = [text.get_text() for text in display.ax_.get_legend().get_texts()]
    assert texts == list(METHODS)


def test_intervals_are_those_of_the_queries_asked(rows):
    small = MethodComparisonDisplay.from_selection(
        selected(rows, dictionary_size="5k", subset="unseen")
    )
    large = MethodComparisonDisplay.from_selection(selected(rows, dictionary_size="5k"))
    assert (small.high - small.low > 1.4 * (large.high - large.low)).all(axis=None)
    surer = MethodComparisonDisplay.from_selection(
        selected(rows, dictionary_size="5k"), confidence_level=0.99
    )
    assert (surer.high > large.high).all(axis=None)


def test_no_intervals_where_there_are_none(rows):
    mrr = selected(rows, metric="MRR", dictionary_size="5k")
    shares = selected(rows, dictionary_size="5k")
    for display in (
        MethodComparisonDisplay.from_selection(mrr),
        MethodComparisonDisplay.from_selection(shares, confidence_level=None),
    ):
        assert display.low is None
        assert not display.ax_.containers[0].has_xerr


def test_methods_of_a_pair_stand_apart_and_within_their_row(rows):
    display = MethodComparisonDisplay.from_selection(selected(rows, dictionary_size="5k"))
    heights = np.array([line.get_ydata() for line in display.lines_])
    assert (np.diff(heights, axis=0) > 0.2).all()
    assert (np.abs(heights - np.arange(3)) < 0.4).all()


def test_a_failed_cell_is_a_gap(rows):
    failed = without(rows, language_pair="de-tr", method="PROC", dictionary_size="5k")
    display = MethodComparisonDisplay.from_selection(selected(failed, dictionary_size="5k"))
    assert np.isnan(display.scores.loc["de-tr", "PROC"])
    assert np.isnan(display.low.loc["de-tr", "PROC"])
    assert display.scores.notna().to_numpy().sum() == 5
    display.figure_.draw_without_rendering()


def test_names_do_not_overlap_at_many_pairs(rows):
    many = pd.concat(
        [rows.assign(language_pair=f"xx-y{i}", source="xx", target=f"y{i}") for i in range(10)]
    ).drop_duplicates(["language_pair", "method", "dictionary_size", "retrieval", "subset", "seed"])
    display = MethodComparisonDisplay.from_selection(selected(many, dictionary_size="5k"))
    display.figure_.draw_without_rendering()
    boxes = [tick.get_window_extent() for tick in display.ax_.get_yticklabels()]
    assert len(boxes) == 10
    for above, below in pairwise(boxes):
        assert above.y0 > below.y1


@pytest.mark.parametrize("n_pairs", [1, 3])
def test_the_legend_stands_below_and_inside_the_figure(rows, n_pairs):
    display = MethodComparisonDisplay.from_selection(
        selected(rows[rows["language_pair"].isin(list(LEVELS)[:n_pairs])], dictionary_size="5k")
    )
    display.figure_.draw_without_rendering()
    legend = display.ax_.get_legend().get_window_extent()
    assert display.figure_.bbox.y0 <= legend.y0
    assert legend.y1 <= display.ax_.xaxis.label.get_window_extent().y0


def test_given_axes_and_options(rows):
    axes = Figure().subplots()
    display = MethodComparisonDisplay(pd.DataFrame({"one": [0.5]}, index=["en-de"]))
    assert display.plot(ax=axes, markersize=9) is display
    assert display.figure_ is axes.figure
    assert display.lines_[0].get_markersize() == 9
    assert axes.get_legend() is None


def test_what_cannot_be_compared(rows):
    with pytest.raises(ValueError, match="dictionary_size must be one of '5k', '500'; got None"):
        MethodComparisonDisplay.from_selection(selected(rows))
    with pytest.raises(ValueError, match="no column 'P@7'"):
        MethodComparisonDisplay.from_selection(selected(rows, metric="P@7", dictionary_size="5k"))
    with pytest.raises(ValueError, match="scores is empty"):
        MethodComparisonDisplay(pd.DataFrame())
    with pytest.raises(ValueError, match="both ends"):
        MethodComparisonDisplay(pd.DataFrame({"a": [0.5]}), pd.DataFrame({"a": [0.4]}))
