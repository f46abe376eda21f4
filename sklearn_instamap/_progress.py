"""Progress of long computations, for whoever listens.

A listener is installed for a stretch of code and receives small frozen events::

    with report_to(print):
        aligner.fit(X, y)

The listener is held in a context variable: threads and nested estimators do not
have to pass it along, and concurrent fits in other contexts do not see it.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TypeAlias

__all__ = ["Event", "IterationDone", "TilesDone", "emit", "is_listening", "report_to"]


@dataclass(frozen=True)
class TilesDone:
    """`done` of the `total` tiles of a neighbour search called `job` are finished."""

    job: str
    done: int
    total: int


@dataclass(frozen=True)
class IterationDone:
    """One iteration of an aligner is finished."""

    iteration: int
    n_iter: int
    n_pairs: int
    seconds: float
    mean_similarity: float


Event: TypeAlias = TilesDone | IterationDone

_listener: ContextVar[Callable[[Event], object] | None] = ContextVar("_listener", default=None)


@contextmanager
def report_to(callback: Callable[[Event], object] | None) -> Iterator[None]:
    """Send the events of the enclosed code to `callback`; None silences them."""
    token = _listener.set(callback)
    try:
        yield
    finally:
        _listener.reset(token)


def is_listening() -> bool:
    """Whether anyone would receive an event emitted now."""
    return _listener.get() is not None


def emit(event: Event) -> None:
    """Hand `event` to the listener, if there is one."""
    callback = _listener.get()
    if callback is not None:
        callback(event)
