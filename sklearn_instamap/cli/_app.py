"""The command ``instamap``, whose sub-commands are imported when they are run."""

from __future__ import annotations

from typing import Annotated

import typer

from sklearn_instamap._version import __version__
from sklearn_instamap.cli._lazy import LazyGroup
from sklearn_instamap.cli._options import Verbose, terminal_of

app = typer.Typer(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"]},
    # Plain text wraps at any width, and never cuts the name of an option, as rich's tables do.
    rich_markup_mode=None,
    # Errors become one sentence, or the plain traceback that an issue needs.
    pretty_exceptions_enable=False,
)


@app.callback(invoke_without_command=True)
def instamap(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
    verbose: Verbose = False,
) -> None:
    """Align two embedding spaces, and see what it is worth.

    Begin with instamap demo. Then align your own vectors, evaluate the result on a test
    dictionary, and translate with it.
    """
    terminal = terminal_of(context, verbose)
    if version:
        terminal.say(f"instamap {__version__}")
    elif context.invoked_subcommand is None:
        typer.echo(context.get_help())
