"""At most one translation for each word, and one word for each translation."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components, min_weight_full_bipartite_matching

Rows = NDArray[np.intp]

# What a word without a translation costs, and the least cost of a pair: zeros are not edges.
_ALONE = 1.0
_LEAST = 1e-9


def best_assignment(
    source: Rows, target: Rows, probability: NDArray[np.floating], shape: tuple[int, int]
) -> Rows:
    """Return the pairs of the assignment with the largest sum of probabilities, in increasing
    order.

    Every word may also stay alone, by an edge to a separate word. The graph falls apart into
    components, each of which is solved by itself. No pair occurs twice; ``shape`` are the numbers
    of source and of target words.
    """
    useful = np.flatnonzero(probability > _LEAST)
    if not len(useful):
        return useful
    source, target, probability = source[useful], target[useful], probability[useful]
    n_source, n_target = shape
    ones = np.ones(len(source), dtype=np.int8)
    n_words = n_source + n_target
    graph = csr_matrix((ones, (source, target + n_source)), shape=(n_words, n_words))
    component = connected_components(graph, directed=False)[1][source]
    order = np.argsort(component, kind="stable")
    chosen = [
        useful[part[_solve(source[part], target[part], probability[part])]]
        for part in np.split(order, np.flatnonzero(np.diff(component[order])) + 1)
    ]
    return np.sort(np.concatenate(chosen))


def _solve(source: Rows, target: Rows, probability: NDArray[np.floating]) -> Rows:
    """Return the pairs of the best assignment of one component."""
    if len(source) == 1:
        return np.zeros(1, dtype=np.intp)
    sources, row = np.unique(source, return_inverse=True)
    targets, column = np.unique(target, return_inverse=True)
    n = len(sources)
    own = np.arange(n)
    cost = csr_matrix(
        (
            np.concatenate([np.maximum(_ALONE - probability, _LEAST), np.full(n, _ALONE)]),
            (np.concatenate([row, own]), np.concatenate([column, len(targets) + own])),
        ),
        shape=(n, len(targets) + n),
    )
    matched_row, matched_column = min_weight_full_bipartite_matching(cost)
    assigned = np.full(n, -1)
    assigned[matched_row] = matched_column
    return np.flatnonzero(assigned[row] == column)
