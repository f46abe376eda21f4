"""How translations are retrieved: by plain cosine, or by cosine corrected for hubs (CSLS)."""

from __future__ import annotations

from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from sklearn_instamap._engine import top_k

Array: TypeAlias = NDArray[np.floating]
Retrieval: TypeAlias = Literal["cosine", "csls"]
Protocol: TypeAlias = Literal["pair", "word"]
Ties: TypeAlias = Literal["worst", "best"]

RETRIEVALS = ("cosine", "csls")
PROTOCOLS = ("pair", "word")
TIES = ("worst", "best")


def check_same_space(**arrays: Array) -> list[Array]:
    """Return arrays in one dtype; refuse those which differ in their number of dimensions."""
    widths = {name: array.shape[1] for name, array in arrays.items()}
    if len(set(widths.values())) > 1:
        found = " and ".join(f"{name} has {width}" for name, width in widths.items())
        raise ValueError(
            f"{found} dimensions; map both sides into the shared space before comparing them."
        )
    dtype = np.result_type(*arrays.values())
    return [np.ascontiguousarray(array, dtype=dtype) for array in arrays.values()]


def mean_similarity(rows: Array, others: Array, n_neighbors: int, n_jobs: int | None) -> Array:
    """Mean cosine of each row to its ``n_neighbors`` nearest among ``others``.

    This is r of CSLS. Fewer others than neighbors: the mean is over all of them.
    """
    similarities, _ = top_k(rows, others, min(n_neighbors, len(others)), n_jobs=n_jobs)
    return similarities.mean(axis=1)


def candidate_penalty(
    candidates: Array,
    source: Array,
    retrieval: Retrieval,
    csls_neighbors: int,
    n_jobs: int | None,
) -> Array | None:
    """What to take off each candidate's cosine, None for plain cosine.

    CSLS is 2 cos(q, c) - r(q) - r(c). For one query r(q) is a constant, so cos(q, c) - r(c) / 2
    ranks its candidates alike.
    """
    if retrieval == "cosine":
        return None
    return mean_similarity(candidates, source, csls_neighbors, n_jobs) / 2
