"""The neighbor engine's jobs against a bare matrix product, and beside others' searches.

Run: python benchmarks/bench_neighbors.py [--sizes 20000 200000] [--only JOB ...] [--repeats 3]

Every size has its own section of RESULTS.md, and so has the comparison with others. With ``--cpu``
CPU time is taken in place of time, which a busy machine distorts less, and the section says of
which kernel of the BLAS it is (``OPENBLAS_CORETYPE=Haswell`` chooses one).

The product ("sgemm") has the same multiply-adds and as many threads, and keeps nothing; the
two are timed in turn. Extra memory is the peak of its own process beyond its inputs and
outputs, which only Linux tells.
"""

from __future__ import annotations

import argparse
import ctypes
import importlib.util
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
from _measure import interleaved, markdown_table, update_section
from sklearn.neighbors import NearestNeighbors
from threadpoolctl import threadpool_info, threadpool_limits

from sklearn_instamap._engine import (
    count_better,
    csls_means,
    mutual_nearest_neighbors,
    nearest,
    top_k,
    weighted_sum,
)
from sklearn_instamap._engine._bfloat16 import supported

DIMENSIONS = 300
K = 70
DICTIONARIES = (5_000, 60_000)


class Job(NamedTuple):
    """A call of the engine and the sizes of its two arrays."""

    n_queries: int
    n_keys: int
    call: Callable[[np.ndarray, np.ndarray], tuple[np.ndarray, ...]]

    def arrays(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the two spaces."""
        return clustered(self.n_queries, 1), clustered(self.n_keys, 2)


def clustered(n: int, seed: int) -> np.ndarray:
    """Return word-like rows: common centers and noise, in no order."""
    centers = np.random.default_rng(0).standard_normal((2000, DIMENSIONS), dtype=np.float32)
    rng = np.random.default_rng(seed)
    rows = 0.8 * rng.standard_normal((n, DIMENSIONS), dtype=np.float32)
    rows += centers[rng.integers(len(centers), size=n)]
    return rows


def jobs_at(n: int, n_jobs: int) -> dict[str, Job]:
    """Return the jobs at one vocabulary size by name."""
    half_means = np.full(n, 0.25, dtype=np.float32)
    mutual = partial(mutual_nearest_neighbors, n_jobs=n_jobs)
    by_csls = partial(mutual, source_penalty=half_means, target_penalty=half_means)
    return {
        **{
            f"top-{K} of {m:,}": Job(n, m, partial(top_k, k=K, n_jobs=n_jobs)) for m in DICTIONARIES
        },
        "mutual nearest": Job(n, n, mutual),
        "mutual nearest by CSLS": Job(n, n, by_csls),
        "CSLS means": Job(n, n, partial(csls_means, n_jobs=n_jobs)),
        "nearest by CSLS": Job(n, n, partial(nearest, key_penalty=half_means, n_jobs=n_jobs)),
        "ranks": Job(n, n, partial(count_better, gold=np.arange(n), n_jobs=n_jobs)),
    }


def bare_product(queries: np.ndarray, keys: np.ndarray, n_jobs: int) -> None:
    """Multiply everything by everything, block by block, and keep nothing."""
    blocks = iter([(i, j) for j in range(0, len(keys), 4096) for i in range(0, len(queries), 1024)])
    lock = threading.Lock()

    def work() -> None:
        buffer = np.empty((1024, 4096), dtype=queries.dtype)
        while True:
            with lock:
                i, j = next(blocks, (-1, -1))
            if i < 0:
                return
            left, right = queries[i : i + 1024], keys[j : j + 4096]
            np.matmul(left, right.T, out=buffer[: len(left), : len(right)])

    with threadpool_limits(1, user_api="blas"):
        threads = [threading.Thread(target=work) for _ in range(n_jobs)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()


def extra_memory(name: str, n: int, n_jobs: int) -> str:
    """Return the MiB a job takes beyond inputs and outputs, in a fresh process."""
    command = [sys.executable, __file__, "--child", name, "--sizes", n, "--jobs", n_jobs]
    return subprocess.run(
        [str(part) for part in command], check=True, capture_output=True, text=True
    ).stdout.strip()


def print_extra_memory(job: Job) -> None:
    """Run one job in this process and print its extra memory in MiB."""
    peak = Path("/proc/self/clear_refs")
    if not peak.exists():
        print("unknown")
        return

    def resident(field: str) -> int:
        status = Path("/proc/self/status").read_text().splitlines()
        return int(next(line for line in status if line.startswith(field)).split()[1]) * 1024

    queries, keys = job.arrays()
    # The BLAS sets its own buffers up once per process: not the job's. Nor may what has been
    # freed so far lie about for the job to use.
    bare_product(queries[:2048], keys[:4096], 2)
    ctypes.CDLL(None).malloc_trim(0)
    peak.write_text("5")
    before = resident("VmRSS")
    results = job.call(queries, keys)
    print(round((resident("VmHWM") - before - sum(r.nbytes for r in results)) / 2**20))


def measure_jobs(
    n: int, n_jobs: int, repeats: int, only: list[str], cpu: bool
) -> list[dict[str, object]]:
    """Time every job at one size in turn with the product of its multiply-adds."""
    clock = time.process_time if cpu else time.perf_counter
    rows: list[dict[str, object]] = []

    def add(name: str, best: dict[str, float], target: str, extra: str) -> None:
        rows.append(
            {
                "queries": f"{n:,}",
                "job": name,
                "seconds": f"{best['job']:.2f}",
                "sgemm": f"{best['sgemm']:.2f}",
                "ratio": f"{best['job'] / best['sgemm']:.2f}",
                "target": target,
                "extra MiB": extra,
            }
        )
        print(rows[-1], file=sys.stderr)

    targets = dict(zip((f"top-{K} of {m:,}" for m in DICTIONARIES), ("1.8", "1.5"), strict=True))
    targets |= {"mutual nearest": "1.15", "CSLS means": "1.6"}
    for name, job in jobs_at(n, n_jobs).items():
        if only and name not in only:
            continue
        queries, keys = job.arrays()
        best = interleaved(
            {
                "sgemm": partial(bare_product, queries, keys, n_jobs),
                "job": partial(job.call, queries, keys),
            },
            repeats,
            clock,
        )
        add(name, best, targets.get(name, ""), extra_memory(name, n, n_jobs))
        if name.startswith("top"):
            weights, indices = job.call(queries, keys)
            sums = partial(weighted_sum, weights, indices, keys, n_jobs=n_jobs)
            times = {"sgemm": best["job"], **interleaved({"job": sums}, repeats, clock)}
            add(f"weighted sum of {name} (beside it)", times, "0.15", "")
    return rows


def argpartition(queries: np.ndarray, keys: np.ndarray) -> None:
    """Search as one would with numpy alone, in blocks and with the BLAS's threads."""
    keys = keys / np.linalg.norm(keys, axis=1, keepdims=True)
    for start in range(0, len(queries), 512):
        block = queries[start : start + 512]
        similarities = block / np.linalg.norm(block, axis=1, keepdims=True) @ keys.T
        best = np.argpartition(similarities, len(keys) - K, axis=1)[:, -K:]
        values = np.take_along_axis(similarities, best, axis=1)
        np.take_along_axis(best, np.argsort(-values, axis=1), axis=1)


def brute_force(queries: np.ndarray, keys: np.ndarray, n_jobs: int) -> None:
    """Search with scikit-learn."""
    search = NearestNeighbors(n_neighbors=K, algorithm="brute", metric="cosine", n_jobs=n_jobs)
    search.fit(keys).kneighbors(queries)


def faiss_flat(queries: np.ndarray, keys: np.ndarray, n_jobs: int) -> None:
    """Search with faiss."""
    import faiss

    faiss.omp_set_num_threads(n_jobs)
    index = faiss.IndexFlatIP(DIMENSIONS)
    index.add(keys / np.linalg.norm(keys, axis=1, keepdims=True))
    index.search(queries / np.linalg.norm(queries, axis=1, keepdims=True), K)


def measure_others(n: int, n_jobs: int, repeats: int) -> list[dict[str, object]]:
    """Time the top-K search beside others' on the same rows."""
    rows: list[dict[str, object]] = []
    for m in DICTIONARIES:
        queries, keys = clustered(n, 1), clustered(m, 2)
        searches: dict[str, Callable[[], object]] = {
            "sgemm": partial(bare_product, queries, keys, n_jobs),
            "ours": partial(top_k, queries, keys, K, n_jobs=n_jobs),
            "numpy argpartition": partial(argpartition, queries, keys),
            "scikit-learn brute": partial(brute_force, queries, keys, n_jobs),
        }
        if supported():
            searches["ours by bfloat16"] = partial(searches["ours"], bfloat16=True)
        if importlib.util.find_spec("faiss"):
            searches["faiss IndexFlatIP"] = partial(faiss_flat, queries, keys, n_jobs)
        best = interleaved(searches, repeats)
        ratios = {name: f"{time / best['sgemm']:.2f}" for name, time in best.items()}
        rows.append({"queries": f"{n:,}", "keys": f"{m:,}", **ratios})
        rows[-1]["sgemm"] = f"{best['sgemm']:.2f} s"
        print(rows[-1], file=sys.stderr)
    return rows


def kernel_name() -> str:
    """Return the kernel that numpy's BLAS has chosen."""
    return next(
        (info["architecture"] for info in threadpool_info() if "architecture" in info), "unknown"
    )


def main() -> None:
    """Parse the command line, measure, write the section."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=[20_000, 200_000])
    parser.add_argument(
        "--others-size", type=int, default=10_000, help="queries of the others; 0: none"
    )
    parser.add_argument(
        "--only",
        nargs="+",
        default=[],
        choices=jobs_at(1, 1),
        metavar="JOB",
        help=f"all by default: {', '.join(jobs_at(1, 1))}",
    )
    parser.add_argument("--jobs", type=int, default=2, help="threads")
    parser.add_argument("--repeats", type=int, default=3, help="rounds; the fastest counts")
    parser.add_argument("--cpu", action="store_true", help="CPU time, on a busy machine")
    parser.add_argument("--child", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.child:
        print_extra_memory(jobs_at(arguments.sizes[0], arguments.jobs)[arguments.child])
        return
    for size in arguments.sizes:
        rows = measure_jobs(size, arguments.jobs, arguments.repeats, arguments.only, arguments.cpu)
        kernel = ""
        if arguments.cpu:
            threads = "1 thread" if arguments.jobs == 1 else f"{arguments.jobs} threads"
            kernel = f", CPU time, {kernel_name()} kernel, {threads}"
        update_section(
            f"neighbor searches at {size:,} words a side{kernel}",
            f"{DIMENSIONS} dimensions, float32, {arguments.jobs} threads, the fastest of "
            f"{arguments.repeats} rounds in turn. The ratio is to the bare product of the same "
            "multiply-adds in as many threads; of the weighted sums, to their search.\n\n"
            + markdown_table(rows),
        )
    if arguments.others_size:
        others = measure_others(arguments.others_size, arguments.jobs, arguments.repeats)
        update_section(
            "neighbor searches of others",
            f"Top-{K} as ratios to the product (the BLAS's own threads where a program leaves it "
            "to them).\n\n" + markdown_table(others),
        )


if __name__ == "__main__":
    main()
