"""The best words of the other side, searched exactly or by an approximate index."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from sklearn_instamap._check import check_count
from sklearn_instamap._engine import top_k
from sklearn_instamap.metrics._maps import Array, unit_float32

Listed: TypeAlias = tuple[Array, NDArray[np.intp]]


class Side(NamedTuple):
    """The words of one side that are searched, and what is taken off the cosine for each.

    Without an approximate index of the vectors the search is exact.
    """

    vectors: Array
    penalty: Array | None
    index: Any


def best_words(
    queries: Array,
    penalty: Array | None,
    side: Side,
    n_best: int,
    *,
    n_candidates: int,
    scale: float,
    n_jobs: int | None,
) -> Listed:
    """Return the scores and places of the best words for every query, the best first.

    Of equal scores the lower place comes first. ``penalty`` is taken off the cosines of each query;
    an index is asked for ``n_candidates`` at least; ``scale`` is the factor of the scores.
    """
    n_words = len(side.vectors)
    n_best = min(check_count("n_best", n_best), n_words)
    if side.index is None:
        scores, found = top_k(
            queries, side.vectors, n_best, key_penalty=side.penalty, n_jobs=n_jobs
        )
    else:
        scores, found = _by_index(queries, side, n_best, min(max(n_candidates, n_best), n_words))
    if penalty is not None:
        scores = scores - penalty[:, None]
    return scores * scores.dtype.type(scale), found


def _by_index(queries: Array, side: Side, n_best: int, k: int) -> Listed:
    """Return the best of the k words that the index finds for every query."""
    scores, found = _search(side.index, queries, k)
    if side.penalty is not None:
        scores -= side.penalty[found]
    scores[found < 0] = -np.inf
    best = np.lexsort((found, -scores), axis=1)[:, :n_best]
    return np.take_along_axis(scores, best, axis=1), np.take_along_axis(found, best, axis=1)


def nearest_lists(
    rows: Array, others: Array, k: int, *, index: Callable[[Array], Any] | None, n_jobs: int | None
) -> Listed:
    """Return the cosines and places of the k nearest others of every row.

    Where an index finds fewer, places are -1 and cosines the least possible.
    """
    k = min(k, len(others))
    if index is None:
        return top_k(rows, others, k, n_jobs=n_jobs)
    return _search(index(others), rows, k)


def _search(index: Any, queries: Array, k: int) -> Listed:
    cosines, places = index.search(unit_float32(queries), k)
    places = np.asarray(places)
    if places.dtype.kind not in "iu" or np.shape(cosines) != places.shape:
        raise ValueError(
            "The search of an index must return cosines and rows, of one shape; got shapes "
            f"{np.shape(cosines)} and {places.shape}, and rows of dtype {places.dtype}."
        )
    cosines = np.where(places < 0, -1, cosines).astype(queries.dtype)
    return cosines, places.astype(np.intp)


def built_once(index: Callable[[Array], Any]) -> Callable[[Array], Any]:
    """Return what builds an index of vectors, once for each array: arrays must not go meanwhile."""
    built: dict[int, Any] = {}

    def build(vectors: Array) -> Any:
        if id(vectors) not in built:
            built[id(vectors)] = index(unit_float32(vectors))
        return built[id(vectors)]

    return build
