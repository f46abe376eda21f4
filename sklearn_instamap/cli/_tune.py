"""``instamap tune``: K, T and the step of InstaMap by cross-validation on the training pairs."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import pandas as pd
import typer
from sklearn.base import clone

from sklearn_instamap import InstaMapAlignerCV
from sklearn_instamap._optional import import_optional
from sklearn_instamap.cli._inputs import Reading, look_up, reading_options
from sklearn_instamap.cli._method_options import build_aligner
from sklearn_instamap.cli._options import (
    DictionaryFile,
    Force,
    NJobs,
    Output,
    SourceFile,
    Style,
    TargetFile,
    Verbose,
    split_counts,
    terminal_of,
)
from sklearn_instamap.cli._outputs import Outputs
from sklearn_instamap.cli._progress_bar import progress_bar
from sklearn_instamap.cli._show import choose_format, show_table
from sklearn_instamap.metrics import make_bli_scorer
from sklearn_instamap.metrics._retrieval import RetrievalName
from sklearn_instamap.model_selection import WordDisjointKFold


@reading_options(dictionaries=True)
def tune(
    context: typer.Context,
    source: SourceFile,
    target: TargetFile,
    dictionary: DictionaryFile,
    method: Annotated[
        str,
        typer.Option(
            "--method",
            "-m",
            metavar="NAME",
            help="A method that ends in InstaMap, such as instamap-midpoint or im-vecmap-midpoint.",
        ),
    ] = "im-vecmap-midpoint",
    n_neighbors: Annotated[
        str, typer.Option("--n-neighbors", "-K", metavar="NUMBERS", help="Values of K to try.")
    ] = "30,70,150,300",
    n_iter: Annotated[
        str, typer.Option("--n-iter", "-T", metavar="NUMBERS", help="Values of T to try.")
    ] = "1,2,3,4",
    step: Annotated[
        str, typer.Option(metavar="NUMBERS", help="Shares of each translation to try.")
    ] = "0.5,1",
    folds: Annotated[
        int, typer.Option(min=2, metavar="N", help="Folds of the dictionary, which share no word.")
    ] = 3,
    retrieval: Annotated[
        RetrievalName, typer.Option(help="How held-out translations are looked up.")
    ] = "csls",
    style: Style = None,
    output: Output = None,
    figure: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Draw the curves into a .png, .svg or .pdf."),
    ] = None,
    *,
    reading: Reading,
    n_jobs: NJobs = -1,
    force: Force = False,
    verbose: Verbose = False,
) -> None:
    """Choose K, T and the step of InstaMap by P@1 on held-out training pairs.

    Every fold of the dictionary is held out once and looked up among all target words. The table
    holds all combinations, the best first; the last line is the command that takes it. Test
    dictionaries have no part in this.

    Example: instamap tune wiki.en.vec wiki.de.vec en-de.tsv --figure curve.png
    """
    terminal = terminal_of(context, verbose)
    grid = {
        "n_neighbors": split_counts("--n-neighbors", n_neighbors),
        "n_iter": split_counts("--n-iter", n_iter),
    }
    steps = _shares(step)
    aligner, title = build_aligner(method, instamap={"n_iter": max(grid["n_iter"])}, n_jobs=n_jobs)
    style = choose_format(style, output)
    if figure is not None:
        import_optional("matplotlib", "--figure", "plot")
        if figure.suffix not in (".png", ".svg", ".pdf"):
            raise ValueError(f"{figure}: name the figure .png, .svg or .pdf.")
    paths = [path for path in (output, figure) if path is not None]
    inputs = [source, target, dictionary]
    with Outputs(paths, inputs=inputs, force=force) as outputs:
        pairs = reading.dictionary(dictionary)
        spaces = reading.spaces(terminal, source, target)
        X, y, _ = look_up(terminal, pairs, *spaces)
        searches = {}
        for share in steps:
            with progress_bar(terminal, f"tuning {title}, step {share:g}"):
                scorer = make_bli_scorer(
                    spaces[1], retrieval=retrieval, source_space=spaces[0], n_jobs=n_jobs
                )
                searches[share] = InstaMapAlignerCV(
                    grid["n_neighbors"],
                    grid["n_iter"],
                    estimator=_with_step(aligner, share),
                    cv=WordDisjointKFold(folds, shuffle=True, random_state=0),
                    scoring=scorer,
                    refit=False,
                ).fit(X, y, source_space=spaces[0], target_space=spaces[1])
        table = _table(searches)
        if figure is not None:
            with outputs.writing(figure) as place:
                _draw(searches, place)
            terminal.note(f"Wrote {figure}.")
        show_table(terminal, table, style, outputs, output)
    best = table.iloc[0]
    terminal.note(
        f"Best: instamap align {shlex.join(map(str, inputs))} --method {method} "
        f"-K {int(best['K'])} -T {int(best['T'])} --step {best['step']:g} -s SOURCE -t TARGET"
    )


def _shares(text: str) -> list[float]:
    try:
        shares = [float(part) for part in text.split(",")]
    except ValueError:
        shares = [np.nan]
    if not all(0 < share <= 1 for share in shares):
        raise ValueError(
            f"--step takes numbers above 0 and up to 1, separated by commas; got {text!r}."
        )
    return list(dict.fromkeys(shares))


def _with_step(aligner: Any, share: float) -> Any:
    estimator = clone(aligner)
    name = next(name for name in estimator.get_params() if name.rpartition("__")[2] == "step")
    return estimator.set_params(**{name: share})


def _table(searches: dict[float, InstaMapAlignerCV]) -> pd.DataFrame:
    """Return all combinations, the best first."""
    tables = []
    for share, search in searches.items():
        results = search.cv_results_
        names = {name.rpartition("__")[2]: name for name in results if name.startswith("param_")}
        columns = {key.removeprefix("param_"): list(results[name]) for key, name in names.items()}
        n_splits = sum(name.startswith("split") and name.endswith("test_score") for name in results)
        tables.append(
            pd.DataFrame(
                {
                    "K": columns["n_neighbors"],
                    "T": columns["n_iter"],
                    "step": share,
                    "P@1 held out": results["mean_test_score"],
                    "standard error": results["std_test_score"] / np.sqrt(n_splits),
                }
            )
        )
    table = pd.concat(tables, ignore_index=True)
    return table.sort_values("P@1 held out", ascending=False, kind="stable", ignore_index=True)


def _draw(searches: dict[float, InstaMapAlignerCV], path: Path) -> None:
    from matplotlib.figure import Figure

    from sklearn_instamap.plotting import NeighborCurveDisplay

    figure = Figure(figsize=(4.5 * len(searches), 4), layout="constrained")
    axes = figure.subplots(ncols=len(searches), sharey=True, squeeze=False)[0]
    for ax, (share, search) in zip(axes, searches.items(), strict=True):
        NeighborCurveDisplay.from_results(search, score_name="P@1 of held-out pairs", ax=ax)
        ax.set_title(f"step {share:g}", loc="left")
    figure.savefig(path, dpi=130, format=path.suffix[1:])
