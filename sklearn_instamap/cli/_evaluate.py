"""``instamap evaluate``: two aligned files and a test dictionary in, a table of figures out."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sklearn_instamap.cli._inputs import Reading, look_up, reading_options
from sklearn_instamap.cli._options import (
    DEFAULT_METRICS,
    DictionaryFile,
    Force,
    Metric,
    NJobs,
    Output,
    Protocols,
    Retrievals,
    SourceFile,
    Style,
    TargetFile,
    Verbose,
    split_list,
    split_names,
    terminal_of,
)
from sklearn_instamap.cli._outputs import Outputs
from sklearn_instamap.cli._progress_bar import progress_bar
from sklearn_instamap.cli._show import choose_format, show_table
from sklearn_instamap.metrics import evaluate_bli
from sklearn_instamap.metrics._metric import check_metrics
from sklearn_instamap.metrics._retrieval import RETRIEVALS


@reading_options(dictionaries=True)
def evaluate(
    context: typer.Context,
    source: SourceFile,
    target: TargetFile,
    dictionary: DictionaryFile,
    train_dictionary: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="The dictionary the alignment was learned from: reports each figure for the "
            "unseen pairs too, which share no word with it.",
        ),
    ] = None,
    retrieval: Retrievals = "cosine,csls",
    protocol: Protocols = "pair",
    metric: Metric = DEFAULT_METRICS,
    style: Style = None,
    output: Output = None,
    *,
    reading: Reading,
    n_jobs: NJobs = -1,
    force: Force = False,
    verbose: Verbose = False,
) -> None:
    """Score two aligned spaces: how often is the right translation nearest?

    Every source word of DICTIONARY that both spaces cover is looked up among all words of
    TARGET. P@k is the share of right translations among the k nearest, MRR the mean of one over
    their rank.

    Example: instamap evaluate en.vec de.vec test.tsv --train-dictionary train.tsv
    """
    terminal = terminal_of(context, verbose)
    retrievals = split_names("--retrieval", retrieval, RETRIEVALS)
    protocols = split_names("--protocol", protocol, ("pair", "word"))
    metrics = check_metrics(split_list("--metric", metric))
    style = choose_format(style, output)
    inputs = [source, target, dictionary, *([train_dictionary] if train_dictionary else [])]
    with Outputs([output] if output else [], inputs=inputs, force=force) as outputs:
        pairs = reading.dictionary(dictionary)
        train = reading.dictionary(train_dictionary) if train_dictionary else None
        spaces = reading.spaces(terminal, source, target)
        look_up(terminal, pairs, *spaces)
        with progress_bar(terminal, "evaluating"):
            table = evaluate_bli(
                *spaces,
                test_dictionary=pairs,
                train_dictionary=train,
                retrieval=retrievals,
                protocol=protocols,
                metric=metrics,
                n_jobs=n_jobs,
            )
        show_table(terminal, table.reset_index(), style, outputs, output)
