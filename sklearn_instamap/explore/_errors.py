"""What went wrong with the pairs of a test dictionary, by kind."""

from __future__ import annotations

from difflib import SequenceMatcher
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from sklearn_instamap.explore._session import Session

# A target word nearest to this many times more source words than the average is a hub.
_HUB_FACTOR = 5
_SIMILAR = 0.6
_NEAR_RANK = 10
_BATCH = 256

KINDS = {
    "right": "the first answer is a right one",
    "similar form": "the first answer looks like a right one: another form of the same word",
    "hub": "the first answer is near very many words",
    "near": f"a right answer is among the first {_NEAR_RANK}",
    "far": "no right answer is near",
    "out of vocabulary": "a word of the pair is not in its space",
}


def explain_errors(session: Session) -> list[dict[str, Any]]:
    """Return one row per source word of the test dictionary, with the kind of its first answer.

    That is ``source``, ``expected`` (its translations in the dictionary), ``answer``, ``rank`` of
    the best right one, and ``kind``, one of `KINDS`.
    """
    assert session.test is not None
    expected: dict[str, list[str]] = {}
    for source, target in zip(session.test["source"], session.test["target"], strict=True):
        expected.setdefault(source, []).append(target)
    found = {
        word: [session.target.index(each) for each in right if each in session.target]
        for word, right in expected.items()
        if word in session.source
    }
    queries = [word for word, rows in found.items() if rows]
    answers = _answers(session, queries, found)
    limit = _HUB_FACTOR * max(1.0, float(session.occurrences.mean()))
    table = []
    for word, right in expected.items():
        row: dict[str, Any] = {"source": word, "expected": right, "answer": None, "rank": None}
        if word in answers:
            best, rank = answers[word]
            row["answer"], row["rank"] = session.target.words[best], rank
            row["kind"] = _kind(row, bool(session.occurrences[best] > limit))
        else:
            row["kind"] = "out of vocabulary"
        table.append(row)
    return table


def _answers(
    session: Session, queries: list[str], right: dict[str, list[int]]
) -> dict[str, tuple[int, int]]:
    """Return the first answer by CSLS, and the rank of the best right one, for each query."""
    answers = {}
    for start in range(0, len(queries), _BATCH):
        words = queries[start : start + _BATCH]
        rows = session._rows["source"][session.source.indices(words)]
        scores = 2 * rows @ session._rows["target"].T - session.hubness
        for word, of_word in zip(words, scores, strict=True):
            best = max(of_word[row] for row in right[word])
            answers[word] = int(of_word.argmax()), int(np.count_nonzero(of_word > best)) + 1
    return answers


def _kind(row: dict[str, Any], is_hub: bool) -> str:
    if row["rank"] == 1:
        return "right"
    if any(_alike(row["answer"], each) for each in row["expected"]):
        return "similar form"
    if is_hub:
        return "hub"
    return "near" if row["rank"] <= _NEAR_RANK else "far"


def _alike(word: str, other: str) -> bool:
    return SequenceMatcher(None, word, other, autojunk=False).ratio() >= _SIMILAR
