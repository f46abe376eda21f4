"""RCSLSAligner: loss and gradient, descent, choice of the learning rate, degenerate input."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from sklearn.model_selection import GridSearchCV
from sklearn.preprocessing import normalize
from sklearn.utils.estimator_checks import parametrize_with_checks

from sklearn_instamap import EmbeddingSpace, InstaMapAligner, make_aligner_pipeline
from sklearn_instamap.datasets import load_en_de
from sklearn_instamap.linear import ProcrustesAligner, RCSLSAligner
from sklearn_instamap.linear._rcsls_descent import (
    NeighborWords,
    RelaxedCSLSLoss,
    clip_singular_values,
    descend,
)
from sklearn_instamap.linear._rcsls_holdout import HeldOutPairs
from sklearn_instamap.metrics import make_bli_scorer
from sklearn_instamap.model_selection import dictionary_groups


@parametrize_with_checks([RCSLSAligner()])
def test_scikit_learn_conventions(estimator, check):
    check(estimator)


def random_problem(seed=0, n_pairs=90, d_source=7, d_target=7, n_words=150, noise=0.6):
    """Two spaces related by a random map and noise; dictionary rows are rows of the spaces."""
    rng = np.random.default_rng(seed)
    source = rng.normal(size=(n_words, d_source)) * rng.uniform(0.5, 2, size=(n_words, 1))
    target = source @ rng.normal(size=(d_source, d_target))
    target += noise * np.abs(target).mean() * rng.normal(size=target.shape)
    pairs = rng.permutation(n_words)[:n_pairs]
    return source[pairs], target[pairs], source, target


def naive_loss(matrix, X, y, source, target, k):
    """Joulin et al.'s loss, pair by pair and neighbor by neighbor."""
    total = 0.0
    for x, gold in zip(X, y, strict=True):
        image = x @ matrix
        to_target = sorted((float(image @ z) for z in target), reverse=True)[:k]
        to_source = sorted((float(z @ matrix @ gold) for z in source), reverse=True)[:k]
        total += -2 * float(image @ gold) + sum(to_target) / k + sum(to_source) / k
    return total / len(X)


@pytest.mark.parametrize("unit_length", [True, False])
@pytest.mark.parametrize("d_target", [7, 4])
def test_loss_is_that_of_the_paper(unit_length, d_target):
    X, y, source, target = random_problem(d_target=d_target)
    # Repeated words and pairs count as often as they occur.
    X, y = X[[0, 0, 0, *range(len(X))]], y[[0, 0, 1, *range(len(y))]]
    words = [NeighborWords(rows, unit_length=unit_length) for rows in (source, target)]
    if unit_length:
        X, y, source, target = map(normalize, (X, y, source, target))
    matrix = np.random.default_rng(1).normal(size=(7, d_target))
    loss, _ = RelaxedCSLSLoss(X, y, *words, 5)(matrix)
    assert loss == pytest.approx(naive_loss(matrix, X, y, source, target, 5), rel=1e-10)


@pytest.mark.parametrize("unit_length", [True, False])
@pytest.mark.parametrize("d_target", [7, 4])
def test_gradient_is_the_limit_of_finite_differences(unit_length, d_target):
    X, y, source, target = random_problem(seed=2, d_target=d_target)
    words = [NeighborWords(rows, unit_length=unit_length) for rows in (source, target)]
    if unit_length:
        X, y = normalize(X), normalize(y)
    loss = RelaxedCSLSLoss(X, y, *words, 3)
    matrix = np.random.default_rng(3).normal(size=(7, d_target))
    _, gradient = loss(matrix)
    step = 1e-6
    for i, j in np.ndindex(matrix.shape):
        ahead, behind = matrix.copy(), matrix.copy()
        ahead[i, j] += step
        behind[i, j] -= step
        slope = (loss(ahead)[0] - loss(behind)[0]) / (2 * step)
        assert gradient[i, j] == pytest.approx(slope, abs=1e-6)


def test_zero_rows_are_neighbors_of_no_weight():
    X, y, source, target = random_problem()
    source[3], target[5], X[0] = 0, 0, 0
    loss = RelaxedCSLSLoss(
        normalize(X),
        normalize(y),
        NeighborWords(source, unit_length=True),
        NeighborWords(target, unit_length=True),
        10,
    )
    matrix = np.eye(7)
    expected = naive_loss(matrix, *map(normalize, (X, y, source, target)), 10)
    assert loss(matrix)[0] == pytest.approx(expected, rel=1e-10)


def test_descent_follows_the_formula_where_the_loss_falls():
    X, y, source, target = random_problem(n_pairs=120)
    aligner = RCSLSAligner(learning_rate=0.01, n_iter=4, csls_neighbors=5)
    aligner.fit(X, y, source_space=source, target_space=target)
    X, y, source, target = map(normalize, (X, y, source, target))
    left, _, right = np.linalg.svd(X.T @ y)
    matrix = left @ right
    for seen in aligner.loss_history_[:-1]:
        assert seen == pytest.approx(naive_loss(matrix, X, y, source, target, 5), rel=1e-9)
        to_target = np.argsort(-(X @ matrix @ target.T), axis=1)[:, :5]
        to_source = np.argsort(-(y @ matrix.T @ source.T), axis=1)[:, :5]
        gradient = -2 * X.T @ y + X.T @ target[to_target].mean(1) + source[to_source].mean(1).T @ y
        matrix -= 0.01 * gradient / len(X)
    np.testing.assert_allclose(aligner.source_map_, matrix, rtol=1e-9)
    assert (np.diff(aligner.loss_history_) < 0).all()
    np.testing.assert_array_equal(aligner.learning_rate_history_, [0.01] * 4)


@pytest.mark.parametrize("spectral", [False, True])
@pytest.mark.parametrize("rate", [50.0, 1e4, 1e30])
def test_a_huge_learning_rate_never_ends_above_its_best_loss(rate, spectral):
    X, y, source, target = random_problem(n_pairs=40, noise=1.5)
    aligner = RCSLSAligner(learning_rate=rate, n_iter=8, csls_neighbors=5, spectral=spectral)
    aligner.fit(X, y, source_space=source, target_space=target)
    history, rates = aligner.loss_history_, aligner.learning_rate_history_
    # The rate was too large for this problem, or the test would say nothing.
    assert (np.diff(history) > 0).any()
    loss = naive_loss(aligner.source_map_, *map(normalize, (X, y, source, target)), 5)
    assert loss == pytest.approx(history.min(), rel=1e-9)
    best = np.minimum.accumulate(history)
    expected = rate * 0.5 ** np.cumsum(history[1:-1] > best[:-2])
    np.testing.assert_array_equal(rates, [rate, *expected])


def test_a_step_back_starts_again_from_the_last_good_map():
    # L(w) = w^2: from 1 with rate 1.5 the first step leads to -2, above where it started.
    def square(w):
        return float(w[0, 0] ** 2), 2 * w

    start = np.array([[1.0]])
    course = descend(start, square(start), [square] * 3, 1.5, spectral=False, step_back=True)
    assert course.losses == [1.0, 4.0, 0.25, 0.0625]
    assert course.learning_rates == [1.5, 0.75, 0.75]
    assert course.matrix == [[0.25]]
    straight = descend(start, square(start), [square] * 3, 1.5, spectral=False, step_back=False)
    assert straight.losses == [1.0, 4.0, 16.0, 64.0]


def test_spectral_keeps_singular_values_within_one():
    X, y, source, target = random_problem(noise=0.3)
    spaces = {"source_space": source, "target_space": target}
    free = RCSLSAligner(learning_rate=5.0).fit(X, y, **spaces)
    clipped = RCSLSAligner(learning_rate=5.0, spectral=True).fit(X, y, **spaces)
    assert np.linalg.norm(free.source_map_, 2) > 1.01
    assert np.linalg.norm(clipped.source_map_, 2) <= 1 + 1e-12
    assert clipped.loss_history_[-1] < clipped.loss_history_[0]
    kept = np.random.default_rng(0).normal(size=(4, 3)) * 0.1
    np.testing.assert_allclose(clip_singular_values(kept), kept, rtol=1e-12)


def test_neighbors_are_among_the_most_frequent_words_only():
    X, y, source, target = random_problem()
    rare = np.random.default_rng(5).normal(size=(500, 7))
    settings = {"learning_rate": 1.0, "vocabulary_cutoff": len(source)}
    fitted = RCSLSAligner(**settings).fit(X, y, source_space=source, target_space=target)
    longer = RCSLSAligner(**settings).fit(
        X, y, source_space=np.vstack([source, rare]), target_space=np.vstack([target, rare])
    )
    np.testing.assert_array_equal(fitted.source_map_, longer.source_map_)
    everything = RCSLSAligner(learning_rate=1.0).fit(
        X, y, source_space=np.vstack([source, rare]), target_space=np.vstack([target, rare])
    )
    assert not np.array_equal(fitted.source_map_, everything.source_map_)


def test_more_neighbors_than_words_are_all_words():
    X, y, source, _ = random_problem()
    few = np.r_[np.unique(y, axis=0), np.eye(11, y.shape[1])]
    spaces = {"source_space": source, "target_space": few}
    aligner = RCSLSAligner(learning_rate=1.0, csls_neighbors=5000).fit(X, y, **spaces)
    assert aligner.csls_neighbors_ == len(few)
    words = map(normalize, (X, y, source, few))
    expected = naive_loss(aligner.source_map_, *words, len(few))
    assert aligner.loss_history_[-1] == pytest.approx(expected)


def test_distinct_dictionary_rows_stand_in_for_the_spaces():
    X, y, _, _ = random_problem()
    again = [*range(len(X)), 0, 0, 1]
    alone = RCSLSAligner(learning_rate=1.0).fit(X[again], y[again])
    spaces = RCSLSAligner(learning_rate=1.0).fit(
        X[again], y[again], source_space=EmbeddingSpace(range_words(X), X), target_space=y
    )
    np.testing.assert_array_equal(alone.source_map_, spaces.source_map_)


def range_words(rows):
    return [str(number) for number in range(len(rows))]


def test_learning_rate_is_chosen_on_pairs_that_share_no_word():
    X, y, source, target = random_problem(n_pairs=140, n_words=300)
    X[1], y[7], y[9] = X[0], y[8], y[8]
    held_out = HeldOutPairs.choose(X, y, target)
    assert len(held_out.test) == pytest.approx(len(X) / 5, abs=1)
    assert sorted([*held_out.train, *held_out.test]) == list(range(len(X)))
    groups = dictionary_groups(X, y)
    assert not set(groups[held_out.train]) & set(groups[held_out.test])

    rates = (0.01, 3.0, 1000.0)
    aligner = RCSLSAligner(learning_rate=rates, n_iter=3)
    aligner.fit(X, y, source_space=source, target_space=target)
    expected = {}
    for rate in rates:
        train = RCSLSAligner(learning_rate=rate, n_iter=3).fit(
            X[held_out.train], y[held_out.train], source_space=source, target_space=target
        )
        images = train.transform(X[held_out.test])
        cosines = images @ normalize(target).T
        own = (images * normalize(y[held_out.test])).sum(axis=1)
        expected[rate] = np.mean(1 / (cosines > own[:, None] - 1e-12).sum(axis=1))
    assert aligner.validation_scores_ == pytest.approx(expected)
    assert aligner.learning_rate_ == max(expected, key=expected.get)
    assert len(set(expected.values())) > 1
    fixed = RCSLSAligner(learning_rate=aligner.learning_rate_, n_iter=3)
    fixed.fit(X, y, source_space=source, target_space=target)
    np.testing.assert_array_equal(aligner.source_map_, fixed.source_map_)
    assert fixed.validation_scores_ == {}


def test_a_dictionary_that_hangs_together_is_held_out_all_the_same():
    X, y, _, target = random_problem(n_pairs=60)
    y[:] = y[0]
    held_out = HeldOutPairs.choose(X, y, y)
    assert len(held_out.test) == 12
    assert set(held_out.gold) == {0}
    X, y, _, _ = random_problem(n_pairs=60)
    X[:54] = X[0]  # one group of 54, and 6 alone
    held_out = HeldOutPairs.choose(X, y, target)
    assert len(held_out.test) == 12


def test_held_out_translations_missing_from_the_space_are_looked_up_in_the_dictionary():
    X, y, _, target = random_problem()
    held_out = HeldOutPairs.choose(X, y, target + 1)
    np.testing.assert_array_equal(held_out.candidates, y)
    np.testing.assert_array_equal(held_out.gold, held_out.test)


def test_too_few_pairs_to_hold_out():
    X, y, source, target = random_problem(n_pairs=49)
    spaces = {"source_space": source, "target_space": target}
    assert RCSLSAligner().fit(X, y, **spaces).learning_rate_ == 1.0
    given = RCSLSAligner(learning_rate=[2.0, 3.0]).fit(X, y, **spaces)
    assert given.learning_rate_ == 2.0
    assert given.validation_scores_ == {}


@pytest.mark.parametrize(("d_source", "d_target"), [(9, 5), (5, 9), (6, 1), (1, 6)])
def test_spaces_of_different_dimensions(d_source, d_target):
    X, y, source, target = random_problem(d_source=d_source, d_target=d_target)
    aligner = RCSLSAligner().fit(X, y, source_space=source, target_space=target)
    assert aligner.source_map_.shape == (d_source, d_target)
    assert aligner.transform(source).shape == aligner.transform_target(target).shape
    assert aligner.loss_history_.min() <= aligner.loss_history_[0]
    assert np.isfinite(aligner.source_map_).all()


@pytest.mark.parametrize("n_pairs", [1, 2, 6])
def test_fewer_pairs_than_dimensions(n_pairs):
    X, y, source, target = random_problem(n_pairs=n_pairs, d_source=20, d_target=20)
    for spaces in ({}, {"source_space": source, "target_space": target}):
        with pytest.warns(UserWarning, match=f"{n_pairs} distinct pairs? do(es)? not determine"):
            aligner = RCSLSAligner().fit(X, y, **spaces)
        assert np.isfinite(aligner.source_map_).all()
        assert aligner.score(X, y) == 1.0
        # No gradient is longer than its 2 + 1 + 1 unit vectors: what the dictionary does not
        # determine is not blown up.
        bound = 1 + 4 * aligner.learning_rate_history_.sum()
        assert np.linalg.norm(aligner.source_map_, 2) <= bound
        assert np.isfinite(aligner.transform(source)).all()


def test_repeated_and_zero_pairs():
    X, y, source, target = random_problem()
    X[:60], y[:60] = X[0], y[0]
    X[70], y[71] = 0, 0
    source, target = np.r_[source, X[70:71]], np.r_[target, y[71:72]]
    aligner = RCSLSAligner().fit(X, y, source_space=source, target_space=target)
    assert np.isfinite(aligner.source_map_).all()
    assert np.isfinite(aligner.transform(X)).all()
    np.testing.assert_array_equal(aligner.transform(X[70:71]), np.zeros((1, 7)))


def test_float32_stays_and_is_close_to_float64():
    X, y, source, target = random_problem(n_pairs=120, n_words=400)
    exact = RCSLSAligner(learning_rate=1.0).fit(X, y, source_space=source, target_space=target)
    single = RCSLSAligner(learning_rate=1.0).fit(
        *(rows.astype(np.float32) for rows in (X, y)),
        source_space=source.astype(np.float32),
        target_space=target.astype(np.float32),
    )
    assert single.source_map_.dtype == np.float32
    assert single.transform(X.astype(np.float32)).dtype == np.float32
    np.testing.assert_allclose(single.source_map_, exact.source_map_, atol=1e-4)
    np.testing.assert_allclose(single.loss_history_, exact.loss_history_, atol=1e-5)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("batch_size", [None, 50])
def test_number_of_threads_changes_nothing(dtype, batch_size):
    problem = random_problem(n_pairs=600, n_words=1500, d_source=30, d_target=30)
    X, y, source, target = (rows.astype(dtype) for rows in problem)
    first, second = (
        RCSLSAligner(n_iter=3, batch_size=batch_size, random_state=0, n_jobs=n_jobs).fit(
            X, y, source_space=source, target_space=target
        )
        for n_jobs in (1, 2)
    )
    np.testing.assert_array_equal(first.source_map_, second.source_map_)
    np.testing.assert_array_equal(first.loss_history_, second.loss_history_)
    assert first.validation_scores_ == second.validation_scores_
    np.testing.assert_array_equal(first.transform(source), second.transform(source))


def test_batches_are_seeded_and_never_stepped_back():
    X, y, source, target = random_problem(n_pairs=120)
    spaces = {"source_space": source, "target_space": target}
    settings = {"learning_rate": 30.0, "batch_size": 40, "n_iter": 6}
    one, same, other = (
        RCSLSAligner(**settings, random_state=seed).fit(X, y, **spaces) for seed in (0, 0, 1)
    )
    np.testing.assert_array_equal(one.source_map_, same.source_map_)
    assert not np.array_equal(one.source_map_, other.source_map_)
    assert (np.diff(one.loss_history_) > 0).any()
    np.testing.assert_array_equal(one.learning_rate_history_, [30.0] * 6)
    whole = RCSLSAligner(learning_rate=0.1, batch_size=1000).fit(X, y, **spaces)
    full = RCSLSAligner(learning_rate=0.1).fit(X, y, **spaces)
    np.testing.assert_allclose(whole.source_map_, full.source_map_, rtol=1e-9)


def test_rows_are_scaled_before_and_after_the_map():
    X, y, source, target = random_problem()
    spaces = {"source_space": source, "target_space": target}
    aligner = RCSLSAligner(learning_rate=1.0).fit(X, y, **spaces)
    np.testing.assert_allclose(
        aligner.transform(source), normalize(normalize(source) @ aligner.source_map_), rtol=1e-12
    )
    np.testing.assert_allclose(aligner.transform_target(target), normalize(target), rtol=1e-12)
    np.testing.assert_array_equal(aligner.transform(source[3:9]), aligner.transform(source)[3:9])
    longer = RCSLSAligner(learning_rate=1.0).fit(
        3 * X, 5 * y, source_space=3 * source, target_space=5 * target
    )
    np.testing.assert_allclose(longer.source_map_, aligner.source_map_, rtol=1e-9)
    raw = RCSLSAligner(learning_rate=0.1, normalization=()).fit(X, y, **spaces)
    np.testing.assert_allclose(raw.transform(source), source @ raw.source_map_, rtol=1e-12)
    np.testing.assert_array_equal(raw.transform_target(target), target)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        (
            {"learning_rate": "best"},
            "'learning_rate' parameter .* {'auto'}, a float .*sequence",
        ),
        ({"learning_rate": -1.0}, "'learning_rate' parameter of RCSLSAligner must be"),
        ({"learning_rate": []}, "'learning_rate' parameter of RCSLSAligner must be"),
        ({"learning_rate": [1.0, np.nan]}, "'learning_rate' parameter of RCSLSAligner must be"),
        ({"n_iter": 0}, "'n_iter' parameter .* Got 0 instead"),
        ({"csls_neighbors": 0}, "'csls_neighbors' parameter .* Got 0 instead"),
        ({"vocabulary_cutoff": 0}, "'vocabulary_cutoff' parameter .* Got 0 instead"),
        ({"batch_size": 0}, "'batch_size' parameter .* Got 0 instead"),
    ],
)
def test_parameters_that_make_no_sense_are_named(parameters, message):
    X, y, _, _ = random_problem()
    with pytest.raises(ValueError, match=message):
        RCSLSAligner(**parameters).fit(X, y)


def test_translates_real_words_better_than_procrustes():
    data = load_en_de()
    spaces = {"source_space": data.source, "target_space": data.target}
    chosen = RCSLSAligner(n_iter=3).fit(data.X, data.y, **spaces)
    assert set(chosen.validation_scores_) == {1.0, 4.0, 16.0}
    start = ProcrustesAligner().fit(normalize(data.X), normalize(data.y))
    score = make_bli_scorer(data.target, metric="MRR")
    X = data.source.vectors[data.source.indices(data.test["source"])]
    y = data.target.vectors[data.target.indices(data.test["target"])]
    assert score(chosen, X, y) > score(start, X, y) + 0.01


def test_composes_pickles_and_is_searched():
    X, y, source, target = random_problem(n_pairs=80)
    spaces = {"source_space": EmbeddingSpace(range_words(source), source), "target_space": target}
    pipeline = make_aligner_pipeline(
        RCSLSAligner(learning_rate=1.0, n_iter=2), InstaMapAligner(n_iter=1, n_neighbors=5)
    )
    search = GridSearchCV(pipeline, {"rcslsaligner__spectral": [True, False]}, cv=2)
    search.fit(X, y, **{**spaces, "target_space": EmbeddingSpace(range_words(target), target)})
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    aligner = RCSLSAligner(n_iter=2).fit(X, y, **spaces)
    stored = pickle.dumps(aligner)
    np.testing.assert_array_equal(pickle.loads(stored).transform(X), aligner.transform(X))
    assert len(stored) < source.nbytes
