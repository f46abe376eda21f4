"""Cells on the workers of a Dask scheduler, on however many machines."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

from sklearn_instamap._optional import import_optional
from sklearn_instamap.benchmark._cell import Outcome, Task, failed, run_task

_SECONDS_TO_CONNECT = 10


@contextmanager
def dask_client(scheduler: str) -> Iterator[Any]:
    """Connect to a Dask scheduler.

    Parameters
    ----------
    scheduler : str
        The scheduler's address, such as ``tcp://node1:8786``.

    Yields
    ------
    distributed.Client
        The connection.

    Raises
    ------
    ImportError
        If Dask's ``distributed`` is not installed.
    OSError
        If nothing answers at the address, or the scheduler has no workers.
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


def run_by_dask(client: Any, tasks: dict[str, Task]) -> Iterator[tuple[str, Outcome]]:
    """Run tasks on the workers of a Dask scheduler.

    Not by way of joblib, whose Dask backend waits for ever for a task whose worker has died. Here
    such a cell has failed, and the others continue.

    Parameters
    ----------
    client : distributed.Client
        The connection.
    tasks : dict of str to Task
        The tasks by fingerprint.

    Yields
    ------
    tuple of str and Outcome
        Fingerprint and outcome, as they come.

    Raises
    ------
    OSError
        If the scheduler is lost.
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
