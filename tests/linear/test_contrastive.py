"""ContrastiveAligner against a naive float64 reading of its formulas, and as an aligner."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from sklearn_instamap import EmbeddingSpace, InstaMapAligner, make_aligner_pipeline
from sklearn_instamap.datasets import load_en_de
from sklearn_instamap.linear import ContrastiveAligner, VecMapAligner
from sklearn_instamap.linear._contrastive_loss import ContrastiveLoss


# Two short rounds exercise everything that two rounds of 201 steps do.
@parametrize_with_checks([ContrastiveAligner(n_steps=3)])
def test_estimator_checks(estimator, check):
    check(estimator)


def _unit(rows):
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def _spaces(n_source=80, n_target=70, d_source=8, d_target=8, noise=0.3, seed=0):
    rng = np.random.default_rng(seed)
    hidden = rng.normal(size=(max(n_source, n_target), 8))
    source = hidden @ rng.normal(size=(8, d_source)) + noise * rng.normal(
        size=(len(hidden), d_source)
    )
    target = hidden @ rng.normal(size=(8, d_target)) + noise * rng.normal(
        size=(len(hidden), d_target)
    )
    return source[:n_source], target[:n_target]


def _naive_loss(
    source, target, pairs, source_map, target_map, n_candidates, n_negatives, frozen=None
):
    """The loss pair by pair; with ``frozen``, lengths and negatives are those of other maps."""
    at = (source_map, target_map) if frozen is None else frozen
    a_now, b_now = source @ at[0], target @ at[1]
    a = source @ source_map / np.linalg.norm(a_now, axis=1, keepdims=True)
    b = target @ target_map / np.linalg.norm(b_now, axis=1, keepdims=True)
    a_now, b_now = _unit(a_now), _unit(b_now)

    def negatives(word, candidates, gold):
        order = np.argsort(-(candidates @ word), kind="stable")[: n_negatives + 1].tolist()
        if gold in order:
            order.remove(gold)
            return order
        return order[:-1]

    total = 0.0
    for i, j in pairs:
        logits = [a[i] @ b[j]]
        logits += [a[i] @ b[n] for n in negatives(a_now[i], b_now[: n_candidates[1]], j)]
        logits += [b[j] @ a[m] for m in negatives(b_now[j], a_now[: n_candidates[0]], i)]
        total -= np.log(np.exp(logits[0]) / np.sum(np.exp(logits)))
    return total / len(pairs)


@pytest.mark.parametrize("n_negatives", [1, 7, 1000])
def test_loss_and_gradient_equal_a_naive_reading(n_negatives):
    rng = np.random.default_rng(1)
    source, target = (_unit(space) for space in _spaces())
    # Repeated words on either side, and golds beyond the candidates.
    pairs = np.column_stack([rng.integers(0, 20, 30), rng.integers(0, 70, 30)])
    maps = rng.normal(size=(8, 6)), rng.normal(size=(8, 6))
    n_candidates = (60, 50)
    loss = ContrastiveLoss(
        source, target, pairs, n_candidates=n_candidates, n_negatives=n_negatives, n_jobs=None
    )
    value = loss(*maps)
    expected = _naive_loss(source, target, pairs, *maps, n_candidates, n_negatives)
    assert value.loss == pytest.approx(expected, rel=1e-12)
    cosines = np.einsum(
        "ij,ij->i", _unit(source @ maps[0])[pairs[:, 0]], _unit(target @ maps[1])[pairs[:, 1]]
    )
    assert value.mean_cosine == pytest.approx(cosines.mean(), rel=1e-12)
    step = 1e-6
    for side, gradient in enumerate((value.source_gradient, value.target_gradient)):
        for place in [(0, 0), (3, 2), (7, 5)]:
            at = []
            for sign in (1, -1):
                moved = [maps[0].copy(), maps[1].copy()]
                moved[side][place] += sign * step
                at.append(
                    _naive_loss(source, target, pairs, *moved, n_candidates, n_negatives, maps)
                )
            assert gradient[place] == pytest.approx(
                (at[0] - at[1]) / (2 * step), rel=1e-5, abs=1e-9
            )


def test_the_start_is_vecmap_without_centering():
    source, target = _spaces()
    aligner = ContrastiveAligner(n_loops=1, n_steps=0).fit(
        source[:40], target[:40], source_space=source, target_space=target
    )
    vecmap = VecMapAligner(normalization=("unit",)).fit(
        source[:40], target[:40], source_space=source, target_space=target
    )
    np.testing.assert_allclose(aligner.transform(source), vecmap.transform(source), atol=1e-12)
    np.testing.assert_allclose(
        aligner.transform_target(target), vecmap.transform_target(target), atol=1e-12
    )


def test_descent_is_clipped_and_its_rate_decays():
    source, target = _spaces()
    fit = {"X": source[:40], "y": target[:40], "source_space": source, "target_space": target}
    maps = []
    for n_steps in range(4):
        aligner = ContrastiveAligner(
            n_loops=1,
            n_steps=n_steps,
            learning_rate=0.5,
            learning_rate_decay=0.5,
            max_gradient_norm=1e-3,
            n_negatives=10,
        ).fit(**fit)
        maps.append(np.concatenate([aligner.source_map_, aligner.target_map_]))
    lengths = [np.linalg.norm(after - before) for before, after in pairwise(maps)]
    # The gradient is far longer than 1e-3 here, so that each step has the clipped length.
    np.testing.assert_allclose(lengths, [5e-4, 2.5e-4, 1.25e-4], rtol=1e-2)


def test_loss_falls():
    source, target = _spaces(noise=1.0)
    aligner = ContrastiveAligner(n_negatives=20, n_steps=50).fit(
        source[:40], target[:40], source_space=source, target_space=target
    )
    assert aligner.loss_history_.shape == (2, 50)
    assert (aligner.loss_history_[:, -1] < aligner.loss_history_[:, 0]).all()


def _naive_induced(source, target, maps, n_pairs, k=10):
    a, b = _unit(source @ maps[0]), _unit(target @ maps[1])
    cosines = a @ b.T
    b_means = np.sort(cosines, axis=0)[-k:].mean(axis=0)
    a_means = np.sort(cosines, axis=1)[:, -k:].mean(axis=1)
    found = set()
    forth, back = 2 * cosines - b_means, (2 * cosines - a_means[:, None]).T
    for scores, flip in ((forth, False), (back, True)):
        for row in np.argsort(-scores.max(axis=1), kind="stable")[:n_pairs]:
            pair = (int(row), int(scores[row].argmax()))
            found.add(pair[::-1] if flip else pair)
    return found


def test_the_second_round_starts_from_induced_pairs_as_well():
    source, target = _spaces(noise=0.8)
    fit = {"X": source[:20], "y": target[:20], "source_space": source, "target_space": target}
    first = ContrastiveAligner(n_loops=1, n_steps=4, n_negatives=10).fit(**fit)
    second = ContrastiveAligner(n_loops=2, n_steps=4, n_negatives=10, max_induced_pairs=30)
    second.fit(**fit)
    induced = _naive_induced(
        _unit(source), _unit(target), (first.source_map_, first.target_map_), 30
    )
    # No word of the dictionary, which are the first twenty of either side, takes part.
    induced = sorted((i, j) for i, j in induced if i >= 20 and j >= 20)
    assert len(induced) > 5
    np.testing.assert_array_equal(second.n_induced_pairs_, [0, len(induced)])
    rows = np.array([(i, i) for i in range(20)] + induced)
    restart = ContrastiveAligner(n_loops=1, n_steps=0).fit(source[rows[:, 0]], target[rows[:, 1]])
    loss = ContrastiveLoss(
        _unit(source),
        _unit(target),
        rows[:20],
        n_candidates=(80, 70),
        n_negatives=10,
        n_jobs=None,
    )
    assert second.loss_history_[1, 0] == pytest.approx(
        loss(restart.source_map_, restart.target_map_).loss, rel=1e-9
    )


def test_float32_in_float32_out_and_close_to_float64():
    X, y = load_en_de(return_X_y=True)
    X, y = X[:400].astype(np.float32), y[:400].astype(np.float32)
    single = ContrastiveAligner(n_steps=3, n_negatives=30).fit(X, y)
    double = ContrastiveAligner(n_steps=3, n_negatives=30).fit(X.astype(float), y.astype(float))
    assert single.transform(X).dtype == np.float32
    assert single.transform_target(y).dtype == np.float32
    assert double.transform(X.astype(float)).dtype == np.float64
    np.testing.assert_allclose(single.loss_history_, double.loss_history_, atol=1e-4)


def test_the_result_does_not_depend_on_n_jobs():
    X, y = load_en_de(return_X_y=True)
    one, two = (
        ContrastiveAligner(n_steps=3, n_negatives=30, n_jobs=n_jobs).fit(X, y).transform(X)
        for n_jobs in (1, 2)
    )
    np.testing.assert_array_equal(one, two)


@pytest.mark.parametrize(("d_source", "d_target"), [(8, 5), (5, 8)])
def test_rectangular_spaces_share_the_smaller_dimension(d_source, d_target):
    source, target = _spaces(d_source=d_source, d_target=d_target, noise=0.1)
    aligner = ContrastiveAligner(n_steps=20, n_negatives=10)
    mapped = aligner.fit_transform_spaces(source[:40], target[:40], source, target)
    assert mapped[0].shape == (80, 5)
    assert mapped[1].shape == (70, 5)
    assert aligner.score(source[40:70], target[40:70]) > 0.5


@pytest.mark.parametrize("n_pairs", [1, 2, 5])
def test_fewer_pairs_than_dimensions_stay_finite(n_pairs):
    source, target = _spaces()
    aligner = ContrastiveAligner(n_steps=10, n_negatives=10)
    with pytest.warns(UserWarning, match=f"{n_pairs} distinct pairs? do(es)? not determine"):
        aligner.fit(source[:n_pairs], target[:n_pairs], source_space=source, target_space=target)
    assert np.isfinite(aligner.transform(source)).all()
    assert np.abs(aligner.source_map_).max() < 100


def test_dictionary_rows_outside_the_spaces_are_trained_on_but_never_negatives():
    source, target = _spaces()
    rows = np.arange(40)
    aligner = ContrastiveAligner(n_loops=1, n_steps=1, n_negatives=10)
    # Past the door, which refuses them: they come from steps that map pairs and spaces apart.
    aligner._fit_checked(source[rows], target[rows], source[10:], target[5:])
    start = ContrastiveAligner(n_loops=1, n_steps=0).fit(source[rows], target[rows])
    # The same spaces with the outsiders behind their end, beyond the candidates.
    loss = ContrastiveLoss(
        _unit(np.roll(source, -10, axis=0)),
        _unit(np.roll(target, -5, axis=0)),
        np.column_stack([(rows - 10) % 80, (rows - 5) % 70]),
        n_candidates=(70, 65),
        n_negatives=10,
        n_jobs=None,
    )
    expected = loss(start.source_map_, start.target_map_).loss
    assert aligner.loss_history_[0, 0] == pytest.approx(expected, rel=1e-12)


def test_without_spaces_the_dictionary_stands_in_for_them():
    source, target = _spaces()
    rows = np.r_[0:30, 0:3]  # some pairs twice
    alone = ContrastiveAligner(n_steps=5, n_negatives=10).fit(source[rows], target[rows])
    given = ContrastiveAligner(n_steps=5, n_negatives=10).fit(
        source[rows], target[rows], source_space=source[:30], target_space=target[:30]
    )
    np.testing.assert_array_equal(alone.source_map_, given.source_map_)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("n_loops", 0),
        ("n_steps", -1),
        ("learning_rate", 0.0),
        ("learning_rate_decay", 1.5),
        ("max_gradient_norm", 0.0),
        ("n_negatives", 0),
        ("negative_vocabulary_cutoff", 0),
        ("max_induced_pairs", -1),
        ("induction_vocabulary_cutoff", 0),
        ("csls_neighbors", 0),
    ],
)
def test_unusable_parameters_are_named(name, value):
    X = np.eye(4)
    with pytest.raises(ValueError, match=name):
        ContrastiveAligner(**{name: value}).fit(X, X)


def test_in_a_pipeline_before_instamap():
    X, y = load_en_de(return_X_y=True)
    pipeline = make_aligner_pipeline(
        ContrastiveAligner(n_steps=2, n_negatives=20), InstaMapAligner(n_iter=1)
    )
    words = [str(i) for i in range(len(X))]
    space = EmbeddingSpace(words, X)
    assert pipeline.fit(X[:300], y[:300], source_space=X, target_space=y).transform(
        space
    ).words == tuple(words)
