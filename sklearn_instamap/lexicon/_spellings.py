"""How alike words are spelled: letters of one script, character n-grams, edits."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from sklearn.feature_extraction.text import TfidfVectorizer

from sklearn_instamap._fitted_parts import Parts
from sklearn_instamap._optional import install_command
from sklearn_instamap.metrics._string_similarity import has_string_packages, romanize

# Words compared with the whole other side at a time: the block of their sums is sparse, but large.
_ROWS_AT_ONCE = 256
# N-grams in a larger share of all words tell little and cost most.
_MOST_COMMON = 0.02
# First letters that are compared: no stem is longer.
_LONGEST = 24


def warn_without_packages() -> None:
    """Say once what is missing without the extra."""
    if not has_string_packages():
        warnings.warn(
            "rapidfuzz and anyascii are not installed: spellings are compared by character n-grams "
            f"alone, within one script; {install_command('lexicon')} adds edit distances and "
            "transliteration.",
            UserWarning,
            stacklevel=4,
        )


class Spellings:
    """The spellings of two vocabularies, in letters of one script, to be compared."""

    def __init__(self, source_words: Sequence[str], target_words: Sequence[str]) -> None:
        self.source, self.target = romanize(source_words), romanize(target_words)
        self.by_edits = has_string_packages()
        vectorizer = TfidfVectorizer(
            analyzer="char_wb",
            ngram_range=(2, 4),
            sublinear_tf=True,
            dtype=np.float32,
            lowercase=False,
        )
        try:
            both = vectorizer.fit_transform([*self.source, *self.target])
        except ValueError:
            # No word has a single n-gram, such as where transliteration leaves nothing.
            both = csr_matrix((len(self.source) + len(self.target), 1), dtype=np.float32)
        self._source, self._target = both[: len(self.source)], both[len(self.source) :]
        counts = np.bincount(both.indices, minlength=both.shape[1])
        rare = np.flatnonzero(counts <= max(_MOST_COMMON * both.shape[0], 20))
        self._rare_source = self._source[:, rare].tocsr()
        self._rare_target = self._target[:, rare].T.tocsr()

    def check_packages(self) -> None:
        """Refuse to compare by other means than those by which features were learned."""
        if self.by_edits and not has_string_packages():
            raise ImportError(
                "This ranker compares spellings by rapidfuzz and anyascii, which are not installed:"
                f" {install_command('lexicon')}."
            )
        if has_string_packages() and not self.by_edits:
            raise ValueError(
                "This ranker was fitted without rapidfuzz and anyascii, which are installed now; "
                "fit it again."
            )

    def _fitted_parts(self) -> Parts:
        n_grams, rare = self._source.shape[1], self._rare_source.shape[1]
        yield "n-grams of source words", self._source, (len(self.source), n_grams)
        yield "n-grams of target words", self._target, (len(self.target), n_grams)
        yield "rare n-grams of source words", self._rare_source, (len(self.source), rare)
        yield "rare n-grams of target words", self._rare_target, (rare, len(self.target))

    def similar(
        self, rows: NDArray[np.intp], n_best: int, at_least: float
    ) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Return the most similar target words of some source words.

        They are looked for by the n-grams that are not common, and measured by all.

        Returned are positions in ``rows``, increasing, and rows of the target words.
        """
        found: list[tuple[NDArray[np.intp], NDArray[np.intp]]] = []
        for start in range(0, len(rows), _ROWS_AT_ONCE):
            part = rows[start : start + _ROWS_AT_ONCE]
            product = self._rare_source[part] @ self._rare_target
            queries = np.repeat(np.arange(len(part)), np.diff(product.indptr))
            # The common n-grams can raise a cosine; a margin keeps those that they would raise.
            likely = product.data > at_least / 2
            queries, targets = queries[likely], product.indices[likely].astype(np.intp)
            values = product.data[likely]
            # The best by rare n-grams first, a few times as many as are wanted.
            keep = best_of_each(queries, targets, values, 4 * n_best)
            queries, targets = queries[keep], targets[keep]
            values = self.cosines(part[queries], targets)
            enough = values > at_least
            queries, targets, values = queries[enough], targets[enough], values[enough]
            keep = best_of_each(queries, targets, values, n_best)
            found.append((queries[keep] + start, targets[keep]))
        if not found:
            return np.zeros(0, dtype=np.intp), np.zeros(0, dtype=np.intp)
        queries, targets = (np.concatenate(side) for side in zip(*found, strict=True))
        return queries, targets

    def cosines(self, source: NDArray[np.intp], target: NDArray[np.intp]) -> NDArray[np.float32]:
        """Return the cosines of the n-grams of pairs."""
        values = np.empty(len(source), dtype=np.float32)
        for start in range(0, len(source), 16 * _ROWS_AT_ONCE):
            part = slice(start, start + 16 * _ROWS_AT_ONCE)
            product = self._source[source[part]].multiply(self._target[target[part]])
            values[part] = np.asarray(product.sum(axis=1)).ravel()
        return values

    def pairs(
        self, source: NDArray[np.intp], target: NDArray[np.intp]
    ) -> tuple[list[str], list[str]]:
        """Return the spellings of pairs."""
        return [self.source[row] for row in source], [self.target[row] for row in target]


def best_of_each(
    queries: NDArray[np.intp], targets: NDArray[np.intp], values: NDArray, n_best: int
) -> NDArray[np.intp]:
    """Return where the largest values of every query are, of equal ones the lower target first."""
    order = np.lexsort((targets, -values, queries))
    ordered = queries[order]
    first = np.searchsorted(ordered, ordered, side="left")
    return order[np.arange(len(order)) - first < n_best]


def first_letters(words: Sequence[str]) -> tuple[NDArray[np.uint32], NDArray[np.intp]]:
    """Return the first letters of words as numbers, zeros behind, and how many there are."""
    lengths = np.array([min(len(word), _LONGEST) for word in words], dtype=np.intp)
    cut = np.array([word[:_LONGEST] for word in words], dtype=f"U{_LONGEST}")
    return cut.view(np.uint32).reshape(len(words), _LONGEST), lengths


def common_beginnings(one: NDArray[np.uint32], other: NDArray[np.uint32]) -> NDArray[np.intp]:
    """Return how many letters words have in common before the first that differs."""
    return np.cumprod((one == other) & (one != 0), axis=1, dtype=np.int8).sum(axis=1)
