"""The shuffling test, comparisons and intervals, by hand and against SciPy."""

import time
import tracemalloc

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from sklearn_instamap.metrics import compare_methods, confidence_interval, shuffling_test
from sklearn_instamap.metrics._comparison import correct_pvalues


def scipys(a, b, n_resamples=10_000, rng=None):
    return stats.permutation_test(
        (np.asarray(a, dtype=float), np.asarray(b, dtype=float)),
        lambda x, y, axis: np.mean(x - y, axis=axis),
        permutation_type="samples",
        vectorized=True,
        n_resamples=n_resamples,
        random_state=rng,
    )


def reciprocal_ranks(rng, n):
    """Two methods of which the first is a little better, on the same queries."""
    hardness = rng.integers(1, 30, n)
    return 1 / np.maximum(1, hardness - rng.integers(0, 9, n)), 1 / np.maximum(
        1, hardness - rng.integers(0, 7, n)
    )


# The shuffling test.


def test_by_hand():
    # Differences 1, 1, -1, 0: the three that are not zero make eight sums, 3 1 1 1 -1 -1 -1 -3, of
    # which all are at least as far from zero as the observed 1.
    result = shuffling_test([1, 1, 0, 1], [0, 0, 1, 1])
    assert (result.statistic, result.pvalue) == (0.25, 1.0)
    assert (result.n_queries, result.n_shuffles, result.exact) == (4, 8, True)


def test_by_hand_with_outcomes_of_any_size():
    # Differences 4, 2, -1: sums 7 5 3 1 -1 -3 -5 -7; observed 5, so 7, 5, -5 and -7 count.
    result = shuffling_test([4.0, 3.0, 0.0], [0.0, 1.0, 1.0])
    assert result.statistic == pytest.approx(5 / 3)
    assert result.pvalue == 0.5


def test_no_difference_anywhere():
    result = shuffling_test([1, 0, 1], [1, 0, 1])
    assert (result.statistic, result.pvalue, result.n_shuffles) == (0.0, 1.0, 1)


@given(
    st.lists(
        st.tuples(st.integers(0, 4), st.integers(0, 4), st.sampled_from([1, 3, 7])),
        min_size=2,
        max_size=9,
    )
)
@settings(max_examples=60)
def test_exact_as_scipy(pairs):
    """Thirds and sevenths are not exact in binary, so sums that are equal differ in rounding.

    SciPy takes such sums for different ones where the observed one is small, so it is given whole
    numbers, 21 times as large.
    """
    ours = shuffling_test(*np.array([(x / z, y / z) for x, y, z in pairs]).T)
    theirs = scipys(*np.array([(21 // z * x, 21 // z * y) for x, y, z in pairs]).T)
    assert ours.exact
    assert ours.statistic == pytest.approx(theirs.statistic / 21)
    assert ours.pvalue == pytest.approx(theirs.pvalue)


def test_binary_outcomes_agree_with_the_sign_test():
    """The swapped sum of 0/1 outcomes is binomial over the queries where the two differ."""
    rng = np.random.default_rng(0)
    a, b = rng.random(2000) < 0.34, rng.random(2000) < 0.31
    gained, lost = int((a & ~b).sum()), int((b & ~a).sum())
    exact = stats.binomtest(gained, gained + lost).pvalue
    result = shuffling_test(a, b, n_shuffles=200_000, random_state=0)
    assert not result.exact
    assert 0.01 < exact < 0.2
    error = np.sqrt(exact * (1 - exact) / 200_000)
    assert result.pvalue == pytest.approx(exact, abs=4 * error)


def test_random_as_scipy():
    a, b = reciprocal_ranks(np.random.default_rng(1), 300)
    ours = shuffling_test(a, b, n_shuffles=50_000, random_state=0).pvalue
    theirs = scipys(a, b, 50_000, np.random.default_rng(0)).pvalue
    assert 0.001 < theirs < 0.5
    error = np.sqrt(2 * theirs * (1 - theirs) / 50_000)
    assert ours == pytest.approx(theirs, abs=4 * error)


def test_random_and_exact_agree():
    a, b = reciprocal_ranks(np.random.default_rng(5), 14)
    exact = shuffling_test(a, b, n_shuffles=2**14)
    drawn = shuffling_test(a, b, n_shuffles=2**10, random_state=0)
    assert (exact.exact, drawn.exact) == (True, False)
    assert drawn.pvalue == pytest.approx(exact.pvalue, abs=0.06)


def test_a_certain_difference_has_the_smallest_pvalue_there_is():
    result = shuffling_test(np.ones(500), np.zeros(500), n_shuffles=999, random_state=0)
    assert result.pvalue == 1 / 1000


def test_two_sided():
    a, b = reciprocal_ranks(np.random.default_rng(1), 400)
    forth = shuffling_test(a, b, random_state=3)
    back = shuffling_test(b, a, random_state=3)
    assert forth.statistic == -back.statistic
    assert forth.pvalue == back.pvalue


def test_pvalues_are_uniform_where_methods_do_not_differ():
    rng = np.random.default_rng(0)
    pvalues = [
        shuffling_test(*rng.random((2, 40)), n_shuffles=500, random_state=rng_seed).pvalue
        for rng_seed in range(400)
    ]
    assert stats.kstest(pvalues, "uniform").pvalue > 0.01
    assert np.mean(np.array(pvalues) < 0.05) == pytest.approx(0.05, abs=0.035)


def test_seeded():
    a, b = reciprocal_ranks(np.random.default_rng(1), 300)
    first = shuffling_test(a, b, random_state=7)
    assert shuffling_test(a, b, random_state=7) == first
    assert shuffling_test(a, b, random_state=8) != first


def test_weights_average_over_pairs_of_languages():
    """As if the queries of the smaller pair stood there as often as makes both pairs alike."""
    a = np.array([1, 0, 1, 1, 0, 1, 1.0, 0])
    b = np.array([0, 0, 1, 0, 1, 0, 0.0, 0])
    weights = np.repeat([1 / 6, 1 / 2], [6, 2])
    result = shuffling_test(a, b, sample_weight=weights)
    assert result.statistic == pytest.approx(((a - b)[:6].mean() + (a - b)[6:].mean()) / 2)
    naive = scipys(a * weights * 4, b * weights * 4)
    assert result.pvalue == pytest.approx(naive.pvalue)


def test_ten_thousand_shuffles_in_bounded_time_and_memory():
    a, b = reciprocal_ranks(np.random.default_rng(0), 30_000)
    tracemalloc.start()
    start = time.process_time()
    shuffling_test(a, b, n_shuffles=10_000, random_state=0)
    seconds = time.process_time() - start
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 64 * 2**20
    assert seconds < 20


@pytest.mark.parametrize(
    ("a", "b", "message"),
    [
        ([1, 0], [1, 0, 1], "outcomes_a has 2 queries and outcomes_b has 3"),
        ([], [], "outcomes_a is empty"),
        ([[1]], [[1]], "one-dimensional"),
        ([1, 0], [np.nan, 0], "outcomes_b holds nan or infinity at position 0"),
        (["x"], ["y"], "one number per query"),
    ],
)
def test_refused_outcomes(a, b, message):
    with pytest.raises(ValueError, match=message):
        shuffling_test(a, b)


def test_series_of_different_queries_are_refused():
    with pytest.raises(ValueError, match="different index"):
        shuffling_test(pd.Series([1, 0]), pd.Series([1, 0], index=[1, 0]))


@pytest.mark.parametrize("weights", [[1.0], [-1.0, 2.0], [0.0, 0.0]])
def test_refused_weights(weights):
    with pytest.raises(ValueError, match="sample_weight"):
        shuffling_test([1, 0], [0, 1], sample_weight=weights)


# Several methods.


@pytest.fixture
def outcomes():
    right = np.random.default_rng(0).random((800, 4)) < [0.30, 0.33, 0.36, 0.50]
    return pd.DataFrame(right, columns=["A", "B", "C", "D"])


def test_each_with_each(outcomes):
    table = compare_methods(outcomes, random_state=0)
    assert list(zip(table["method"], table["other"], strict=True)) == [
        ("A", "B"),
        ("A", "C"),
        ("A", "D"),
        ("B", "C"),
        ("B", "D"),
        ("C", "D"),
    ]
    np.testing.assert_allclose(table["pvalue_corrected"], np.minimum(1, 6 * table["pvalue"]))
    assert table["significant"].tolist() == (table["pvalue_corrected"] < 0.05).tolist()
    assert table["significant"][table["other"] == "D"].all()
    assert not table["significant"][0]


def test_with_a_reference(outcomes):
    table = compare_methods(outcomes, "B", random_state=0)
    assert table["method"].tolist() == ["A", "C", "D"]
    assert (table["other"] == "B").all()
    np.testing.assert_allclose(table["mean_method"], outcomes[["A", "C", "D"]].mean())
    np.testing.assert_allclose(table["mean_other"], outcomes["B"].mean())
    np.testing.assert_allclose(table["difference"], table["mean_method"] - table["mean_other"])
    np.testing.assert_allclose(table["pvalue_corrected"], np.minimum(1, 3 * table["pvalue"]))


def test_a_comparison_is_the_same_whichever_others_there_are(outcomes):
    among = compare_methods(outcomes, "B", correction="none", random_state=4)
    alone = compare_methods(outcomes[["B", "C"]], "B", correction="none", random_state=4)
    assert among.loc[1, "pvalue"] == alone.loc[0, "pvalue"]


def test_holm_by_hand():
    # Sorted .01 .02 .03 against 3, 2 and 1 comparisons: .03 .04 .03, never below the one before.
    pvalues = np.array([0.02, 0.01, 0.03])
    np.testing.assert_allclose(correct_pvalues(pvalues, "holm"), [0.04, 0.03, 0.04])
    np.testing.assert_allclose(correct_pvalues(pvalues, "bonferroni"), [0.06, 0.03, 0.09])
    np.testing.assert_allclose(correct_pvalues(np.array([0.6, 0.7]), "holm"), [1.0, 1.0])


def test_weighted_comparison(outcomes):
    weights = np.linspace(0.1, 2, len(outcomes))
    table = compare_methods(outcomes, "A", sample_weight=weights, random_state=0)
    expected = np.average(outcomes["D"], weights=weights)
    assert table.loc[2, "mean_method"] == pytest.approx(expected)
    np.testing.assert_allclose(table["difference"], table["mean_method"] - table["mean_other"])


def test_too_few_shuffles_for_the_correction(outcomes):
    with pytest.warns(UserWarning, match="With 100 shuffles no p-value is small enough"):
        compare_methods(outcomes, n_shuffles=100)


@pytest.mark.parametrize(
    ("change", "options", "message"),
    [
        (lambda frame: frame[["A"]], {}, "at least two methods"),
        (lambda frame: frame.set_axis(["A", "A", "B", "C"], axis=1), {}, "two columns 'A'"),
        (lambda frame: frame, {"reference": "E"}, "'reference' parameter must be 'A'"),
        (
            lambda frame: frame.astype(float).mask(frame.index.to_series() < 3),
            {},
            "some queries of 'A'",
        ),
        (lambda frame: frame, {"alpha": 1.0}, "'alpha' parameter must be a float in the range"),
        (lambda frame: frame, {"correction": "fdr"}, "'correction' parameter must be"),
    ],
)
def test_refused_comparisons(outcomes, change, options, message):
    with pytest.raises(ValueError, match=message):
        compare_methods(change(outcomes), **options)


def test_an_array_has_no_names_of_methods(outcomes):
    with pytest.raises(TypeError, match="must be a DataFrame"):
        compare_methods(outcomes.to_numpy())


# Intervals.


def test_wilson_by_its_formula():
    n, k, z = 681, 130, stats.norm.ppf(0.975)
    outcomes = np.arange(n) < k
    p = k / n
    middle = (p + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * np.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
    np.testing.assert_allclose(confidence_interval(outcomes), [middle - half, middle + half])


def test_clopper_pearson_by_its_definition():
    """At each end, the tail as far out as what was seen has a chance of 2.5 %."""
    low, high = confidence_interval(np.arange(50) < 8, method="exact")
    assert stats.binom.sf(7, 50, low) == pytest.approx(0.025)
    assert stats.binom.cdf(8, 50, high) == pytest.approx(0.025)


def test_no_right_answer_is_not_certainty():
    low, high = confidence_interval(np.zeros(100))
    assert low == pytest.approx(0, abs=1e-12)
    assert 0.03 < high < 0.05


def test_bootstrap_of_a_mean_is_near_the_normal_one():
    values = 1 / np.random.default_rng(0).integers(1, 20, 2000)
    half = 1.96 * values.std(ddof=1) / np.sqrt(len(values))
    interval = confidence_interval(values, random_state=0)
    np.testing.assert_allclose(interval, [values.mean() - half, values.mean() + half], rtol=0.01)
    assert confidence_interval(values, random_state=0) == interval


def test_interval_of_a_difference_is_paired():
    """Two methods which fail on the same queries differ less than their intervals suggest."""
    rng = np.random.default_rng(0)
    easy = rng.random(1000) < 0.5
    a, b = easy & (rng.random(1000) < 0.95), easy & (rng.random(1000) < 0.85)
    low, high = confidence_interval(a, b, random_state=0)
    assert 0 < low < a.mean() - b.mean() < high
    apart = [confidence_interval(outcomes) for outcomes in (a, b)]
    assert high - low < 0.8 * (apart[0][1] - apart[0][0])
    np.testing.assert_allclose(confidence_interval(b, a, random_state=0), [-high, -low], atol=2e-3)


def test_coverage_of_the_interval():
    rng = np.random.default_rng(0)
    hits = 0
    for _ in range(300):
        low, high = confidence_interval(rng.random(200) < 0.3)
        hits += low <= 0.3 <= high
    assert 0.92 <= hits / 300 <= 0.98


@pytest.mark.parametrize(
    ("arguments", "options", "message"),
    [
        (([0.5, 1.0],), {"method": "wilson"}, "outcomes of 0 and 1"),
        (([1, 0], [0, 0]), {"method": "exact"}, "outcomes of 0 and 1 of one method"),
        (([0.5],), {}, "at least two queries"),
        (([1, 0],), {"confidence_level": 95}, "confidence_level"),
        (([1, 0],), {"method": "normal"}, "'method' parameter must be"),
    ],
)
def test_refused_intervals(arguments, options, message):
    with pytest.raises(ValueError, match=message):
        confidence_interval(*arguments, **options)
