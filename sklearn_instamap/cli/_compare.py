"""``instamap compare``: several methods on one pair of spaces, with intervals and significance."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import numpy as np
import pandas as pd
import typer
from numpy.typing import NDArray

from sklearn_instamap.cli._inputs import Reading, look_up, reading_options
from sklearn_instamap.cli._method_options import build_aligner
from sklearn_instamap.cli._options import (
    LARGEST_SEED,
    Force,
    NJobs,
    Output,
    SourceFile,
    Style,
    TargetFile,
    Verbose,
    split_list,
    terminal_of,
)
from sklearn_instamap.cli._outputs import Outputs
from sklearn_instamap.cli._progress_bar import progress_bar
from sklearn_instamap.cli._show import choose_format, show_table
from sklearn_instamap.metrics import compare_methods, confidence_interval, unseen_pairs
from sklearn_instamap.metrics._evaluation import check_retrievals, dictionary_ranks
from sklearn_instamap.metrics._retrieval import RetrievalName


@reading_options(dictionaries=True)
def compare(
    context: typer.Context,
    source: SourceFile,
    target: TargetFile,
    train_dictionary: Annotated[
        Path, typer.Option(metavar="FILE", help="The pairs to learn from.")
    ],
    test_dictionary: Annotated[Path, typer.Option(metavar="FILE", help="The pairs to test on.")],
    methods: Annotated[
        str,
        typer.Option(
            "--methods",
            "-m",
            metavar="NAMES",
            help="Methods by any of their names, separated by commas; instamap methods lists them.",
        ),
    ] = "procrustes,vecmap,instamap,im-vecmap,im-vecmap-midpoint",
    reference: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="The method the others are tested against.",
            show_default="the first",
        ),
    ] = None,
    retrieval: Annotated[
        RetrievalName, typer.Option(help="How translations are looked up.")
    ] = "csls",
    style: Style = None,
    output: Output = None,
    seed: Annotated[
        int,
        typer.Option(
            min=0, max=LARGEST_SEED, metavar="N", help="Seed of methods that draw random numbers."
        ),
    ] = 0,
    *,
    reading: Reading,
    n_jobs: NJobs = -1,
    force: Force = False,
    verbose: Verbose = False,
) -> None:
    """Fit several methods on the same pairs, and compare them on the same test pairs.

    P@1 over all test pairs and over the unseen ones, which share no training word, each with its
    95 % interval and the p-value of the difference to the reference: a shuffling test, corrected
    for the number of methods.

    Example: instamap compare en.vec de.vec --train-dictionary train.tsv --test-dictionary test.tsv
    """
    terminal = terminal_of(context, verbose)
    names = split_list("--methods", methods)
    aligners = {}
    for name in names:
        aligner, label = build_aligner(
            name, instamap={}, n_jobs=n_jobs, seed=seed, option="--methods"
        )
        aligners[label] = aligner
    if reference is None:
        reference = names[0]
    _, base = build_aligner(reference, instamap={}, option="--reference")
    if base not in aligners:
        raise ValueError(f"--reference must be one of --methods. Got {reference!r} instead.")
    style = choose_format(style, output)
    inputs = [source, target, train_dictionary, test_dictionary]
    with Outputs([output] if output else [], inputs=inputs, force=force) as outputs:
        train_pairs = reading.dictionary(train_dictionary)
        test_pairs = reading.dictionary(test_dictionary)
        spaces = reading.spaces(terminal, source, target)
        X, y, _ = look_up(terminal, train_pairs, *spaces, label=train_dictionary.name)
        look_up(terminal, test_pairs, *spaces, label=test_dictionary.name)
        hits, seconds = {}, {}
        for label, aligner in aligners.items():
            with progress_bar(terminal, f"aligning by {label}"):
                start = time.perf_counter()
                mapped = aligner.fit_transform_spaces(X, y, *spaces)
                seconds[label] = time.perf_counter() - start
            with progress_bar(terminal, f"evaluating {label}"):
                similarity = check_retrievals(retrieval, 10, n_jobs)
                (ranks,) = dictionary_ranks(
                    mapped[0], mapped[1], test_pairs, similarity, "worst"
                ).values()
            # Which pairs are covered, is the same for all methods.
            covered = ranks > 0
            hits[label] = ranks[covered] == 1
        unseen = unseen_pairs(test_dictionary=test_pairs, train_dictionary=train_pairs)[covered]
        table = _table(pd.DataFrame(hits).astype(float), unseen, base)
        table["seconds"] = table["method"].map(seconds)
        show_table(terminal, table, style, outputs, output)


def _table(hits: pd.DataFrame, unseen: NDArray[np.bool_], reference: str) -> pd.DataFrame:
    """Return one row per method: figures, intervals and p-values of both subsets."""
    columns: dict[str, list[object]] = {"method": list(hits)}
    for subset, part in (("all", hits), ("unseen", hits[unseen])):
        columns[f"P@1 {subset}"] = [part[name].mean() for name in hits]
        columns[f"interval {subset}"] = [_interval(part[name]) for name in hits]
        if len(hits.columns) > 1 and len(part):
            tests = compare_methods(part, reference, random_state=0).set_index("method")
            pvalues = dict(tests["pvalue_corrected"])
            columns[f"p {subset}"] = [pvalues.get(name, np.nan) for name in hits]
        columns[f"n {subset}"] = [len(part)] * len(hits.columns)
    return pd.DataFrame(columns)


def _interval(outcomes: pd.Series) -> str | None:
    if not len(outcomes):
        return None
    low, high = confidence_interval(outcomes)
    return f"{100 * low:.1f}–{100 * high:.1f}"
