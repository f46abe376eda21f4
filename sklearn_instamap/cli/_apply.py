"""``instamap apply``: a saved model and a file of vectors in, the mapped vectors out."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import numpy as np
import typer
from numpy.typing import NDArray

from sklearn_instamap import load
from sklearn_instamap._methods import set_everywhere
from sklearn_instamap._models import read_model_info
from sklearn_instamap.cli._inputs import Reading
from sklearn_instamap.cli._options import (
    EncodingErrors,
    Force,
    NJobs,
    NoHeader,
    OnBadLines,
    Precision,
    Verbose,
    terminal_of,
)
from sklearn_instamap.cli._outputs import Outputs
from sklearn_instamap.cli._progress_bar import progress_bar
from sklearn_instamap.io._mapping_files import map_vectors_file


def apply(
    context: typer.Context,
    model: Annotated[
        Path, typer.Argument(metavar="MODEL", help="A model that align --save-model has written.")
    ],
    vectors: Annotated[
        Path, typer.Argument(metavar="VECTORS", help="Vectors of any format that align reads.")
    ],
    output: Annotated[
        Path,
        typer.Argument(
            metavar="OUTPUT",
            help="Where to write the mapped vectors; the suffix chooses the format: .vec, .vec.gz, "
            ".bin or .npy.",
        ),
    ],
    side: Annotated[
        Literal["source", "target"],
        typer.Option(help="Which language VECTORS are of."),
    ] = "source",
    no_header: NoHeader = False,
    precision: Precision = 5,
    encoding_errors: EncodingErrors = "strict",
    on_bad_lines: OnBadLines = "error",
    n_jobs: NJobs = -1,
    force: Force = False,
    verbose: Verbose = False,
) -> None:
    """Map further vectors with a saved model.

    Words that were not there when the model was fitted are mapped like all others. Text,
    .bin and .npy are mapped row by row, in memory that does not grow with the file.

    Example: instamap apply en-de.model new.en.vec new.aligned.vec
    """
    terminal = terminal_of(context, verbose)
    Reading(encoding_errors=encoding_errors, on_bad_lines=on_bad_lines)  # refuses other values
    with Outputs([output], inputs=[model, vectors], force=force) as outputs:
        aligner = load(model, mmap_mode="r")
        if not hasattr(aligner, "transform_target"):
            raise ValueError(
                f"{model}: holds a {type(aligner).__name__}, which maps no vectors; give a model "
                "that align --save-model has written."
            )
        set_everywhere(aligner, n_jobs=n_jobs)
        transform, n_expected = (
            (aligner.transform, aligner.n_features_in_)
            if side == "source"
            else (aligner.transform_target, aligner.n_target_features_in_)
        )

        def map_rows(rows: NDArray[np.floating]) -> NDArray[np.floating]:
            if rows.shape[1] != n_expected:
                raise ValueError(
                    f"{vectors}: has {rows.shape[1]} dimensions, but {model} maps {side} vectors "
                    f"of {n_expected}."
                )
            return transform(rows)

        with progress_bar(terminal, f"mapping {vectors.name}"), outputs.writing(output) as place:
            n_words, n_features = map_vectors_file(
                vectors,
                place,
                map_rows,
                header=not no_header,
                precision=precision,
                encoding_errors=encoding_errors,
                on_bad_lines=on_bad_lines,
                run=str(read_model_info(model)["metadata"].get("run", "")),
            )
    terminal.note(f"Wrote {output}: {n_words} words, {n_features} dimensions.")
