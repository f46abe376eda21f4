"""``instamap benchmark``: methods on language pairs, resumable, with a report at the end."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from sklearn_instamap._printable import printable
from sklearn_instamap.benchmark import run_benchmark, write_report
from sklearn_instamap.benchmark._choose import choose_methods
from sklearn_instamap.benchmark._plan import AUTO
from sklearn_instamap.benchmark._run import DEFAULT_METHODS
from sklearn_instamap.cli._options import (
    DEFAULT_METRICS,
    EncodingErrors,
    Lowercase,
    LowercaseVectors,
    MaxWords,
    Metric,
    Protocols,
    Retrievals,
    Verbose,
    check_folder,
    not_zero,
    split_counts,
    split_list,
    split_names,
    terminal_of,
)
from sklearn_instamap.cli._progress_bar import progress_bar
from sklearn_instamap.cli._terminal import Terminal
from sklearn_instamap.metrics._evaluation import SUBSETS
from sklearn_instamap.metrics._retrieval import RETRIEVALS
from sklearn_instamap.results import BenchmarkResults
from sklearn_instamap.results._figures import method_among
from sklearn_instamap.results._overview import beside_the_paper, main_selections
from sklearn_instamap.results._results import CELL

# The exit code where all went well but some cells, which are named.
CELLS_FAILED = 1


def benchmark(
    context: typer.Context,
    spaces: Annotated[
        Path,
        typer.Argument(
            metavar="SPACES", help="Folder of vectors: en.npy, en.vec, wiki.en.vec or the like."
        ),
    ],
    dictionaries: Annotated[
        Path,
        typer.Argument(
            metavar="DICTIONARIES",
            help="Folder of dictionaries with XLing-Eval's names (yacle.train.freq.5k.en-de.tsv "
            "and yacle.test.freq.2k.en-de.tsv, possibly in one folder per pair) or MUSE's "
            "(en-de.0-5000.txt and en-de.5000-6500.txt).",
        ),
    ],
    output: Annotated[
        Path,
        typer.Option(
            "--output",
            "-o",
            metavar="FOLDER",
            help="Where results go. What is finished there is not run again.",
        ),
    ] = Path("instamap-benchmark"),
    language_pairs: Annotated[
        str | None,
        typer.Option(
            metavar="PAIRS",
            help="Language pairs as the dictionaries name them, such as en-de,de-tr.",
            show_default="all there are",
        ),
    ] = None,
    methods: Annotated[
        str,
        typer.Option(
            "--methods",
            "-m",
            metavar="NAMES|FILE.yaml",
            help="Methods by any of their names (instamap methods lists them), separated by "
            "commas, or a YAML file of estimators and their parameters.",
        ),
    ] = ",".join(DEFAULT_METHODS),
    sizes: Annotated[
        str,
        typer.Option(
            metavar="SIZES",
            help="Training dictionaries, such as 500,1k,3k,5k, or all.",
            show_default="5k, and of a pair that has none the largest",
        ),
    ] = AUTO,
    directions: Annotated[
        Literal["forward", "backward", "both"],
        typer.Option(help="Map en to de for the pair en-de, or de to en."),
    ] = "forward",
    seeds: Annotated[
        str,
        typer.Option(
            metavar="NUMBERS",
            help="Seeds; methods that draw no random numbers are run with the first only.",
        ),
    ] = "0",
    retrieval: Retrievals = "cosine,csls",
    protocol: Protocols = "pair,word",
    metric: Metric = DEFAULT_METRICS,
    subset: Annotated[
        str,
        typer.Option(
            metavar="NAMES",
            help=f"Which test pairs: {', '.join(SUBSETS)}; the last three are by how alike the two "
            "words are spelled.",
        ),
    ] = "all,unseen",
    unseen_by: Annotated[
        Literal["own", "largest"],
        typer.Option(
            help="Which test pairs are unseen: those without a word of the cell's own training "
            "dictionary, or of the largest of --sizes.",
        ),
    ] = "own",
    style: Annotated[
        Literal["parquet", "csv"] | None,
        typer.Option(
            "--format",
            help="The format of the files results and ranks.",
            show_default="parquet where pyarrow is installed",
        ),
    ] = None,
    n_jobs: Annotated[
        int,
        typer.Option(
            "--n-jobs",
            "-j",
            metavar="N",
            help="Cells at a time; -1 is one per processor.",
            callback=not_zero,
        ),
    ] = -1,
    scheduler: Annotated[
        str | None,
        typer.Option(
            metavar="ADDRESS",
            help="Let the workers of this Dask scheduler run the cells, such as tcp://node1:8786.",
            show_default="processes of this machine",
        ),
    ] = None,
    retry_failed: Annotated[
        bool, typer.Option("--retry-failed", help="Run cells again which have failed before.")
    ] = False,
    report: Annotated[
        bool,
        typer.Option(
            "--report/--no-report", help="Write tables, significance and figures into report/."
        ),
    ] = True,
    reference: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="The method whose differences from the others are tested for significance.",
            show_default="each with each, over all pairs together",
        ),
    ] = None,
    compare: Annotated[
        Literal["paper"] | None,
        typer.Option(
            help="Put the InstaMap paper's figures beside these; they were measured on Wikipedia's "
            "fastText vectors, 200,000 words a language.",
            show_default="nothing",
        ),
    ] = None,
    max_words: MaxWords = None,
    lowercase: Lowercase = True,
    lowercase_vectors: LowercaseVectors = False,
    encoding_errors: EncodingErrors = "strict",
    verbose: Verbose = False,
) -> None:
    """Evaluate methods on language pairs, in parallel, and report.

    Every pair, direction, method, dictionary size and seed is a cell. A finished cell is kept in
    the folder of results, whatever happens later: run the same command again, and it continues
    where it stopped. Cells that fail are reported, and the others continue; the exit code is then
    1.

    Example: instamap benchmark spaces/ xling/ --methods PROC,VecMap,im-vm --n-jobs 2 -o results/
    """
    terminal = terminal_of(context, verbose)
    check_folder(output)
    from_file = methods.endswith((".yaml", ".yml"))
    chosen = choose_methods(methods if from_file else split_list("--methods", methods))
    if reference is not None:
        reference = method_among(reference, chosen)
    with progress_bar(terminal, "benchmark"):
        results = run_benchmark(
            spaces,
            dictionaries,
            output,
            language_pairs=(
                None if language_pairs is None else split_list("--language-pairs", language_pairs)
            ),
            methods=chosen,
            sizes=_sizes(sizes),
            directions=directions,
            seeds=split_counts("--seeds", seeds, at_least=0),
            retrieval=split_names("--retrieval", retrieval, RETRIEVALS),
            protocol=split_names("--protocol", protocol, ("pair", "word")),
            subset=split_names("--subset", subset, SUBSETS),
            metric=split_list("--metric", metric),
            unseen_by=unseen_by,
            max_words=max_words,
            lowercase=lowercase,
            lowercase_vectors=lowercase_vectors,
            encoding_errors=encoding_errors,
            format=style,
            retry_failed=retry_failed,
            scheduler=scheduler,
            n_jobs=None if scheduler else n_jobs,
        )
    _show_failures(terminal, results)
    _show_averages(terminal, results, compare)
    terminal.say(f"Wrote {output}: {len(results.rows)} rows.")
    if report:
        with progress_bar(terminal, "report", parts=False):
            page = write_report(results, output, reference=reference, compare=compare)
        terminal.say(f"Wrote {page}: tables, significance, figures.")
    if len(results.failed):
        n_cells = len(results.rows.drop_duplicates(list(CELL)))
        terminal.note(
            f"instamap: {len(results.failed)} of {n_cells} cells failed; --retry-failed runs them "
            "again."
        )
        raise typer.Exit(CELLS_FAILED)


def _sizes(text: str) -> list[str] | Literal["auto"] | None:
    if text == AUTO:
        return "auto"
    return None if text == "all" else split_list("--sizes", text)


def _show_failures(terminal: Terminal, results: BenchmarkResults) -> None:
    for _, row in results.failed.iterrows():
        cell = f"{row['source']}-{row['target']}, {row['method']}, {row['dictionary_size']}"
        terminal.note(f"Failed: {printable(cell)}: {row['error']}")


def _show_averages(terminal: Terminal, results: BenchmarkResults, compare: str | None) -> None:
    selections = main_selections(results)
    directions = {selection.direction for selection in selections}
    for selection in selections:
        if len(directions) > 1:
            terminal.say(f"{selection.direction}:")
        terminal.out.print(selection.by_group(n_best_pairs=0))
        terminal.say()
    if compare == "paper":
        try:
            terminal.out.print(beside_the_paper(results, "group"))
            terminal.say()
        except ValueError as error:
            terminal.note(f"--compare paper: {error}")
