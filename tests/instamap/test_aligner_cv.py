"""InstaMapAlignerCV chooses as GridSearchCV does, from fewer fits."""

from __future__ import annotations

import pickle
from unittest import mock

import numpy as np
import pandas as pd
import pytest
from sklearn import config_context
from sklearn.exceptions import FitFailedWarning, NotFittedError
from sklearn.model_selection import GridSearchCV, GroupKFold, KFold
from sklearn.preprocessing import Normalizer
from sklearn.utils import Bunch

from sklearn_instamap import (
    EmbeddingSpace,
    InstaMapAligner,
    InstaMapAlignerCV,
    KabschRotation,
    make_aligner_pipeline,
)
from sklearn_instamap._engine import _mutual
from sklearn_instamap.datasets import make_bilingual_spaces
from sklearn_instamap.instamap import _aligner, _translation
from sklearn_instamap.instamap._stages import fit_iterations, iterations
from sklearn_instamap.linear import ProcrustesAligner
from sklearn_instamap.metrics import make_bli_scorer
from sklearn_instamap.model_selection import (
    WordDisjointHoldout,
    WordDisjointKFold,
    dictionary_groups,
)

K, T = (5, 20), (1, 2, 3, 4)
FOLDS = WordDisjointKFold(3, shuffle=False)


@pytest.fixture(scope="module")
def data() -> Bunch:
    bunch = make_bilingual_spaces(n_words=300, n_features=12, n_train=120, n_test=60)
    bunch.spaces = {"source_space": bunch.source, "target_space": bunch.target}
    return bunch


def grid_search(data, grid, estimator=None, scorer=None, cv=FOLDS):
    search = GridSearchCV(
        InstaMapAligner() if estimator is None else estimator,
        grid,
        scoring=make_bli_scorer(data.target) if scorer is None else scorer,
        cv=cv,
    )
    return search.fit(data.X, data.y, **data.spaces)


def assert_same_search(found, expected):
    """All but the times, which no two fits share."""
    ours, theirs = found.cv_results_, expected.cv_results_
    assert set(ours) == set(theirs)
    assert ours["params"] == theirs["params"]
    for column in set(ours) - {"params"}:
        assert len(ours[column]) == len(theirs[column])
        if not column.endswith("_time"):
            np.testing.assert_array_equal(ours[column], theirs[column])
            assert ours[column].dtype == theirs[column].dtype
    assert found.best_index_ == expected.best_index_
    assert found.best_params_ == expected.best_params_
    np.testing.assert_array_equal(found.best_score_, expected.best_score_)
    assert type(found.best_score_) is float
    assert found.n_splits_ == expected.n_splits_


def test_scores_and_choice_are_those_of_grid_search(data):
    found = InstaMapAlignerCV(K, T, cv=3).fit(data.X, data.y, **data.spaces)
    expected = grid_search(data, {"n_neighbors": K, "n_iter": T})
    assert_same_search(found, expected)
    assert {"n_neighbors": found.n_neighbors_, "n_iter": found.n_iter_} == found.best_params_
    assert len(set(found.cv_results_["mean_test_score"])) > 2
    rows = data.source.vectors
    np.testing.assert_array_equal(found.transform(rows), expected.transform(rows))
    np.testing.assert_array_equal(
        found.transform_target(data.target.vectors),
        expected.best_estimator_.transform_target(data.target.vectors),
    )


@pytest.mark.parametrize(
    ("scorer", "options"),
    [
        ({"subset": "unseen"}, {"dictionary_update": "replace", "n_components": 9}),
        ({"retrieval": "csls", "metric": "MRR", "csls_neighbors": 5}, {"step": 0.5}),
        (
            {"retrieval": "csls", "source_space": True},
            {"normalization": ("unit", "center", "unit")},
        ),
    ],
)
def test_any_scorer_and_any_other_option(data, scorer, options):
    if "source_space" in scorer:
        scorer = scorer | {"source_space": data.source}
    scorer = make_bli_scorer(data.target, **scorer)
    folds = KFold(2, shuffle=True, random_state=1)
    estimator = InstaMapAligner(**options)
    found = InstaMapAlignerCV((5, 20), (4, 2), estimator=estimator, scoring=scorer, cv=folds)
    found.fit(data.X, data.y, **data.spaces)
    expected = grid_search(
        data, {"n_neighbors": (5, 20), "n_iter": (4, 2)}, estimator, scorer, folds
    )
    assert_same_search(found, expected)


def test_pipelines_and_further_parameters(data):
    pipeline = make_aligner_pipeline(Normalizer(), ProcrustesAligner(), InstaMapAligner())
    step = {"instamapaligner__step": [0.5, 1.0]}
    found = InstaMapAlignerCV(K, (1, 3), estimator=pipeline, param_grid=step, cv=FOLDS)
    found.fit(data.X, data.y, **data.spaces)
    grid = step | {"instamapaligner__n_neighbors": K, "instamapaligner__n_iter": (1, 3)}
    assert_same_search(found, grid_search(data, grid, pipeline))
    assert found.n_iter_ == found.best_params_["instamapaligner__n_iter"]
    assert found.best_estimator_.get_params()["instamapaligner__n_neighbors"] == found.n_neighbors_


def test_of_equally_good_combinations_the_first_is_chosen(data):
    def few_values(estimator, X, y):
        return float(getattr(estimator, "n_iter", 0) > 1)

    found = InstaMapAlignerCV((20, 5, 10), (1, 2, 3), scoring=few_values, cv=FOLDS)
    found.fit(data.X, data.y, **data.spaces)
    grid = {"n_neighbors": (20, 5, 10), "n_iter": (1, 2, 3)}
    assert_same_search(found, grid_search(data, grid, scorer=few_values))
    assert found.cv_results_["rank_test_score"].tolist() == [7] * 3 + [1] * 6
    assert found.best_params_ == {"n_iter": 2, "n_neighbors": 20}


@pytest.mark.filterwarnings("ignore:One or more of the test scores:UserWarning")
@pytest.mark.parametrize("bad", [(1,), (1, 2)])
def test_combinations_that_cannot_be_scored_rank_last(data, bad):
    def partly(estimator, X, y):
        return np.nan if estimator.n_iter in bad else 0.5

    with pytest.warns(UserWarning, match="One or more of the test scores are non-finite"):
        found = InstaMapAlignerCV((5,), (1, 2), scoring=partly, cv=FOLDS).fit(data.X, data.y)
    expected = GridSearchCV(
        InstaMapAligner(), {"n_neighbors": [5], "n_iter": [1, 2]}, scoring=partly, cv=FOLDS
    ).fit(data.X, data.y)
    assert_same_search(found, expected)


def work_of(search, data):
    """Count what one search does: stages, searches for new pairs, whole spaces translated."""
    work = Bunch(fits=0, stages=0, searches=0, spaces=0)

    def counting(what, function, counts=lambda *args: True):
        def counted(*args, **options):
            work[what] += counts(*args)
            return function(*args, **options)

        return counted

    def whole(rows, *_):
        return len(rows) == data.source.n_words

    with (
        mock.patch.object(InstaMapAligner, "_fit_stages", counting("fits", FIT)),
        mock.patch.object(_aligner, "make_iteration", counting("stages", MAKE_STAGE)),
        mock.patch.object(_mutual, "mutual_nearest_neighbors", counting("searches", MUTUAL)),
        mock.patch.object(_translation, "top_k", counting("spaces", TOP_K, whole)),
    ):
        search.fit(data.X, data.y, **data.spaces)
    return dict(work)


FIT, MAKE_STAGE = InstaMapAligner._fit_stages, _aligner.make_iteration
MUTUAL, TOP_K = _mutual.mutual_nearest_neighbors, _translation.top_k


def test_half_the_work_of_grid_search(data):
    scorer = make_bli_scorer(data.target)
    grid = {"n_neighbors": K, "n_iter": T}
    searches = (
        InstaMapAlignerCV(K, T, cv=FOLDS, refit=False),
        GridSearchCV(InstaMapAligner(), grid, scoring=scorer, cv=FOLDS, refit=False),
    )
    ours, theirs = (work_of(search, data) for search in searches)
    n = len(K) * FOLDS.n_splits
    # To fit T = 1, 2, 3, 4 from the start takes 1 + 2 + 3 + 4 stages, between which 0 + 1 + 2 + 3
    # times both spaces are translated and searched; to score them takes the target space through
    # all stages again. What is left is four stages, and the target space through the last.
    assert ours == {"fits": n, "stages": 4 * n, "searches": 3 * n, "spaces": 7 * n}
    assert theirs == {"fits": 4 * n, "stages": 10 * n, "searches": 6 * n, "spaces": 22 * n}


@pytest.mark.parametrize("update", ["augment", "replace", None])
def test_stages_of_a_longer_fit_are_the_shorter_fit(data, update):
    longest = InstaMapAligner(10, 4, dictionary_update=update).fit(data.X, data.y, **data.spaces)
    checked = data.X, data.y, data.source.vectors, data.target.vectors
    underway = fit_iterations(InstaMapAligner(10, 4, dictionary_update=update), *checked)
    for (n_iter, after), (number, during) in zip(iterations(longest), underway, strict=True):
        assert n_iter == number
        shorter = InstaMapAligner(10, n_iter, dictionary_update=update)
        shorter.fit(data.X, data.y, **data.spaces)
        for cut in (after, during):
            assert cut.n_iter == len(cut.stages_) == n_iter
            assert cut.n_pairs_ == shorter.n_pairs_
            for rows in (data.X, data.source.vectors, data.source.vectors[::-1]):
                np.testing.assert_array_equal(cut.transform(rows), shorter.transform(rows))
            for rows in (data.y, data.target.vectors, data.target.vectors[:7]):
                np.testing.assert_array_equal(
                    cut.transform_target(rows), shorter.transform_target(rows)
                )
        np.testing.assert_array_equal(during.mutual_pairs_, shorter.mutual_pairs_)
        assert not hasattr(after, "mutual_pairs_")


def test_what_a_scorer_does_to_its_arrays_stays_there(data):
    """Images are kept from one iteration to the next, protected from the code that gets them."""

    def careless(estimator, X, y):
        mapped, targets = estimator.transform(X), estimator.transform_target(y)
        score = float(np.sum(mapped * targets))
        mapped[:] = targets[:] = 0
        X[:] *= 2
        return score

    found = InstaMapAlignerCV((5,), (1, 2, 3), scoring=careless, cv=FOLDS, refit=False)
    found.fit(data.X, data.y, **data.spaces)
    scores = found.cv_results_["mean_test_score"]
    once = []
    for n_iter in (1, 2, 3):
        train, test = next(FOLDS.split(data.X, data.y))
        aligner = InstaMapAligner(5, n_iter).fit(data.X[train], data.y[train], **data.spaces)
        once.append(careless(aligner, data.X[test], data.y[test]))
    np.testing.assert_array_equal([found.cv_results_["split0_test_score"]], [once])
    assert len(set(scores)) == 3


def test_processes_and_routing_change_nothing(data):
    options = {"n_neighbors": K, "n_iter": (1, 3), "cv": FOLDS}
    alone = InstaMapAlignerCV(**options).fit(data.X, data.y, **data.spaces)
    many = InstaMapAlignerCV(**options, n_jobs=2)
    with config_context(enable_metadata_routing=True):
        many.fit(data.X, data.y, **data.spaces)
    assert_same_search(many, alone)
    np.testing.assert_array_equal(many.transform(data.X), alone.transform(data.X))


def test_inside_a_pipeline(data):
    """IM∘VM whose K and T are chosen on what the first step has mapped."""
    nested = make_aligner_pipeline(ProcrustesAligner(), InstaMapAlignerCV((5, 20), (1, 2), cv=3))
    mapped = nested.fit_transform_spaces(data.X, data.y, data.source, data.target)
    assert nested.steps_[-1][1].n_iter_ in (1, 2)
    np.testing.assert_array_equal(mapped[0].vectors, nested.transform(data.source).vectors)
    np.testing.assert_array_equal(mapped[1].vectors, nested.transform_target(data.target).vectors)


def test_default_folds_share_no_word(data):
    found = InstaMapAlignerCV((5,), (1,)).fit(data.X, data.y, **data.spaces)
    by_hand = InstaMapAlignerCV((5,), (1,), cv=WordDisjointKFold(5, shuffle=False))
    assert_same_search(found, by_hand.fit(data.X, data.y, **data.spaces))
    groups = dictionary_groups(data.X, data.y)
    given = list(GroupKFold(4).split(data.X, data.y, groups))
    found = InstaMapAlignerCV((5,), (1,), cv=given).fit(data.X, data.y)
    assert found.n_splits_ == 4


def test_as_many_folds_as_the_words_allow():
    X = np.random.default_rng(0).standard_normal((12, 3))
    three = X[[0, 1, 2] * 4]
    found = InstaMapAlignerCV((2,), (1,)).fit(X, three)
    assert found.n_splits_ == 3
    with pytest.raises(ValueError, match=r"n_samples=12, all of which are connected.*by cv"):
        InstaMapAlignerCV((2,), (1,)).fit(X, X[[0] * 12])


def test_fixed_split_of_the_training_dictionary(data):
    split = WordDisjointHoldout(0.25)
    found = InstaMapAlignerCV(K, (1, 2), cv=split).fit(data.X, data.y, **data.spaces)
    assert found.n_splits_ == 1
    assert_same_search(found, grid_search(data, {"n_neighbors": K, "n_iter": (1, 2)}, cv=split))


def test_without_refit_there_is_a_choice_and_nothing_else(data):
    found = InstaMapAlignerCV((5,), (1, 2), cv=2).fit(data.X, data.y)
    found.set_params(refit=False).fit(data.X, data.y)
    assert found.best_params_["n_neighbors"] == 5
    assert not hasattr(found, "best_estimator_")
    for use in (
        lambda: found.transform(data.X),
        lambda: found.transform_target(data.y),
        lambda: found.fit_transform_spaces(data.X, data.y, data.source, data.target),
    ):
        with pytest.raises(NotFittedError, match=r"refit=False.*best_params_"):
            use()


def test_dataframes_keep_names_and_warn_of_nothing(data):
    X = pd.DataFrame(data.X, columns=[f"en{i}" for i in range(12)])
    y = pd.DataFrame(data.y, columns=[f"de{i}" for i in range(12)])
    scorer = make_bli_scorer(data.target, retrieval="csls", source_space=data.source)
    found = InstaMapAlignerCV((5,), (1, 2), cv=2, scoring=scorer).fit(X, y, **data.spaces)
    assert found.feature_names_in_[0] == found.best_estimator_.feature_names_in_[0] == "en0"
    plain = InstaMapAlignerCV((5,), (1, 2), cv=2, scoring=scorer)
    plain.fit(data.X, data.y, **data.spaces)
    np.testing.assert_array_equal(found.transform(X), plain.transform(data.X))
    np.testing.assert_array_equal(found.best_estimator_.transform(X), plain.transform(data.X))
    assert scorer(found, X, y) == scorer(found.best_estimator_, X, y)


def test_pickle_holds_no_space(data):
    found = InstaMapAlignerCV((5,), (2,), cv=2, estimator=InstaMapAligner(dictionary_update=None))
    others = np.random.default_rng(0).standard_normal((20_000, 12))
    spaces = {
        f"{side}_space": EmbeddingSpace(
            map(str, range(20_000 + data[side].n_words)), np.r_[data[side].vectors, others]
        )
        for side in ("source", "target")
    }
    sizes = []
    for each in (spaces, {"source_space": data.source, "target_space": data.target}):
        found.scoring = lambda estimator, X, y: 0.5
        found.fit(data.X, data.y, **each)
        found.scoring = None
        sizes.append(len(pickle.dumps(found)))
    assert sizes[0] == pytest.approx(sizes[1], rel=0.01)
    again = pickle.loads(pickle.dumps(found))
    np.testing.assert_array_equal(again.transform(data.X), found.transform(data.X))


def test_verbose_says_what_each_fit_gave(data, capsys):
    InstaMapAlignerCV((5,), (1, 3), cv=2, verbose=1).fit(data.X, data.y, **data.spaces)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2
    assert lines[0].startswith("[InstaMapAlignerCV] n_neighbors=5, fold 1/2: ")
    assert "T=1 0." in lines[1]
    assert "T=3 0." in lines[1]


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"n_neighbors": 70}, ValueError, "'n_neighbors' parameter .* must be a sequence.*Got 70"),
        ({"n_iter": ()}, ValueError, r"'n_iter' parameter .* must be a sequence.*Got \(\)"),
        ({"n_iter": (0, 1)}, ValueError, r"each an int in the range \[1, inf\). Got \(0, 1\)"),
        ({"n_neighbors": (5, 2.5)}, TypeError, r"each an int .* Got \(5, 2.5\)"),
        ({"param_grid": {"n_iter": (1,)}}, ValueError, "param_grid names 'n_iter'"),
        (
            {"scoring": "r2"},
            ValueError,
            "'scoring' parameter .* a callable or None",
        ),
        ({"estimator": KabschRotation()}, TypeError, "InstaMapAlignerCV needs.*KabschRotation"),
    ],
)
def test_what_cannot_be_searched(data, options, error, message):
    with pytest.raises(error, match=message):
        InstaMapAlignerCV(**options).fit(data.X, data.y)


# As GridSearchCV does ----------------------------------------------------------------------------


def test_lists_of_grids(data):
    grids = [{"step": [0.5]}, {"step": [1.0], "centering": ["mean", "pca"]}]
    found = InstaMapAlignerCV((5, 20), (1, 2), param_grid=grids, cv=FOLDS)
    found.fit(data.X, data.y, **data.spaces)
    both = {"n_neighbors": (5, 20), "n_iter": (1, 2)}
    assert_same_search(found, grid_search(data, [grid | both for grid in grids]))
    assert found.cv_results_["param_centering"].mask[:4].all()


def test_refit_may_choose(data):
    found = InstaMapAlignerCV((5, 20), (1, 2), cv=FOLDS, refit=lambda results: 2)
    found.fit(data.X, data.y, **data.spaces)
    assert found.best_index_ == 2
    assert found.best_params_ == found.cv_results_["params"][2]
    assert found.best_estimator_.n_iter == found.n_iter_ == 2
    assert not hasattr(found, "best_score_")
    for wrong, error in ((99, IndexError), (-1, IndexError), ("best", TypeError)):
        with pytest.raises(error, match="refit"):
            found.set_params(refit=lambda results, wrong=wrong: wrong).fit(data.X, data.y)


@pytest.mark.filterwarnings("ignore:One or more of the test scores:UserWarning")
def test_what_fails_gets_the_error_score(data):
    search = InstaMapAlignerCV((5,), (1, 2), param_grid={"step": [0.5, 7]}, cv=FOLDS)
    with pytest.warns(FitFailedWarning, match="fits failed out of a total of"):
        search.fit(data.X, data.y)
    scores = search.cv_results_["mean_test_score"]
    np.testing.assert_array_equal(np.isnan(scores), [False, True, False, True])
    assert search.best_params_["step"] == 0.5
    with pytest.warns(FitFailedWarning):
        search.set_params(error_score=-1).fit(data.X, data.y)
    assert search.cv_results_["mean_test_score"][1] == -1
    with pytest.raises(ValueError, match=r"All the .* fits failed"):
        search.set_params(param_grid={"step": [7]}).fit(data.X, data.y)
    with pytest.raises(ValueError, match="'step' parameter"):
        search.set_params(error_score="raise").fit(data.X, data.y)

    def failing(estimator, X, y):
        raise RuntimeError("no score")

    search.set_params(param_grid=None, scoring=failing, error_score=0.25)
    with pytest.warns(UserWarning, match="Scoring failed"):
        search.fit(data.X, data.y)
    assert set(search.cv_results_["mean_test_score"]) == {0.25}
    with pytest.raises(RuntimeError, match="no score"):
        search.set_params(error_score="raise").fit(data.X, data.y)
