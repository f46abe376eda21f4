from __future__ import annotations

import numpy as np
import pytest
from sklearn.base import clone

from sklearn_instamap import (
    EmbeddingSpace,
    InstaMapAligner,
    SpaceCentering,
)
from sklearn_instamap._engine import top_k
from sklearn_instamap.datasets import make_bilingual_spaces
from sklearn_instamap.instamap._expansion import mutual_pairs
from sklearn_instamap.instamap._presets import PRESETS
from sklearn_instamap.progress import IterationDone, report_to

OPTIONS = [
    {},
    {"dictionary_update": "replace"},
    {"dictionary_update": None},
    {"centering": "mean"},
    {"n_components": 20},
    {
        "step": 0.5,
        "normalization": ("unit", "center", "unit"),
        "mutual_similarity": "csls",
        "csls_neighbors": 5,
    },
    {"n_pair_iter": 1, "shared_space": "target"},
]


@pytest.fixture(scope="module")
def data():
    return make_bilingual_spaces(300, 24, n_train=80, n_test=40, random_state=1)


@pytest.fixture(params=OPTIONS, ids=str)
def fitted(request, data):
    aligner = InstaMapAligner(n_neighbors=12, n_iter=3, **request.param)
    return aligner.fit(data.X, data.y, source_space=data.source, target_space=data.target)


def test_spaces_computed_while_fitting_are_those_transform_gives(fitted, data):
    other = clone(fitted)
    source, target = other.fit_transform_spaces(data.X, data.y, data.source, data.target)
    np.testing.assert_array_equal(source.vectors, fitted.transform(data.source.vectors))
    np.testing.assert_array_equal(target.vectors, fitted.transform_target(data.target.vectors))
    np.testing.assert_array_equal(other.transform(data.X), fitted.transform(data.X))


def test_any_subset_in_any_order_gives_the_rows_of_the_whole(fitted, data):
    whole = fitted.transform(data.source.vectors)
    whole_target = fitted.transform_target(data.target.vectors)
    rng = np.random.default_rng(0)
    for rows in (rng.permutation(300), rng.choice(300, 37), [5], slice(10, 12)):
        np.testing.assert_array_equal(fitted.transform(data.source.vectors[rows]), whole[rows])
        np.testing.assert_array_equal(
            fitted.transform_target(data.target.vectors[rows]), whole_target[rows]
        )


def test_stages_equal_refitting_with_fewer_iterations(fitted, data):
    stages = zip(
        fitted.staged_transform(data.source),
        fitted.staged_transform_target(data.target.vectors),
        strict=True,
    )
    for n_iter, (source, target) in enumerate(stages, 1):
        shorter = clone(fitted).set_params(n_iter=n_iter)
        shorter.fit(data.X, data.y, source_space=data.source, target_space=data.target)
        np.testing.assert_array_equal(source, shorter.transform(data.source.vectors))
        np.testing.assert_array_equal(target, shorter.transform_target(data.target.vectors))
        assert shorter.n_pairs_ == fitted.n_pairs_[:n_iter]
    assert n_iter == 3


def test_threads_do_not_change_a_bit(fitted, data):
    threaded = clone(fitted).set_params(n_jobs=2)
    threaded.fit(data.X, data.y, source_space=data.source, target_space=data.target)
    np.testing.assert_array_equal(
        threaded.transform(data.source.vectors), fitted.transform(data.source.vectors)
    )


def spaces_before_last(aligner, data):
    *_, source, _ = aligner.staged_transform(data.source)
    *_, target, _ = aligner.staged_transform_target(data.target)
    return source, target


@pytest.mark.parametrize("similarity", ["cosine", "csls"])
def test_replace_uses_the_mutual_neighbors_alone(data, similarity):
    aligner = InstaMapAligner(
        n_neighbors=12, n_iter=3, dictionary_update="replace", mutual_similarity=similarity
    ).fit(data.X, data.y, source_space=data.source, target_space=data.target)
    source, target = spaces_before_last(aligner, data)
    np.testing.assert_array_equal(
        aligner.mutual_pairs_, mutual_pairs(source, target, similarity=similarity)
    )
    assert aligner.n_pairs_[-1] == len(aligner.mutual_pairs_)


def test_augment_keeps_the_given_pairs_and_adds_each_new_one_once(data):
    aligner = InstaMapAligner(n_neighbors=12, n_iter=3)
    aligner.fit(data.X, data.y, source_space=data.source, target_space=data.target)
    words = data.train.itertuples(index=False)
    given = {(data.source.index(source), data.target.index(target)) for source, target in words}
    new = {tuple(pair) for pair in aligner.mutual_pairs_.tolist()} - given
    assert given & {tuple(pair) for pair in aligner.mutual_pairs_.tolist()}
    assert aligner.n_pairs_ == [len(data.X), aligner.n_pairs_[1], len(data.X) + len(new)]
    # The dictionary of the last stage begins with the given pairs, as mapped so far.
    source, _ = spaces_before_last(aligner, data)
    stage = aligner.stages_[-1]
    translator = stage.named_steps_["translate"]
    first = translator.source_pairs_[: len(data.X)]
    *before, _ = stage.steps_
    rows = source[data.source.indices(data.train["source"])]
    for _, step in before:
        rows = step.transform(rows)
    np.testing.assert_array_equal(first, rows)


@pytest.mark.parametrize("update", ["augment", "replace"])
def test_pairs_are_first_looked_for_while_both_sides_move(data, update):
    spaces = {"source_space": data.source, "target_space": data.target}
    both = InstaMapAligner(12, 3, step=0.5, dictionary_update=update).fit(data.X, data.y, **spaces)
    pairs = both.mutual_pairs_
    one = InstaMapAligner(
        12, 1, n_pair_iter=2, shared_space="target", dictionary_update=update
    ).fit(data.X, data.y, **spaces)
    np.testing.assert_array_equal(one.mutual_pairs_, pairs)
    X, y = data.source.vectors[pairs[:, 0]], data.target.vectors[pairs[:, 1]]
    if update == "augment":
        given = np.column_stack(
            [data[side].indices(data.train[side]) for side in ("source", "target")]
        )
        new = [tuple(pair) not in set(map(tuple, given.tolist())) for pair in pairs.tolist()]
        assert 0 < sum(new) < len(new)
        X, y = np.concatenate([data.X, X[new]]), np.concatenate([data.y, y[new]])
    assert one.n_pairs_ == [len(X)]
    alone = InstaMapAligner(12, 1, shared_space="target").fit(X, y, **spaces)
    np.testing.assert_array_equal(
        one.transform(data.source).vectors, alone.transform(data.source).vectors
    )


def test_without_update_the_dictionary_stays(data):
    aligner = InstaMapAligner(n_neighbors=12, n_iter=3, dictionary_update=None)
    aligner.fit(data.X, data.y, source_space=data.source, target_space=data.target)
    assert aligner.n_pairs_ == [80, 80, 80]
    assert aligner.mutual_pairs_.shape == (0, 2)


@pytest.mark.parametrize("seed", range(4))
def test_mean_and_pca_centering_agree_up_to_the_determinant(seed):
    data = make_bilingual_spaces(200, 6, n_train=60, n_test=20, random_state=seed)
    cosines = {}
    for centering in ("mean", "pca"):
        aligner = InstaMapAligner(n_neighbors=12, n_iter=1, centering=centering)
        source, target = aligner.fit_transform_spaces(data.X, data.y, data.source, data.target)
        unit = [s.vectors / np.linalg.norm(s.vectors, axis=1)[:, None] for s in (source, target)]
        cosines[centering] = unit[0] @ unit[1].T
    center = aligner.stages_[0].named_steps_["center"]
    # A rotation between the two PCA bases is one between the spaces themselves exactly if the
    # changes of basis are both rotations or both reflections.
    same = np.linalg.det(center.source_transformer_.components_) * np.linalg.det(
        center.target_transformer_.components_
    )
    assert (np.abs(cosines["mean"] - cosines["pca"]).max() < 1e-4) == (same > 0)


def test_better_than_its_rotation_on_spaces_that_no_rotation_aligns(data):
    held_out = data.source.vectors[data.source.indices(data.test["source"])]
    gold = data.target.vectors[data.target.indices(data.test["target"])]
    aligner = InstaMapAligner(n_neighbors=12, n_iter=3)
    aligner.fit(data.X, data.y, source_space=data.source, target_space=data.target)
    stage = aligner.stages_[0]
    rotated_x, rotated_y = held_out, gold
    for name, step in stage.steps_:
        if name != "translate":
            rotated_x, rotated_y = step.transform(rotated_x), step.transform_target(rotated_y)
    assert _precision(aligner.transform(held_out), aligner.transform_target(gold)) > _precision(
        rotated_x, rotated_y
    )


def _precision(X, y):
    X = X / np.linalg.norm(X, axis=1, keepdims=True)
    y = y / np.linalg.norm(y, axis=1, keepdims=True)
    return np.mean((X @ y.T).argmax(axis=1) == np.arange(len(X)))


def test_reports_each_iteration(data, capsys):
    events = []
    aligner = InstaMapAligner(n_neighbors=12, n_iter=2, verbose=1)
    with report_to(events.append):
        aligner.fit(data.X, data.y, source_space=data.source, target_space=data.target)
    done = [event for event in events if isinstance(event, IterationDone)]
    assert [(e.iteration, e.n_iter, e.n_pairs) for e in done] == [
        (1, 2, aligner.n_pairs_[0]),
        (2, 2, aligner.n_pairs_[1]),
    ]
    assert all(-1 <= e.value <= 1 and e.seconds >= 0 for e in done)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2
    assert lines[0].startswith("[InstaMapAligner] iteration 1/2: 80 pairs, mean cosine 0.")


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"n_iter": 0}, r"'n_iter' parameter .* an int in the range \[1, inf\). Got 0 instead"),
        (
            {"dictionary_update": "add"},
            "'dictionary_update' parameter .* Got 'add' instead",
        ),
        ({"centering": "median"}, "'centering' parameter of InstaMapAligner must be a str among"),
        (
            {"mutual_similarity": "dot"},
            "'mutual_similarity' parameter .* Got 'dot'",
        ),
        ({"n_components": 0}, "'n_components' parameter .* Got 0 instead"),
        (
            {"centering": "mean", "n_components": 3},
            "None where centering='mean'",
        ),
        ({"n_pair_iter": 1, "dictionary_update": None}, "0 where dictionary_update=None"),
    ],
)
def test_bad_parameters(parameters, message):
    with pytest.raises(ValueError, match=message):
        InstaMapAligner(2, **parameters).fit(np.eye(4), np.eye(4))


def test_bfloat16_is_the_same_search(data, monkeypatch):
    seen = []

    def recording(*arguments, bfloat16, **options):
        seen.append(bfloat16)
        return top_k(*arguments, bfloat16=bfloat16, **options)

    monkeypatch.setattr("sklearn_instamap.instamap._translation.top_k", recording)
    plain = InstaMapAligner(12, 2).fit(data.X, data.y).transform(data.X)
    assert set(seen) == {False}
    seen.clear()
    quick = InstaMapAligner(12, 2, bfloat16=True).fit(data.X, data.y).transform(data.X)
    assert set(seen) == {True}
    np.testing.assert_array_equal(plain, quick)


def test_presets():
    assert InstaMapAligner.from_preset("paper").get_params() == InstaMapAligner().get_params()
    program = InstaMapAligner.from_preset("program", n_jobs=2).get_params()
    assert (program["n_components"], program["dictionary_update"]) == (290, "replace")
    assert program["n_jobs"] == 2
    assert InstaMapAligner.from_preset("midpoint", n_iter=3).n_iter == 3
    # The paper searches all words.
    cutoffs = {name: InstaMapAligner.from_preset(name).vocabulary_cutoff for name in PRESETS}
    assert cutoffs == {"paper": None, "program": None, "midpoint": 20_000, "target": 20_000}
    with pytest.raises(ValueError, match=r"'name' parameter must be .*'midpoint'.* Got 'best'"):
        InstaMapAligner.from_preset("best")


# Odd dictionaries -------------------------------------------------------------------------------


def _finite(aligner, X, y, source, target):
    aligner.fit(X, y, source_space=source, target_space=target)
    assert np.isfinite(aligner.transform(source)).all()
    assert np.isfinite(aligner.transform_target(target)).all()


@pytest.mark.filterwarnings("ignore:n_neighbors=:UserWarning")
@pytest.mark.filterwarnings("ignore:The source rows have a mean norm:UserWarning")
@pytest.mark.filterwarnings("ignore:.* distinct pairs? do(es)? not determine:UserWarning")
@pytest.mark.filterwarnings("ignore:(source|target)_space has exactly:UserWarning")
@pytest.mark.parametrize("centering", ["pca", "mean"])
@pytest.mark.parametrize("update", ["augment", "replace", None])
def test_odd_dictionaries_and_spaces_stay_finite(update, centering):
    rng = np.random.default_rng(0)
    source, target = rng.standard_normal((2, 60, 5)).astype(np.float32)
    aligner = InstaMapAligner(n_iter=2, dictionary_update=update, centering=centering)
    _finite(aligner, source[:1], target[:1], source, target)  # one pair
    _finite(aligner, source[[0, 0, 0, 1]], target[[0, 0, 2, 1]], source, target)  # repeated
    zeros = source.copy()
    zeros[:20] = 0
    _finite(aligner, zeros[:30], target[:30], zeros, target)  # zero rows
    constant = np.ones_like(source)
    _finite(aligner, constant[:30], target[:30], constant, target)  # constant rows
    wide = rng.standard_normal((60, 8)).astype(np.float32)
    _finite(aligner, wide[:30], target[:30], wide, target)  # wider source
    _finite(aligner, source[:30], wide[:30], source, wide)  # wider target
    _finite(aligner, source[:3], wide[:3], source[:3], wide[:3])  # fewer rows than dimensions


def test_pairs_that_are_rows_of_the_spaces_but_for_rounding_are_kept():
    rng = np.random.default_rng(0)
    source, target = rng.standard_normal((2, 40, 4))
    X, y = source[:10] * (1 + 1e-12), target[:10] * (1 - 1e-12)
    aligner = InstaMapAligner(5, 2).fit(X, y, source_space=source, target_space=target)
    assert aligner.n_pairs_[1] == 10 + len(aligner.mutual_pairs_)


def test_n_components_is_cut_to_what_there_is():
    rng = np.random.default_rng(0)
    rows = rng.standard_normal((50, 6))
    assert SpaceCentering(n_components=99).fit(rows).n_components_ == 6
    assert SpaceCentering(n_components=4).fit(rows).transform(rows).shape == (50, 4)
    few = SpaceCentering().fit(rows[:3])
    assert few.components_ is None
    np.testing.assert_allclose(few.transform(rows), rows - rows[:3].mean(axis=0))


def test_centering_in_batches_is_centering(monkeypatch):
    rng = np.random.default_rng(0)
    rows = rng.standard_normal((50, 6)) + 4
    centering = SpaceCentering().fit(rows)
    whole = centering.transform(rows)
    monkeypatch.setattr("sklearn_instamap.instamap._centering._BATCH", 7)
    np.testing.assert_array_equal(centering.transform(rows), whole)
    np.testing.assert_allclose(whole.T @ whole, np.diag(np.diag(whole.T @ whole)), atol=1e-10)
    np.testing.assert_allclose(whole.mean(axis=0), 0, atol=1e-12)


def test_embedding_space_and_array_are_the_same_metadata(data):
    aligner = InstaMapAligner(12, 2)
    one = aligner.fit(data.X, data.y, source_space=data.source, target_space=data.target)
    first = one.transform(data.X)
    two = aligner.fit(
        data.X, data.y, source_space=data.source.vectors, target_space=data.target.to_frame()
    )
    assert isinstance(data.source, EmbeddingSpace)
    np.testing.assert_array_equal(first, two.transform(data.X))
