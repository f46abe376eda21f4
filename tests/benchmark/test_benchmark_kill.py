"""Killed at random moments and started again, a benchmark ends with the same rows."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest
from pandas.testing import assert_frame_equal

from sklearn_instamap.results import BenchmarkResults

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="kills processes as POSIX does")

N_KILLS = 10
TIMES = ["fit_seconds", "cpu_seconds", "evaluate_seconds", "peak_mib"]

# Imports once, then forks a fresh process for every run: kills hit the run and not the imports.
# With one thread to every library there is none that a fork could lose.
NURSERY = """
import os, sys
from sklearn_instamap.benchmark import run_benchmark

for line in sys.stdin:
    pid = os.fork()
    if not pid:
        code = 1
        try:
            run_benchmark(
                *sys.argv[1:3], line.rstrip("\\n"), methods=["PROC", "VecMap", "InstaMap"],
                sizes=["1k"], directions="both", format="csv",
            )
            code = 0
        finally:
            os._exit(code)
    print(pid, flush=True)
    print(os.waitpid(pid, 0)[1], flush=True)
"""


class Nursery:
    """Starts runs of the benchmark, and kills them."""

    def __init__(self, folders) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", NURSERY, *map(str, folders[:2])],
            env=os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def run(self, results: Path, kill_when: tuple[int, float] | None = None) -> int:
        """Run to the end, or kill so many cells and seconds later; return what ended it."""
        done = len(cells(results))
        self.process.stdin.write(f"{results}\n")
        self.process.stdin.flush()
        pid = int(self.process.stdout.readline())
        if kill_when is not None:
            n_cells, seconds = kill_when
            wait_until(lambda: len(cells(results)) >= done + n_cells or not is_running(pid))
            time.sleep(seconds)
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        return int(self.process.stdout.readline())


@pytest.fixture
def nursery(folders):
    started = Nursery(folders)
    with started.process:
        yield started
        started.process.stdin.close()


def cells(results: Path) -> dict[str, tuple[int, int]]:
    """The finished cells, and what would change if one were written again."""
    return {
        path.name: (path.stat().st_ino, path.stat().st_mtime_ns)
        for path in results.glob("cells/[!.]*")
    }


def test_killed_ten_times(nursery, folders, tmp_path):
    undisturbed, killed = tmp_path / "undisturbed", tmp_path / "killed"
    assert nursery.run(undisturbed) == 0
    start = time.perf_counter()
    assert nursery.run(tmp_path / "timed") == 0
    seconds = time.perf_counter() - start

    rng = random.Random(0)
    n_ended_by_kill, history = 0, [cells(killed)]
    # Every other run is let finish a cell first: on a machine of any speed some are killed while
    # they read spaces and some among the cells.
    for n_cells in rng.sample([0, 1] * (N_KILLS // 2), N_KILLS):
        ended = nursery.run(killed, kill_when=(n_cells, rng.uniform(0, 0.05) * seconds))
        n_ended_by_kill += ended == signal.SIGKILL
        before, after = history[-1], cells(killed)
        assert before.items() <= after.items(), "a finished cell was lost or repeated"
        history.append(after)
    assert nursery.run(killed) == 0
    assert history[-1].items() <= cells(killed).items()
    # The kills were not a formality: many hit a run at work, and work was done between them.
    assert n_ended_by_kill >= N_KILLS // 2
    assert len({len(finished) for finished in history}) > 2

    expected, found = BenchmarkResults.load(undisturbed), BenchmarkResults.load(killed)
    assert len(found.rows) == 2 * 2 * 3 * 8
    assert (found.rows["status"] == "ok").all()
    assert_frame_equal(found.rows.drop(columns=TIMES), expected.rows.drop(columns=TIMES))
    assert_frame_equal(found.ranks, expected.ranks)
    assert cells(killed).keys() == cells(undisturbed).keys()
    left = {path.name for path in killed.rglob(".*")}
    assert left == {".lock"}


# Two cells that never end, in two workers, which leave their process ids.
STUCK = """
import os, sys, time
from pathlib import Path
from sklearn_instamap.linear import ProcrustesAligner
from sklearn_instamap.benchmark import run_benchmark

class Stuck(ProcrustesAligner):
    def _fit_pairs(self, X, y, source, target):
        (Path(sys.argv[3]) / f"{os.getpid()}.pid").touch()
        time.sleep(600)

run_benchmark(*sys.argv[1:4], methods={"stuck": Stuck()}, sizes=["1k"], n_jobs=2)
"""


def test_workers_end_with_the_killed_process(folders):
    arguments = [sys.executable, "-c", STUCK.replace("sys.argv[3]", repr(str(folders.results)))]
    with subprocess.Popen([*arguments, *map(str, folders)]) as process:
        try:
            wait_until(lambda: len(list(folders.results.glob("*.pid"))) == 2)
        finally:
            process.kill()
    workers = [int(path.stem) for path in folders.results.glob("*.pid")]
    wait_until(lambda: not any(map(is_running, workers)))


def wait_until(condition, seconds: float = 300) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.005)


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    # Where nobody waits for orphans, what is left of them stays in the list of processes.
    status = Path(f"/proc/{pid}/status")
    return not (status.exists() and "State:\tZ" in status.read_text())
