"""What the ranker knows of a candidate, in named groups that can be switched and added to."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sklearn_instamap.lexicon._candidates import Candidates
from sklearn_instamap.lexicon._logit import segment_log_sums
from sklearn_instamap.lexicon._neighborhoods import Neighborhoods, Rows
from sklearn_instamap.lexicon._world import World
from sklearn_instamap.metrics._maps import pair_cosines
from sklearn_instamap.metrics._string_similarity import (
    edit_features,
    edit_similarity,
    has_string_packages,
)

Floats = NDArray[np.float32]
Columns: TypeAlias = dict[str, Floats]
PairFunction: TypeAlias = Callable[[list[str], list[str]], Any]

# Temperature of the competition between the source words of a target word.
_TEMPERATURE = 0.05


@dataclass
class Pairs:
    """Candidates, and what several groups of features ask of them, computed once.

    Parameters
    ----------
    world : World
        The maps.
    candidates : Candidates
        The candidates.
    """

    world: World
    candidates: Candidates

    @cached_property
    def cosines(self) -> list[Floats]:
        """In each map."""
        source, target = self.candidates.source, self.candidates.target
        return [each.cosines(source, target) for each in self.world.maps]

    @cached_property
    def csls(self) -> list[Floats]:
        """In each map."""
        source, target = self.candidates.source, self.candidates.target
        return [
            2 * cosine - each.source_means[source] - each.target_means[target]
            for cosine, each in zip(self.cosines, self.world.maps, strict=True)
        ]

    @cached_property
    def mean_csls(self) -> Floats:
        """The mean over the maps, each by the spread of its best answers to all words."""
        total = np.zeros(len(self.candidates), dtype=np.float32)
        for csls, each in zip(self.csls, self.world.maps, strict=True):
            total += csls / max(float(each.listed_scores[:, 0].std()), 1e-6)
        return (total / len(self.world.maps)).astype(np.float32, copy=False)

    def best(self, values: Floats) -> Floats:
        """Return for every candidate the largest value among its word's candidates."""
        starts = self.candidates.starts
        return np.repeat(np.maximum.reduceat(values, starts[:-1]), np.diff(starts))

    @cached_property
    def similarity(self) -> Floats:
        """Of the spellings: edit similarity, or the cosine of n-grams without rapidfuzz."""
        if not has_string_packages():
            return self.ngrams
        assert self.world.spellings is not None
        return edit_similarity(
            *self.world.spellings.pairs(self.candidates.source, self.candidates.target)
        )

    @cached_property
    def ngrams(self) -> Floats:
        """Cosine of the n-grams of the spellings."""
        assert self.world.spellings is not None
        return self.world.spellings.cosines(self.candidates.source, self.candidates.target)


def geometry(pairs: Pairs) -> Columns:
    """Similarities in each map and in the mean, and how they stand to those of competitors."""
    columns: Columns = {}
    candidates, starts = pairs.candidates, pairs.candidates.starts
    source, target = candidates.source, candidates.target
    if len(pairs.world.maps) > 1:
        total = pairs.mean_csls
        best = pairs.best(total)
        columns |= {
            "mean CSLS": total,
            "mean CSLS below the best": total - best,
            "log rank by mean CSLS": np.log(_rank_within(total, starts)).astype(np.float32),
            "best by mean CSLS": (total == best).astype(np.float32),
        }
    for name, each, cosine, csls in zip(
        pairs.world.names, pairs.world.maps, pairs.cosines, pairs.csls, strict=True
    ):
        back, listed = each.back_scores[target], each.listed_scores[source]
        back_rank = 1 + (back > csls[:, None] + 1e-6).sum(axis=1)
        own = {
            "cosine": cosine,
            "CSLS": csls,
            "neighborhood of the target": each.target_means[target],
            "gap to the best target": csls - listed[:, 0],
            "gap to the tenth target": csls - listed[:, min(9, listed.shape[1] - 1)],
            "gap to the best source": csls - back[:, 0],
            "gap to the tenth source": csls - back[:, min(9, back.shape[1] - 1)],
            "log rank of the target": np.log(_rank_within(csls, starts)),
            "log rank of the source": np.log(back_rank),
            "share of the target": _share(each, target, cosine),
            "cosine of the neighborhoods": _center_cosines(each, source, target),
        }
        columns |= {f"{name}: {what}": values.astype(np.float32) for what, values in own.items()}
    return columns


def frequency(pairs: Pairs) -> Columns:
    """How frequent, how crowded, how long the two words' vectors are."""
    world = pairs.world
    source, target = pairs.candidates.source, pairs.candidates.target
    log_source, log_target = np.log1p(source), np.log1p(target)
    first = world.maps[0]
    density = first.source_means[source] - first.target_means[target]
    norms = np.log(world.source_norms[source]) - np.log(world.target_norms[target])
    columns = {
        "log frequency rank of the target": log_target,
        "difference of log frequency ranks": log_source - log_target,
        "distance of log frequency ranks": np.abs(log_source - log_target),
        "distance of densities": np.abs(density),
        "difference of norms": norms,
        "distance of norms": np.abs(norms),
    }
    return {name: values.astype(np.float32) for name, values in columns.items()}


def characters(pairs: Pairs) -> Columns:
    """How alike the two words are spelled, and whether their endings go together.

    What spelling is worth depends on how alike the other candidates are, and on the map: hence
    products with the gap to the best candidate and with the distance of frequencies.
    """
    world = pairs.world
    assert world.spellings is not None
    source, target = pairs.candidates.source, pairs.candidates.target
    left, right = world.spellings.pairs(source, target)
    lengths = np.array([len(a) - len(b) for a, b in zip(left, right, strict=True)])
    columns = {
        "n-gram cosine": pairs.ngrams,
        "equal": np.array([a == b for a, b in zip(left, right, strict=True)]),
        "difference of lengths": lengths,
        "distance of lengths": np.abs(lengths),
    }
    if has_string_packages():
        columns |= edit_features(left, right)
    total = pairs.mean_csls
    best = pairs.best(total)
    gap = total - best
    apart = np.abs(np.log1p(source) - np.log1p(target))
    for name, alike in (("similarity", pairs.similarity), ("n-grams", pairs.ngrams)):
        most = pairs.best(alike)
        columns |= {
            f"{name} below the most": alike - most,
            f"{name} times the best mean CSLS": alike * best,
            f"{name} times the gap": alike * gap,
            f"{name} above .5 times the gap": np.maximum(alike - 0.5, 0) * gap,
            f"most {name} times the gap": most * gap,
            f"{name} times the distance of ranks": alike * apart,
        }
    alike, most = pairs.similarity, pairs.best(pairs.similarity)
    columns |= {
        "most alike and above .5": (alike == most) & (alike > 0.5),
        "similarity squared": alike**2,
        "similarity above .75": np.maximum(alike - 0.75, 0),
        "similarity up to .5": np.minimum(alike, 0.5),
        "most similarity times the distance of ranks": most * apart,
    }
    if world.endings is not None:
        columns |= world.endings.features(source, target)
    return {name: np.asarray(values, dtype=np.float32) for name, values in columns.items()}


GROUPS: Mapping[str, Callable[[Pairs], Columns]] = {
    "geometry": geometry,
    "frequency": frequency,
    "characters": characters,
}


# What a group needs beside the maps.
OF_SPELLING = ("characters",)


def check_features(features: Any) -> list[tuple[str, str | PairFunction]]:
    """Return feature groups by name; refuse what is neither a known name nor a function."""
    if isinstance(features, str) or not isinstance(features, Sequence) or not len(features):
        raise ValueError(
            f"features must be a list of {', '.join(map(repr, GROUPS))} and of (name, function), "
            f"got {features!r}."
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
    groups: list[tuple[str, str | PairFunction]], world: World, candidates: Candidates
) -> tuple[Floats, list[tuple[str, str]]]:
    """Return the features of candidates, and of each column its group and its name."""
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
    return np.column_stack(columns).astype(np.float32), names


def _of_function(
    group: str, function: PairFunction, world: World, candidates: Candidates
) -> Columns:
    left = [world.source_words[row] for row in candidates.source]
    right = [world.target_words[row] for row in candidates.target]
    values = function(left, right)
    if isinstance(values, pd.DataFrame):
        names, table = [f"{group}: {name}" for name in values], values.to_numpy()
    else:
        table = np.asarray(values)
        table = table[:, None] if table.ndim == 1 else table
        several = table.ndim == 2 and table.shape[1] > 1
        names = [f"{group}: {number}" for number in range(table.shape[1])] if several else [group]
    if table.ndim != 2 or len(table) != len(left) or table.dtype.kind not in "biuf":
        raise ValueError(
            f"The features {group!r} have shape {table.shape} and dtype {table.dtype} for "
            f"{len(left)} pairs; return one row of numbers for each pair."
        )
    if not np.isfinite(table).all():
        raise ValueError(f"The features {group!r} hold nan or infinity; return finite numbers.")
    return {name: table[:, number].astype(np.float32) for number, name in enumerate(names)}


def _rank_within(values: Floats, starts: Rows) -> NDArray[np.intp]:
    """Return the rank of every value in its segment, from 1."""
    query = np.repeat(np.arange(len(starts) - 1), np.diff(starts))
    order = np.lexsort((-values, query))
    ranks = np.empty(len(values), dtype=np.intp)
    ranks[order] = np.arange(len(values)) - starts[:-1][query] + 1
    return ranks


def _share(each: Neighborhoods, target: Rows, cosine: Floats) -> Floats:
    """Return the log share of the source word among those near the target word.

    That is the inverted softmax, over the target's nearest source words.
    """
    counts = each.back_cosines.shape[1]
    unique, place = np.unique(target, return_inverse=True)
    scaled = each.back_cosines[unique].ravel() / np.float32(_TEMPERATURE)
    starts = np.arange(len(unique) + 1) * counts
    share = cosine / np.float32(_TEMPERATURE) - segment_log_sums(scaled, starts)[place]
    return share.astype(np.float32)


def _center_cosines(each: Neighborhoods, source: Rows, target: Rows) -> Floats:
    """Return how near the means of the two words' neighborhoods are."""
    return pair_cosines(each.source_centers, each.target_centers, source, target)
