"""Cells as files: whole, recognized, repaired after an accident."""

from __future__ import annotations

import hashlib
import io
import json
import os

import numpy as np
import pytest

from sklearn_instamap.benchmark._cell import MEASURES, Outcome
from sklearn_instamap.benchmark._plan import Cell
from sklearn_instamap.benchmark._store import _CHECKSUM, CellStore

CELL = Cell("en-de", "backward", "de", "en", "IM∘VM, K = 50", "5k", 3)
DONE = Outcome(
    CELL,
    dict.fromkeys(MEASURES, 2) | {"fit_seconds": 1.5, "peak_mib": float("nan")},
    "numpy 2",
    warnings=("Odd.",),
    ranks={"cosine": np.array([3, 0], dtype=np.int32), "csls": np.array([1, 0], dtype=np.int32)},
    words=np.array([0, 1], dtype=np.int32),
    unseen=np.array([True, False]),
    similarity=np.array([1.0, 0.25], dtype=np.float32),
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
    np.testing.assert_array_equal(loaded.similarity, outcome.similarity, strict=True)


def test_names_of_files_tell_people_what_they_are(store):
    assert store.path(CELL, "0123").name == "de-en.5k.IM-VM-K-50.3.0123.npz"


def damaged(store):
    """Load a cell that is not as it was written: nothing, and a warning that names its file."""
    with pytest.warns(UserWarning, match=r"0123\.npz: is damaged \(.*is run again\."):
        return store.load(CELL, "0123") is None


@pytest.mark.parametrize("size", [0, 100, -30, -1])
def test_a_cell_cut_short_is_no_cell(store, size):
    store.save(DONE, "0123")
    path = store.path(CELL, "0123")
    path.write_bytes(path.read_bytes()[:size])
    assert damaged(store)


def test_no_changed_byte_goes_unnoticed(store):
    store.save(DONE, "0123")
    path = store.path(CELL, "0123")
    content = path.read_bytes()
    for place in range(0, len(content), 7):
        changed = bytearray(content)
        changed[place] ^= 1 + place % 255
        path.write_bytes(changed)
        assert damaged(store)


def forge(path, **arrays):
    """Write a file whose checksum is right, whatever is in it."""
    stream = io.BytesIO()
    np.savez(stream, **arrays)
    archive = stream.getvalue()
    path.write_bytes(archive + _CHECKSUM + hashlib.sha256(archive).hexdigest().encode())


GOOD = {
    "words": DONE.words, "unseen": DONE.unseen, "similarity": DONE.similarity,
    "ranks_cosine": DONE.ranks["cosine"],
}  # fmt: skip
RECORD = {
    "cell": CELL.as_dict(), "fingerprint": "0123", "measures": DONE.measures, "versions": "",
    "error": "", "warnings": [],
}  # fmt: skip


def test_a_forgery_that_is_a_cell_is_one(store):
    forge(store.path(CELL, "0123"), record=np.array(json.dumps(RECORD)), **GOOD)
    assert store.load(CELL, "0123").status == "ok"


@pytest.mark.parametrize(
    "record",
    [
        "null", "[]", "[" * 100_000, "3", "{", "{}", '"text"',
        *(
            json.dumps(RECORD | changed)
            for changed in (
                {"cell": None}, {"cell": CELL.as_dict() | {"seed": 4}}, {"measures": []},
                {"measures": {"fit_seconds": "fast"}}, {"versions": None}, {"error": 3},
                {"warnings": {}}, {"warnings": [[]]}, {"fingerprint": "0124"},
                {"measures": {}}, {"error": "It failed."},
                *(
                    {"measures": DONE.measures | odd}
                    for odd in (
                        {"n_train_pairs": -1}, {"n_train_pairs": 1.5}, {"n_train_pairs": True},
                        {"n_train_pairs": 10**400}, {"fit_seconds": 10**400}, {"other": 1},
                        {"fit_seconds": float("inf")}, {"n_train_pairs": float("nan")},
                    )
                ),
            )
        ),
        json.dumps(RECORD)[:-1] + ', "error": ""}',
        json.dumps(RECORD).replace("1.5", "1e999"),
    ],
)  # fmt: skip
def test_forged_records(store, record):
    forge(store.path(CELL, "0123"), record=np.array(record), **GOOD)
    assert damaged(store)


@pytest.mark.parametrize(
    "changed",
    [
        {"words": DONE.words[:1]},
        {"unseen": DONE.words},
        {"similarity": DONE.words},
        {"similarity": DONE.similarity[:1]},
        {"ranks_cosine": np.zeros((2, 2), dtype=int)},
        {"ranks_cosine": np.array([0.5, 1.0])},
        {"words": np.array(["a", "b"])},
        {"words": np.array([None, None], dtype=object)},
        {"words": np.array([0, 2], dtype=np.int32)},
        {"ranks_cosine": np.array([-1, 1], dtype=np.int32)},
        {"ranks_cosine": np.zeros(2, dtype=np.int32)},
        {"ranks_cosine": DONE.ranks["cosine"].astype(np.int64)},
        {"ranks_other": DONE.ranks["cosine"]},
        {"similarity": np.array([1.0, np.nan], dtype=np.float32)},
        {name: array[:0] for name, array in GOOD.items()},
    ],
)
def test_forged_arrays(store, changed):
    forge(store.path(CELL, "0123"), record=np.array(json.dumps(RECORD)), **(GOOD | changed))
    assert damaged(store)


def test_a_cell_that_grows_without_bounds_is_no_cell(store):
    path = store.path(CELL, "0123")
    stream = io.BytesIO()
    np.savez_compressed(stream, record=np.zeros(80 << 20, dtype=np.uint8))
    archive = stream.getvalue()
    path.write_bytes(archive + _CHECKSUM + hashlib.sha256(archive).hexdigest().encode())
    assert damaged(store)


def test_a_cell_of_other_settings_under_this_name_is_another_one(store):
    store.save(DONE, "4567")
    store.path(CELL, "4567").rename(store.path(CELL, "0123"))
    assert damaged(store)


@pytest.mark.parametrize(("make", "what"), [(os.mkdir, "folder"), (os.mkfifo, "pipe")])
def test_what_is_no_file_is_not_waited_for(store, make, what):
    make(store.path(CELL, "0123"))
    with pytest.raises(OSError, match=rf"0123\.npz: is a {what}.*; remove it, and run"):
        store.load(CELL, "0123")


def test_a_lock_that_is_none(tmp_path):
    (tmp_path / ".lock").symlink_to(tmp_path / "other")
    with pytest.raises(OSError, match=r"\.lock: is a symbolic link"), CellStore(tmp_path):
        pass


def test_other_files_of_the_folder_are_no_cells(store):
    np.savez(store.path(CELL, "0123"), something=np.zeros(3))
    assert damaged(store)
    # Checksums do not stand in the way of other programs.
    store.save(DONE, "0123")
    with np.load(store.path(CELL, "0123")) as arrays:
        assert arrays["words"].tolist() == [0, 1]


def test_what_a_killed_run_left_is_removed(tmp_path):
    with CellStore(tmp_path) as store:
        kept = [store.cells / "a.npz", tmp_path / ".hidden", tmp_path / ".my.notes"]
        stale = [
            store.cells / ".de-en.5k.PROC.0.0123.0123456789abcdef0123.npz",
            store.spaces / ".en.vec.ba98765432100123abcd.npy",
            tmp_path / ".results.0123456789abcdef0123.parquet",
        ]
        for file in [*kept, *stale]:
            file.touch()
    with CellStore(tmp_path):
        assert all(file.exists() for file in kept)
        assert not any(file.exists() for file in stale)


def test_folder_that_cannot_be_made(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match="cannot be created"), CellStore(tmp_path / "file"):
        pass
