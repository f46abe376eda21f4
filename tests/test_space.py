from __future__ import annotations

import copy
import pickle
from uuid import UUID

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.utils.validation import _is_arraylike, _num_samples

from sklearn_instamap import EmbeddingSpace, KabschRotation
from sklearn_instamap._space_like import like_space, space_vectors
from sklearn_instamap.io import write_vectors
from sklearn_instamap.metrics import evaluate_retrieval, translate


@pytest.fixture
def space():
    return EmbeddingSpace(["a", "b", "c"], np.arange(6, dtype=np.float32).reshape(3, 2))


def test_lookup(space):
    assert (space.n_words, space.n_features) == (3, 2)
    assert "b" in space
    assert "z" not in space
    assert space.index("c") == 2
    np.testing.assert_array_equal(space.indices(["c", "z", "a"]), [2, -1, 0])
    np.testing.assert_array_equal(space.vector("b"), [2, 3])
    with pytest.raises(KeyError, match="z"):
        space.vector("z")


def test_scikit_learn_cannot_take_it_for_an_array(space):
    assert not _is_arraylike(space)
    with pytest.raises(TypeError):
        _num_samples(space)
    assert clone(space) is space


def test_immutable_and_does_not_freeze_the_callers_array():
    vectors = np.ones((2, 2))
    space = EmbeddingSpace(["a", "b"], vectors)
    with pytest.raises(AttributeError, match="immutable"):
        space.words = ("x", "y")
    with pytest.raises(ValueError, match="read-only"):
        space.vectors[0, 0] = 5
    vectors[0, 0] = 5


def test_half_precision_becomes_single_and_others_stay():
    for given, kept in [("float16", "float32"), ("float32", "float32"), ("float64", "float64")]:
        assert EmbeddingSpace(["a"], np.ones((1, 2), dtype=given)).vectors.dtype == kept


@pytest.mark.parametrize(
    ("words", "vectors", "message"),
    [
        (["a", "b", "a"], np.ones((3, 2)), "the word 'a' more than once"),
        (["a"], np.ones((2, 2)), "1 words for 2 vectors"),
        (["a"], [[np.nan, 1.0]], "NaN"),
        ([], np.empty((0, 2)), "0 sample"),
    ],
)
def test_bad_input_says_what_is_wrong(words, vectors, message):
    with pytest.raises(ValueError, match=message):
        EmbeddingSpace(words, vectors)


def test_select_replace_and_frame(space):
    picked = space.select([2, 0])
    assert picked.words == ("c", "a")
    np.testing.assert_array_equal(picked.vectors, [[4, 5], [0, 1]])
    assert space.with_vectors(np.zeros((3, 5))).n_features == 5
    frame = space.to_frame()
    assert list(frame.index) == ["a", "b", "c"]
    back = EmbeddingSpace.from_frame(frame)
    assert back.words == space.words
    np.testing.assert_array_equal(back.vectors, space.vectors)


@pytest.mark.parametrize(
    "duplicate", [copy.copy, copy.deepcopy, lambda s: pickle.loads(pickle.dumps(s))]
)
def test_copies_are_equal_and_still_frozen(space, duplicate):
    other = duplicate(space)
    assert other.words == space.words
    assert other.index("b") == 1
    np.testing.assert_array_equal(other.vectors, space.vectors)
    assert not other.vectors.flags.writeable


def test_three_forms_of_a_space(space):
    for form in (space, space.to_frame(), space.vectors):
        np.testing.assert_array_equal(space_vectors(form), space.vectors)
    doubled = space.vectors * 2
    assert like_space(doubled, space).words == space.words
    frame = like_space(doubled, space.to_frame(), ["p", "q"])
    assert isinstance(frame, pd.DataFrame)
    assert list(frame.index) == list(space.words)
    assert like_space(doubled, space.vectors) is doubled


class TestIds:
    def test_row_numbers_are_the_ids_unless_others_are_given(self):
        space = EmbeddingSpace(np.eye(3, dtype=np.float16))
        assert (space.ids, space.has_words, space.vectors.dtype) == ((0, 1, 2), False, np.float32)
        np.testing.assert_array_equal(space[1], [0, 1, 0])

    @pytest.mark.parametrize(
        "ids",
        [
            [7, 5, 9],
            np.array([7, 5, 9]),
            [("a", 1), "b", 3.5],
            [(1, 2), (3, 4), (5, 6)],
            [(), (1,), (1, 2)],
            pd.Index(["x", "y", "z"]),
            pd.MultiIndex.from_tuples([(1, "x"), (1, "y"), (2, "x")]),
            np.array(["2020-01-01", "2020-01-02", "2021-01-01"], dtype="M8[ns]"),
            np.array(["2020-01-01", "2020-01-02", "2021-01-01"], dtype="M8[D]"),
            [b"x", frozenset([1]), UUID(int=5)],
        ],
    )
    def test_any_hashable_ids(self, ids):
        space = EmbeddingSpace(np.eye(3, 4), ids)
        assert [space.index(each) for each in ids] == [0, 1, 2]
        np.testing.assert_array_equal(space.indices([space.ids[2], space.ids[0]]), [2, 0])
        assert all(each in space for each in ids)
        assert "nothing" not in space
        again = pickle.loads(pickle.dumps(space))
        assert (again.ids, again.has_words) == (space.ids, space.has_words)
        for given in (space, ids, list(ids)):
            table = translate(given, space, space, n_best=1)
            assert table["word"].tolist() == table["translation"].tolist() == list(space.ids)
        table = evaluate_retrieval(space, space, ids, k=1, per_query=True)
        assert table["recall@1"].tolist() == [1, 1, 1]

    def test_ids_or_a_vector(self):
        space = EmbeddingSpace(vectors=np.eye(3))
        assert translate(2, space, space, n_best=1)["translation"].tolist() == [2]
        assert translate([[0.0, 1.0, 0.0]], space, space, n_best=1)["translation"].tolist() == [1]
        # One value is no vector, of whatever kind the ids are.
        words = EmbeddingSpace(["a", "b", "c"], np.eye(3))
        for given in (7, 2.5, "x", b"x"):
            with pytest.raises(ValueError, match="1 of 1 ids are not in the source space: "):
                translate(given, space, space)
        with pytest.raises(TypeError, match="has 7 in row 0, of type int and no word"):
            translate(7, words, words)
        with pytest.raises(ValueError, match="may be 3 ids or one vector; give a vector as"):
            translate([0, 1, 0], space, space)
        with pytest.raises(ValueError, match="1 of 2 ids are not in the source space: 7"):
            translate([2, 7], space, space)

    def test_they_stay_with_their_rows(self):
        space = EmbeddingSpace(np.eye(3), [7, 5, 9])
        chosen = space.select([2, 0]).with_vectors([[1.0], [2.0]])
        assert chosen.ids == (9, 7)
        assert chosen.to_frame().index.tolist() == [9, 7]
        assert chosen.to_frame().index.name == "id"
        assert like_space(np.ones((3, 1)), space).ids == space.ids
        assert [id_ for id_, _ in space.most_similar(5, 2)] == [7, 9]

    def test_an_aligner_maps_such_a_space(self):
        rng = np.random.default_rng(0)
        X = rng.standard_normal((20, 3))
        space = EmbeddingSpace(X, range(100, 120))
        aligner = KabschRotation().fit(X, X[:, [1, 2, 0]])
        assert aligner.transform(space).ids == space.ids
        framed = aligner.set_output(transform="pandas").transform(space)
        assert framed.index.tolist() == list(space.ids)

    @pytest.mark.parametrize(
        ("ids", "error", "message"),
        [
            ([1, 1, 2], ValueError, "the id 1 more than once"),
            ([1, None, 2], ValueError, "no id in row 1"),
            ([1.0, np.nan, 2.0], ValueError, "no id in row 1"),
            (["a", "", "b"], ValueError, "empty id in row 1"),
            ([1, 2], ValueError, "2 ids for 3 vectors"),
            ([[1], [2], [3]], TypeError, "id of type list in row 0"),
            ("abc", TypeError, "must be a list of ids, got str"),
            (5, TypeError, "must be a list of ids, got int"),
        ],
    )
    def test_ids_that_are_none(self, ids, error, message):
        with pytest.raises(error, match=message):
            EmbeddingSpace(np.eye(3), ids)

    def test_an_unknown_id(self):
        space = EmbeddingSpace(np.eye(3))
        with pytest.raises(KeyError, match="no id 3"):
            space[3]

    def test_files_hold_words(self, tmp_path):
        space = EmbeddingSpace(np.eye(2))
        with pytest.raises(TypeError, match="has the id 0, of type int"):
            write_vectors(tmp_path / "a.vec", space)
        assert not list(tmp_path.iterdir())
