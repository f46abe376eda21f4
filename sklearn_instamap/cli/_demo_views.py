"""What the demonstration shows besides its table: ten words translated, and two pictures."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from rich.text import Text

from sklearn_instamap import InstaMapAligner
from sklearn_instamap.cli._demo_runs import NORMALIZED, ROTATION, DemoRuns
from sklearn_instamap.cli._terminal import Terminal
from sklearn_instamap.io import lookup_pairs
from sklearn_instamap.metrics import translate
from sklearn_instamap.plotting import NeighborCurveDisplay, SpaceMapDisplay

_N_WORDS, _N_BEST = 10, 3
_NEIGHBORS = (5, 10, 20, 30, 50, 70, 100, 150, 250)
_DPI = 140


def show_translations(terminal: Terminal, runs: DemoRuns) -> None:
    """Print words from all over the test dictionary, the right translation and the ones found."""
    aligner, spaces = runs.aligner, runs.normalized
    # Evenly from frequent to rare words: nobody picked those that went well.
    places = np.linspace(0, len(runs.data.test) - 1, _N_WORDS).astype(int)
    pairs = runs.data.test.iloc[places]
    found = translate(
        pairs["source"].tolist(),
        aligner.transform(spaces.source),
        aligner.transform_target(spaces.target),
        n_best=_N_BEST,
        n_jobs=runs.n_jobs,
    )
    terminal.say("\nTen test words, from frequent to rare, and their nearest by CSLS")
    terminal.say("(InstaMap with its defaults on the normalized spaces)\n")
    widths = [2 + max(map(len, pairs[side])) for side in ("source", "target")]
    head = "English".ljust(widths[0]) + "right".ljust(widths[1]) + " " * 7 + "found"
    terminal.say(Text(f"  {head}", style="bold"))
    for word, gold in zip(pairs["source"], pairs["target"], strict=True):
        best = found.loc[found["word"] == word, "translation"].tolist()
        hit = best[0] == gold
        line = Text(f"  {word:{widths[0]}}{gold:{widths[1]}}")
        line.append("right  " if hit else "wrong  ", style="green" if hit else "red")
        terminal.say(line.append(", ".join(best)))


def draw_neighbor_curve(path: Path, runs: DemoRuns) -> None:
    """Draw P@1 against the number of neighbors, on the normalized spaces."""
    # A separate figure: pyplot would choose a backend, and keep the figure.
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6.4, 4.2), dpi=_DPI, layout="constrained")
    spaces = runs.normalized
    X_test, y_test, _ = lookup_pairs(runs.data.test, spaces.source, spaces.target)
    rotation = next(row for row in runs.rows if (row.group, row.label) == (NORMALIZED, ROTATION))
    axes = figure.subplots()
    axes.set_title(f"{len(X_test)} unseen pairs, normalized spaces", loc="left", fontsize="medium")
    NeighborCurveDisplay.from_estimator(
        InstaMapAligner(n_iter=2, n_jobs=runs.n_jobs),
        spaces.X,
        spaces.y,
        X_test=X_test,
        y_test=y_test,
        source_space=spaces.source,
        target_space=spaces.target,
        param_range=_NEIGHBORS,
        by_iteration=True,
        ax=axes,
        references={ROTATION: rotation.figure("cosine", "P@1")},
    )
    figure.savefig(path)


def draw_spaces(path: Path, runs: DemoRuns) -> None:
    """Draw test pairs before, between and after the iterations."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 7.6), dpi=_DPI, layout="constrained")
    SpaceMapDisplay.from_estimator(
        runs.aligner,
        runs.normalized.source,
        runs.normalized.target,
        runs.data.test,
        ax=figure.subplots(2, 2),
        source_name="English",
        target_name="German",
    )
    figure.savefig(path)
