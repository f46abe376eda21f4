"""What the parity scripts share: arguments, a copy to run, its costs, the table."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
from _measure import existing_folder, run_child
from _problem import PAIRS, Problem, figures

HEADER = """\
| pair | program | cos all | cos unseen | CSLS all | CSLS unseen | CPU s | peak MiB |
|---|---|---|---|---|---|---|---|"""


def arguments(description: str, program: str) -> argparse.ArgumentParser:
    """Return the parser of what every parity script takes."""
    parser = argparse.ArgumentParser(description=description.partition("\n")[0])
    parser.add_argument("data", type=existing_folder, help="folder with spaces/ and xling/")
    parser.add_argument("program", type=existing_folder, help=program)
    parser.add_argument("--cache", type=Path, required=True, help="where the original's output is")
    parser.add_argument("--pairs", nargs="+", default=PAIRS)
    return parser


def patched_copy(
    program: Path,
    folder: Path,
    replacements: Mapping[str, Mapping[str, str]],
    shims: Mapping[str, str],
) -> None:
    """Copy a program, replace pieces of its files, and lay stand-ins for modules beside it.

    A piece that is not there is an error: the checkout is then not the one that was measured.
    """
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(program, folder, ignore=shutil.ignore_patterns(".git"))
    for name, pieces in replacements.items():
        path = folder / name
        text = path.read_text(encoding="utf-8")
        for old, new in pieces.items():
            if old not in text:
                raise SystemExit(f"{path}: {old!r} is not in it.")
            text = text.replace(old, new)
        path.write_text(text, encoding="utf-8")
    (folder / "shims").mkdir()
    for name, text in shims.items():
        (folder / "shims" / f"{name}.py").write_text(text, encoding="utf-8")


def run_measured(command: Sequence[object], folder: Path, log: Path) -> dict[str, float]:
    """Run a program in one thread; return its CPU seconds and peak memory, of all it did."""
    one = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    shims = os.pathsep.join([str(folder / "shims"), os.environ.get("PYTHONPATH", "")])
    environment = {**os.environ, **one, "PYTHONPATH": shims, "PYTHONIOENCODING": "utf-8"}
    with log.open("w", encoding="utf-8") as out:
        _, cpu, peak = run_child(
            command, cwd=folder, env=environment, stdout=out, stderr=subprocess.STDOUT
        )
    return {"cpu_s": cpu, "peak_mib": peak}


def run_ours(script: str, problem: Problem, data: Path, cache: Path, *settings: int) -> dict:
    """Fit our aligner in its own process; return the mapped spaces, histories and costs."""
    stem = "-".join(["ours", Path(script).stem, problem.pair, *map(str, settings)])
    output = cache / f"{stem}.npz"
    command = [sys.executable, script, "--fit", problem.pair, output, data, cache, *settings]
    costs = run_measured(command, Path.cwd(), output.with_suffix(".log"))
    with np.load(output) as arrays:
        return {**arrays, **costs}


def write_pairs(problem: Problem, rows: np.ndarray, path: Path, separator: str) -> None:
    """Write a dictionary, a pair a line."""
    lines = [separator.join(pair) + "\n" for pair in problem.word_pairs(rows)]
    path.write_text("".join(lines), encoding="utf-8")


def print_row(problem: Problem, label: str, runs: Sequence[Mapping]) -> str:
    """Print and return a row of the table: the mean of runs, of their mapped spaces and costs."""
    reached = np.mean([figures(problem, run["source"], run["target"]) for run in runs], axis=0)
    numbers = " | ".join(f"{figure:.1f}" for figure in reached)
    cpu_s, peak_mib = (np.mean([run[cost] for run in runs]) for cost in ("cpu_s", "peak_mib"))
    row = f"| {problem.pair} | {label} | {numbers} | {cpu_s:.0f} | {peak_mib:.0f} |"
    print(row, file=sys.stderr, flush=True)
    return row


def cached(stem: Path, run: Callable[[], dict]) -> dict:
    """Return arrays and costs stored under a name, or make and store them."""
    arrays, costs = Path(f"{stem}.npz"), Path(f"{stem}.json")
    if not costs.exists():
        made = run()
        np.savez(arrays, **made["arrays"])
        costs.write_text(json.dumps(made["costs"]), encoding="utf-8")
    with np.load(arrays) as stored:
        return {**stored, **json.loads(costs.read_text(encoding="utf-8"))}
