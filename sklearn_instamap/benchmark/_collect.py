"""From the cells of a benchmark to its tables."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sklearn_instamap.benchmark._cell import COUNTS, MEASURES, Outcome
from sklearn_instamap.metrics._evaluation import (
    BY_SPELLING,
    figures_of_ranks,
    members_by_spelling,
)
from sklearn_instamap.metrics._protocol import Protocol
from sklearn_instamap.metrics._ranks import best_ranks_per_word
from sklearn_instamap.results._results import CELL, BenchmarkResults

_OTHER_MEASURES = tuple(name for name in MEASURES if name not in COUNTS)


def collect(
    outcomes: Iterable[Outcome],
    protocols: Sequence[Protocol],
    metrics: Sequence[str],
    subsets: Sequence[str] = ("all", "unseen"),
) -> BenchmarkResults:
    """Make the tables of a benchmark from its cells, in their order."""
    rows: list[dict[str, Any]] = []
    ranks: list[pd.DataFrame] = []
    for outcome in outcomes:
        rows += _rows(outcome, protocols, metrics, subsets)
        ranks += _ranks(outcome, protocols, subsets)
    table = pd.DataFrame(rows)
    if not ranks:
        return BenchmarkResults(table)
    return BenchmarkResults(table, pd.concat(ranks, ignore_index=True))


def _rows(
    outcome: Outcome,
    protocols: Sequence[Protocol],
    metrics: Sequence[str],
    subsets: Sequence[str],
) -> Iterator[dict[str, Any]]:
    counts = {name: int(outcome.measures.get(name, 0)) for name in COUNTS}
    seconds = {name: float(outcome.measures.get(name, np.nan)) for name in _OTHER_MEASURES}
    end = {"status": outcome.status, "error": outcome.error, "versions": outcome.versions}
    cell = outcome.cell.as_dict()
    if outcome.error:
        figures: dict[str, Any] = dict.fromkeys(metrics, np.nan)
        none = {"n_queries": 0, "n_test_pairs": 0, "n_test_out_of_vocabulary": 0}
        where = {"retrieval": "", "protocol": "", "subset": ""}
        yield cell | where | figures | none | counts | seconds | end
        return
    members = _members(outcome)
    for retrieval, own in outcome.ranks.items():
        ranks = own.astype(np.intp)
        for protocol in protocols:
            for subset in subsets:
                member = members[subset]
                found = figures_of_ranks(ranks[member], outcome.words[member], protocol, metrics)
                figures = {name: found[name] for name in metrics}
                pairs = {
                    "n_queries": int(found["n_queries"]),
                    "n_test_pairs": int(member.sum()),
                    "n_test_out_of_vocabulary": int((ranks[member] == 0).sum()),
                }
                where = {"retrieval": retrieval, "protocol": protocol, "subset": subset}
                yield cell | where | figures | pairs | counts | seconds | end


def _members(outcome: Outcome) -> dict[str, NDArray[np.bool_]]:
    """Return for each subset which test pairs belong to it."""
    everything = {"all": np.ones(len(outcome.words), dtype=bool), "unseen": outcome.unseen}
    return everything | members_by_spelling(outcome.similarity)


def _ranks(
    outcome: Outcome, protocols: Sequence[Protocol], subsets: Sequence[str]
) -> Iterator[pd.DataFrame]:
    cell = {name: outcome.cell.as_dict()[name] for name in CELL}
    by_protocol: dict[Protocol, Callable[..., pd.DataFrame]] = {
        "pair": _ranks_of_pairs,
        "word": _ranks_of_words,
    }
    # Whether a query is unseen is always told.
    wanted = ["unseen", *(name for name in subsets if name in BY_SPELLING)]
    found = _members(outcome)
    members = {name: found[name] for name in wanted}
    for retrieval, ranks in outcome.ranks.items():
        for protocol in protocols:
            frame = by_protocol[protocol](ranks, outcome.words, members)
            for position, (name, value) in enumerate(
                {**cell, "retrieval": retrieval, "protocol": protocol}.items()
            ):
                frame.insert(position, name, value)
            yield frame


def _ranks_of_pairs(ranks: Any, words: Any, members: dict[str, Any]) -> pd.DataFrame:
    query = np.flatnonzero(ranks)
    rank = ranks[query].astype(float)
    inside = {
        f"{name}_rank": np.where(member[query], rank, 0.0) for name, member in members.items()
    }
    own = {"unseen": members["unseen"][query], "query": query, "rank": rank}
    return pd.DataFrame({**own, **inside})


def _ranks_of_words(ranks: Any, words: Any, members: dict[str, Any]) -> pd.DataFrame:
    found = ranks > 0
    query = pd.unique(words[found])
    inside = {}
    for name, member in members.items():
        best = pd.Series(0.0, index=query)
        own = found & member
        if own.any():
            best[pd.unique(words[own])] = best_ranks_per_word(ranks[own], words[own])
        inside[f"{name}_rank"] = best.to_numpy()
    return pd.DataFrame(
        {
            "unseen": inside["unseen_rank"] > 0,
            "query": query.astype(np.intp),
            "rank": best_ranks_per_word(ranks[found], words[found]).astype(float),
            **inside,
        }
    )
