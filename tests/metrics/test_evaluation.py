"""Word-level evaluation: protocols, subsets, coverage; and looking translations up."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sklearn_instamap import EmbeddingSpace
from sklearn_instamap.metrics import (
    best_ranks_per_word,
    evaluate_bli,
    mean_reciprocal_rank,
    precision_at_k,
    translate,
    translation_ranks,
    unseen_pairs,
)


@pytest.fixture(scope="module")
def spaces():
    rng = np.random.default_rng(0)
    vectors = rng.standard_normal((120, 8)).astype(np.float32)
    noisy = vectors + 0.8 * rng.standard_normal((120, 8)).astype(np.float32)
    source = EmbeddingSpace([f"s{i}" for i in range(120)], vectors)
    target = EmbeddingSpace([f"t{i}" for i in range(120)], noisy)
    return source, target


@pytest.fixture(scope="module")
def dictionary():
    # Most words once, some twice, some unknown to one side or the other.
    pairs = [(f"s{i}", f"t{i}") for i in range(20, 60)]
    pairs += [(f"s{i}", f"t{i + 1}") for i in range(20, 30)]
    pairs += [("s999", "t3"), ("s3", "t999"), ("s999", "t998"), ("s20", "t999")]
    return pairs


TRAIN = [(f"s{i}", f"t{i + 40}") for i in range(25)]  # sources s0-s24, targets t40-t64


def test_unseen_pairs():
    train = pd.DataFrame({"source": ["a", "b"], "target": ["A", "B"], "weight": [1, 2]})
    test = [("a", "C"), ("c", "B"), ("c", "C"), ("A", "a"), ("a", "B")]
    assert unseen_pairs(test_dictionary=test, train_dictionary=train).tolist() == [
        False,
        False,
        True,
        True,
        False,
    ]
    assert unseen_pairs(test_dictionary=[], train_dictionary=train).shape == (0,)
    assert unseen_pairs(test_dictionary=test, train_dictionary=[]).all()


WORD_PAIRS = st.lists(st.tuples(st.sampled_from("abcdef"), st.sampled_from("ABCDEF")), max_size=8)


@given(WORD_PAIRS, WORD_PAIRS)
def test_unseen_pairs_against_the_definition(test, train):
    expected = [not any(s == a or t == b for a, b in train) for s, t in test]
    assert unseen_pairs(test_dictionary=test, train_dictionary=train).tolist() == expected


def test_figures_per_pair(spaces, dictionary):
    source, target = spaces
    table = evaluate_bli(source, target, test_dictionary=dictionary)
    assert table.index.tolist() == [("cosine", "pair", "all"), ("csls", "pair", "all")]
    assert table.index.names == ["retrieval", "protocol", "subset"]
    expected_columns = ["P@1", "P@5", "P@10", "MRR", "n_queries", "n_out_of_vocabulary", "coverage"]
    assert table.columns.tolist() == expected_columns
    for retrieval in ("cosine", "csls"):
        ranks = translation_ranks(
            source.vectors[[*range(20, 60), *range(20, 30)]],
            target.vectors,
            [*range(20, 60), *range(21, 31)],
            retrieval=retrieval,
            source_space=source,
        )
        row = table.loc[(retrieval, "pair", "all")]
        assert row["P@1"] == precision_at_k(ranks)
        assert row["P@5"] == precision_at_k(ranks, 5)
        assert row["MRR"] == mean_reciprocal_rank(ranks)
        assert row[["n_queries", "n_out_of_vocabulary"]].tolist() == [50, 4]
        assert row["coverage"] == 50 / 54
    assert table.loc["cosine", "P@1"].item() < table.loc["cosine", "P@10"].item() < 1
    assert table["n_queries"].dtype.kind == "i"


def test_figures_per_word(spaces, dictionary):
    source, target = spaces
    table = evaluate_bli(
        source,
        target,
        test_dictionary=dictionary,
        protocol=["pair", "word"],
        retrieval="cosine",
        metric=("P@1", "P@3", "MRR"),
    )
    rows = [*range(20, 60), *range(20, 30)]
    ranks = translation_ranks(
        source.vectors[rows], target.vectors, [*range(20, 60), *range(21, 31)]
    )
    best = best_ranks_per_word(ranks, rows)
    row = table.loc[("cosine", "word", "all")]
    assert row["P@1"] == precision_at_k(best)
    assert row["P@3"] == precision_at_k(best, 3)
    # 40 words; s999 and s3 have no translation in the spaces, s20 still has two.
    assert row[["n_queries", "n_out_of_vocabulary"]].tolist() == [40, 2]
    assert row["coverage"] == 40 / 42
    assert row["P@1"] > table.loc[("cosine", "pair", "all"), "P@1"]


def test_unseen_is_the_evaluation_of_the_unseen_pairs(spaces, dictionary):
    source, target = spaces
    options = {"protocol": ("pair", "word")}
    table = evaluate_bli(
        source, target, test_dictionary=dictionary, train_dictionary=TRAIN, **options
    )
    assert table.index.get_level_values("subset").tolist() == ["all", "unseen"] * 4
    mask = unseen_pairs(test_dictionary=dictionary, train_dictionary=TRAIN)
    assert 0 < mask.sum() < len(mask)
    only = [pair for pair, keep in zip(dictionary, mask, strict=True) if keep]
    alone = evaluate_bli(source, target, test_dictionary=only, **options)
    pd.testing.assert_frame_equal(
        table.xs("unseen", level="subset"), alone.xs("all", level="subset")
    )
    everything = evaluate_bli(source, target, test_dictionary=dictionary, **options)
    pd.testing.assert_frame_equal(
        table.xs("all", level="subset"), everything.xs("all", level="subset")
    )


def test_no_unseen_pair_is_nan_not_an_error(spaces, dictionary):
    source, target = spaces
    table = evaluate_bli(
        source,
        target,
        test_dictionary=dictionary,
        train_dictionary=dictionary,
        protocol=("pair", "word"),
    )
    unseen = table.xs("unseen", level="subset")
    assert unseen[["P@1", "MRR", "coverage"]].isna().all(axis=None)
    assert (unseen[["n_queries", "n_out_of_vocabulary"]] == 0).all(axis=None)
    assert table.xs("all", level="subset")["P@1"].gt(0).all()


def test_repeated_pairs_count_as_often_as_they_stand_there(spaces):
    source, target = spaces
    once = evaluate_bli(
        source, target, test_dictionary=[("s1", "t1"), ("s2", "t90")], retrieval="cosine"
    )
    twice = evaluate_bli(
        source,
        target,
        test_dictionary=[("s1", "t1"), ("s1", "t1"), ("s2", "t90")],
        retrieval="cosine",
    )
    assert once["P@1"].item() == 1 / 2
    assert twice["P@1"].item() == 2 / 3


def test_every_container(spaces, dictionary):
    source, target = spaces
    expected = evaluate_bli(source, target, test_dictionary=dictionary, train_dictionary=TRAIN)
    frame = pd.DataFrame(dictionary, columns=["source", "target"])
    found = evaluate_bli(
        source.to_frame(),
        target.to_frame(),
        test_dictionary=frame,
        train_dictionary=iter(TRAIN),
        n_jobs=2,
    )
    pd.testing.assert_frame_equal(found, expected)
    as_array = evaluate_bli(
        source, target, test_dictionary=np.array(dictionary), train_dictionary=np.array(TRAIN)
    )
    pd.testing.assert_frame_equal(as_array, expected)


def test_ties_reach_the_ranks(spaces):
    source, _ = spaces
    collapsed = source.with_vectors(np.ones((120, 8), dtype=np.float32))
    pairs = [("s1", "s1"), ("s2", "s2")]
    assert (evaluate_bli(collapsed, collapsed, test_dictionary=pairs)["P@10"] == 0).all()
    assert (
        evaluate_bli(collapsed, collapsed, test_dictionary=pairs, ties="best")["P@1"] == 1
    ).all()


def test_errors_say_what_is_wrong(spaces, dictionary):
    source, target = spaces
    with pytest.raises(ValueError, match="None of the dictionary's 2 pairs has both its words"):
        evaluate_bli(source, target, test_dictionary=[("t1", "s1"), ("S1", "T1")])
    with pytest.raises(ValueError, match="None of the dictionary's 0 pairs"):
        evaluate_bli(source, target, test_dictionary=[])
    with pytest.raises(
        TypeError, match=r"source_space must be an EmbeddingSpace or a DataFrame .* list"
    ):
        evaluate_bli([[1.0]], target, test_dictionary=dictionary)
    with pytest.raises(ValueError, match="dictionary has no column 'target'"):
        evaluate_bli(source, target, test_dictionary=pd.DataFrame({"source": ["s1"]}))
    with pytest.raises(ValueError, match="entry 1 is 'ab'"):
        evaluate_bli(source, target, test_dictionary=[("s1", "t1"), "ab"])
    with pytest.raises(ValueError, match=r"train_dictionary must hold .* entry 0 is"):
        evaluate_bli(source, target, test_dictionary=dictionary, train_dictionary=[("a", "b", "c")])
    frame = pd.DataFrame({"source": ["s1", "s2"], "target": ["t1", None]})
    with pytest.raises(ValueError, match="dictionary has no word in row 1"):
        evaluate_bli(source, target, test_dictionary=frame)
    with pytest.raises(ValueError, match="source_space has 8 and target_space has 4 dimensions"):
        evaluate_bli(source, target.with_vectors(target.vectors[:, :4]), test_dictionary=dictionary)
    with pytest.raises(ValueError, match=r"'protocol' parameter .* 'pair' or 'word'.* Got 'muse'"):
        evaluate_bli(source, target, test_dictionary=dictionary, protocol="muse")
    with pytest.raises(ValueError, match="retrieval is empty"):
        evaluate_bli(source, target, test_dictionary=dictionary, retrieval=())
    with pytest.raises(ValueError, match="'metric' parameter must be 'MRR', 'P@k' or 'recall@k'"):
        evaluate_bli(source, target, test_dictionary=dictionary, metric=("P@1", "P@0", "MRR"))


def full_scores(queries, source, target, retrieval, k=10):
    def cosine(a, b):
        a = np.asarray(a, dtype=np.float64)
        b = np.asarray(b, dtype=np.float64)
        a = a / np.linalg.norm(a, axis=1, keepdims=True)
        return a @ (b / np.linalg.norm(b, axis=1, keepdims=True)).T

    similarity = cosine(queries, target)
    if retrieval == "cosine":
        return similarity
    r_target = np.sort(cosine(target, source), axis=1)[:, -k:].mean(axis=1)
    r_query = np.sort(similarity, axis=1)[:, -k:].mean(axis=1)
    return 2 * similarity - r_target - r_query[:, None]


@pytest.mark.parametrize("n_best", [1, 3, 50, 1000])
@pytest.mark.parametrize("retrieval", ["cosine", "csls"])
def test_translate_against_sorting_everything(spaces, retrieval, n_best):
    source, target = spaces
    words = [f"s{i}" for i in range(0, 120, 7)]
    table = translate(words, source, target, n_best=n_best, retrieval=retrieval)
    n_best = min(n_best, 120)
    scores = full_scores(
        source.vectors[source.indices(words)], source.vectors, target.vectors, retrieval
    )
    order = np.argsort(-scores, axis=1, kind="stable")[:, :n_best]
    assert table.columns.tolist() == ["word", "rank", "translation", "score"]
    assert table["word"].tolist() == list(np.repeat(words, n_best))
    assert table["rank"].tolist() == list(range(1, n_best + 1)) * len(words)
    assert table["translation"].tolist() == [f"t{i}" for i in order.ravel()]
    expected = np.take_along_axis(scores, order, axis=1).ravel()
    np.testing.assert_allclose(table["score"], expected, atol=2e-6)


def test_translate_by_csls_looks_beyond_the_best_by_cosine():
    """A true best far down the cosine list is found, and equal scores go to the lower row."""
    rng = np.random.default_rng(0)
    # A hundred hubs close to the query and to all source words, one candidate off the crowd.
    crowd = np.array([[1.0, 0.0, 0.0]]) + 0.05 * rng.standard_normal((100, 3))
    lone = np.array([[0.75, 0.66, 0.0]])
    source = np.array([[1.0, 0.1, 0.0]]) + 0.03 * rng.standard_normal((40, 3))
    target = EmbeddingSpace([f"t{i}" for i in range(102)], np.vstack([crowd, lone, lone]))
    space = EmbeddingSpace([f"s{i}" for i in range(41)], np.vstack([source, [[1.0, 0.33, 0.0]]]))
    by_cosine = translate("s40", space, target, n_best=90, retrieval="cosine")
    assert not {"t100", "t101"} & set(by_cosine["translation"])
    by_csls = translate("s40", space, target, n_best=2)
    assert by_csls["translation"].tolist() == ["t100", "t101"]
    assert by_csls["score"].nunique() == 1


def test_translate_what_is_given_as_vectors(spaces):
    source, target = spaces
    expected = translate(["s3", "s5"], source, target, n_best=2)
    for vectors in (
        source.select([3, 5]),
        source.to_frame().iloc[[3, 5]],
    ):
        found = translate(vectors, source, target, n_best=2)
        pd.testing.assert_frame_equal(found, expected)
    numbered = translate(source.vectors[[3, 5]], source, target, n_best=2)
    assert numbered["word"].tolist() == [0, 0, 1, 1]
    pd.testing.assert_frame_equal(numbered.drop(columns="word"), expected.drop(columns="word"))
    single = translate(source.vectors[3], source, target, n_best=2)
    pd.testing.assert_frame_equal(single, numbered[:2])
    one_word = translate("s3", source, target, n_best=2)
    pd.testing.assert_frame_equal(one_word, expected[:2])
    series = translate(pd.Series(["s3", "s5"]), source, target, n_best=2)
    pd.testing.assert_frame_equal(series, expected)


def test_translate_says_which_words_are_unknown(spaces):
    source, target = spaces
    with pytest.raises(ValueError, match=r"2 of 3 words are not in the source space: 'x', 'y'\."):
        translate(["x", "s1", "y"], source, target)
    with pytest.raises(ValueError, match=r"6 of 6 words .* 'x0', 'x1', 'x2', 'x3', 'x4', \.\.\."):
        translate([f"x{i}" for i in range(6)], source, target)
    with pytest.raises(
        ValueError, match="queries has 3 and source_space has 8 and target_space has 8"
    ):
        translate(np.ones((2, 3)), source, target)


def test_subsets_by_spelling():
    vectors = np.eye(4)
    source = EmbeddingSpace(["radio", "фильм", "house", "tree"], vectors)
    target = EmbeddingSpace(["radio", "film", "haus", "baum"], vectors[[0, 1, 3, 2]])
    pairs = list(zip(source.words, target.words, strict=True))
    options = {"test_dictionary": pairs, "retrieval": "cosine", "metric": "P@1"}
    subset = ("all", "equal", "similar", "dissimilar")
    table = evaluate_bli(source, target, subset=subset, **options)
    assert table.index.get_level_values("subset").tolist() == list(subset)
    figures = table.droplevel(["retrieval", "protocol"])
    assert figures["P@1"].tolist() == [0.5, 1.0, 0.5, 0.0]
    # фильм is "fil'm" or "film", depending on what transliterates.
    assert figures["n_queries"].sum() == 8
    with pytest.raises(ValueError, match="'unseen' needs a train_dictionary"):
        evaluate_bli(source, target, subset="unseen", **options)
    with pytest.raises(ValueError, match="'subset' parameter must be 'all'"):
        evaluate_bli(source, target, subset="rare", **options)
