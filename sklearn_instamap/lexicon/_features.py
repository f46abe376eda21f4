"""What the ranker knows of a candidate, in named groups that can be switched and added to."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
import pandas as pd

from sklearn_instamap.lexicon._candidate_pairs import Columns, Floats, Pairs
from sklearn_instamap.lexicon._candidates import Candidates
from sklearn_instamap.lexicon._map_features import (
    anchors,
    bands,
    frequency,
    geometry,
    headwords,
    mean,
)
from sklearn_instamap.lexicon._spelling_features import (
    characters,
    endings,
    products,
    relatives,
)
from sklearn_instamap.lexicon._stem_mates import stems
from sklearn_instamap.lexicon._world import World

PairFunction: TypeAlias = Callable[[list[str], list[str]], Any]

GROUPS: Mapping[str, Callable[[Pairs], Columns]] = {
    "geometry": geometry,
    "bands": bands,
    "mean": mean,
    "frequency": frequency,
    "headwords": headwords,
    "anchors": anchors,
    "characters": characters,
    "products": products,
    "endings": endings,
    "stems": stems,
    "relatives": relatives,
}

# Groups that look at letters, and those of them that compare the two words' letters.
OF_SPELLING = ("characters", "products", "endings", "stems", "relatives")
OF_LIKENESS = ("characters", "products")


def check_features(features: Any) -> list[tuple[str, str | PairFunction]]:
    """Return feature groups by name; refuse what is neither a known name nor a function."""
    if features is None:
        return [(name, name) for name in GROUPS]
    if isinstance(features, str) or not isinstance(features, Sequence) or not len(features):
        raise ValueError(
            f"features must be None, or a list of {', '.join(map(repr, GROUPS))} and of "
            f"(name, function), got {features!r}."
        )
    groups: list[tuple[str, str | PairFunction]] = []
    for each in features:
        if isinstance(each, str) and each in GROUPS:
            groups.append((each, each))
        elif (
            isinstance(each, tuple)
            and len(each) == 2
            and isinstance(each[0], str)
            and callable(each[1])
        ):
            groups.append(each)
        else:
            raise ValueError(
                f"features must hold {', '.join(map(repr, GROUPS))} or (name, function), got "
                f"{each!r}."
            )
    names = [name for name, _ in groups]
    if len(set(names)) < len(names):
        raise ValueError(f"features must have different names, got {', '.join(names)}.")
    return groups


def compute_features(
    groups: list[tuple[str, str | PairFunction]],
    world: World,
    candidates: Candidates,
    expected: list[tuple[str, str]] | None = None,
) -> tuple[Floats, list[tuple[str, str]]]:
    """Return the features of candidates, and of each column its group and its name.

    They must be the expected ones: a function may return other columns for other pairs.
    """
    columns: list[Floats] = []
    names: list[tuple[str, str]] = []
    pairs = Pairs(world, candidates)
    for group, made_by in groups:
        if isinstance(made_by, str):
            found = GROUPS[made_by](pairs)
        else:
            found = _of_function(group, made_by, world, candidates)
        names += [(group, name) for name in found]
        columns += found.values()
    if expected and names != list(map(tuple, expected)):
        # The first that is not among the others'.
        odd = min(set(names) ^ set(map(tuple, expected)), default=names[-1])[0]
        raise ValueError(
            f"The features {odd!r} have other columns for these pairs than for those before; "
            "return the same columns for any pairs."
        )
    return np.column_stack(columns).astype(np.float32), names


def _of_function(
    group: str, function: PairFunction, world: World, candidates: Candidates
) -> Columns:
    left = [world.source_words[row] for row in candidates.source]
    right = [world.target_words[row] for row in candidates.target]
    values = function(left, right)
    n_pairs = len(candidates.source)
    if isinstance(values, pd.DataFrame):
        names = [f"{group}: {name}" for name in values]
        # Column by column: flags beside numbers would make objects of both.
        table = np.array([column.to_numpy() for _, column in values.items()]).T
        if len(set(names)) < len(names):
            raise ValueError(
                f"The features {group!r} have columns of the same name: "
                f"{', '.join(map(repr, values))}; rename them."
            )
    else:
        try:
            table = np.asarray(values)
        except ValueError:
            raise ValueError(
                f"The features {group!r} have rows of different lengths; return one row of numbers "
                "for each pair."
            ) from None
        table = table[:, None] if table.ndim == 1 else table
        several = table.ndim == 2 and table.shape[1] > 1
        names = [f"{group}: {number}" for number in range(table.shape[1])] if several else [group]
    as_rows = table.ndim == 2 and len(table) == n_pairs and table.shape[1] > 0
    if not as_rows or table.dtype.kind not in "biuf":
        raise ValueError(
            f"The features {group!r} have shape {table.shape} and dtype {table.dtype} for "
            f"{n_pairs} pairs; return one row of numbers for each pair."
        )
    with np.errstate(over="ignore"):
        table = table.astype(np.float32)
    if not np.isfinite(table).all():
        raise ValueError(
            f"The features {group!r} hold nan, infinity or numbers too large for float32; return "
            "finite numbers."
        )
    return {name: table[:, number] for number, name in enumerate(names)}
