"""Files as other programs write them: read rightly, or one sentence with what to do."""

from __future__ import annotations

import os
import pickle
import sys

import numpy as np
import pandas as pd
import pytest

from sklearn_instamap import EmbeddingSpace, load
from sklearn_instamap.benchmark._choose import choose_methods
from sklearn_instamap.io import read_dictionary, read_fasttext, read_vectors, write_vectors

WORDS = ["the", "of", "and", "in", "to", "a"]


def rows(words, sep=" ", number="{:.2f}"):
    return "".join(
        word + sep + sep.join(number.format(place + value / 8) for value in range(4)) + "\n"
        for place, word in enumerate(words)
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        # TensorFlow's projector keeps the words elsewhere.
        (
            rows([""] * 6, "\t").replace("\n\t", "\n")[1:],
            r"line 1: is a row of 4 numbers without a",
        ),
        ("".join(f"{value}e-3 0.5 1 2\n" for value in range(6)), "without a word"),
        (rows([f'"{word}"' for word in WORDS]), r"line 1: has its word in quotes, .*read_csv"),
        (rows([f"{word}:" for word in WORDS]), "line 1: has ':' behind its word, as all lines do"),
        ("6 4\n" + rows([f"{word}," for word in WORDS]), "line 2: has ',' behind its word"),
    ],
)
def test_what_would_be_read_as_other_words(text, said, tmp_path):
    path = tmp_path / "vectors.tsv"
    path.write_text(text)
    with pytest.raises(ValueError, match=said):
        read_vectors(path)


def test_words_with_such_marks_among_others_are_read(tmp_path):
    words = ['"', "1990", "0.5", "'s", "x:", '"a"', "-1", ",", "Mr.", "1e5"]
    (tmp_path / "a.vec").write_text(rows(words))
    assert list(read_vectors(tmp_path / "a.vec").words) == words
    # Of ids and years all words may be whole numbers.
    (tmp_path / "ids.vec").write_text(rows(["12", "7", "1990", "3"]))
    assert list(read_vectors(tmp_path / "ids.vec").words) == ["12", "7", "1990", "3"]


@pytest.mark.parametrize(
    ("text", "options"),
    [
        (rows(WORDS, ";").replace(".", ","), {"sep": ";", "decimal": ",", "header": None}),
        (";v1;v2;v3;v4\n" + rows(WORDS, ";").replace(".", ","), {"sep": ";", "decimal": ","}),
        (rows(WORDS, ","), {"header": None}),
        (",0,1,2,3\n" + rows(WORDS, ","), {}),
    ],
)
def test_what_pandas_is_told_about_csv_loses_no_word(text, options, tmp_path):
    path = tmp_path / "excel.csv"
    path.write_text(text)
    with pytest.raises(ValueError, match=r"pandas\.read_csv") as caught:
        read_vectors(path)
    said = {"sep", "header"} & {
        name for name in ("sep", "header") if f"{name}=" in str(caught.value)
    }
    assert said == {"sep", "header"} & set(options)
    frame = pd.read_csv(path, index_col=0, keep_default_na=False, **options)
    assert list(EmbeddingSpace(frame.index, frame.to_numpy()).words) == WORDS


def test_texts_named_as_the_arrays_of_another_program(tmp_path):
    (tmp_path / "lex.vectors").write_text(rows(WORDS))
    assert list(read_vectors(tmp_path / "lex.vectors").words) == WORDS


@pytest.mark.parametrize(
    ("inside", "said"),
    [
        ("modules.json", r"folder of sentence-transformers, .*model\.encode\(words\)"),
        ("vocab/key2row", "folder of spaCy; load it with spacy"),
        ("README.md", "is a folder; give the name of a file"),
    ],
)
def test_folders_of_other_programs(inside, said, tmp_path):
    (tmp_path / "folder" / inside).parent.mkdir(parents=True)
    (tmp_path / "folder" / inside).write_text("")
    with pytest.raises(IsADirectoryError, match=f"folder: is a {said}|folder: {said}"):
        read_vectors(tmp_path / "folder")


def test_pickles_of_every_protocol(tmp_path):
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        path = tmp_path / f"polyglot-{protocol}.pkl"
        path.write_bytes(pickle.dumps((WORDS, np.eye(6)), protocol))
        with pytest.raises(ValueError, match="is a pickle and not a file of vectors; load it"):
            read_vectors(path)


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        # Each takes minutes if it is looked at part by part.
        ("a.tsv", "a" + "\t" * 4_000_000 + "b\n", "line 1: .* has more than 5000 columns"),
        ("a.csv", "a," * 2_000_000 + "\n", "line 1: .* has more than 5000 columns"),
        ("a.txt", "a b " * 1_000_000 + "\n", "line 1: .* has more than 5000 columns"),
        (
            "a.tsv",
            ("a" + "\u0301" * 4000 + "\u0316" * 900 + "\tb\n") * 200,
            "line 1: has a letter with more than 100 combining marks",
        ),
    ],
)
def test_dictionaries_that_cost_too_much(name, text, said, tmp_path):
    (tmp_path / name).write_text(text)
    with pytest.raises(ValueError, match=said):
        read_dictionary(tmp_path / name)


@pytest.mark.parametrize("line", ["Loading vectors", "Segmentation fault"])
def test_two_words_among_words_of_one(line, tmp_path):
    path = tmp_path / "a.vec"
    lines = rows([f"w{place}" for place in range(80)]).splitlines()
    path.write_text("\n".join([*lines[:70], f"{line} 0.1 0.2 0.3 0.4", *lines[70:]]))
    with pytest.warns(UserWarning, match=f"line 71: '{line}' is read as a word; if it is the"):
        assert line in read_vectors(path).words


def test_dictionaries_of_other_programs(tmp_path):
    path = tmp_path / "pairs.csv"
    path.write_text("sep=;\nhouse;Haus\na, b;c\n")
    assert read_dictionary(path).to_numpy().tolist() == [["house", "haus"], ["a, b", "c"]]
    for text, said in (
        ("# EN-DE vocabulary database\tcompiled by X\nhouse\tHaus\n", r"comment='#'"),
        (rows(WORDS), "line 1: .*it is a word and its vector: give a file of pairs"),
        ('<?xml version="1.0"?><tmx></tmx>', "is a web page or XML .*write the words in it to a"),
    ):
        path.write_text(text)
        with pytest.raises(ValueError, match=said):
            read_dictionary(path)
    path.write_text("#\tRaute\n# 1\tNr. 1\n")
    with pytest.raises(ValueError, match=r"line 2: .*looks like a comment"):
        read_dictionary(path)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such names")
def test_names_of_files_are_shown_as_harmless(tmp_path):
    evil = "red\x1b[31m\n\u202ename"
    for name, content in (("a.vec", "the 1 2\nof 1\n"), ("b.vec", ""), ("c.yaml", "a: 3\n")):
        path = tmp_path / f"{evil}{name}"
        path.write_text(content)
        readers = [choose_methods] if name == "c.yaml" else [read_vectors, read_dictionary, load]
        for reader in readers:
            with pytest.raises((ValueError, OSError)) as caught:
                reader(path)
            assert r"red\x1b[31m\n\u202ename" in str(caught.value)
            assert not {"\x1b", "\n", "\u202e"} & set(str(caught.value))
    path.write_text("the 1 2\nthe 1 2\nof 1 2\nin 1\n")
    with pytest.warns(UserWarning, match="damaged|repeats") as warned:
        read_vectors(path, on_bad_lines="warn")
    assert len(warned) == 2
    assert all(r"\x1b[31m\n\u202e" in str(each.message) for each in warned)
    assert all(each.filename == __file__ for each in warned)


@pytest.mark.skipif(not os.path.exists("/proc/self/mem"), reason="what cannot be read is of Linux")
def test_files_that_fail_while_they_are_read_are_named():
    for reader in (read_vectors, read_dictionary, read_fasttext):
        with pytest.raises(OSError, match=r"^/proc/self/mem: cannot be read \("):
            reader("/proc/self/mem")


def test_a_name_that_is_a_suffix_alone(tmp_path):
    write_vectors(tmp_path / ".npz", EmbeddingSpace(["a"], [[1.0]]))
    assert read_vectors(tmp_path / ".npz").words == ("a",)
