"""What a notebook shows: tables of spaces and reports, links of estimators."""

from __future__ import annotations

import numpy as np
import pytest

from sklearn_instamap import EmbeddingSpace, SpaceCentering, all_estimators
from sklearn_instamap.io import lookup_pairs
from sklearn_instamap.metrics import OverlapReport, hubness_report, shuffling_test

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
