"""``instamap align``: two files of vectors and a dictionary in, two aligned files out."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from sklearn_instamap._methods import IN_TARGET, RECOMMENDED, WITHOUT_DICTIONARY, Preset
from sklearn_instamap.cli._align_languages import align_languages, sides_of
from sklearn_instamap.cli._align_outputs import AlignedFiles
from sklearn_instamap.cli._inputs import Reading, reading_options
from sklearn_instamap.cli._method_options import build_aligner
from sklearn_instamap.cli._options import (
    LARGEST_SEED,
    Force,
    NJobs,
    NoHeader,
    Precision,
    Verbose,
    terminal_of,
)
from sklearn_instamap.cli._outputs import Outputs

_INSTAMAP = "InstaMap"
_HUB = "Several languages"


@reading_options(dictionaries=True)
def align(
    context: typer.Context,
    files: Annotated[
        list[Path],
        typer.Argument(
            metavar="FILE",
            help="SOURCE TARGET [DICTIONARY]: vectors of both languages, .vec or .txt (word2vec "
            "and fastText text, also .gz) or .npy with .words beside it; and word pairs, one per "
            "line, source and target separated by a tab or blanks, unless --seed-dictionary. With "
            "--hub: the vectors of one or more sources.",
        ),
    ],
    *,
    output_source: Annotated[
        Path,
        typer.Option(
            "--output-source",
            "-s",
            metavar="FILE",
            help="Where to write the aligned source vectors; the suffix chooses the format: "
            ".vec, .vec.gz or .npy. With --hub, {} in it stands for the name of each source.",
        ),
    ],
    output_target: Annotated[
        Path | None,
        typer.Option(
            "--output-target",
            "-t",
            metavar="FILE",
            help="Where to write the aligned target vectors.",
            show_default="none; required without --hub",
        ),
    ] = None,
    save_model: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Also save the model, with which instamap apply maps further vectors. With --hub, "
            "{} as above.",
        ),
    ] = None,
    hub: Annotated[
        Path | None,
        typer.Option(
            metavar="TARGET",
            help="Map several sources into one target, whose vectors stay as they are.",
            rich_help_panel=_HUB,
        ),
    ] = None,
    dictionary: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=FILE",
            help="The word pairs of a source and the hub; NAME is the source's file name without "
            "its suffix. Once for each source.",
            rich_help_panel=_HUB,
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
            show_default=f"{RECOMMENDED}; {IN_TARGET} with --hub; {WITHOUT_DICTIONARY} with "
            "--seed-dictionary",
        ),
    ] = None,
    preset: Annotated[
        Preset | None,
        typer.Option(
            help="Settings of InstaMap: the paper's text, the program of its authors, both sides "
            "move halfway, or only the source moves.",
            show_default="that of the method's name",
        ),
    ] = None,
    normalization: Annotated[
        str | None,
        typer.Option(
            metavar="STEPS",
            help="Steps applied to both spaces first: unit (length 1) and center (mean zero), "
            "separated by commas, or none.",
            show_default="unit,center,unit; none with a method that does it itself, and with "
            "--preset paper or program",
        ),
    ] = None,
    seed_dictionary: Annotated[
        Literal["identical"] | None,
        typer.Option(
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
            help="How many of the nearest dictionary entries move a word.",
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
            show_default="4; 2 with midpoint and target",
            rich_help_panel=_INSTAMAP,
        ),
    ] = None,
    dictionary_update: Annotated[
        Literal["augment", "replace", "none"] | None,
        typer.Option(
            help="What mutual nearest neighbors do to the dictionary of the next iteration: they "
            "are added to it, replace it, or do nothing.",
            show_default="augment",
            rich_help_panel=_INSTAMAP,
        ),
    ] = None,
    mutual_similarity: Annotated[
        Literal["cosine", "csls"] | None,
        typer.Option(
            help="The similarity by which these neighbors are nearest.",
            show_default="cosine; csls with midpoint and target",
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
        Literal["pca", "mean"] | None,
        typer.Option(
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
            help="How many principal components are kept.",
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
            min=0,
            max=LARGEST_SEED,
            metavar="N",
            help="Seed of the methods that draw random numbers: bliss, self-learning.",
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
    The default method is the recommended one, InstaMap on top of VecMap.

    Example: instamap align wiki.en.vec wiki.de.vec en-de.tsv -s en.vec -t de.vec

    With --hub each of several sources is mapped into the same target, which stays:
    instamap align --hub en.vec de.vec fr.vec --dictionary de=de-en.tsv --dictionary fr=fr-en.tsv
    -s {}.in-en.vec
    """
    terminal = terminal_of(context, verbose)
    target, languages = sides_of(
        files,
        dictionary or [],
        hub=hub,
        seeded=seed_dictionary is not None,
        output_source=output_source,
        output_target=output_target,
        save_model=save_model,
    )
    aligner, title = build_aligner(
        method,
        preset=preset,
        seeded=seed_dictionary is not None,
        hub=hub is not None,
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
    inputs = [target, *(file for each in languages for file in each.inputs)]
    places = [file for each in languages for file in each.outputs]
    places += [output_target] if output_target else []
    with Outputs(places, inputs=inputs, force=force) as outputs:
        said = align_languages(
            AlignedFiles(outputs, terminal, not no_header, precision),
            target,
            languages,
            aligner=aligner,
            title=title,
            reading=reading,
            settings=settings,
            output_target=output_target,
        )
    for line in said:
        terminal.note(line)


def _instamap_parameters(**options: Any) -> dict[str, Any]:
    """Return the parameters that were given."""
    given = {name: value for name, value in options.items() if value is not None}
    if given.get("dictionary_update") == "none":
        given["dictionary_update"] = None
    return given
