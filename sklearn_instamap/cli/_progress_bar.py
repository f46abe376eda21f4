"""Progress bars on a terminal, a line for each stage elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from sklearn_instamap._printable import printable
from sklearn_instamap.cli._terminal import Terminal
from sklearn_instamap.progress import (
    BytesDone,
    Event,
    IterationDone,
    PartDone,
    progress_line,
    report_to,
)


@contextmanager
def progress_bar(terminal: Terminal, doing: str, *, parts: bool = True) -> Iterator[None]:
    """Show what the enclosed work does, and how far it is.

    The first bar is the work itself, which counts the iterations of an aligner, or the cells of a
    benchmark, once it reports some; the second is the search or the download under way. Into a
    pipe or a file goes one line for the work and one for each of its parts; with ``--verbose``, in
    both cases, one for each iteration.

    ``doing`` is what the work is, such as "reading wiki.en.vec"; ``parts`` whether its parts are
    worth a line each.
    """
    # Separate columns: rich's description column would read square brackets as markup.
    progress = Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=30),
        TextColumn("{task.fields[count]}", markup=False),
        TimeElapsedColumn(),
        console=terminal.err,
        transient=True,
        # rich would print a result that is redirected to a file on the terminal instead.
        redirect_stdout=terminal.out.is_terminal,
        disable=not terminal.err.is_terminal,
    )
    # rich 13.0 prints an empty line at the end of a disabled one, too.
    shown: AbstractContextManager[object] = nullcontext() if progress.disable else progress
    if progress.disable:
        terminal.note(printable(doing))
    with shown, report_to(_Listener(terminal, progress, doing, parts)):
        yield


class _Listener:
    """Turns the events of aligners and of the neighbor engine into bars and lines."""

    def __init__(self, terminal: Terminal, progress: Progress, doing: str, parts: bool) -> None:
        self.terminal = terminal
        self.progress = progress
        self.lines = parts and progress.disable
        # Their own count, too: rich would write 0/? where there is nothing to count.
        self.work = progress.add_task(printable(doing), total=None, count="")
        self.search = progress.add_task("", visible=False, count="")

    def __call__(self, event: Event) -> None:
        line = progress_line(event)
        if line and (
            self.terminal.verbose or (self.lines and not isinstance(event, IterationDone))
        ):
            self.terminal.note(line)
        if isinstance(event, IterationDone):
            count = f"{event.iteration}/{event.n_iter}"
            self.progress.update(
                self.work, completed=event.iteration, total=event.n_iter, count=count
            )
            return
        count = f"{event.done}/{event.total}"
        shown: dict[str, Any] = {"completed": event.done, "total": event.total, "count": count}
        if isinstance(event, PartDone):
            shown["count"] = f"{count} {event.job}"
            self.progress.update(self.work, **shown)
            return
        if isinstance(event, BytesDone):
            what = printable(event.file)
            shown["count"] = f"{event.done / 2**20:.0f}/{event.total / 2**20:.0f} MiB"
        else:
            what = event.job
        shown |= {"description": f"  {what}", "visible": event.done < event.total}
        self.progress.update(self.search, **shown)
