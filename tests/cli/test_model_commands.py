"""``instamap align --save-model``, ``apply``, ``inspect``, ``compare`` and ``tune``."""

from __future__ import annotations

import io
import json

import numpy as np
import pandas as pd
import pytest

from sklearn_instamap import load
from sklearn_instamap.io import read_vectors, write_vectors
from sklearn_instamap.lexicon import LexiconRanker
from sklearn_instamap.linear import ProcrustesAligner
from sklearn_instamap.metrics import evaluate_bli

DICTIONARIES = ("--train-dictionary", "train.tsv", "--test-dictionary", "test.tsv")
ALIGN = ("align", "en.vec", "de.npy", "train.tsv", "-s", "a.vec", "-t", "b.vec")


@pytest.fixture
def model(instamap, files):
    assert instamap(*ALIGN, "--save-model", "en-de.model").code == 0
    return files / "en-de.model"


@pytest.mark.parametrize(
    ("side", "given", "aligned"), [("source", "en.vec", "a.vec"), ("target", "de.npy", "b.vec")]
)
def test_a_saved_model_maps_as_align_did(instamap, files, model, side, given, aligned):
    done = instamap("apply", "en-de.model", given, "out.vec", "--side", side)
    assert done.code == 0, done
    assert "Wrote out.vec: 200 words, 10 dimensions." in done.err
    expected, found = read_vectors(files / aligned), read_vectors(files / "out.vec")
    assert found.words == expected.words
    np.testing.assert_array_equal(found.vectors, expected.vectors)


def test_new_words_are_mapped_the_next_day(instamap, files, model, data):
    new = data.source.select([5, 3]).with_vectors(2 * data.source.vectors[[5, 3]])
    write_vectors(files / "new.bin", new)
    assert instamap("apply", "en-de.model", "new.bin", "new.out.npy").code == 0
    found = read_vectors(files / "new.out.npy")
    np.testing.assert_array_equal(found.vectors, load(model).transform(new.vectors))


def test_the_model_says_what_it_was_fitted_on(instamap, files, model):
    done = instamap("inspect", "en-de.model", "--format", "json")
    facts = {row["what"]: row["value"] for row in json.loads(done.out)}
    assert facts["aligner"] == "AlignerPipeline"
    assert "vecmapaligner: VecMapAligner, " in facts["parameter steps"]
    assert facts["method"] == "IM∘VM (midpoint)"
    assert "80" in facts["dictionary"]
    assert len(facts["sha256 of en.vec"]) == 64


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("apply", "en.vec", "en.vec", "out.vec"), "en.vec: is not a saved model"),
        (("apply", "nothing", "en.vec", "out.vec"), "nothing: there is no such file"),
        (("apply", "en-de.model", "nothing.vec", "out.vec"), "nothing.vec"),
        (("apply", "en-de.model", "en.vec", "en.vec"), "is the same file as"),
        (("apply", "en-de.model", "en.vec", "en-de.model", "-f"), "is the same file as"),
        (("apply", "en-de.model", "en.vec", "out.what"), "the suffix chooses the format"),
        (("apply", "en-de.model", "en.vec", "out.vec", "--side", "left"), "'--side'"),
        (("apply", "en-de.model", "narrow.vec", "out.vec"), "dimensions, but en-de.model"),
    ],
)
def test_apply_refuses(fails, files, model, arguments, sentence):
    (files / "narrow.vec").write_text("a 1 2\nb 3 4\n")
    assert sentence in fails(*arguments)
    assert not list(files.glob("out*"))


def test_a_ranker_maps_no_vectors(fails, files, data):
    ranker = LexiconRanker([ProcrustesAligner()], features=["mean"], spelling_pairs=None)
    pairs, spaces = data.train, {"source_space": data.source, "target_space": data.target}
    ranker.fit(pairs["source"], pairs["target"], **spaces).save(files / "ranker.model")
    sentence = fails("apply", "ranker.model", "en.vec", "out.vec")
    assert "ranker.model: holds a LexiconRanker, which maps no vectors" in sentence
    assert not (files / "out.vec").exists()


def test_align_and_its_model_appear_together(fails, files):
    (files / "en-de.model").write_text("as it was")
    assert "exists already" in fails(*ALIGN, "--save-model", "en-de.model")
    assert (files / "en-de.model").read_text() == "as it was"
    assert not (files / "a.vec").exists()


def test_inspecting_vectors(instamap, files, data):
    done = instamap("inspect", "en.vec", "de.npy", "-d", "train.tsv", "--format", "json")
    assert done.code == 0, done
    rows = pd.DataFrame(json.loads(done.out))
    facts = rows[rows["file"] == "en.vec"].set_index("what")["value"]
    assert (facts["words"], facts["dimensions"], facts["repeated vectors"]) == ("200", "10", "0")
    norms = np.linalg.norm(data.source.vectors, axis=1)
    assert float(facts["mean length"]) == pytest.approx(norms.mean(), abs=1e-3)
    facts = rows[rows["file"] == "train.tsv"].set_index("what")["value"]
    assert (facts["pairs"], facts["pairs in both spaces"]) == ("80", "80")
    assert 0 < float(facts["relational similarity"]) <= 1


def test_inspecting_a_tiny_file(instamap, files):
    (files / "tiny.vec").write_text("a 1 0\nb 0 0\nc 1 0\n")
    done = instamap("inspect", "tiny.vec")
    assert done.code == 0, done
    assert "zero vectors" in done.out


def test_inspect_refuses(fails, files, model):
    assert "--dictionary needs two files" in fails("inspect", "en.vec", "-d", "train.tsv")
    assert "one is a model" in fails("inspect", "en.vec", "en-de.model", "-d", "train.tsv")


def test_comparing(instamap, files, data):
    done = instamap(
        "compare", "en.vec", "de.npy", *DICTIONARIES,
        "--methods", "PROC,vecmap", "--reference", "vecmap", "--format", "csv",
    )  # fmt: skip
    assert done.code == 0, done
    table = pd.read_csv(io.StringIO(done.out)).set_index("method")
    assert list(table.index) == ["PROC", "VecMap"]
    assert table.loc["VecMap", ["p all", "p unseen"]].isna().all()
    assert instamap(*ALIGN, "-m", "vecmap", "--precision", "9").code == 0
    mapped = read_vectors(files / "a.vec"), read_vectors(files / "b.vec")
    expected = evaluate_bli(
        *mapped, test_dictionary=data.test, train_dictionary=data.train, retrieval="csls"
    )
    for subset in ("all", "unseen"):
        row = expected.loc[("csls", "pair", subset)]
        assert table.loc["VecMap", f"P@1 {subset}"] == pytest.approx(row["P@1"])
        assert table.loc["VecMap", f"n {subset}"] == row["n_queries"]


def test_comparing_one_method(instamap, files):
    done = instamap("compare", "en.vec", "de.npy", *DICTIONARIES, "-m", "procrustes")
    assert done.code == 0, done
    assert "PROC" in done.out


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (("--methods", "PROC,nothing"), "'nothing'"),
        (("--reference", "rcsls"), "--reference must be one of --methods"),
        (("--retrieval", "x"), "'--retrieval'"),
    ],
)
def test_compare_refuses(fails, files, options, sentence):
    assert sentence in fails("compare", "en.vec", "de.npy", *DICTIONARIES, *options)


def test_tuning(instamap, files):
    pytest.importorskip("matplotlib")
    done = instamap(
        "tune", "en.vec", "de.npy", "train.tsv", "--method", "instamap-midpoint",
        "-K", "5,20", "-T", "1,2", "--step", "0.5,1", "--folds", "2",
        "-o", "table.csv", "--figure", "curve.png",
    )  # fmt: skip
    assert done.code == 0, done
    table = pd.read_csv(files / "table.csv")
    assert len(table) == 8
    assert set(zip(table["K"], table["T"], table["step"], strict=True)) == {
        (k, t, s) for k in (5, 20) for t in (1, 2) for s in (0.5, 1)
    }
    assert table["P@1 held out"].is_monotonic_decreasing
    assert (files / "curve.png").read_bytes().startswith(b"\x89PNG")
    best = table.iloc[0]
    assert f"-K {best['K']:.0f} -T {best['T']:.0f} --step {best['step']:g}" in done.err


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (("--step", "0"), "--step takes numbers above 0"),
        (("--step", "half"), "--step takes numbers above 0"),
        (("-K", "x"), "--n-neighbors takes whole numbers"),
        (("--method", "vecmap"), "only InstaMap has such an option"),
        (("--figure", "curve.doc"), "name the figure"),
    ],
)
def test_tune_refuses(fails, files, options, sentence):
    assert sentence in fails("tune", "en.vec", "de.npy", "train.tsv", *options)


def test_outputs_of_different_runs_are_told(instamap, files):
    """As after a process that was killed between its two renames."""
    for name in ("a", "b"):
        run = [
            "align",
            "en.vec",
            "de.npy",
            "train.tsv",
            "-s",
            f"{name}-en.npz",
            "-t",
            f"{name}-de.npy",
        ]
        assert instamap(*run, "--save-model", f"{name}.model").code == 0
    assert instamap("apply", "a.model", "en.vec", "a-again.npy").code == 0
    said = "were written by different runs of align, and need not be in one space"
    for source, target, differ in (
        ("a-en.npz", "a-de.npy", False),
        ("a-again.npy", "a-de.npy", False),
        ("a-en.npz", "b-de.npy", True),
        ("en.vec", "b-de.npy", False),
    ):
        result = instamap("evaluate", source, target, "train.tsv")
        assert result.code == 0
        assert (said in " ".join(result.err.split())) == differ


def test_outputs_of_different_runs_are_told_apart(instamap, files, model):
    assert instamap(*ALIGN[:4], "-s", "c.npy", "-t", "d.npz").code == 0
    assert instamap(*ALIGN[:4], "-s", "e.npy", "-t", "f.npz").code == 0
    assert "different runs" not in instamap("inspect", "c.npy", "d.npz").err
    for first, second in (("c.npy", "f.npz"), ("en-de.model", "c.npy")):
        said = instamap("inspect", first, second)
        assert said.code == 0
        assert f"{first} and {second} were written by different runs of align" in said.err
    assert instamap("apply", "en-de.model", "en.vec", "g.npy").code == 0
    assert "different runs" not in instamap("inspect", "en-de.model", "g.npy").err


def test_the_best_command_can_be_copied(instamap, files):
    (files / "my words.tsv").write_bytes((files / "train.tsv").read_bytes())
    options = ["-K", "5", "-T", "1", "--step", "1"]
    said = instamap("tune", "en.vec", "de.npy", "my words.tsv", *options).err
    assert "instamap align en.vec de.npy 'my words.tsv' --method" in said


def test_a_home_that_cannot_be_written_to(instamap, files, monkeypatch):
    pytest.importorskip("pooch")
    for name in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(name, str(files / "en.vec"))
    monkeypatch.delenv("INSTAMAP_DATA", raising=False)
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    assert instamap(*ALIGN, "--save-model", "m.model").code == 0
    assert instamap("apply", "m.model", "en.vec", "out.vec").code == 0
    assert instamap("translate", "a.vec", "b.vec", "s0000").code == 0
    done = instamap("fetch", "fasttext", "en", "--base-url", "http://127.0.0.1:9")
    assert done.code == 2
    assert "cannot be created as the folder for data" in done.err
    assert "--data-home" in done.err
    assert not (files / "spaces").exists()
