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
from sklearn_instamap.metrics import confidence_interval, make_bli_scorer
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
    with pytest.raises(ValueError, match=r"'retrieval' .* Got 'faiss'"):
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
    with pytest.raises(ValueError, match="'full' is not a number"):
        DictionarySizeDisplay.from_selection(selected(rows.assign(dictionary_size="full")))


@pytest.fixture(scope="module")
def data() -> Bunch:
    bunch = make_bilingual_spaces(n_words=300, n_features=12, n_train=80, n_test=60)
    bunch.X_test, bunch.y_test, _ = lookup_pairs(bunch.test, bunch.source, bunch.target)
    return bunch


def test_fits_on_the_first_pairs(data):
    spaces = {"source_space": data.source, "target_space": data.target}
    given = data.X, data.y
    options = {"X_test": data.X_test, "y_test": data.y_test, **spaces}
    named = {"rotation": KabschRotation(), "InstaMap": InstaMapAligner(10, 1)}
    display = DictionarySizeDisplay.from_estimator(named, *given, **options, sizes=(80, 20, 81))
    assert display.param_values.tolist() == [20, 80]
    scorer = make_bli_scorer(data.target)
    for name, aligner in named.items():
        by_hand = [
            scorer(aligner.fit(data.X[:n], data.y[:n], **spaces), data.X_test, data.y_test)
            for n in (20, 80)
        ]
        assert display.scores[name].tolist() == by_hand
    alone = DictionarySizeDisplay.from_estimator(KabschRotation(), *given, **options, sizes=(80,))
    assert list(alone.scores) == ["KabschRotation"]
    with pytest.raises(ValueError, match="80 pairs, fewer than the smallest of"):
        DictionarySizeDisplay.from_estimator(KabschRotation(), *given, **options)


def test_plain_arrays(data):
    rotation = KabschRotation()
    test = {"X_test": data.X_test, "y_test": data.y_test}
    display = DictionarySizeDisplay.from_estimator(rotation, data.X, data.y, **test, sizes=(20, 80))
    by_hand = [rotation.fit(data.X[:n], data.y[:n]).score(*test.values()) for n in (20, 80)]
    assert display.scores["KabschRotation"].tolist() == by_hand
    by_size = DictionarySizeDisplay(
        [500, 5000], {"A": [0.2, 0.4]}, {"A": [0.1, 0.3]}, {"A": [0.3, 0.5]}
    )
    assert by_size.plot().ax_.get_xscale() == "log"
    table = pd.DataFrame({"dictionary_size": [500, 5000], "P@1": [0.2, 0.4], "n_queries": 400})
    display = DictionarySizeDisplay.from_results(table)
    ends = binomtest(80, 400).proportion_ci(method="wilson")
    width = display.high["P@1"][0] - display.low["P@1"][0]
    np.testing.assert_allclose(width, ends.high - ends.low)


def test_means_have_intervals(rows):
    display = DictionarySizeDisplay.from_selection(selected(rows))
    means = selected(rows, dictionary_size="5k").means()
    for method in METHODS:
        assert display.low[method][1] == means.loc[method, "low"]
        assert display.high[method][1] == means.loc[method, "high"]
    assert len(display.ax_.collections) == 2
    mrr = DictionarySizeDisplay.from_selection(selected(rows, metric="MRR"))
    assert np.isnan(mrr.low["PROC"]).all()


def test_lines_are_named_at_their_ends_without_overlap(rows):
    near = pd.concat(rows[rows["method"] == "PROC"].assign(method=f"method {i}") for i in range(6))
    display = DictionarySizeDisplay.from_selection(selected(near))
    display.figure_.draw_without_rendering()
    boxes = sorted((text.get_window_extent() for text in display.ax_.texts), key=lambda b: b.y0)
    assert len(boxes) == 6
    for below, above in pairwise(boxes):
        assert above.y0 >= below.y1 - 1
    assert all(box.x1 <= display.figure_.bbox.x1 for box in boxes)


# Pair by pair


@pytest.fixture(scope="module")
def results() -> BenchmarkResults:
    """Ranks of three methods on three pairs; C is better than A on all, B on none."""
    rng = np.random.default_rng(0)
    rows, ranks = [], []
    for (pair, n), (method, chance) in product(
        {"en-de": 800, "en-fi": 900, "de-tr": 700}.items(), {"A": 0.4, "B": 0.4, "C": 0.55}.items()
    ):
        cell = {
            "language_pair": pair, "direction": "forward", "method": method, "seed": 0,
            "dictionary_size": "5k", "retrieval": "cosine", "protocol": "pair",
        }  # fmt: skip
        rank = np.where(rng.random(n) < chance - 0.1 * (pair == "de-tr"), 1.0, 2.0)
        frame = pd.DataFrame({"unseen": True, "query": np.arange(n), "rank": rank})
        ranks.append(frame.assign(unseen_rank=rank, **cell))
        source, target = pair.split("-")
        found = {"subset": "all", "P@1": (rank == 1).mean(), "n_queries": n, "status": "ok"}
        rows.append(cell | found | {"source": source, "target": target})
    return BenchmarkResults(pd.DataFrame(rows), pd.concat(ranks, ignore_index=True))


def test_the_mean_is_on_top_and_the_easiest_pair_below(results):
    display = MethodComparisonDisplay.from_selection(results.select())
    assert display.reference == "A"
    rows = ["mean of 3", *results.select().by_difficulty()]
    assert display.scores.index.tolist() == rows
    for axis in display.axes_:
        assert axis.yaxis_inverted()
    assert [label.get_text() for label in display.axes_[0].get_yticklabels()] == rows
    titles = [axis.get_title(loc="left") for axis in display.axes_]
    assert titles == ["A", "B\n− A", "C\n− A"]
    figures = results.select().figures
    means = figures.mean(axis=1)
    np.testing.assert_allclose(display.scores.loc["mean of 3"], means)
    np.testing.assert_allclose(display.differences["C"].iloc[0], means["C"] - means["A"])


def test_intervals_of_differences_are_paired(results):
    display = MethodComparisonDisplay.from_selection(results.select(), "B")
    outcomes = results.select().outcomes()
    for pair in ("en-de", "en-fi", "de-tr"):
        there = outcomes.xs(pair, level="language_pair")
        low, high = confidence_interval(there["C"], there["B"], random_state=0)
        # The bootstrap's, but for its own chance.
        np.testing.assert_allclose(display.low.loc[pair, "C"], low, atol=0.004)
        np.testing.assert_allclose(display.high.loc[pair, "C"], high, atol=0.004)
        shares = binomtest(int(there["B"].sum()), len(there)).proportion_ci(method="wilson")
        found = display.low.loc[pair, "B"], display.high.loc[pair, "B"]
        np.testing.assert_allclose(found, (shares.low, shares.high))
    halves = (display.high["C"] - display.low["C"]) / 2
    expected = np.sqrt((halves.iloc[1:] ** 2).sum()) / 3
    np.testing.assert_allclose(halves.iloc[0], expected)


def test_markers_tell_better_from_worse_without_color(results):
    display = MethodComparisonDisplay.from_selection(results.select(), "C")
    markers = [
        line.get_marker() for line in display.axes_[1].get_lines() if line.get_marker() != "None"
    ]
    assert markers == ["<"] * 4
    better = MethodComparisonDisplay.from_selection(results.select(), "A").axes_[2]
    assert {line.get_marker() for line in better.get_lines()} - {"None"} == {">"}
    undecided = MethodComparisonDisplay.from_selection(results.select(), "A").axes_[1]
    assert "o" in {line.get_marker() for line in undecided.get_lines()}
    assert "◀ worse" in display.figure_.get_supxlabel()


def test_no_intervals_where_there_are_none(results, rows):
    without_ranks = BenchmarkResults(results.rows).select()
    display = MethodComparisonDisplay.from_selection(without_ranks)
    assert display.low[["B", "C"]].isna().all(axis=None)
    assert display.low["A"].notna().all()
    assert "worse" not in display.figure_.get_supxlabel()
    display = MethodComparisonDisplay.from_selection(results.select(), confidence_level=None)
    assert display.low is None


def test_panels_share_their_rows_and_limits(results):
    display = MethodComparisonDisplay.from_selection(results.select())
    assert len({axis.get_xlim() for axis in display.axes_[1:]}) == 1
    assert len({axis.get_ylim() for axis in display.axes_}) == 1


def test_a_failed_cell_is_a_gap(rows):
    failed = without(rows, language_pair="de-tr", method="PROC", dictionary_size="5k")
    display = MethodComparisonDisplay.from_selection(
        selected(failed, dictionary_size="5k"), "IM∘VM"
    )
    assert np.isnan(display.scores.loc["de-tr", "PROC"])
    # Means over other pairs do not compare.
    assert np.isnan(display.differences.loc["mean of 3", "PROC"])
    display.figure_.draw_without_rendering()


def test_names_do_not_overlap_at_many_pairs(rows):
    many = pd.concat(
        [rows.assign(language_pair=f"xx-y{i}", source="xx", target=f"y{i}") for i in range(10)]
    ).drop_duplicates(["language_pair", "method", "dictionary_size", "retrieval", "subset", "seed"])
    display = MethodComparisonDisplay.from_selection(selected(many, dictionary_size="5k"))
    display.figure_.draw_without_rendering()
    boxes = [tick.get_window_extent() for tick in display.axes_[0].get_yticklabels()]
    assert len(boxes) == 11
    for above, below in pairwise(boxes):
        assert above.y0 > below.y1


def test_given_axes_one_method_and_hostile_names():
    axes = Figure().subplots()
    scores = pd.DataFrame({"$x^$\x1b": [0.5]}, index=["en-de"])
    display = MethodComparisonDisplay(scores)
    assert display.plot(ax=axes) is display
    assert display.figure_ is axes.figure
    assert axes.get_title(loc="left") == "$x^$\\x1b"
    display.figure_.draw_without_rendering()


def test_what_cannot_be_compared(rows):
    with pytest.raises(ValueError, match=r"'dictionary_size' .*results: '5k', '500'[.] Got None"):
        MethodComparisonDisplay.from_selection(selected(rows))
    with pytest.raises(ValueError, match=r"'metric' .* Got 'P@7'"):
        selected(rows, metric="P@7", dictionary_size="5k")
    with pytest.raises(ValueError, match="'reference' parameter must be 'PROC'"):
        MethodComparisonDisplay.from_selection(selected(rows, dictionary_size="5k"), "Z")
    two = pd.DataFrame({"a": [0.5], "b": [0.4]})
    with pytest.raises(ValueError, match="'reference' parameter must be 'a' or 'b'"):
        MethodComparisonDisplay(two, reference="c")
    with pytest.raises(ValueError, match="There are 2 methods for 1 axes"):
        MethodComparisonDisplay(two).plot(ax=Figure().subplots())
    with pytest.raises(ValueError, match="scores is empty"):
        MethodComparisonDisplay(pd.DataFrame())
    with pytest.raises(ValueError, match="both ends"):
        MethodComparisonDisplay(pd.DataFrame({"a": [0.5]}), pd.DataFrame({"a": [0.4]}))
