"""Why so few pairs are found: what would find more, tried out."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from html import unescape
from typing import Any

import pandas as pd

from sklearn_instamap._spelling import lower
from sklearn_instamap._wording import argument
from sklearn_instamap._words import show_exactly, show_word

_TRIED_WORDS = 200_000
_SHOWN_WAYS = 3
_SHOWN_WORDS = 3
# ConceptNet's way to name the language of a word, and what part of speech it is.
_PREFIX = re.compile(r"/c/[a-z]{2,3}(_[a-z]+)?/|(?<=\w)/[nvars](/.*)?$")
# As in en:house, en_house, ENTITY/House; house_NOUN, house#en; and of pieces of words.
_OTHER_PREFIX = re.compile(r"[a-z]{2,3}[:/#_]{1,2}(?=\w)|[A-Z_]{3,}/")
_TAG = re.compile(r"(?<=\w)(_[A-Z]{1,6}\$?|[#@/][a-z]{1,4})$")
_PIECE = re.compile("^(?:\u2581|\u0120|##)(?=.)|(?<=.)(?:@@|</w>)$")
_PLAIN_MARKS = str.maketrans({**dict.fromkeys("’‘ʼ`´′", "'"), **dict.fromkeys("‐‑‒–−", "-")})
_BETWEEN_PARTS = str.maketrans("", "", " _-")
_QUOTES = "\"'«»„“”‟‹›"
# The same letters, as Arabic and as Persian keyboards write them.
_ARABIC = str.maketrans({"ك": "ک", "ي": "ی", "ى": "ی"})


@dataclass(frozen=True)
class _Way:
    """A way to spell words, under which more pairs may be found."""

    fold: Callable[[str], str]
    advice: str
    # The argument that asks for it, which stands for {} in the advice.
    setting: tuple[str, Any] | None = None
    # Whether the difference cannot be seen.
    is_invisible: bool = False
    # Whether it does what the way before it does, and more.
    is_stronger: bool = False

    @property
    def text(self) -> str:
        """The advice, which names the argument as it is named where the message is read."""
        return self.advice if self.setting is None else self.advice.format(argument(*self.setting))


def _bare(word: str) -> str:
    """Return a word without accents, vowel points and letters that only lengthen."""
    if word.isascii():
        return word
    parts = unicodedata.normalize("NFD", word.replace("\u0640", ""))
    return "".join(part for part in parts if unicodedata.category(part) != "Mn")


def _visible(word: str) -> str:
    """Return a word without soft hyphens and the like, with every blank an ordinary one."""
    return "".join(
        " " if unicodedata.category(character) == "Zs" else character
        for character in word
        if unicodedata.category(character) != "Cf"
    ).strip()


def _everything(word: str) -> str:
    word = _without_prefix(unicodedata.normalize("NFKC", _repaired(word)))
    word = _visible(word).translate(_PLAIN_MARKS).translate(_ARABIC)
    return unicodedata.normalize("NFKC", _joined(_without_quotes(word)).casefold())


def _without_prefix(word: str) -> str:
    return _PREFIX.sub("", word)


def _joined(word: str) -> str:
    return word.translate(_BETWEEN_PARTS) or word


def _without_quotes(word: str) -> str:
    return word.strip(_QUOTES) or word


def _repaired(word: str) -> str:
    """Return a word whose UTF-8 was read as if each byte were a letter, as it should be."""
    if word.isascii():
        return unescape(word) if "&" in word else word
    for encoding in ("cp1252", "latin-1"):
        with suppress(UnicodeError):
            return word.encode(encoding).decode("utf-8")
    return word


_FORM = "unicode_normalization"
_WAYS = (
    _Way(str.lower, "all words in lower case ({})", ("lowercase", True)),
    _Way(
        lambda word: lower(word, "tr"),
        "the lower case of Turkish ({})",
        ("lowercase", "tr"),
        is_stronger=True,
    ),
    _Way(str.casefold, "ss for \u00df and the like (str.casefold)", is_stronger=True),
    _Way(lambda word: unicodedata.normalize("NFC", word), "{}", (_FORM, "NFC"), is_invisible=True),
    _Way(
        lambda word: unicodedata.normalize("NFKC", word),
        "{}",
        (_FORM, "NFKC"),
        is_invisible=True,
        is_stronger=True,
    ),
    _Way(_bare, "accents and vowel points removed", is_invisible=True, is_stronger=True),
    _Way(lambda word: word.replace(" ", "_"), "_ in place of blanks"),
    _Way(_joined, "blanks, _ and hyphens removed", is_stronger=True),
    _Way(_without_prefix, "the prefix /c/xx/ removed"),
    _Way(lambda word: _OTHER_PREFIX.sub("", word, count=1), "prefixes such as en: removed"),
    _Way(lambda word: _TAG.sub("", word), "tags such as _NOUN removed"),
    _Way(lambda word: _PIECE.sub("", word), "marks of pieces of words removed"),
    _Way(_visible, "soft hyphens and other invisible characters removed", is_invisible=True),
    _Way(
        lambda word: word.translate(_PLAIN_MARKS),
        "straight apostrophes and plain hyphens",
        is_invisible=True,
    ),
    _Way(_without_quotes, "quotation marks removed"),
    _Way(_repaired, "UTF-8 that was read as Latin-1, or HTML's &amp; and the like, repaired"),
    _Way(
        lambda word: word.translate(_ARABIC),
        "Persian letters for Arabic kaf and yeh",
        is_invisible=True,
    ),
)
_ALL_WAYS = _Way(
    _everything,
    "all of this at once: NFKC, lower case, no blanks and so on",
    is_invisible=True,
)


def explain_coverage(
    pairs: pd.DataFrame, source_words: Sequence[str], target_words: Sequence[str], n_found: int
) -> str:
    """Say what would find more pairs of a dictionary, and how the words on both sides look.

    That is part of a sentence. The first 200,000 words of the spaces are tried; ``n_found`` is how
    many pairs are found as they are.
    """
    sides = (list(pairs["source"]), list(pairs["target"]))
    spaces = (source_words[:_TRIED_WORDS], target_words[:_TRIED_WORDS])
    found: list[tuple[_Way, int]] = []
    for way in _WAYS:
        count = _count(sides, spaces, way.fold)
        # The lower case of Turkish and NFKC only where they do more than their neighbors.
        if not (found and way.is_stronger and count <= found[-1][1]):
            found.append((way, count))
    found.append((_Way(str, "source and target swapped"), _count(sides, spaces[::-1], str)))
    most = max(count for _, count in found)
    together = _count(sides, spaces, _everything)
    if together > max(most, n_found):
        found.append((_ALL_WAYS, together))
    swapped = _count(sides, spaces[::-1], _everything)
    if swapped > max(most, together, n_found):
        found.append((_Way(_everything, "source and target swapped, and all of this"), swapped))
    better = sorted((each for each in found if each[1] > n_found), key=lambda each: -each[1])
    if not better:
        return (
            f"{_spaces_have(spaces)}; neither casing, Unicode's normal forms, _ for blanks nor "
            "swapped sides find more; check that these are the right languages"
        )
    ways = ", ".join(f"with {way.text} {count}" for way, count in better[:_SHOWN_WAYS])
    example = _example(sides, spaces, better[0][0]) or _spaces_have(spaces)
    is_cut = any(len(words) > _TRIED_WORDS for words in (source_words, target_words))
    tried = f" (tried with the first {_TRIED_WORDS:,} words of each space)" * is_cut
    return f"{example}; {ways} of {len(pairs)} pairs would be found{tried}"


def _count(
    sides: Sequence[Sequence[str]], spaces: Sequence[Sequence[str]], fold: Callable[[str], str]
) -> int:
    source, target = ({fold(word) for word in words} for words in spaces)
    return sum(
        fold(left) in source and fold(right) in target for left, right in zip(*sides, strict=True)
    )


def _example(sides: Sequence[Sequence[str]], spaces: Sequence[Sequence[str]], way: _Way) -> str:
    """Return a word as the dictionary and as the space spells it."""
    for side, words, space in zip(("source", "target"), sides, spaces, strict=True):
        spelled: dict[str, str] = {}
        for word in space:
            spelled.setdefault(way.fold(word), word)
        known = set(space)
        for word in words:
            other = spelled.get(way.fold(word))
            if word not in known and other is not None:
                show = show_exactly if way.is_invisible else show_word
                return f"{show(word)} of the dictionary is {show(other)} in the {side} space"
    return ""


def _spaces_have(spaces: Iterable[Sequence[str]]) -> str:
    """Return how words of the spaces look, beside which the dictionary's are to be seen."""
    texts = [
        f"the {side} space has words such as {', '.join(map(show_word, words[:_SHOWN_WORDS]))}"
        for side, words in zip(("source", "target"), spaces, strict=True)
    ]
    return ", ".join(texts)
