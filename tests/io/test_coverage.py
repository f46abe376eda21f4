"""Few pairs found: the message shows both spellings and says what would find how many."""

from __future__ import annotations

import unicodedata
import warnings

import numpy as np
import pytest

from sklearn_instamap import EmbeddingSpace
from sklearn_instamap.io import lookup_pairs
from sklearn_instamap.metrics import dictionary_overlap, unseen_pairs
from sklearn_instamap.model_selection import WordDisjointKFold, dictionary_groups

WORDS = [
    "caf\u00e9",
    "na\u00efve",
    "fa\u00e7ade",
    "\u00fcber",
    "\u00e5r",
    "se\u00f1or",
    "\u00e9t\u00e9",
    "plain",
]


def space(words):
    words = list(dict.fromkeys(words))
    return EmbeddingSpace(words, np.eye(len(words)))


def advice(pairs, source, target):
    """What the warning or the error says."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            *_, report = lookup_pairs(pairs, space(source), space(target))
        except ValueError as error:
            return str(error)
    assert str(caught[0].message) == f"{report}; {report.advice}."
    return str(caught[0].message)


def nfd(word):
    return unicodedata.normalize("NFD", word)


def test_normal_forms():
    said = advice([(word, word) for word in WORDS], map(nfd, WORDS), WORDS)
    assert "1 of 8 pairs found" in said
    assert r"'caf\xe9' of the dictionary is 'cafe\u0301' in the source space" in said
    assert "unicode_normalization='NFC' 8 of 8 pairs" in said
    assert "NFKC" not in said


@pytest.mark.parametrize(
    ("written", "stored", "said"),
    [
        ("The House", "the house", "all words in lower case (lowercase=True) 2"),
        ("I\u015eIK", "\u0131\u015f\u0131k", "the lower case of Turkish (lowercase='tr') 2"),
        ("new york", "new_york", "_ in place of blanks 2"),
        ("house", "/c/en/house", "the prefix /c/xx/ removed 2"),
        ("\uff21\uff22\uff23", "ABC", "unicode_normalization='NFKC'"),
        ("\ufefb", "\u0644\u0627", "unicode_normalization='NFKC'"),
        ("new\xa0york", "new york", "NFKC"),
        ("co\xadoperate", "cooperate", "soft hyphens and other invisible characters removed 2"),
        ("don\u2019t", "don't", "straight apostrophes and plain hyphens 2"),
        (
            "\u0643\u062a\u0627\u0628",
            "\u06a9\u062a\u0627\u0628",
            "Persian letters for Arabic kaf and yeh 2",
        ),
        ("\u0639\u0644\u064a", "\u0639\u0644\u06cc", "Persian letters for Arabic kaf and yeh 2"),
        ("house", "en:house", "prefixes such as en: removed 2"),
        ("house", "ENTITY/house", "prefixes such as en: removed 2"),
        ("house", "house_NOUN", "tags such as _NOUN removed 2"),
        ("house", "house#en", "tags such as _NOUN removed 2"),
        ("house", "\u2581house", "marks of pieces of words removed 2"),
        ("\u00e9l\u00e8ve", "eleve", "accents and vowel points removed 2"),
        ("\u0633\u064e\u0644\u0627\u0645", "\u0633\u0644\u0627\u0645", "vowel points removed 2"),
        ("\u0633\u0640\u0644\u0627\u0645", "\u0633\u0644\u0627\u0645", "vowel points removed 2"),
        ("Don\u2019t_Go", "don't go", "all of this at once"),
    ],
)
def test_what_would_have_found_them(written, stored, said):
    pairs = [(written, "x"), (written, "y"), ("nowhere", "z")]
    for found in (advice(pairs, [stored, "a"], ["x", "y", "z"]),):
        assert said in found
        assert "in the source space" in found
        assert "of 3 pairs would be found." in found
        assert found.isprintable()


@pytest.mark.parametrize(
    ("wanted", "there", "way"),
    [
        ("strasse", "straße", "casefold"),
        ("λογοσ", "λογος", "casefold"),
        ("cafÃ©", "café", "read as Latin-1"),
        ("a&amp;b", "a&b", "repaired"),
        ('"cat"', "cat", "quotation marks"),
        ("e\u2010mail", "e-mail", "plain hyphens"),
        ("new york", "new-york", "blanks, _ and hyphens removed"),
        ("cat", "/c/zh_min/cat", "the prefix /c/xx/"),
        ("cat", "/c/en/cat/n", "the prefix /c/xx/"),
        ("می\u200cخواهم", "می خواهم", "all of this at once"),
    ],
)
def test_more_spellings_that_look_alike(wanted, there, way):
    space, other = EmbeddingSpace([there], [[1.0]]), EmbeddingSpace(["x"], [[1.0]])
    with pytest.raises(ValueError, match=rf"{way}.* 1 of 1 pairs would be found"):
        lookup_pairs([(wanted, "x")], space, other)


def test_swapped_sides():
    pairs = [("house", "haus"), ("cat", "katze"), ("x", "y")]
    found = advice(pairs, ["haus", "katze"], ["house", "cat"])
    assert "source and target swapped 2 of 3 pairs would be found" in found
    found = advice([("House", "Haus")], ["haus", "katze"], ["house", "cat"])
    assert "source and target swapped, and all of this 1 of 1 pairs" in found


def test_what_looks_the_same_is_shown_with_its_escapes():
    found = advice([("co\xadop", "x")], ["coop"], ["x"])
    assert r"'co\xadop' of the dictionary is 'coop' in the source space" in found
    found = advice([("a", "\u0643")], ["a"], ["\u06a9"])
    assert r"'\u0643' of the dictionary is '\u06a9' in the target space" in found


def test_nothing_helps():
    found = advice([("house", "haus")], ["\u0434\u043e\u043c", "a\x1b[31m"], ["talo", "kissa"])
    assert "the source space has words such as '\u0434\u043e\u043c', 'a\\x1b[31m'" in found
    assert "the target space has words such as 'talo', 'kissa'" in found
    assert "check that these are the right languages" in found


def test_good_coverage_needs_no_advice():
    *_, report = lookup_pairs([("a", "x")], space(["a", "b"]), space(["x"]))
    assert report.advice == ""


def test_a_word_in_two_forms_is_no_unseen_word():
    train = [("caf\u00e9", "caff\u00e8"), ("dog", "cane")]
    test = [(nfd("caf\u00e9"), "bar"), ("cat", nfd("caff\u00e8")), ("tree", "albero")]
    seen = unseen_pairs(test_dictionary=test, train_dictionary=train)
    np.testing.assert_array_equal(seen, [False, False, True])
    report = dictionary_overlap(test_dictionary=test, train_dictionary=train)
    assert (report.n_source, report.n_target) == (1, 1)
    groups = dictionary_groups(["caf\u00e9", nfd("caf\u00e9"), "x"], ["a", "b", "c"])
    np.testing.assert_array_equal(groups, [0, 0, 1])
    source = np.array(["caf\u00e9", nfd("caf\u00e9"), "x", "y"], dtype=object)
    for train_rows, test_rows in WordDisjointKFold(2).split(source, np.array(list("abcd"))):
        assert {0, 1} <= set(train_rows) or {0, 1} <= set(test_rows)
