"""Run the cells that are not finished, several at a time, and keep each as it comes."""

from __future__ import annotations

import os
import re
import threading
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib import import_module
from typing import Any

from joblib import Parallel, delayed
from joblib.externals.loky.process_executor import TerminatedWorkerError

from sklearn_instamap._optional import import_optional
from sklearn_instamap._printable import printable
from sklearn_instamap.benchmark._cell import Outcome, Task, failed, run_task
from sklearn_instamap.benchmark._store import CellStore
from sklearn_instamap.progress import PartDone, emit

_SECONDS_BETWEEN_LOOKS = 0.5
_SECONDS_TO_CONNECT = 10


def execute(
    tasks: dict[str, Task],
    store: CellStore,
    *,
    retry_failed: bool,
    n_jobs: int | None,
    client: Any = None,
) -> list[Outcome]:
    """Return the outcomes of all tasks, in their order, from the store or by running them.

    Tasks go by fingerprint, and are run ``n_jobs`` at a time by whatever joblib backend is active,
    or by the workers of a Dask client. Raises OSError if the system killed a worker process, or the
    Dask scheduler is lost.
    """
    outcomes: dict[str, Outcome] = {}
    for fingerprint, task in tasks.items():
        known = store.load(task.cell, fingerprint)
        if known is not None and not (known.error and retry_failed):
            outcomes[fingerprint] = known
    if outcomes:
        emit(PartDone("cells", len(outcomes), len(tasks), f"{len(outcomes)} finished before"))
    waiting = {name: task for name, task in tasks.items() if name not in outcomes}
    finished = _run_by_dask(client, waiting) if client else _run_by_joblib(waiting, n_jobs)
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


@contextmanager
def dask_client(scheduler: str) -> Iterator[Any]:
    """Connect to a Dask scheduler by its address, such as ``tcp://node1:8786``.

    Raises OSError if nothing answers there, or the scheduler has no workers.
    """
    distributed = import_optional("distributed", "scheduler", "benchmark,dask")
    try:
        client = distributed.Client(scheduler, timeout=_SECONDS_TO_CONNECT)
    except (OSError, ValueError) as error:
        raise OSError(
            f"{scheduler}: no Dask scheduler answers there ({error or type(error).__name__}); "
            "start one with dask scheduler, and give the address it prints."
        ) from None
    with client:
        if not client.ncores():
            raise OSError(
                f"{scheduler}: the scheduler has no workers; start some with dask worker."
            )
        yield client


def _run_by_dask(client: Any, tasks: dict[str, Task]) -> Iterator[tuple[str, Outcome]]:
    """Run tasks on the workers of a Dask scheduler; yield fingerprints and outcomes as they come.

    Not by way of joblib, whose Dask backend waits for ever for a task whose worker has died. Here
    such a cell has failed, and the others continue. Raises OSError if the scheduler is lost.
    """
    # Impure: a task of the same name that failed before is not to be taken for this one.
    waiting = {client.submit(run_task, task, pure=False): name for name, task in tasks.items()}
    for future in import_module("distributed").as_completed(list(waiting)):
        name = waiting.pop(future)
        if future.cancelled():
            # Nobody else cancels.
            raise OSError(
                "The connection to the Dask scheduler is lost; finished cells are kept: run the "
                "benchmark again, and it continues."
            )
        error = future.exception()
        if error is None:
            yield name, future.result()
        else:
            yield name, failed(tasks[name].cell, error)


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
            shown = printable(text, keep="\n")
            warnings.warn(f"{outcome.cell}: {shown}", UserWarning, stacklevel=2)


def _end_with(starter: int) -> None:
    """End this process as soon as the one that started it is gone.

    Left to themselves, joblib's workers would finish what they are at, for nobody, and then wait
    five minutes for more: run, killed and run again, a benchmark would fill the memory with them.

    Nothing is done where the starter did not start this process: where it is this process, or on
    another machine.
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
