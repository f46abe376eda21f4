"""Words spelled alike as further pairs of a dictionary."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sklearn_instamap._space import EmbeddingSpace
from sklearn_instamap.lexicon._neighborhoods import Neighborhoods, Rows
from sklearn_instamap.lexicon._spellings import Spellings
from sklearn_instamap.metrics._string_similarity import edit_similarity, has_string_packages

# Shorter words that two languages spell alike are mostly chance.
_SHORTEST = 4
# Among how many of the nearest words cognates are looked for, and how alike they have to be.
_AMONG = 10
_ALIKE = 0.75
# The same by n-grams, without rapidfuzz.
_ALIKE_BY_NGRAMS = 0.6


def identical_pairs(
    words: Sequence[str], target: EmbeddingSpace, rows: Rows, columns: Rows
) -> tuple[Rows, Rows]:
    """Return the pairs of words spelled alike of which neither is in a dictionary already.

    The dictionary and the pairs found are rows of the two spaces.
    """
    found = target.indices(words)
    kept = np.array([len(word) >= _SHORTEST and word.isalpha() for word in words], dtype=bool)
    kept &= found >= 0
    kept[rows] = False
    kept &= ~np.isin(found, columns)
    alike = np.flatnonzero(kept)
    return alike, found[alike]


def mined_cognates(
    nearest: Neighborhoods, spellings: Spellings, rows: Rows, columns: Rows
) -> tuple[Rows, Rows]:
    """Return pairs of near words that are spelled much alike, one to one.

    No word of the dictionary is taken, which, like the pairs found, is rows of the two spaces.
    """
    long_source = np.array([len(word) >= _SHORTEST for word in spellings.source], dtype=bool)
    long_target = np.array([len(word) >= _SHORTEST for word in spellings.target], dtype=bool)
    long_source[rows] = False
    long_target[columns] = False
    listed = nearest.listed[:, :_AMONG].astype(np.intp)
    source = np.repeat(np.arange(len(listed)), listed.shape[1])
    target, score = listed.ravel(), nearest.listed_scores[:, :_AMONG].ravel()
    possible = np.flatnonzero(long_source[source] & long_target[target])
    source, target, score = source[possible], target[possible], score[possible]
    if has_string_packages():
        similarity, least = edit_similarity(*spellings.pairs(source, target)), _ALIKE
    else:
        similarity, least = spellings.cosines(source, target), _ALIKE_BY_NGRAMS
    alike = np.flatnonzero(similarity >= least)
    # The most alike first, of these the nearest; each word once.
    alike = alike[np.lexsort((-score[alike], -similarity[alike]))]
    taken: tuple[set[int], set[int]] = set(), set()
    chosen = []
    for place in alike:
        pair = int(source[place]), int(target[place])
        if pair[0] not in taken[0] and pair[1] not in taken[1]:
            taken[0].add(pair[0])
            taken[1].add(pair[1])
            chosen.append(place)
    kept = np.sort(np.array(chosen, dtype=np.intp))
    return source[kept], target[kept]
