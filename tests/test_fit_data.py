"""The door of fit: rows are rows of their spaces, columns keep names, doubts are said once."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.decomposition import PCA
from sklearn.model_selection import GridSearchCV
from sklearn.preprocessing import Normalizer

from sklearn_instamap import (
    EmbeddingSpace,
    InstaMapAligner,
    InstaMapAlignerCV,
    InstanceTranslator,
    KabschRotation,
    make_aligner_pipeline,
)
from sklearn_instamap.linear import ProcrustesAligner, RidgeAligner, VecMapAligner

RNG = np.random.default_rng(0)
SOURCE, TARGET = RNG.standard_normal((60, 4)), RNG.standard_normal((70, 4))
X, Y = SOURCE[:30], TARGET[5:35]


def caught_in(aligner, *pairs, **spaces):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        aligner.fit(*pairs, **spaces)
    return [str(each.message) for each in caught]


@pytest.mark.parametrize(
    "aligner",
    [KabschRotation(), make_aligner_pipeline(Normalizer(), InstaMapAligner(5, 1))],
    ids=["one", "pipeline"],
)
def test_rows_that_are_no_rows_of_their_space_are_refused(aligner):
    with pytest.raises(
        ValueError, match=r"30 of the 30 rows of X .* source_space, .* row 0; .*swapped"
    ):
        aligner.fit(X, Y, source_space=TARGET, target_space=SOURCE)
    few = EmbeddingSpace(TARGET[:30])
    with pytest.raises(
        ValueError,
        match=r"rows of y .* target_space.* row 25; look.* make_aligner_p",
    ):
        aligner.fit(X, Y, source_space=SOURCE, target_space=few)
    with pytest.raises(ValueError, match="1 of the 30 rows of X are not rows of source_space"):
        aligner.fit_transform_spaces(np.r_[X[:-1], X[:1] + 1e-3], Y, SOURCE, TARGET)


@pytest.mark.parametrize("kinds", [("f4", "f8"), ("f8", "f4"), ("f4", "f4"), ("f2", "f4")])
def test_rows_and_spaces_of_different_precision_belong_together(kinds):
    of_rows, of_space = kinds
    whole = [each.astype("f2") if of_rows == "f2" else each for each in (SOURCE, TARGET)]
    rows = [each.astype(of_rows) for each in (whole[0][:30], whole[1][:30])]
    source, target = (each.astype(of_space) for each in whole)
    KabschRotation().fit(*rows, source_space=source, target_space=target)


def test_rounding_of_a_step_before_is_no_other_row():
    rotation = np.linalg.qr(RNG.standard_normal((4, 4)))[0]
    one_by_one = np.stack([row @ rotation for row in X])
    nudged = one_by_one * (1 + 4e-16)
    KabschRotation().fit(nudged, Y, source_space=SOURCE @ rotation, target_space=TARGET)


def test_folds_of_a_dictionary_are_rows_of_the_space():
    search = GridSearchCV(KabschRotation(), {"allow_reflection": [True, False]}, cv=3)
    spaces = {"source_space": SOURCE, "target_space": TARGET}
    assert search.fit(X, Y, **spaces).best_score_ >= 0


def test_an_embedding_space_is_taken_for_rows():
    words = [f"w{row}" for row in range(30)]
    pairs = EmbeddingSpace(words, X), EmbeddingSpace(words, Y)
    rotation = KabschRotation().fit(*pairs)
    np.testing.assert_array_equal(rotation.rotation_, KabschRotation().fit(X, Y).rotation_)
    assert rotation.score(*pairs) == rotation.score(X, Y)
    np.testing.assert_array_equal(
        rotation.inverse_transform(pairs[1]), rotation.inverse_transform(Y)
    )


def test_half_precision_becomes_single():
    rotation = KabschRotation().fit(X.astype("f2"), Y.astype("f2"))
    assert rotation.rotation_.dtype == np.float32
    assert rotation.transform(X.astype("f2")).dtype == np.float32
    assert rotation.transform_target(Y.astype("f2")).dtype == np.float32


def test_columns_of_the_target_keep_their_names():
    frame = pd.DataFrame(Y, columns=list("abcd"))
    aligner = InstaMapAligner(5, 1).fit(X, frame)
    assert list(aligner.target_feature_names_in_) == list("abcd")
    for method in (aligner.transform_target, lambda y: aligner.score(X, y)):
        with pytest.raises(ValueError, match=r"columns of y are .* in another order.*'d'.*'a'"):
            method(frame[list("dcba")])
        with pytest.raises(ValueError, match=r"should match .*unknown columns \['e'\].*\['d'\]"):
            method(frame.rename(columns={"d": "e"}))
        method(frame)
        method(Y)
    assert not hasattr(aligner.fit(X, Y), "target_feature_names_in_")


def test_too_few_pairs_are_warned_of_once():
    wide = RNG.standard_normal((2, 6, 9))
    few = "5 distinct pairs do not determine the map from 9 to 9 dimensions"
    pairs = wide[0][[0, 0, 1, 2, 3, 4]], wide[1]
    for aligner in (
        KabschRotation(),
        ProcrustesAligner(),
        VecMapAligner(),
        RidgeAligner(),
        make_aligner_pipeline(KabschRotation(), ProcrustesAligner()),
        InstaMapAligner(2, 3),
    ):
        (message,) = caught_in(aligner, *pairs)
        assert message.startswith(few)
    # Nor does every iteration, or every fold, say that K is too large.
    many = "n_neighbors=7 is more than the number of pairs in the "
    first, second = caught_in(InstaMapAligner(7, 3), *pairs)
    assert (first.startswith(f"{many}dictionary, 6;"), second.startswith(few)) == (True, True)
    first, second = caught_in(InstaMapAlignerCV((2, 7), (1, 2), cv=2), *pairs)
    assert (first.startswith(f"{many}smallest fold, 3;"), second.startswith(few)) == (True, True)
    for aligner in (InstanceTranslator(2), make_aligner_pipeline(PCA(2), KabschRotation())):
        assert caught_in(aligner, *pairs) == []


def test_different_scales_are_warned_of_where_translations_are_added():
    rotated = make_aligner_pipeline(KabschRotation(), InstanceTranslator(5))
    for aligner in (InstaMapAligner(5, 3), rotated):
        (message,) = caught_in(aligner, X, 5 * Y)
        assert "mean norm of" in message
        assert "normalization=" in message
        assert caught_in(aligner, X, 1.5 * Y) == []
    for aligner in (
        KabschRotation(),
        InstaMapAligner(5, 2, normalization=("unit", "center", "unit")),
        make_aligner_pipeline(Normalizer(), InstaMapAligner(5, 2)),
    ):
        assert caught_in(aligner, X, 5 * Y) == []


def test_sides_that_are_not_rotated_onto_each_other_are_warned_of():
    for source, target in ((X, Y), (X, Y[:, :3]), (X[:, :3], Y)):
        (message,) = caught_in(InstanceTranslator(5), source, target)
        assert message.startswith("The pairs have a mean cosine of")
        assert "put KabschRotation" in message


@pytest.mark.filterwarnings("ignore:The pairs have a mean cosine of:UserWarning")
def test_the_callers_arrays_are_not_kept():
    rows, targets = X.copy(), Y.copy()
    translator = InstanceTranslator(5).fit(rows, targets)
    before = translator.transform(SOURCE)
    rows[:], targets[:] = 0, 0
    np.testing.assert_array_equal(translator.transform(SOURCE), before)


@pytest.mark.parametrize("form", [np.array, pd.DataFrame])
def test_writing_into_a_mapped_space_does_not_reach_the_given_one(form):
    spaces = form(SOURCE), form(TARGET)
    aligner = KabschRotation()
    _, mapped = aligner.fit_transform_spaces(X, Y, *spaces)
    mapped[:] = 0
    np.testing.assert_array_equal(spaces[1], TARGET)
    np.testing.assert_array_equal(aligner.transform_target(TARGET), TARGET)


def test_writing_into_a_stage_does_not_reach_the_next():
    aligner = InstaMapAligner(5, 3).fit(X, Y)
    expected = list(aligner.staged_transform(X)), list(aligner.staged_transform_target(Y))
    for stages, wanted in zip(
        (aligner.staged_transform(X), aligner.staged_transform_target(Y)), expected, strict=True
    ):
        for rows, want in zip(stages, wanted, strict=True):
            np.testing.assert_array_equal(rows, want)
            rows[:] = 0
