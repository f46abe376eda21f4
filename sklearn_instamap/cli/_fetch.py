"""``instamap fetch``: published dictionaries and vectors, laid out for a benchmark."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Annotated, Literal

import typer

from sklearn_instamap.cli._options import (
    Force,
    LowercaseVectors,
    Verbose,
    check_folder,
    terminal_of,
)
from sklearn_instamap.cli._outputs import Outputs
from sklearn_instamap.cli._progress_bar import progress_bar
from sklearn_instamap.datasets import fetch_fasttext, fetch_xling_eval
from sklearn_instamap.datasets._fasttext import check_language
from sklearn_instamap.io._npy import pair_paths


def fetch(
    context: typer.Context,
    what: Annotated[
        Literal["xling-eval", "fasttext"],
        typer.Argument(
            metavar="xling-eval|fasttext", help="The dictionaries of XLing-Eval, or word vectors."
        ),
    ],
    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="NAME",
            help="Language pairs such as en-de, all 28 if none is named; or languages such as en.",
        ),
    ] = None,
    output: Annotated[
        Path,
        typer.Option(
            "--output",
            "-o",
            metavar="FOLDER",
            help="Dictionaries go into its folder dictionaries, vectors into its folder spaces.",
        ),
    ] = Path(),
    kind: Annotated[
        Literal["wiki", "cc"],
        typer.Option(help="fastText's vectors of Wikipedia, or of Common Crawl."),
    ] = "wiki",
    max_words: Annotated[
        int,
        typer.Option(min=1, metavar="N", help="Keep only the first N words of each language."),
    ] = 200_000,
    lowercase_vectors: LowercaseVectors = False,
    data_home: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            help="Where downloads are kept.",
            show_default="$INSTAMAP_DATA, or ~/sklearn_instamap_data",
        ),
    ] = None,
    base_url: Annotated[
        str | None, typer.Option(metavar="URL", help="Download from a copy of the publisher's.")
    ] = None,
    force: Force = False,
    verbose: Verbose = False,
) -> None:
    """Download published dictionaries or vectors, and lay them out for instamap benchmark.

    Downloads are kept. If one is interrupted, run the same command again: it continues there.

    Example: instamap fetch fasttext en de tr -o data/
    """
    terminal = terminal_of(context, verbose)
    check_folder(output)
    if base_url is not None and not base_url.startswith(("http://", "https://")):
        raise ValueError(f"--base-url must begin with http:// or https://; got {base_url!r}.")
    if what == "xling-eval":
        with progress_bar(terminal, "fetching dictionaries"):
            data = fetch_xling_eval(names or None, data_home=data_home, base_url=base_url)
        files = [
            file
            for pair in data.language_pairs
            for file in sorted((data.folder / pair).glob("*.tsv"))
        ]
        folder = output / "dictionaries"
        finals = [folder / file.name for file in files]
        with _made(folder), Outputs(finals, force=force) as outputs:
            for file in files:
                with outputs.writing(folder / file.name) as place:
                    shutil.copyfile(file, place)
        terminal.say(f"Wrote {len(files)} dictionaries into {folder}.")
        return
    if not names:
        raise ValueError("Name the languages whose vectors to fetch, such as en de.")
    for language in names:
        check_language(language)
    folder = output / "spaces"
    # Refused now rather than after the downloads.
    homes = {language: folder / f"{language}.npy" for language in dict.fromkeys(names)}
    with _made(folder), Outputs(list(homes.values()), force=force) as outputs:
        for language, home in homes.items():
            with progress_bar(terminal, f"fetching {language}"):
                vectors = fetch_fasttext(
                    language,
                    kind=kind,
                    max_words=max_words,
                    lowercase=lowercase_vectors,
                    data_home=data_home,
                    base_url=base_url,
                )
            with outputs.writing(home) as place:
                for file, copy in zip(pair_paths(vectors.path), pair_paths(place), strict=True):
                    shutil.copyfile(file, copy)
    terminal.say(f"Wrote {', '.join(home.name for home in homes.values())} into {folder}.")


@contextmanager
def _made(folder: Path) -> Iterator[None]:
    """Make a folder and those it is in; after an error, those that are still empty go again."""
    made = [each for each in (folder, *folder.parents) if not each.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    try:
        yield
    except BaseException:
        with suppress(OSError):
            for each in made:
                each.rmdir()
        raise
