"""From the cells of a benchmark to its tables."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd

from sklearn_instamap.benchmark._cell import Outcome
from sklearn_instamap.metrics._evaluation import figures_of_ranks
from sklearn_instamap.metrics._protocol import Protocol
from sklearn_instamap.metrics._ranks import best_ranks_per_word
from sklearn_instamap.results._results import CELL, BenchmarkResults

_COUNTS = ("n_train_pairs", "n_train_out_of_vocabulary")
_SECONDS = ("fit_seconds", "cpu_seconds", "evaluate_seconds", "peak_mib")


def collect(
    outcomes: Iterable[Outcome], protocols: Sequence[Protocol], metrics: Sequence[str]
) -> BenchmarkResults:
    """Make the tables of a benchmark from its cells.

    Parameters
    ----------
    outcomes : iterable of Outcome
        The cells, in the order of the rows.
    protocols : sequence of {"pair", "word"}
        How queries are counted.
    metrics : sequence of str
        The figures.

    Returns
    -------
    BenchmarkResults
        The tables.
    """
    rows: list[dict[str, Any]] = []
    ranks: list[pd.DataFrame] = []
    for outcome in outcomes:
        rows += _rows(outcome, protocols, metrics)
        ranks += _ranks(outcome, protocols)
    table = pd.DataFrame(rows)
    if not ranks:
        return BenchmarkResults(table)
    return BenchmarkResults(table, pd.concat(ranks, ignore_index=True))


def _rows(
    outcome: Outcome, protocols: Sequence[Protocol], metrics: Sequence[str]
) -> Iterator[dict[str, Any]]:
    counts = {name: int(outcome.measures.get(name, 0)) for name in _COUNTS}
    seconds = {name: float(outcome.measures.get(name, np.nan)) for name in _SECONDS}
    end = {"status": outcome.status, "error": outcome.error, "versions": outcome.versions}
    cell = outcome.cell.as_dict()
    if outcome.error:
        figures: dict[str, Any] = dict.fromkeys(metrics, np.nan)
        none = {"n_queries": 0, "n_test_pairs": 0, "n_test_out_of_vocabulary": 0}
        where = {"retrieval": "", "protocol": "", "subset": ""}
        yield cell | where | figures | none | counts | seconds | end
        return
    subsets = {"all": np.ones(len(outcome.words), dtype=bool), "unseen": outcome.unseen}
    for retrieval, ranks in outcome.ranks.items():
        for protocol in protocols:
            for subset, member in subsets.items():
                found = figures_of_ranks(ranks[member], outcome.words[member], protocol, metrics)
                figures = {name: found[name] for name in metrics}
                pairs = {
                    "n_queries": int(found["n_queries"]),
                    "n_test_pairs": int(member.sum()),
                    "n_test_out_of_vocabulary": int((ranks[member] == 0).sum()),
                }
                where = {"retrieval": retrieval, "protocol": protocol, "subset": subset}
                yield cell | where | figures | pairs | counts | seconds | end


def _ranks(outcome: Outcome, protocols: Sequence[Protocol]) -> Iterator[pd.DataFrame]:
    cell = {name: outcome.cell.as_dict()[name] for name in CELL}
    by_protocol: dict[Protocol, Callable[..., pd.DataFrame]] = {
        "pair": _ranks_of_pairs,
        "word": _ranks_of_words,
    }
    for retrieval, ranks in outcome.ranks.items():
        for protocol in protocols:
            frame = by_protocol[protocol](ranks, outcome.words, outcome.unseen)
            for position, (name, value) in enumerate(
                {**cell, "retrieval": retrieval, "protocol": protocol}.items()
            ):
                frame.insert(position, name, value)
            yield frame


def _ranks_of_pairs(ranks: Any, words: Any, unseen: Any) -> pd.DataFrame:
    query = np.flatnonzero(ranks)
    rank, new = ranks[query].astype(float), unseen[query]
    return pd.DataFrame(
        {"unseen": new, "query": query, "rank": rank, "unseen_rank": np.where(new, rank, 0.0)}
    )


def _ranks_of_words(ranks: Any, words: Any, unseen: Any) -> pd.DataFrame:
    found = ranks > 0
    query = pd.unique(words[found])
    unseen_rank = pd.Series(0.0, index=query)
    new = found & unseen
    if new.any():
        unseen_rank[pd.unique(words[new])] = best_ranks_per_word(ranks[new], words[new])
    return pd.DataFrame(
        {
            "unseen": unseen_rank.to_numpy() > 0,
            "query": query.astype(np.intp),
            "rank": best_ranks_per_word(ranks[found], words[found]).astype(float),
            "unseen_rank": unseen_rank.to_numpy(),
        }
    )
