"""A small pair of spaces as files, and the command line called on them."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pytest

pytest.importorskip("typer")
pytest.importorskip("rich")

from sklearn_instamap.cli import main
from sklearn_instamap.datasets import make_bilingual_spaces
from sklearn_instamap.io import write_dictionary, write_vectors

# What is said of the work where standard error is no terminal: a line for each stage.
STAGES = (
    *("aligning", "benchmark", "cells", "comparing", "evaluating", "fetching", "fitting"),
    *("looking", "mapping"),
    *("reading", "report", "spaces", "translating", "tuning", "writing"),
)


def without_stages(err: str) -> list[str]:
    """Return the lines of standard error that say more than which stage has begun."""
    return [line for line in err.splitlines() if not line.startswith(STAGES)]


class Result(NamedTuple):
    """What one run of the command line left behind."""

    code: int
    out: str
    err: str


@pytest.fixture
def instamap(capsys):
    """Run ``instamap`` with these arguments, in this process."""

    def run(*args: object) -> Result:
        code = main([str(arg) for arg in args])
        return Result(code, *capsys.readouterr())

    return run


@pytest.fixture
def fails(instamap):
    """Run ``instamap``, expect it to refuse, and return its one sentence."""

    def run(*args: object) -> str:
        code, out, err = instamap(*args)
        assert code == 2, (code, out, err)
        assert out == ""
        *before, last = without_stages(err)
        # The calls of tests give some options once more.
        allowed = ("Dictionary: ", "Warning: --")
        assert all(line.startswith(allowed) for line in before), err
        assert last.startswith("instamap: ")
        assert last.endswith((".", "?"))
        return last.removeprefix("instamap: ")

    return run


@pytest.fixture(scope="session")
def data():
    return make_bilingual_spaces(n_words=200, n_features=10, n_train=80, n_test=50)


@pytest.fixture
def files(tmp_path: Path, data, monkeypatch) -> Path:
    """The folder, now the current one, of en.vec, de.npy, train.tsv and test.tsv."""
    write_vectors(tmp_path / "en.vec", data.source)
    write_vectors(tmp_path / "de.npy", data.target)
    write_dictionary(tmp_path / "train.tsv", data.train)
    write_dictionary(tmp_path / "test.tsv", data.test)
    monkeypatch.chdir(tmp_path)
    return tmp_path
