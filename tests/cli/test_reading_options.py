"""Options about how dictionaries and vectors are laid out; errors name the option that helps."""

from __future__ import annotations

import json

import pytest


def coverage(instamap, *args):
    """The dictionary is read: all its pairs are found."""
    result = instamap("evaluate", "en.vec", "de.npy", *args, "--format", "json")
    assert result.code == 0, result.err
    rows = json.loads(result.out)
    return rows[0]["n_queries"]


@pytest.fixture
def pairs(files, data):
    return [tuple(pair) for pair in data.test.itertuples(index=False, name=None)]


@pytest.mark.parametrize(
    ("head", "line", "options"),
    [
        ("", "{0};{1}", []),
        ("", "{0}:{1}", ["--sep", ":"]),
        ("", "{0}\t{1}\t0.5", ["--columns", "0,1"]),
        ("", "0.5\t{1}\t{0}", ["--columns", "2,1"]),
        ("n\tto\tfrom\n", "0.5\t{1}\t{0}", ["--columns", "from,to"]),
        ("# made by hand\n", "{0}\t{1}", ["--comment", "#"]),
        ("en\tde\n", "{0}\t{1}", ["--dictionary-header", "yes"]),
        ("x\n", "{0}\t{1}", ["--on-bad-lines", "skip", "--sep", r"\t"]),
        ("", "{0} ||| {1} ||| 1 2 3", []),
    ],
)
def test_dictionaries_of_other_shapes(instamap, files, pairs, head, line, options):
    text = head + "".join(line.format(*pair) + "\n" for pair in pairs)
    (files / "other.txt").write_text(text, encoding="utf-8")
    expected = coverage(instamap, "test.tsv")
    assert coverage(instamap, "other.txt", *options) == expected


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a\tb\t0.5\n", "pass --columns 0,1, or pass --on-bad-lines skip to leave such lines out."),
        ("a|b\n", "pass --sep '|', or pass --on-bad-lines skip"),
        ("# a b\na\tb\n", "pass --comment '#' to skip such lines"),
        ("a\tb\nc\t\udcff\n", "pass --encoding-errors replace"),
    ],
)
def test_the_advice_exists_where_it_is_read(fails, files, text, said):
    (files / "other.txt").write_bytes(text.encode("utf-8", "surrogateescape"))
    assert said in fails("evaluate", "en.vec", "de.npy", "other.txt")


def test_advice_on_low_coverage_names_options(instamap, files, data):
    lines = "".join(f"{a.upper()}\t{b.upper()}\n" for a, b in data.test.to_numpy()[:10])
    (files / "upper.tsv").write_text(lines, encoding="utf-8")
    code, _, err = instamap("evaluate", "en.vec", "de.npy", "upper.tsv", "--no-lowercase")
    assert code == 2
    assert "with all words in lower case (--lowercase-vectors) 10 of 10 pairs would be found" in err


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--columns", "1"], "--columns takes two numbers from 0 or two names"),
        (["--columns", "0,0"], "columns must be two different whole numbers"),
        (["--casing", "de"], "'de' is not one of 'tr', 'az'"),
        (["--casing", "tr", "--no-lowercase"], "--casing lower-cases nothing by itself"),
        (["--on-bad-lines", "x"], "'x' is not one of 'error', 'warn', 'skip'"),
        (
            ["--unicode-normalization", "x"],
            "'x' is not one of 'NFC', 'NFD', 'NFKC', 'NFKD', 'none'",
        ),
        (
            ["--dictionary-header", "x"],
            "'x' is not one of 'infer', 'yes', 'no'",
        ),
        (
            ["--encoding-errors", "bogus"],
            "'bogus' is not one of 'strict', 'replace'",
        ),
    ],
)
def test_wrong_values(fails, files, options, said):
    assert said in fails("evaluate", "en.vec", "de.npy", "test.tsv", *options)


def test_damaged_lines_of_vectors(instamap, fails, files):
    lines = (files / "en.vec").read_text().splitlines()
    lines[5] = "half a line"
    (files / "bad.vec").write_text("\n".join(lines) + "\n")
    assert "bad.vec, line 6: " in fails("evaluate", "bad.vec", "de.npy", "test.tsv")
    result = instamap("evaluate", "bad.vec", "de.npy", "test.tsv", "--on-bad-lines", "warn")
    assert result.code == 0
    assert "Warning: bad.vec: 1 line is damaged and left out (line 6)" in result.err


def test_advice_on_casing_has_all_the_options_it_needs(fails, instamap, files):
    (files / "tr.vec").write_text("IŞIK 1 0\nİZMİR 0 1\n", encoding="utf-8")
    (files / "two.vec").write_text("light 1 0\nizmir 0 1\n", encoding="utf-8")
    (files / "two.tsv").write_text("IŞIK\tlight\nİZMİR\tizmir\n", encoding="utf-8")
    args = ("evaluate", "tr.vec", "two.vec", "two.tsv", "--retrieval", "cosine")
    advice = "--lowercase-vectors --casing tr"
    assert f"({advice}) 2 of 2 pairs would be found" in fails(*args, "--casing", "tr")
    assert instamap(*args, *advice.split()).code == 0
