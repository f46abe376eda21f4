"""Files appear whole or not at all."""

from __future__ import annotations

import re
import stat
import subprocess
import sys

import numpy as np
import pytest

from sklearn_instamap import EmbeddingSpace, _files
from sklearn_instamap._files import atomic_folder, atomic_paths, locked, remove_temporaries
from sklearn_instamap.io import _npy, _text, write_dictionary, write_vectors

on_posix = pytest.mark.skipif(sys.platform == "win32", reason="POSIX permissions and links")
SPACE = EmbeddingSpace([f"w{row}" for row in range(600)], np.ones((600, 2)))


def test_files_appear_together_at_the_end(tmp_path):
    paths = tmp_path / "a.csv", tmp_path / "b.json"
    with atomic_paths(*paths) as temporaries:
        for temporary in temporaries:
            temporary.write_text("new")
        assert not any(path.exists() for path in paths)
        assert [path.suffix for path in temporaries] == [".csv", ".json"]
        assert {path.parent for path in temporaries} == {tmp_path}
    assert sorted(tmp_path.iterdir()) == list(paths)
    assert [path.read_text() for path in paths] == ["new", "new"]


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt, SystemExit])
def test_an_error_leaves_everything_as_it_was(tmp_path, error):
    paths = tmp_path / "old.txt", tmp_path / "new.txt"
    paths[0].write_text("old")

    def fail_half_way():
        with atomic_paths(*paths) as temporaries:
            temporaries[0].write_text("half")
            raise error

    with pytest.raises(error):
        fail_half_way()
    assert list(tmp_path.iterdir()) == [paths[0]]
    assert paths[0].read_text() == "old"


class FullDisk(Exception):
    """Stands for whatever may interrupt a writer half-way."""


def fail_after(calls, function):
    """Return the function, failing after so many calls."""
    left = calls

    def failing(*args, **kwargs):
        nonlocal left
        left -= 1
        if left < 0:
            raise FullDisk
        return function(*args, **kwargs)

    return failing


@pytest.mark.parametrize("name", ["space.vec", "space.vec.gz"])
def test_text_interrupted_half_way(tmp_path, monkeypatch, name):
    path = tmp_path / name
    path.write_text("old")

    def failing_formatter(precision):
        return fail_after(1, lambda rows: ["1.0 1.0"] * len(rows))

    monkeypatch.setattr(_text, "row_formatter", failing_formatter)
    with pytest.raises(FullDisk):
        write_vectors(path, SPACE)
    assert list(tmp_path.iterdir()) == [path]
    assert path.read_text() == "old"


def test_pair_interrupted_half_way(tmp_path, monkeypatch):
    write_vectors(tmp_path / "space.npy", SPACE)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}

    def save_half(stream, vectors, **kwargs):
        stream.write(vectors.tobytes()[:100])
        raise FullDisk

    monkeypatch.setattr(_npy.np, "save", save_half)
    with pytest.raises(FullDisk):
        write_vectors(tmp_path / "space.npy", SPACE.with_vectors(np.zeros((600, 2))))
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_missing_folder(tmp_path):
    path = tmp_path / "no" / "space.vec"
    sentence = f"{path}: the folder {tmp_path / 'no'} does not exist; create it first."
    with pytest.raises(FileNotFoundError, match="^" + re.escape(sentence) + "$"):
        write_vectors(path, SPACE)
    with pytest.raises(FileNotFoundError, match="^" + re.escape(sentence) + "$"):
        write_dictionary(path, [("a", "b")])


def test_a_folder_is_not_replaced(tmp_path):
    (tmp_path / "space.vec").mkdir()
    with pytest.raises(IsADirectoryError, match=r"space.vec: is a folder; give the name of a"):
        write_vectors(tmp_path / "space.vec", SPACE)


@on_posix
def test_a_device_is_not_replaced():
    with (
        pytest.raises(OSError, match=r"^/dev/null: is not a regular file"),
        atomic_paths("/dev/null"),
    ):
        pass


def test_folder_without_permission(tmp_path, monkeypatch):
    def refuse(*args):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(_files.os, "open", refuse)
    sentence = f"space.vec: cannot write to the folder {tmp_path} (Permission denied)."
    with pytest.raises(PermissionError, match=re.escape(sentence) + "$"):
        write_vectors(tmp_path / "space.vec", SPACE)


@on_posix
def test_permissions_are_those_of_the_file_before_or_the_usual_ones(tmp_path):
    fresh, private = tmp_path / "fresh.txt", tmp_path / "private.txt"
    private.touch(mode=0o600)
    usual = tmp_path / "usual.txt"
    usual.touch()
    with atomic_paths(fresh, private):
        pass
    modes = [stat.S_IMODE(path.stat().st_mode) for path in (fresh, private)]
    assert modes == [stat.S_IMODE(usual.stat().st_mode), 0o600]


@on_posix
def test_the_target_of_a_link_is_replaced(tmp_path):
    (tmp_path / "folder").mkdir()
    real, link = tmp_path / "folder" / "real.txt", tmp_path / "link.txt"
    real.write_text("old")
    link.symlink_to(real)
    with atomic_paths(link) as (temporary,):
        temporary.write_text("new")
    assert link.is_symlink()
    assert real.read_text() == "new"


def test_long_names(tmp_path):
    path = tmp_path / ("x" * 240 + ".vec")
    write_vectors(path, SPACE)
    assert list(tmp_path.iterdir()) == [path]


def test_files_that_differ_in_their_suffix_find_each_other(tmp_path):
    with atomic_paths(tmp_path / "en.npy", tmp_path / "en.words") as (vectors, words):
        assert vectors.with_suffix(".words") == words


def test_a_folder_takes_the_place_of_the_one_before(tmp_path):
    for text in ("old", "new"):
        with atomic_folder(tmp_path / "report") as folder:
            (folder / f"{text}.txt").write_text(text)
    assert [path.name for path in tmp_path.rglob("*")] == ["report", "new.txt"]


def test_an_error_leaves_the_folder_before(tmp_path):
    (tmp_path / "report").mkdir()
    (tmp_path / "report" / "old.txt").touch()

    def fail_half_way():
        with atomic_folder(tmp_path / "report") as folder:
            (folder / "new.txt").touch()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail_half_way()
    assert [path.name for path in tmp_path.rglob("*")] == ["report", "old.txt"]


def test_what_killed_processes_left_is_removed(tmp_path):
    for name in (".en.0123456789abcdef0123.vec", ".notes", "en.vec"):
        (tmp_path / name).touch()
    (tmp_path / ".report.0123456789abcdef0123").mkdir()
    (tmp_path / ".report.0123456789abcdef0123" / "half.md").touch()
    remove_temporaries(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == [".notes", "en.vec"]


def test_one_process_at_a_time(tmp_path):
    pytest.importorskip("filelock")
    path = tmp_path / "lock"
    program = (
        "import sys; from pathlib import Path; from sklearn_instamap._files import locked\n"
        "with locked(Path(sys.argv[1]), 'A test', 'benchmark'):\n"
        "    print(flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        other.stdout.readline()
        with (
            pytest.raises(BlockingIOError, match="another process holds this lock"),
            locked(path, "A test", "benchmark", wait=False),
        ):
            pass
        other.kill()
    # Whoever holds it may be killed: the lock ends with the process.
    with locked(path, "A test", "benchmark"):
        pass


def test_without_filelock_one_sentence_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "filelock", None)
    sentence = re.escape(
        'A test needs filelock, which is not installed: pip install "sklearn-instamap[datasets]".'
    )
    with (
        pytest.raises(ImportError, match=f"^{sentence}$"),
        locked(tmp_path / "lock", "A test", "datasets"),
    ):
        pass
