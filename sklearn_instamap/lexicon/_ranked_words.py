"""Some words and their candidates with probabilities, as a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array

from sklearn_instamap._words import text_index
from sklearn_instamap.lexicon._candidates import Candidates
from sklearn_instamap.lexicon._dictionary_words import KnownPairs
from sklearn_instamap.lexicon._neighborhoods import Neighborhoods, Rows


@dataclass(frozen=True)
class RankedWords:
    """Some source words, their candidates, how probable each is, and how probable that none is
    right.
    """

    candidates: Candidates
    probability: NDArray[np.floating]
    none: NDArray[np.floating]

    @property
    def order(self) -> Rows:
        """The order of candidates word by word, the most probable first."""
        return np.lexsort((self.candidates.target, -self.probability, self.candidates.query))

    def frame(
        self,
        n_best: int | None,
        min_probability: float,
        *,
        source_words: Sequence[str],
        target_words: Sequence[str],
        known: KnownPairs,
        maps: Sequence[Neighborhoods],
        names: Sequence[str],
    ) -> pd.DataFrame:
        """Return the best of each word as a table, those that are probable enough.

        ``names`` say what the maps are called.
        """
        candidates, order = self.candidates, self.order
        query = candidates.query[order]
        rank = np.arange(len(order)) - candidates.starts[:-1][query] + 1
        kept = self.probability[order] >= min_probability
        if n_best is not None:
            kept &= rank <= n_best
        order, query, rank = order[kept], query[kept], rank[kept]
        source, target = candidates.sources[query], candidates.target[order]
        mutual = np.zeros(len(order), dtype=bool)
        for each in maps:
            mutual |= each.is_mutual(source, target)
        return pd.DataFrame(
            {
                "source": text_index(take(source_words, source)),
                "target": text_index(take(target_words, target)),
                "probability": self.probability[order],
                "rank": rank,
                "known": known.contain(source, target),
                "mutual": mutual,
                "origin": _origins(candidates.origin[order], [*names, "spelling", "dictionary"]),
                "no_translation": self.none[query],
            }
        )


def take(words: Sequence[str], rows: Rows) -> NDArray[np.object_]:
    """Return the words of rows."""
    taken = np.empty(len(rows), dtype=object)
    taken[:] = [words[row] for row in rows]
    return taken


def _origins(bits: NDArray[np.uint32], names: list[str]) -> NDArray[np.object_]:
    kinds, place = np.unique(bits, return_inverse=True)
    texts = [
        "+".join(name for number, name in enumerate(names) if kind >> number & 1) for kind in kinds
    ]
    return np.array(texts, dtype=object)[place]


def sparse_probabilities(parts: Sequence[RankedWords], n_target: int) -> csr_array:
    """Return the probabilities of all words, the last column being that none is right."""
    data, indices, counts = [], [], [np.zeros(1, dtype=np.intp)]
    for ranked in parts:
        starts = ranked.candidates.starts
        data.append(np.insert(ranked.probability, starts[1:], ranked.none))
        indices.append(np.insert(ranked.candidates.target, starts[1:], n_target))
        counts.append(np.diff(starts) + 1)
    starts = np.cumsum(np.concatenate(counts))
    shape = (len(starts) - 1, n_target + 1)
    if not parts:
        return csr_array(shape)
    return csr_array((np.concatenate(data), np.concatenate(indices), starts), shape=shape)
