"""The words a ranker is given: a dictionary's two sides, their rows, and what is known."""

from __future__ import annotations

import warnings
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.validation import check_consistent_length

from sklearn_instamap._space import EmbeddingSpace
from sklearn_instamap._words import check_words, refuse_missing
from sklearn_instamap.lexicon._logit import segment_members
from sklearn_instamap.lexicon._neighborhoods import Rows


def words_of(given: Any, name: str) -> tuple[str, ...]:
    """Return words, or refuse vectors."""
    if not isinstance(given, list | tuple) and np.ndim(given) != 1:
        raise ValueError(
            f"{name} must be words, an array-like of str of one dimension, got shape "
            f"{np.shape(given)}; give the words and not their vectors."
        )
    return check_words(given, name)


def asked_words(given: Any) -> tuple[str, ...]:
    """Return the words asked for: one, or several in an array-like or from an iterator."""
    if isinstance(given, str):
        return words_of([given], "words")
    return words_of(list(given) if isinstance(given, Iterator) else given, "words")


def pair_words(X: Any, y: Any) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the two sides of a dictionary."""
    if y is None:
        raise ValueError(
            "LexiconRanker requires y to be passed, but the target y is None: give the "
            "translations of the words in X."
        )
    words, translations = words_of(X, "X"), words_of(y, "y")
    check_consistent_length(words, translations)
    return words, translations


def pair_rows(
    words: tuple[str, ...],
    translations: tuple[str, ...],
    source: EmbeddingSpace,
    target: EmbeddingSpace,
) -> tuple[Rows, Rows]:
    """Return the rows of a dictionary's pairs that are in both vocabularies, each pair once."""
    rows, columns = source.indices(words), target.indices(translations)
    found = (rows >= 0) & (columns >= 0)
    hint = "are both lower-cased, and are source and target the right way around?"
    text = f"{found.sum()} of the dictionary's {len(found)} pairs are in the two spaces; {hint}"
    if not found.any():
        raise ValueError(text)
    if found.mean() < 0.5:
        warnings.warn(text, UserWarning, stacklevel=3)
    rows, columns = rows[found], columns[found]
    first = np.sort(np.unique(rows * target.n_words + columns, return_index=True)[1])
    return rows[first], columns[first]


def word_rows(words: Any, vocabulary: Sequence[str]) -> Rows:
    """Return the rows of words asked for, or say which there are not."""
    asked = asked_words(words)
    index = {word: row for row, word in enumerate(vocabulary)}
    refuse_missing([word for word in asked if word not in index], len(asked))
    return np.array([index[word] for word in asked], dtype=np.intp)


class KnownPairs:
    """The pairs of a dictionary, rows of the two spaces, to be looked up."""

    def __init__(self, rows: Rows, columns: Rows, n_target: int) -> None:
        self.n_target = n_target
        # A pair as one number; all pairs of a source word stand together.
        self.codes = np.unique(rows * n_target + columns)

    def contain(self, source: Rows, target: Rows) -> NDArray[np.bool_]:
        """Tell which pairs are in the dictionary."""
        return np.isin(source * self.n_target + target, self.codes)

    def of(self, source: Rows) -> tuple[Rows, Rows]:
        """Return positions in ``source``, and the translations of the words there."""
        begin = np.searchsorted(self.codes, source * self.n_target)
        counts = np.searchsorted(self.codes, (source + 1) * self.n_target) - begin
        position, places = segment_members(begin, counts)
        return position, self.codes[places] % self.n_target


def in_vocabulary(
    pairs: Iterable[tuple[str, str]], source: Collection[str], target: Collection[str]
) -> list[tuple[str, str]]:
    """Return the pairs of which both words are in the vocabularies; there must be some."""
    known = set(source), set(target)
    found = [pair for pair in pairs if pair[0] in known[0] and pair[1] in known[1]]
    if not found:
        raise ValueError("None of the pairs to score has both its words in the spaces.")
    return found


def norms_of(vectors: NDArray[np.floating]) -> NDArray[np.float32]:
    """Return the lengths of vectors, never zero."""
    squares = np.einsum("ij,ij->i", vectors, vectors, dtype=np.float64)
    return np.maximum(np.sqrt(squares), 1e-12).astype(np.float32)
