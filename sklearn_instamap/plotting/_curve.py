"""What all curves have in common: scores against a parameter, one line per series."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from textwrap import indent
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from sklearn_instamap.plotting._search_rows import search_rows
from sklearn_instamap.plotting._style import GREY, new_axes, series_style

Scorer = Callable[[Any, Any, Any], float]

# What the docstrings of all curves say.
_SHARED = """\
Parameters
----------
param_values : array-like of shape (n_values,)
    The parameter's values, in the order in which they are joined.
scores : mapping of str to array-like of shape (n_values,)
    For each series the scores, between 0 and 1; nan where there is none.
score_name : str, default="P@1"
    What the scores are.
title : str, default=None
    What to write above; None writes nothing.

Attributes
----------
ax_ : matplotlib Axes
    The axes of the last plot.
figure_ : matplotlib Figure
    Their figure.
lines_ : list of matplotlib Line2D
    The lines, one per series.
"""


class CurveDisplay:
    """Scores against the values of a parameter, one line per series.

    Subclasses say in ``_column`` which column of a table of results holds the parameter, and in
    ``_xlabel`` what to call it. In their docstrings ``%(curve)s`` stands for what is said here of
    all of them.
    """

    _column: str
    _xlabel: str

    def __init_subclass__(cls) -> None:
        cls.__doc__ = re.sub(
            r"^( *)%\(curve\)s$",
            lambda mark: indent(_SHARED, mark[1]).rstrip(),
            cls.__doc__ or "",
            flags=re.MULTILINE,
        )

    def __init__(
        self,
        param_values: ArrayLike,
        scores: Mapping[str, ArrayLike],
        *,
        score_name: str = "P@1",
        title: str | None = None,
    ) -> None:
        self.param_values = np.asarray(param_values)
        self.scores = {name: np.asarray(values, dtype=float) for name, values in scores.items()}
        self.score_name = score_name
        self.title = title
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
        results: Any,
        *,
        x: str | None = None,
        score: str | None = None,
        series: str | None = None,
        score_name: str | None = None,
        ax: Any = None,
        **plot_options: Any,
    ) -> Self:
        """Plot a table of results, or a parameter search.

        Parameters
        ----------
        results : DataFrame, mapping of columns, or search
            One row per parameter value and series; or a fitted
            :class:`~sklearn_instamap.InstaMapAlignerCV` or
            :class:`~sklearn.model_selection.GridSearchCV`, or its ``cv_results_``.
        x : str, default=None
            The column, or the parameter searched, with the values; None for its usual name.
        score : str, default=None
            The column with the scores, between 0 and 1; None is ``"P@1"`` of a table and
            ``"mean_test_score"`` of a search.
        series : str, default=None
            The column that tells the lines apart. With None a table has one line, and a search
            one for each combination of the other parameters that vary.
        score_name : str, default=None
            What to call the scores; None calls them as the column.
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
        x = cls._column if x is None else x
        found = search_rows(results)
        frame = pd.DataFrame(results) if found is None else found.frame
        if score is None:
            score = "P@1" if found is None else "mean_test_score"
        for column in [x, score, *([series] if series is not None else [])]:
            if column not in frame.columns:
                raise ValueError(
                    f"results has no column {column!r}; it has {', '.join(map(str, frame))}."
                )
        if score_name is None:
            score_name = "Mean test score" if score == "mean_test_score" else score
        names = None
        if series is not None:
            names = frame[series].astype(str)
        elif found is not None:
            names = found.series(x)
        if names is None:
            names = pd.Series(score_name, frame.index)
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
        return cls(wide.index.to_numpy(), scores, score_name=score_name).plot(ax=ax, **plot_options)

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
            style = series_style(number) | {"markersize": 5, "label": name}
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
        self._set_ticks(ax)
        if self.title is not None:
            ax.set_title(self.title, loc="left", fontsize="medium")
        ax.set_xlabel(self._xlabel)
        ax.set_ylabel(f"{self.score_name} × 100")
        ax.spines[["top", "right"]].set_visible(False)
        ax.grid(axis="y", color="0.9")
        ax.set_axisbelow(True)
        if len(self.scores) > 1:
            ax.legend(frameon=False)
        return self

    def _set_ticks(self, ax: Any) -> None:
        """Mark the parameter's values, where a subclass has few of them."""
