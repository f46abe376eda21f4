"""The ranker: better than its maps, probabilities that mean something, scikit-learn's manners."""

from __future__ import annotations

import pickle
from copy import copy

import numpy as np
import pandas as pd
import pytest
from sklearn import config_context
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.utils import Bunch, estimator_checks, get_tags

from sklearn_instamap import load
from sklearn_instamap.lexicon import LexiconRanker
from sklearn_instamap.lexicon._dictionary_words import pair_rows
from sklearn_instamap.lexicon._features import GROUPS
from sklearn_instamap.lexicon._ranking import of_dictionary_words
from sklearn_instamap.linear import ProcrustesAligner, VecMapAligner
from sklearn_instamap.metrics import Retrieval, translate
from sklearn_instamap.model_selection import WordDisjointHoldout, WordDisjointKFold

# Folds of the small sample have fewer pairs than dimensions.
pytestmark = pytest.mark.filterwarnings("ignore:.* do not determine the map:UserWarning")

COLUMNS = [
    "source",
    "target",
    "probability",
    "rank",
    "known",
    "mutual",
    "origin",
    "no_translation",
]


def fitted(data, aligners=None, **options):
    aligners = [VecMapAligner(), ProcrustesAligner()] if aligners is None else aligners
    return LexiconRanker(aligners, random_state=0, **options).fit(
        data.train["source"],
        data.train["target"],
        source_space=data.source,
        target_space=data.target,
    )


def test_it_beats_the_sum_of_its_maps(en_de, ranker):
    maps = [
        aligner.fit_transform_spaces(en_de.X, en_de.y, en_de.source, en_de.target)
        for aligner in (VecMapAligner(), ProcrustesAligner())
    ]
    both = Retrieval("csls").fit(*(list(side) for side in zip(*maps, strict=True)))
    words = en_de.test["source"].unique()
    found = translate(words, *maps[0], retrieval=both, n_best=1)
    answers = dict(zip(found["word"], found["translation"], strict=True))
    alone = np.mean([answers[s] == t for s, t in en_de.test.itertuples(index=False)])
    assert ranker.score(en_de.test["source"], en_de.test["target"]) > alone + 0.02


def test_the_table(en_de, ranker):
    table = ranker.rank(["error", "window", "error"], n_best=3)
    assert list(table) == COLUMNS
    assert table["source"].tolist() == ["error"] * 3 + ["window"] * 3 + ["error"] * 3
    assert table["rank"].tolist() == [1, 2, 3] * 3
    assert table["probability"].is_monotonic_decreasing is False
    for _, part in table.groupby(table.index // 3):
        assert part["probability"].is_monotonic_decreasing
    pairs = set(en_de.train.itertuples(index=False, name=None))
    found = list(zip(table["source"], table["target"], strict=True))
    assert table["known"].tolist() == [pair in pairs for pair in found]
    names = {"VecMap", "Procrustes", "spelling", "dictionary"}
    assert set("+".join(table["origin"]).split("+")) <= names


def test_several_translations_by_a_threshold_and_none_below_it(en_de, ranker):
    words = list(en_de.test["source"].unique()[:60])
    everything = ranker.rank(words, None)
    for least in (0.05, 0.5):
        some = ranker.rank(words, None, min_probability=least)
        expected = everything[everything["probability"] >= least].reset_index(drop=True)
        pd.testing.assert_frame_equal(some, expected)
    answers = ranker.predict(words, min_probability=0.5)
    best = everything[everything["rank"] == 1]
    sure = best["probability"].to_numpy() >= 0.5
    assert 0 < sure.sum() < len(words)
    assert [a is not None for a in answers] == sure.tolist()
    assert ranker.predict(words).tolist() == best["target"].tolist()


def test_probabilities_sum_to_one_with_that_of_no_translation(ranker):
    words = ["error", "window", "the"]
    table = ranker.predict_proba(words)
    assert table.shape == (3, len(ranker.classes_))
    np.testing.assert_allclose(np.asarray(table.sum(axis=1)).ravel(), 1)
    assert ranker.classes_[-1] is None
    dense = table.toarray()
    best = ranker.rank(words, 1)
    assert ranker.classes_[dense[:, :-1].argmax(axis=1)].tolist() == best["target"].tolist()
    np.testing.assert_allclose(dense[:, :-1].max(axis=1), best["probability"])
    np.testing.assert_allclose(dense[:, -1], best["no_translation"])


def test_words_come_out_alike_in_any_batch(en_de, ranker, monkeypatch):
    monkeypatch.setattr("sklearn_instamap.lexicon._ranking._WORDS_AT_ONCE", 100)
    words = list(en_de.source.words[:150])
    together = ranker.rank(words, 1)
    alone = pd.concat([ranker.rank(words[row], 1) for row in (3, 110)], ignore_index=True)
    part = together.iloc[[3, 110]].reset_index(drop=True)
    assert part["target"].tolist() == alone["target"].tolist()
    np.testing.assert_allclose(part["probability"], alone["probability"], rtol=1e-5)


def test_first_answers_are_as_often_right_as_they_say(en_de, ranker):
    held_out = ranker.held_out_
    assert set(held_out) == {"source", "target", "probability", "correct"}
    # Within three standard errors, over all held-out words.
    error = np.sqrt((held_out["probability"] * (1 - held_out["probability"])).sum())
    assert abs(held_out["probability"].sum() - held_out["correct"].sum()) < 3 * error
    halves = held_out["probability"] > held_out["probability"].median()
    assert held_out["correct"][halves].mean() > held_out["correct"][~halves].mean() + 0.1


def test_words_of_the_dictionary_are_answered_with_it(en_de, ranker):
    words = list(en_de.train["source"].unique()[:300])
    pairs = en_de.train[en_de.train["source"].isin(words)].itertuples(index=False, name=None)
    first = ranker.rank(words, None)
    known = first[first["known"]]
    assert set(known[["source", "target"]].itertuples(index=False, name=None)) == set(pairs)
    assert (known.groupby("source")["probability"].sum() > 0.999).all()
    assert first.loc[first["rank"] == 1, "known"].all()
    # All else is in the order it has without the look-up.
    ranked = copy(ranker).set_params(known_pairs="ranked")
    other = ranked.rank(words, None)
    rest = [table.loc[~table["known"], "target"].tolist() for table in (first, other)]
    assert rest[0] == rest[1]
    for table in (first, other):
        assert (table["no_translation"] < 1e-5).all()
    # Words that are not in the dictionary are answered alike.
    unseen = [w for w in en_de.test["source"].unique() if w not in set(en_de.train["source"])]
    pd.testing.assert_frame_equal(ranker.rank(unseen), ranked.rank(unseen))


def test_probabilities_of_dictionary_words_are_one_in_sum():
    # Three words: with one known pair, without, with nothing but known pairs.
    starts = np.array([0, 3, 5, 7])
    known = np.array([False, True, False, False, False, True, True])
    p = np.array([0.3, 0.1, 0.2, 0.5, 0.25, 0.2, 0.1])
    none = np.array([0.4, 0.25, 0.7])
    q, other = of_dictionary_words(p, none, known, starts, known_first=True)
    assert q[:3].argsort().tolist() == [2, 0, 1]
    np.testing.assert_allclose(q, [0, 1, 0, 0.5, 0.25, 2 / 3, 1 / 3], atol=1e-5)
    np.testing.assert_allclose(other, [0, 0.25, 0], atol=1e-5)
    np.testing.assert_allclose(np.add.reduceat(q, starts[:-1]) + other, 1)
    q, other = of_dictionary_words(p, none, known, starts, known_first=False)
    np.testing.assert_allclose(q, [0.5, 1 / 6, 1 / 3, 0.5, 0.25, 2 / 3, 1 / 3], atol=1e-5)
    np.testing.assert_allclose(other, [0, 0.25, 0], atol=1e-5)
    q, _ = of_dictionary_words(np.where(known, 0, p), none, known, starts, known_first=True)
    np.testing.assert_allclose(q, [0, 1, 0, 0.5, 0.25, 0.5, 0.5], atol=1e-5)


def test_groups_are_named_and_can_be_left_out(en_de, ranker):
    table = ranker.feature_importances()
    assert set(table["group"]) == set(GROUPS)
    assert len(table) == len(ranker.coef_) == len(set(ranker.feature_names_))
    some = fitted(en_de, [ProcrustesAligner()], features=["mean", "stems"], spelling_pairs=None)
    assert set(some.feature_importances()["group"]) == {"mean", "stems"}
    assert "spelling" not in "+".join(some.rank(None, 3)["origin"])


def test_features_of_ones_own(en_de):
    gold = set(en_de.test.itertuples(index=False, name=None)) | set(
        en_de.train.itertuples(index=False, name=None)
    )

    def oracle(source, target):
        return [float(pair in gold) for pair in zip(source, target, strict=True)]

    told = fitted(en_de, [VecMapAligner()], features=["geometry", ("oracle", oracle)])
    table = told.feature_importances()
    assert table["group"][0] == "oracle"
    assert table["feature"][0] == "oracle"
    assert set(table["group"]) == {"geometry", "oracle"}
    alone = fitted(en_de, [VecMapAligner()], features=["geometry"])
    pairs = en_de.test["source"], en_de.test["target"]
    assert told.score(*pairs) > alone.score(*pairs) + 0.1
    assert "spelling" not in "+".join(alone.rank(None, 3)["origin"])

    columns = ["a", "b"]

    def frame(source, target):
        # A flag beside a count.
        flags, counts = np.ones(len(source), dtype=bool), np.arange(len(source))
        return pd.DataFrame(dict(zip(columns, (flags, counts), strict=True)))

    options = {"features": ["frequency", ("own", frame)], "spelling_pairs": None}
    named = fitted(en_de, [ProcrustesAligner()], **options)
    assert {"own: a", "own: b"} <= set(named.feature_names_)
    columns[1] = "c"
    with pytest.raises(ValueError, match="'own' have other columns"):
        named.rank("error")


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (lambda s, t: [np.nan] * len(s), "hold nan, infinity or numbers too large"),
        (lambda s, t: [1e300] * len(s), "hold nan, infinity or numbers too large"),
        (lambda s, t: np.ones((len(s), 0)), "one row of numbers for each pair"),
        (lambda s, t: [[1]] * (len(s) - 1) + [[1, 2]], "rows of different lengths"),
        (lambda s, t: pd.DataFrame(np.ones((len(s), 2)), columns=["a", "a"]), "same name: 'a'"),
        (lambda s, t: [1.0], "one row of numbers for each pair"),
        (lambda s, t: ["x"] * len(s), "one row of numbers for each pair"),
    ],
)
def test_features_of_ones_own_are_checked(en_de, values, message):
    with pytest.raises(ValueError, match=message):
        fitted(en_de, [ProcrustesAligner()], features=[("own", values)], spelling_pairs=None)


def test_the_result_does_not_depend_on_threads_or_cache(en_de, tmp_path):
    runs = [
        fitted(en_de, [VecMapAligner()], n_jobs=n_jobs, memory=memory)
        for n_jobs, memory in ((1, None), (2, str(tmp_path)), (1, str(tmp_path)))
    ]
    tables = [run.rank(en_de.test["source"].unique(), 2) for run in runs]
    for table in tables[1:]:
        pd.testing.assert_frame_equal(tables[0], table, rtol=1e-4)
    # Nothing is cached twice: two pairs of maps, of the held-out part and of all.
    assert len(list(tmp_path.rglob("output.pkl"))) == 4


def test_other_folds(en_de):
    pairs = en_de.test["source"], en_de.test["target"]
    for cv in (2, WordDisjointHoldout(0.3)):
        model = fitted(en_de, [VecMapAligner()], cv=cv)
        assert model.score(*pairs) > 0.5
        # Two folds hold out every word of the dictionary once.
        words = en_de.train["source"].nunique()
        assert (model.held_out_["source"].nunique() == words) == (cv == 2)


def test_pairs_given_twice_count_once(en_de):
    source, target = en_de.source, en_de.target
    words, translations = source.words[:3], target.words[:3]
    rows, columns = pair_rows(
        (*words, words[1], "?"), (*translations, translations[1], "!"), source, target
    )
    assert rows.tolist() == columns.tolist() == [0, 1, 2]


def test_a_copy_by_pickle_answers_alike(ranker):
    again = pickle.loads(pickle.dumps(ranker))
    pd.testing.assert_frame_equal(again.rank("error"), ranker.rank("error"))


def test_a_saved_one_answers_alike(ranker, tmp_path):
    ranker.save(tmp_path / "ranker.model", metadata={"of": "en-de"})
    words = ranker._source[:40]
    for mode in (None, "r"):
        again = load(tmp_path / "ranker.model", mmap_mode=mode)
        pd.testing.assert_frame_equal(again.rank(words), ranker.rank(words))
        pd.testing.assert_frame_equal(again.held_out_, ranker.held_out_)
        pd.testing.assert_frame_equal(again.feature_importances(), ranker.feature_importances())


def test_functions_are_not_saved(en_de, tmp_path):
    def nothing(source, target):
        return np.zeros(len(source))

    options = {"features": ["mean", ("own", nothing)], "spelling_pairs": None}
    own = fitted(en_de, [ProcrustesAligner()], **options)
    with pytest.raises(TypeError, match="cannot be saved without pickle"):
        own.save(tmp_path / "ranker.model")
    assert not list(tmp_path.iterdir())


# What scikit-learn expects ------------------------------------------------------------------------


def test_it_is_an_estimator_of_words():
    tags = get_tags(LexiconRanker())
    assert tags.input_tags.string
    assert tags.input_tags.one_d_array
    assert not tags.input_tags.two_d_array
    assert tags.target_tags.required


# Those of scikit-learn's checks that need no array of numbers.
@pytest.mark.parametrize(
    "check",
    [
        "check_estimator_cloneable",
        "check_estimator_repr",
        "check_no_attributes_set_in_init",
        "check_parameters_default_constructible",
        "check_get_params_invariance",
        "check_set_params",
        "check_valid_tag_types",
        "check_mixin_order",
    ],
)
def test_checks_of_scikit_learn_that_take_no_numbers(check):
    getattr(estimator_checks, check)("LexiconRanker", LexiconRanker())


def test_fitting_changes_no_parameter(en_de):
    model = LexiconRanker([VecMapAligner()], features=["mean"], spelling_pairs=None, random_state=0)
    before = {name: repr(value) for name, value in model.get_params().items()}
    model.fit(
        en_de.train["source"],
        en_de.train["target"],
        source_space=en_de.source.to_frame(),
        target_space=en_de.target.to_frame(),
    )
    assert {name: repr(value) for name, value in model.get_params().items()} == before
    assert not hasattr(model.aligners[0], "source_map_")


def test_cross_validation_and_search_over_words(en_de):
    X, y = en_de.train["source"].to_numpy(), en_de.train["target"].to_numpy()
    spaces = {"source_space": en_de.source, "target_space": en_de.target}
    model = LexiconRanker(
        [("vm", VecMapAligner())], features=["mean"], spelling_pairs=None, random_state=0
    )
    cv = WordDisjointKFold(2, random_state=0)
    scores = cross_val_score(model, X, y, cv=cv, params=spaces, error_score="raise")
    assert len(scores) == 2
    assert scores.min() > 0.3
    # scikit-learn cuts a DataFrame as long as the dictionary.
    cut = en_de.source.select(range(len(X))).to_frame()
    with pytest.warns(UserWarning, match="as many rows|in the two spaces") as caught:
        model.fit(X, y, source_space=cut, target_space=en_de.target)
    assert str(caught[0].message).startswith("source_space has exactly as many rows")
    assert caught[0].filename == __file__
    grid = [{"l2": [100.0], "vm__reweight": [0.0]}, {"vm": [ProcrustesAligner()]}]
    search = GridSearchCV(model, grid, cv=cv, error_score="raise").fit(X, y, **spaces)
    assert search.cv_results_["mean_test_score"].min() > 0.3
    assert search.cv_results_["mean_test_score"][0] != search.cv_results_["mean_test_score"][1]
    assert model.get_params()["vm__reweight"] == VecMapAligner().reweight
    assert clone(model).set_params(vm__reweight=0.0).aligners[0][1].reweight == 0.0
    with pytest.raises(ValueError, match="Invalid parameter 'other' for"):
        model.set_params(other__reweight=0.0)
    with config_context(enable_metadata_routing=True):
        routed = clone(model).set_fit_request(source_space=True, target_space=True)
        np.testing.assert_allclose(
            cross_val_score(routed, X, y, cv=cv, params=spaces, error_score="raise"), scores
        )


# What is refused ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"n_candidates": 0}, "'n_candidates' parameter"),
        ({"n_candidates": 41}, "'n_candidates' parameter"),
        ({"l2": -1.0}, "'l2' parameter"),
        ({"csls_neighbors": 0}, "'csls_neighbors' parameter"),
        ({"cv": 1}, "'cv' parameter"),
        ({"features": "geometry"}, "'features' parameter"),
        ({"features": ["geometri"]}, "features must hold 'geometry'"),
        ({"features": ["geometry", "geometry"]}, "different names"),
        ({"aligners": []}, "aligners must be a list"),
        ({"aligners": [VecMapAligner(reweight=-1.0)]}, "'reweight' parameter"),
        ({"spelling_pairs": "yes"}, "'spelling_pairs' parameter"),
    ],
)
def test_parameters_are_checked_before_any_work(en_de, options, message):
    options = {"aligners": [VecMapAligner()]} | options
    with pytest.raises(ValueError, match=message):
        LexiconRanker(**options).fit(["x"], ["y"], source_space=None, target_space=None)


@pytest.mark.parametrize(
    ("n_pairs", "cv", "message"),
    [
        (3, None, r"too small to hold out 0.3 of its 3 pairs: .*; give more pairs\.$"),
        (3, 5, "at most 3; give more pairs, or pass cv=3"),
        (20, [], "cv has no folds"),
        (20, [(range(10), [])], "Each fold of cv must be two arrays, not empty, .* among the 20"),
        (20, [(range(10), [20])], "Each fold of cv must be two arrays"),
        (20, [(1, 2)], "Each fold of cv must be two arrays"),
        (20, [3], "Each fold of cv must be two arrays"),
    ],
)
def test_what_cannot_be_held_out_is_told(en_de, n_pairs, cv, message):
    few = Bunch(**en_de)
    few.train = en_de.train[:n_pairs]
    with pytest.raises(ValueError, match=message):
        fitted(few, [ProcrustesAligner()], features=["geometry"], cv=cv, spelling_pairs=None)


def test_what_is_no_word_is_refused(en_de, ranker):
    spaces = {"source_space": en_de.source, "target_space": en_de.target}
    words = en_de.train["source"], en_de.train["target"]
    with pytest.raises(TypeError, match="source_space must be an EmbeddingSpace or a DataFrame"):
        LexiconRanker().fit(*words, source_space=en_de.source.vectors, target_space=en_de.target)
    with pytest.raises(ValueError, match="give the words and not their vectors"):
        LexiconRanker().fit(en_de.X, en_de.y, **spaces)
    with pytest.raises(ValueError, match="requires y to be passed"):
        LexiconRanker().fit(words[0], None, **spaces)
    with pytest.raises(ValueError, match="0 of the dictionary's 2 pairs"):
        LexiconRanker().fit(["xx", "yy"], ["zz", "zz"], **spaces)
    with pytest.raises(ValueError, match="too small to hold out"):
        LexiconRanker().fit(["the", "to"], ["die", "zu"], **spaces)
    with pytest.raises(TypeError, match="aligners must hold aligners"):
        LexiconRanker([3]).fit(*words, **spaces)
    with pytest.raises(ValueError, match="1 of 2 words are not in the source space: 'qqq'"):
        ranker.rank(["the", "qqq"])


def test_without_the_extra_character_ngrams_serve_and_a_sentence_says_so(
    en_de, ranker, monkeypatch
):
    for module in ("_spellings", "_candidate_pairs", "_spelling_features", "_cognates"):
        place = f"sklearn_instamap.lexicon.{module}.has_string_packages"
        monkeypatch.setattr(place, lambda: False)
    monkeypatch.setattr("sklearn_instamap.metrics._string_similarity.is_installed", lambda _: False)
    with pytest.warns(UserWarning, match=r'pip install "sklearn-instamap\[lexicon\]"'):
        model = fitted(en_de, [VecMapAligner()])
    assert "n-gram cosine" in model.feature_names_
    assert "edit similarity" not in model.feature_names_
    assert model.score(en_de.test["source"], en_de.test["target"]) > 0.55
    # A ranker answers by what it was fitted by, or says what is missing.
    with pytest.raises(
        ImportError, match="by rapidfuzz and anyascii, which are not installed: pip"
    ):
        ranker.predict(["window"])
    monkeypatch.undo()
    with pytest.raises(ValueError, match=r"fitted without rapidfuzz .* fit it again"):
        model.predict(["window"])
