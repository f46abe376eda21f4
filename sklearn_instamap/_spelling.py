"""How words are spelled: Unicode's normal forms, and casing that knows the language."""

from __future__ import annotations

import unicodedata
from typing import Any, Literal, TypeAlias

from sklearn_instamap._check import check_option

Lowercase: TypeAlias = bool | Literal["tr", "az"]
"""Whether to lower-case: by Unicode's general rules, or by those of Turkish and Azerbaijani."""

NormalForm: TypeAlias = Literal["NFC", "NFD", "NFKC", "NFKD"] | None
"""One of Unicode's normal forms, or None to leave words as they are."""

_FORMS = ("NFC", "NFD", "NFKC", "NFKD")
_LOCALES = ("tr", "az")
# In these languages I is the capital of a dotless i, and the capital of i has a dot.
_DOTTED = str.maketrans({"I": "ı", "İ": "i"})


class Spelling:
    """What is done to every word that is read; ValueError if it is none of these."""

    def __init__(self, lowercase: Any, unicode_normalization: Any) -> None:
        check_option("lowercase", lowercase, (True, False, *_LOCALES))
        check_option("unicode_normalization", unicode_normalization, (*_FORMS, None))
        self.lowercase: Lowercase = lowercase
        self.form: NormalForm = unicode_normalization

    def __call__(self, word: str) -> str:
        """Return a word in the spelling asked for."""
        if word.isascii() and self.lowercase in (True, False):
            return word.lower() if self.lowercase else word
        # Before, so that I with a separate dot is one letter; after, because lower() undoes it.
        word = self._normalize(word)
        return self._normalize(lower(word, self.lowercase)) if self.lowercase else word

    def _normalize(self, word: str) -> str:
        return word if self.form is None else unicodedata.normalize(self.form, word)


def lower(word: str, lowercase: Lowercase) -> str:
    """Return a word in lower case, by the rules of a language where one is named."""
    return (word.translate(_DOTTED) if lowercase in _LOCALES else word).lower()


def same_form(word: str) -> str:
    """Return the form in which words are compared: two spellings of one text are one word."""
    return unicodedata.normalize("NFC", word)
