"""What a notebook shows: tables of spaces and reports, links of estimators."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.exceptions import NotFittedError

from sklearn_instamap import EmbeddingSpace, InstaMapAlignerCV, SpaceCentering, all_estimators
from sklearn_instamap.datasets import make_bilingual_spaces
from sklearn_instamap.io import lookup_pairs
from sklearn_instamap.metrics import OverlapReport, Retrieval, hubness_report, shuffling_test
from sklearn_instamap.results import BenchmarkResults, load_paper_results

ARGUMENTS = {
    "AlignerPipeline": {"steps": [("center", SpaceCentering())]},
    "TwoSidedTransformer": {"transformer": SpaceCentering()},
}


def test_a_space_is_a_table_with_its_first_words():
    html = EmbeddingSpace(["<b>cat", *map(str, range(99))], np.ones((100, 3)))._repr_html_()
    assert "<table>" in html
    assert "&lt;b&gt;cat, 0, 1" in html
    assert "<td>100</td>" in html
    assert "98" not in html


def test_reports_are_tables():
    space = EmbeddingSpace(["a", "b"], np.eye(2))
    *_, report = lookup_pairs([("a", "b"), ("b", "<i>")], space, space)
    html = report._repr_html_()
    assert "<caption>CoverageReport</caption>" in html
    assert "&lt;i&gt;" in html
    assert ">n_pairs</th><td>2</td>" in html
    assert ">skewness</th>" in hubness_report(np.eye(3), np.eye(3), k=1)._repr_html_()
    assert "<td>0.75</td>" in shuffling_test([1, 1, 1, 0], [0, 0, 0, 0])._repr_html_()
    inner = OverlapReport(4, n_source=2, n_target=2, n_either=3, n_both=1)
    outer = OverlapReport(8, 2, 2, 3, 1, in_vocabulary=inner)
    assert "Of 4 test pairs" in outer._repr_html_()
    assert ">in_vocabulary</th>" not in inner._repr_html_()


HOSTILE = "<img src=x onerror=alert(1)>"


def test_results_of_a_benchmark_are_tables():
    results = load_paper_results()
    rows = results.rows.assign(method=results.rows["method"].replace({"VecMap": HOSTILE}))
    hostile = BenchmarkResults(rows)
    table = hostile.select().by_group(n_best_pairs=0)
    html = table._repr_html_()
    assert "<b>38.69</b>" in html
    assert "In bold the best of each column." in html
    assert html.count("<tr>") == 1 + len(table.frame)
    for each in (table, hostile, hostile.select()):
        assert HOSTILE not in each._repr_html_()
    assert "&lt;img" in html
    assert "&lt;img" in hostile._repr_html_()
    assert "<td>P@1</td>" in hostile.select()._repr_html_()


def test_a_retrieval_shows_its_settings_and_what_it_was_fitted_on():
    retrieval = Retrieval("csls", csls_neighbors=2, name=HOSTILE)
    assert ">csls_neighbors</th><td>2</td>" in retrieval._repr_html_()
    html = retrieval.fit(np.eye(4), np.eye(4)[:3])._repr_html_()
    assert ">n_source_</th><td>4</td>" in html
    assert ">n_target_</th><td>3</td>" in html
    assert HOSTILE not in html


def test_a_search_has_a_table_best_first():
    data = make_bilingual_spaces(200, 10, n_train=60, n_test=30)
    search = InstaMapAlignerCV([5, 20], [1, 2], cv=2)
    with pytest.raises(NotFittedError):
        search.cv_table()
    search.fit(data.X, data.y, source_space=data.source, target_space=data.target)
    table = search.cv_table()
    assert len(table) == 4
    assert table.index.is_monotonic_increasing
    assert table["mean score"].iloc[0] == search.best_score_
    assert table.iloc[0][["n_neighbors", "n_iter"]].astype(int).to_dict() == search.best_params_


@pytest.mark.parametrize(("name", "estimator"), all_estimators(), ids=lambda each: str(each)[:20])
def test_each_estimator_links_to_its_page(name, estimator):
    made = estimator(
        **ARGUMENTS.get(name, {"transformer": SpaceCentering()} if "Two" in name else {})
    )
    link = made._get_doc_link()
    path = link.rpartition("/")[2].removesuffix(".html")
    rooms = [room for room in ("linear", "lexicon") if f".{room}." in estimator.__module__]
    package = ".".join(["sklearn_instamap", *rooms])
    assert path == f"{package}.{name}"
    assert link in made._repr_html_()
