"""What ``instamap align`` refuses: in one sentence, leaving everything as it was."""

from __future__ import annotations

import errno
import os
import re
import sys
from pathlib import Path

import numpy as np
import pytest

from sklearn_instamap import EmbeddingSpace, InstaMapAligner
from sklearn_instamap.cli import _align, _align_outputs
from sklearn_instamap.io import write_vectors

INPUTS = ("en.vec", "de.npy", "train.tsv")
OUTPUTS = ("-s", "a.vec", "-t", "b.npy")


@pytest.fixture
def refused(fails, files):
    """Run ``instamap align``, expect it to refuse, and to leave no file behind or changed."""

    def contents() -> dict[Path, bytes]:
        return {file: file.read_bytes() for file in files.rglob("*") if file.is_file()}

    def run(*args: object) -> str:
        before = contents()
        message = fails("align", *args)
        assert contents() == before
        assert not list(files.glob(".*"))
        return message

    return run


@pytest.mark.parametrize("missing", INPUTS)
def test_missing_file(refused, files, missing):
    (files / missing).unlink()
    assert refused(*INPUTS, *OUTPUTS) == f"{missing}: there is no such file."


def test_missing_words_beside_npy(refused, files):
    (files / "de.words").unlink()
    assert "de.words: there is no such file" in refused(*INPUTS, *OUTPUTS)


def test_second_space_is_looked_for_before_the_first_is_read(refused, files, monkeypatch):
    (files / "en.vec").write_text("this is not a space\n")
    assert refused("en.vec", "nowhere.vec", "train.tsv", *OUTPUTS) == (
        "nowhere.vec: there is no such file."
    )


@pytest.mark.parametrize(
    ("file", "content", "message"),
    [
        ("train.tsv", b"", "train.tsv: the file has no pairs."),
        ("train.tsv", b"a b c\n", "train.tsv, line 1: 'a b c' has 3 columns"),
        ("train.tsv", b"x\ty\n", "No pair of the dictionary is in the two spaces"),
        ("train.tsv", b"a\t\xe4\n", "line 1: is not valid UTF-8 .*or pass --encoding-errors repl"),
        ("en.vec", b"", "en.vec: the file is empty"),
        ("en.vec", b"2 3\na 1 2 3\n", "en.vec: ends after 1 of the 2 .*or pass --max-words 1"),
        ("en.vec", b"a 1 2\nb 1 nan\n", "en.vec, line 2: .*finite"),
        ("en.vec", b"\xff 1 2\n", "en.vec, line 1: is not valid UTF-8"),
        ("de.npy", b"nothing", "de.npy: is not a complete .npy file"),
    ],
)
def test_bad_file(refused, files, file, content, message):
    (files / file).write_bytes(content)
    assert re.search(message, refused(*INPUTS, *OUTPUTS))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            ["--method", "magic"],
            "--method must be 'procrustes', .*'im-vecmap-target'. Got 'magic' instead.",
        ),
        (["-K", "0"], "Invalid value for '--n-neighbors' / '-K': .*Try 'instamap align --help'"),
        (["-T", "two"], "Invalid value for '--n-iter' / '-T': .*integer"),
        (["--step", "2"], "step"),
        (["--normalization", "unit,squash"], "--normalization takes unit and center.*got 'squash'"),
        (
            ["--preset", "best"],
            "'best' is not one of 'paper', 'program', 'midpoint', 'target'",
        ),
        (
            ["-m", "vecmap", "--preset", "paper"],
            "--preset: only InstaMap has .*--method im-vecmap puts",
        ),
        (
            ["-m", "IM∘VM (midpoint)", "--preset", "program"],
            "--method IM∘VM .midpoint. and --preset program contradict each other",
        ),
        (
            ["--seed-dictionary", "numbers"],
            "'numbers' is not one of 'identical'",
        ),
        (["--seed-dictionary", "identical"], "train.tsv: no dictionary is read with --seed-dict"),
        (
            ["--dictionary-update", "drop"],
            "'drop' is not one of 'augment', 'replace', 'none'",
        ),
        (
            ["--mutual-similarity", "dot"],
            "'dot' is not one of 'cosine', 'csls'",
        ),
        (["--centering", "median"], "'median' is not one of 'pca', 'mean'"),
        (
            ["--encoding-errors", "ignore"],
            "'ignore' is not one of 'strict', 'replace'",
        ),
        (["-m", "rcsls", "-K", "5"], "--n-neighbors: only InstaMap has .*--method im-rcsls puts"),
        (["--set", "bogus=1"], "--set takes NAME=VALUE, where NAME is one of .*n_iter.*'bogus=1'"),
        (["--set", "n_iter"], "--set takes NAME=VALUE"),
        (["--set", "n_iter=often"], "n_iter"),
        (["--max-words", "0"], "Invalid value for '--max-words'"),
        (["--nonsense"], "No such option:? '?--nonsense.*Try 'instamap align --help'"),
    ],
)
def test_bad_option(refused, options, message):
    assert re.search(message, refused(*INPUTS, *OUTPUTS, *options))


def test_no_dictionary(refused):
    assert refused(*INPUTS[:2], *OUTPUTS) == (
        "DICTIONARY is missing; name a file of word pairs, or pass --seed-dictionary identical."
    )
    message = refused(*INPUTS[:2], *OUTPUTS, "--seed-dictionary", "identical")
    assert message.startswith("No word is spelled alike in {} and {} (are".format(*INPUTS))


def test_missing_arguments(fails):
    message = "Missing argument 'TARGET'. Try 'instamap align --help'."
    assert fails("align", "en.vec", *OUTPUTS) == message
    assert "Missing option '--output-source' / '-s'" in fails("align", *INPUTS)


@pytest.mark.parametrize(
    ("outputs", "message"),
    [
        (("-s", "no/a.vec", "-t", "b.vec"), "no/a.vec: the folder .*no does not exist; create it"),
        (("-s", "a.vec", "-t", "a.vec"), "a.vec: is the same file as a.vec; name another output"),
        (("-s", "x.npy", "-t", "x.words"), "x.words: is the same file as x.npy"),
        (("-s", "en.vec", "-t", "b.vec", "--force"), "en.vec: is the same file as en.vec"),
        (("-s", "a.vec", "-t", "./de.words", "--force"), "de.words: is the same file as de.npy"),
        (("-s", "a.vec", "-t", "train.tsv", "-f"), "train.tsv: is the same file as train.tsv"),
        (("-s", "a.h5", "-t", "b.vec"), "a.h5: the suffix chooses the format"),
        (("-s", "a.vec", "-t", "."), "is a folder; give the name of a file"),
        (("-s", "/dev/null", "-t", "b.vec", "-f"), "/dev/null: is not a regular file"),
    ],
)
def test_bad_output_is_found_before_the_work(refused, monkeypatch, outputs, message):
    def work(*args):
        raise AssertionError("outputs were not checked first")

    monkeypatch.setattr(_align.Reading, "spaces", work)
    assert re.search(message, refused(*INPUTS, *outputs))


def test_word_that_cannot_be_written_is_found_before_the_work(refused, files, data, monkeypatch):
    words = ("New York", *data.source.words[1:])
    write_vectors(files / "en.npy", EmbeddingSpace(words, data.source.vectors))

    def work(*args):
        raise AssertionError("words were not checked first")

    monkeypatch.setattr(InstaMapAligner, "fit_transform_spaces", work)
    message = refused("en.npy", "de.npy", "train.tsv", *OUTPUTS)
    assert message == (
        "a.vec: word 0, 'New York', contains a blank and cannot be written; rename it, or write "
        ".npy instead."
    )


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_write_protected_folder(refused, files):
    (files / "locked").mkdir(mode=0o555)
    assert "cannot write to the folder" in refused(*INPUTS, "-s", "locked/a.vec", "-t", "b.vec")


def test_full_disk_leaves_neither_output(refused, files, monkeypatch):
    """The first output is complete when the second runs out of space."""
    write = _align_outputs.write_marked
    written = []

    def fill_up(path, space, **options):
        if space.n_features > 1:
            written.append(path.suffix)
            if path.suffix == ".npy":
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        write(path, space, **options)

    monkeypatch.setattr(_align_outputs, "write_marked", fill_up)
    message = refused(*INPUTS, *OUTPUTS, "-T", 1)
    assert message == "b.npy: cannot be written (No space left on device)."
    assert written == [".vec", ".npy"]


def test_interruption_leaves_nothing(instamap, files, monkeypatch):
    def interrupted(*args, **options):
        raise KeyboardInterrupt

    before = sorted(files.iterdir())
    monkeypatch.setattr(InstaMapAligner, "_fit_and_map", interrupted)
    result = instamap("align", *INPUTS, *OUTPUTS)
    assert result.code == 130
    assert result.err.splitlines()[-1] == "instamap: interrupted; nothing was left half-written."
    assert sorted(files.iterdir()) == before


def test_spaces_of_different_dimensions_are_no_error(files, instamap):
    rng = np.random.default_rng(0)
    words = [f"t{i}" for i in range(50)]
    write_vectors(files / "wide.vec", EmbeddingSpace(words, rng.standard_normal((50, 14))))
    (files / "d.tsv").write_text("".join(f"s{i:04d}\tt{i}\n" for i in range(50)))
    result = instamap("align", "en.vec", "wide.vec", "d.tsv", *OUTPUTS, "-m", "instamap", "-T", 1)
    assert result.code == 0
    assert "Wrote a.vec: 200 words, 14 dimensions." in result.err


def test_bliss_without_torch_says_what_to_install(refused, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    for method in ("bliss", "im-bliss"):
        assert refused(*INPUTS, *OUTPUTS, "--method", method) == (
            f"--method {method} needs PyTorch, which is not installed: "
            'pip install "sklearn-instamap[bliss]".'
        )


def test_verbose_errors_have_their_traceback(instamap, files):
    result = instamap("align", "nowhere.vec", *INPUTS[1:], *OUTPUTS, "--verbose")
    assert result.code == 2
    assert "Traceback" in result.err
    assert result.err.endswith("\ninstamap: nowhere.vec: there is no such file.\n")


@pytest.mark.parametrize(
    "value", ["{[]:1}", "[" * 5000, "-" * 9000 + "1", "{{}}", "(1).x", "1e999999"]
)
def test_settings_that_python_cannot_read(refused, value):
    message = refused(*INPUTS, *OUTPUTS, "--set", f"n_neighbors={value}")
    assert "n_neighbors" in message
