"""Siblings of the faults of other tests here, as strangers' files have them."""

import struct

import numpy as np
import pandas as pd
import pytest

from sklearn_instamap import EmbeddingSpace, KabschRotation
from sklearn_instamap.io import lookup_pairs, read_dictionary, read_vectors, write_vectors
from sklearn_instamap.linear import identical_spelling_pairs
from sklearn_instamap.metrics import translate, unseen_pairs

TEXT = b"2 3\nthe 0.1 0.2 0.3\ncat 0.4 0.5 0.6\n"
ROWS = "the 0.11 0.22 0.33\ncat 0.44 0.55 0.66\n"
# Such as encoding_errors="surrogateescape" makes of a byte that is no UTF-8.
LONE = "caf\udce9"
SPACE = EmbeddingSpace(["the", LONE, "cat"], np.eye(3))


def test_pointers_named_as_compressed_files(tmp_path):
    path = tmp_path / "wiki.en.vec.gz"
    path.write_bytes(b"version https://git-lfs.github.com/spec/v1\noid sha256:ab\nsize 9\n")
    with pytest.raises(ValueError, match=r"is a Git LFS pointer; fetch it with git lfs pull\.$"):
        read_vectors(path)


def test_a_model_in_the_place_of_vectors(tmp_path):
    X = np.random.default_rng(0).standard_normal((9, 3))
    KabschRotation().fit(X, X).save(tmp_path / "a.model")
    with pytest.raises(ValueError, match="is a saved model and not a file of vectors"):
        read_vectors(tmp_path / "a.model")


def test_zstd_of_programs_that_compress_in_parallel(tmp_path):
    zstandard = pytest.importorskip("zstandard")
    path = tmp_path / "a.vec.zst"
    frame = zstandard.ZstdCompressor().compress(TEXT)
    path.write_bytes(b"\x50\x2a\x4d\x18" + struct.pack("<I", 4) + b"size" + frame)
    assert read_vectors(path).words == ("the", "cat")


@pytest.mark.parametrize(
    "header",
    ["-2 3", "2.0 3.0", "+2 3", "0x2 3", "1,000 3", "2e0 3", "2 3 1", "# 2 3", "9" * 30 + " 3"],
)
def test_headers_that_are_none(tmp_path, header):
    path = tmp_path / "a.vec"
    path.write_text(f"{header}\n{ROWS}")
    with pytest.raises(ValueError, match=r"line 1: .* is not a header of two counts"):
        read_vectors(path)
    with pytest.warns(UserWarning, match=r"1 line is damaged and left out \(line 1\)"):
        assert read_vectors(path, on_bad_lines="warn").n_features == 3


def test_a_header_that_stands_twice(tmp_path):
    path = tmp_path / "a.vec"
    path.write_text(f"2 3\n2 3\n{ROWS}")
    with pytest.raises(ValueError, match="line 1: '2 3' stands twice"):
        read_vectors(path)


@pytest.mark.parametrize("message", ["loaded vocabulary of size", "training took too long"])
def test_messages_without_signs_between_rows(tmp_path, message):
    path = tmp_path / "a.vec"
    path.write_text(f"{ROWS}{message} 0.7 0.8 0.9\n")
    with pytest.warns(UserWarning, match=rf"line 3: '{message}' is read as a word"):
        read_vectors(path)
    # Where there are other words of several parts, it may be one of them.
    path.write_text(f"{ROWS}{message} 0.7 0.8 0.9\nNew York 0.1 0.2 0.3\n")
    assert "New York" in read_vectors(path)


def test_epochs_in_capitals(tmp_path):
    path = tmp_path / "a.vec"
    path.write_text(f"{ROWS}Epoch 3 loss 0.7 0.8 0.9\n")
    with pytest.raises(ValueError, match=r"line 3: .* looks like the message of a program"):
        read_vectors(path)


@pytest.mark.parametrize(
    ("name", "line", "expected"),
    [
        ("d.tsv", '"house"\t"Haus"', ("house", "Haus")),
        ("d.csv", '"a\tb","c"', ("a\tb", "c")),
        ("d.txt", '"\thouse', ('"', "house")),
        ("d.pt", "1990 ||| 1990 ||| 0.5", ("1990", "1990")),
    ],
)
def test_quotes_and_bars(tmp_path, name, line, expected):
    path = tmp_path / name
    path.write_text(f"{line}\n")
    assert list(read_dictionary(path, lowercase=False).itertuples(index=False, name=None)) == [
        expected
    ]


@pytest.mark.parametrize(
    ("line", "advice", "options"),
    [
        ("0.9 ||| house ||| Haus", "pass columns=(1, 2)", {"columns": (1, 2)}),
        ("house - Haus", "pass sep=' - '", {"sep": " - "}),
        ("house — Haus", "pass sep=' — '", {"sep": " — "}),
        ("big house  Haus", "pass sep='  '", {"sep": "  "}),
        ("house，Haus", "pass sep='，'", {"sep": "，"}),
    ],
)
def test_the_advice_about_a_line_works(tmp_path, line, advice, options):
    path = tmp_path / "d.txt"
    path.write_text(f"{line}\n", encoding="utf-8")
    with pytest.raises(ValueError) as caught:
        read_dictionary(path)
    assert advice in str(caught.value)
    assert read_dictionary(path, **options)["target"].tolist() == ["haus"]


def test_lone_surrogates_pass_through_every_table():
    pairs = [(word, word) for word in SPACE.words]
    assert identical_spelling_pairs(SPACE, SPACE)["source"].tolist() == list(SPACE.words)
    assert translate([LONE], SPACE, SPACE, n_best=1)["translation"].tolist() == [LONE]
    assert SPACE.to_frame().index.tolist() == list(SPACE.words)
    assert not unseen_pairs(test_dictionary=pairs, train_dictionary=pairs).any()


@pytest.mark.parametrize("suffix", ["parquet", "arrow"])
def test_lone_surrogates_are_not_written_to_tables(tmp_path, suffix):
    pytest.importorskip("pyarrow", exc_type=ImportError)
    with pytest.raises(ValueError, match=r"word 1, 'caf\\udce9', is not valid Unicode"):
        write_vectors(tmp_path / f"a.{suffix}", SPACE)
    assert not list(tmp_path.iterdir())


def test_nothing_to_translate():
    with pytest.raises(ValueError, match="words_or_vectors is empty"):
        translate([], SPACE, SPACE)
    with pytest.raises(ValueError, match="words_or_vectors has no word in row 0"):
        translate([None], SPACE, SPACE)
    with pytest.raises(ValueError, match="contains NaN"):
        translate([0.1, np.nan, 0.3], SPACE, SPACE)


def test_tables_of_other_libraries():
    polars = pytest.importorskip("polars")
    frame = polars.DataFrame({"word": ["the", "cat"], "x": [1.0, 0.0]})
    for refuse in (EmbeddingSpace.from_frame, lambda given: lookup_pairs([], given, SPACE)):
        with pytest.raises((TypeError, ValueError), match=r"polars\.DataFrame|is empty"):
            refuse(frame)
    pairs = polars.DataFrame({"source": ["the"], "target": ["cat"], "score": [0.5]})
    assert lookup_pairs(pairs, SPACE, SPACE)[2].n_found == 1


def test_columns_of_a_dictionary_that_stand_twice():
    pairs = pd.DataFrame([["the", "cat", "x"]], columns=["source", "target", "target"])
    with pytest.raises(ValueError, match="more than one column 'target'"):
        lookup_pairs(pairs, SPACE, SPACE)


def test_no_name_of_a_file():
    with pytest.raises(FileNotFoundError, match="'': there is no such file"):
        read_vectors("")
