"""The candidates of every source word: the nearest in any map, those spelled alike, known ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sklearn_instamap.lexicon._dictionary_words import KnownPairs
from sklearn_instamap.lexicon._neighborhoods import Neighborhoods, Rows
from sklearn_instamap.lexicon._spellings import Spellings

# How many words spelled alike are candidates, and how alike they have to be.
N_SPELLED = 10
LEAST_SPELLED = 0.35


@dataclass(frozen=True)
class Candidates:
    """Pairs of a source word and a target word, word by word.

    ``sources`` are rows of the source words asked for, ``starts`` where the candidates of each of
    them begin, and ``target`` rows of the candidates, increasing for each source word. Of
    ``origin`` bit m is set for the best of map m; the bits after those for words spelled alike, and
    in the dictionary.
    """

    sources: Rows
    starts: Rows
    target: Rows
    origin: NDArray[np.uint32]

    @property
    def query(self) -> Rows:
        """For every candidate the position of its source word."""
        return np.repeat(np.arange(len(self.sources)), np.diff(self.starts))

    @property
    def source(self) -> Rows:
        """For every candidate the row of its source word."""
        return np.repeat(self.sources, np.diff(self.starts))

    def __len__(self) -> int:
        return len(self.target)


def find_candidates(
    sources: Rows,
    maps: Sequence[Neighborhoods],
    spellings: Spellings | None,
    n_candidates: int,
    known: KnownPairs | None = None,
) -> Candidates:
    """Return the candidates of source words: ``n_candidates`` of each map, and those spelled alike.

    What a dictionary knows is a candidate whatever the maps say.
    """
    positions = np.arange(len(sources))
    # By the bit of their origin: positions of source words, and rows of target words.
    parts: dict[int, tuple[Rows, Rows]] = {}
    for number, each in enumerate(maps):
        listed = each.listed[sources, :n_candidates]
        parts[number] = np.repeat(positions, listed.shape[1]), listed.ravel().astype(np.intp)
    if spellings is not None:
        parts[len(maps)] = spellings.similar(sources, N_SPELLED, LEAST_SPELLED)
    if known is not None:
        parts[len(maps) + 1] = known.of(sources)
    query, target = (np.concatenate(side) for side in zip(*parts.values(), strict=True))
    bit = np.concatenate(
        [np.full(len(found), 1 << place, np.uint32) for place, (_, found) in parts.items()]
    )
    order = np.lexsort((target, query))
    query, target, bit = query[order], target[order], bit[order]
    new = np.flatnonzero(np.r_[True, (query[1:] != query[:-1]) | (target[1:] != target[:-1])])
    counts = np.bincount(query[new], minlength=len(sources))
    return Candidates(
        sources,
        np.concatenate([[0], np.cumsum(counts)]),
        target[new],
        np.bitwise_or.reduceat(bit, new).astype(np.uint32),
    )
