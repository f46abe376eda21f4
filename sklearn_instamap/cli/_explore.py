"""``instamap explore``: a local page on which one looks words up and accepts or rejects pairs."""

from __future__ import annotations

import secrets
import webbrowser
from pathlib import Path
from typing import Annotated

import typer

from sklearn_instamap._optional import import_optional
from sklearn_instamap.cli._inputs import Reading, reading_options
from sklearn_instamap.cli._options import (
    NJobs,
    SourceFile,
    TargetFile,
    Verbose,
    terminal_of,
)
from sklearn_instamap.cli._progress_bar import progress_bar


@reading_options(dictionaries=True)
def explore(
    context: typer.Context,
    source: SourceFile,
    target: TargetFile,
    lexicon: Annotated[
        Path | None,
        typer.Argument(
            metavar="LEXICON",
            help="An induced lexicon with the columns source, target and probability "
            "(.tsv or .csv), whose entries are shown first.",
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help="Where accepted pairs go: a dictionary that align takes. Rejected ones go to "
            "NAME.rejected.tsv beside it. Pairs that are in these files already are kept.",
        ),
    ] = None,
    test_dictionary: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Show the errors on this dictionary by kind."),
    ] = None,
    train_dictionary: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Mark the pairs the alignment was learned from."),
    ] = None,
    port: Annotated[
        int, typer.Option(min=0, max=65535, metavar="N", help="Port; 0 takes a free one.")
    ] = 0,
    browser: Annotated[bool, typer.Option(help="Open the page in the browser.")] = True,
    *,
    reading: Reading,
    n_jobs: NJobs = -1,
    verbose: Verbose = False,
) -> None:
    """Look at two aligned spaces in the browser, and collect pairs for a dictionary.

    The page shows the translations of a word with their probability and where they come from,
    its neighbors on both sides, hubs, and the errors of a test dictionary. It is served to this
    machine only, under an address that holds a secret token. Ctrl-C ends it.

    Example: instamap explore en.vec de.vec --test-dictionary test.tsv -o accepted.tsv
    """
    terminal = terminal_of(context, verbose)
    for module in ("flask", "werkzeug.serving"):
        import_optional(module, "instamap explore", "explore")
    from sklearn_instamap.explore._server import make_app, make_server
    from sklearn_instamap.explore._session import Session, read_lexicon

    dictionaries = [
        None if path is None else reading.dictionary(path)
        for path in (train_dictionary, test_dictionary)
    ]
    entries = None if lexicon is None else read_lexicon(lexicon)
    spaces = reading.spaces(terminal, source, target)
    session = Session(
        *spaces,
        lexicon=entries,
        train=dictionaries[0],
        test=dictionaries[1],
        output=output,
        n_jobs=n_jobs,
    )
    with progress_bar(terminal, "looking for hubs"):
        session.prepare()
    token = secrets.token_urlsafe(24)
    server = make_server(make_app(session, token, f"{source.name} – {target.name}"), port)
    address = f"http://127.0.0.1:{server.server_port}/?token={token}"
    terminal.say(f"Open {address}")
    terminal.note("Press Ctrl-C to stop.")
    if browser:
        webbrowser.open(address)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        terminal.note("The server has stopped.")
    finally:
        server.server_close()
