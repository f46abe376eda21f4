"""Progress of long computations, reported to a listener.

A listener is installed for a block of code and receives small frozen events::

    with report_to(print):
        aligner.fit(X, y)

The listener is held in a context variable: threads and nested estimators do not
have to pass it along, and concurrent fits in other contexts do not see it.
:func:`show_progress` installs one that draws bars, or writes lines where there is no terminal.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, TextIO, TypeAlias

from sklearn_instamap._optional import import_optional
from sklearn_instamap._printable import printable

__all__ = [
    "BytesDone",
    "IterationDone",
    "PartDone",
    "TilesDone",
    "emit",
    "is_listening",
    "report_to",
    "show_progress",
]


@dataclass(frozen=True)
class TilesDone:
    """Some tiles of a neighbor search are finished.

    Parameters
    ----------
    job : str
        Which search: "top-k", "mutual nearest neighbors" and so on.
    done : int
        Number of tiles finished.
    total : int
        Number of tiles of the whole search.

    Examples
    --------
    >>> from sklearn_instamap.progress import TilesDone
    >>> TilesDone("top-k", done=3, total=12)
    TilesDone(job='top-k', done=3, total=12)
    """

    job: str
    done: int
    total: int


@dataclass(frozen=True)
class IterationDone:
    """One iteration of an aligner is finished.

    Parameters
    ----------
    iteration : int
        Which one, from 1.
    n_iter : int
        How many there will be.
    n_pairs : int
        Number of pairs that the map of this iteration is learned from, given and induced ones.
    seconds : float
        Wall time it took.
    measure : str
        What the aligner measures in each iteration, such as ``"mean cosine"`` of these pairs.
    value : float
        The value of that measure; larger is better.

    Examples
    --------
    >>> from sklearn_instamap.progress import IterationDone
    >>> event = IterationDone(
    ...     1, n_iter=4, n_pairs=1239, seconds=0.5, measure="mean cosine", value=0.52
    ... )
    >>> f"{event.iteration}/{event.n_iter}"
    '1/4'
    """

    iteration: int
    n_iter: int
    n_pairs: int
    seconds: float
    measure: str
    value: float


@dataclass(frozen=True)
class PartDone:
    """One of the parts of a long job is finished.

    Parameters
    ----------
    job : str
        Which job: "spaces" or "cells" of a benchmark, "dictionaries" fetched.
    done : int
        Number of parts finished.
    total : int
        Number of parts of the whole job.
    what : str
        What has been finished, for people.

    Examples
    --------
    >>> from sklearn_instamap.progress import PartDone
    >>> PartDone("spaces", done=1, total=6, what="en: 20,000 words")
    PartDone(job='spaces', done=1, total=6, what='en: 20,000 words')
    """

    job: str
    done: int
    total: int
    what: str


@dataclass(frozen=True)
class BytesDone:
    """Some bytes of a file are downloaded.

    Parameters
    ----------
    file : str
        Which file.
    done : int
        Number of bytes that are there.
    total : int
        Number of bytes of the whole file.

    Examples
    --------
    >>> from sklearn_instamap.progress import BytesDone
    >>> BytesDone("wiki.de.vec", done=3_000_000, total=6_000_000)
    BytesDone(file='wiki.de.vec', done=3000000, total=6000000)
    """

    file: str
    done: int
    total: int


Event: TypeAlias = TilesDone | IterationDone | PartDone | BytesDone

_listener: ContextVar[Callable[[Event], object] | None] = ContextVar("_listener", default=None)


@contextmanager
def report_to(callback: Callable[[Event], object] | None) -> Iterator[None]:
    """Send the progress of the enclosed code to a callback.

    The callback is held in a context variable: nested estimators need not pass it along, and
    fits in other threads or processes do not report to it.

    Parameters
    ----------
    callback : callable or None
        Called in the calling thread with every :class:`IterationDone`, with every
        :class:`PartDone` of a benchmark or a fetch and, a few times a second, with
        :class:`TilesDone` and :class:`BytesDone`; what it returns is ignored, what it raises ends
        the computation. None silences the enclosed code.

    Yields
    ------
    None
        For the length of the ``with`` block.

    Examples
    --------
    >>> from sklearn_instamap import InstaMapAligner
    >>> from sklearn_instamap.datasets import make_bilingual_spaces
    >>> from sklearn_instamap.progress import IterationDone, report_to
    >>> data = make_bilingual_spaces(300, 20, n_train=100, n_test=50)
    >>> events = []
    >>> with report_to(events.append):
    ...     aligner = InstaMapAligner(n_iter=2).fit(data.X, data.y)
    >>> [event.iteration for event in events if isinstance(event, IterationDone)]
    [1, 2]
    """
    token = _listener.set(callback)
    try:
        yield
    finally:
        _listener.reset(token)


def is_listening() -> bool:
    """Tell whether anyone would receive an event emitted now.

    Returns
    -------
    bool
        False where making an event would be wasted work.

    Examples
    --------
    >>> from sklearn_instamap.progress import is_listening
    >>> is_listening()
    False
    """
    return _listener.get() is not None


def emit(event: Event) -> None:
    """Hand an event to the listener, if there is one.

    Parameters
    ----------
    event : IterationDone, TilesDone, PartDone or BytesDone
        What has been done.

    Examples
    --------
    >>> from sklearn_instamap.progress import PartDone, emit, report_to
    >>> with report_to(print):
    ...     emit(PartDone("files", 1, 2, "en.vec"))
    PartDone(job='files', done=1, total=2, what='en.vec')
    """
    callback = _listener.get()
    if callback is not None:
        callback(event)


@contextmanager
def show_progress(file: TextIO | None = None) -> Iterator[None]:
    """Show the progress of the enclosed code: bars in a notebook or a terminal, lines elsewhere.

    Bars are drawn by tqdm (``pip install "sklearn-instamap[progress]"``). Into a pipe or a file,
    which needs no tqdm, go whole lines: one for each iteration, each part of a benchmark and each
    downloaded file.

    Parameters
    ----------
    file : text stream, default=None
        Where to; None is the standard error output.

    Yields
    ------
    None
        For the length of the ``with`` block.

    Raises
    ------
    ImportError
        If bars are to be drawn and tqdm is not installed.

    See Also
    --------
    report_to : Do anything else with what is reported.

    Examples
    --------
    >>> import sys
    >>> from sklearn_instamap import InstaMapAligner
    >>> from sklearn_instamap.datasets import make_bilingual_spaces
    >>> from sklearn_instamap.progress import show_progress
    >>> data = make_bilingual_spaces(300, 20, n_train=100, n_test=50)
    >>> with show_progress(sys.stdout):
    ...     aligner = InstaMapAligner(n_iter=2).fit(data.X, data.y)
    iteration 1 of 2: 100 pairs, mean cosine 0..., ... s
    iteration 2 of 2: ... pairs, mean cosine 0..., ... s
    """
    stream = sys.stderr if file is None else file
    if not (_in_notebook() or stream.isatty()):
        with report_to(lambda event: _print_line(event, stream)):
            yield
        return
    bars = _Bars(import_optional("tqdm.auto", "A progress bar", "progress").tqdm, stream)
    try:
        with report_to(bars):
            yield
    finally:
        bars.close()


def progress_line(event: Event) -> str | None:
    """Return what a log says of an event; None of what is only part of a stage."""
    if isinstance(event, IterationDone):
        return (
            f"iteration {event.iteration} of {event.n_iter}: {event.n_pairs} pairs, "
            f"{event.measure} {event.value:.3f}, {event.seconds:.1f} s"
        )
    if isinstance(event, PartDone):
        return f"{event.job}, {event.done} of {event.total}: {printable(event.what)}"
    if isinstance(event, BytesDone) and event.done == event.total:
        return f"{printable(event.file)}: {event.total:,} bytes"
    return None


def _print_line(event: Event, stream: TextIO) -> None:
    line = progress_line(event)
    if line is not None:
        print(line, file=stream, flush=True)


def _in_notebook() -> bool:
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    return "IPKernelApp" in getattr(shell, "config", {})


class _Bars:
    """Two bars: the work itself, and under it the search or the download that is under way."""

    def __init__(self, tqdm: Callable[..., Any], stream: TextIO) -> None:
        self._tqdm, self._stream = tqdm, stream
        self._bars: dict[bool, Any] = {}

    def __call__(self, event: Event) -> None:
        if isinstance(event, IterationDone):
            self._show(True, "iterations", event.iteration, event.n_iter)
        elif isinstance(event, PartDone):
            self._show(True, event.job, event.done, event.total)
        elif isinstance(event, BytesDone):
            self._show(False, event.file, event.done, event.total)
        else:
            self._show(False, event.job, event.done, event.total)

    def _show(self, is_work: bool, job: str, done: int, total: int) -> None:
        bar = self._bars.get(is_work)
        if bar is None:
            bar = self._bars[is_work] = self._tqdm(
                total=total, file=self._stream, leave=is_work, dynamic_ncols=True
            )
        # Another search, or the fit of another fold: the same bar once more.
        elif bar.total != total or done < bar.n:
            bar.reset(total)
        bar.set_description_str(printable(job), refresh=False)
        bar.update(done - bar.n)
        bar.refresh()

    def close(self) -> None:
        for bar in reversed(self._bars.values()):
            bar.close()
