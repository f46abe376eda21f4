"""``instamap benchmark``: what it prints, writes, resumes and refuses."""

from __future__ import annotations

import re

import pytest

from sklearn_instamap.io import write_dictionary, write_vectors
from sklearn_instamap.results import BenchmarkResults

from .conftest import without_stages


@pytest.fixture
def inputs(tmp_path, data, monkeypatch):
    """Two folders of one pair, and the current folder beside them."""
    monkeypatch.chdir(tmp_path)
    for name in ("spaces", "xling"):
        (tmp_path / name).mkdir()
    write_vectors("spaces/en.vec", data.source)
    write_vectors("spaces/de.npy", data.target)
    write_dictionary("xling/yacle.train.freq.5k.en-de.tsv", data.train)
    write_dictionary("xling/yacle.train.freq.500.en-de.tsv", data.train[:30])
    write_dictionary("xling/yacle.test.freq.2k.en-de.tsv", data.test)
    return tmp_path


ARGS = ("benchmark", "spaces", "xling", "-o", "out", "--format", "csv")
# A method whose parameters are valid, and which fails on spaces of fewer dimensions.
FAILS = "[PCA: {n_components: 1000}, ProcrustesAligner]"


def test_everything(instamap, inputs):
    code, out, err = instamap(
        *ARGS, "--methods", "proc,vecmap", "--sizes", "all", "--directions", "both",
        "--reference", "procrustes", "-v",
    )  # fmt: skip
    assert code == 0, err
    assert out.splitlines()[0] == "forward:"
    for direction in ("forward", "backward"):
        assert out.count(f"{direction}:") == 4
    assert "P@1 (%), CSLS, per dictionary pair, unseen test pairs, training dictionary 5k" in out
    assert "Wrote out: 64 rows.\nWrote out/report/report.md: " in out
    # Cells run in parallel: which is finished first, and how long each took, is not determined.
    numbered = re.findall(r"^(spaces|cells), (\d) of (\d): ([^:]*)", err, flags=re.MULTILINE)
    assert [each[:3] for each in numbered] == [
        *(("spaces", str(n), "2") for n in (1, 2)),
        *(("cells", str(n), "8") for n in range(1, 9)),
    ]
    assert {each[3] for each in numbered[:2]} == {"de.npy", "en.vec"}
    cells = {
        f"{d}, {m}, {n}"
        for d in ("en-de", "de-en")
        for m in ("PROC", "VecMap")
        for n in ("500", "5k")
    }
    assert {each[3] for each in numbered[2:]} == cells
    results = BenchmarkResults.load("out")
    assert len(results.rows) == 64
    page = (inputs / "out/report/report.md").read_text("utf-8")
    headings = re.findall("^#+ (.*)$", page, flags=re.MULTILINE)
    assert headings == [
        "Benchmark",
        *(f"Averages, {each}" for each in ("forward", "backward")),
        *(f"Significance, {each}" for each in ("forward", "backward")),
        *(f"By language pair, {each}" for each in ("forward", "backward")),
        *(f"Figures, {each}" for each in ("forward", "backward")),
        "Dictionary sizes",
        "Coverage",
        "Costs",
    ]
    for figure in re.findall(r"!\[.*\]\((.*)\)", page):
        assert (inputs / "out/report" / figure).stat().st_size > 5000
    assert "significantly better than PROC" in page
    for suffix in ("md", "tex", "csv"):
        assert len(list(inputs.glob(f"out/report/tables/*.{suffix}"))) == 26


def test_resumes(instamap, inputs):
    first = instamap(*ARGS, "--methods", "proc", "--no-report", "-v")
    again = instamap(*ARGS, "--methods", "proc,vecmap", "--no-report", "-v", "--n-jobs", "1")
    assert "cells, 1 of 1: en-de, PROC, " in first.err
    assert "cells, 1 of 2: 1 finished before" in again.err
    assert "cells, 2 of 2: en-de, VecMap, " in again.err
    assert "Wrote out: 16 rows.\n" in again.out
    assert not (inputs / "out" / "report").exists()


def test_failed_cells_are_named_and_tried_again(instamap, inputs):
    pytest.importorskip("yaml")
    (inputs / "methods.yaml").write_text(f"good: PROC\nbad: {FAILS}\n", encoding="utf-8")
    args = (*ARGS, "--methods", "methods.yaml")
    code, out, err = instamap(*args)
    assert code == 1
    assert without_stages(err)[0].startswith("Failed: en-de, bad, 5k: ")
    assert err.splitlines()[-1].startswith("instamap: 1 of 2 cells failed; --retry-failed runs")
    assert "Wrote out: 9 rows." in out
    page = (inputs / "out/report/report.md").read_text("utf-8")
    assert "## Failed" in page
    assert "- en-de, bad, 5k, seed 0: " in page
    assert "2 of 2: 2 finished before" in instamap(*args, "-v", "--no-report").err
    again = instamap(*args, "-v", "--no-report", "--retry-failed").err
    assert "1 of 2: 1 finished before" in again
    assert "2 of 2: en-de, bad, 5k: failed (" in again


def test_all_failed(instamap, inputs):
    pytest.importorskip("yaml")
    (inputs / "methods.yml").write_text(f"bad: {FAILS}\n", "utf-8")
    code, out, err = instamap(*ARGS, "--methods", "methods.yml", "--sizes", "5k")
    assert code == 1
    assert "Failed: en-de, bad, 5k" in err
    assert "Wrote out: 1 rows." in out
    assert "Not here:" in (inputs / "out/report/report.md").read_text("utf-8")


def test_beside_the_paper(instamap, inputs):
    code, out, _ = instamap(*ARGS, "--methods", "proc", "--compare", "paper")
    assert code == 0
    assert "Ours beside the paper's" in out
    page = (inputs / "out/report/report.md").read_text("utf-8")
    assert "| PROC | ours |" in re.sub(" +", " ", page)
    assert "45.6" in page


def test_what_the_paper_does_not_have_is_said(instamap, inputs):
    args = ("--methods", "proc", "--compare", "paper", "--retrieval", "csls")
    code, out, err = instamap(*ARGS, *args)
    assert code == 0
    assert "--compare paper: The paper has P@1 by cosine" in err
    assert "Wrote out/report/report.md" in out
    assert "Not here: The paper has P@1 by cosine" in (inputs / "out/report/report.md").read_text()


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["--methods", "nonsense"], "There is no method 'nonsense'; the methods are procrustes"),
        (["--methods", "gone.yaml"], "gone.yaml: there is no such file."),
        (["--language-pairs", "de-en"], "ask for en-de with --directions backward."),
        (["--language-pairs", "en-fi"], "has no dictionaries of en-fi; there are en-de."),
        (["--sizes", "1k"], "There is no pair to run"),
        (["--seeds", "a"], "--seeds takes whole numbers of at least 0"),
        (
            ["--directions", "up"],
            "'up' is not one of 'forward', 'backward', 'both'",
        ),
        (["--format", "xlsx"], "'xlsx' is not one of 'parquet', 'csv'"),
        (["--unseen-by", "none"], "'none' is not one of 'own', 'largest'"),
        (["--compare", "us"], "'us' is not one of 'paper'"),
        (["--methods", "proc", "--reference", "vecmap"], "--reference must be 'PROC'"),
    ],
)
def test_refused(fails, inputs, args, message):
    sizes = [] if "--sizes" in args else ["--sizes", "5k"]
    assert message in fails(*ARGS, *sizes, *args)
    assert not (inputs / "out").exists()


def test_unreachable_scheduler(fails, inputs, monkeypatch):
    pytest.importorskip("distributed")
    monkeypatch.setattr("sklearn_instamap.benchmark._execution._SECONDS_TO_CONNECT", 1)
    message = fails(*ARGS, "--sizes", "5k", "--methods", "proc", "--scheduler", "tcp://127.0.0.1:1")
    assert message.startswith("tcp://127.0.0.1:1: no Dask scheduler answers there")


def test_names_of_methods_are_no_commands(instamap, inputs):
    pytest.importorskip("yaml")
    (inputs / "methods.yaml").write_text(
        f'"\\e[31m<b>red</b>": PROC\n"=x\\n# H": {FAILS}\n',
        encoding="utf-8",
    )
    code, out, err = instamap(*ARGS, "--methods", "methods.yaml", "-v")
    assert code == 1
    texts = [out, err]
    texts += [p.read_text("utf-8") for p in inputs.glob("out/**/*.*") if p.suffix in TEXTS]
    assert len(texts) > 20
    for text in texts:
        assert "\x1b" not in text
        assert not re.search("^# H", text, flags=re.MULTILINE)
    page = (inputs / "out/report/report.md").read_text("utf-8")
    assert "red" in page
    assert "<b>" not in page


TEXTS = (".md", ".tex", ".csv")


def test_muse_dictionaries(instamap, inputs):
    for old, new in (
        ("train.freq.5k.en-de.tsv", "en-de.0-5000.txt"),
        ("test.freq.2k.en-de.tsv", "en-de.5000-6500.txt"),
    ):
        (inputs / f"xling/yacle.{old}").rename(inputs / "xling" / new)
    (inputs / "xling/yacle.train.freq.500.en-de.tsv").unlink()
    code, out, err = instamap(*ARGS, "--methods", "proc", "--no-report")
    assert code == 0, err
    assert "training dictionary 5k" in out
    # A mean with its interval and the number of its queries; one pair has no other columns.
    assert re.search(r"method +ALL \(n \d+\) *\n", out)
    assert re.search(r"PROC +\d+\.\d\d ±\d+\.\d\d *\n", out)
