"""``instamap translate``: words in, their nearest words of the other language out."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from sklearn_instamap import EmbeddingSpace
from sklearn_instamap.cli._inputs import Reading
from sklearn_instamap.cli._options import (
    EncodingErrors,
    LowercaseVectors,
    MaxWords,
    NJobs,
    SourceFile,
    TargetFile,
    Verbose,
    check_choice,
    terminal_of,
)
from sklearn_instamap.cli._outputs import Outputs
from sklearn_instamap.cli._progress_bar import progress_bar
from sklearn_instamap.cli._show import FORMATS, choose_format, show_table
from sklearn_instamap.metrics import translate as best_translations


def translate(
    context: typer.Context,
    source: SourceFile,
    target: TargetFile,
    words: Annotated[
        list[str],
        typer.Argument(
            metavar="WORD...",
            help="Words of the source language; - reads them from standard input.",
        ),
    ],
    n_best: Annotated[
        int, typer.Option("--n-best", "-n", min=1, metavar="N", help="Translations per word.")
    ] = 5,
    retrieval: Annotated[
        str,
        typer.Option(
            metavar="csls|cosine", help="How translations are looked up; csls is the better one."
        ),
    ] = "csls",
    style: Annotated[
        str, typer.Option("--format", metavar="|".join(FORMATS), help="How to print them.")
    ] = "table",
    max_words: MaxWords = None,
    lowercase_vectors: LowercaseVectors = False,
    encoding_errors: EncodingErrors = "strict",
    n_jobs: NJobs = -1,
    verbose: Verbose = False,
) -> None:
    """Translate words by two aligned spaces.

    Example: instamap translate en.vec de.vec house garden -n 3
    """
    terminal = terminal_of(context, verbose)
    similarity = check_choice("--retrieval", retrieval, ("csls", "cosine"))
    style = choose_format(style, None)
    reading = Reading(max_words, True, lowercase_vectors, encoding_errors)
    spaces = reading.spaces(terminal, source, target)
    wanted = sys.stdin.read().split() if words == ["-"] else words
    if not wanted:
        raise ValueError("There are no words to translate on standard input.")
    _refuse_unknown(wanted, spaces[0], str(source))
    with progress_bar(terminal, "translating"):
        table = best_translations(
            wanted, *spaces, n_best=n_best, retrieval=similarity, n_jobs=n_jobs
        )
    if style == "table":
        table["word"] = table["word"].where(table["rank"] == 1, "")
    show_table(terminal, table, style, Outputs([]), None)


def _refuse_unknown(words: list[str], space: EmbeddingSpace, name: str) -> None:
    unknown = [word for word in dict.fromkeys(words) if word not in space]
    if unknown:
        # The commonest reason by far.
        spelled = {word: word.lower() for word in unknown if word.lower() in space}
        hints = [f"{word!r} is there as {lower!r}" for word, lower in spelled.items()]
        raise ValueError(
            f"{name}: has no vector for {', '.join(map(repr, unknown))}"
            f"{'; ' * bool(hints)}{', '.join(hints)}."
        )
