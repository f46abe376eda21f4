"""What all curves have in common: scores against a parameter, one line per series."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from sklearn_instamap.plotting._style import GREY, MARKERS, SERIES, new_axes


class CurveDisplay:
    """Scores against the values of a parameter.

    Subclasses say in ``_column`` which column of a table of results holds the parameter, and in
    ``_xlabel`` what to call it.

    Parameters
    ----------
    param_values : array-like of shape (n_values,)
        The parameter's values, in the order in which they are joined.
    scores : mapping of str to array-like of shape (n_values,)
        For each series the scores, between 0 and 1; nan where there is none.
    score_name : str, default="P@1"
        What the scores are.

    Attributes
    ----------
    ax_ : matplotlib Axes
        The axes of the last plot.
    figure_ : matplotlib Figure
        Their figure.
    lines_ : list of matplotlib Line2D
        The lines, one per series.
    """

    _column: str
    _xlabel: str

    def __init__(
        self,
        param_values: ArrayLike,
        scores: Mapping[str, ArrayLike],
        *,
        score_name: str = "P@1",
    ) -> None:
        self.param_values = np.asarray(param_values)
        self.scores = {name: np.asarray(values, dtype=float) for name, values in scores.items()}
        self.score_name = score_name
        if not self.scores:
            raise ValueError("scores is empty; give at least one series.")
        for name, values in self.scores.items():
            if values.shape != self.param_values.shape:
                raise ValueError(
                    f"The scores of {name!r} have shape {values.shape}, but there are "
                    f"{len(self.param_values)} parameter values; give one score for each."
                )

    @classmethod
    def from_results(
        cls,
        results: pd.DataFrame | Mapping[str, Sequence[Any]],
        *,
        x: str | None = None,
        score: str = "P@1",
        series: str | None = None,
        ax: Any = None,
        **plot_options: Any,
    ) -> Self:
        """Plot a table of results.

        Parameters
        ----------
        results : DataFrame, or mapping of columns
            One row per parameter value and series.
        x : str, default=None
            The column with the parameter's values; None for its usual name.
        score : str, default="P@1"
            The column with the scores, between 0 and 1.
        series : str, default=None
            The column that tells the lines apart; None if there is only one.
        ax : matplotlib Axes, default=None
            Where to plot; None makes a new figure.
        **plot_options : dict
            Passed to :meth:`plot`.

        Returns
        -------
        display : object
            The display, plotted.

        Raises
        ------
        ValueError
            If a column is missing, or one series has several scores for one value.
        """
        frame = pd.DataFrame(results)
        x = cls._column if x is None else x
        for column in [x, score, *([series] if series is not None else [])]:
            if column not in frame.columns:
                raise ValueError(
                    f"results has no column {column!r}; it has {', '.join(map(str, frame))}."
                )
        names = frame[series].astype(str) if series is not None else pd.Series(score, frame.index)
        # A pivot sorts its columns; the lines shall stand in the order of the table.
        table = pd.DataFrame({"x": frame[x], "name": names, "score": frame[score]})
        twice = table.duplicated(["x", "name"])
        if twice.any():
            row = table[twice].iloc[0]
            raise ValueError(
                f"results has several scores for {x} = {row['x']} in {row['name']!r}; say by "
                "series= which column tells them apart, or select rows first."
            )
        wide = table.pivot(index="x", columns="name", values="score").sort_index()
        scores = {name: wide[name].to_numpy() for name in names.unique()}
        return cls(wide.index.to_numpy(), scores, score_name=score).plot(ax=ax, **plot_options)

    def plot(
        self, ax: Any = None, *, references: Mapping[str, float] | None = None, **line_options: Any
    ) -> Self:
        """Draw the lines.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to plot; None makes a new figure.
        references : mapping of str to float, default=None
            Scores that do not depend on the parameter, drawn as dashed lines.
        **line_options : dict
            Passed to :meth:`matplotlib.axes.Axes.plot`.

        Returns
        -------
        self : object
            The display.
        """
        if ax is None:
            ax = new_axes(type(self).__name__, figsize=(6.4, 4.2), layout="constrained")
        self.ax_, self.figure_, self.lines_ = ax, ax.figure, []
        for number, (name, values) in enumerate(self.scores.items()):
            style = {
                "color": SERIES[number % len(SERIES)],
                "marker": MARKERS[number % len(MARKERS)],
                "markersize": 5,
                "label": name,
            }
            known = ~np.isnan(values)
            self.lines_ += ax.plot(
                self.param_values[known], 100 * values[known], **(style | line_options)
            )
        for name, value in (references or {}).items():
            ax.axhline(100 * value, color=GREY, linestyle="--", linewidth=1, zorder=1)
            ax.annotate(
                f"{name} {100 * value:.1f}",
                (1, 100 * value),
                xycoords=("axes fraction", "data"),
                xytext=(-4, 4),
                textcoords="offset points",
                ha="right",
                color=GREY,
                fontsize="small",
            )
        ax.set_xlabel(self._xlabel)
        ax.set_ylabel(f"{self.score_name} × 100")
        ax.spines[["top", "right"]].set_visible(False)
        ax.grid(axis="y", color="0.9")
        ax.set_axisbelow(True)
        if len(self.scores) > 1:
            ax.legend(frameon=False)
        return self
