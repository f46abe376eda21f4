"""Dask's workers, on however many machines, as a joblib backend."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

from joblib import parallel_config

_SECONDS_TO_CONNECT = 10


@contextmanager
def dask_workers(scheduler: str) -> Iterator[None]:
    """Let the workers of a Dask scheduler run what the enclosed code runs by joblib.

    Parameters
    ----------
    scheduler : str
        The scheduler's address, such as ``tcp://node1:8786``.

    Raises
    ------
    ImportError
        If Dask's ``distributed`` is not installed.
    OSError
        If nothing answers at the address, or the scheduler has no workers.
    """
    try:
        distributed: Any = import_module("distributed")
    except ImportError:
        raise ImportError(
            "scheduler needs Dask, which is not installed: "
            'pip install "sklearn-instamap[benchmark,dask]".'
        ) from None
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
        with parallel_config("dask", client=client):
            yield
