"""Retrieval as an object: every similarity against its definition, fitted once, used everywhere."""

from __future__ import annotations

import numpy as np
import pytest

from sklearn_instamap import EmbeddingSpace
from sklearn_instamap.datasets import load_en_de
from sklearn_instamap.linear import ProcrustesAligner, VecMapAligner
from sklearn_instamap.metrics import Retrieval, evaluate_bli, make_bli_scorer, translate

METHODS = ("cosine", "csls", "inverted-softmax", "sinkhorn")


def spaces(n_source=130, n_target=110, n_features=6, seed=0, dtype=np.float64):
    rng = np.random.default_rng(seed)
    return (
        rng.standard_normal((n_source, n_features)).astype(dtype),
        rng.standard_normal((n_target, n_features)).astype(dtype),
    )


def cosines(source, target):
    def unit(rows):
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)

    return unit(source) @ unit(target).T


def naive(method, source, target, temperature=0.1, n_iter=8):
    """The whole matrix of scores, from the definitions."""
    cos = cosines(source, target)
    if method == "cosine":
        return cos
    if method == "csls":
        of_source = np.sort(cos, axis=1)[:, -5:].mean(axis=1)
        of_target = np.sort(cos, axis=0)[-5:].mean(axis=0)
        return 2 * cos - of_source[:, None] - of_target
    kernel = np.exp(cos / temperature)
    if method == "inverted-softmax":
        return np.log(kernel / kernel.sum(axis=0))
    u, v = np.ones(len(source)), np.ones(len(target))
    for _ in range(n_iter):
        u = 1 / (kernel @ v) / len(source)
        v = 1 / (kernel.T @ u) / len(target)
    return np.log(u[:, None] * kernel * v)


def retrieval(method, **options):
    # As many candidates as words: Sinkhorn then runs on the whole matrix.
    settings = {"csls_neighbors": 5, "temperature": 0.1, "n_iter": 8, "n_candidates": 200}
    return Retrieval(method, **(settings | options))


@pytest.mark.parametrize("method", METHODS)
def test_scores_are_those_of_the_definition(method):
    source, target = spaces()
    expected = naive(method, source, target)
    fitted = retrieval(method).fit(source, target)
    rows, columns = (each.ravel() for each in np.indices(expected.shape))
    np.testing.assert_allclose(fitted.pair_scores(rows, columns), expected.ravel(), atol=1e-8)
    scores, found = fitted.top(n_best=7)
    order = np.argsort(-expected, axis=1)[:, :7]
    np.testing.assert_array_equal(found, order)
    np.testing.assert_allclose(scores, np.take_along_axis(expected, order, axis=1), atol=1e-8)
    scores, found = fitted.top_sources([3, 8], n_best=4)
    order = np.argsort(-expected.T[[3, 8]], axis=1)[:, :4]
    np.testing.assert_array_equal(found, order)
    np.testing.assert_allclose(
        scores, np.take_along_axis(expected.T[[3, 8]], order, axis=1), atol=1e-8
    )


@pytest.mark.parametrize("method", METHODS)
def test_ranks_and_mutual_pairs_are_those_of_the_matrix(method):
    source, target = spaces(seed=1)
    expected = naive(method, source, target)
    fitted = retrieval(method).fit(source, target)
    gold = np.arange(60)
    better, tied = fitted.count_better(np.arange(60), gold)
    own = expected[gold, gold]
    np.testing.assert_array_equal(better, (expected[:60] > own[:, None]).sum(axis=1))
    assert not tied.any()
    rows, columns, scores = fitted.mutual_pairs()
    best, back = expected.argmax(axis=1), expected.argmax(axis=0)
    mutual = np.flatnonzero(back[best] == np.arange(len(source)))
    np.testing.assert_array_equal(rows, mutual)
    np.testing.assert_array_equal(columns, best[mutual])
    np.testing.assert_allclose(scores, expected[mutual, best[mutual]], atol=1e-8)


@pytest.mark.parametrize("method", METHODS)
def test_the_score_of_several_maps_is_the_sum_of_their_scores(method):
    first, second = spaces(seed=2), spaces(seed=3, n_features=9)
    expected = naive(method, *first) + naive(method, *second)
    fitted = retrieval(method).fit([first[0], second[0]], [first[1], second[1]])
    scores, found = fitted.top(n_best=6)
    order = np.argsort(-expected, axis=1)[:, :6]
    np.testing.assert_array_equal(found, order)
    np.testing.assert_allclose(scores, np.take_along_axis(expected, order, axis=1), atol=1e-7)


@pytest.mark.parametrize("method", METHODS)
def test_vectors_are_looked_up_as_the_words_they_belong_to(method):
    source, target = spaces(seed=4)
    fitted = retrieval(method).fit(source, target)
    by_row, by_vector = fitted.top([4, 9]), fitted.top(source[[4, 9]])
    np.testing.assert_array_equal(by_row[1], by_vector[1])
    # Of Sinkhorn the words' own share is one iteration older.
    np.testing.assert_allclose(by_row[0], by_vector[0], atol=0.1 if method == "sinkhorn" else 1e-9)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("n_jobs", [1, 2])
def test_single_precision_stays_and_threads_change_nothing(method, n_jobs):
    source, target = spaces(400, 300, dtype=np.float32)
    scores, found = retrieval(method, n_jobs=n_jobs).fit(source, target).top()
    assert scores.dtype == np.float32
    alone = retrieval(method, n_jobs=1).fit(source, target).top()
    np.testing.assert_array_equal(found, alone[1])
    np.testing.assert_array_equal(scores, alone[0])


class BruteForce:
    """What an index has to be, by brute force."""

    def __init__(self, vectors):
        assert vectors.dtype == np.float32
        np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, rtol=1e-5)
        self.vectors = vectors

    def search(self, queries, k):
        similarities = queries @ self.vectors.T
        order = np.argsort(-similarities, axis=1)[:, :k]
        return np.take_along_axis(similarities, order, axis=1), order


@pytest.mark.parametrize("method", METHODS)
def test_an_index_that_finds_all_changes_nothing(method):
    source, target = spaces(dtype=np.float32)
    exact = retrieval(method).fit(source, target)
    indexed = retrieval(method, index=BruteForce).fit(source, target)
    np.testing.assert_array_equal(exact.top()[1], indexed.top()[1])
    np.testing.assert_allclose(exact.top()[0], indexed.top()[0], atol=2e-4)
    np.testing.assert_array_equal(exact.mutual_pairs()[1], indexed.mutual_pairs()[1])


@pytest.mark.parametrize("method", METHODS)
def test_an_index_may_find_fewer_than_asked_for(method):
    class Some(BruteForce):
        n_built = 0

        def __init__(self, vectors):
            super().__init__(vectors)
            Some.n_built += 1

        def search(self, queries, k):
            cosines, rows = super().search(queries, k)
            # As faiss fills up.
            cosines[:, 3:], rows[:, 3:] = np.finfo(np.float32).min, -1
            return cosines, rows

    source, target = spaces(dtype=np.float32)
    fitted = retrieval(method, index=Some).fit(source, target)
    assert Some.n_built == 2
    scores, found = fitted.top([0, 1], 5)
    assert np.isfinite(scores[:, :3]).all()
    assert (found[:, 3:] == -1).all()
    assert (scores[:, 3:] == -np.inf).all()
    left, right, _ = fitted.mutual_pairs()
    np.testing.assert_array_equal(fitted.top(left, 1)[1][:, 0], right)
    words = EmbeddingSpace([str(row) for row in range(len(source))], source)
    targets = EmbeddingSpace([str(row) for row in range(len(target))], target)
    table = translate(["0", "1"], words, targets, n_best=5, retrieval=fitted)
    assert table["rank"].tolist() == [1, 2, 3] * 2
    assert table["translation"].tolist() == [str(row) for row in found[:, :3].ravel()]
    # All that count in CSLS's mean are asked for, even if fewer are candidates.
    wide = {"csls_neighbors": 30, "n_candidates": 5}
    exact = Retrieval(method, **wide).fit(source, target)
    indexed = Retrieval(method, index=BruteForce, **wide).fit(source, target)
    if method == "csls":
        np.testing.assert_allclose(exact.target_penalty_, indexed.target_penalty_, atol=1e-6)


def test_an_index_returns_cosines_and_rows():
    class Swapped(BruteForce):
        def search(self, queries, k):
            return super().search(queries, k)[::-1]

    with pytest.raises(ValueError, match="must return cosines and rows, of one shape; got shapes"):
        Retrieval(index=Swapped).fit(*spaces())


def test_one_fit_serves_evaluation_and_look_up():
    data = load_en_de()
    maps = [
        aligner.fit_transform_spaces(data.X, data.y, data.source, data.target)
        for aligner in (VecMapAligner(), ProcrustesAligner())
    ]
    both = Retrieval("csls", name="both").fit(*(list(side) for side in zip(*maps, strict=True)))
    table = evaluate_bli(
        *maps[0], test_dictionary=data.test, retrieval=["csls", both], metric="P@1"
    )
    assert set(table.index.get_level_values("retrieval")) == {"csls", "both"}
    words = list(data.test["source"].unique())
    found = translate(words, *maps[0], retrieval=both, n_best=1)
    gold = set(zip(data.test["source"], data.test["target"], strict=True))
    hits = [pair in gold for pair in zip(found["word"], found["translation"], strict=True)]
    assert np.isclose(np.mean(hits), table.loc[("both", "pair", "all"), "P@1"], atol=0.02)


def test_the_scorer_takes_an_unfitted_retrieval():
    data = load_en_de()
    aligner = VecMapAligner().fit(data.X, data.y)
    rows = data.X[:200], data.y[:200]
    options = {"source_space": data.source}
    by_name = make_bli_scorer(data.target, retrieval="csls", **options)
    by_object = make_bli_scorer(data.target, retrieval=Retrieval("csls"), **options)
    assert by_name(aligner, *rows) == by_object(aligner, *rows)
    with pytest.raises(ValueError, match="give an unfitted one"):
        make_bli_scorer(data.target, retrieval=Retrieval().fit(*spaces()))


def test_what_does_not_fit_is_refused():
    source, target = spaces()
    with pytest.raises(ValueError, match="'method' parameter must be 'cosine', 'csls', "):
        Retrieval("euclidean")
    with pytest.raises(ValueError, match="index must be a function"):
        Retrieval(index="faiss")
    for use in (
        lambda unfitted: unfitted.top(),
        lambda unfitted: unfitted.top_sources(),
        lambda unfitted: unfitted.pair_scores([0], [0]),
        lambda unfitted: unfitted.mutual_pairs(),
    ):
        with pytest.raises(ValueError, match="not fitted yet"):
            use(Retrieval())
    with pytest.raises(ValueError, match="source_space has 6 and target_space has 5 dimensions"):
        Retrieval().fit(source, target[:, :5])
    with pytest.raises(ValueError, match="as many for both sides"):
        Retrieval().fit([source, source], [target])
    with pytest.raises(ValueError, match="of the same words"):
        Retrieval().fit([source, source[1:]], [target, target])
    space = EmbeddingSpace(["a", "b"], source[:2])
    fitted = Retrieval().fit(source, target)
    with pytest.raises(ValueError, match="fitted on 130 source and 110 target words"):
        translate("a", space, space, retrieval=fitted)
