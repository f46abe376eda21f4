"""Every command, called wrongly: one sentence that names what the user has typed, nothing left."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from sklearn_instamap import load
from sklearn_instamap.cli._lazy import COMMANDS
from sklearn_instamap.io import write_dictionary, write_vectors

# A right call of every command that reads vectors, and where its files stand.
CALLS = {
    "align": ["en.vec", "de.npy", "train.tsv", "-s", "a.vec", "-t", "b.vec"],
    "apply": ["en-de.model", "en.vec", "a.vec"],
    "compare": [
        *("en.vec", "de.npy", "--train-dictionary", "train.tsv", "--test-dictionary", "test.tsv"),
        *("-m", "procrustes", "-o", "t.csv"),
    ],
    "evaluate": ["en.vec", "de.npy", "test.tsv", "-o", "t.csv"],
    "explore": ["en.vec", "de.npy", "--no-browser", "--test-dictionary", "test.tsv"],
    "induce": ["en.vec", "de.npy", "train.tsv", "-o", "l.tsv"],
    "inspect": ["en.vec", "de.npy", "-d", "train.tsv", "-o", "t.csv"],
    "translate": ["en.vec", "de.npy", "s0000", "-o", "t.csv"],
    "tune": ["en.vec", "de.npy", "train.tsv", "-K", "5", "-T", "1", "--step", "1", "-o", "t.csv"],
}
DICTIONARIES = {
    name: [place for place, part in enumerate(call) if part in ("train.tsv", "test.tsv")]
    for name, call in CALLS.items()
}
OUTPUTS = {
    name: [place for place, part in enumerate(call) if part in ("a.vec", "b.vec", "t.csv", "l.tsv")]
    for name, call in CALLS.items()
}
MISTAKES = {
    "missing": "missing: there is no such file.",
    "folder": "folder: is a folder; give the name of a file.",
    os.devnull: "is a device, not a regular file",
}


@pytest.fixture
def room(files, data):
    """The folder of the files, with all that calls and mistakes need."""
    from sklearn_instamap import KabschRotation

    (files / "folder").mkdir()
    (files / "empty").write_text("")
    (files / "latin.tsv").write_bytes("H\xe4user\thouses\n".encode("latin-1"))
    write_dictionary(files / "one.tsv", data.train[:1])
    write_dictionary(files / "two.tsv", data.train[:2])
    write_dictionary(files / "none.tsv", [("x", "y")])
    write_vectors(files / "wide.vec", data.target.with_vectors(np.ones((200, 11))))
    KabschRotation().fit(data.X, data.y).save(files / "en-de.model")
    return files


@pytest.fixture
def refuses(fails, room):
    """Run a command, expect a sentence and no new file; return the sentence."""

    def run(command: str, *args: str) -> str:
        if command == "explore":
            pytest.importorskip("flask")
        before = sorted(room.rglob("*"))
        sentence = fails(command, *args)
        assert sorted(room.rglob("*")) == before
        assert "Traceback" not in sentence
        assert ".." not in sentence
        return sentence

    return run


def changed(command, place, value):
    call = list(CALLS[command])
    call[place] = value
    return call


def test_every_command_that_reads_vectors_is_called_here():
    others = {"demo", "benchmark", "methods", "fetch"}
    assert set(CALLS) | others == set(COMMANDS)


@pytest.mark.parametrize("command", CALLS)
def test_no_threads(refuses, command):
    assert "'--n-jobs' / '-j': 0 threads cannot work" in refuses(
        command, *CALLS[command], "-j", "0"
    )


@pytest.mark.parametrize("command", ["benchmark", "demo"])
def test_no_processes(refuses, command):
    folders = ["folder", "folder"] if command == "benchmark" else []
    assert "0 threads cannot work" in refuses(command, *folders, "-o", "new", "-j", "0")


@pytest.mark.parametrize("mistake", MISTAKES)
@pytest.mark.parametrize("command", CALLS)
def test_vectors(refuses, command, mistake):
    for place in (0, 1):
        assert MISTAKES[mistake] in refuses(command, *changed(command, place, mistake))


@pytest.mark.parametrize("mistake", MISTAKES)
@pytest.mark.parametrize("command", [name for name, places in DICTIONARIES.items() if places])
def test_dictionaries(refuses, command, mistake):
    for place in DICTIONARIES[command]:
        assert MISTAKES[mistake] in refuses(command, *changed(command, place, mistake))


@pytest.mark.parametrize("command", [name for name, places in DICTIONARIES.items() if places])
def test_dictionaries_that_say_nothing(refuses, command):
    for place in DICTIONARIES[command]:
        assert "empty: the file has no pairs." in refuses(
            command, *changed(command, place, "empty")
        )
        sentence = refuses(command, *changed(command, place, "latin.tsv"))
        assert sentence.startswith("latin.tsv, line 1: is not valid UTF-8")
        assert "or pass --encoding-errors replace, or pass --on-bad-lines skip" in sentence
        if command != "explore":
            sentence = refuses(command, *changed(command, place, "none.tsv"))
            assert "No pair of the dictionary is in the two spaces" in sentence
            assert sentence.startswith("none.tsv") == (command == "compare")


@pytest.mark.parametrize("command", [name for name, places in OUTPUTS.items() if places])
def test_outputs(refuses, command):
    for place in OUTPUTS[command]:
        suffix = Path(CALLS[command][place]).suffix
        sentence = refuses(command, *changed(command, place, f"nowhere{os.sep}out{suffix}"))
        assert "does not exist; create it first." in sentence
        refuses(command, *changed(command, place, "folder"))
        refuses(command, *changed(command, place, os.devnull))
        refuses(command, *changed(command, place, "en.vec"))
        refuses(command, *changed(command, place, ""))


@pytest.mark.parametrize("command", ["evaluate", "translate", "explore"])
def test_dimensions(refuses, command):
    sentence = refuses(command, *changed(command, 1, "wide.vec"))
    assert command == "explore" or "SOURCE has 10 and TARGET has 11 dimensions" in sentence


def test_dimensions_of_a_model(refuses, room):
    sentence = refuses("apply", *changed("apply", 1, "wide.vec"))
    assert sentence == "wide.vec: has 11 dimensions, but en-de.model maps source vectors of 10."
    assert load(room / "en-de.model").n_features_in_ == 10


def test_dictionaries_too_small_to_be_parted(refuses):
    def tune(name, *options):
        return refuses("tune", *changed("tune", 2, name), *options)

    assert tune("one.tsv").endswith("its 1 pair can be parted into at most 1; give more pairs.")
    assert tune("two.tsv").endswith("give more pairs, or pass --folds 2.")
    assert tune("train.tsv", "--folds", "90").endswith("or pass --folds 80.")
    # It has no such option.
    for name in ("one.tsv", "two.tsv"):
        sentence = refuses("induce", *changed("induce", 2, name))
        assert sentence.startswith("The dictionary is too small")
        assert sentence.endswith("give more pairs.")


@pytest.mark.parametrize(
    ("command", "options", "sentence"),
    [
        ("align", ["--set", "procrustesaligner__n_jobs=x", "-m", "procrustes"], "--set procr"),
        ("align", ["--set", "memory=5"], "--set memory=5: The 'memory' parameter of"),
        ("align", ["--seed", "4294967296"], "'--seed'"),
        ("compare", ["--seed", "4294967296"], "'--seed'"),
        ("compare", ["-m", "magic"], "--methods must be"),
        ("compare", ["-m", "procrustes,,vecmap"], "--methods takes names separated by commas"),
        ("compare", ["-m", ""], "--methods must not be empty; leave it out."),
        ("induce", ["--features", "geometry,"], "--features takes names separated by commas"),
        ("evaluate", ["--metric", ",P@1"], "--metric takes names separated by commas"),
        ("tune", ["-K", "5,,6"], "-neighbors takes whole numbers separated by commas"),
        ("tune", ["-K", "9" * 5000], "-neighbors takes whole numbers of at least 1"),
        ("compare", ["--reference", "magic"], "--reference must be"),
        ("explore", ["--columns", "x"], "--columns takes two numbers"),
        ("evaluate", ["--sep", ""], "--sep must not be empty"),
        ("evaluate", ["--comment", ""], "--comment must not be empty"),
        ("align", ["--save-model", ""], "--save-model must not be empty; leave it out."),
        ("align", ["--save-model", "-"], "-: standard output is not written to"),
        ("align", ["--precision", "9" * 20], "'--precision'"),
        ("induce", ["--cache="], "--cache must not be empty"),
        ("align", ["--set", "memory=a", "--set", "memory=b"], "--set memory: was given 2 times"),
        ("induce", ["--words", "/dev/zero"], "/dev/zero: is a device"),
        ("apply", ["--on-bad-lines", "x"], "'--on-bad-lines'"),
        ("apply", ["--encoding-errors", "x"], "'--encoding-errors'"),
        ("induce", ["--cache", "en.vec"], "en.vec: is not a folder; name another."),
        ("induce", ["--words", "missing"], "missing: there is no such file."),
        ("induce", ["--words", "folder"], "folder: is a folder; give the name of a file."),
    ],
)
def test_options(refuses, command, options, sentence):
    assert sentence in refuses(command, *CALLS[command], *options)


@pytest.mark.parametrize(("lexicon", "sentence"), [("empty", "is empty"), ("latin.tsv", "UTF-8")])
def test_lexicons(refuses, lexicon, sentence):
    assert sentence in refuses("explore", "en.vec", "de.npy", lexicon, "--no-browser")


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (["benchmark", "folder", "folder", "-o", "en.vec"], "en.vec: is not a folder"),
        (["benchmark", "folder", "folder", "--methods", ""], "--methods must not be empty"),
        (["benchmark", "folder", "folder", "--language-pairs", ","], "--language-pairs takes"),
        (["benchmark", "folder", "folder", "--sizes", ",5k"], "--sizes takes names"),
        (["demo", "-o", "en.vec"], "en.vec: is not a folder"),
        (["fetch", "fasttext", "en", "-o", "en.vec"], "en.vec: is not a folder"),
        (["fetch", "fasttext", "en", "--base-url", "file:///x"], "--base-url must begin with http"),
        (["fetch", "fasttext", "e/n"], "NAME must be a language such as"),
        (["fetch", "fasttext", "en", "--data-home", "en.vec"], "name another by --data-home"),
    ],
)
def test_other_commands(refuses, call, sentence):
    pytest.importorskip("pooch")
    assert sentence in refuses(*call)


def test_what_is_not_there_is_a_dash(instamap, room):
    seen = ["en.vec", "de.npy", "test.tsv"]
    table = instamap("evaluate", *seen, "--train-dictionary", "test.tsv", "--metric", "P@1,MRR")
    assert "nan" not in table.out
    assert table.out.count("–") == 2 * 3
    dictionaries = ("--train-dictionary", "train.tsv", "--test-dictionary", "train.tsv")
    call = ["compare", "en.vec", "de.npy", *dictionaries, "-m", "procrustes,vecmap"]
    for style in ("table", "markdown"):
        shown = instamap(*call, "--format", style).out
        assert "nan" not in shown
        assert "–" in shown
    assert ",,,0," in instamap(*call, "--format", "csv").out
    assert '"P@1 unseen":null' in instamap(*call, "--format", "json").out
