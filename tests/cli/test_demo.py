"""``instamap demo``: its figures, its files, and what it says about what is missing."""

from __future__ import annotations

import os
import re
import struct
from contextlib import redirect_stderr, redirect_stdout
from functools import partial
from io import StringIO
from pathlib import Path

import pandas as pd
import pytest

from sklearn_instamap.cli import _demo, _demo_runs, _demo_views, main
from sklearn_instamap.cli._demo_runs import DemoRuns
from sklearn_instamap.datasets import load_en_de, make_bilingual_spaces
from sklearn_instamap.linear import ContrastiveAligner


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    """The demonstration, run once: exit code, output, folder. The curve has two points only."""
    folder = tmp_path_factory.mktemp("demo") / "out"
    out, err = StringIO(), StringIO()
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
        patch.setattr(_demo_views, "_NEIGHBORS", (10, 70))
        code = main(["demo", "--output", str(folder), "--n-jobs", "2"])
    return code, out.getvalue(), err.getvalue(), folder


@pytest.fixture(scope="module")
def small():
    return make_bilingual_spaces(n_words=400, n_features=10, n_train=200, n_test=50)


@pytest.fixture(scope="module")
def results(demo) -> pd.DataFrame:
    return pd.read_csv(demo[3] / "results.csv")


def figure(results, group, system, retrieval="cosine", name="P@1"):
    rows = results[
        results["group"].str.startswith(group)
        & (results["system"] == system)
        & (results["retrieval"] == retrieval)
        & (results["subset"] == "unseen")
    ]
    assert len(rows) == 1, (group, system)
    return 100 * rows[name].iloc[0]


@pytest.mark.parametrize(
    ("group", "system", "expected"),
    [
        ("Spaces as they are", "rotation alone", 56.5),
        ("Spaces normalized", "rotation alone", 59.9),
        ("Spaces normalized", "InstaMap, iteration 1", 57.9),
        ("Spaces normalized", "InstaMap, replace, iteration 2", 63.6),
        ("Spaces normalized", "InstaMap, replace, iteration 3", 63.8),
        ("Spaces normalized", "InstaMap, replace, iteration 4", 64.1),
    ],
)
def test_figures_are_those_measured_elsewhere(results, group, system, expected):
    assert figure(results, group, system) == pytest.approx(expected, abs=1.0)


def test_every_system_has_its_figures(results):
    per_system = results.groupby(["group", "system"], sort=False).size()
    # Cosine and CSLS, all and unseen.
    assert (per_system == 4).all()
    instamap = [f"InstaMap, {u}, iteration {i}" for u in ("replace", "augment") for i in (2, 3, 4)]
    for group in _demo_runs.RAW, _demo_runs.NORMALIZED:
        assert list(per_system[group].index) == [
            "rotation alone",
            "InstaMap, iteration 1",
            *instamap,
        ]
    others = list(per_system[_demo_runs.OTHERS].index)
    for name in ("PROC", "VecMap", "RCSLS", "IM∘VM"):
        assert any(name in system for system in others)
    assert (results["n_queries"] == 409).all()
    assert (results["n_out_of_vocabulary"] == 0).all()


def test_table_shows_what_the_file_holds(demo, results):
    _, out, _, _ = demo
    for system, *texts in re.findall(
        r"^  (\S.*?)  +(\d+\.\d) +(\d+\.\d) +(\.\d{3}) +(\d+\.\d) +(\d+\.\d) +(\.\d{3})$",
        out,
        flags=re.MULTILINE,
    ):
        rows = results[(results["system"] == system) & (results["subset"] == "unseen")]
        columns = ["P@1", "P@5", "MRR"]
        shown = [float(text) for text in texts]
        for scale, position in ((100, 0), (100, 1), (1, 2)):
            for offset, retrieval in ((0, "cosine"), (3, "csls")):
                values = scale * rows.loc[rows["retrieval"] == retrieval, columns[position]]
                assert (values - shown[offset + position]).abs().min() <= 0.051
    assert len(re.findall(r" \.\d{3}$", out, flags=re.MULTILINE)) == len(results) / 4


def test_output_fits_a_narrow_terminal(demo):
    code, out, err, _ = demo
    assert (code, err) == (0, "aligning and evaluating\ndrawing\n")
    lines = [line for line in out.splitlines() if not line.startswith("Wrote ")]
    assert max(map(len, lines)) <= 80
    assert "\x1b" not in out
    assert "all figures are for unseen words" in " ".join(out.split())
    assert lines[-1] == "Next: instamap align --help, for your own vectors."


def test_translations_are_marked(demo):
    _, out, _, _ = demo
    test = dict(load_en_de().test.itertuples(index=False, name=None))
    found = re.findall(r"^  (\S+) +(\S+) +(right|wrong)  (.+)$", out, flags=re.MULTILINE)
    assert len(found) == 10
    for word, gold, mark, translations in found:
        assert test[word] == gold
        names = translations.split(", ")
        assert len(names) == 3
        assert (names[0] == gold) == (mark == "right")


def test_files(demo):
    _, out, _, folder = demo
    assert {file.name for file in folder.iterdir()} == set(_demo._FILES)
    for name in _demo._FILES:
        assert f"Wrote {folder / name}: " in out
    for name in ("neighbor_curve.png", "spaces.png"):
        content = (folder / name).read_bytes()
        assert content.startswith(b"\x89PNG")
        width, _ = struct.unpack(">II", content[16:24])
        assert width >= 800


def test_slow_systems_say_how_to_run_them(demo):
    _, out, _, _ = demo
    assert re.search(r"^  Contrastive \(C1\): .*instamap demo --slow", out, flags=re.MULTILINE)
    assert re.search(r"^  BLISS: ", out, flags=re.MULTILINE)


def test_bliss_without_torch(monkeypatch, small):
    monkeypatch.setattr(_demo_runs, "is_installed", lambda name: False)
    notes = {row.label: row.note for row in DemoRuns(small, 1, slow=False)}
    assert notes["BLISS"] == 'pip install "sklearn-instamap[bliss]"'


def test_bliss_with_torch(monkeypatch, small):
    monkeypatch.setattr(_demo_runs, "is_installed", lambda name: True)
    notes = {row.label: row.note for row in DemoRuns(small, 1, slow=False)}
    assert "--slow" in notes["BLISS"]


def test_slow_runs_them(monkeypatch, small):
    quick = partial(ContrastiveAligner, n_loops=1, n_steps=2, n_negatives=5)
    monkeypatch.setattr("sklearn_instamap.linear.ContrastiveAligner", quick)
    monkeypatch.setattr(_demo_runs, "is_installed", lambda name: False)
    rows = {row.label: row for row in DemoRuns(small, 1, slow=True)}
    assert rows["Contrastive (C1)"].figure("csls", "P@1") > 0


def test_folder_that_cannot_be_made(fails, tmp_path):
    (tmp_path / "file").write_text("")
    message = fails("demo", "--output", tmp_path / "file")
    assert str(tmp_path / "file") in message
    assert os.listdir(tmp_path) == ["file"]


def test_interrupted_demo_leaves_no_file(instamap, tmp_path, monkeypatch):
    def interrupted(runs):
        raise KeyboardInterrupt

    monkeypatch.setattr(DemoRuns, "__iter__", interrupted)
    result = instamap("demo", "--output", tmp_path / "out")
    assert result.code == 130
    assert list(Path(tmp_path / "out").iterdir()) == []


def test_without_matplotlib_there_are_no_pictures(instamap, tmp_path, monkeypatch, small):
    monkeypatch.setattr(_demo, "is_installed", lambda name: False)
    monkeypatch.setattr(_demo, "load_en_de", lambda: small)
    result = instamap("demo", "--output", tmp_path)
    assert result.code == 0
    assert os.listdir(tmp_path) == ["results.csv"]
    assert 'pip install "sklearn-instamap[plot]"' in result.out
