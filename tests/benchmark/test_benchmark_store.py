"""Cells as files: whole, recognized, mended after an accident."""

from __future__ import annotations

import numpy as np
import pytest

from sklearn_instamap.benchmark._cell import Outcome
from sklearn_instamap.benchmark._plan import Cell
from sklearn_instamap.benchmark._store import CellStore

CELL = Cell("en-de", "backward", "de", "en", "IM∘VM, K = 50", "5k", 3)
DONE = Outcome(
    CELL,
    {"fit_seconds": 1.5, "n_train_pairs": 4000},
    "numpy 2",
    warnings=("Odd.",),
    ranks={"cosine": np.array([3, 0], dtype=np.int32), "csls": np.array([1, 0], dtype=np.int32)},
    words=np.array([0, 1], dtype=np.int32),
    unseen=np.array([True, False]),
)
FAILED = Outcome(CELL, {"peak_mib": float("nan")}, "numpy 2", error="ValueError: No.")


@pytest.fixture
def store(tmp_path):
    with CellStore(tmp_path / "new" / "results") as opened:
        yield opened


@pytest.mark.parametrize("outcome", [DONE, FAILED])
def test_round_trip(store, outcome):
    assert store.load(CELL, "0123") is None
    store.save(outcome, "0123")
    loaded = store.load(CELL, "0123")
    assert loaded.status == outcome.status
    for name in ("cell", "versions", "error", "warnings"):
        assert getattr(loaded, name) == getattr(outcome, name)
    np.testing.assert_equal(loaded.measures, outcome.measures)
    assert list(loaded.ranks) == list(outcome.ranks)
    for name in outcome.ranks:
        np.testing.assert_array_equal(loaded.ranks[name], outcome.ranks[name], strict=True)
    np.testing.assert_array_equal(loaded.words, outcome.words, strict=True)
    np.testing.assert_array_equal(loaded.unseen, outcome.unseen, strict=True)


def test_names_of_files_tell_people_what_they_are(store):
    assert store.path(CELL, "0123").name == "de-en.5k.IM-VM-K-50.3.0123.npz"


@pytest.mark.parametrize("size", [0, 100, -30])
def test_damaged_cell_is_no_cell(store, size):
    store.save(DONE, "0123")
    path = store.path(CELL, "0123")
    path.write_bytes(path.read_bytes()[:size])
    assert store.load(CELL, "0123") is None


def test_other_files_of_the_folder_are_no_cells(store):
    np.savez(store.path(CELL, "0123"), something=np.zeros(3))
    assert store.load(CELL, "0123") is None


def test_what_a_killed_run_left_is_removed(tmp_path):
    with CellStore(tmp_path) as store:
        kept = [store.cells / "a.npz", tmp_path / ".hidden", tmp_path / ".my.notes"]
        stale = [
            store.cells / ".de-en.5k.PROC.0.0123.0123456789ab.npz",
            store.spaces / ".en.vec.ba9876543210.npy",
            tmp_path / ".results.0123456789ab.parquet",
        ]
        for file in [*kept, *stale]:
            file.touch()
    with CellStore(tmp_path):
        assert all(file.exists() for file in kept)
        assert not any(file.exists() for file in stale)


def test_folder_that_cannot_be_made(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match="cannot be made"), CellStore(tmp_path / "file"):
        pass
