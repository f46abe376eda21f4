"""Mapping many rows, 768 to 1,024 dimensions: rows per second beside what it cannot do without.

Run: python benchmarks/bench_transform.py [--rows 100000] [--of 1000000] [--pairs 5000]

``--rows`` are mapped from one memory map into another; the time of ``--of`` rows is extrapolated
from them, as every row costs the same.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from _measure import markdown_table, update_section

from sklearn_instamap import InstanceTranslator, make_aligner_pipeline, transform_batches
from sklearn_instamap.linear import RidgeAligner

NARROW, WIDE, K = 768, 1024, 70
BATCH = 16_384
# As many threads as the BLAS has.
JOBS = int(os.environ.get("OPENBLAS_NUM_THREADS", -1))


def problem(n_rows: int, n_pairs: int, folder: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return a memory map of rows, and the pairs."""
    rng = np.random.default_rng(0)
    rows = np.lib.format.open_memmap(folder / "rows.npy", "w+", np.float32, (n_rows, NARROW))
    for start in range(0, n_rows, BATCH):
        part = rows[start : start + BATCH]
        part[:] = rng.standard_normal(part.shape, dtype=np.float32)
    X = rng.standard_normal((n_pairs, NARROW), dtype=np.float32)
    matrix = rng.standard_normal((NARROW, WIDE), dtype=np.float32) / np.sqrt(NARROW)
    y = X @ matrix.astype(np.float32) + rng.standard_normal((n_pairs, WIDE), dtype=np.float32)
    return rows, X, y


def main() -> None:
    """Measure, and write the section."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--of", type=int, default=1_000_000)
    parser.add_argument("--pairs", type=int, default=5000)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--memory-of", choices=["ridge", "instamap"], help=argparse.SUPPRESS)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        if options.memory_of:
            print(extra_memory(options, Path(folder)))
            return
        rows, X, y = problem(options.rows, options.pairs, Path(folder))
        out = np.lib.format.open_memmap(
            Path(folder) / "out.npy", "w+", np.float32, (len(rows), WIDE)
        )
        ridge, both = aligners(X, y)
        matrix, near = ridge.source_map_, ridge.transform(X)
        near /= np.linalg.norm(near, axis=1, keepdims=True)
        tasks = {
            "bare product: rows · map, then · pairs": lambda: products(rows, matrix, near),
            "ridge map": lambda: transform_batches(ridge, rows, out=out, batch_size=BATCH),
            f"ridge map, then InstaMap (K = {K})": lambda: transform_batches(
                both, rows, out=out, batch_size=BATCH
            ),
        }
        try:
            import faiss
        except ImportError:
            pass
        else:
            index = faiss.IndexFlatIP(WIDE)
            index.add(near)
            tasks[f"faiss: rows · map, then top-{K} of the pairs, no mean"] = lambda: [
                index.search(rows[start : start + BATCH] @ matrix, K)
                for start in range(0, len(rows), BATCH)
            ]
        times = fastest(tasks, options.repeats)
    bare, bare_cpu = next(iter(times.values()))
    memory = {
        name: subprocess.run(
            [sys.executable, __file__, f"--rows={options.rows}", f"--memory-of={name}"],
            check=True,
            capture_output=True,
            text=True,
        ).stdout.strip()
        for name in ("ridge", "instamap")
    }
    table = [
        {
            "what": name,
            "rows/s": f"{options.rows / spent:,.0f}",
            f"{options.of:,} rows (extrapolated)": f"{spent * options.of / options.rows:,.0f} s",
            "× bare product": f"{spent / bare:.2f}",
            "CPU time × bare product": f"{cpu / bare_cpu:.2f}",
        }
        for name, (spent, cpu) in times.items()
    ]
    update_section(
        "Mapping many rows",
        f"{options.rows:,} rows of {NARROW} dimensions from a memory map to one of {WIDE}, "
        f"{options.pairs:,} pairs, batches of {BATCH:,}, fastest of {options.repeats} in turn; the "
        f"time of {options.of:,} rows is extrapolated.\n\n{markdown_table(table)}\n\n"
        f"Memory of the process that grows while mapping, memory maps not counted: ridge "
        f"{memory['ridge']} MiB, InstaMap {memory['instamap']} MiB.",
    )


def fastest(tasks: dict[str, Callable], repeats: int) -> dict[str, tuple[float, float]]:
    """Time tasks in turn; return the least wall and the least CPU seconds of each.

    On a machine that others use, CPU seconds tell more than wall seconds.
    """
    best = dict.fromkeys(tasks, (np.inf, np.inf))
    for _ in range(repeats):
        for name, task in tasks.items():
            wall, cpu = time.perf_counter(), time.process_time()
            task()
            spent = time.perf_counter() - wall, time.process_time() - cpu
            best[name] = min(best[name][0], spent[0]), min(best[name][1], spent[1])
    return best


def aligners(X: np.ndarray, y: np.ndarray) -> tuple[RidgeAligner, object]:
    """Return the linear map, and InstaMap on what it leaves over."""
    ridge = RidgeAligner(alphas=1.0, n_jobs=JOBS)
    both = make_aligner_pipeline(ridge, InstanceTranslator(K, n_jobs=JOBS))
    return ridge.fit(X, y), both.fit(X, y)


def products(rows: np.ndarray, matrix: np.ndarray, near: np.ndarray) -> None:
    """Multiply as much as mapping needs, and keep nothing."""
    place = np.empty((BATCH, len(near)), dtype=np.float32)
    for start in range(0, len(rows), BATCH):
        mapped = rows[start : start + BATCH] @ matrix
        np.matmul(mapped, near.T, out=place[: len(mapped)])


def extra_memory(options: argparse.Namespace, folder: Path) -> int:
    """Return the MiB of anonymous memory that mapping adds at its peak."""
    rows, X, y = problem(options.rows, options.pairs, folder)
    out = np.lib.format.open_memmap(folder / "out.npy", "w+", np.float32, (len(rows), WIDE))
    aligner = aligners(X, y)[options.memory_of == "instamap"]
    peak = before = anonymous()
    done = threading.Event()

    def watch() -> None:
        nonlocal peak
        while not done.wait(0.002):
            peak = max(peak, anonymous())

    watcher = threading.Thread(target=watch)
    watcher.start()
    transform_batches(aligner, rows, out=out, batch_size=BATCH)
    done.set()
    watcher.join()
    return peak - before


def anonymous() -> int:
    """Return the resident MiB of this process that are in no file."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("RssAnon"):
            return int(line.split()[1]) // 1024
    raise OSError("This system does not tell RssAnon.")


if __name__ == "__main__":
    main()
