"""Which endings a dictionary's target words have, given those of the source words: morphology."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from sklearn_instamap._fitted_parts import Parts, Within

Rows = NDArray[np.intp]

# Letters of the endings of the source and of the target word; 0 is any source word.
_OF_SOURCE = (0, 1, 2, 3)
_OF_TARGET = (1, 2, 3, 4)
# How many pairs the shorter ending counts for when a longer one is looked at.
_PRIOR = 5.0


class EndingAssociation:
    """Log ratios of the probability of a target ending in the dictionary and in the vocabulary.

    The probability of the ending of a target word given the last j letters of the source word is
    smoothed towards that given j - 1 letters, and with j = 0 towards the ending's share of the
    target vocabulary. Dictionaries list base forms: the first ratio tells how much more of an
    ending they have than the vocabulary, the second how much more where the source word ends as
    it does.
    """

    def __init__(
        self, source: Sequence[str], target: Sequence[str], source_rows: Rows, target_rows: Rows
    ) -> None:
        of_source = [_endings(source, length) for length in _OF_SOURCE]
        self._of_source = of_source
        self._counts = [np.bincount(codes[source_rows], minlength=n) for codes, n in of_source]
        self._of_target = []
        for length in _OF_TARGET:
            codes, n = _endings(target, length)
            share = (np.bincount(codes, minlength=n) + 0.5) / (len(target) + 0.5 * n)
            ones = np.ones(len(source_rows))
            joint = [
                csr_matrix((ones, (each[source_rows], codes[target_rows])), shape=(m, n))
                for each, m in of_source
            ]
            self._of_target.append((length, codes, share, joint))

    def sizes(self, n_source: int, n_target: int) -> Parts:
        """Yield what was counted, and how much of it there must be for so many words."""
        for (codes, n), count in zip(self._of_source, self._counts, strict=True):
            yield "endings of source words", codes, (n_source,)
            yield "endings of source words", codes, Within(n)
            yield "counts of endings", count, (n,)
        for _, codes, share, joint in self._of_target:
            yield "endings of target words", codes, (n_target,)
            yield "endings of target words", codes, Within(len(share))
            yield "shares of endings", share, (len(share),)
            for (_, n), counts in zip(self._of_source, joint, strict=True):
                yield "pairs of endings", counts, (n, len(share))

    def features(self, source: Rows, target: Rows) -> dict[str, NDArray[np.float32]]:
        """Return both log ratios of pairs, for each length of the target's ending."""
        columns = {}
        for length, codes, share, joint in self._of_target:
            ending = codes[target]
            in_vocabulary = share[ending]
            probability, of_any = in_vocabulary, in_vocabulary
            for (of_source, _), count, pairs in zip(
                self._of_source, self._counts, joint, strict=True
            ):
                given = of_source[source]
                together = np.asarray(pairs[given, ending]).ravel()
                probability = (together + _PRIOR * probability) / (count[given] + _PRIOR)
                if of_source is self._of_source[0][0]:
                    of_any = probability
            columns[f"last {length} letters, dictionary to vocabulary"] = np.log(
                of_any / in_vocabulary
            ).astype(np.float32)
            columns[f"last {length} letters, given those of the source"] = np.log(
                probability / of_any
            ).astype(np.float32)
        return columns


def _endings(words: Sequence[str], length: int) -> tuple[Rows, int]:
    """Return a number for the ending of every word, and how many there are."""
    endings = np.array([word[-length:] if length else "" for word in words], dtype=object)
    codes, distinct = pd.factorize(endings)
    return codes, len(distinct)
