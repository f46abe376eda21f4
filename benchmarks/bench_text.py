"""Reading vectors from text, beside float() on every value and numpy.loadtxt.

Run: python benchmarks/bench_text.py [--words 20000]
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import numpy as np
from _measure import interleaved, markdown_table, update_section

from sklearn_instamap import EmbeddingSpace
from sklearn_instamap.io import read_vectors, write_vectors

DIMENSIONS = 300


def by_float(path: Path, n_words: int) -> np.ndarray:
    """What readers in plain Python do, without any check."""
    vectors = np.empty((n_words, DIMENSIONS), dtype=np.float32)
    with path.open("rb") as file:
        next(file)
        for row, line in enumerate(file):
            vectors[row] = list(map(float, line.split()[1:]))
    return vectors


def by_loadtxt(path: Path) -> np.ndarray:
    """NumPy's reader, of the values alone."""
    columns = range(1, DIMENSIONS + 1)
    return np.loadtxt(path, dtype=np.float32, comments=None, skiprows=1, usecols=columns)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--words", type=int, default=20_000)
    n_words = parser.parse_args().words
    rng = np.random.default_rng(0)
    vectors = rng.standard_normal((n_words, DIMENSIONS), dtype=np.float32)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "space.vec"
        write_vectors(path, EmbeddingSpace([f"w{i}" for i in range(n_words)], vectors))
        readers = {
            "read_vectors": lambda: read_vectors(path).vectors,
            "float() on every value": lambda: by_float(path, n_words),
            "numpy.loadtxt": lambda: by_loadtxt(path),
        }
        for name, read in readers.items():
            if not np.array_equal(read(), vectors):
                raise SystemExit(f"{name} does not give the vectors back.")
        fastest = interleaved(readers, repeats=3)
    rows = [
        {"reader": name, "seconds": f"{s:.2f}", "ratio": f"{s / fastest['read_vectors']:.1f}"}
        for name, s in fastest.items()
    ]
    update_section(
        "reading text",
        f"{n_words:,} words of {DIMENSIONS} dimensions, shortest digits that read back exactly; "
        "the fastest of 3 rounds in turn. The others check nothing and know no words.\n\n"
        + markdown_table(rows),
    )


if __name__ == "__main__":
    main()
