"""``instamap induce``: two files of vectors and a dictionary in, a whole lexicon out."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from sklearn_instamap._files import check_writable
from sklearn_instamap.cli._inputs import Reading, look_up, reading_options
from sklearn_instamap.cli._options import (
    DictionaryFile,
    Force,
    NJobs,
    SourceFile,
    TargetFile,
    Verbose,
    check_folder,
    split_names,
    terminal_of,
)
from sklearn_instamap.cli._outputs import Outputs
from sklearn_instamap.cli._progress_bar import progress_bar
from sklearn_instamap.io._streams import decode, open_lines
from sklearn_instamap.lexicon import LexiconRanker, induce_lexicon
from sklearn_instamap.lexicon._features import GROUPS, OF_SPELLING
from sklearn_instamap.lexicon._lexicon_file import FORMATS, check_format


@reading_options(dictionaries=True)
def induce(
    context: typer.Context,
    source: SourceFile,
    target: TargetFile,
    dictionary: DictionaryFile,
    output: Annotated[
        Path,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help="Where to write the lexicon; the suffix chooses the format: "
            f".{', .'.join(FORMATS)}.",
        ),
    ],
    words: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Translate the words of this file only, one per line.",
            show_default="all words of SOURCE",
        ),
    ] = None,
    n_best: Annotated[
        int, typer.Option("--n-best", "-n", min=1, metavar="N", help="Translations per word.")
    ] = 1,
    min_probability: Annotated[
        float,
        typer.Option(min=0, max=1, metavar="P", help="Leave out pairs that are less probable."),
    ] = 0.0,
    one_to_one: Annotated[
        bool,
        typer.Option(
            "--one-to-one",
            help="Give each word at most one translation, and no two words the same one.",
        ),
    ] = False,
    features: Annotated[
        str,
        typer.Option(
            metavar="NAMES",
            help=f"The features that rank candidates, separated by commas: {', '.join(GROUPS)}.",
            show_default="all of them",
        ),
    ] = ",".join(GROUPS),
    cache: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            help="Keep mapped spaces here, so that the maps are not fitted again.",
            show_default="nowhere",
        ),
    ] = None,
    style: Annotated[
        Literal["tsv", "csv", "jsonl", "parquet"] | None,
        typer.Option(
            "--format",
            help="The format, whatever the suffix.",
            show_default="what the suffix of --output says",
        ),
    ] = None,
    *,
    reading: Reading,
    n_jobs: NJobs = -1,
    force: Force = False,
    verbose: Verbose = False,
) -> None:
    """Write the translations of a whole vocabulary, with a probability for each.

    SOURCE and TARGET are vectors as they come, not aligned: maps are fitted on DICTIONARY, and
    their candidates ranked. Columns: source, target, probability, rank, known (a pair of
    DICTIONARY), mutual, origin, no_translation (the probability that no candidate is right). A
    stopped run continues with the same command.

    Example: instamap induce wiki.en.vec wiki.de.vec en-de.tsv -o lexicon.tsv
    """
    terminal = terminal_of(context, verbose)
    groups = split_names("--features", features, tuple(GROUPS))
    check_format(output, style)
    if one_to_one and n_best > 1:
        raise ValueError("--one-to-one gives one translation to each word; leave --n-best at 1.")
    if cache is not None:
        check_folder(cache)
    inputs = [source, target, dictionary, *([words] if words else [])]
    # Checked before the work; the library itself writes, and continues a stopped run.
    Outputs([output], inputs=inputs, force=force)
    check_writable(output)
    wanted = None if words is None else _read_words(words, reading)
    pairs = reading.dictionary(dictionary)
    spaces = reading.spaces(terminal, source, target)
    # Without the pairs that are left out, of which the ranker would speak a second time.
    *_, found = look_up(terminal, pairs, *spaces)
    if wanted is not None:
        unknown = [word for word in wanted if word not in spaces[0]]
        if unknown:
            raise ValueError(
                f"{words}: {len(unknown)} of its {len(wanted)} words are not in {source}, the "
                f"first is {unknown[0]!r}; remove them."
            )
    options: dict[str, Any] = {"features": groups, "random_state": 0, "n_jobs": n_jobs}
    if not any(group in OF_SPELLING for group in groups):
        options["spelling_pairs"] = None
    ranker = LexiconRanker(memory=None if cache is None else str(cache), **options)
    with progress_bar(terminal, "fitting maps"):
        ranker.fit(found["source"], found["target"], source_space=spaces[0], target_space=spaces[1])
    with progress_bar(terminal, "translating"):
        induce_lexicon(
            ranker,
            wanted,
            n_best=n_best,
            min_probability=min_probability,
            one_to_one=one_to_one,
            output=output,
            format=style,
            force=force,
        )
    held_out = ranker.held_out_
    terminal.note(
        f"Wrote {output}. Of {len(held_out)} held-out words {100 * held_out['correct'].mean():.0f} "
        "% had a right first answer."
    )


def _read_words(path: Path, reading: Reading) -> list[str]:
    """Read a file of words, one per line."""
    with open_lines(path, "a list of words") as lines:
        texts = [
            decode(word.strip(), path, number, reading.encoding_errors)
            for number, line in lines
            for word in line.split(b"\r")
            if word.strip()
        ]
    words = list(dict.fromkeys(map(reading.spelling, texts)))
    if not words:
        raise ValueError(f"{path}: holds no words.")
    return words
