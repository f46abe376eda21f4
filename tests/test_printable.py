"""Texts from strangers: what terminals, Markdown and spreadsheets would take for commands."""

from __future__ import annotations

import unicodedata

import pytest

from sklearn_instamap._printable import csv_text, markdown_text, printable

SUSPECT = [
    "\x1b[31m", "\x9b31m", "\r", "\n", "\t", "\x00", "\x7f", "\x85", "\u2028", "\u202e", "\u2066",
    "\ud800",
]  # fmt: skip


@pytest.mark.parametrize("text", SUSPECT)
def test_no_control_character_is_left(text):
    shown = printable(f"a{text}b")
    assert shown.startswith("a\\")
    assert not {unicodedata.category(letter) for letter in shown} & {"Cc", "Cs", "Zl", "Zp", "Cf"}
    shown.encode("utf-8")


@pytest.mark.parametrize(
    "text", ["Haus", "IM∘VM", "naïve", "नमस्ते", "می\u200cخواهم", "👩\u200d🚀", "New York", ""]
)
def test_words_stay_as_they_are(text):
    assert printable(text) == text
    assert markdown_text(text) == text
    assert csv_text(text) == text


def test_line_ends_may_be_kept():
    assert printable("a\nb\x1b", keep="\n") == "a\nb\\x1b"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a|b", r"a\|b"),
        ("*bold*", r"\*bold*"),
        ("EN-*", "EN-*"),
        ("_x_", r"\_x\_"),
        ("a_b", "a_b"),
        ("`code`", r"\`code\`"),
        ("[a](http://b)", r"\[a\](http://b)"),
        ("# Heading", r"\# Heading"),
        ("x\n# Heading", r"x\\n# Heading"),
        ("- item", r"\- item"),
        ("1. item", r"1\. item"),
        ("> quote", "&gt; quote"),
        ("<script>", "&lt;script>"),
        ("</b>", "&lt;/b>"),
        ("<!-- c -->", "&lt;!-- c -->"),
        ("<.001", "<.001"),
        ("R&D &amp; &#60;", "R&D &amp;amp; &amp;#60;"),
        ("\\", r"\\"),
    ],
)
def test_markdown_shows_the_text_itself(text, expected):
    assert markdown_text(text) == expected


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_no_cell_is_a_formula(text):
    assert csv_text(text) == "'" + printable(text)


@pytest.mark.parametrize("value", [-1.5, 3, None, True])
def test_numbers_are_no_formulas(value):
    assert csv_text(value) is value
