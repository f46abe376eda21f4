"""``instamap inspect``: what is in a file of vectors or in a saved model, and how two fit."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import numpy as np
import pandas as pd
import typer

from sklearn_instamap import EmbeddingSpace
from sklearn_instamap._models import is_model, read_model_info
from sklearn_instamap._row_index import row_hashes
from sklearn_instamap.cli._inputs import Reading, reading_options
from sklearn_instamap.cli._options import Force, NJobs, Output, Style, Verbose, terminal_of
from sklearn_instamap.cli._outputs import Outputs
from sklearn_instamap.cli._progress_bar import progress_bar
from sklearn_instamap.cli._show import choose_format, show_table
from sklearn_instamap.io import lookup_pairs
from sklearn_instamap.io._npy import is_pair
from sklearn_instamap.io._opening import open_file
from sklearn_instamap.io._runs import about_runs, read_run
from sklearn_instamap.metrics import eigenvector_similarity, hubness_report, relational_similarity

# Hubness and isomorphism look at the most frequent words: seconds instead of minutes.
_FREQUENT = 10_000


@reading_options(dictionaries=True)
def inspect(
    context: typer.Context,
    files: Annotated[
        list[Path],
        typer.Argument(
            metavar="FILE",
            help="Files of vectors, or models that align --save-model has written.",
        ),
    ],
    dictionary: Annotated[
        Path | None,
        typer.Option(
            "--dictionary",
            "-d",
            metavar="FILE",
            help="Pairs between the first and the second file: reports how many are there, and how "
            "alike the two spaces are.",
        ),
    ] = None,
    style: Style = None,
    output: Output = None,
    *,
    reading: Reading,
    n_jobs: NJobs = -1,
    force: Force = False,
    verbose: Verbose = False,
) -> None:
    """Describe files of vectors and saved models.

    Of vectors: the format, words, dimensions, lengths, repeated and zero vectors, and hubness. Of
    models: the aligner, its parameters, versions, and what it was fitted on. With --dictionary:
    how many of its pairs both spaces have, and how alike the two spaces are.

    Example: instamap inspect wiki.en.vec wiki.de.vec --dictionary en-de.tsv
    """
    terminal = terminal_of(context, verbose)
    if dictionary is not None and len(files) != 2:
        raise ValueError(f"--dictionary needs two files of vectors; got {len(files)}.")
    style = choose_format(style, output)
    inputs = [*files, *([dictionary] if dictionary else [])]
    with Outputs([output] if output else [], inputs=inputs, force=force) as outputs:
        pairs = None if dictionary is None else reading.dictionary(dictionary)
        rows: list[tuple[str, str, Any]] = []
        spaces = []
        marks = {}
        for path in files:
            if is_model(path):
                facts = _of_model(path)
            else:
                space = reading.space(terminal, path)
                spaces.append(space)
                with progress_bar(terminal, f"looking at {path.name}"):
                    facts = _of_space(path, space, n_jobs)
            marks[path] = str(dict(facts).get("run", ""))
            rows += [(path.name, *fact) for fact in facts]
        said = about_runs(marks)
        if said:
            terminal.note(f"Warning: {said}")
        if pairs is not None:
            if len(spaces) != 2:
                raise ValueError("--dictionary needs two files of vectors, and one is a model.")
            with progress_bar(terminal, "comparing"):
                found = _of_two(pairs, *spaces)
            assert dictionary is not None
            rows += [(dictionary.name, *fact) for fact in found]
        table = pd.DataFrame(rows, columns=["file", "what", "value"])
        table["value"] = table["value"].map(_text)
        show_table(terminal, table, style, outputs, output)


def _of_model(path: Path) -> list[tuple[str, Any]]:
    info = read_model_info(path)
    facts = [
        ("format", "saved model " + ".".join(map(str, info["format_version"]))),
        ("aligner", info["class"].rpartition(".")[2]),
    ]
    facts += [(f"parameter {name}", value) for name, value in info["parameters"].items()]
    facts += [(f"version of {name}", value) for name, value in info["versions"].items()]
    facts += [("MiB of arrays", info["n_bytes"] / 2**20)]
    return facts + [(name, value) for name, value in info["metadata"].items()]


def _of_space(path: Path, space: EmbeddingSpace, n_jobs: int) -> list[tuple[str, Any]]:
    if is_pair(path):
        kind = "NumPy, .npy and .words"
    else:
        with open_file(path) as opened:
            kind = opened.kind.what
    norms = np.linalg.norm(space.vectors, axis=1)
    run = read_run(path)
    facts = [
        ("format", kind),
        ("words", space.n_words),
        ("dimensions", space.n_features),
        ("mean length", float(norms.mean())),
        ("shortest and longest", f"{norms.min():.3g}, {norms.max():.3g}"),
        ("length of the mean", float(np.linalg.norm(space.vectors.mean(axis=0)))),
        ("zero vectors", int(np.count_nonzero(norms == 0))),
        ("repeated vectors", space.n_words - len(np.unique(row_hashes(space.vectors)))),
        ("first words", " ".join(space.words[:5])),
    ]
    if run:
        facts.append(("run", run))
    if space.n_words > 10:
        frequent = space.vectors[:_FREQUENT]
        report = hubness_report(frequent, k=10, n_jobs=n_jobs)
        facts.append(("hubness (skewness)", report.skewness))
    return facts


def _of_two(
    pairs: pd.DataFrame, source: EmbeddingSpace, target: EmbeddingSpace
) -> list[tuple[str, Any]]:
    X, y, coverage = lookup_pairs(pairs, source, target, warn_below=0)
    facts: list[tuple[str, Any]] = [
        ("pairs", coverage.n_pairs),
        ("pairs in both spaces", coverage.n_found),
        ("coverage", f"{100 * coverage.coverage:.1f} %"),
    ]
    if coverage.advice:
        facts.append(("advice", coverage.advice))
    if coverage.n_found > 2:
        facts.append(("relational similarity", relational_similarity(X, y)))
    if min(source.n_words, target.n_words) > 10:
        facts.append(("eigenvector similarity", eigenvector_similarity(source, target)))
    return facts


def _text(value: Any) -> str:
    return f"{value:.3f}" if isinstance(value, float) else str(value)
