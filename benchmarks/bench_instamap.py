"""InstaMap as a whole: phases against the GEMM floor, and how time and memory grow.

Run: python benchmarks/bench_instamap.py [--words 200000] [--pairs 5000] [--cutoff 20000]
[--skip-growth]

Every run is its own process, whose peak resident memory is the operating system's
figure: the interpreter, both spaces and both results included.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any
from unittest import mock

import numpy as np
from _measure import markdown_table, run_child, seconds, update_section

DIMENSIONS = 300


def clustered(n_words: int, n_pairs: int) -> tuple[np.ndarray, ...]:
    """Two clustered spaces of which two words in five are translations of each other.

    The dictionary that InstaMap then finds is about as large, for the vocabulary, as it is
    between real languages.
    """
    rng = np.random.default_rng(0)

    def noise() -> np.ndarray:
        return rng.standard_normal((n_words, DIMENSIONS), dtype=np.float32)

    centers = rng.standard_normal((max(2, n_words // 100), DIMENSIONS), dtype=np.float32)
    source = centers[rng.integers(0, len(centers), n_words)] + 0.7 * noise()
    target = centers[rng.integers(0, len(centers), n_words)] + 0.7 * noise()
    translated = rng.random(n_words) < 0.4
    target[translated] = source[translated]
    target += 0.4 * noise()
    turn = np.linalg.qr(rng.standard_normal((DIMENSIONS, DIMENSIONS)))[0].astype(np.float32)
    target = target @ turn
    given = rng.choice(np.flatnonzero(translated), n_pairs, replace=False)
    return source[given], target[given], source, target


class Phases:
    """Seconds and multiply-adds of the engine's jobs, taken where the package calls them."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = defaultdict(float)
        self.flops: dict[str, float] = defaultdict(float)

    def watch(self, job: str, function: Callable, flops: Callable[..., float]) -> Callable:
        def watched(*args: Any, **kwargs: Any) -> Any:
            start = time.perf_counter()
            result = function(*args, **kwargs)
            self.seconds[job] += time.perf_counter() - start
            self.flops[job] += flops(*args)
            return result

        return watched

    def patches(self) -> Iterator[Any]:
        from sklearn_instamap.instamap import _centering, _expansion, _rotation, _translation

        def product(a: np.ndarray, b: np.ndarray, *_: Any) -> float:
            return 2.0 * a.shape[0] * a.shape[1] * b.shape[0]

        def map_product(a: np.ndarray, b: np.ndarray, *_: Any) -> float:
            return 2.0 * a.shape[0] * b.size

        def no_product(*_: Any) -> float:
            return 0.0

        for module, name, job, flops in [
            (_translation, "top_k", "top-K", product),
            (_translation, "weighted_sum", "weighted sum", no_product),
            (_expansion, "mutual_pairs", "mutual neighbors", product),
            (_centering, "map_rows", "center and rotate", map_product),
            (_rotation, "map_rows", "center and rotate", map_product),
        ]:
            yield mock.patch.object(module, name, self.watch(job, getattr(module, name), flops))


def sgemm_rate(repeats: int) -> float:
    """Multiply-add operations a second of bare products of tiles, BLAS threads and all."""
    rng = np.random.default_rng(0)
    left = rng.standard_normal((4096, DIMENSIONS), dtype=np.float32)
    right = rng.standard_normal((DIMENSIONS, 4096), dtype=np.float32)
    out = np.empty((4096, 4096), dtype=np.float32)
    np.matmul(left, right, out=out)
    wall = seconds(lambda: [np.matmul(left, right, out=out) for _ in range(repeats)])
    return repeats * 2.0 * left.size * 4096 / wall


def child(
    n_words: int, n_pairs: int, n_neighbors: int, n_iter: int, cutoff: int, measure_floor: bool
) -> None:
    """One run; prints its figures as JSON."""
    from sklearn_instamap import InstaMapAligner

    # 200 products at 200,000 words: as long a look at the machine as the fit is.
    repeats = max(5, n_words // 1000)
    rates = [sgemm_rate(repeats)] if measure_floor else []
    X, y, source, target = clustered(n_words, n_pairs)
    phases = Phases()
    aligner = InstaMapAligner(n_neighbors, n_iter, vocabulary_cutoff=cutoff or None, n_jobs=-1)
    with ExitStack() as stack:
        for patch in phases.patches():
            stack.enter_context(patch)
        cpu = time.process_time()
        wall = seconds(lambda: aligner.fit_transform_spaces(X, y, source, target))
        cpu = time.process_time() - cpu
    if measure_floor:
        rates.append(sgemm_rate(repeats))
    figures = {
        "wall": wall,
        "cpu": cpu,
        "pairs": aligner.n_pairs_,
        "seconds": phases.seconds,
        "flops": phases.flops,
        "rate": float(np.mean(rates)) if rates else None,
    }
    print(json.dumps(figures))


def run(
    n_words: int, n_pairs: int, n_neighbors: int, n_iter: int, cutoff: int, floor: bool
) -> dict:
    """Run a child and return its figures, its peak memory among them."""
    import tempfile

    arguments = [n_words, n_pairs, n_neighbors, n_iter, cutoff, int(floor)]
    with tempfile.TemporaryFile("w+") as out:
        _, _, peak = run_child([sys.executable, __file__, "--child", *arguments], stdout=out)
        out.seek(0)
        return json.loads(out.read()) | {"peak": peak}


def whole(n_words: int, n_pairs: int, cutoff: int) -> None:
    """Phase by phase, T = 4, K = 70."""
    figures = run(n_words, n_pairs, 70, 4, cutoff, floor=True)
    rate = figures["rate"]
    rows = []
    for job, wall in figures["seconds"].items():
        floor = figures["flops"][job] / rate
        rows.append(
            {
                "phase": job,
                "seconds": f"{wall:.1f}",
                "GEMM floor, s": f"{floor:.1f}" if floor else "–",
                "ratio": f"{wall / floor:.2f}" if floor else "–",
            }
        )
    floor = sum(figures["flops"].values()) / rate
    other = figures["wall"] - sum(figures["seconds"].values())
    rows.append(
        {"phase": "all else", "seconds": f"{other:.1f}", "GEMM floor, s": "–", "ratio": "–"}
    )
    rows.append(
        {
            "phase": "**whole run**",
            "seconds": f"{figures['wall']:.1f}",
            "GEMM floor, s": f"{floor:.1f}",
            "ratio": f"{figures['wall'] / floor:.2f}",
        }
    )
    update_section(
        f"instamap-whole, vocabulary_cutoff={cutoff:,}" if cutoff else "instamap-whole",
        f"`fit_transform_spaces`, {n_words:,} × {DIMENSIONS} float32 on both sides (clustered, "
        f"synthetic), {n_pairs:,} pairs, K = 70, T = 4, n_jobs = -1; dictionary sizes "
        f"{figures['pairs']}. Bare sgemm before and after in the same process: "
        f"{rate / 1e9:.0f} GFLOP/s. CPU {figures['cpu']:.0f} s, peak resident "
        f"{figures['peak']:.0f} MiB (the two spaces: "
        f"{2 * n_words * DIMENSIONS * 4 / 2**20:.0f} MiB).\n\n" + markdown_table(rows),
    )


def growth() -> None:
    """How time and memory grow with vocabulary, dictionary and K."""
    rows = []
    base = {"words": 20_000, "pairs": 3_000, "K": 70}
    variants = [{}]
    variants += [{"words": n} for n in (10_000, 40_000, 80_000)]
    variants += [{"pairs": n} for n in (1_000, 7_500)]
    variants += [{"K": n} for n in (10, 140, 300)]
    for variant in variants:
        case = base | variant
        figures = run(case["words"], case["pairs"], case["K"], 2, 0, floor=False)
        rows.append(
            {
                **{name: f"{value:,}" for name, value in case.items()},
                "pairs of T = 2": f"{figures['pairs'][1]:,}",
                "wall s": f"{figures['wall']:.1f}",
                "top-K s": f"{figures['seconds']['top-K']:.1f}",
                "mutual s": f"{figures['seconds']['mutual neighbors']:.1f}",
                "peak MiB": f"{figures['peak']:.0f}",
            }
        )
        print(rows[-1], flush=True)
    update_section(
        "instamap-growth",
        "`fit_transform_spaces`, T = 2, n_jobs = -1; one thing changed at a time.\n\n"
        + markdown_table(rows),
    )


def main() -> None:
    if "--child" in sys.argv:
        *sizes, floor = map(int, sys.argv[sys.argv.index("--child") + 1 :])
        child(*sizes, bool(floor))
        return
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--words", type=int, default=200_000)
    parser.add_argument("--pairs", type=int, default=5_000)
    parser.add_argument("--cutoff", type=int, default=0, help="first words for new pairs; 0: all")
    parser.add_argument("--skip-growth", action="store_true")
    arguments = parser.parse_args()
    whole(arguments.words, arguments.pairs, arguments.cutoff)
    if not arguments.skip_growth:
        growth()


if __name__ == "__main__":
    main()
