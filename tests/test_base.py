"""What holds for every aligner: validation, metadata, containers, scoring, pickles."""

from __future__ import annotations

import pickle
import warnings

import numpy as np
import pandas as pd
import pytest

from sklearn_instamap import EmbeddingSpace, InstaMapAligner, KabschRotation

RNG = np.random.default_rng(0)
X, Y = RNG.standard_normal((2, 30, 4))


@pytest.fixture
def aligner():
    return InstaMapAligner(n_neighbors=5, n_iter=2)


def test_a_raw_space_as_long_as_the_dictionary_warns(aligner):
    space = X[::-1].copy()
    with pytest.warns(
        UserWarning, match=r"source_space has exactly as many rows .* EmbeddingSpace"
    ):
        aligner.fit(X, Y, source_space=space)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        aligner.fit(X, Y, source_space=EmbeddingSpace(map(str, range(30)), space), target_space=Y)


@pytest.mark.parametrize(
    ("arguments", "spaces", "message"),
    [
        ((X, None), {}, "requires y to be passed, but the target y is None"),
        ((X, Y[:10]), {}, "inconsistent numbers of samples"),
        ((X, Y), {"source_space": np.ones((9, 3))}, "source_space has 3 dimensions, but X has 4"),
        ((X, Y), {"target_space": np.ones((9, 5))}, "target_space has 5 dimensions, but y has 4"),
        ((X, Y), {"source_space": np.full((9, 4), np.nan)}, "source_space contains NaN"),
        ((X, np.full((30, 4), np.inf)), {}, "y contains infinity"),
        ((np.empty((0, 4)), np.empty((0, 4))), {}, "0 sample"),
    ],
)
def test_bad_fit_input(aligner, arguments, spaces, message):
    with pytest.raises(ValueError, match=message):
        aligner.fit(*arguments, **spaces)


def test_bad_target_rows(aligner):
    aligner.fit(X, Y)
    with pytest.raises(ValueError, match=r"y has 3 features, but InstaMapAligner .* 4 features"):
        aligner.transform_target(Y[:, :3])


def test_fit_transform_spaces_needs_both(aligner):
    with pytest.raises(ValueError, match="needs both source_space and target_space"):
        aligner.fit_transform_spaces(X, Y, X, None)


def test_spaces_come_back_in_the_form_they_came_in(aligner):
    words = [f"w{i}" for i in range(30)]
    space = EmbeddingSpace(words, X)
    frame = pd.DataFrame(Y, index=words)
    source, target = aligner.fit_transform_spaces(X[:25], Y[:25], space, frame)
    assert isinstance(source, EmbeddingSpace)
    assert source.words == space.words
    assert isinstance(target, pd.DataFrame)
    assert list(target.index) == words
    assert target.columns[0] == "instamapaligner0"
    np.testing.assert_array_equal(aligner.transform(space).vectors, aligner.transform(X))
    np.testing.assert_array_equal(
        aligner.transform_target(space).vectors, aligner.transform_target(X)
    )


def test_frames_keep_the_word_index_on_both_sides(aligner):
    words = [f"w{i}" for i in range(30)]
    aligner.set_output(transform="pandas").fit(X, Y)
    for given in (pd.DataFrame(X, index=words), EmbeddingSpace(words, X)):
        for method in (aligner.transform, aligner.transform_target):
            mapped = method(given)
            assert isinstance(mapped, pd.DataFrame)
            assert list(mapped.index) == words
            assert list(mapped.columns) == list(aligner.get_feature_names_out())


def test_polars_on_both_sides(aligner):
    pl = pytest.importorskip("polars")
    aligner.set_output(transform="polars").fit(X, Y)
    for given in (X, EmbeddingSpace(map(str, range(30)), X)):
        assert isinstance(aligner.transform(given), pl.DataFrame)
        assert isinstance(aligner.transform_target(given), pl.DataFrame)


def test_mixed_precision_follows_x_in_fit_and_the_rows_in_transform():
    rotation = KabschRotation().fit(X.astype(np.float32), Y)
    assert rotation.rotation_.dtype == np.float32
    assert rotation.transform(X).dtype == np.float64
    assert rotation.transform(X.astype(np.float32)).dtype == np.float32


def test_score_counts_equal_targets_once_and_gives_no_credit_for_collapse():
    y = np.repeat(Y[:15], 2, axis=0)
    assert KabschRotation().fit(y, y).score(y, y) == 1.0
    collapsed = KabschRotation().fit(X, Y)
    collapsed.rotation_ = np.zeros_like(collapsed.rotation_)
    assert collapsed.score(X, Y) == 0.0


def test_score_is_the_share_of_right_nearest_neighbors(aligner):
    aligner.fit(X, Y)
    source, target = aligner.transform(X), aligner.transform_target(Y)
    source /= np.linalg.norm(source, axis=1, keepdims=True)
    target /= np.linalg.norm(target, axis=1, keepdims=True)
    expected = np.mean((source @ target.T).argmax(axis=1) == np.arange(30))
    assert aligner.score(X, Y) == pytest.approx(expected)
    assert 0 < expected < 1


def test_a_pickle_holds_what_transform_needs_and_not_the_spaces():
    space = np.r_[X, RNG.standard_normal((20_000, 4)), Y - 1]
    aligner = InstaMapAligner(n_neighbors=5, n_iter=2, dictionary_update=None)
    aligner.fit(X, Y, source_space=space, target_space=space + 1)
    packed = pickle.dumps(aligner)
    # Two stages of two tables of 30 x 4 doubles, hashes and class names; a space has 640 kB.
    assert len(packed) < 20_000
    np.testing.assert_array_equal(pickle.loads(packed).transform(space), aligner.transform(space))


@pytest.mark.parametrize("order", ["C", "F"])
def test_read_only_and_fortran_input(aligner, order):
    frozen_x, frozen_y = np.asarray(X, order=order).copy(order), np.asarray(Y, order=order)
    frozen_x.flags.writeable = False
    reference = InstaMapAligner(n_neighbors=5, n_iter=2).fit(X, Y).transform(X)
    np.testing.assert_array_equal(aligner.fit(frozen_x, frozen_y).transform(frozen_x), reference)
