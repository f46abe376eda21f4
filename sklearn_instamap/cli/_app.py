"""The commands of ``instamap``, put together."""

from __future__ import annotations

from typing import Annotated

import typer

from sklearn_instamap import __version__
from sklearn_instamap.cli._align import align
from sklearn_instamap.cli._benchmark import benchmark
from sklearn_instamap.cli._demo import demo
from sklearn_instamap.cli._evaluate import evaluate
from sklearn_instamap.cli._explore import explore
from sklearn_instamap.cli._fetch import fetch
from sklearn_instamap.cli._options import Verbose, terminal_of
from sklearn_instamap.cli._translate import translate

app = typer.Typer(
    context_settings={"help_option_names": ["-h", "--help"]},
    # Paragraphs of help are wrapped anew, whatever the width.
    rich_markup_mode="markdown",
    # Errors become one sentence, or the plain traceback that an issue needs.
    pretty_exceptions_enable=False,
)
for command in (demo, align, evaluate, translate, benchmark, fetch, explore):
    app.command()(command)


@app.callback(invoke_without_command=True)
def instamap(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
    verbose: Verbose = False,
) -> None:
    """Align two embedding spaces, and see what it is worth.

    Begin with instamap demo. Then align your own vectors, evaluate what comes out on a test
    dictionary, and translate with it.
    """
    terminal = terminal_of(context, verbose)
    if version:
        terminal.say(f"instamap {__version__}")
    elif context.invoked_subcommand is None:
        typer.echo(context.get_help())
