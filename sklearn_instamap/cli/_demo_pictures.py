"""The demonstration's two pictures."""

from __future__ import annotations

from pathlib import Path

from sklearn_instamap import InstaMapAligner
from sklearn_instamap.cli._demo_runs import NORMALIZED, ROTATION, DemoRuns
from sklearn_instamap.io import lookup_pairs
from sklearn_instamap.plotting import NeighborCurveDisplay, SpaceMapDisplay

_NEIGHBORS = (5, 10, 20, 30, 50, 70, 100, 150, 250)
_DPI = 140


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
        X_test,
        y_test,
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
