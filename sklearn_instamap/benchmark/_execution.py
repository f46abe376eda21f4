"""Run the cells that are not finished, several at a time, and keep each as it comes."""

from __future__ import annotations

import os
import re
import threading
import time
import warnings
from collections.abc import Iterator
from functools import cache
from typing import Any

from joblib import Parallel, delayed
from joblib.externals.loky.process_executor import TerminatedWorkerError

from sklearn_instamap.benchmark._cell import Outcome, Task, run_task
from sklearn_instamap.benchmark._dask import run_by_dask
from sklearn_instamap.benchmark._store import CellStore
from sklearn_instamap.progress import PartDone, emit

_SECONDS_BETWEEN_LOOKS = 0.5


def execute(
    tasks: dict[str, Task],
    store: CellStore,
    *,
    retry_failed: bool,
    n_jobs: int | None,
    client: Any = None,
) -> list[Outcome]:
    """Return the outcomes of all tasks, from the store or by running them.

    Parameters
    ----------
    tasks : dict of str to Task
        The tasks by fingerprint.
    store : CellStore
        Where finished cells are, and where those that are run now go.
    retry_failed : bool
        Whether to run cells again whose outcome is an error.
    n_jobs : int or None
        How many at a time, by whatever joblib backend is active.
    client : distributed.Client, default=None
        The connection to a Dask scheduler whose workers run them instead.

    Returns
    -------
    list of Outcome
        In the order of the tasks.

    Raises
    ------
    OSError
        If the system killed a worker process, or the Dask scheduler is lost.
    """
    outcomes: dict[str, Outcome] = {}
    for fingerprint, task in tasks.items():
        known = store.load(task.cell, fingerprint)
        if known is not None and not (known.error and retry_failed):
            outcomes[fingerprint] = known
    if outcomes:
        emit(PartDone("cells", len(outcomes), len(tasks), f"{len(outcomes)} finished before"))
    waiting = {name: task for name, task in tasks.items() if name not in outcomes}
    finished = run_by_dask(client, waiting) if client else _run_by_joblib(waiting, n_jobs)
    said: set[tuple[str, str]] = set()
    for fingerprint, outcome in finished:
        # Only this process writes: a worker that outlives it leaves nothing behind.
        store.save(outcome, fingerprint)
        outcomes[fingerprint] = outcome
        _pass_on_warnings(outcome, said)
        emit(PartDone("cells", len(outcomes), len(tasks), _summary(outcome)))
    return [outcomes[fingerprint] for fingerprint in tasks]


def _run_by_joblib(tasks: dict[str, Task], n_jobs: int | None) -> Iterator[tuple[str, Outcome]]:
    # One by one as they finish: what is killed in between loses only what it was at.
    parallel = Parallel(n_jobs=n_jobs, batch_size=1, return_as="generator_unordered")
    try:
        yield from parallel(
            delayed(_run_in_worker)(os.getpid(), name, task) for name, task in tasks.items()
        )
    except TerminatedWorkerError as error:
        raise OSError(
            "The system killed a worker process, probably because memory ran out; finished cells "
            "are kept: run the benchmark again with fewer jobs."
        ) from error


def _run_in_worker(starter: int, fingerprint: str, task: Task) -> tuple[str, Outcome]:
    _end_with(starter)
    return fingerprint, run_task(task)


def _summary(outcome: Outcome) -> str:
    if outcome.error:
        return f"{outcome.cell}: failed ({outcome.error})"
    return f"{outcome.cell}: {outcome.measures['fit_seconds']:.1f} s"


def _pass_on_warnings(outcome: Outcome, said: set[tuple[str, str]]) -> None:
    """Warn of what a worker has warned of: of each matter, whatever its numbers, once a method."""
    for text in outcome.warnings:
        matter = outcome.cell.method, re.sub(r"\d+", "", text)
        if matter not in said:
            said.add(matter)
            warnings.warn(f"{outcome.cell}: {text}", UserWarning, stacklevel=2)


def _end_with(starter: int) -> None:
    """End this process as soon as the one that started it is gone.

    Left to themselves, joblib's workers would finish what they are at, for nobody, and then wait
    five minutes for more: run, killed and run again, a benchmark would fill the memory with them.

    Parameters
    ----------
    starter : int
        Process id of the one that gave the work. Nothing is done where that did not start this
        process: where it is this process, or on another machine.
    """
    if os.getppid() == starter:
        _watch(starter)


@cache
def _watch(starter: int) -> None:
    def watch() -> None:
        # An orphan is given another parent. (Not on Windows, where it stays for its five minutes.)
        while os.getppid() == starter:
            time.sleep(_SECONDS_BETWEEN_LOOKS)
        os._exit(1)

    threading.Thread(target=watch, name="instamap-watch", daemon=True).start()
