"""Two small language pairs in files, as a benchmark finds them."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pytest

from sklearn_instamap.benchmark import run_benchmark
from sklearn_instamap.datasets import make_bilingual_spaces
from sklearn_instamap.io import write_dictionary, write_vectors

PAIRS = {"en-de": 0, "fr-it": 1}


class Folders(NamedTuple):
    """Where the spaces and the dictionaries are, and where results go."""

    spaces: Path
    dictionaries: Path
    results: Path

    def run(self, **options):
        """Run a small benchmark on them."""
        options = {"methods": ["PROC", "InstaMap"], "sizes": ["1k"], "format": "csv"} | options
        return run_benchmark(*self, **options)


def write_pairs(root: Path) -> Folders:
    """Write both pairs: en-de as .npy, fr-it as text; two training dictionaries for each."""
    folders = Folders(root / "spaces", root / "xling", root / "results")
    folders.spaces.mkdir()
    folders.dictionaries.mkdir()
    for pair, seed in PAIRS.items():
        data = bilingual_data(seed)
        suffix = "npy" if seed == 0 else "vec"
        for language, space in zip(pair.split("-"), (data.source, data.target), strict=True):
            write_vectors(folders.spaces / f"{language}.{suffix}", space)
        for kind, dictionary in (
            ("train.freq.1k", data.train),
            ("train.freq.500", data.train[:40]),
            # Some pairs that are not unseen, and a word of two translations.
            ("test.freq.2k", [*data.test.itertuples(index=False), *some_seen_pairs(data)]),
        ):
            write_dictionary(folders.dictionaries / f"yacle.{kind}.{pair}.tsv", dictionary)
    return folders


def bilingual_data(seed: int):
    return make_bilingual_spaces(180, 8, n_train=80, n_test=40, random_state=seed)


def some_seen_pairs(data) -> list[tuple[str, str]]:
    seen = list(data.train[70:].itertuples(index=False, name=None))
    return [*seen, (data.test["source"][0], data.train["target"][0]), ("nowhere", "nirgends")]


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    return write_pairs(tmp_path)
