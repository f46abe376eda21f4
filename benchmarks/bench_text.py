"""Reading vectors from text, beside gensim, pandas, Polars, PyArrow, float() and numpy.loadtxt.

Run: python benchmarks/bench_text.py [--words 20000] [--rounds 3]

Each reader runs in a process of its own, in turn, and gives the words and one float32 array.
Counted are the CPU time of reading, of all threads together, and by how much the memory of the
process grew at most, as a multiple of the array. Readers that are not installed are left out.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from _measure import markdown_table, update_section

from sklearn_instamap import EmbeddingSpace
from sklearn_instamap.io import read_vectors, write_vectors

DIMENSIONS = 300
Read = tuple[Sequence[str], np.ndarray]


def by_us(path: Path, n_words: int) -> Read:
    space = read_vectors(path)
    return space.words, space.vectors


def by_gensim(path: Path, n_words: int) -> Read:
    from gensim.models import KeyedVectors

    keyed = KeyedVectors.load_word2vec_format(path, binary=False)
    return keyed.index_to_key, keyed.vectors


def by_pandas(path: Path, n_words: int) -> Read:
    import pandas as pd

    types = {0: str} | dict.fromkeys(range(1, DIMENSIONS + 1), np.float32)
    options = {"sep": " ", "header": None, "skiprows": 1, "quoting": 3, "na_filter": False}
    frame = pd.read_csv(path, dtype=types, **options)
    return frame.pop(0).tolist(), np.ascontiguousarray(frame.to_numpy(np.float32))


def by_polars(path: Path, n_words: int) -> Read:
    import polars as pl

    schema = {"word": pl.String} | {f"v{d}": pl.Float32 for d in range(DIMENSIONS)}
    options = {"has_header": False, "skip_rows": 1, "quote_char": None}
    frame = pl.read_csv(path, separator=" ", schema=schema, **options)
    words = frame.drop_in_place("word").to_list()
    return words, np.ascontiguousarray(frame.to_numpy())


def by_pyarrow(path: Path, n_words: int) -> Read:
    import pyarrow as pa
    from pyarrow import csv

    names = ["word", *(f"v{d}" for d in range(DIMENSIONS))]
    table = csv.read_csv(
        path,
        csv.ReadOptions(skip_rows=1, column_names=names),
        csv.ParseOptions(delimiter=" ", quote_char=False),
        csv.ConvertOptions(column_types=dict.fromkeys(names[1:], pa.float32())),
    )
    vectors = np.empty((table.num_rows, DIMENSIONS), np.float32)
    for d, name in enumerate(names[1:]):
        vectors[:, d] = table.column(name).to_numpy()
    return table.column("word").to_pylist(), vectors


def by_float(path: Path, n_words: int) -> Read:
    """What readers in plain Python do, without any check."""
    words, vectors = [], np.empty((n_words, DIMENSIONS), dtype=np.float32)
    with path.open("rb") as file:
        next(file)
        for row, line in enumerate(file):
            word, *values = line.split()
            words.append(word.decode())
            vectors[row] = list(map(float, values))
    return words, vectors


def by_loadtxt(path: Path, n_words: int) -> Read:
    """NumPy's reader, of the values alone."""
    columns = range(1, DIMENSIONS + 1)
    options = {"dtype": np.float32, "comments": None, "skiprows": 1, "usecols": columns}
    return [], np.loadtxt(path, **options)


READERS: dict[str, tuple[str, Callable[[Path, int], Read]]] = {
    "read_vectors": ("numpy", by_us),
    "gensim": ("gensim", by_gensim),
    "pandas.read_csv": ("pandas", by_pandas),
    "polars.read_csv": ("polars", by_polars),
    "pyarrow.csv": ("pyarrow", by_pyarrow),
    "float() on every value": ("numpy", by_float),
    "numpy.loadtxt, no words": ("numpy", by_loadtxt),
}


def memory(name: str) -> int:
    """Return a figure of /proc/self/status, in bytes."""
    text = Path("/proc/self/status").read_text()
    return int(re.search(rf"^{name}:\s+(\d+) kB$", text, re.MULTILINE)[1]) * 1024


def measure(name: str, path: Path, n_words: int) -> None:
    """Read once, and print what it took; the file is read before, so that it is in memory."""
    module, read = READERS[name]
    __import__(module)
    with path.open("rb") as file:
        while file.read(1 << 24):
            pass
    # The highest memory so far is forgotten.
    Path("/proc/self/clear_refs").write_text("5")
    before, began, cpu = memory("VmRSS"), time.perf_counter(), time.process_time()
    words, vectors = read(path, n_words)
    cpu, wall = time.process_time() - cpu, time.perf_counter() - began
    grown = memory("VmHWM") - before
    exact = np.load(path.with_suffix(".npy"), mmap_mode="r")
    right = vectors.dtype == np.float32 and list(words) in ([], [f"w{i}" for i in range(n_words)])
    largest = float(np.abs(vectors - exact).max()) if vectors.shape == exact.shape else np.inf
    found = {"cpu": cpu, "wall": wall, "memory": grown / exact.nbytes, "error": largest}
    print(json.dumps(found | {"right": right and largest < 1e-6}))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--words", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--readers", help="some of the readers, separated by commas")
    parser.add_argument("--folder", help="where the file is made; needs 3.4 kB a word")
    parser.add_argument("--measure", nargs=2, metavar=("READER", "FILE"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    n_words = arguments.words
    if arguments.measure:
        measure(arguments.measure[0], Path(arguments.measure[1]), n_words)
        return
    names = [
        name
        for name, (module, _) in READERS.items()
        if importlib.util.find_spec(module)
        and (arguments.readers is None or name in arguments.readers.split(","))
    ]
    best: dict[str, dict[str, float]] = {}
    with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
        path = Path(folder) / "space.vec"
        rng = np.random.default_rng(0)
        vectors = rng.standard_normal((n_words, DIMENSIONS), dtype=np.float32)
        write_vectors(path, EmbeddingSpace([f"w{i}" for i in range(n_words)], vectors))
        np.save(path.with_suffix(".npy"), vectors)
        del vectors
        for _ in range(arguments.rounds):
            for name in names:
                run = [sys.executable, __file__, "--words", str(n_words)]
                environment = os.environ | {"OPENBLAS_NUM_THREADS": "1"}
                done = subprocess.run(
                    [*run, "--measure", name, str(path)],
                    capture_output=True,
                    text=True,
                    env=environment,
                )
                if done.returncode:
                    print(f"{name} did not read the file: {done.stderr[-500:]}", file=sys.stderr)
                    continue
                found = json.loads(done.stdout.splitlines()[-1])
                print(name, found, flush=True)
                if not found.pop("right"):
                    raise SystemExit(f"{name} does not give the words and vectors back.")
                known = best.setdefault(name, found)
                best[name] = {key: min(value, known[key]) for key, value in found.items()}
    reference = best.get("gensim", best[names[0]])["cpu"]
    rows = [
        {
            "reader": name,
            "CPU s": f"{found['cpu']:.1f}",
            "of gensim's": f"{found['cpu'] / reference:.2f}",
            "wall s": f"{found['wall']:.1f}",
            "memory / array": f"{found['memory']:.2f}",
            "largest error": "0" if found["error"] == 0 else f"{found['error']:.0e}",
        }
        for name, found in best.items()
    ]
    section = "reading text" if n_words <= 20_000 else f"reading text, {n_words:,} words"
    update_section(
        section,
        f"{n_words:,} words of {DIMENSIONS} dimensions, shortest digits that read back exactly; "
        f"best of {arguments.rounds} rounds in turn, each reader in its own process, the file in "
        "the cache of the system. The others check nothing: neither words that repeat nor values "
        "that are not finite.\n\n" + markdown_table(rows),
    )


if __name__ == "__main__":
    main()
