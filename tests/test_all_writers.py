"""Every writer, under every misfortune: nothing half-written, nothing lost, one sentence."""

from __future__ import annotations

import errno
import multiprocessing
import os
import re
import shutil
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import sklearn_instamap
from sklearn_instamap import EmbeddingSpace, KabschRotation, _files
from sklearn_instamap.benchmark import _report, write_report
from sklearn_instamap.benchmark._cell import Outcome
from sklearn_instamap.benchmark._plan import Cell
from sklearn_instamap.benchmark._spaces import map_space
from sklearn_instamap.benchmark._store import CellStore
from sklearn_instamap.datasets import _fasttext
from sklearn_instamap.io import read_fasttext, read_vectors, write_dictionary, write_vectors
from sklearn_instamap.io._mapping_files import map_vectors_file
from sklearn_instamap.results import BenchmarkResults, load_paper_results

PACKAGE = Path(sklearn_instamap.__file__).parent
DATA = Path(__file__).parent / "io" / "data"
WORDS = [f"word{row}" for row in range(150)]
SPACE = EmbeddingSpace(WORDS, np.random.default_rng(0).standard_normal((150, 9)).astype("f4"))
SUFFIXES = [
    *("vec", "txt", "vec.gz", "vec.bz2", "vec.xz", "vec.zst", "bin", "bin.gz"),
    *("npy", "npz", "parquet", "arrow", "feather", "safetensors"),
]
NEEDS = {"parquet": "pyarrow", "arrow": "pyarrow", "feather": "pyarrow", "zst": "zstandard"}
on_posix = pytest.mark.skipif(sys.platform == "win32", reason="limits and signals of POSIX")


def vectors(suffix):
    module = NEEDS.get(suffix.rpartition(".")[2], suffix if suffix == "safetensors" else "numpy")

    def write(folder):
        pytest.importorskip(module, exc_type=ImportError)
        write_vectors(folder / f"a.{suffix}", SPACE)

    return write


def mapped(folder):
    source = folder.parent / "source.vec"
    if not source.exists():
        write_vectors(source, SPACE)
    map_vectors_file(source, folder / "a.vec", np.negative)


def cell(folder):
    ranks = {"cosine": np.random.default_rng(0).integers(0, 1 << 30, 900).astype(np.int32)}
    key = Cell("en-de", "forward", "en", "de", "PROC", "5k", 0)
    words = np.arange(900, dtype=np.int32)
    outcome = Outcome(key, {"x": 1.5}, "numpy", ranks=ranks, words=words, unseen=words > 3)
    store = CellStore(folder)
    store.cells.mkdir(exist_ok=True)
    store.save(outcome, "0123")


def copy_of_a_space(folder):
    source = folder.parent / "source.vec"
    if not source.exists():
        write_vectors(source, SPACE)
    for file in folder.glob("source*"):
        os.remove(file)
    map_space(source, folder, max_words=None, lowercase=False, encoding_errors="strict")


def model(folder):
    rng = np.random.default_rng(0)
    KabschRotation().fit(rng.random((30, 20)), rng.random((30, 20))).save(folder / "m.model")


def lexicon(folder):
    table = pd.DataFrame({"source": WORDS, "target": WORDS, "rank": 1, "probability": 0.5})
    with _files.atomic_paths(folder / "l.csv") as (place,):
        table.to_csv(place, index=False)


def report(folder):
    def make(part):
        (part.folder / "table.csv").write_text("1,2\n" * 900)
        return ["A table."]

    sections, _report._sections = _report._sections, lambda *_: [("Table", "table", make)]
    try:
        write_report(BenchmarkResults(load_paper_results().rows), folder, n_shuffles=1)
    finally:
        _report._sections = sections


def record(folder):
    _fasttext._write_record(folder / "r.json", "https://example.org/" + "x" * 2000, DATA, "0")


# What writes, and the modules by which it does.
WRITERS = {
    **{f"vectors as {suffix}": vectors(suffix) for suffix in SUFFIXES},
    "mapped file": mapped,
    "dictionary": lambda folder: write_dictionary(folder / "d.tsv", [(w, w) for w in WORDS]),
    "fastText": lambda folder: read_fasttext(DATA / "subwords.bin").write(folder / "f.bin"),
    "model": model,
    "lexicon": lexicon,
    "cell": cell,
    "copy of a space": copy_of_a_space,
    "results": lambda folder: BenchmarkResults(load_paper_results().rows).save(folder, "csv"),
    "report": report,
    "record": record,
}
every_writer = pytest.mark.parametrize("writer", WRITERS)
BY_MODULE = {
    "_models.py": "model",
    "_arrow.py": "vectors as parquet",
    "_dictionary_file.py": "dictionary",
    "_fasttext_file.py": "fastText",
    "_row_writers.py": "mapped file",
    "_npy.py": "vectors as npy",
    "_npz.py": "vectors as npz",
    "_safetensors.py": "vectors as safetensors",
    "_text.py": "vectors as vec",
    "_word2vec.py": "vectors as bin",
    "_fasttext.py": "record",
    "_lexicon.py": "lexicon",
    "_unfinished.py": "lexicon",
    "_report.py": "report",
    "_results.py": "results",
    "_spaces.py": "copy of a space",
    "_store.py": "cell",
    # Of the command line, which the tests of the commands try.
    "_demo.py": None,
    "_outputs.py": None,
    # They only find out whether they could write.
    "_induce.py": None,
    "_session.py": None,
}


def test_every_writer_is_tried():
    """A module that writes files in a new way has to be named here, with what tries it."""
    found = {
        path.name
        for path in PACKAGE.rglob("*.py")
        if re.search(r"(atomic_(paths|folder)|check_writable)\(", path.read_text(encoding="utf-8"))
    }
    assert found - {"_files.py"} == set(BY_MODULE)
    assert {name for name in BY_MODULE.values() if name} <= set(WRITERS)


def content(folder):
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


@pytest.fixture
def written(tmp_path, writer):
    """A folder into which the writer has written once."""
    folder = tmp_path / "target"
    folder.mkdir()
    WRITERS[writer](folder)
    assert content(folder)
    return folder


@on_posix
@every_writer
def test_others_may_read_what_the_umask_allows(written, writer):
    """A library that writes to a file of its own may make it one for the user alone."""
    usual = written.parent / "usual"
    usual.touch()
    found = {path.stat().st_mode for path in written.rglob("*") if path.is_file()}
    assert found == {usual.stat().st_mode}


@contextmanager
def one_sentence():
    with pytest.raises((OSError, ValueError)) as caught:
        yield
    text = str(caught.value)
    assert text
    assert "\n" not in text


@contextmanager
def files_of_at_most(n_bytes):
    """The system refuses to make a file larger, as if the disk were full."""
    resource = pytest.importorskip("resource")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (n_bytes, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@on_posix
@every_writer
def test_a_disk_that_gets_full(written, writer):
    before = content(written)
    with files_of_at_most(700), one_sentence():
        WRITERS[writer](written)
    if writer == "copy of a space":
        # Its writer begins by removing the copy, and so does the test's.
        before = {}
    assert content(written) == before


@every_writer
@pytest.mark.parametrize("number", [errno.EROFS, errno.ENOSPC])
def test_folders_that_cannot_be_written_to(written, writer, number, monkeypatch):
    before = content(written)

    def refuse(*arguments):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(_files.os, "open", refuse)
    monkeypatch.setattr(_files.Path, "mkdir", refuse) if writer == "report" else None
    with one_sentence():
        WRITERS[writer](written)
    assert content(written) == before or writer == "copy of a space"


@on_posix
@every_writer
def test_what_a_killed_writer_leaves_is_removed_by_the_next(written, writer, monkeypatch):
    """As if by SIGKILL at the last moment: the process is dead, and nothing was cleaned up."""
    before = set(content(written))
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    token = f"{_files._machine()}{dead.pid:08x}00000000"

    def killed(*arguments):
        raise KeyboardInterrupt

    with monkeypatch.context() as at_death:
        at_death.setattr(_files, "_token", lambda: token)
        at_death.setattr(_files.os, "replace", killed)
        at_death.setattr(_files.Path, "unlink", lambda *_, **__: None)
        at_death.setattr(shutil, "rmtree", lambda *_, **__: None)
        with pytest.raises(KeyboardInterrupt):
            WRITERS[writer](written)
    assert any(token in name for name in content(written))
    WRITERS[writer](written)
    assert set(content(written)) == before


# What the other two do for this test is not for several at once: the next two tests are.
@pytest.mark.parametrize("writer", [w for w in WRITERS if w not in ("copy of a space", "report")])
def test_several_writers_of_one_target(written, writer):
    """Each writes all of it: the last one wins, or a later one says that it could not."""
    before, errors = content(written), []

    def write():
        try:
            WRITERS[writer](written)
        except (OSError, ValueError) as error:
            errors.append(str(error))

    threads = [threading.Thread(target=write) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors
    assert set(content(written)) == set(before)


def test_several_copies_of_one_space_at_once(tmp_path):
    write_vectors(tmp_path / "source.vec", SPACE)
    found, options = [], {"max_words": None, "lowercase": False, "encoding_errors": "strict"}
    threads = [
        threading.Thread(
            target=lambda: found.append(map_space(tmp_path / "source.vec", tmp_path, **options))
        )
        for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({each.content for each in found}) == 1
    np.testing.assert_array_equal(found[0].open().vectors, SPACE.vectors)


def test_folders_that_are_replaced_at_once(tmp_path):
    """Every writer's folder is whole, and one of them stays."""
    errors = []

    def write(number):
        try:
            for _ in range(20):
                with _files.atomic_folder(tmp_path / "report") as place:
                    for name in "ab":
                        (place / name).write_text(str(number))
        except OSError as error:
            errors.append(error)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors
    assert [path.name for path in tmp_path.iterdir()] == ["report"]
    assert len({path.read_text() for path in (tmp_path / "report").iterdir()}) == 1


def test_a_folder_that_cannot_be_replaced_stays(tmp_path, monkeypatch):
    folder = tmp_path / "report"
    folder.mkdir()
    (folder / "old").touch()
    replace = os.replace

    def refuse(source, target):
        if Path(target) == folder and not (Path(source) / "old").exists():
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        replace(source, target)

    with one_sentence(), _files.atomic_folder(folder) as place:
        monkeypatch.setattr(_files.os, "replace", refuse)
        (place / "new").touch()
    assert [path.name for path in folder.iterdir()] == ["old"]
    assert [path.name for path in tmp_path.iterdir()] == ["report"]


OTHER = SPACE.with_vectors(SPACE.vectors + 1)
OTHER = EmbeddingSpace([f"other{word}" for word in WORDS], OTHER.vectors)
# Their library has threads, which do not survive a fork.
OF_ARROW = ("parquet", "arrow", "feather")
FORKED = [suffix for suffix in SUFFIXES if suffix not in OF_ARROW]


def write_for_ever(path):
    while True:
        for space in (OTHER, SPACE):
            write_vectors(path, space)


def words_or_refusal(path):
    try:
        return read_vectors(path).words
    except ValueError as error:
        return str(error)


@pytest.mark.skipif(sys.platform != "linux", reason="forks processes")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("suffix", FORKED)
def test_killed_at_any_moment(tmp_path, suffix):
    """SIGKILL while two spaces are written in turn: one of them stands there, whole."""
    vectors(suffix)(tmp_path)
    path = tmp_path / f"a.{suffix}"
    names = set(content(tmp_path))
    rng = np.random.default_rng(len(suffix))
    for _ in range(3):
        child = multiprocessing.get_context("fork").Process(target=write_for_ever, args=(path,))
        child.start()
        time.sleep(rng.uniform(0.001, 0.03))
        child.kill()
        child.join()
        found = words_or_refusal(path)
        # Killed between the renames of two files, which the marks in them tell.
        is_told = suffix == "npy" and "not belong to" in found
        assert is_told or found in (SPACE.words, OTHER.words)
        write_vectors(path, SPACE)
        assert set(content(tmp_path)) == names
        assert read_vectors(path).words == SPACE.words


ARROW_FOR_EVER = """
import sys
from itertools import cycle
from sklearn_instamap.io import read_vectors, write_vectors
*paths, one, other = sys.argv[1:]
for number, space in enumerate(cycle([read_vectors(one), read_vectors(other)])):
    for path in paths:
        write_vectors(path, space)
    if not number:
        print("written once", flush=True)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="kills as no process is killed there")
def test_arrow_is_killed_at_any_moment(tmp_path):
    """The same in a process of its own, with all files that pyarrow writes."""
    pytest.importorskip("pyarrow", exc_type=ImportError)
    folder = tmp_path / "written"
    folder.mkdir()
    for suffix in OF_ARROW:
        vectors(suffix)(folder)
    paths = [folder / f"a.{suffix}" for suffix in OF_ARROW]
    spaces = [tmp_path / "other.npz", tmp_path / "space.npz"]
    for path, space in zip(spaces, (OTHER, SPACE), strict=True):
        write_vectors(path, space)
    names = set(content(folder))
    rng = np.random.default_rng(0)
    for _ in range(3):
        command = [sys.executable, "-c", ARROW_FOR_EVER, *map(str, [*paths, *spaces])]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as child:
            assert child.stdout is not None
            child.stdout.readline()
            time.sleep(rng.uniform(0.001, 0.03))
            child.kill()
        for path in paths:
            assert read_vectors(path).words in (SPACE.words, OTHER.words)
            write_vectors(path, SPACE)
        assert set(content(folder)) == names


@pytest.mark.skipif(sys.platform != "linux", reason="forks processes")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("writer", [w for w in WRITERS if not w.startswith("vectors as")])
def test_what_killing_leaves_is_removed(written, writer):
    """SIGKILL while something is written again and again: the next to write finds no obstacle."""

    def again():
        while True:
            WRITERS[writer](written)

    before = set(content(written))
    rng = np.random.default_rng(len(writer))
    for _ in range(3):
        child = multiprocessing.get_context("fork").Process(target=again)
        child.start()
        time.sleep(rng.uniform(0.001, 0.03))
        child.kill()
        child.join()
        WRITERS[writer](written)
        assert set(content(written)) == before


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_the_input_may_be_the_output(tmp_path, suffix):
    vectors(suffix)(tmp_path)
    path = tmp_path / f"a.{suffix}"
    space = read_vectors(path, mmap=suffix == "npy")
    write_vectors(path, space.with_vectors(-space.vectors))
    np.testing.assert_array_equal(read_vectors(path).vectors, -SPACE.vectors)
    map_vectors_file(path, path, np.negative)
    np.testing.assert_array_equal(read_vectors(path).vectors, SPACE.vectors)


@pytest.fixture
def small_disk(tmp_path):
    """A disk of 64 KiB, where one may be mounted."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = shutil.which("mount")
    if mount is None or sys.platform != "linux":
        pytest.skip("there is no mount")
    options = ["-t", "tmpfs", "-o", "size=64k", "tmpfs", str(folder)]
    done = subprocess.run([mount, *options], capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"a small disk cannot be mounted here ({done.stderr.strip()})")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def test_a_small_disk(small_disk):
    """As with the limit of a process, but on a disk of its own: space left is space left."""
    large = EmbeddingSpace(
        [f"word{row}" for row in range(3000)],
        np.random.default_rng(0).standard_normal((3000, 9)).astype("f4"),
    )
    for suffix in SUFFIXES:
        vectors(suffix)(small_disk)
        before = content(small_disk)
        with one_sentence():
            write_vectors(small_disk / f"a.{suffix}", large)
        assert content(small_disk) == before
        for path in small_disk.iterdir():
            path.unlink()
