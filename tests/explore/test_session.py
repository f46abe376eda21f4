"""What the page shows, and the files of what is decided."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from sklearn_instamap.explore._errors import KINDS
from sklearn_instamap.explore._session import Session, read_lexicon
from sklearn_instamap.io import read_dictionary
from sklearn_instamap.metrics import translate

from .conftest import HOSTILE


def test_translations_are_those_of_translate(session, spaces):
    source, target, *_ = spaces
    for word in source.words[:20]:
        expected = translate(word, source, target, n_best=10, retrieval="csls")
        found = [each for each in session.translations(word) if each["rank"] is not None]
        found.sort(key=lambda each: each["rank"])
        assert [each["translation"] for each in found] == list(expected["translation"])


def test_lexicon_entries_come_first_with_their_probability(session, spaces):
    *_, test = spaces
    first, *others = session.translations(test["source"][0])
    assert (first["translation"], first["probability"]) == (HOSTILE, 0.9)
    assert "lexicon" in first["from"]
    assert all(each["probability"] is None and "lexicon" not in each["from"] for each in others)
    (unsure, *_) = session.translations(test["source"][1])
    assert unsure["translation"] == test["target"][1]
    assert unsure["probability"] is None


def test_pairs_of_the_training_dictionary_are_marked(session, spaces):
    _, _, train, _ = spaces
    source, target = train.iloc[0][["source", "target"]]
    by_word = {each["translation"]: each["from"] for each in session.translations(source, 300)}
    assert "dictionary" in by_word[target]
    assert sum("dictionary" in names for names in by_word.values()) == 1


def test_surroundings_hold_both_sides(session, spaces):
    word = spaces[0].words[3]
    points = session.surroundings(word, n_neighbors=5)
    assert [point["side"] for point in points] == ["source"] * 6 + ["target"] * 5
    assert points[0]["word"] == word
    assert all(np.isfinite([point["x"], point["y"]]).all() for point in points)


def test_hubs_are_in_order(session):
    counts = [each["occurrences"] for each in session.hubs(300)]
    assert counts == sorted(counts, reverse=True)
    assert sum(counts) == 10 * session.source.n_words


def test_errors_have_a_kind_each(session, spaces):
    source, target, _, test = spaces
    rows = session.errors
    assert {row["source"] for row in rows} == set(test["source"])
    assert {row["kind"] for row in rows} <= set(KINDS)
    for row in rows:
        best = translate(row["source"], source, target, n_best=1, retrieval="csls")
        assert row["answer"] == best["translation"][0]
        assert (row["kind"] == "right") == (row["answer"] in row["expected"])


def test_words_out_of_vocabulary_are_said_to_be(spaces):
    source, target, *_ = spaces
    test = pd.DataFrame({"source": ["nowhere", source.words[0]], "target": [target.words[0], "-"]})
    kinds = [row["kind"] for row in Session(source, target, test=test).errors]
    assert kinds == ["out of vocabulary"] * 2


def test_decisions_are_written_and_read_again(session, spaces, tmp_path):
    source, target, *_ = spaces
    session.prepare()
    assert not list(tmp_path.iterdir())
    pairs = [(source.words[i], target.words[i]) for i in range(4)]
    session.decide(*pairs[0], "accept")
    session.decide(*pairs[1], "accept")
    session.decide(*pairs[2], "reject")
    session.decide(*pairs[1], "reject")
    session.decide(*pairs[3], "accept")
    session.decide(*pairs[3], "undo")
    accepted = read_dictionary(tmp_path / "pairs.tsv")
    assert accepted.to_numpy().tolist() == [list(pairs[0])]
    again = Session(source, target, output=tmp_path / "pairs.tsv")
    assert list(again.accepted) == [pairs[0]]
    assert list(again.rejected) == [pairs[2], pairs[1]]
    assert [again.decision(pair) for pair in pairs] == ["accept", "reject", "reject", None]
    again.decide(*pairs[0], "undo")
    assert list(Session(source, target, output=tmp_path / "pairs.tsv").accepted) == []


def test_bad_decisions_change_nothing(session, spaces, tmp_path):
    source, target, *_ = spaces
    with pytest.raises(
        ValueError, match="'decision' parameter must be 'accept', 'reject' or 'undo'"
    ):
        session.decide(source.words[0], target.words[0], "perhaps")
    with pytest.raises(ValueError, match="the source space has no word 'nowhere'"):
        session.decide("nowhere", target.words[0], "accept")
    assert not session.accepted
    assert not list(tmp_path.iterdir())


def test_folders_that_are_missing_are_found_before_the_page_opens(spaces, tmp_path):
    source, target, *_ = spaces
    with pytest.raises(FileNotFoundError, match="does not exist"):
        Session(source, target, output=tmp_path / "nowhere" / "pairs.tsv").prepare()


def test_reading_a_lexicon(tmp_path):
    path = tmp_path / "lexicon.tsv"
    path.write_text("source\ttarget\tprobability\tknown\nnull\tnan\t0.5\t1\nb\tc\t\t0\n", "utf-8")
    frame = read_lexicon(path)
    assert frame["source"].tolist() == ["null", "b"]
    assert frame["target"].tolist() == ["nan", "c"]
    assert frame["probability"].iloc[0] == 0.5
    assert np.isnan(frame["probability"].iloc[1])
    path.write_text("word\ttarget\na\tb\n", "utf-8")
    with pytest.raises(ValueError, match=r"lexicon\.tsv: has no column 'source'"):
        read_lexicon(path)
    path.write_text("source\ttarget\tprobability\na\tb\tlikely\n", "utf-8")
    with pytest.raises(ValueError, match=r"lexicon\.tsv: .*likely"):
        read_lexicon(path)
