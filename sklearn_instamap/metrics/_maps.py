"""Vectors of two mapped spaces: checked, laid side by side, compared pair by pair."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from sklearn_instamap._engine import top_k
from sklearn_instamap._space import EmbeddingSpace
from sklearn_instamap._space_like import SpaceLike, space_vectors
from sklearn_instamap._wording import named

Array: TypeAlias = NDArray[np.floating]
Spaces: TypeAlias = "SpaceLike | Sequence[SpaceLike]"

# Pairs scored at a time: their vectors are copied together.
_PAIRS_AT_ONCE = 16_384


def mean_similarity(rows: Array, others: Array, n_neighbors: int, n_jobs: int | None) -> Array:
    """Mean cosine of each row to its ``n_neighbors`` nearest among ``others``.

    This is r of CSLS. Fewer others than neighbors: the mean is over all of them.
    """
    similarities, _ = top_k(rows, others, min(n_neighbors, len(others)), n_jobs=n_jobs)
    return similarities.mean(axis=1)


def check_same_space(**arrays: Array) -> list[Array]:
    """Return arrays in one dtype; refuse those which differ in their number of dimensions."""
    widths = {name: array.shape[1] for name, array in arrays.items()}
    if len(set(widths.values())) > 1:
        found = " and ".join(f"{named(name)} has {width}" for name, width in widths.items())
        raise ValueError(
            f"{found} dimensions; map both sides into the shared space before comparing them."
        )
    dtype = np.result_type(*arrays.values())
    return [np.ascontiguousarray(array, dtype=dtype) for array in arrays.values()]


def pair_cosines(
    source: Array, target: Array, rows: NDArray[np.intp], columns: NDArray[np.intp]
) -> Array:
    """Return the cosines of pairs of rows, some at a time."""
    cosines = np.empty(len(rows), dtype=source.dtype)
    for start in range(0, len(rows), _PAIRS_AT_ONCE):
        part = slice(start, start + _PAIRS_AT_ONCE)
        x, y = source[rows[part]], target[columns[part]]
        norms = np.sqrt(np.einsum("ij,ij->i", x, x) * np.einsum("ij,ij->i", y, y))
        cosines[part] = np.einsum("ij,ij->i", x, y) / np.where(norms > 0, norms, 1)
    return cosines


def vectors_of_maps(space: Any, name: str) -> list[Array]:
    """Return the vectors of each map, of one space or of a list of them."""
    if isinstance(space, list | tuple) and any(
        isinstance(each, EmbeddingSpace) or np.ndim(each) == 2 for each in space
    ):
        return [space_vectors(each, name) for each in space]
    return [space_vectors(space, name)]


def paired_maps(source_space: Any, target_space: Any) -> list[list[Array]]:
    """Return the vectors of both sides for every map, checked against each other."""
    sources = vectors_of_maps(source_space, "source_space")
    targets = vectors_of_maps(target_space, "target_space")
    if len(sources) != len(targets):
        raise ValueError(
            f"source_space has {len(sources)} maps and target_space has {len(targets)}; give as "
            "many for both sides."
        )
    for name, maps in (("source_space", sources), ("target_space", targets)):
        sizes = {len(each) for each in maps}
        if len(sizes) > 1:
            raise ValueError(
                f"The maps of {name} have {' and '.join(map(str, sorted(sizes)))} rows; all must "
                "be of the same words."
            )
    return [
        check_same_space(source_space=s, target_space=t)
        for s, t in zip(sources, targets, strict=True)
    ]


def unit(rows: Array, out: Array | None = None) -> Array:
    """Return rows of unit length, zero ones as they are."""
    norms = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.divide(rows, np.where(norms > 0, norms, 1), out=out)


def unit_float32(rows: Array) -> NDArray[np.float32]:
    """Return rows of unit length in single precision."""
    return np.ascontiguousarray(unit(rows), dtype=np.float32)


def side_by_side(pairs: list[list[Array]]) -> tuple[Array, Array]:
    """Return one array for each side, whose cosine is the mean of the maps' cosines."""
    if len(pairs) == 1:
        return pairs[0][0], pairs[0][1]
    sides = []
    for side in zip(*pairs, strict=True):
        laid = np.empty((len(side[0]), sum(each.shape[1] for each in side)), side[0].dtype)
        start = 0
        for rows in side:
            unit(rows, out=laid[:, start : start + rows.shape[1]])
            start += rows.shape[1]
        sides.append(laid)
    return sides[0], sides[1]
