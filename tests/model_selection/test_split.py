"""WordDisjointKFold: folds without a word in common."""

import numpy as np
import pandas as pd
import pytest
import sklearn
from sklearn.base import clone
from sklearn.linear_model import LinearRegression, Ridge
from sklearn.model_selection import (
    GridSearchCV,
    GroupKFold,
    KFold,
    check_cv,
    cross_val_score,
)

from sklearn_instamap.model_selection import WordDisjointKFold, dictionary_groups


@pytest.fixture
def dictionary():
    """200 pairs over 120 source and 120 target words, as vectors and as words."""
    rng = np.random.default_rng(0)
    source, target = rng.integers(120, size=(2, 200))
    # Most words are repeated; the later half stands alone.
    source[100:], target[100:] = np.arange(200, 300), np.arange(200, 300)
    X = rng.standard_normal((300, 5))[source]
    y = rng.standard_normal((300, 4))[target]
    return X, y, source, target


def splits(*args, **kwargs):
    cv = WordDisjointKFold(**kwargs)
    return [(train.tolist(), test.tolist()) for train, test in cv.split(*args)]


@pytest.mark.parametrize("shuffle", [True, False])
def test_folds_partition_the_pairs_and_share_no_word(dictionary, shuffle):
    X, y, source, target = dictionary
    tested = []
    for train, test in WordDisjointKFold(4, shuffle=shuffle).split(X, y):
        assert np.array_equal(np.sort(np.concatenate([train, test])), np.arange(200))
        assert not set(source[train]) & set(source[test])
        assert not set(target[train]) & set(target[test])
        tested.extend(test)
    assert sorted(tested) == list(range(200))


def test_plain_kfold_does_share_words(dictionary):
    """What the splitter is for: without it the words leak."""
    X, _, source, _ = dictionary
    train, test = next(KFold(4, shuffle=True, random_state=0).split(X))
    assert set(source[train]) & set(source[test])


def test_folds_are_balanced(dictionary):
    X, y, *_ = dictionary
    largest = np.bincount(dictionary_groups(X, y)).max()
    sizes = [len(test) for _, test in WordDisjointKFold(5, random_state=0).split(X, y)]
    assert max(sizes) - min(sizes) <= largest
    X, y = np.arange(10.0)[:, None], np.arange(10.0)[:, None]
    assert [len(test) for _, test in WordDisjointKFold(5).split(X, y)] == [2] * 5


def test_seed_fixes_the_folds(dictionary):
    X, y, *_ = dictionary
    assert splits(X, y, random_state=3) == splits(X, y, random_state=3)
    assert splits(X, y, random_state=3) != splits(X, y, random_state=4)
    cv = WordDisjointKFold(random_state=3)
    first = [test.tolist() for _, test in cv.split(X, y)]
    assert first == [test.tolist() for _, test in cv.split(X, y)]
    assert splits(X, y, shuffle=False) == splits(X, y, shuffle=False)


def test_words_and_vectors_give_the_same_folds(dictionary):
    X, y, source, target = dictionary
    source, target = source.astype(str), target.astype(str)
    assert splits(source, target, random_state=0) == splits(X, y, random_state=0)
    frame = pd.DataFrame({"source": source, "target": target})
    by_frame = splits(frame["source"], frame["target"], random_state=0)
    assert by_frame == splits(X, y, random_state=0)
    as_float32 = splits(X.astype(np.float32), y, random_state=0)
    assert as_float32 == splits(X, y, random_state=0)


def test_groups_for_group_kfold(dictionary):
    X, y, source, target = dictionary
    for train, test in GroupKFold(3).split(X, y, groups=dictionary_groups(X, y)):
        assert not set(source[train]) & set(source[test])
        assert not set(target[train]) & set(target[test])


@pytest.mark.parametrize("routing", [False, True])
def test_in_grid_search_and_cross_val_score(dictionary, routing):
    X, y, *_ = dictionary
    cv = WordDisjointKFold(3, random_state=0)
    with sklearn.config_context(enable_metadata_routing=routing):
        search = GridSearchCV(Ridge(), {"alpha": [0.1, 1.0]}, cv=cv, n_jobs=2).fit(X, y)
        # scikit-learn 1.6.0 with routing takes no None here.
        scores = cross_val_score(LinearRegression(), X, y, cv=cv, params={})
        # Cloning a search copies its splitter.
        again = clone(search).fit(X, y)
    assert search.n_splits_ == 3
    assert scores.shape == (3,)
    assert np.isfinite(scores).all()
    for key in ("split0_test_score", "split2_test_score"):
        np.testing.assert_array_equal(search.cv_results_[key], again.cv_results_[key])


def test_groups_given_in_vain_do_no_harm(dictionary):
    X, y, *_ = dictionary
    cv = WordDisjointKFold(3, random_state=0)
    given_groups = [test.tolist() for _, test in cv.split(X, y, groups=np.zeros(200))]
    assert given_groups == [test for _, test in splits(X, y, n_splits=3, random_state=0)]
    assert check_cv(cv) is cv
    assert cv.get_n_splits(X, y, None) == 3


def test_repr_is_scikit_learns():
    expected = "WordDisjointKFold(n_splits=3, random_state=1, shuffle=True)"
    assert repr(WordDisjointKFold(3, random_state=1)) == expected


def test_errors_say_what_is_wrong():
    for n_splits in (1, 2.0, "five"):
        with pytest.raises(ValueError, match="'n_splits' parameter must be an int in the range"):
            WordDisjointKFold(n_splits)
    with pytest.raises(ValueError, match=r"'shuffle' parameter must be True or False[.] Got 1"):
        WordDisjointKFold(shuffle=1)
    with pytest.raises(ValueError, match="random_state has no effect"):
        WordDisjointKFold(shuffle=False, random_state=0)
    with pytest.raises(ValueError, match="y is missing"):
        next(WordDisjointKFold().split([[1.0], [2.0]]))
    with pytest.raises(
        ValueError, match=r"its 4 pairs can be parted into at most 2; .* pass n_splits=2[.]"
    ):
        next(WordDisjointKFold(3).split(["a", "a", "b", "b"], ["A", "B", "C", "D"]))
