"""Self-learning: the loop against a naive one, its schedule, its seeds, its gain."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning

from sklearn_instamap import EmbeddingSpace
from sklearn_instamap.datasets import load_en_de
from sklearn_instamap.linear import VecMapAligner, identical_spelling_pairs


@pytest.fixture(scope="module")
def spaces():
    """Two spaces of 20 dimensions, one a warped and noisy copy of the other."""
    rng = np.random.default_rng(0)
    source = rng.standard_t(4, size=(500, 20))
    turn = np.linalg.qr(rng.normal(size=(20, 20)))[0]
    target = source @ turn + rng.normal(scale=0.45, size=source.shape)
    return source, target[:450]


def fit(aligner, spaces, n_pairs=25):
    source, target = spaces
    return aligner.fit(source[:n_pairs], target[:n_pairs], source_space=source, target_space=target)


def learner(**options):
    return VecMapAligner(**{"self_learning": True, "patience": 3, "random_state": 0, **options})


def unit(rows):
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def naive_induction(source, target, n_pairs, patience, tol, cutoff):
    """The loop without chance, with whole matrices; returns its last dictionary."""
    source, target = unit(source), unit(target)
    source, target = unit(source - source.mean(axis=0)), unit(target - target.mean(axis=0))
    X, y = source[:n_pairs], target[:n_pairs]
    source, target = source[:cutoff], target[:cutoff]
    best, last, n_iter = -1.0, 0, 0
    while n_iter + 1 - last <= patience:
        n_iter += 1
        u, _, vt = np.linalg.svd(X.T @ y)
        cosines = source @ u @ vt @ target.T
        near_source = np.sort(cosines, axis=1)[:, -10:].mean(axis=1)
        near_target = np.sort(cosines, axis=0)[-10:].mean(axis=0)
        csls = cosines - near_source[:, None] / 2 - near_target / 2
        pairs = [(i, csls[i].argmax()) for i in range(len(source))]
        pairs += [(csls[:, j].argmax(), j) for j in range(len(target))]
        X, y = source[[i for i, _ in pairs]], target[[j for _, j in pairs]]
        objective = (cosines.max(axis=1).mean() + cosines.max(axis=0).mean()) / 2
        if objective - best >= tol:
            best, last = objective, n_iter
    return np.array(pairs), n_iter


@pytest.mark.parametrize("cutoff", [None, 300])
def test_without_chance_equals_the_naive_loop(spaces, cutoff):
    aligner = learner(keep_probability=1.0, vocabulary_cutoff=cutoff)
    fit(aligner, spaces)
    pairs, n_iter = naive_induction(*spaces, 25, 3, 1e-6, cutoff)
    assert aligner.n_iter_ == n_iter > 3
    np.testing.assert_array_equal(aligner.induced_pairs_, pairs)
    assert set(aligner.keep_probabilities_) == {1.0}


def test_the_final_map_is_the_supervised_one_of_the_induced_dictionary(spaces):
    source, target = spaces
    aligner = fit(learner(), spaces)
    rows, columns = aligner.induced_pairs_.T
    supervised = VecMapAligner().fit(
        source[rows], target[columns], source_space=source, target_space=target
    )
    np.testing.assert_allclose(aligner.source_map_, supervised.source_map_)
    np.testing.assert_allclose(aligner.target_map_, supervised.target_map_)


def test_the_keep_probability_grows_when_nothing_improves(spaces):
    aligner = fit(learner(patience=2, keep_probability=0.3, keep_growth=1.5), spaces)
    levels = aligner.keep_probabilities_
    np.testing.assert_allclose(np.unique(levels), [0.3, 0.45, 0.675, 1.0])
    best, last = -np.inf, 0
    for n, (objective, keep) in enumerate(zip(aligner.objectives_, levels, strict=True), 1):
        if n - last > 2:
            assert keep > levels[n - 2]
            last = n
        else:
            assert n == 1 or keep == levels[n - 2]
        if objective - best >= 1e-6:
            best, last = objective, n
    assert aligner.n_iter_ == len(levels) == last + 2


@pytest.mark.parametrize(
    "options", [{"keep_probability": 1.0}, *({"random_state": i} for i in range(3))]
)
def test_a_dictionary_half_of_which_is_wrong_is_corrected(spaces, options):
    # With fewer pairs than dimensions the first map would be arbitrary where the pairs say
    # nothing, and what follows would depend on the machine. These 30 determine it, and all
    # paths from there lead to the one dictionary that the spaces agree on.
    source, target = spaces
    rows = np.r_[np.roll(np.arange(15), 1), 15:30]

    def accuracy(aligner):
        aligner.fit(source[:30], target[rows], source_space=source, target_space=target)
        mapped = aligner.transform(source[:450]), aligner.transform_target(target)
        found = (unit(mapped[0]) @ unit(mapped[1]).T).argmax(axis=1)
        return (found == np.arange(450)).mean()

    assert accuracy(VecMapAligner()) < 0.6
    assert accuracy(learner(**options)) > 0.95


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_seeds_and_threads(spaces, dtype):
    spaces = [rows.astype(dtype) for rows in spaces]
    first = fit(learner(patience=1), spaces)
    assert first.source_map_.dtype == dtype
    again = fit(learner(patience=1, n_jobs=2), spaces)
    assert first.objectives_ == again.objectives_
    np.testing.assert_array_equal(first.induced_pairs_, again.induced_pairs_)
    np.testing.assert_array_equal(first.source_map_, again.source_map_)
    other = fit(learner(patience=1, random_state=1), spaces)
    assert first.objectives_ != other.objectives_


def test_the_callers_random_state_is_used(spaces):
    random = np.random.RandomState(4)
    first = fit(learner(patience=1, random_state=random), spaces)
    second = fit(learner(patience=1, random_state=random), spaces)
    assert first.objectives_ != second.objectives_


def test_max_iter_warns(spaces):
    with pytest.warns(ConvergenceWarning, match="max_iter=4 iterations, at a keep-probability"):
        aligner = fit(learner(max_iter=4), spaces)
    assert aligner.n_iter_ == 4
    assert aligner.induced_pairs_ is not None


def test_induced_pairs_lie_within_the_cutoff(spaces):
    aligner = fit(learner(vocabulary_cutoff=100), spaces)
    assert aligner.induced_pairs_.max() < 100
    # Each word of either side has a translation, once chance no longer takes any away.
    assert set(aligner.induced_pairs_[:100, 0]) == set(range(100))
    assert aligner.induced_pairs_.dtype == np.intp


def test_a_single_pair_without_spaces():
    aligner = learner(patience=1).fit([[1.0, 2.0]], [[2.0, 1.0]])
    assert np.isfinite(aligner.transform([[1.0, 1.0]])).all()


@pytest.mark.parametrize("shape", [(20, 14), (14, 20)])
def test_rectangular_spaces(spaces, shape):
    source, target = spaces[0][:, : shape[0]], spaces[1][:, : shape[1]]
    aligner = fit(learner(patience=1), (source, target), n_pairs=100)
    assert aligner.transform(source).shape == (500, 14)


def test_identical_spelling():
    source = EmbeddingSpace(["the", "linux", "1990", "dog", "a"], np.eye(5))
    target = EmbeddingSpace(["1990", "der", "a", "linux"], np.eye(4))
    pairs = identical_spelling_pairs(source, target)
    assert list(pairs.columns) == ["source", "target"]
    # Sums of ranks: 1990 2, linux 4, a 6.
    assert pairs["source"].tolist() == pairs["target"].tolist() == ["1990", "linux", "a"]
    assert identical_spelling_pairs(source, target, n_pairs=2)["source"].tolist() == [
        "1990",
        "linux",
    ]
    with pytest.raises(ValueError, match="No word is spelled alike"):
        identical_spelling_pairs(source, EmbeddingSpace(["hund"], [[1.0]]))


def test_words_of_two_languages_from_their_spelling():
    data = load_en_de()
    seed = identical_spelling_pairs(data.source, data.target)
    X = data.source.vectors[data.source.indices(seed["source"])]
    y = data.target.vectors[data.target.indices(seed["target"])]
    learning = VecMapAligner(
        self_learning=True, vocabulary_cutoff=1000, patience=1, tol=1e-3, random_state=0
    )
    aligner = learning.fit(X, y, source_space=data.source, target_space=data.target)
    tests = data.test
    rows = data.source.indices(tests["source"]), data.target.indices(tests["target"])
    mapped = aligner.transform(data.source).vectors, aligner.transform_target(data.target).vectors
    found = (unit(mapped[0][rows[0]]) @ unit(mapped[1]).T).argmax(axis=1)
    assert (found == rows[1]).mean() > 0.4
