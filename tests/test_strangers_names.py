"""Names of files from strangers: no door says them raw, in an error or in a warning."""

from __future__ import annotations

import unicodedata
import warnings

import pytest

from sklearn_instamap import EmbeddingSpace, load
from sklearn_instamap._files import locked
from sklearn_instamap.benchmark import run_benchmark
from sklearn_instamap.benchmark._spaces import map_space
from sklearn_instamap.datasets import get_data_home
from sklearn_instamap.explore._session import read_lexicon
from sklearn_instamap.io import (
    read_dictionary,
    read_fasttext,
    read_vectors,
    write_dictionary,
    write_vectors,
)
from sklearn_instamap.lexicon._lexicon_file import check_format
from sklearn_instamap.linear import ProcrustesAligner
from sklearn_instamap.results import BenchmarkResults

EVIL = "a\x1b[31m\n\u202eb"
SPACE = EmbeddingSpace(["cat", "dog"], [[1.0, 0.0], [0.0, 1.0]])


def _benchmark(spaces, dictionaries, results, **settings):
    return run_benchmark(spaces, dictionaries, results, methods=["PROC"], **settings)


def _of_pair(folder, *others):
    for name in ("en-de.train.txt", "en-de.test.txt", *others):
        (folder / name).write_text("cat cat\ndog dog\n")
    return folder


def _twice(folder):
    (folder / "x").mkdir()
    return _of_pair(folder, "x/en-de.train.txt")


def _two_spaces(folder):
    write_vectors(folder / "en.vec", SPACE)
    write_vectors(folder / "en.txt", SPACE)
    return _of_pair(folder)


def _empty(path):
    path.write_bytes(b"")
    return path


def _bad_lexicon(path):
    path.write_text("x\ty\n")
    return path


def _tested(folder):
    for name in ("en-de.0-5000.txt", "en-de.1-6500.txt"):
        (folder / name).write_text("cat cat\n")
    return _benchmark(folder, folder, folder / "results")


def _damaged_copy(folder):
    path = folder / f"{EVIL}.vec"
    write_vectors(path, SPACE)
    for _ in range(2):
        map_space(path, folder, max_words=None, lowercase=False, encoding_errors="strict")
        for record in folder.glob("*.json"):
            record.write_text("{")


def _damaged_results(folder):
    for name in ("results.csv", "ranks.csv"):
        (folder / name).write_bytes(b"\xff")
    return BenchmarkResults.load(folder)


def _lock_is_link(folder):
    (folder / ".lock").symlink_to(folder / "x")
    with locked(folder / ".lock", "A", "benchmark"):
        pass


DOORS = {
    "write_vectors suffix": lambda p: write_vectors(p / f"{EVIL}.foo", SPACE),
    "write_vectors folder": lambda p: write_vectors(p, SPACE),
    "write_vectors inside": lambda p: write_vectors(p / "none" / "x.vec", SPACE),
    "write_vectors as .npy": lambda p: write_vectors(
        p / "x.npy", EmbeddingSpace(["a\nb"], [[1.0]])
    ),
    "write_vectors as text": lambda p: write_vectors(p / "x.vec", EmbeddingSpace(["a b"], [[1.0]])),
    "write_dictionary folder": lambda p: write_dictionary(p, [("a", "b")]),
    "write_dictionary words": lambda p: write_dictionary(p / "x.tsv", [("a\tc", "b")]),
    "read_vectors": lambda p: read_vectors(_empty(p / "x.vec")),
    "read_vectors .npy": lambda p: read_vectors(p / "x.npy"),
    "read_dictionary": lambda p: read_dictionary(_empty(p / "x.tsv")),
    "read_fasttext nothing": lambda p: read_fasttext(p / "x.bin"),
    "read_fasttext another": lambda p: read_fasttext(_bad_lexicon(p / "x.bin")),
    "save in no folder": lambda p: ProcrustesAligner().fit(SPACE.vectors, SPACE.vectors).save(p),
    "load": lambda p: load(_bad_lexicon(p / "x.model")),
    "benchmark no folder": lambda p: _benchmark(p, p / "none", p),
    "benchmark nothing": lambda p: _benchmark(p, p, p / "r"),
    "benchmark twice": lambda p: _benchmark(p, _twice(p), p / "r"),
    "benchmark no vectors": lambda p: _benchmark(p, _of_pair(p), p / "r"),
    "benchmark two spaces": lambda p: _benchmark(_two_spaces(p), p, p / "r"),
    "benchmark no pair": lambda p: _benchmark(p, _of_pair(p), p, language_pairs=[EVIL]),
    "benchmark no size": lambda p: _benchmark(p, _of_pair(p), p, sizes=[EVIL]),
    "benchmark tested": _tested,
    "benchmark copy": _damaged_copy,
    "benchmark results": lambda p: BenchmarkResults.load(p),
    "benchmark damaged": _damaged_results,
    "benchmark lock": _lock_is_link,
    "lexicon suffix": lambda p: check_format(p / "x.foo", None),
    "explore empty": lambda p: read_lexicon(_empty(p / "x.tsv")),
    "explore columns": lambda p: read_lexicon(_bad_lexicon(p / "x.tsv")),
    "explore none": lambda p: read_lexicon(p / "x.tsv"),
    "data home": lambda p: get_data_home(_empty(p / "x") / "y"),
}


@pytest.mark.parametrize("door", DOORS.values(), ids=DOORS)
def test_names_of_files_are_shown_safely(tmp_path, door):
    folder = tmp_path / EVIL
    folder.mkdir()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        said = []
        try:
            door(folder)
        except Exception as error:
            said.append(str(error))
    said += [str(each.message) for each in caught]
    assert "\\x1b" in "".join(said), said
    for text in said:
        assert not {unicodedata.category(each) for each in text} & {"Cc", "Cf"}, text
