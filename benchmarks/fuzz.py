"""Malformed input by the hundred thousand: every reader answers with a value or with one sentence.

    python benchmarks/fuzz.py --inputs 200000 --write

Good files are damaged at random: bytes changed, pieces cut out, doubled and moved, odd characters
put in, the whole cut short. Each kind runs in its own process, which is watched. Counted are

- crashes: any error but OSError, ValueError and ImportError with a message of one line that names
  the file, and processes that die,
- hangs: inputs that take more than 10 seconds,
- memory: processes that grow by more than 500 MiB beyond what they held before the first input,
- wrong reads: a value where there is a checksum and the file differs in what it covers, a value
  that another path of reading does not confirm, or a word that is none.

Other engines make other inputs for the same readers and the same judge. ``--engine atheris`` is
guided by which branches of the package an input takes (libFuzzer; pip install atheris).
``--engine hypothesis`` puts the pieces of good files together in other orders.
"""

from __future__ import annotations

import argparse
import bz2
import contextlib
import gzip
import io
import json
import lzma
import multiprocessing
import os
import pickle
import re
import resource
import shutil
import tempfile
import time
import traceback
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from _branches import ENGINE, VARIABLE
from _measure import markdown_table, update_section

from sklearn_instamap import EmbeddingSpace, KabschRotation, load
from sklearn_instamap.benchmark._cell import Outcome
from sklearn_instamap.benchmark._plan import Cell
from sklearn_instamap.benchmark._store import CellStore
from sklearn_instamap.benchmark._yaml import read_methods
from sklearn_instamap.cli import main as command_line
from sklearn_instamap.io import _lines as lines_module
from sklearn_instamap.io import read_dictionary, read_vectors, write_dictionary, write_vectors

SECONDS, MEBIBYTES = 10, 500
DATA = Path(__file__).parents[1] / "tests" / "io" / "data"
WORDS = ["the", "New York", "café", "\xa0", "a\u2028b", "1990", "nan", "</s>", "日本", "x" * 40]
SPACE = EmbeddingSpace(WORDS, np.random.default_rng(0).standard_normal((10, 4)).astype("f4"))
PLAIN = EmbeddingSpace([f"w{row}" for row in range(80)], np.arange(240.0).reshape(80, 3) / 7)
PAIRS = [("house", "Haus"), ("New York", "Neu York"), ("café", "Café"), ("a", "b")] * 2
ODD = [
    *(bytes([code]) for code in (0, 9, 10, 11, 12, 13, 27, 28, 32, 34, 44, 124, 127, 133, 160)),
    "\u2028\u202e\ufeff\u0301\xad".encode(), b"\xff", b"nan", b"inf", b"1e999", b"0x1A", b"1_0",
    b"None", b"-", b"9" * 60, b"1" * 4000, b"\r\n", b"\n\n\n", b" ||| ", b"\t\t", b'"', b"# ",
    b"{", b"[" * 400, b"(" * 400, b"!!python/object", b"&a [*a, *a]", b"*a", b"\xff\xfe",
    b"\x1f\x8b", b"PK\x03\x04",
]  # fmt: skip


def damage(good: bytes, rng: np.random.Generator) -> bytes:
    """Return a file with up to four things wrong."""
    data = bytearray(good)
    for _ in range(int(rng.integers(1, 5))):
        at = int(rng.integers(0, len(data) + 1))
        length = int(min(rng.geometric(0.1), 200))
        kind = rng.integers(0, 8)
        if kind == 0:
            data[at:] = b"" if rng.random() < 0.3 else data[at:]
        elif kind == 1:
            del data[at : at + length]
        elif kind == 2:
            data[at:at] = data[at : at + length]
        elif kind == 3:
            data[at : at + length] = rng.bytes(length)
        elif kind == 4:
            other = int(rng.integers(0, len(data) + 1))
            data[at : at + length] = data[other : other + length]
        elif kind == 5 and at < len(data):
            data[at] ^= 1 << int(rng.integers(0, 8))
        else:
            data[at:at] = ODD[int(rng.integers(0, len(ODD)))]
    return bytes(data)


def check_space(space: EmbeddingSpace) -> None:
    """A space that is read has words, each once, and finite vectors."""
    assert all(type(word) is str and word for word in space.words)
    assert len(set(space.words)) == space.n_words == len(space.vectors)
    assert np.isfinite(space.vectors).all()


def of_vectors(folder: Path, name: str, space: EmbeddingSpace, **checks: Any) -> Any:
    """Return a target: the good file, and what reads a damaged one."""
    path = folder / name
    write_vectors(path, space)
    return target(path, **checks)


def target(path: Path, *, checksum: bool = False, careful: bool = False, **options: Any) -> Any:
    good = path.read_bytes()
    expected = read_vectors(path, **options)

    def run(content: bytes, rng: np.random.Generator) -> None:
        path.write_bytes(content)
        action = ("error", "warn", "skip")[int(rng.integers(0, 3))] if careful else "error"
        space = read_vectors(path, on_bad_lines=action, **options)
        check_space(space)
        if checksum and content != good:
            assert space.words == expected.words
            assert np.array_equal(space.vectors, expected.vectors)
        if careful:
            # Line by line, without pandas.
            fewest, lines_module._FEWEST_ROWS = lines_module._FEWEST_ROWS, 1 << 40
            try:
                other = read_vectors(path, on_bad_lines=action, **options)
            finally:
                lines_module._FEWEST_ROWS = fewest
            assert other.words == space.words
            assert np.array_equal(other.vectors, space.vectors)

    return path, good, run


def of_words(folder: Path) -> Any:
    path = folder / "marked.npy"
    write_vectors(path, SPACE)
    words = path.with_suffix(".words")

    def run(content: bytes, rng: np.random.Generator) -> None:
        words.write_bytes(content)
        # What the mark covers: everything but line ends and a byte order mark.
        assert read_vectors(path, unicode_normalization=None).words == SPACE.words

    return words, words.read_bytes(), run


def of_dictionaries(folder: Path, name: str, text: str, **options: Any) -> Any:
    path = folder / name
    path.write_text(text, encoding="utf-8")

    def run(content: bytes, rng: np.random.Generator) -> None:
        path.write_bytes(content)
        action = ("error", "warn", "skip")[int(rng.integers(0, 3))]
        found = read_dictionary(path, on_bad_lines=action, **options)
        assert all(type(word) is str and word for side in found for word in found[side])
        write_dictionary(folder / "again.tsv", found.iloc[:0:-1]) if len(found) > 9 else None

    return path, path.read_bytes(), run


def of_pickles(folder: Path) -> Any:
    np.save(folder / "en.npy", SPACE.vectors)
    (folder / "en.npy").rename(folder / "en.vectors")
    path = folder / "en.vocab"
    path.write_bytes(pickle.dumps({word: row for row, word in enumerate(WORDS)}, protocol=4))
    return target(path)


def of_models(folder: Path) -> Any:
    path = folder / "model.npz"
    rng = np.random.default_rng(0)
    model = KabschRotation().fit(rng.standard_normal((9, 3)), rng.standard_normal((9, 3)))
    model.save(path)
    good, expected = path.read_bytes(), model.transform(np.eye(3))

    def run(content: bytes, rng: np.random.Generator) -> None:
        path.write_bytes(content)
        assert np.array_equal(load(path).transform(np.eye(3)), expected)

    return path, good, run


def of_cells(folder: Path) -> Any:
    cell = Cell("en-de", "forward", "en", "de", "PROC", "5k", 0)
    ranks = {"cosine": np.array([1, 2, 0], dtype=np.int32)}
    words, unseen = np.array([0, 1, 2], dtype=np.int32), np.array([True, False, True])
    outcome = Outcome(cell, {"x": 1.5}, "numpy", ranks=ranks, words=words, unseen=unseen)
    store = CellStore(folder / "results")
    store.cells.mkdir(parents=True)
    store.save(outcome, "0123")
    path = store.path(cell, "0123")

    def run(content: bytes, rng: np.random.Generator) -> None:
        path.write_bytes(content)
        found = store.load(cell, "0123")
        assert found is None or np.array_equal(found.ranks["cosine"], ranks["cosine"])

    return path, path.read_bytes(), run


METHODS = """\
first: ProcrustesAligner
second:
  InstaMapAligner: {n_neighbors: 50, n_iter: 2, step: 0.5}
third:
  - Normalizer
  - StandardScaler: {with_std: false}
  - InstaMapAligner: {preset: midpoint}
"""


def of_yaml(folder: Path) -> Any:
    path = folder / "methods.yaml"
    path.write_text(METHODS)

    def run(content: bytes, rng: np.random.Generator) -> None:
        path.write_bytes(content)
        read_methods(path, lambda name: None)

    return path, path.read_bytes(), run


_OPTIONS = """\
--format
csv
--max-words
3
--sep
,
--columns
0,1
--comment
#
--casing
tr
-n
2
--unknown
skip
--on-bad-lines
warn
--retrieval
csls
--metric
P@1
-o
o.csv
--n-jobs
1
--method
PROC
--set
n_jobs=1
--unicode-normalization
NFC
--encoding-errors
strict
--verbose
-1
w2"""


def of_arguments(folder: Path) -> Any:
    write_vectors(folder / "en.vec", PLAIN)
    write_vectors(folder / "de.npy", PLAIN)
    write_dictionary(folder / "d.tsv", [("w1", "w1"), ("w2", "w2"), ("w3", "w3"), ("w4", "w4")])
    os.chdir(folder)
    heads = (
        ["translate", "en.vec", "de.npy", "w1"],
        ["evaluate", "en.vec", "de.npy", "d.tsv"],
        ["align", "en.vec", "de.npy", "d.tsv", "-s", "a.vec", "-t", "b.npy", "-f"],
    )
    good = _OPTIONS.encode()

    def run(content: bytes, rng: np.random.Generator) -> None:
        words = content.decode("utf-8", "surrogateescape").replace("\0", "").split("\n")
        take = sorted(rng.choice(len(words), size=min(len(words), 4), replace=False).tolist())
        args = [*heads[int(rng.integers(0, 3))], *(words[place] for place in take)]
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            assert command_line(args) in (0, 2)

    return folder, good, run


def pack(folder: Path, suffix: str, function: Callable[[bytes], bytes]) -> Any:
    path = folder / f"packed{suffix}"
    write_vectors(folder / "unpacked.vec", PLAIN)
    path.write_bytes(function((folder / "unpacked.vec").read_bytes()))
    return target(path)


def copied(folder: Path, name: str) -> Any:
    path = folder / name
    path.write_bytes((DATA / name).read_bytes())
    return target(path)


TARGETS: dict[str, tuple[int, Callable[[Path], Any]]] = {
    "text with a header": (25, lambda at: of_vectors(at, "a.vec", PLAIN, careful=True)),
    "text without": (15, lambda at: of_headerless(at)),
    "text in gzip": (10, lambda at: pack(at, ".gz", gzip.compress)),
    "text in bzip2": (6, lambda at: pack(at, ".any", bz2.compress)),
    "text in xz": (4, lambda at: pack(at, ".xz.any", lzma.compress)),
    "word2vec binary": (15, lambda at: of_vectors(at, "a.bin", PLAIN)),
    ".npy": (22, lambda at: of_vectors(at, "a.npy", SPACE)),
    ".words": (8, of_words),
    ".npz": (14, lambda at: of_vectors(at, "a.npz", SPACE, checksum=True)),
    "Parquet": (6, lambda at: of_vectors(at, "a.parquet", SPACE)),
    "Arrow": (6, lambda at: of_vectors(at, "a.arrow", SPACE)),
    "safetensors": (8, lambda at: of_vectors(at, "a.safetensors", SPACE)),
    "fastText": (10, lambda at: copied(at, "subwords.bin")),
    "XLing-Eval's pickles": (8, of_pickles),
    "dictionaries": (14, lambda at: of_dictionaries(at, "d.tsv", _lines("\t"))),
    "dictionaries of blanks": (6, lambda at: of_dictionaries(at, "d.txt", "house Haus\na b\n" * 3)),
    "dictionaries in CSV": (6, lambda at: of_dictionaries(at, "d.csv", _lines(","))),
    "phrase tables": (6, lambda at: of_dictionaries(at, "d.pt", _lines(" ||| ", " ||| 0.1 2"))),
    "saved models": (5, of_models),
    "result cells": (6, of_cells),
    "YAML methods": (8, of_yaml),
    "arguments": (2, of_arguments),
}  # fmt: skip


def of_headerless(folder: Path) -> Any:
    path = folder / "b.txt"
    write_vectors(path, PLAIN, header=False)
    return target(path, careful=True)


def _lines(sep: str, more: str = "") -> str:
    return "".join(f"{source}{sep}{target}{more}\n" for source, target in PAIRS[:4])


def work(name: str, n_inputs: int, seed: int, report: Any) -> None:
    """Try inputs of one kind, and report each that is answered wrongly."""
    warnings.simplefilter("ignore")
    rng = np.random.default_rng([seed, *name.encode()])
    counts = {"inputs": 0, "refused": 0, "crashes": 0, "wrong": 0, "slowest": 0.0}
    with tempfile.TemporaryDirectory() as made:
        path, good, run = TARGETS[name][1](Path(made))
        for _ in range(50):
            attempt(path, damage(good, rng), run, rng, dict(counts), [])
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        examples: list[str] = []

        def one(content: bytes) -> None:
            attempt(path, content, run, rng, counts, examples)
            if counts["inputs"] % 200 == 1:
                report.put((name, "alive", dict(counts)))
            if counts["inputs"] == n_inputs:
                grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
                found = {**counts, "grown": grown, "examples": examples[:3]}
                report.put((name, "done", found))
                if ENGINE != "random":
                    # libFuzzer does not come back, and hypothesis only when it likes to.
                    report.close()
                    report.join_thread()
                    shutil.rmtree(made, ignore_errors=True)
                    os._exit(0)

        if ENGINE == "atheris":
            by_branches(good, rng, seed, one)
        elif ENGINE == "hypothesis":
            by_pieces(good, seed, one)
        else:
            for _ in range(n_inputs):
                one(damage(good, rng))
        os.chdir("/")


def by_branches(good: bytes, rng: np.random.Generator, seed: int, one: Any) -> None:
    """Let atheris look for inputs that take new branches; it begins with some damaged ones."""
    import atheris

    with tempfile.TemporaryDirectory() as corpus:
        for number in range(30):
            content = damage(good, rng) if number else good
            (Path(corpus) / str(number)).write_bytes(content)
        options = [f"-seed={seed + 1}", f"-max_len={2 * len(good) + 500}", "-rss_limit_mb=0"]
        options += ["-runs=-1", "-verbosity=0", "-timeout=0", "-detect_leaks=0"]
        atheris.Setup(["fuzz", *options, corpus], one)
        atheris.Fuzz()


def by_pieces(good: bytes, seed: int, one: Any) -> None:
    """Let hypothesis put pieces of the good file and odd ones together."""
    from hypothesis import HealthCheck, Phase, given, settings
    from hypothesis import seed as seeded
    from hypothesis import strategies as st

    pieces = [piece for piece in re.split(rb"(\W)", good)[:600] if piece]
    piece = st.one_of(st.sampled_from(pieces), st.sampled_from(ODD), st.binary(max_size=6))
    lines = st.sampled_from(good.split(b"\n")[:40]).map(lambda line: line + b"\n")
    content = st.lists(st.one_of(lines, piece), max_size=60).map(b"".join)
    while True:
        options = settings(
            max_examples=2000,
            database=None,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        seeded(seed)(options(given(content)(one)))()
        seed += 1


def attempt(
    path: Path,
    content: bytes,
    run: Any,
    rng: np.random.Generator,
    counts: Any,
    examples: list[str],
) -> None:
    began = time.monotonic()
    counts["inputs"] += 1
    try:
        run(content, rng)
    except (OSError, ValueError, ImportError) as error:
        counts["refused"] += 1
        if "\n" in str(error) or (path.is_file() and path.stem not in str(error)):
            counts["crashes"] += 1
            examples.append(f"not one sentence about the file: {error!r}")
    except AssertionError:
        counts["wrong"] += 1
        examples.append(f"{traceback.format_exc(limit=-1)} {content[:300]!r}")
    except BaseException as error:
        # As TypeError says of words that are none; all else is a crash.
        if not (isinstance(error, TypeError) and path.stem in str(error)):
            counts["crashes"] += 1
            examples.append(f"{traceback.format_exc(limit=-2)} {content[:300]!r}")
    counts["slowest"] = max(counts["slowest"], time.monotonic() - began)


def watched(name: str, n_inputs: int, seed: int) -> dict[str, Any]:
    """Run one kind in a process, and start another where it dies or stands still."""
    context = multiprocessing.get_context("spawn")
    total = {"inputs": 0, "refused": 0, "crashes": 0, "hangs": 0, "wrong": 0}
    total |= {"slowest": 0.0, "grown": 0.0, "examples": []}
    while total["inputs"] < n_inputs:
        queue = context.Queue()
        left = n_inputs - total["inputs"]
        process = context.Process(target=work, args=(name, left, seed, queue))
        process.start()
        last: dict[str, Any] = {}
        state = ""
        while state != "done":
            try:
                # 200 inputs, each of which may take its ten seconds, is too long to wait. Before
                # the first one the package is imported, which takes minutes on a busy machine.
                _, state, last = queue.get(timeout=SECONDS * (12 if last else 60))
            except Exception:
                break
        if state != "done":
            total["hangs" if process.is_alive() else "crashes"] += 1
            total["examples"].append(f"the process ended or stood still after {last}")
            process.kill()
            seed += 1000
        process.join()
        for key in ("inputs", "refused", "crashes", "wrong"):
            total[key] += last.get(key, 0)
        total["slowest"] = max(total["slowest"], last.get("slowest", 0))
        total["grown"] = max(total["grown"], last.get("grown", 0))
        total["examples"] += last.get("examples", [])
        if not last:
            break
    total["hangs"] += total["slowest"] > SECONDS
    return total


def kinds(wanted: str | None) -> Iterator[str]:
    yield from (name for name in TARGETS if wanted is None or name in wanted.split(","))


def main() -> None:
    """Parse the command line, try, and write the section."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--inputs", type=int, default=200_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--kinds", help="some of the kinds, separated by commas")
    parser.add_argument("--jobs", type=int, default=1, help="kinds that are tried at a time")
    parser.add_argument("--engine", choices=["random", "atheris", "hypothesis"], default="random")
    parser.add_argument("--write", action="store_true", help="write the section of RESULTS.md")
    arguments = parser.parse_args()
    if arguments.engine == "atheris" and find_spec("atheris") is None:
        parser.error("--engine atheris needs atheris: pip install atheris")
    os.environ[VARIABLE] = arguments.engine
    names = list(kinds(arguments.kinds))
    shares = sum(TARGETS[name][0] for name in names)

    def count(name: str) -> list[Any]:
        n_inputs = -(-arguments.inputs * TARGETS[name][0] // shares)
        found = watched(name, n_inputs, arguments.seed)
        heavy = int(found["grown"] > MEBIBYTES)
        figures = [found["inputs"], found["refused"], found["crashes"], found["hangs"], heavy]
        ends = [found["wrong"], f"{found['slowest']:.2f}", f"{found['grown']:.0f}"]
        print([name, *figures, *ends], flush=True)
        for example in found["examples"][:3]:
            print("   ", json.dumps(example)[:1500], flush=True)
        return [name, *figures, *ends]

    # Each kind has a process of its own, and a thread that watches it.
    with ThreadPoolExecutor(arguments.jobs) as threads:
        rows = list(threads.map(count, names))
    sums = [sum(row[place] for row in rows) for place in range(1, 7)]
    rows.append(["all", *sums, "", ""])
    header = ["kind", "inputs", "refused", "crashes", "hangs over 10 s", "over 500 MiB"]
    header += ["wrong reads", "slowest, s", "grown, MiB"]
    table = markdown_table([dict(zip(header, row, strict=True)) for row in rows])
    print(table)
    if arguments.write:
        engine = "" if arguments.engine == "random" else arguments.engine
        option = f" --engine {engine}" if engine else ""
        option += f' --kinds "{arguments.kinds}"' if arguments.kinds else ""
        command = f"`python benchmarks/fuzz.py --inputs {arguments.inputs}{option}`"
        update_section(f"fuzz {engine}".strip(), f"{command}\n\n{table}")


if __name__ == "__main__":
    main()
