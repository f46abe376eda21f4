"""``instamap translate``."""

from __future__ import annotations

import io
import json
import sys

import pandas as pd
import pytest

from sklearn_instamap.metrics import translate

FILES = ("en.vec", "de.npy")


def test_translations_are_those_of_the_library(instamap, files, data):
    words = list(data.source.words[:3])
    result = instamap("translate", *FILES, *words, "--format", "csv")
    expected = translate(words, data.source, data.target, n_best=5, retrieval="csls")
    frame = pd.read_csv(io.StringIO(result.out))
    pd.testing.assert_frame_equal(frame, expected, check_dtype=False, rtol=1e-5)


def test_options(instamap, files, data):
    word = data.source.words[7]
    result = instamap(
        "translate", *FILES, word, "-n", 2, "--retrieval", "cosine", "--format", "json"
    )
    rows = json.loads(result.out)
    expected = translate(word, data.source, data.target, n_best=2)
    assert [row["translation"] for row in rows] == expected["translation"].tolist()


def test_table_names_each_word_once(instamap, files, data):
    first, second = data.source.words[:2]
    lines = instamap("translate", *FILES, first, second, "-n", 2).out.splitlines()
    rows = [line.split() for line in lines if line.strip()][2:]
    assert [len(row) for row in rows] == [4, 3, 4, 3]
    assert rows[0][:2] == [first, "1"]
    assert rows[2][:2] == [second, "1"]


def test_words_from_standard_input(instamap, fails, files, data, monkeypatch):
    words = data.source.words[:2]
    monkeypatch.setattr(sys, "stdin", io.StringIO("\n".join(words) + "\n"))
    result = instamap("translate", *FILES, "-", "--format", "csv", "-n", 1)
    assert [line.split(",")[0] for line in result.out.splitlines()[1:]] == list(words)
    monkeypatch.setattr(sys, "stdin", io.StringIO(""))
    assert fails("translate", *FILES, "-") == ("There are no words to translate on standard input.")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["nothing"], "en.vec: has no vector for 'nothing'."),
        (
            ["S0001", "nothing", "s0002"],
            "en.vec: has no vector for 'S0001', 'nothing'; 'S0001' is there as 's0001'.",
        ),
    ],
)
def test_unknown_words(fails, files, words, message):
    assert fails("translate", *FILES, *words) == message


def test_unknown_retrieval(fails, files):
    assert "--retrieval must be one of csls, cosine" in fails(
        "translate", *FILES, "s0001", "--retrieval", "dot"
    )
