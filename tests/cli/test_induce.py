"""``instamap induce``."""

from __future__ import annotations

import pandas as pd
import pytest

FILES = ("en.vec", "de.npy", "train.tsv")
FAST = ("--features", "geometry,frequency")
COLUMNS = ["source", "target", "probability", "rank", "known", "mutual", "origin", "no_translation"]


def read(path):
    return pd.read_csv(path, sep="\t", dtype={"source": str, "target": str}, quoting=3)


def test_every_word_has_its_line(instamap, files, data):
    with (files / "train.tsv").open("a", encoding="utf-8") as dictionary:
        dictionary.writelines(f"no{number}\tnone\n" for number in range(len(data.train) + 1))
    result = instamap("induce", *FILES, "-o", "lexicon.tsv", *FAST)
    assert result.code == 0, result.err
    assert "held-out words" in result.err
    # That so few pairs are there is said once.
    assert result.err.count(f" of {2 * len(data.train) + 1} ") == 1
    assert "in the two spaces" not in result.err
    table = read("lexicon.tsv")
    assert list(table) == COLUMNS
    assert table["source"].tolist() == list(data.source.words)
    assert table["probability"].between(0, 1).all()
    pairs = set(data.train.itertuples(index=False, name=None))
    found = list(zip(table["source"], table["target"], strict=True))
    assert table["known"].tolist() == [pair in pairs for pair in found]
    assert not list(files.glob(".lexicon*"))


def test_a_list_of_words_and_one_to_one(instamap, files, data):
    words = list(data.source.words[50:90])
    (files / "words.txt").write_text("\n".join([*words, "", words[0]]), encoding="utf-8")
    options = ("--words", "words.txt", *FAST)
    result = instamap("induce", *FILES, "-o", "two.csv", "-n", 2, *options)
    assert result.code == 0, result.err
    table = pd.read_csv("two.csv")
    assert table["source"].tolist() == [word for word in words for _ in range(2)]
    result = instamap("induce", *FILES, "-o", "one.tsv", "--one-to-one", *options)
    assert result.code == 0, result.err
    assert read("one.tsv")["target"].is_unique
    result = instamap(
        "induce", *FILES, "-o", "none.tsv", "--min-probability", 1.0, "--cache", "c", *options
    )
    assert result.code == 0, result.err
    assert read("none.tsv").empty


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("-o", "lexicon.txt"), "lexicon.txt: the suffix is of no format of a lexicon"),
        (("-o", "lexicon.txt"), "or pass --format."),
        (("-o", "l.tsv", "--format", "xml"), "'--format'"),
        (("-o", "l.tsv", "--features", "looks"), "--features takes geometry"),
        (("-o", "l.tsv", "--one-to-one", "-n", 2), "--one-to-one gives one translation"),
        (("-o", "train.tsv"), "train.tsv"),
        (("-o", "nowhere/l.tsv"), "does not exist"),
        (("-o", "l.tsv", "--words", "words.txt"), "words.txt: 1 of its 1 words are not in en.vec"),
    ],
)
def test_what_cannot_be_is_said_and_nothing_written(fails, files, arguments, message):
    (files / "words.txt").write_text("nosuchword\n", encoding="utf-8")
    before = sorted(file.name for file in files.iterdir())
    assert message in fails("induce", *FILES, *arguments)
    assert sorted(file.name for file in files.iterdir()) == before
