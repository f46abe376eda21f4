"""Whole lexicons: tables, files of every format, one-to-one, going on where one was stopped."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import linear_sum_assignment

from sklearn_instamap.lexicon import _lexicon as module
from sklearn_instamap.lexicon import induce_lexicon
from sklearn_instamap.lexicon._one_to_one import best_assignment

COLUMNS = [
    "source",
    "target",
    "probability",
    "rank",
    "known",
    "mutual",
    "origin",
    "no_translation",
]


def read(path):
    if path.suffix == ".parquet":
        return pd.read_parquet(path)
    if path.suffix == ".jsonl":
        return pd.read_json(path, lines=True, dtype={"source": str, "target": str})
    options = {"sep": "\t", "quoting": 3} if path.suffix == ".tsv" else {}
    strings = {"source": str, "target": str, "origin": str}
    return pd.read_csv(path, dtype=strings, keep_default_na=False, **options)


def test_all_words_have_a_translation(en_de, ranker):
    lexicon = induce_lexicon(ranker)
    assert list(lexicon) == COLUMNS
    assert lexicon["source"].tolist() == list(en_de.source.words)
    pd.testing.assert_frame_equal(lexicon, ranker.rank(None, 1))


@pytest.mark.parametrize("suffix", ["tsv", "csv", "jsonl", "parquet"])
def test_files_of_every_format_hold_the_table(tmp_path, ranker, suffix):
    if suffix == "parquet":
        pytest.importorskip("pyarrow", exc_type=ImportError)
    path = tmp_path / f"lexicon.{suffix}"
    words = ranker._source[:1500]
    expected = induce_lexicon(ranker, words, n_best=2, min_probability=0.1)
    assert induce_lexicon(ranker, words, n_best=2, min_probability=0.1, output=path) is None
    found = read(path)
    assert list(found) == COLUMNS
    for column in ("known", "mutual"):
        found[column] = found[column].astype(bool)
    pd.testing.assert_frame_equal(found, expected, rtol=1e-4, atol=1e-5, check_dtype=False)
    assert [file.name for file in tmp_path.iterdir()] == [path.name]


def test_one_to_one_is_the_best_assignment_of_the_candidates(ranker):
    words = ranker._source[:300]
    lexicon = induce_lexicon(ranker, words, one_to_one=True)
    assert lexicon["source"].is_unique
    assert lexicon["target"].is_unique
    candidates = ranker.rank(words, 10)
    targets = {word: place for place, word in enumerate(candidates["target"].unique())}
    matrix = np.zeros((len(words), len(targets)))
    row = {word: place for place, word in enumerate(words)}
    for each in candidates.itertuples():
        matrix[row[each.source], targets[each.target]] = each.probability
    best = matrix[linear_sum_assignment(matrix, maximize=True)].sum()
    assert np.isclose(lexicon["probability"].sum(), best)
    sure = induce_lexicon(ranker, words, one_to_one=True, min_probability=0.4)
    assert sure["probability"].min() >= 0.4
    assert len(sure) < len(lexicon)


def test_assignments_against_the_dense_solver():
    rng = np.random.default_rng(0)
    for _ in range(20):
        n, m = rng.integers(1, 9, size=2)
        dense = np.where(rng.random((n, m)) < 0.4, rng.random((n, m)), 0)
        source, target = np.nonzero(dense)
        chosen = best_assignment(source, target, dense[source, target], (n, m))
        assert len(set(source[chosen])) == len(set(target[chosen])) == len(chosen)
        best = dense[linear_sum_assignment(dense, maximize=True)].sum()
        assert np.isclose(dense[source, target][chosen].sum(), best)


def test_what_was_stopped_is_gone_on_with(tmp_path, ranker, monkeypatch):
    monkeypatch.setattr(module, "_WORDS_AT_ONCE", 100)
    path, whole = tmp_path / "lexicon.tsv", tmp_path / "whole.tsv"
    words = ranker._source[:450]
    induce_lexicon(ranker, words, output=whole)
    asked = []

    class Stopped(Exception):
        pass

    def rank(part, *args, **options):
        asked.append(len(part))
        if len(asked) == 3:
            raise Stopped
        return type(ranker).rank(ranker, part, *args, **options)

    monkeypatch.setattr(ranker, "rank", rank, raising=False)
    with pytest.raises(Stopped):
        induce_lexicon(ranker, words, output=path)
    assert not path.exists()
    part = tmp_path / ".lexicon.tsv.part"
    with part.open("ab") as stream:
        # A block that was being written when the process ended.
        stream.write(b'{"source": "half')
    asked.clear()
    asked += [0, 0, 0]
    induce_lexicon(ranker, words, output=path)
    assert asked[3:] == [100, 100, 50]
    assert path.read_bytes() == whole.read_bytes()
    assert sorted(file.name for file in tmp_path.iterdir()) == ["lexicon.tsv", "whole.tsv"]


def test_what_another_lexicon_has_left_is_not_gone_on_with(tmp_path, ranker):
    path = tmp_path / "lexicon.tsv"
    record = {"fingerprint": "of another", "words": 50, "size": 3}
    (tmp_path / ".lexicon.tsv.part").write_text("abcdef")
    (tmp_path / ".lexicon.tsv.part.json").write_text(json.dumps(record))
    induce_lexicon(ranker, ranker._source[:60], output=path)
    assert read(path)["source"].tolist() == list(ranker._source[:60])


def test_what_cannot_be_written_is_said_before_the_work(tmp_path, ranker, monkeypatch):
    def rank(*args, **options):
        raise AssertionError("work began")

    monkeypatch.setattr(ranker, "rank", rank, raising=False)
    with pytest.raises(ValueError, match=r"lexicon\.xlsx: the suffix is of no format"):
        induce_lexicon(ranker, output=tmp_path / "lexicon.xlsx")
    with pytest.raises(
        ValueError, match="'format' parameter must be 'tsv', 'csv', 'jsonl' or 'parquet'"
    ):
        induce_lexicon(ranker, output=tmp_path / "lexicon.tsv", format="xml")
    with pytest.raises(FileNotFoundError, match="does not exist; create it first"):
        induce_lexicon(ranker, output=tmp_path / "nowhere" / "lexicon.tsv")
    (tmp_path / "there.tsv").touch()
    with pytest.raises(FileExistsError, match="force=True"):
        induce_lexicon(ranker, output=tmp_path / "there.tsv")
    with pytest.raises(ValueError, match="leave n_best at 1"):
        induce_lexicon(ranker, one_to_one=True, n_best=3)


def test_no_words_no_rows(ranker):
    lexicon = induce_lexicon(ranker, [])
    assert list(lexicon) == COLUMNS
    assert lexicon.empty
