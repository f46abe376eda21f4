"""``instamap translate``."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from sklearn_instamap import EmbeddingSpace
from sklearn_instamap.io import read_vectors, write_vectors
from sklearn_instamap.metrics import translate

from .conftest import without_stages

_ROOT = Path(__file__).parents[2]

FILES = ("en.vec", "de.npy")


def test_translations_are_those_of_the_library(instamap, files, data):
    words = list(data.source.words[:3])
    result = instamap("translate", *FILES, *words, "--format", "csv")
    expected = translate(words, data.source, data.target, n_best=5)
    frame = pd.read_csv(io.StringIO(result.out))
    pd.testing.assert_frame_equal(frame, expected, check_dtype=False, rtol=1e-5)


def test_options(instamap, files, data):
    word = data.source.words[7]
    result = instamap(
        "translate", *FILES, word, "-n", 2, "--retrieval", "cosine", "--format", "json"
    )
    rows = json.loads(result.out)
    expected = translate(word, data.source, data.target, n_best=2, retrieval="cosine")
    assert [row["translation"] for row in rows] == expected["translation"].tolist()


def test_table_names_each_word_once(instamap, files, data):
    first, second = data.source.words[:2]
    lines = instamap("translate", *FILES, first, second, "-n", 2).out.splitlines()
    rows = [line.split() for line in lines if line.strip()][2:]
    assert [len(row) for row in rows] == [4, 3, 4, 3]
    assert rows[0][:2] == [first, "1"]
    assert rows[2][:2] == [second, "1"]


def stdin(text, encoding="utf-8"):
    """Standard input as a locale that has nothing but ASCII opens it."""
    content = text if isinstance(text, bytes) else text.encode(encoding)
    return io.TextIOWrapper(io.BytesIO(content), encoding="ascii", errors="surrogateescape")


def test_words_from_standard_input(instamap, fails, files, data, monkeypatch):
    words = data.source.words[:2]
    monkeypatch.setattr(sys, "stdin", stdin("\n".join(words) + "\n"))
    result = instamap("translate", *FILES, "-", "--format", "csv", "-n", 1)
    assert [line.split(",")[0] for line in result.out.splitlines()[1:]] == list(words)
    monkeypatch.setattr(sys, "stdin", stdin(""))
    assert fails("translate", *FILES, "-") == ("There are no words to translate on standard input.")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["nothing"], "en.vec: has no vector for 'nothing'."),
        ([""], "WORD must not be empty."),
        (["S0001"], "en.vec: has no vector for 'S0001'; 'S0001' is there as 's0001'."),
        (["a\x1b[31m"], r"en.vec: has no vector for 'a\x1b[31m'."),
        (
            ["S0001", "nothing", "s0002"],
            "en.vec: has no vector for 'S0001', 'nothing'; 'S0001' is there as 's0001'.",
        ),
    ],
)
def test_unknown_words(fails, files, words, message):
    assert fails("translate", *FILES, *words, "--unknown", "error") == message


def test_unknown_retrieval(fails, files):
    assert "'dot' is not one of 'cosine', 'csls', 'inverted-softmax', 'sinkhorn'" in fails(
        "translate", *FILES, "s0001", "--retrieval", "dot"
    )


def test_known_words_are_translated_beside_unknown_ones(instamap, fails, files):
    code, out, err = instamap("translate", *FILES, "S0001", "s0002", "nothing", "--format", "csv")
    assert code == 0
    assert {line.split(",")[0] for line in out.splitlines()[1:]} == {"s0002"}
    assert without_stages(err) == [
        "Warning: en.vec: has no vector for 'S0001', 'nothing'; 'S0001' is there as 's0001'."
    ]
    assert "has no vector for 'nothing'" in fails("translate", *FILES, "nothing")
    assert "'x' is not one of 'skip', 'error'" in fails("translate", *FILES, "x", "--unknown", "x")


ODD = ["New York", "\xa0", "caf\u00e9", "\u0434\u043e\u043c", "a\u2028b", "\U0001f600"]


@pytest.fixture
def odd_files(files):
    for name in ("en.npy", "de.npy"):
        write_vectors(files / name, EmbeddingSpace(ODD, np.eye(len(ODD))))
    (files / "en.vec").unlink()
    return files


def test_standard_input_has_one_entry_per_line(instamap, odd_files, monkeypatch):
    entries = "\ufeff" + "\r\n".join(["  New York\t", "", *ODD[1:], "cafe\u0301"]) + "\n"
    monkeypatch.setattr(sys, "stdin", stdin(entries))
    result = instamap("translate", "en.npy", "de.npy", "-", "-n", 1, "--format", "json")
    rows = json.loads(result.out)
    assert [row["word"] for row in rows] == [*ODD, "caf\u00e9"]
    assert [row["translation"] for row in rows] == [*ODD, "caf\u00e9"]


@pytest.mark.parametrize(
    "content", [b"a\nb\xff\n", "caf\u00e9\n".encode("utf-16"), "caf\u00e9\n".encode("latin-1")]
)
def test_standard_input_of_another_encoding(fails, odd_files, monkeypatch, content):
    monkeypatch.setattr(sys, "stdin", stdin(content))
    assert "is not valid UTF-8" in fails("translate", "en.npy", "de.npy", "-")


@pytest.mark.parametrize("encoding", ["cp1252", "ascii", "utf-8", "latin-1:strict"])
@pytest.mark.parametrize("style", ["csv", "json"])
def test_what_other_programs_read_is_utf_8_whatever_the_locale(odd_files, encoding, style):
    run = [sys.executable, "-m", "sklearn_instamap", "translate", "en.npy", "de.npy", *ODD]
    done = subprocess.run(
        [*run, "-n", "1", "--format", style],
        capture_output=True,
        env={**os.environ, "PYTHONIOENCODING": encoding, "PYTHONPATH": str(_ROOT)},
    )
    assert done.returncode == 0, done.stderr
    text = done.stdout.decode("utf-8")
    if style == "json":
        assert [row["translation"] for row in json.loads(text)] == ODD
    else:
        frame = pd.read_csv(io.StringIO(text), keep_default_na=False)
        assert frame["word"].tolist() == [word.replace("\u2028", r"\u2028") for word in ODD]


@pytest.mark.parametrize("suffix", ["csv", "json", "md"])
def test_translations_in_a_file(instamap, fails, odd_files, suffix):
    path = odd_files / f"found.{suffix}"
    result = instamap("translate", "en.npy", "de.npy", *ODD, "-n", 1, "-o", path.name)
    assert (result.code, result.out) == (0, "")
    for word in ODD[2:4]:
        assert word in path.read_text(encoding="utf-8")
    assert "exists already" in fails("translate", "en.npy", "de.npy", "caf\u00e9", "-o", path.name)
    assert "is the same file as" in fails(
        "translate", "en.npy", "de.npy", "x", "-o", "en.npy", "--format", "csv", "-f"
    )


def test_standard_input_that_is_closed(fails, odd_files, monkeypatch):
    monkeypatch.setattr("sys.stdin", None)
    assert "Standard input is closed" in fails("translate", "en.npy", "de.npy", "-")


def test_standard_output_that_is_closed(fails, odd_files, monkeypatch):
    monkeypatch.setattr("sys.stdout", None)
    assert "standard output is closed" in fails("translate", "en.npy", "de.npy", "x")


def test_arguments_in_a_locale_without_letters(instamap, odd_files):
    """Where the locale is C, an argument comes as bytes that stand for no letters."""
    typed = "caf\u00e9".encode().decode("ascii", "surrogateescape")
    result = instamap("translate", "en.npy", "de.npy", typed, "-n", 1, "--format", "csv")
    assert result.out.splitlines()[1].startswith("caf\u00e9,1,")
    typed = b"caf\xe9".decode("ascii", "surrogateescape")
    assert instamap("translate", "en.npy", "de.npy", typed).code == 2


def test_escape_sequences_in_words_do_not_reach_the_terminal(instamap, files):
    evil = "a\x1b]0;owned\x07\x9b31m\u202e"
    for name in ("en.npy", "de.npy"):
        write_vectors(files / name, EmbeddingSpace([evil, "=1+1"], np.eye(2)))
    for style in ("table", "csv", "markdown", "json"):
        result = instamap("translate", "en.npy", "de.npy", evil, "x\x1b[2J", "--format", style)
        assert result.code == 0
        for text in (result.out, result.err):
            assert not set(text) & set("\x1b\x07\x9b\u202e"), style
        if style == "csv":
            assert "'=1+1" in result.out
    (files / "bad\x1b[31m.vec").write_text("x\n")
    result = instamap("translate", "bad\x1b[31m.vec", "de.npy", "x")
    assert result.code == 2
    assert "\x1b" not in result.err
    # A line end in the name of a file begins no line.
    result = instamap("translate", "bad\nReport: all is well.vec", "de.npy", "x")
    assert result.code == 2
    assert not re.search("^Report", result.err, flags=re.MULTILINE)
    for name in ("bad\x1b[31m\u202e.vec", "\x9b/bad.vec"):
        with pytest.raises(FileNotFoundError, match="there is no such file") as caught:
            read_vectors(name)
        assert str(caught.value).isprintable()


def test_words_are_looked_up_as_the_spaces_are_read(instamap, files):
    for name in ("en.npy", "de.npy"):
        write_vectors(files / name, EmbeddingSpace(["\u0130stanbul", "I\u015eIK"], np.eye(2)))
    run = [
        "translate",
        "en.npy",
        "de.npy",
        "\u0130STANBUL",
        "I\u015fIk",
        "-n",
        1,
        "--format",
        "csv",
    ]
    assert (
        "--casing lower-cases nothing by itself; add --lowercase-vectors."
        in instamap(*run, "--casing", "tr").err
    )
    result = instamap(*run, "--lowercase-vectors", "--casing", "tr")
    assert [line.split(",")[0] for line in result.out.splitlines()[1:]] == [
        "istanbul",
        "\u0131\u015f\u0131k",
    ]


def test_of_an_option_given_twice_the_last_counts_and_is_said(instamap, files, data):
    word = data.train["source"].iloc[0]
    once, twice = (
        instamap("translate", "en.vec", "de.npy", word, *options, "--n-best", "2")
        for options in ([], ["-n", "1"])
    )
    assert twice.out == once.out
    assert "Warning: --n-best was given 2 times; only the last one counts." in twice.err
    assert "Warning" not in once.err
