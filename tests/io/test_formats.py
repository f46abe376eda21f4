"""Formats of other programs: their files are read, and what is written, they read."""

from __future__ import annotations

import json
import pickle
import shutil
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from scipy.linalg import orthogonal_procrustes

from sklearn_instamap import EmbeddingSpace, InstaMapAligner
from sklearn_instamap.datasets import load_en_de
from sklearn_instamap.io import (
    lookup_pairs,
    read_fasttext,
    read_vectors,
    write_dictionary,
    write_vectors,
)
from sklearn_instamap.io._fasttext_file import hash_ngram, ngrams
from sklearn_instamap.linear import ProcrustesAligner
from sklearn_instamap.metrics import evaluate_bli

DATA = Path(__file__).parent / "data"
WORDS = ["the", "New York", "caf\u00e9", "\xa0"]
VECTORS = np.arange(12, dtype=np.float32).reshape(4, 3) / 7
SPACE = EmbeddingSpace(WORDS, VECTORS)


def foreign(name):
    return json.loads((DATA / f"{name}.json").read_text(encoding="utf-8"))


# fastText -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["subwords", "supervised"])
def test_fasttext_vectors_of_known_and_unknown_words(name):
    model = read_fasttext(DATA / f"{name}.bin")
    expected = foreign(name)
    assert set(expected) > set(model.words)
    for word, vector in expected.items():
        if word:
            np.testing.assert_allclose(model.vector(word), vector, rtol=0, atol=1e-7)
    words = [word for word in expected if word]
    np.testing.assert_allclose(
        model.vectors(words), [expected[word] for word in words], rtol=0, atol=1e-7
    )
    assert model.vectors([]).shape == (0, model.n_features)


def test_fasttext_models_are_read_as_spaces():
    space = read_vectors(DATA / "subwords.bin")
    model = read_fasttext(DATA / "subwords.bin")
    assert space.words == model.words == model.space().words
    np.testing.assert_array_equal(space.vectors, model.space().vectors)
    np.testing.assert_allclose(
        space.vectors, read_vectors(DATA / "gensim.vec").vectors, rtol=0, atol=1e-6
    )
    assert read_vectors(DATA / "subwords.bin", max_words=3).words == space.words[:3]
    assert read_vectors(DATA / "plain.bin").n_features == 4
    np.testing.assert_array_equal(read_fasttext(DATA / "plain.bin").vector("unknown"), np.zeros(4))


def test_an_aligned_fasttext_model_still_answers_unknown_words(tmp_path):
    model = read_fasttext(DATA / "subwords.bin")
    rotation, _ = orthogonal_procrustes(
        np.random.default_rng(0).standard_normal((9, 6)), np.random.default_rng(1).random((9, 6))
    )
    space = model.space()
    aligner = ProcrustesAligner().fit(space.vectors, space.vectors @ rotation)
    aligned = model.transform(aligner.transform)
    words = [*model.words, "housecat", "gardening", "\u65e5\u672c"]
    expected = aligner.transform(model.vectors(words))
    np.testing.assert_allclose(aligned.vectors(words), expected, rtol=0, atol=1e-5)
    path = tmp_path / "aligned.bin"
    aligned.write(path)
    again = read_fasttext(path)
    np.testing.assert_array_equal(again.vectors(words), aligned.vectors(words))
    assert again.words == model.words
    with pytest.raises(ValueError, match="is the file the model is read from"):
        again.write(path)
    # Into fewer dimensions, and with a shift, which the mean keeps.
    narrow = model.transform(lambda rows: rows @ rotation[:, :2] + 1)
    np.testing.assert_allclose(
        narrow.vectors(words[:-1]), model.vectors(words[:-1]) @ rotation[:, :2] + 1, atol=1e-5
    )


def test_maps_that_n_grams_cannot_take():
    model = read_fasttext(DATA / "subwords.bin")
    with pytest.raises(ValueError, match="does not commute with means"):
        model.transform(lambda rows: rows / (1e-9 + np.linalg.norm(rows, axis=1, keepdims=True)))
    space = model.space()
    other = np.random.default_rng(0).standard_normal(space.vectors.shape).astype(np.float32)
    aligner = InstaMapAligner(n_neighbors=3, n_iter=1).fit(50 * space.vectors, other)
    with pytest.raises(ValueError, match="does not commute with means"):
        model.transform(lambda rows: aligner.transform(50 * rows))


def test_fasttext_models_that_are_not_read(tmp_path):
    with pytest.raises(ValueError, match="is a quantized fastText model"):
        read_fasttext(DATA / "quantized.ftz")
    with pytest.raises(ValueError, match="is a quantized fastText model"):
        read_vectors(DATA / "quantized.ftz")
    with pytest.raises(ValueError, match="is a text and not a fastText model"):
        read_fasttext(DATA / "gensim.vec")
    good = (DATA / "subwords.bin").read_bytes()
    rng = np.random.default_rng(0)
    path = tmp_path / "model.bin"
    for _ in range(400):
        data = bytearray(good[: int(rng.integers(8, len(good)))] if rng.random() < 0.5 else good)
        for _ in range(3):
            data[int(rng.integers(4, min(len(data), 300)))] = int(rng.integers(0, 256))
        path.write_bytes(data)
        with_error = None
        try:
            read_vectors(path)
        except ValueError as error:
            with_error = str(error)
        assert with_error is None or "\n" not in with_error


def test_n_grams_and_their_hash():
    # From the definition: FNV-1a of 32 bits, bytes above 127 taken for negative numbers.
    assert hash_ngram(b"") == 2166136261
    assert hash_ngram(b"a") == (2166136261 ^ 97) * 16777619 % 2**32
    assert hash_ngram(b"\xc3") == (2166136261 ^ 0xFFFFFFC3) * 16777619 % 2**32
    found = [each.decode() for each in ngrams("<\u00e9a>".encode(), 1, 3)]
    assert found == ["<\u00e9", "<\u00e9a", "\u00e9", "\u00e9a", "\u00e9a>", "a", "a>"]


# gensim -------------------------------------------------------------------------------------------


def test_files_of_gensim():
    expected = read_vectors(DATA / "gensim.vec")
    for name in ("gensim.bin", "gensim.bin.gz"):
        space = read_vectors(DATA / name)
        assert space.words == expected.words
        np.testing.assert_allclose(space.vectors, expected.vectors, atol=1e-7)
    with pytest.raises(ValueError, match=r"is a pickle .*from_keyed_vectors"):
        read_vectors(DATA / "gensim.kv")


def test_a_binary_file_of_one_value_is_no_wide_text(tmp_path):
    space = EmbeddingSpace(["cat", "dog"], np.ones((2, 300), dtype=np.float32))
    write_vectors(tmp_path / "a.bin", space)
    read = read_vectors(tmp_path / "a.bin")
    assert read.words == space.words
    np.testing.assert_array_equal(read.vectors, space.vectors)


def test_keyed_vectors_in_memory():
    for kind in (
        SimpleNamespace(index_to_key=list(WORDS), vectors=VECTORS),
        SimpleNamespace(index2word=list(WORDS), vectors=VECTORS),
        SimpleNamespace(wv=SimpleNamespace(index_to_key=list(WORDS), vectors=VECTORS)),
    ):
        space = EmbeddingSpace.from_keyed_vectors(kind)
        assert space.words == SPACE.words
        np.testing.assert_array_equal(space.vectors, VECTORS)
    with pytest.raises(TypeError, match=r"must be gensim's KeyedVectors .* got dict"):
        EmbeddingSpace.from_keyed_vectors({"a": [1.0]})


def test_gensim_itself(tmp_path):
    gensim = pytest.importorskip("gensim")
    keyed = SPACE.to_keyed_vectors()
    assert keyed.index_to_key == WORDS
    np.testing.assert_array_equal(keyed["New York"], SPACE["New York"])
    assert EmbeddingSpace.from_keyed_vectors(keyed).words == SPACE.words
    load = gensim.models.KeyedVectors.load_word2vec_format
    plain = SPACE.select([0, 2])
    for name in ("a.bin", "a.bin.gz", "a.vec", "a.vec.gz", "a.vec.bz2"):
        write_vectors(tmp_path / name, plain)
        read = load(tmp_path / name, binary=".bin" in name)
        assert read.index_to_key == list(plain.words)
        np.testing.assert_array_equal(read.vectors, plain.vectors)
    aligned = read_fasttext(DATA / "subwords.bin").transform(lambda rows: 2 * rows)
    aligned.write(tmp_path / "doubled.bin")
    loaded = gensim.models.fasttext.load_facebook_vectors(str(tmp_path / "doubled.bin"))
    for word in ("house", "housecat", "gardening"):
        np.testing.assert_allclose(loaded[word], aligned.vector(word), atol=1e-6)


# Arrow, safetensors, pickles ----------------------------------------------------------------------


@pytest.mark.parametrize("suffix", [".parquet", ".arrow", ".feather", ".safetensors", ".npz"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_written_and_read(tmp_path, suffix, dtype):
    pytest.importorskip(
        "safetensors" if suffix == ".safetensors" else "pyarrow", exc_type=ImportError
    )
    space = EmbeddingSpace(WORDS, VECTORS.astype(dtype))
    write_vectors(tmp_path / f"space{suffix}", space)
    for name in (f"space{suffix}", "other"):
        if name == "other":
            shutil.copy(tmp_path / f"space{suffix}", tmp_path / name)
        read = read_vectors(tmp_path / name)
        assert read.words == space.words
        assert read.vectors.dtype == dtype
        np.testing.assert_array_equal(read.vectors, space.vectors)
    assert read_vectors(tmp_path / f"space{suffix}", max_words=2).n_words == 2
    with pytest.raises(ValueError, match=r"only [.]npy can be memory-mapped"):
        read_vectors(tmp_path / f"space{suffix}", mmap=True)


def test_tables_of_pandas(tmp_path):
    pytest.importorskip("pyarrow", exc_type=ImportError)
    frame = pd.DataFrame(VECTORS, index=WORDS, columns=["a", "b", "c"])
    frame.to_parquet(tmp_path / "index.parquet")
    named = frame.rename_axis("word").reset_index()
    named.to_parquet(tmp_path / "wide.parquet")
    named.to_feather(tmp_path / "wide.feather", compression="uncompressed")
    lists = pd.DataFrame({"token": WORDS, "n": [1, 2, 3, 4], "vector": list(VECTORS)})
    lists.to_parquet(tmp_path / "lists.parquet")
    for path in tmp_path.iterdir():
        space = read_vectors(path)
        assert space.words == SPACE.words, path
        np.testing.assert_array_equal(space.vectors, VECTORS)


@pytest.mark.parametrize(
    ("frame", "said"),
    [
        ({"n": [1, 2]}, "has no column of words and columns of vectors, but n"),
        ({"word": ["a", "b"]}, "has no column of words and columns of vectors"),
        ({"word": ["a", None], "x": [1.0, 2.0]}, "has no word in row 1"),
        ({"word": ["a", "b"], "v": [[1.0], [2.0, 3.0]]}, "have different lengths"),
        ({"word": ["a", "b"], "x": [1.0, None]}, "not finite"),
        ({"word": ["a", "b"], "v": [[1.0], None]}, "has a row without a vector"),
    ],
)
def test_other_tables(tmp_path, frame, said):
    pytest.importorskip("pyarrow", exc_type=ImportError)
    pd.DataFrame(frame).to_parquet(tmp_path / "space.parquet")
    with pytest.raises(ValueError, match=rf"space[.]parquet.*{said}.*[.]$"):
        read_vectors(tmp_path / "space.parquet")


@pytest.mark.parametrize("suffix", [".parquet", ".arrow", ".safetensors"])
def test_damaged_files(tmp_path, suffix):
    pytest.importorskip(
        "safetensors" if suffix == ".safetensors" else "pyarrow", exc_type=ImportError
    )
    path = tmp_path / f"space{suffix}"
    write_vectors(path, SPACE)
    good = path.read_bytes()
    rng = np.random.default_rng(0)
    for _ in range(300):
        data = bytearray(good[: int(rng.integers(9, len(good)))] if rng.random() < 0.3 else good)
        for _ in range(2):
            data[int(rng.integers(4, len(data)))] = int(rng.integers(0, 256))
        path.write_bytes(data)
        said = None
        try:
            read_vectors(path)
        except ValueError as error:
            said = str(error)
        assert said is None or (said.startswith(str(path)) and "\n" not in said)


def test_safetensors_without_words(tmp_path):
    numpy_format = pytest.importorskip("safetensors.numpy")
    path = tmp_path / "a.safetensors"
    arrays = {"vectors": np.zeros((0, 3), np.float32), "words": np.zeros(0, np.uint8)}
    numpy_format.save_file(arrays, path)
    with pytest.raises(ValueError, match=rf"^{path}: .*of shape \(0, 3\); it has no values[.]$"):
        read_vectors(path)


def test_models_of_model2vec(tmp_path):
    numpy_format = pytest.importorskip("safetensors.numpy")
    numpy_format.save_file({"embeddings": VECTORS}, tmp_path / "model.safetensors")
    vocabulary = {word: row for row, word in enumerate(WORDS)}
    tokenizer = tmp_path / "tokenizer.json"
    with pytest.raises(ValueError, match=r"there is no tokenizer.json beside it"):
        read_vectors(tmp_path)
    for vocab in (vocabulary, [[word, -1.0] for word in WORDS]):
        tokenizer.write_text(json.dumps({"model": {"type": "WordPiece", "vocab": vocab}}))
        for path in (tmp_path, tmp_path / "model.safetensors"):
            space = read_vectors(path)
            assert space.words == SPACE.words
            np.testing.assert_array_equal(space.vectors, VECTORS)
    for text in ("{", "[]", '{"model": {"vocab": {"a": 1}}}', '{"model": {"vocab": {"a": "x"}}}'):
        tokenizer.write_text(text)
        with pytest.raises(
            ValueError, match=r"tokenizer.json: is not a tokenizer with a vocabulary"
        ):
            read_vectors(tmp_path)
    tokenizer.write_text('{"model": {"vocab": {"a": 0}}}')
    with pytest.raises(ValueError, match="has 4 vectors for 1 words"):
        read_vectors(tmp_path)
    mapping = np.array([0, 0, 3])
    numpy_format.save_file(
        {"embeddings": VECTORS, "mapping": mapping}, tmp_path / "model.safetensors"
    )
    tokenizer.write_text('{"model": {"vocab": {"a": 0, "b": 1, "c": 2}}}')
    np.testing.assert_array_equal(read_vectors(tmp_path).vectors, VECTORS[mapping])


def xling(folder, vocabulary, protocol=4):
    """As XLing-Eval's emb_serializer.py writes them."""
    np.save(folder / "en.npy", VECTORS)
    (folder / "en.npy").rename(folder / "en.vectors")
    content = vocabulary if isinstance(vocabulary, bytes) else pickle.dumps(vocabulary, protocol)
    (folder / "en.vocab").write_bytes(content)
    return folder / "en.vocab"


@pytest.mark.parametrize("protocol", range(6))
@pytest.mark.parametrize("name", ["en.vocab", "en.vectors"])
def test_vocabularies_of_xling_eval(tmp_path, protocol, name):
    by_word = {word: row for row, word in reversed(list(enumerate(WORDS)))}
    for vocabulary in (by_word, dict(enumerate(WORDS)), list(WORDS), tuple(WORDS)):
        xling(tmp_path, vocabulary, protocol)
        space = read_vectors(tmp_path / name)
        assert space.words == SPACE.words
        np.testing.assert_array_equal(space.vectors, VECTORS)


class Evil:
    def __reduce__(self):
        return print, ("this ran",)


@pytest.mark.parametrize(
    ("vocabulary", "said"),
    [
        (Evil(), "is not a pickle of words and numbers .*could run any program"),
        ({"a": Evil()}, "could run any program"),
        (np.arange(3), "could run any program"),
        (b"cos\nsystem\n(S'echo this ran'\ntR.", "could run any program"),
        (b"\x80\x04\x96" + (1 << 40).to_bytes(8, "little") + b".", "could run any program"),
        (b"\x80\x04\x8d" + (1 << 60).to_bytes(8, "little") + b".", "could run any program"),
        (b"\x80\x04}r\xff\xff\xff\x7f.", "holds dict, not words"),
        (b"\x80\x04", "could run any program"),
        (b"\x80\x04" + b"(" * 10_000, "could run any program"),
        ({"a": 0, "b": 2}, "does not number its words from 0"),
        ({"a": 0, "b": 1}, "has 2 words for the 4 rows"),
        ({}, "holds dict, not words"),
        (7, "holds int, not words"),
        ([1, 2, 3, 4], "of type int and no word"),
    ],
)
def test_pickles_run_no_program(tmp_path, capfd, vocabulary, said):
    path = xling(tmp_path, vocabulary)
    with pytest.raises((ValueError, TypeError), match=said) as caught:
        read_vectors(path)
    assert str(path) in str(caught.value)
    assert "this ran" not in capfd.readouterr().out


# VecMap -------------------------------------------------------------------------------------------


def as_vecmap_reads(path):
    """Words and vectors as the scripts of VecMap read them: text, split at the first blank."""
    with open(path, encoding="utf-8", errors="surrogateescape") as file:
        n_words, n_features = map(int, file.readline().split(" "))
        rows = [file.readline().split(" ", 1) for _ in range(n_words)]
        assert not file.read()
    vectors = np.array([[float(value) for value in values.split()] for _, values in rows])
    assert vectors.shape == (n_words, n_features)
    return [word for word, _ in rows], vectors


def test_the_evaluation_of_vecmap(tmp_path):
    """Its accuracy, from the files that are written here, is P@1 of the protocol "word"."""
    data = load_en_de()
    X, y, _ = lookup_pairs(data.train, data.source, data.target)
    aligner = ProcrustesAligner().fit(X, y)
    spaces = aligner.transform(data.source), aligner.transform_target(data.target)
    read = []
    for name, space in zip(("s.vec", "t.vec"), spaces, strict=True):
        write_vectors(tmp_path / name, space)
        words, vectors = as_vecmap_reads(tmp_path / name)
        assert words == list(space.words)
        np.testing.assert_array_equal(vectors.astype(np.float32), space.vectors)
        rows = {word: row for row, word in enumerate(words)}
        read.append((rows, vectors / np.linalg.norm(vectors, axis=1, keepdims=True)))
    write_dictionary(tmp_path / "pairs.tsv", data.test)
    gold = {}
    for line in (tmp_path / "pairs.tsv").read_text(encoding="utf-8").splitlines():
        source, target = line.split()
        if source in read[0][0] and target in read[1][0]:
            gold.setdefault(read[0][0][source], set()).add(read[1][0][target])
    found = (read[0][1][list(gold)] @ read[1][1].T).argmax(axis=1)
    accuracy = np.mean([row in targets for row, targets in zip(found, gold.values(), strict=True)])
    table = evaluate_bli(
        source_space=spaces[0], target_space=spaces[1], test_dictionary=data.test, protocol="word"
    )
    assert accuracy == pytest.approx(table["P@1"].iloc[0], abs=1e-9)
