"""Where the command line prints to: results on standard output, all else on standard error."""

from __future__ import annotations

import sys

from rich.console import Console
from rich.text import Text

from sklearn_instamap._printable import printable

# Files and pipes have no width; rich would assume 80 columns and break lines there.
_NO_WIDTH = 1000


class Terminal:
    """The two output streams of one run, and how much is said there."""

    def __init__(self, verbose: bool = False) -> None:
        self.verbose = verbose
        # The command's parameters and how a user writes them, such as {"n_jobs": "--n-jobs"}.
        self.options: dict[str, str] = {}
        self.out = _console(stderr=False)
        self.err = _console(stderr=True)

    def say(self, text: str | Text = "") -> None:
        """Print a line of the result."""
        _print(self.out, text)

    def write(self, text: str) -> None:
        """Write a result for another program: UTF-8 whatever the locale, as in files."""
        buffer = getattr(sys.stdout, "buffer", None)
        if buffer is None:
            sys.stdout.write(text)
            return
        sys.stdout.flush()
        buffer.write(text.encode("utf-8", "backslashreplace"))
        buffer.flush()

    def note(self, text: str) -> None:
        """Print a line about the work."""
        _print(self.err, text)


def _console(*, stderr: bool) -> Console:
    console = Console(stderr=stderr, highlight=False, emoji=False)
    if not console.is_terminal:
        console.width = _NO_WIDTH
    return console


def _print(console: Console, text: str | Text) -> None:
    # Words and paths may hold square brackets: nothing in them is markup. Without soft_wrap
    # rich would break lines inside words and paths, which then cannot be copied.
    if isinstance(text, str):
        # What is named here may come from strangers' files.
        text = printable(text, keep="\n\t")
    console.print(text, markup=False, soft_wrap=not console.is_terminal)
