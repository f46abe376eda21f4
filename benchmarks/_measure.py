"""What all benchmark scripts share: where figures go, and how time and memory are taken."""

from __future__ import annotations

import argparse
import contextlib
import datetime
import importlib.metadata
import importlib.util
import json
import os
import platform
import re
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_info

# Elsewhere for a trial run, whose figures are no measurement.
RESULTS = Path(os.environ.get("INSTAMAP_RESULTS", Path(__file__).with_name("RESULTS.md")))


def update_section(name: str, markdown: str) -> None:
    """Replace a script's section of RESULTS.md, or append it; headed by machine and date."""
    begin, end = f"<!-- begin {name} -->", f"<!-- end {name} -->"
    section = f"{begin}\n_{machine_line()}_\n\n{markdown.strip()}\n{end}"
    text = RESULTS.read_text("utf-8") if RESULTS.exists() else "# Measured\n"
    pattern = re.compile(re.escape(begin) + ".*?" + re.escape(end), re.DOTALL)
    if pattern.search(text):
        text = pattern.sub(lambda _: section, text)
    else:
        text = f"{text.rstrip()}\n\n## {name}\n\n{section}\n"
    RESULTS.write_text(text, "utf-8")
    print(markdown)


def machine_line() -> str:
    """Return the machine, the versions and the date in one line."""
    model = platform.processor() or platform.machine()
    with contextlib.suppress(OSError):
        model = re.search(r"model name\s*:\s*(.*)", Path("/proc/cpuinfo").read_text())[1]
    blas = sorted(
        f"{info['internal_api']} {info['version']}"
        for info in threadpool_info()
        if info["user_api"] == "blas"
    )
    packages = ("numpy", "scipy", "scikit-learn")
    versions = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in packages)
    return (
        f"{datetime.date.today()}, {os.cpu_count()} cores of {model}, "
        f"Python {platform.python_version()}, {versions}, {blas[0] if blas else 'unknown BLAS'}"
    )


def existing_folder(text: str) -> Path:
    """Return an argument that names a folder, or refuse it before any work."""
    path = Path(text)
    if not path.is_dir():
        raise argparse.ArgumentTypeError(f"{text} is not a folder")
    return path


def need(*modules: str) -> None:
    """End with one sentence where a module is not installed."""
    for name in modules:
        if importlib.util.find_spec(name) is None:
            sys.exit(f"{Path(sys.argv[0]).name} needs the module {name}, which is not installed.")


def markdown_table(rows: Sequence[Mapping[str, object]]) -> str:
    """Return rows of equal keys as a Markdown table."""
    frame = pd.DataFrame(rows)
    lines = [list(frame.columns), ["---"] * frame.shape[1], *frame.astype(str).to_numpy()]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)


def kept_records(path: Path) -> list[Any]:
    """Return what `keep` has written to a file; nothing if it is not there."""
    lines = path.read_text("utf-8").splitlines() if path.exists() else []
    return list(map(json.loads, lines))


def keep(path: Path, record: object) -> None:
    """Add a record to a file, a line of JSON, so that it need not be measured again."""
    with path.open("a", encoding="utf-8") as out:
        out.write(json.dumps(record) + "\n")


def seconds(
    function: Callable[[], object], clock: Callable[[], float] = time.perf_counter
) -> float:
    """Return the seconds of one call; of the wall clock, unless another is given."""
    start = clock()
    function()
    return clock() - start


def interleaved(
    functions: Mapping[str, Callable[[], object]],
    repeats: int,
    clock: Callable[[], float] = time.perf_counter,
) -> dict[str, float]:
    """Time functions in turn, A B A B …, and return the fastest of each.

    In turn, so that a machine whose speed drifts is as fast for one as for the other.
    """
    best = dict.fromkeys(functions, np.inf)
    for _ in range(repeats):
        for name, function in functions.items():
            best[name] = min(best[name], seconds(function, clock))
    return best


def run_child(command: Sequence[object], **options: object) -> tuple[float, float, float]:
    """Run a program; return its wall seconds, CPU seconds and peak resident MiB."""
    start = time.perf_counter()
    child = subprocess.Popen([str(part) for part in command], **options)
    _, status, usage = os.wait4(child.pid, 0)
    if status:
        name = getattr(options.get("stdout"), "name", None)
        seen = f" What it wrote is in {name}." if name else ""
        sys.exit(f"{' '.join(map(str, command))} failed with status {status}.{seen}")
    wall = time.perf_counter() - start
    return wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024
