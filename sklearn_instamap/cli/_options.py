"""Arguments and options that several commands share."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, TypeAlias

import typer

from sklearn_instamap.cli._terminal import Terminal

SourceFile: TypeAlias = Annotated[
    Path,
    typer.Argument(
        metavar="SOURCE",
        help="Vectors of the source language: .vec or .txt (word2vec and fastText text, "
        "also .gz), or .npy with .words beside it.",
    ),
]
TargetFile: TypeAlias = Annotated[
    Path, typer.Argument(metavar="TARGET", help="Vectors of the target language, likewise.")
]
DictionaryFile: TypeAlias = Annotated[
    Path,
    typer.Argument(
        metavar="DICTIONARY",
        help="Word pairs, one per line, source and target separated by a tab or blanks.",
    ),
]
MaxWords: TypeAlias = Annotated[
    int | None,
    typer.Option(
        min=1, metavar="N", help="Read only the first N words of each space.", show_default="all"
    ),
]
Lowercase: TypeAlias = Annotated[
    bool, typer.Option(help="Lower-case the dictionary, as evaluations in this field do.")
]
LowercaseVectors: TypeAlias = Annotated[
    bool,
    typer.Option(
        "--lowercase-vectors",
        help="Lower-case the words of both spaces; where words become equal, the most frequent "
        "keeps its vector.",
    ),
]
EncodingErrors: TypeAlias = Annotated[
    Literal["strict", "replace"],
    typer.Option(
        help="What to do about words that are not valid UTF-8: refuse the file, or put U+FFFD.",
    ),
]
OnBadLines: TypeAlias = Annotated[
    Literal["error", "warn", "skip"],
    typer.Option(
        help="What to do about damaged lines: stop at the first; leave them out, and report how "
        "many they are; or leave them out silently.",
    ),
]
Casing: TypeAlias = Annotated[
    Literal["tr", "az"] | None,
    typer.Option(
        help="Lower-case as in Turkish or Azerbaijani, where I is the capital of a dotless i.",
        show_default="as in all other languages",
    ),
]
UnicodeNormalization: TypeAlias = Annotated[
    Literal["NFC", "NFD", "NFKC", "NFKD", "none"],
    typer.Option(
        help="The normal form of Unicode to which all words are converted.",
    ),
]
Sep: TypeAlias = Annotated[
    str | None,
    typer.Option(
        metavar="TEXT",
        help="What separates the columns of a dictionary; ' ' is any blanks, '\\t' a tab.",
        show_default="found from its first line",
        rich_help_panel="Dictionary",
    ),
]
Columns: TypeAlias = Annotated[
    str | None,
    typer.Option(
        metavar="S,T",
        help="Which columns hold the words, counted from 0 or by name, such as 0,1.",
        show_default="a file of two columns",
        rich_help_panel="Dictionary",
    ),
]
Comment: TypeAlias = Annotated[
    str | None,
    typer.Option(
        metavar="TEXT",
        help="Skip lines that begin with this, such as #.",
        rich_help_panel="Dictionary",
    ),
]
DictionaryHeader: TypeAlias = Annotated[
    Literal["infer", "yes", "no"],
    typer.Option(
        help="Whether its first line names the columns.",
        rich_help_panel="Dictionary",
    ),
]
DEFAULT_METRICS = "P@1,P@5,P@10,MRR"
Metric: TypeAlias = Annotated[
    str,
    typer.Option(
        metavar="NAMES", help="Figures, separated by commas: P@k for any k, such as P@1, and MRR."
    ),
]
Retrievals: TypeAlias = Annotated[
    str,
    typer.Option(
        metavar="NAMES",
        help="How translations are looked up: cosine, csls, inverted-softmax, sinkhorn.",
    ),
]
Protocols: TypeAlias = Annotated[
    str,
    typer.Option(
        metavar="NAMES",
        help="pair counts every pair (as XLing-Eval), word every source word with the best ranked "
        "of its translations (as MUSE and VecMap).",
    ),
]


def not_zero(n_jobs: int) -> int:
    """Refuse a number of threads or processes that means nothing."""
    if n_jobs == 0:
        raise typer.BadParameter("0 threads cannot work; give 1 or more, or -1 for all processors.")
    return n_jobs


NJobs: TypeAlias = Annotated[
    int,
    typer.Option(
        "--n-jobs",
        "-j",
        metavar="N",
        help="Threads; -1 is one per processor.",
        callback=not_zero,
    ),
]
# scikit-learn takes no larger one.
LARGEST_SEED = 2**32 - 1
Output: TypeAlias = Annotated[
    Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write the table to a file.")
]
Format: TypeAlias = Literal["table", "csv", "json", "markdown"]
Style: TypeAlias = Annotated[
    Format | None,
    typer.Option(
        "--format",
        help="How to write the table; csv and json are UTF-8 whatever the locale, and hold shares "
        "as fractions, the others percent.",
        show_default="table, or what the suffix of --output says",
    ),
]
NoHeader: TypeAlias = Annotated[
    bool, typer.Option("--no-header", help="Write text without its first line of two counts.")
]
# Further digits of a float64 say nothing.
LARGEST_PRECISION = 17
Precision: TypeAlias = Annotated[
    int,
    typer.Option(
        min=1,
        max=LARGEST_PRECISION,
        metavar="DIGITS",
        help="Significant digits in text; 5 are what fastText writes, 9 give float32 exactly.",
    ),
]
Force: TypeAlias = Annotated[
    bool, typer.Option("--force", "-f", help="Replace output files that exist.")
]
Verbose: TypeAlias = Annotated[
    bool,
    typer.Option(
        "--verbose", "-v", help="Report every iteration, and errors with their traceback."
    ),
]


def terminal_of(context: typer.Context, verbose: bool) -> Terminal:
    """Return the terminal of this run, told how much to say."""
    terminal: Terminal = context.obj
    terminal.verbose = terminal.verbose or verbose
    return terminal


def check_folder(path: Path) -> None:
    """Refuse a file where a folder is written to, before the work."""
    if path.exists() and not path.is_dir():
        raise ValueError(f"{path}: is not a folder; name another.")


def split_list(option: str, text: str, what: str = "names") -> list[str]:
    """Split an option's comma-separated parts, none of which is empty."""
    parts = [part.strip() for part in text.split(",")]
    if not all(parts):
        raise ValueError(
            f"{option} takes {what} separated by commas, none of them empty; got {text!r}."
        )
    return list(dict.fromkeys(parts))


def split_names(option: str, text: str, allowed: Sequence[str]) -> list[Any]:
    """Split an option's comma-separated names, or say which there are."""
    names = split_list(option, text)
    for name in names:
        if name not in allowed:
            raise ValueError(
                f"{option} takes {', '.join(allowed)}, separated by commas; got {name!r}."
            )
    return names


def split_counts(option: str, text: str, at_least: int = 1) -> list[int]:
    """Split an option's comma-separated whole numbers."""
    counts = split_list(option, text, "whole numbers")
    for count in counts:
        if not count.isdecimal() or len(count) > 18 or int(count) < at_least:
            raise ValueError(
                f"{option} takes whole numbers of at least {at_least}, separated by commas; got "
                f"{count!r}."
            )
    return list(dict.fromkeys(map(int, counts)))
