"""Pairs of the dictionary that speak for a candidate: their words are related to its two words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from sklearn_instamap._engine import top_k
from sklearn_instamap._fitted_parts import Parts
from sklearn_instamap.lexicon._logit import segment_members
from sklearn_instamap.lexicon._neighborhoods import Neighborhoods, Rows
from sklearn_instamap.lexicon._spellings import best_of_each, common_beginnings, first_letters
from sklearn_instamap.metrics._maps import pair_cosines

Floats = NDArray[np.float32]

# Words of the dictionary near a word.
_N_NEAR = 8
# Letters that a common stem has at least, and at least what share of the shorter word it is.
_SHORTEST = 3
_SHARE = 0.5
# Least cosine of two words of one stem: words that only begin alike are not related.
_LEAST_COSINE = 0.2
# Words of the dictionary of one stem that are kept, the most related.
_MOST = 50
# Pairs of words whose letters are compared at a time.
_AT_ONCE = 200_000

# How related a target word of the dictionary is to itself, where words are answered. It cannot be
# learned, as held-out words are in no pair. Were it 0, the other forms of a word that is listed as
# the translation of a relative would be preferred to that word.
ITSELF = 0.25


class Anchors:
    """How related every word of two spaces is to the words of the dictionary's pairs.

    ``source`` and ``target`` have a row for each word and a column for each pair, mostly zero. A
    source word is not related to itself, and a target word by as much as ``itself`` says.
    """

    def __init__(
        self, source: csr_matrix, target: csr_matrix, target_rows: Rows, itself: float
    ) -> None:
        self._source, self._target = source, target
        if itself:
            own = np.full(len(target_rows), itself, dtype=np.float32)
            places = target_rows, np.arange(len(target_rows))
            self._target = target + csr_matrix((own, places), shape=target.shape)

    @classmethod
    def near(cls, each: Neighborhoods, rows: tuple[Rows, Rows], itself: float) -> Self:
        """Relate words to those nearest in their own language, by the cosine in a map."""
        source, target = (
            _nearest(vectors, of_side, each.n_jobs)
            for vectors, of_side in zip((each.source, each.target), rows, strict=True)
        )
        return cls(source, target, rows[1], itself)

    @classmethod
    def of_stems(
        cls,
        spellings: tuple[Sequence[str], Sequence[str]],
        vectors: tuple[NDArray[np.floating], NDArray[np.floating]],
        rows: tuple[Rows, Rows],
        itself: float,
    ) -> Self:
        """Relate words to those that begin alike and are near, in both sides' own spaces."""
        source, target = (
            _same_stem(*of_side) for of_side in zip(spellings, vectors, rows, strict=True)
        )
        return cls(source, target, rows[1], itself)

    def sizes(self, n_source: int, n_target: int) -> Parts:
        """Yield what was found, and how much of it there must be for so many words."""
        n_pairs = self._source.shape[1]
        yield "source words related to pairs", self._source, (n_source, n_pairs)
        yield "target words related to pairs", self._target, (n_target, n_pairs)

    def features(self, source: Rows, target: Rows, what: str) -> dict[str, Floats]:
        """Return whether pairs are related to both words, how much at most, and all together."""
        both = self._source[source].multiply(self._target[target]).tocsr()
        most = both.max(axis=1).toarray().ravel()
        return {
            f"some {what}": (most > 0).astype(np.float32),
            f"most related of {what}": most,
            f"log sum of {what}": np.log1p(np.asarray(both.sum(axis=1)).ravel()),
        }


def _nearest(vectors: Floats, rows: Rows, n_jobs: int | None) -> csr_matrix:
    """Relate every word to the nearest of the dictionary, by their cosine."""
    words = np.unique(rows)
    cosines, places = top_k(vectors, vectors[words], min(_N_NEAR + 1, len(words)), n_jobs=n_jobs)
    word = np.repeat(np.arange(len(vectors)), places.shape[1])
    return _of_pairs(word, places.ravel(), cosines.ravel(), len(vectors), rows, _N_NEAR)


def _same_stem(spellings: Sequence[str], vectors: NDArray[np.floating], rows: Rows) -> csr_matrix:
    """Relate words to those of the dictionary of one stem: by cosine and share of the stem."""
    words = np.unique(rows)
    letters, lengths = first_letters(spellings)
    found: list[tuple[Rows, Rows, Floats]] = [(words[:0], words[:0], np.zeros(0, np.float32))]
    for word, place in _begin_alike(letters, words):
        other = words[place]
        common = common_beginnings(letters[word], letters[other])
        shorter = np.minimum(lengths[word], lengths[other])
        alike = common >= np.maximum(_SHORTEST, _SHARE * shorter)
        word, place, other, common = word[alike], place[alike], other[alike], common[alike]
        share = common / np.maximum(lengths[word], lengths[other])
        cosines = pair_cosines(vectors, vectors, word, other)
        near = cosines > _LEAST_COSINE
        related = (cosines * share).astype(np.float32)
        found.append((word[near], place[near], related[near]))
    word, place, related = (np.concatenate(each) for each in zip(*found, strict=True))
    return _of_pairs(word, place, related, len(spellings), rows, _MOST)


def _begin_alike(letters: NDArray[np.uint32], words: Rows) -> Iterator[tuple[Rows, Rows]]:
    """Yield rows, and places among some words, that have the same first letters, some at a time."""
    _, keys = np.unique(letters[:, :_SHORTEST], axis=0, return_inverse=True)
    keys = keys.ravel()
    order = np.argsort(keys[words], kind="stable")
    begin, end = (np.searchsorted(keys[words][order], keys, side) for side in ("left", "right"))
    counts = end - begin
    ends = np.cumsum(counts)
    start = 0
    while start < len(keys):
        stop = max(start + 1, int(np.searchsorted(ends, ends[start] + _AT_ONCE)))
        word, place = segment_members(begin[start:stop], counts[start:stop])
        yield start + word, order[place]
        start = stop


def _of_pairs(
    word: Rows, place: Rows, related: Floats, n_words: int, rows: Rows, most: int
) -> csr_matrix:
    """Return words by pairs: of the words of the dictionary, by place, the most related are kept.

    What is not related at all, and a word to itself, is left out.
    """
    words, of_pair = np.unique(rows, return_inverse=True)
    kept = np.flatnonzero((related > 0) & (words[place] != word))
    kept = kept[best_of_each(word[kept], place[kept], related[kept], most)]
    shape = n_words, len(words)
    of_words = csr_matrix((related[kept], (word[kept], place[kept])), shape=shape)
    ones = np.ones(len(rows), dtype=np.float32)
    pairs = csr_matrix((ones, (of_pair, np.arange(len(rows)))), shape=(len(words), len(rows)))
    return (of_words @ pairs).tocsr()
