"""Reports: what is in them, what is left out, and what an earlier one leaves."""

from __future__ import annotations

import re
from types import SimpleNamespace

import pandas as pd
import pytest

from sklearn_instamap.benchmark import write_report
from sklearn_instamap.benchmark._report import _label
from sklearn_instamap.results import (
    BenchmarkResults,
    cost_table,
    coverage_table,
)
from sklearn_instamap.results._overview import main_selections


@pytest.fixture
def results(folders):
    return folders.run(methods=["PROC", "VecMap"])


def test_tables_are_those_of_the_functions(folders, results):
    pytest.importorskip("matplotlib")
    page = write_report(results, folders.results, reference="PROC", n_shuffles=500)
    assert page == folders.results / "report" / "report.md"
    text = page.read_text("utf-8")
    expected = results.select(subset="unseen").by_language_pair(reference="PROC", n_shuffles=500)
    assert expected.to_markdown() in text
    tables = page.parent / "tables"
    name = "by-language-pair-forward-1k-cosine-unseen"
    assert (tables / f"{name}.md").read_text("utf-8") == expected.to_markdown()
    assert (tables / f"{name}.tex").read_text("utf-8") == expected.to_latex(label=f"tab:{name}")
    frame = pd.read_csv(tables / f"{name}.csv", index_col="method")
    assert frame.round(9).to_dict() == expected.frame.round(9).to_dict()
    for path in page.parent.glob("figures/*"):
        assert f"(figures/{path.name})" in text
        assert path.read_bytes().startswith(b"\x89PNG")
    assert len(list(page.parent.glob("figures/*"))) == 4


def test_a_new_report_takes_the_place_of_the_old_one(folders, results):
    stale = folders.results / ".report.0123456789abcdef0123"
    stale.mkdir()
    write_report(results, folders.results, n_shuffles=100)
    (folders.results / "report" / "tables" / "old.md").touch()
    write_report(results, folders.results, n_shuffles=100)
    assert not (folders.results / "report" / "tables" / "old.md").exists()
    assert not list(folders.results.glob(".report-*"))


def test_without_matplotlib(folders, results, monkeypatch):
    monkeypatch.setattr("sklearn_instamap.benchmark._report.is_installed", lambda name: None)
    page = write_report(results, folders.results, n_shuffles=100)
    assert 'figures need matplotlib: pip install "sklearn-instamap[plot]"' in page.read_text(
        "utf-8"
    )
    assert not list(page.parent.glob("figures/*"))


def test_one_method_has_nobody_to_be_compared_with(folders):
    results = folders.run(methods=["PROC"])
    page = write_report(results, folders.results, n_shuffles=100)
    assert "## Significance" not in page.read_text("utf-8")
    assert "## Averages" in page.read_text("utf-8")


def test_the_largest_dictionary_is_shown(folders):
    results = folders.run(methods=["PROC"], sizes=["1k", "500"], directions="both")
    selections = main_selections(results)
    assert {selection.dictionary_size for selection in selections} == {"1k"}
    assert {selection.protocol for selection in selections} == {"pair"}
    assert len(selections) == 8
    assert [selection.direction for selection in selections] == ["forward"] * 4 + ["backward"] * 4
    words = BenchmarkResults(results.rows[results.rows["protocol"] == "word"], results.ranks)
    assert {selection.protocol for selection in main_selections(words)} == {"word"}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"reference": "RCSLS"}, "'reference' parameter must be 'PROC' or 'VecMap'. Got 'RCSLS'"),
        ({"compare": "me"}, "'compare' parameter must be None or 'paper'"),
    ],
)
def test_refused(folders, results, options, message):
    with pytest.raises(ValueError, match=message):
        write_report(results, folders.results, **options)
    assert not (folders.results / "report").exists()


def test_tables_of_a_run(folders):
    results = folders.run(methods=["PROC", "VecMap"])
    for protocol in ("pair", "word"):
        for subset in ("all", "unseen"):
            choice = {"protocol": protocol, "subset": subset, "retrieval": "csls", "metric": "MRR"}
            figures = results.select(**choice).by_language_pair().frame
            assert figures.shape == (2, 2)
            outcomes = results.select(**choice).outcomes()
            means = outcomes.groupby(level="language_pair", sort=False).mean().T[list(figures)]
            pd.testing.assert_frame_equal(means, figures, check_names=False)
    coverage = coverage_table(results).frame
    assert coverage.loc[("en-de", "1k"), ["train_pairs", "train_found"]].tolist() == [80, 80]
    # One test pair of 52 is out of vocabulary, eleven are seen.
    assert coverage.loc[("en-de", "1k")].tolist()[3:] == [52, 51, 51 / 52, 40]
    assert cost_table(results).frame["fits"].tolist() == [2, 2]
    assert len(results.select().significance().frame) == 1


@pytest.mark.parametrize("size", ["5k", "../../x", "a/b\\c", "<img>\x1b[31m](x)\n#", "1" * 999])
def test_sizes_of_strangers_in_names_of_files(size):
    selection = SimpleNamespace(
        direction="forward", dictionary_size=size, retrieval="csls", subset="all"
    )
    name = _label(selection)
    assert re.fullmatch(r"[\w-]{1,100}", name)
    assert size != "5k" or name == "forward-5k-csls-all"
