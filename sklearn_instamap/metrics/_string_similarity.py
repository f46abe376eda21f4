"""How alike two words are spelled, across scripts."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from difflib import SequenceMatcher

import numpy as np
from numpy.typing import NDArray

from sklearn_instamap._optional import import_optional, is_installed


def has_string_packages() -> bool:
    """Tell whether rapidfuzz and anyascii, of the extra ``lexicon``, are installed."""
    return is_installed("rapidfuzz") and is_installed("anyascii")


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


def edit_features(left: Sequence[str], right: Sequence[str]) -> dict[str, NDArray[np.float32]]:
    """Return edit similarity, common beginnings and ends of pairs of spellings, by rapidfuzz."""
    distance = import_optional("rapidfuzz.distance", "Edit distance", "lexicon")
    levenshtein = distance.Levenshtein.normalized_similarity
    prefix, postfix = distance.Prefix.similarity, distance.Postfix.similarity
    similarity, begin, end = (
        np.fromiter(map(function, left, right), dtype=np.float32, count=len(left))
        for function in (levenshtein, prefix, postfix)
    )
    longest = np.fromiter(
        (max(len(a), len(b), 1) for a, b in zip(left, right, strict=True)),
        dtype=np.float32,
        count=len(left),
    )
    return {
        "edit similarity": similarity,
        "edit similarity above .6": np.maximum(similarity - np.float32(0.6), 0),
        "common beginning": begin / longest,
        "common end": end / longest,
    }


def edit_similarity(left: Sequence[str], right: Sequence[str]) -> NDArray[np.float32]:
    """Return one less the normalized edit distance of pairs of spellings, by rapidfuzz."""
    distance = import_optional("rapidfuzz.distance", "Edit distance", "lexicon")
    compare = distance.Levenshtein.normalized_similarity
    return np.fromiter(map(compare, left, right), dtype=np.float32, count=len(left))
