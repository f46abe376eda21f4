"""The BLI scorer: alone, and inside scikit-learn's model selection."""

import pickle
import warnings

import numpy as np
import pandas as pd
import pytest
import sklearn
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.exceptions import UndefinedMetricWarning
from sklearn.model_selection import (
    GridSearchCV,
    KFold,
    RandomizedSearchCV,
    cross_val_score,
    cross_validate,
    validation_curve,
)
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, Normalizer, StandardScaler

from sklearn_instamap import (
    EmbeddingSpace,
    InstaMapAligner,
    InstanceTranslator,
    KabschRotation,
    make_aligner_pipeline,
)
from sklearn_instamap.metrics import (
    best_ranks_per_word,
    evaluate_bli,
    make_bli_scorer,
    mean_reciprocal_rank,
    precision_at_k,
    translation_ranks,
)
from sklearn_instamap.model_selection import WordDisjointKFold


class World:
    """Two noisy spaces and a dictionary in which some source words have two translations."""

    def __init__(self):
        rng = np.random.default_rng(0)
        source = rng.standard_normal((300, 6)).astype(np.float32)
        rotation = np.linalg.qr(rng.standard_normal((6, 6)))[0].astype(np.float32)
        target = source @ rotation + 0.7 * rng.standard_normal((300, 6)).astype(np.float32)
        self.source = EmbeddingSpace([f"s{i}" for i in range(300)], source)
        self.target = EmbeddingSpace([f"t{i}" for i in range(300)], target)
        self.rows = np.r_[0:100, 0:20]
        self.golds = np.r_[0:100, 1:21]
        self.X, self.y = source[self.rows], target[self.golds]


@pytest.fixture(scope="module")
def world():
    return World()


@pytest.fixture(scope="module")
def fitted(world):
    return KabschRotation().fit(world.X[:60], world.y[:60])


def ranks_by_hand(world, aligner, pairs, **options):
    return translation_ranks(
        aligner.transform(world.X[pairs]),
        aligner.transform_target(world.target.vectors),
        world.golds[pairs],
        **options,
    )


def test_is_the_metric_of_the_ranks_in_the_whole_vocabulary(world, fitted):
    ranks = ranks_by_hand(world, fitted, slice(60, 120))
    X, y = world.X[60:], world.y[60:]
    score = make_bli_scorer(world.target)(fitted, X, y)
    assert type(score) is float
    assert score == precision_at_k(ranks)
    assert 0 < score < 1
    assert make_bli_scorer(world.target, metric="P@5")(fitted, X, y) == precision_at_k(ranks, 5)
    by_mrr = make_bli_scorer(world.target, metric="MRR")(fitted, X, y)
    assert by_mrr == mean_reciprocal_rank(ranks)
    # Far harder than to retrieve among the rows of y, which is what the aligner's score does.
    assert score < fitted.score(X, y)


def test_protocol_per_word(world, fitted):
    scorer = make_bli_scorer(world.target, protocol="word", metric="P@3")
    best = best_ranks_per_word(ranks_by_hand(world, fitted, slice(None)), world.rows)
    assert scorer(fitted, world.X, world.y) == precision_at_k(best, 3)
    assert len(best) == 100


@pytest.mark.parametrize("whole", [True, False])
def test_csls(world, fitted, whole):
    source = world.source if whole else None
    scorer = make_bli_scorer(
        world.target, metric="MRR", retrieval="csls", source_space=source, csls_neighbors=5
    )
    mapped = fitted.transform(world.source.vectors if whole else world.X[60:])
    ranks = ranks_by_hand(
        world, fitted, slice(60, 120), retrieval="csls", source_space=mapped, csls_neighbors=5
    )
    assert scorer(fitted, world.X[60:], world.y[60:]) == mean_reciprocal_rank(ranks)


def test_agrees_with_the_evaluation_of_words(world):
    # Trained on pairs of which some words with two translations are left out.
    fitted = KabschRotation().fit(world.X[10:60], world.y[10:60])
    pairs = [(f"s{i}", f"t{j}") for i, j in zip(world.rows, world.golds, strict=True)]
    table = evaluate_bli(
        fitted.transform(world.source),
        fitted.transform_target(world.target),
        test_dictionary=pairs,
        train_dictionary=pairs[10:60],
        protocol=("pair", "word"),
    )
    for (retrieval, protocol, subset), row in table.iterrows():
        scorer = make_bli_scorer(
            world.target,
            metric="MRR",
            retrieval=retrieval,
            protocol=protocol,
            subset=subset,
            source_space=world.source,
        )
        assert scorer(fitted, world.X, world.y) == row["MRR"]
    assert table["MRR"].nunique() == 8


def test_candidates_in_every_form(world, fitted):
    vectors = world.target.vectors
    X, y = world.X[60:], world.y[60:]
    expected = make_bli_scorer(world.target)(fitted, X, y)
    for space in (world.target.to_frame(), vectors, vectors.astype(np.float64), vectors.tolist()):
        assert make_bli_scorer(space)(fitted, X, y) == pytest.approx(expected, abs=1e-12)
    scorer = make_bli_scorer(world.target)
    assert scorer(fitted, pd.DataFrame(X), pd.DataFrame(y.astype(np.float64))) == expected


def test_collapse_gets_no_credit(world):
    class Collapse(TransformerMixin, BaseEstimator):
        def fit(self, X, y):
            return self

        def transform(self, X):
            return np.ones((len(X), 3), dtype=np.float32)

        transform_target = transform

    aligner = Collapse().fit(world.X, world.y)
    for retrieval in ("cosine", "csls"):
        scorer = make_bli_scorer(world.target, metric="P@299", retrieval=retrieval)
        assert scorer(aligner, world.X, world.y) == 0
        scorer = make_bli_scorer(world.target, retrieval=retrieval, ties="best")
        assert scorer(aligner, world.X, world.y) == 1


def test_duplicate_candidates_tie(world, fitted):
    twice = np.concatenate([world.target.vectors, world.target.vectors])
    X, y = world.X[60:], world.y[60:]
    assert make_bli_scorer(twice)(fitted, X, y) == 0
    assert make_bli_scorer(twice, ties="best")(fitted, X, y) == make_bli_scorer(world.target)(
        fitted, X, y
    )


# Where the aligner is -----------------------------------------------------------------------------


def test_at_the_end_of_a_pipeline(world):
    center = StandardScaler(with_std=False)
    pipeline = make_pipeline(center, "passthrough", KabschRotation()).fit(world.X, world.y)
    scorer = make_bli_scorer(
        world.target, metric="MRR", retrieval="csls", source_space=world.source
    )
    ranks = translation_ranks(
        pipeline.transform(world.X),
        pipeline[-1].transform_target(world.target.vectors),
        world.golds,
        retrieval="csls",
        source_space=pipeline.transform(world.source.vectors),
    )
    assert scorer(pipeline, world.X, world.y) == mean_reciprocal_rank(ranks)
    nested = make_pipeline(Pipeline([("none", None), ("inner", pipeline)])).fit(world.X, world.y)
    assert scorer(nested, world.X, world.y) == mean_reciprocal_rank(ranks)


def test_in_a_search_and_in_a_two_sided_pipeline(world):
    aligner = make_aligner_pipeline(Normalizer(), KabschRotation())
    direct = clone(aligner).fit(world.X, world.y)
    scorer = make_bli_scorer(world.target, metric="MRR")
    expected = scorer(direct, world.X, world.y)
    identity = FunctionTransformer()
    assert scorer(make_pipeline(identity, aligner).fit(world.X, world.y), world.X, world.y) == (
        expected
    )
    search = GridSearchCV(
        aligner, {"kabschrotation__allow_reflection": [False]}, scoring=scorer, cv=3
    ).fit(world.X, world.y)
    assert scorer(search, world.X, world.y) == expected
    assert search.score(world.X, world.y) == expected
    inside = make_pipeline(identity, search).fit(world.X, world.y)
    assert scorer(inside, world.X, world.y) == expected


def test_named_columns_pass_without_warnings(world):
    names = [f"dim{i}" for i in range(6)]
    X, y = pd.DataFrame(world.X, columns=names), pd.DataFrame(world.y, columns=names)
    pipeline = make_pipeline(StandardScaler(), KabschRotation()).set_output(transform="pandas")
    options = {"metric": "MRR", "retrieval": "csls", "source_space": world.source}
    scorer = make_bli_scorer(world.target, subset="unseen", **options)
    with_names = cross_val_score(pipeline, X, y, cv=3, scoring=scorer, error_score="raise")
    plain = make_pipeline(StandardScaler(), KabschRotation())
    without = cross_val_score(plain, world.X, world.y, cv=3, scoring=scorer, error_score="raise")
    np.testing.assert_allclose(with_names, without)


def test_no_aligner_is_one_sentence(world):
    scorer = make_bli_scorer(world.target)
    with pytest.raises(TypeError, match="StandardScaler has no transform_target"):
        scorer(make_pipeline(StandardScaler()).fit(world.X), world.X, world.y)
    behind = make_pipeline(KabschRotation(), StandardScaler()).fit(world.X, world.y)
    with pytest.raises(TypeError, match="a Pipeline which ends in one"):
        scorer(behind, world.X, world.y)


def test_rows_which_are_no_candidates_are_one_sentence(world, fitted):
    scorer = make_bli_scorer(world.target)
    y = world.y[:5].copy()
    y[[2, 4]] += 1
    message = r"2 of the 5 rows of y \(the first is row 2\) are not rows of the target_space"
    with pytest.raises(ValueError, match=message):
        scorer(fitted, world.X[:5], y)
    with pytest.raises(ValueError, match="5 of the 5 rows"):
        scorer(fitted, world.X[:5], world.y[:5, :3])
    for y, message in (
        (world.y[:0], r"y is empty: 0 sample\(s\)"),
        (world.y[:4], "inconsistent numbers of samples"),
        (["a"] * 5, "y does not hold numbers alone"),
    ):
        with pytest.raises(ValueError, match=message):
            scorer(fitted, world.X[:5], y)


# Unseen -------------------------------------------------------------------------------------------


def unseen_mask(world, n_train):
    old_rows, old_golds = set(world.rows[:n_train]), set(world.golds[:n_train])
    return np.array(
        [
            r not in old_rows and g not in old_golds
            for r, g in zip(world.rows, world.golds, strict=True)
        ]
    )


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_unseen_leaves_out_what_shares_a_word_with_training(world, fitted, dtype):
    keep = unseen_mask(world, 60)
    assert keep.sum() == 40
    scorer = make_bli_scorer(world.target, metric="MRR", subset="unseen")
    expected = mean_reciprocal_rank(ranks_by_hand(world, fitted, keep))
    assert scorer(fitted, world.X.astype(dtype), world.y.astype(dtype)) == pytest.approx(expected)
    everything = make_bli_scorer(world.target, metric="MRR")(fitted, world.X, world.y)
    assert everything != expected


@pytest.mark.parametrize("side", ["source", "target"])
def test_one_shared_word_is_enough(world, side):
    aligner = KabschRotation().fit(world.X[:20], world.y[:20])
    scorer = make_bli_scorer(world.target, subset="unseen")
    X, y = world.X[[70, 70]].copy(), world.y[[70, 70]].copy()
    if side == "source":
        X[0] = world.X[3]
    else:
        y[0] = world.y[3]
    assert scorer(aligner, X, y) == scorer(aligner, X[1:], y[1:])
    with pytest.warns(UndefinedMetricWarning, match="All 1 pairs to score share a word"):
        assert np.isnan(scorer(aligner, X[:1], y[:1]))


@pytest.mark.parametrize(
    "make",
    [
        lambda: make_pipeline(StandardScaler(), KabschRotation()),
        lambda: make_pipeline(Normalizer(), make_aligner_pipeline(Normalizer(), KabschRotation())),
        lambda: make_aligner_pipeline(StandardScaler(), InstaMapAligner(n_neighbors=5, n_iter=2)),
        lambda: GridSearchCV(
            make_pipeline(StandardScaler(), InstanceTranslator()),
            {"instancetranslator__n_neighbors": [3]},
            cv=2,
        ),
    ],
    ids=["pipeline", "pipeline of two-sided", "two-sided", "search"],
)
@pytest.mark.filterwarnings("ignore:The pairs have a mean cosine of:UserWarning")
def test_unseen_through_what_surrounds_the_aligner(world, make):
    estimator = make().fit(world.X[:60], world.y[:60])
    keep = unseen_mask(world, 60)
    unseen = make_bli_scorer(world.target, metric="MRR", subset="unseen")
    everything = make_bli_scorer(world.target, metric="MRR")
    # Any batch: the rows are recognized one by one.
    assert unseen(estimator, world.X, world.y) == everything(
        estimator, world.X[keep], world.y[keep]
    )


def test_unseen_training_scores_do_not_exist(world):
    scorer = make_bli_scorer(world.target, subset="unseen")
    with pytest.warns(UndefinedMetricWarning, match="leaves none and the score is nan"):
        results = cross_validate(
            KabschRotation(),
            world.X,
            world.y,
            cv=WordDisjointKFold(3, random_state=0),
            scoring=scorer,
            return_train_score=True,
            error_score="raise",
        )
    assert np.isnan(results["train_score"]).all()
    assert np.isfinite(results["test_score"]).all()


def test_unseen_needs_an_aligner_which_remembers(world):
    class Foreign(TransformerMixin, BaseEstimator):
        def fit(self, X, y):
            return self

        def transform(self, X):
            return X

        transform_target = transform

    foreign = Foreign().fit(world.X, world.y)
    assert make_bli_scorer(world.target)(foreign, world.X, world.y) >= 0
    with pytest.raises(TypeError, match="subset='unseen' needs an aligner of sklearn_instamap"):
        make_bli_scorer(world.target, subset="unseen")(foreign, world.X, world.y)


def test_word_disjoint_folds_have_no_seen_pair(world):
    folds = WordDisjointKFold(4, random_state=0)
    scores = [
        cross_val_score(
            KabschRotation(),
            world.X,
            world.y,
            cv=folds,
            scoring=make_bli_scorer(world.target, metric="MRR", subset=subset),
        )
        for subset in ("unseen", "all")
    ]
    np.testing.assert_array_equal(*scores)


# Inside model selection ---------------------------------------------------------------------------


@pytest.mark.parametrize("routing", [False, True])
def test_model_selection_in_parallel(world, routing):
    cv = KFold(3, shuffle=True, random_state=0)
    scorer = make_bli_scorer(
        world.target, metric="MRR", retrieval="csls", source_space=world.source, subset="unseen"
    )
    aligner = InstaMapAligner(n_neighbors=5, n_iter=1)
    spaces = {"source_space": world.source, "target_space": world.target}
    with sklearn.config_context(enable_metadata_routing=routing):
        if routing:
            aligner = aligner.set_fit_request(source_space=True, target_space=True)
        search = GridSearchCV(
            aligner, {"n_neighbors": [2, 5]}, cv=cv, scoring=scorer, n_jobs=2, error_score="raise"
        ).fit(world.X, world.y, **spaces)
        scores = cross_val_score(
            aligner, world.X, world.y, cv=cv, scoring=scorer, n_jobs=2, params=spaces
        )
        with warnings.catch_warnings():
            # Its training scores have no unseen pair.
            warnings.simplefilter("ignore", UndefinedMetricWarning)
            training, curve = validation_curve(
                aligner,
                world.X,
                world.y,
                param_name="n_neighbors",
                param_range=[2, 5],
                cv=cv,
                scoring=scorer,
                n_jobs=2,
                error_score="raise",
                params=spaces,
            )
    by_hand = []
    for train, test in cv.split(world.X):
        fold = InstaMapAligner(n_neighbors=5, n_iter=1)
        fold.fit(world.X[train], world.y[train], **spaces)
        by_hand.append(scorer(fold, world.X[test], world.y[test]))
    np.testing.assert_allclose(scores, by_hand)
    np.testing.assert_allclose(curve[1], by_hand)
    assert np.isnan(training).all()
    found = [search.cv_results_[f"split{fold}_test_score"][1] for fold in range(3)]
    np.testing.assert_allclose(found, by_hand)


@pytest.mark.parametrize("routing", [False, True])
def test_several_metrics_at_once(world, routing):
    scoring = {
        "p1": make_bli_scorer(world.target),
        "mrr": make_bli_scorer(world.target, metric="MRR"),
    }
    with sklearn.config_context(enable_metadata_routing=routing):
        search = GridSearchCV(
            KabschRotation(),
            {"allow_reflection": [False, True]},
            scoring=scoring,
            refit="mrr",
            cv=3,
            error_score="raise",
        ).fit(world.X, world.y)
    results = search.cv_results_
    assert (results["mean_test_mrr"] > results["mean_test_p1"]).all()
    assert search.score(world.X, world.y) == scoring["mrr"](search, world.X, world.y)


def test_selects_by_the_vocabulary_not_by_the_fold(world):
    """The search ranks its candidates as the scorer does."""
    scorer = make_bli_scorer(world.target, metric="MRR")
    search = RandomizedSearchCV(
        InstaMapAligner(n_iter=1),
        {"n_neighbors": [1, 3, 10, 40]},
        n_iter=4,
        random_state=0,
        cv=WordDisjointKFold(3, random_state=0),
        scoring=scorer,
    ).fit(world.X, world.y)
    assert search.best_score_ == search.cv_results_["mean_test_score"].max()
    assert len(np.unique(search.cv_results_["mean_test_score"])) > 1


def test_pickle_and_clone(world, fitted):
    scorer = make_bli_scorer(world.target, subset="unseen", metric="P@5", source_space=world.source)
    again = pickle.loads(pickle.dumps(scorer))
    assert repr(again) == repr(scorer)
    assert again(fitted, world.X, world.y) == scorer(fitted, world.X, world.y)
    assert clone(scorer) is scorer
    search = clone(GridSearchCV(KabschRotation(), {}, scoring=scorer))
    assert search.scoring is scorer
    # The vectors of each side once, and little more.
    size = len(pickle.dumps(scorer))
    assert size < 2 * world.target.vectors.nbytes + 300 * 16 + 2000


def test_is_immutable(world):
    with pytest.raises(AttributeError):
        make_bli_scorer(world.target).k = 3


def test_repr_is_short_and_says_what_differs_from_the_defaults(world):
    assert repr(make_bli_scorer(world.target)) == "make_bli_scorer(<300x6 candidates>)"
    full = make_bli_scorer(
        world.target, metric="MRR", retrieval="csls", source_space=world.source, subset="unseen"
    )
    assert repr(full) == (
        "make_bli_scorer(<300x6 candidates>, metric='MRR', retrieval='csls', subset='unseen', "
        "source_space=300x6)"
    )
    assert "<300x6 candidates>" in repr(GridSearchCV(KabschRotation(), {}, scoring=full))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"metric": "accuracy"},
            "'metric' parameter must be 'MRR', 'P@k' or 'recall@k', .* Got 'accuracy'",
        ),
        ({"metric": "P@0"}, "'metric' parameter must be 'MRR', 'P@k' or 'recall@k', .* Got 'P@0'"),
        ({"retrieval": None}, "'retrieval' parameter .* 'cosine', 'csls', .* Got None"),
        ({"protocol": "any"}, "'protocol' parameter must be 'pair' or 'word'"),
        ({"ties": "mean"}, "'ties' parameter must be 'worst' or 'best'"),
        ({"subset": "yes"}, "'subset' parameter .* 'all' or 'unseen'.* Got 'yes'"),
        ({"csls_neighbors": -1}, "'csls_neighbors' parameter must be an int in the range"),
        ({"source_space": [[np.inf]]}, "source_space contains infinity"),
    ],
)
def test_parameters_are_checked_at_once(world, options, message):
    with pytest.raises(ValueError, match=message):
        make_bli_scorer(world.target, **options)
