"""The command line ``instamap``."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from sklearn_instamap._optional import import_optional

__all__ = ["main"]


def main(args: Sequence[str] | None = None) -> int:
    """Run the command line, and return its exit code.

    Parameters
    ----------
    args : sequence of str, default=None
        The arguments after the command's name; None takes those of the process.

    Returns
    -------
    int
        0 if all went well, 2 after wrong input (one sentence on the standard error output says
        what was wrong), 130 after Ctrl-C.

    Examples
    --------
    >>> from sklearn_instamap.cli import main
    >>> main(["translate", "nowhere.en.vec", "nowhere.de.vec", "house"])
    2
    """
    try:
        for name in ("rich", "typer"):
            import_optional(name, "the command line", "cli")
    except ImportError as error:
        print(
            f"instamap: {error}",
            file=sys.stderr,
        )
        return 2
    from sklearn_instamap.cli._entry import run

    return run(sys.argv[1:] if args is None else args)
