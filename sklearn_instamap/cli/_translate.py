"""``instamap translate``: words in, their nearest words of the other language out."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

from sklearn_instamap import EmbeddingSpace
from sklearn_instamap._words import show_word
from sklearn_instamap.cli._inputs import Reading, reading_options
from sklearn_instamap.cli._options import (
    Force,
    NJobs,
    Output,
    SourceFile,
    Style,
    TargetFile,
    Verbose,
    terminal_of,
)
from sklearn_instamap.cli._outputs import Outputs
from sklearn_instamap.cli._progress_bar import progress_bar
from sklearn_instamap.cli._show import choose_format, show_table
from sklearn_instamap.metrics import translate as best_translations
from sklearn_instamap.metrics._retrieval import RetrievalName

_SHOWN = 20


@reading_options(dictionaries=False)
def translate(
    context: typer.Context,
    source: SourceFile,
    target: TargetFile,
    words: Annotated[
        list[str],
        typer.Argument(
            metavar="WORD",
            help="Words of the source language; - reads them from standard input, one per line.",
        ),
    ],
    n_best: Annotated[
        int, typer.Option("--n-best", "-n", min=1, metavar="N", help="Translations per word.")
    ] = 5,
    retrieval: Annotated[
        RetrievalName,
        typer.Option(help="How translations are looked up; csls is better than cosine."),
    ] = "csls",
    style: Style = None,
    output: Output = None,
    unknown: Annotated[
        Literal["skip", "error"],
        typer.Option(
            help="What to do about words that SOURCE does not have: name them and translate the "
            "others, or stop.",
        ),
    ] = "skip",
    *,
    reading: Reading,
    n_jobs: NJobs = -1,
    force: Force = False,
    verbose: Verbose = False,
) -> None:
    """Translate words by two aligned spaces.

    Standard input has one entry per line, in UTF-8; an entry may be of several words.

    Example: instamap translate en.vec de.vec house garden -n 3
    """
    terminal = terminal_of(context, verbose)
    style = choose_format(style, output)
    with Outputs([output] if output else [], inputs=(source, target), force=force) as outputs:
        entries = _read_entries() if words == ["-"] else [_as_utf8(word) for word in words]
        spaces = reading.spaces(terminal, source, target)
        wanted = [reading.spelling(entry) for entry in entries]
        known = [word for word in wanted if word in spaces[0]]
        if len(known) < len(wanted):
            sentence = _about_unknown(wanted, spaces[0], source)
            if unknown == "error" or not known:
                raise ValueError(sentence)
            terminal.note(f"Warning: {sentence}")
        with progress_bar(terminal, "translating"):
            table = best_translations(
                known, *spaces, n_best=n_best, retrieval=retrieval, n_jobs=n_jobs
            )
        if style == "table":
            table["word"] = table["word"].where(table["rank"] == 1, "")
        show_table(terminal, table, style, outputs, output)


def _as_utf8(word: str) -> str:
    """Return an argument as it was typed, where the locale knows no letters outside ASCII."""
    if not any("\ud800" <= letter <= "\udfff" for letter in word):
        return word
    return os.fsencode(word).decode("utf-8", "surrogateescape")


def _read_entries() -> list[str]:
    """Read standard input: one entry per line, whatever the locale in UTF-8."""
    if sys.stdin is None:
        raise ValueError("Standard input is closed; give the words as arguments, or a file by <.")
    stream = getattr(sys.stdin, "buffer", None)
    data = sys.stdin.read().encode("utf-8", "surrogateescape") if stream is None else stream.read()
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ValueError(
            f"Standard input, line {line}: is not valid UTF-8 (byte 0x{data[error.start]:02x}); "
            "convert it to UTF-8."
        ) from None
    # Not splitlines(), nor strip(): NBSP or U+2028 may be part of a word.
    entries = [line.strip(" \t\r\x0b\x0c") for line in text.split("\n")]
    entries = [entry for entry in entries if entry]
    if not entries:
        raise ValueError("There are no words to translate on standard input.")
    return entries


def _about_unknown(words: list[str], space: EmbeddingSpace, source: Path) -> str:
    """Name the words that a space does not have, and how it may spell them."""
    unknown = [word for word in dict.fromkeys(words) if word not in space]
    spelled: dict[str, str] = {}
    for word in unknown:
        others = (word.lower(), word.replace(" ", "_"), word.capitalize(), word.upper())
        found = next((other for other in others if other in space), None)
        if found is not None:
            spelled[word] = found
    hints = [f"{show_word(word)} is there as {show_word(other)}" for word, other in spelled.items()]
    shown = [*map(show_word, unknown[:_SHOWN]), *["…"] * (len(unknown) > _SHOWN)]
    return (
        f"{source}: has no vector for {', '.join(shown)}"
        f"{'; ' * bool(hints)}{', '.join(hints[:_SHOWN])}."
    )
