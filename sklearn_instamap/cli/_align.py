"""``instamap align``: two files of vectors and a dictionary in, two aligned files out."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

from sklearn_instamap import EmbeddingSpace
from sklearn_instamap._methods import PRESET_NAMES, RECOMMENDED, WITHOUT_DICTIONARY
from sklearn_instamap.cli._inputs import Reading, look_up, reading_options
from sklearn_instamap.cli._method_options import build_aligner
from sklearn_instamap.cli._options import (
    Force,
    NJobs,
    NoHeader,
    Precision,
    SourceFile,
    TargetFile,
    Verbose,
    check_choice,
    terminal_of,
)
from sklearn_instamap.cli._outputs import Outputs
from sklearn_instamap.cli._progress_bar import progress_bar
from sklearn_instamap.io import write_vectors
from sklearn_instamap.io._npy import is_pair, pair_paths
from sklearn_instamap.linear import identical_spelling_pairs

_INSTAMAP = "InstaMap"
_CHOICES = {
    "dictionary_update": ("augment", "replace", "none"),
    "mutual_similarity": ("cosine", "csls"),
    "centering": ("pca", "mean"),
}


@reading_options(dictionaries=True)
def align(
    context: typer.Context,
    source: SourceFile,
    target: TargetFile,
    dictionary: Annotated[
        Path | None,
        typer.Argument(
            metavar="DICTIONARY",
            help="Word pairs, one per line, source and target separated by a tab or blanks; not "
            "with --seed-dictionary.",
        ),
    ] = None,
    *,
    output_source: Annotated[
        Path,
        typer.Option(
            "--output-source",
            "-s",
            metavar="FILE",
            help="Where to write the aligned source vectors; the suffix chooses the format: "
            ".vec, .vec.gz or .npy.",
        ),
    ],
    output_target: Annotated[
        Path,
        typer.Option(
            "--output-target", "-t", metavar="FILE", help="And the aligned target vectors."
        ),
    ],
    save_model: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Also save the model, by which instamap apply maps further vectors.",
        ),
    ] = None,
    method: Annotated[
        str | None,
        typer.Option(
            "--method",
            "-m",
            metavar="NAME",
            help="A method by any of its names, such as procrustes, vecmap, im-vecmap (InstaMap on "
            "top of VecMap); instamap methods lists them all.",
            show_default=f"{RECOMMENDED}; {WITHOUT_DICTIONARY} with --seed-dictionary",
        ),
    ] = None,
    preset: Annotated[
        str | None,
        typer.Option(
            metavar="|".join(PRESET_NAMES),
            help="Settings of InstaMap: both sides move halfway, the paper's text, or the "
            "program of its authors.",
            show_default="what the name of the method says",
        ),
    ] = None,
    normalization: Annotated[
        str | None,
        typer.Option(
            metavar="STEPS",
            help="What is done to both spaces first: unit (length) and center (mean zero), "
            "separated by commas, or none.",
            show_default="unit,center,unit; none with a method that does it itself, and with "
            "--preset paper or program",
        ),
    ] = None,
    seed_dictionary: Annotated[
        str | None,
        typer.Option(
            metavar="identical",
            help="Begin with the words that both languages spell alike, where there is no "
            "DICTIONARY.",
        ),
    ] = None,
    n_neighbors: Annotated[
        int | None,
        typer.Option(
            "--n-neighbors",
            "-K",
            min=1,
            metavar="K",
            help="Dictionary entries that move a word.",
            show_default="70",
            rich_help_panel=_INSTAMAP,
        ),
    ] = None,
    n_iter: Annotated[
        int | None,
        typer.Option(
            "--n-iter",
            "-T",
            min=1,
            metavar="T",
            help="Iterations.",
            show_default="4; 2 with midpoint",
            rich_help_panel=_INSTAMAP,
        ),
    ] = None,
    dictionary_update: Annotated[
        str | None,
        typer.Option(
            metavar="augment|replace|none",
            help="What mutual nearest neighbors do to the dictionary of the next iteration.",
            show_default="augment",
            rich_help_panel=_INSTAMAP,
        ),
    ] = None,
    mutual_similarity: Annotated[
        str | None,
        typer.Option(
            metavar="cosine|csls",
            help="What nearest means in that.",
            show_default="cosine; csls with midpoint",
            rich_help_panel=_INSTAMAP,
        ),
    ] = None,
    step: Annotated[
        float | None,
        typer.Option(
            min=0,
            max=1,
            metavar="SHARE",
            help="Share of each translation that is applied; with 0.5 both sides meet halfway.",
            show_default="1; 0.5 with midpoint",
            rich_help_panel=_INSTAMAP,
        ),
    ] = None,
    centering: Annotated[
        str | None,
        typer.Option(
            metavar="pca|mean",
            help="How both spaces are centered.",
            show_default="pca",
            rich_help_panel=_INSTAMAP,
        ),
    ] = None,
    n_components: Annotated[
        int | None,
        typer.Option(
            min=1,
            metavar="N",
            help="Principal components kept.",
            show_default="all",
            rich_help_panel=_INSTAMAP,
        ),
    ] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="NAME=VALUE",
            help="Any parameter of the method's estimator, such as n_epochs=20 with bliss or "
            "vecmapaligner__self_learning=True with im-vecmap. May be repeated.",
        ),
    ] = None,
    seed: Annotated[
        int,
        typer.Option(
            min=0, metavar="N", help="Seed of what draws random numbers: bliss, self-learning."
        ),
    ] = 0,
    reading: Reading,
    no_header: NoHeader = False,
    precision: Precision = 5,
    n_jobs: NJobs = -1,
    force: Force = False,
    verbose: Verbose = False,
) -> None:
    """Align two spaces of word vectors, and write both in their shared space.

    All words of both files are mapped, not just those of the dictionary. In the two files
    written, words of both languages can be compared by cosine: see evaluate and translate.
    Unless told otherwise it takes the recommended method, InstaMap on top of VecMap.

    Example: instamap align wiki.en.vec wiki.de.vec en-de.tsv -s en.vec -t de.vec
    """
    terminal = terminal_of(context, verbose)
    _check_dictionary(dictionary, seed_dictionary)
    aligner, title = build_aligner(
        method,
        preset=preset,
        seeded=seed_dictionary is not None,
        instamap=_instamap_parameters(
            n_neighbors=n_neighbors,
            n_iter=n_iter,
            dictionary_update=dictionary_update,
            mutual_similarity=mutual_similarity,
            step=step,
            centering=centering,
            n_components=n_components,
        ),
        normalization=normalization,
        settings=settings or (),
        n_jobs=n_jobs,
        seed=seed,
    )
    paths = (output_source, output_target)
    models = [save_model] if save_model else []
    inputs = (source, target, *([dictionary] if dictionary else []))
    with Outputs((*paths, *models), inputs=inputs, force=force) as outputs:
        for path in paths:
            _rehearse(outputs, path, ("word",))
        pairs = reading.dictionary(dictionary) if dictionary else None
        spaces = reading.spaces(terminal, source, target)
        if pairs is None:
            pairs = identical_spelling_pairs(*spaces)
        X, y = look_up(terminal, pairs, *spaces)
        for path, space in zip(paths, spaces, strict=True):
            _rehearse(outputs, path, space.words)
        with progress_bar(terminal, f"aligning by {title}"), _settings_checked(settings):
            aligned = aligner.fit_transform_spaces(X, y, *spaces)
        for path, space in zip(paths, aligned, strict=True):
            with progress_bar(terminal, f"writing {path.name}"), outputs.writing(path) as place:
                write_vectors(place, space, header=not no_header, precision=precision)
        for path in models:
            found = f"{len(X)} of {len(pairs)} pairs are in both spaces"
            with outputs.writing(path) as place:
                aligner.save(
                    place, metadata={"method": title, "dictionary": found, **_sums(inputs)}
                )
    for path, space in zip(paths, aligned, strict=True):
        terminal.note(f"Wrote {path}: {space.n_words} words, {space.n_features} dimensions.")
    for path in models:
        terminal.note(f"Wrote {path}: the model, for instamap apply.")


def _sums(inputs: Iterable[Path]) -> dict[str, str]:
    """Return the checksums of the files that a model was fitted on."""
    sums = {}
    for path in inputs:
        for file in pair_paths(path) if is_pair(path) else (path,):
            with open(file, "rb") as stream:
                sums[f"sha256 of {file.name}"] = hashlib.file_digest(stream, "sha256").hexdigest()
    return sums


def _check_dictionary(dictionary: Path | None, seed_dictionary: str | None) -> None:
    """Refuse none of the two, and both."""
    if seed_dictionary is not None:
        check_choice("--seed-dictionary", seed_dictionary, ("identical",))
        if dictionary is not None:
            raise ValueError(
                f"{dictionary}: no dictionary is read with --seed-dictionary; leave one out."
            )
    elif dictionary is None:
        raise ValueError(
            "DICTIONARY is missing; name a file of word pairs, or pass --seed-dictionary identical."
        )


def _instamap_parameters(**options: Any) -> dict[str, Any]:
    """Return the parameters that were given, checked before any file is read."""
    given = {name: value for name, value in options.items() if value is not None}
    for name, choices in _CHOICES.items():
        if name in given:
            check_choice(f"--{name.replace('_', '-')}", given[name], choices)
    if given.get("dictionary_update") == "none":
        given["dictionary_update"] = None
    return given


@contextmanager
def _settings_checked(settings: Sequence[str] | None) -> Iterator[None]:
    """Blame values of a wrong type, which estimators refuse by TypeError, on ``--set``."""
    try:
        yield
    except TypeError as error:
        if not settings:
            raise
        raise ValueError(f"--set {' --set '.join(settings)}: {error}.") from error


def _rehearse(outputs: Outputs, path: Path, words: Sequence[str]) -> None:
    """Write these words with short vectors: what cannot be written is found before the work."""
    with outputs.writing(path) as place:
        write_vectors(place, EmbeddingSpace(words, np.zeros((len(words), 1))))
