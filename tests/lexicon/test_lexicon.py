"""Whole lexicons: tables, files of every format, one-to-one, going on where one was stopped."""

from __future__ import annotations

import csv
import json
import os
import re
from hashlib import sha256

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import linear_sum_assignment

from sklearn_instamap.lexicon import _lexicon as module
from sklearn_instamap.lexicon import induce_lexicon
from sklearn_instamap.lexicon._lexicon_file import write_lexicon
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
def test_files_of_every_format_hold_the_table(tmp_path, ranker, suffix, monkeypatch):
    if suffix == "parquet":
        pytest.importorskip("pyarrow", exc_type=ImportError)
    monkeypatch.setattr(module, "_WORDS_AT_ONCE", 100)
    path = tmp_path / f"lexicon.{suffix}"
    words = ranker._source[:150]
    expected = induce_lexicon(ranker, words, n_best=2, min_probability=0.1)
    assert induce_lexicon(ranker, words, n_best=2, min_probability=0.1, output=path) is None
    found = read(path)
    assert list(found) == COLUMNS
    for column in ("known", "mutual"):
        found[column] = found[column].astype(bool)
    pd.testing.assert_frame_equal(found, expected, rtol=1e-4, atol=1e-9, check_dtype=False)
    assert [file.name for file in tmp_path.iterdir()] == [path.name]


def test_words_may_hold_whatever_a_format_can(tmp_path):
    odd = ['a"b', "c,d", "e\rf", "g\nh", " i", "j\tk", "=l", "NA", "\\n"]
    table = pd.DataFrame({"source": odd, "target": odd[::-1], "probability": 0.5, "rank": 1})
    table = table.assign(known=True, mutual=False, origin="VecMap", no_translation=0.1)
    for kind in ("csv", "jsonl"):
        path = tmp_path / f"odd.{kind}"
        write_lexicon(path, [table, table], kind, shown=path)
        if kind == "csv":
            with path.open(encoding="utf-8", newline="") as stream:
                rows = list(csv.DictReader(stream))
        else:
            lines = path.read_text(encoding="utf-8").split("\n")
            rows = [json.loads(line) for line in lines if line]
        assert [row["source"] for row in rows] == 2 * odd
        assert [row["target"] for row in rows] == 2 * odd[::-1]
    with pytest.raises(ValueError, match=r"odd.tsv: the word 'e\\rf' holds a tab or a line end"):
        write_lexicon(tmp_path / "odd.tsv", [table], "tsv", shown=tmp_path / "odd.tsv")


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


def test_words_are_asked_for_as_in_rank(ranker):
    one, other = ranker._source[:2]
    for words in (one, [one], iter([one])):
        assert list(induce_lexicon(ranker, words)["source"]) == [one]
    # Twice the same word is one word of an assignment.
    once, twice = (
        induce_lexicon(ranker, words, one_to_one=True)
        for words in ([one, other], [one, one, other])
    )
    pd.testing.assert_frame_equal(once, twice)
    with pytest.raises(ValueError, match=r"one dimension, got shape \(1, 2\)"):
        induce_lexicon(ranker, np.array([[one, other]]))
    with pytest.raises(TypeError, match="LexiconRanker, got the class LexiconRanker"):
        induce_lexicon(type(ranker), one)


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


def test_damaged_and_forged_leftovers_are_not_taken_over(tmp_path, ranker, monkeypatch):
    """Each of 20 words is done once more, whatever stands in the rows and in the record."""
    words = ranker._source[:20]
    path, whole = tmp_path / "lexicon.tsv", tmp_path / "whole.tsv"
    rows, record = tmp_path / ".lexicon.tsv.part", tmp_path / ".lexicon.tsv.part.json"
    monkeypatch.setattr(module, "_WORDS_AT_ONCE", 10)
    induce_lexicon(ranker, words, output=whole)
    with monkeypatch.context() as stopped:
        stopped.setattr(module, "write_lexicon", lambda *args, **options: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            induce_lexicon(ranker, words, output=path)
    good, said = rows.read_bytes(), json.loads(record.read_text())
    other = str(ranker._target[7]).encode()
    wrong = re.sub(rb'"target":"[^"]*"', b'"target":"' + other + b'"', good, count=1)
    stranger = good.replace(b'"target":"', b'"target":"\\u001b[31m', 1)

    def forged(content, **changes):
        return content, said | {
            "size": len(content), "sha256": sha256(content).hexdigest()
        } | changes  # fmt: skip

    cases = [
        (wrong, said, "checksum"),
        (good[: len(good) // 2], said, "cut off"),
        (*forged(good, words=10**9), "its counts are impossible"),
        (*forged(good, words=True), "its counts are impossible"),
        (*forged(good, size=-1), "its counts are impossible"),
        (*forged(stranger), "a row does not hold"),
        (*forged(b"[" * 100_000 + b"\n"), "nested too deep"),
        (*forged(b'{"source": NaN}\n'), "NaN is not a number"),
        (good, [said], "not a record of this package"),
        (good, "[" * 100_000, "nested too deep"),
        (good, " " * (1 << 21), "too large"),
    ]
    for content, left, reason in cases:
        path.unlink(missing_ok=True)
        rows.write_bytes(content)
        record.write_text(left if isinstance(left, str) else json.dumps(left))
        with pytest.warns(UserWarning, match=f"damaged .*{reason}.* are translated again"):
            induce_lexicon(ranker, words, output=path)
        assert path.read_bytes() == whole.read_bytes()
        assert not rows.exists()
        assert not record.exists()


@pytest.mark.skipif(os.name == "nt", reason="pipes of POSIX")
@pytest.mark.parametrize("name", [".lexicon.tsv.part", ".lexicon.tsv.part.json"])
@pytest.mark.parametrize("make", [os.mkdir, getattr(os, "mkfifo", None)])
def test_no_file_where_the_leftovers_belong(tmp_path, ranker, name, make):
    make(tmp_path / name)
    with pytest.raises(OSError, match=f"{re.escape(name)}: is a .* remove it, and run the same"):
        induce_lexicon(ranker, ranker._source[:10], output=tmp_path / "lexicon.tsv")
    assert [file.name for file in tmp_path.iterdir()] == [name]


def test_two_runs_do_not_write_one_lexicon(tmp_path, ranker, monkeypatch):
    monkeypatch.setattr(module, "_WORDS_AT_ONCE", 50)
    path, rank = tmp_path / "lexicon.tsv", type(ranker).rank

    def while_another_writes(part, *args, **options):
        with (tmp_path / ".lexicon.tsv.part").open("ab") as stream:
            stream.write(b"{}\n")
        return rank(ranker, part, *args, **options)

    monkeypatch.setattr(ranker, "rank", while_another_writes, raising=False)
    with pytest.raises(OSError, match="another run writes the same lexicon; wait for it"):
        induce_lexicon(ranker, ranker._source[:100], output=path)
    assert not path.exists()


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
