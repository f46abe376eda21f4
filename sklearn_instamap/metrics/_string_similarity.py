"""How alike two words are spelled, across scripts."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from difflib import SequenceMatcher

import numpy as np
from numpy.typing import NDArray

from sklearn_instamap._optional import import_optional, is_installed


def romanize(words: Iterable[str]) -> list[str]:
    """Return words in lower-case ASCII letters.

    Without anyascii only marks are taken off, and words of another script stay in it.
    """
    if is_installed("anyascii"):
        anyascii = import_optional("anyascii", "Transliteration", "lexicon").anyascii
        return [anyascii(word).lower() for word in words]
    return [
        "".join(
            letter
            for letter in unicodedata.normalize("NFKD", word.casefold())
            if not unicodedata.combining(letter)
        )
        for word in words
    ]


def string_similarity(left: Iterable[str], right: Iterable[str]) -> NDArray[np.float64]:
    """Return how alike pairs of words are spelled, between 0 and 1: one less their edit distance.

    Words are transliterated first. Without rapidfuzz, difflib's ratio of the standard library.
    """
    first, second = romanize(left), romanize(right)
    if is_installed("rapidfuzz"):
        distance = import_optional("rapidfuzz.distance", "Edit distance", "lexicon")
        compare = distance.Levenshtein.normalized_similarity
    else:

        def compare(a: str, b: str) -> float:
            return SequenceMatcher(None, a, b, autojunk=False).ratio()

    return np.array([compare(a, b) for a, b in zip(first, second, strict=True)], dtype=float)
