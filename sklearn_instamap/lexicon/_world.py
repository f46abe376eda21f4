"""All that features are computed from: the maps fitted on some pairs, and the spellings."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sklearn_instamap._fitted_parts import Parts
from sklearn_instamap._space import EmbeddingSpace
from sklearn_instamap.lexicon._anchors import Anchors
from sklearn_instamap.lexicon._cognates import identical_pairs, mined_cognates
from sklearn_instamap.lexicon._dictionary_words import norms_of
from sklearn_instamap.lexicon._endings import EndingAssociation
from sklearn_instamap.lexicon._headwords import Headwords
from sklearn_instamap.lexicon._members import fit_map
from sklearn_instamap.lexicon._neighborhoods import Neighborhoods, Rows
from sklearn_instamap.lexicon._spellings import Spellings

Floats = NDArray[np.float32]


@dataclass
class World:
    """All that features are computed from: the spaces, their maps, their spellings.

    Norms and target vectors are those before any map. There are no spellings where no feature is of
    characters, and no headwords, anchors and relatives where none asks for them; these and endings
    are learned from the pairs the maps were fitted on.
    """

    source_words: Sequence[str]
    target_words: Sequence[str]
    source_norms: Floats
    target_norms: Floats
    names: list[str]
    maps: list[Neighborhoods]
    spellings: Spellings | None
    endings: EndingAssociation | None
    headwords: Headwords | None
    anchors: Anchors | None
    relatives: Anchors | None
    target_vectors: NDArray[np.floating]

    def _fitted_parts(self) -> Parts:
        sizes = len(self.source_words), len(self.target_words)
        yield "source_norms", self.source_norms, (sizes[0],)
        yield "target_norms", self.target_norms, (sizes[1],)
        yield "target_vectors", self.target_vectors, (sizes[1], np.shape(self.target_vectors)[1])
        yield "as many names as maps,", len(self.names), len(self.maps)
        for place, each in enumerate(self.maps):
            yield f"maps[{place}] of as many source words:", len(each.source), sizes[0]
            yield f"maps[{place}] of as many target words:", len(each.target), sizes[1]
        if self.spellings is not None:
            yield "as many spellings of source words:", len(self.spellings.source), sizes[0]
            yield "as many spellings of target words:", len(self.spellings.target), sizes[1]
        for learned in (self.endings, self.headwords, self.anchors, self.relatives):
            if learned is not None:
                yield from learned.sizes(*sizes)

    @cached_property
    def usual_difference_of_norms(self) -> float:
        """Difference of the median log lengths of both sides."""
        return float(np.median(np.log(self.source_norms)) - np.median(np.log(self.target_norms)))


class WorldMaker:
    """Makes the world of any part of a dictionary: of a fold, and of all of it.

    Of what is learned from pairs, that is made which the groups of features ``asked`` for need.
    ``spelling_pairs`` says which words spelled alike join the pairs. Cognates are found in the map
    of the first aligner, fitted on the dictionary alone, and fit all others; an only aligner is
    fitted again with them.
    """

    def __init__(
        self,
        source: EmbeddingSpace,
        target: EmbeddingSpace,
        aligners: list[tuple[str, Any]],
        spelling_pairs: str | None,
        spellings: Spellings | None,
        asked: Collection[str],
        options: dict[str, Any],
    ) -> None:
        self._source, self._target = source, target
        self._aligners = aligners
        self._spelling_pairs = spelling_pairs
        self._spellings = spellings
        self._asked = asked
        self._options = options
        self._norms = norms_of(source.vectors), norms_of(target.vectors)

    def __call__(self, rows: Rows, columns: Rows, *, itself: float = 0.0) -> World:
        """Return the world of some pairs: rows of the spaces.

        ``itself`` is how related a target word of these pairs is to itself.
        """
        names: list[str] = []
        maps: list[Neighborhoods] = []
        more: tuple[Rows, Rows] = (rows[:0], columns[:0])
        others = self._aligners
        if self._spelling_pairs == "identical":
            more = identical_pairs(self._source.words, self._target, rows, columns)
        elif self._spelling_pairs == "cognates":
            name, aligner = self._aligners[0]
            first = self._fit(aligner, rows, columns)
            assert self._spellings is not None
            more = mined_cognates(first, self._spellings, rows, columns)
            alone = len(self._aligners) == 1
            others = self._aligners if alone else self._aligners[1:]
            names.append(f"{name}, dictionary alone" if alone else name)
            maps.append(first)
        all_rows, all_columns = np.concatenate([rows, more[0]]), np.concatenate([columns, more[1]])
        for name, aligner in others:
            names.append(name)
            again = len(self._aligners) == len(maps) == 1 and not len(more[0])
            maps.append(maps[0] if again else self._fit(aligner, all_rows, all_columns))
        endings = None
        if self._spellings is not None:
            endings = EndingAssociation(
                self._spellings.source, self._spellings.target, rows, columns
            )
        vectors = self._source.vectors, self._target.vectors
        headwords = anchors = relatives = None
        if "headwords" in self._asked:
            headwords = Headwords(*vectors, rows, columns)
        if "anchors" in self._asked:
            anchors = Anchors.near(maps[-1], (rows, columns), itself)
        if "relatives" in self._asked:
            assert self._spellings is not None
            both = self._spellings.source, self._spellings.target
            relatives = Anchors.of_stems(both, vectors, (rows, columns), itself)
        return World(
            self._source.words,
            self._target.words,
            *self._norms,
            names,
            maps,
            self._spellings,
            endings,
            headwords,
            anchors,
            relatives,
            self._target.vectors,
        )

    def _fit(self, aligner: Any, rows: Rows, columns: Rows) -> Neighborhoods:
        return fit_map(aligner, self._source, self._target, rows, columns, **self._options)
