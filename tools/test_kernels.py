"""Run the numeric tests under every kernel of OpenBLAS that this CPU has.

Run: python tools/test_kernels.py [--kernels Haswell Nehalem ...] [--threads 1 2] [pytest arguments]

OpenBLAS picks its kernel by the CPU and rounds otherwise with another one, and with another number
of threads. A test that passes with one kernel only tells nothing about the code. OpenBLAS falls
back in silence to another kernel where the CPU lacks the instructions, so the one that really
runs is asked for first.
"""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
X86 = ("Prescott", "Nehalem", "Sandybridge", "Haswell", "Zen", "SkylakeX", "Cooperlake")
ARM = ("ARMV8", "CORTEXA57", "NEOVERSEN1")
KERNELS = ARM if platform.machine().lower() in {"arm64", "aarch64"} else X86
# OpenBLAS reports this one by the name of its oldest relative.
REPORTED_AS = {"Prescott": {"prescott", "katmai"}}
# What computes: the rest of the suite reads, writes and draws the same under any kernel.
TESTS = (
    "tests/engine",
    "tests/instamap",
    "tests/lexicon",
    "tests/linear",
    "tests/metrics",
    "tests/model_selection",
    "tests/datasets/test_generator.py",
    "tests/datasets/test_samples.py",
    "tests/test_base.py",
    "tests/test_model_selection_integration.py",
    "tests/test_parity.py",
    "tests/test_pipeline.py",
    "tests/test_shared_space.py",
    "sklearn_instamap/_engine",
    "sklearn_instamap/instamap",
    "sklearn_instamap/lexicon",
    "sklearn_instamap/linear",
    "sklearn_instamap/metrics",
)
ASK = """
import numpy, scipy.linalg, threadpoolctl
blas = [i for i in threadpoolctl.threadpool_info() if i["user_api"] == "blas"]
print(*sorted({i.get("architecture", i["internal_api"]) for i in blas}))
"""


def environment(kernel: str, n_threads: int) -> dict[str, str]:
    chosen = {
        "OPENBLAS_CORETYPE": kernel,
        "OPENBLAS_NUM_THREADS": str(n_threads),
        "OMP_NUM_THREADS": str(n_threads),
    }
    return {k: v for k, v in os.environ.items() if k != "OPENBLAS_L2_SIZE"} | chosen


def running_kernels(kernel: str) -> set[str]:
    """Return what NumPy's and SciPy's BLAS say they run when asked for a kernel."""
    command = [sys.executable, "-c", ASK]
    answer = subprocess.run(
        command, env=environment(kernel, 1), capture_output=True, text=True, check=False
    )
    return set(answer.stdout.lower().split()) if answer.returncode == 0 else set()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kernels", nargs="+", choices=KERNELS, default=KERNELS)
    parser.add_argument("--threads", nargs="+", type=int, default=[1, 2])
    arguments, pytest_arguments = parser.parse_known_args()
    tests = [] if any("::" in a or a.endswith(".py") for a in pytest_arguments) else list(TESTS)
    outcomes: dict[str, str] = {}
    for kernel in arguments.kernels:
        running = running_kernels(kernel)
        if not running or not running <= REPORTED_AS.get(kernel, {kernel.lower()}):
            instead = ", ".join(sorted(running)) or "nothing"
            outcomes[kernel] = f"skipped: this CPU or BLAS does not run it (it runs {instead})"
            continue
        for n_threads in arguments.threads:
            print(f"== {kernel}, {n_threads} BLAS threads", flush=True)
            command = [sys.executable, "-m", "pytest", "-q", "--no-header", *tests]
            status = subprocess.run(
                [*command, *pytest_arguments],
                cwd=ROOT,
                env=environment(kernel, n_threads),
                check=False,
            ).returncode
            outcomes[f"{kernel}, {n_threads} threads"] = "passed" if status == 0 else "FAILED"
    for name, outcome in outcomes.items():
        print(f"{name}: {outcome}")
    if "passed" not in outcomes.values():
        print("No kernel passed its tests: none could be chosen, or all failed.")
        return 1
    return int("FAILED" in outcomes.values())


if __name__ == "__main__":
    sys.exit(main())
