"""Recall, MRR, nDCG, overlap and their intervals, against plain loops and known cases."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import ndcg_score
from sklearn.model_selection import cross_val_score

from sklearn_instamap import EmbeddingSpace
from sklearn_instamap.linear import RidgeAligner
from sklearn_instamap.metrics import confidence_interval, evaluate_retrieval, make_bli_scorer


def figures(*args, **kwargs):
    return evaluate_retrieval(*args, n_resamples=200, random_state=0, **kwargs).set_index("metric")[
        "value"
    ]


@pytest.fixture
def problem():
    rng = np.random.default_rng(0)
    candidates = rng.standard_normal((60, 6))
    queries = candidates[:40] + rng.standard_normal((40, 6))
    others = [rng.choice(60, size=rng.integers(0, 4), replace=False) for _ in range(40)]
    gold = [sorted({row, *map(int, rows)}) for row, rows in enumerate(others)]
    return queries, candidates, gold


def cosines(queries, candidates):
    unit = [rows / np.linalg.norm(rows, axis=1, keepdims=True) for rows in (queries, candidates)]
    return unit[0] @ unit[1].T


def test_against_loops_and_scikit_learn(problem):
    queries, candidates, gold = problem
    found = figures(queries, candidates, gold, k=(1, 5))
    scores = cosines(queries, candidates)
    order = np.argsort(-scores, axis=1)
    relevant = np.zeros_like(scores)
    for query, rows in enumerate(gold):
        relevant[query, rows] = 1
    hits = np.take_along_axis(relevant, order, axis=1)
    for k in (1, 5):
        assert found[f"recall@{k}"] == pytest.approx(
            np.mean(hits[:, :k].sum(axis=1) / relevant.sum(axis=1))
        )
        assert found[f"nDCG@{k}"] == pytest.approx(ndcg_score(relevant, scores, k=k))
    assert found["MRR"] == pytest.approx(np.mean(1 / (1 + hits.argmax(axis=1))))


def test_gold_by_row_by_id_and_padded_are_one(problem):
    queries, candidates, gold = problem
    expected = evaluate_retrieval(queries, candidates, gold, per_query=True)
    padded = np.full((len(gold), 4), -1)
    for query, rows in enumerate(gold):
        padded[query, : len(rows)] = rows
    ids = [("doc", row) for row in range(60)]
    space = EmbeddingSpace(candidates, ids)
    by_id = [[ids[row] for row in rows] for rows in gold]
    frame = pd.DataFrame(candidates, index=[f"d{row}" for row in range(60)])
    by_label = [{f"d{row}" for row in rows} for rows in gold]
    for given, answers in ((candidates, padded), (space, by_id), (frame, by_label)):
        pd.testing.assert_frame_equal(
            evaluate_retrieval(queries, given, answers, per_query=True), expected
        )


def test_one_right_candidate_needs_no_list(problem):
    queries, candidates, _ = problem
    rows = np.arange(40)
    space = EmbeddingSpace(candidates, [("doc", row) for row in range(60)])
    expected = figures(queries, candidates, [[row] for row in rows])
    pd.testing.assert_series_equal(figures(queries, candidates, rows), expected)
    pd.testing.assert_series_equal(
        figures(queries, space, [("doc", row) for row in range(40)]), expected
    )


def test_equal_right_candidates_do_not_push_each_other_down():
    candidates = np.array([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    table = figures([[1.0, 0.0]], candidates, [[0, 1]], k=(1, 2))
    assert (table["recall@1"], table["recall@2"], table["MRR"], table["nDCG@2"]) == (0.5, 1, 1, 1)


def test_a_collapsed_map_gets_no_credit():
    candidates = np.ones((5, 2))
    assert figures(np.ones((3, 2)), candidates, [0, 1, 2], k=1)["recall@1"] == 0
    assert figures(np.ones((3, 2)), candidates, [0, 1, 2], k=1, ties="best")["recall@1"] == 1


def test_overlap_and_ratio_against_the_reference(problem):
    queries, candidates, gold = problem
    rng = np.random.default_rng(1)
    rotation = np.linalg.qr(rng.standard_normal((9, 9)))[0][:6]
    exact = figures(
        queries,
        candidates,
        gold,
        k=(1, 5),
        reference_queries=queries @ rotation,
        reference_candidates=candidates @ rotation,
    )
    for name in ("overlap@1", "overlap@5", "ARR@1", "ARR@5"):
        assert exact[name] == pytest.approx(1)
    other = rng.standard_normal((40, 6))
    found = figures(
        other,
        candidates,
        k=(1, 5, 100),
        reference_queries=queries,
        reference_candidates=candidates,
    )
    assert list(found.index) == ["overlap@1", "overlap@5", "overlap@100"]
    nearest = [np.argsort(-cosines(each, candidates))[:, :5] for each in (other, queries)]
    expected = np.mean([len(set(a) & set(b)) / 5 for a, b in zip(*nearest, strict=True)])
    assert found["overlap@5"] == pytest.approx(expected)
    assert found["overlap@100"] == 1


def test_the_ratio_is_that_of_the_recalls(problem):
    queries, candidates, gold = problem
    worse = queries + np.random.default_rng(2).standard_normal(queries.shape)
    found = figures(
        worse, candidates, gold, reference_queries=queries, reference_candidates=candidates
    )
    reference = figures(queries, candidates, gold)
    assert found["ARR@10"] == pytest.approx(found["recall@10"] / reference["recall@10"])


def test_what_resampling_does_not_tell_has_no_interval(problem):
    queries, candidates, gold = problem
    one = evaluate_retrieval(queries[:1], candidates, [gold[0]], k=50).set_index("metric")
    assert np.isfinite(one.loc["recall@50"].to_numpy()).all()
    assert one.loc["MRR", ["low", "high"]].isna().all()
    # One resample, in which the reference may find nothing.
    two = np.stack([candidates[0], -candidates[1]])
    reference = {"reference_queries": two, "reference_candidates": candidates, "n_resamples": 1}
    for seed in range(8):
        table = evaluate_retrieval(
            candidates[:2], candidates, [[0], [1]], k=1, **reference, random_state=seed
        )
        assert table["value"].iloc[-1] == 2


def test_intervals(problem):
    queries, candidates, gold = problem
    table = evaluate_retrieval(queries, candidates, gold, k=5, random_state=0)
    assert ((table["low"] < table["value"]) & (table["value"] < table["high"])).all()
    outcomes = evaluate_retrieval(queries, candidates, gold, k=5, per_query=True)
    low, high = confidence_interval(outcomes["recall@5"], method="bootstrap", random_state=1)
    row = table.set_index("metric").loc["recall@5"]
    np.testing.assert_allclose(row[["low", "high"]].to_numpy(float), [low, high], atol=0.02)
    binary = evaluate_retrieval(queries, candidates, np.arange(40), k=1, per_query=True)["recall@1"]
    row = evaluate_retrieval(queries, candidates, np.arange(40), k=1).set_index("metric")
    expected = confidence_interval(binary)
    assert tuple(row.loc["recall@1", ["low", "high"]]) == pytest.approx(expected)


def test_float16_is_searched_as_float32(problem):
    queries, candidates, gold = (*map(np.float16, problem[:2]), problem[2])
    expected = figures(queries.astype(np.float32), candidates.astype(np.float32), gold)
    pd.testing.assert_series_equal(figures(queries, candidates, gold), expected)


def test_blocks_do_not_show(problem, monkeypatch):
    queries, candidates, gold = problem
    arguments = {"reference_queries": queries[:, :3], "reference_candidates": candidates[:, :3]}
    expected = figures(queries, candidates, gold, **arguments)
    monkeypatch.setattr("sklearn_instamap.metrics._search_quality._AT_ONCE", 7)
    pd.testing.assert_series_equal(figures(queries, candidates, gold, **arguments), expected)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"gold": None}, "nothing to compare with"),
        ({"gold": [[0]] * 39}, "39 entries for 40 queries"),
        ({"gold": [[0]] * 39 + [[]]}, "no right candidate for query 39"),
        ({"gold": [60] + [0] * 39}, "gold of query 0 is 60, but candidates have the rows 0 to 59"),
        ({"gold": ["x"] * 40}, r"EmbeddingSpace\(candidates"),
        ({"gold": [-1] * 40}, "gold of query 0 is -1"),
        ({"k": 0}, "'k' parameter"),
        ({"k": ()}, "k is empty"),
        ({"mapped_queries": np.ones((40, 5))}, "mapped_queries has 5 and candidates has 6"),
        ({"reference_queries": np.ones((40, 5))}, "belong together"),
        (
            {"reference_queries": np.ones((3, 5)), "reference_candidates": np.ones((60, 5))},
            "3 queries and 60 candidates, but there are 40 and 60",
        ),
    ],
)
def test_errors(problem, change, message):
    arguments = dict(zip(("mapped_queries", "candidates", "gold"), problem, strict=True)) | change
    with pytest.raises(ValueError, match=message):
        evaluate_retrieval(**arguments)


def test_an_id_that_is_not_there(problem):
    queries, candidates, _ = problem
    space = EmbeddingSpace(candidates, range(100, 160))
    with pytest.raises(ValueError, match="gold of query 0 is 0, which is not an id"):
        evaluate_retrieval(queries, space, np.arange(40))


def test_recall_scores_inside_model_selection(problem):
    queries, candidates, _ = problem
    X, y = queries, candidates[:40]
    recall = make_bli_scorer(candidates, metric="recall@10")
    precision = make_bli_scorer(candidates, metric="P@10")
    scores = cross_val_score(RidgeAligner(), X, y, cv=3, scoring=recall)
    assert 0 < scores.mean() < 1
    np.testing.assert_array_equal(
        scores, cross_val_score(RidgeAligner(), X, y, cv=3, scoring=precision)
    )
