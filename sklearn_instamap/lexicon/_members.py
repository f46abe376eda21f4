"""The maps of a ranker: aligners fitted on the pairs of a fold, by name, cached."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from joblib import Memory
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, clone

from sklearn_instamap._methods import find_method
from sklearn_instamap._space import EmbeddingSpace
from sklearn_instamap.lexicon._neighborhoods import Neighborhoods, Rows
from sklearn_instamap.metrics._maps import unit_float32


def check_aligners(aligners: Any, spelling_pairs: str | None) -> list[tuple[str, BaseEstimator]]:
    """Return the aligners and their names; refuse what is not a list of aligners."""
    if aligners is None:
        # With cognates the first aligner gives two maps by itself.
        others = [] if spelling_pairs == "cognates" else [("VecMap", find_method("vecmap").make())]
        return [("IM∘VM", find_method("im-vecmap-midpoint").make()), *others]
    if not isinstance(aligners, Sequence) or isinstance(aligners, str) or not len(aligners):
        raise ValueError(
            "aligners must be a list of aligners or of (name, aligner), or None, got "
            f"{type(aligners).__name__}."
        )
    named: list[tuple[str, BaseEstimator]] = []
    for each in aligners:
        name, aligner = each if isinstance(each, tuple) and len(each) == 2 else (None, each)
        if not hasattr(aligner, "fit_transform_spaces"):
            raise TypeError(
                f"aligners must hold aligners, which have fit_transform_spaces; got "
                f"{type(aligner).__name__}."
            )
        named.append((_name(aligner) if name is None else str(name), aligner))
    names = [name for name, _ in named]
    return [
        (name if names.count(name) == 1 else f"{name} {1 + names[:place].count(name)}", aligner)
        for place, (name, aligner) in enumerate(named)
    ]


def _name(aligner: Any) -> str:
    steps = getattr(aligner, "steps", None)
    kinds = [step for _, step in steps] if steps else [aligner]
    return "-".join(type(kind).__name__.removesuffix("Aligner") for kind in kinds)


def fit_map(
    aligner: BaseEstimator,
    source: EmbeddingSpace,
    target: EmbeddingSpace,
    rows: Rows,
    columns: Rows,
    *,
    memory: Memory,
    csls_neighbors: int,
    random_state: int | None,
    n_jobs: int | None,
) -> Neighborhoods:
    """Fit an aligner on some pairs, and look every word's neighbors up in its shared space.

    Parameters
    ----------
    aligner : aligner
        Unfitted.
    source, target : EmbeddingSpace
        The whole spaces.
    rows, columns : ndarray of shape (n_pairs,)
        The pairs: rows of the spaces.
    memory : Memory
        Where mapped spaces are cached.
    csls_neighbors : int
        Neighbors over which CSLS averages.
    random_state : int or None
        Seed of an aligner that draws random numbers and has none.
    n_jobs : int or None
        Threads of an aligner that has none, and of the search.

    Returns
    -------
    Neighborhoods
        The map.
    """
    own = _with_defaults(clone(aligner), n_jobs=n_jobs, random_state=random_state)
    sides = memory.cache(_map_spaces)(own, source.vectors, target.vectors, rows, columns)
    return Neighborhoods(sides[0], sides[1], csls_neighbors, n_jobs)


def _map_spaces(
    aligner: Any,
    source: NDArray[np.floating],
    target: NDArray[np.floating],
    rows: Rows,
    columns: Rows,
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return both spaces as mapped by an aligner fitted on some pairs, in unit rows."""
    mapped = aligner.fit_transform_spaces(source[rows], target[columns], source, target)
    x, y = (np.asarray(side) for side in mapped)
    return unit_float32(x), unit_float32(y)


def _with_defaults(aligner: BaseEstimator, **defaults: Any) -> BaseEstimator:
    """Set parameters that an aligner leaves at None."""
    for name, value in defaults.items():
        if value is not None:
            known = aligner.get_params()
            for parameter, given in known.items():
                if parameter.rpartition("__")[2] == name and given is None:
                    aligner.set_params(**{parameter: value})
    return aligner
