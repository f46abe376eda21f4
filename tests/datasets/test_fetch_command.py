"""``instamap fetch`` from a server on this machine, and a benchmark of what it lays out."""

from __future__ import annotations

import hashlib
import shutil

import pytest

pytest.importorskip("typer")
pytest.importorskip("rich")

from sklearn_instamap.benchmark import run_benchmark
from sklearn_instamap.cli import main
from sklearn_instamap.datasets import _xling_eval, make_bilingual_spaces
from sklearn_instamap.io import read_vectors, write_dictionary, write_vectors


@pytest.fixture(scope="module")
def data():
    return make_bilingual_spaces(n_words=300, n_features=20, n_train=120, n_test=50)


@pytest.fixture
def fetch(server, data, tmp_path, monkeypatch, capsys):
    """Run ``instamap fetch`` against a small stand-in for both publishers."""
    lines = []
    for kind, pairs in {
        "train.freq.500": data.train[:60],
        "train.freq.1k": data.train[:80],
        "train.freq.3k": data.train[:100],
        "train.freq.5k": data.train,
        "test.freq.2k": data.test,
    }.items():
        name = f"en-de/yacle.{kind}.en-de.tsv"
        write_dictionary(tmp_path / "pairs.tsv", pairs)
        server.files[f"/{name}"] = (tmp_path / "pairs.tsv").read_bytes()
        digest = hashlib.sha256(server.files[f"/{name}"]).hexdigest()
        lines.append(f"{name} sha256:{digest}")
    (tmp_path / "registry.txt").write_text("\n".join(lines))
    (tmp_path / "DESCR.md").write_text("stand-in")
    monkeypatch.setattr(_xling_eval, "_DATA", tmp_path)
    for lang, space in {"en": data.source, "de": data.target}.items():
        write_vectors(tmp_path / "space.vec", space)
        server.files[f"/vectors-wiki/wiki.{lang}.vec"] = (tmp_path / "space.vec").read_bytes()
    monkeypatch.chdir(tmp_path)

    def run(*args):
        options = ["--output", "data", "--base-url", server.url, "--data-home", "home"]
        code = main(["fetch", *args, *options])
        return (code, *capsys.readouterr())

    return run


def test_what_it_lays_out_can_be_benchmarked(fetch, data, tmp_path):
    folders = tmp_path / "data" / "dictionaries", tmp_path / "data" / "spaces"
    assert fetch("xling-eval")[:2] == (0, "Wrote 5 dictionaries into data/dictionaries.\n")
    code, out, err = fetch("fasttext", "en", "de")
    assert (code, out) == (0, "Wrote en.npy, de.npy into data/spaces.\n")
    # One line for each stage, where there is no terminal to draw bars on.
    assert err.splitlines()[0] == "fetching en"
    assert "\r" not in err
    assert len(list(folders[0].iterdir())) == 5
    assert sorted(path.name for path in folders[1].iterdir()) == [
        "de.npy",
        "de.words",
        "en.npy",
        "en.words",
    ]
    assert read_vectors(folders[1] / "de.npy").words == data.target.words
    results = run_benchmark(folders[1], folders[0], tmp_path / "results", methods=["PROC"])
    assert set(results.rows["language_pair"]) == {"en-de"}
    assert (results.rows["status"] == "ok").all()
    assert results.rows["P@1"].min() > 0.1


def test_some_words_only(fetch, data, tmp_path):
    assert fetch("fasttext", "en", "--max-words", "20")[0] == 0
    assert read_vectors(tmp_path / "data" / "spaces" / "en.npy").words == data.source.words[:20]


def test_what_is_there_is_replaced_only_when_asked(fetch, server):
    assert fetch("fasttext", "en")[0] == 0
    server.requests.clear()
    code, out, err = fetch("fasttext", "de", "en")
    assert (code, out) == (2, "")
    assert err == "instamap: data/spaces/en.npy: exists already; pass --force to replace it.\n"
    assert server.requests == []
    assert fetch("fasttext", "de", "en", "--force")[0] == 0


def test_all_or_nothing_and_the_next_run_goes_on(fetch, server, tmp_path):
    server.faults = ["", *["drop"] * 5]
    code, _, err = fetch("fasttext", "en", "de")
    assert code == 2
    assert "the download broke off" in err
    assert not (tmp_path / "data").exists()
    server.requests.clear()
    assert fetch("fasttext", "en", "de")[0] == 0
    assert [path for path, _ in server.requests] == ["/vectors-wiki/wiki.de.vec"]


@pytest.mark.parametrize(
    ("args", "sentence"),
    [
        (["fasttext"], "Name the languages whose vectors to fetch, such as en de."),
        (["glove", "en"], "'glove' is not one of 'xling-eval', 'fasttext'"),
        (
            ["fasttext", "en", "--kind", "news"],
            "'news' is not one of 'wiki', 'cc'",
        ),
        (
            ["xling-eval", "en-xx"],
            "XLing-Eval has no dictionaries of 'en-xx'",
        ),
    ],
)
def test_wrong_use(fetch, args, sentence):
    code, out, err = fetch(*args)
    assert (code, out) == (2, "")
    assert sentence in err.splitlines()[-1]


def test_offline(fetch, server, tmp_path):
    server.stop()
    code, _, err = fetch("xling-eval")
    assert code == 2
    assert "cannot be reached" in err
    assert err.splitlines()[:-1] == ["fetching dictionaries"]
    shutil.rmtree(tmp_path / "home")
