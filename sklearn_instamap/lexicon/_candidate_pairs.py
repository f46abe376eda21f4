"""Candidates, and what several groups of features ask of them, computed once."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from sklearn_instamap.lexicon._candidates import Candidates
from sklearn_instamap.lexicon._world import World
from sklearn_instamap.metrics._string_similarity import edit_similarity, has_string_packages

Floats = NDArray[np.float32]
Columns = dict[str, Floats]


@dataclass
class Pairs:
    """Candidates, and what several groups of features ask of them, computed once."""

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
            total += csls / each.spread
        return (total / len(self.world.maps)).astype(np.float32, copy=False)

    @cached_property
    def gap(self) -> Floats:
        """How far the mean is below that of the word's best candidate."""
        return self.mean_csls - self.best(self.mean_csls)

    @cached_property
    def rank_distance(self) -> Floats:
        """Distance of the logarithms of both words' frequency ranks."""
        source, target = self.candidates.source, self.candidates.target
        return np.abs(np.log1p(source) - np.log1p(target)).astype(np.float32)

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

    def best(self, values: Floats) -> Floats:
        """Return for every candidate the largest value among its word's candidates."""
        starts = self.candidates.starts
        return np.repeat(np.maximum.reduceat(values, starts[:-1]), np.diff(starts))

    def ranks(self, values: Floats) -> NDArray[np.intp]:
        """Return the rank of every value among its word's candidates, from 1."""
        query, starts = self.candidates.query, self.candidates.starts
        order = np.lexsort((-values, query))
        ranks = np.empty(len(values), dtype=np.intp)
        ranks[order] = np.arange(len(values)) - starts[:-1][query] + 1
        return ranks


def single_precision(columns: dict[str, NDArray]) -> Columns:
    """Return columns in single precision."""
    return {name: np.asarray(values, dtype=np.float32) for name, values in columns.items()}
