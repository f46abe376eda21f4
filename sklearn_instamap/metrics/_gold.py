"""Which candidates answer which query, from any of the forms in which that is said."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sklearn_instamap._space import EmbeddingSpace
from sklearn_instamap._words import plain_values, show_word

Rows = NDArray[np.intp]


def gold_pairs(gold: Any, n_queries: int, candidates: Any) -> tuple[Rows, Rows]:
    """Return the pairs of a query and a right candidate, each once, by query.

    ``gold`` has the right candidate of each query, or several: rows, or ids where the candidates
    have them. In an array of rows of shape (n_queries, n_gold), -1 fills up. Raises ValueError if a
    query has no right candidate, or one that is not there.
    """
    named = candidates if isinstance(candidates, EmbeddingSpace) else None
    answers = plain_values(gold)
    if not isinstance(answers, Sequence) or isinstance(answers, str):
        raise TypeError(
            "gold must hold the right candidate of each query, or a list of them for each; got "
            f"{type(gold).__name__}."
        )
    if len(answers) != n_queries:
        raise ValueError(f"gold has {len(answers)} entries for {n_queries} queries.")
    # In a table every row has as many entries, and what is not there is -1.
    padded = isinstance(gold, np.ndarray) and gold.ndim == 2 and named is None
    queries: list[int] = []
    found: list[int] = []
    for query, answer in enumerate(answers):
        rows = [
            _row_of(each, query, len(candidates) if named is None else 0, named)
            for each in _several(answer, named)
            if not (padded and each == -1)
        ]
        if not rows:
            raise ValueError(
                f"gold has no right candidate for query {query}; leave out the queries that have "
                "none."
            )
        distinct = sorted(set(rows))
        queries += [query] * len(distinct)
        found += distinct
    return np.array(queries, dtype=np.intp), np.array(found, dtype=np.intp)


def _several(answer: Any, named: EmbeddingSpace | None) -> list[Any]:
    """Return the right candidates of one query as a list."""
    if named is not None and isinstance(answer, Hashable) and answer in named:
        # A tuple may be an id.
        return [answer]
    answer = plain_values(answer)
    return list(answer) if isinstance(answer, list | tuple | set | frozenset) else [answer]


def _row_of(answer: Any, query: int, n_candidates: int, named: EmbeddingSpace | None) -> int:
    if named is not None:
        if isinstance(answer, Hashable) and answer in named:
            return named.index(answer)
        raise ValueError(
            f"gold of query {query} is {show_word(answer)}, which is not an id of candidates; "
            "candidates with ids are named by them, not by their rows."
        )
    if isinstance(answer, bool) or not isinstance(answer, int | np.integer):
        raise ValueError(
            f"gold of query {query} is {answer!r}, but candidates are an array, whose rows are "
            "named by number; to name them by ids, give EmbeddingSpace(candidates, ids)."
        )
    if not 0 <= answer < n_candidates:
        raise ValueError(
            f"gold of query {query} is {answer}, but candidates have the rows 0 to "
            f"{n_candidates - 1}."
        )
    return int(answer)
