"""What all curves have in common: scores against a parameter, one line per series."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from textwrap import indent
from typing import Any, NamedTuple, Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from sklearn_instamap._wording import kind_of
from sklearn_instamap.plotting._labels import label_lines
from sklearn_instamap.plotting._style import GRAY, dress, new_axes, series_style, write
from sklearn_instamap.results._figures import wilson_ends

Scorer = Callable[[Any, Any, Any], float]

# What the docstrings of all curves say.
_SHARED = """\
Parameters
----------
param_values : array-like of shape (n_values,)
    The parameter's values, in the order in which they are joined.
scores : mapping of str to array-like of shape (n_values,)
    For each series the scores, between 0 and 1; nan where there is none.
low, high : mapping of str to array-like of shape (n_values,), default=None
    The ends of the scores' intervals, for all series or some.
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

    Subclasses say in ``_column`` which column of a table of results holds the parameter, in
    ``_xlabel`` what to call it, and in ``_scale`` what its axis is. In their docstrings
    ``%(curve)s`` stands for what is said here of all of them.
    """

    _column: str
    _xlabel: str
    _scale = "linear"

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
        low: Mapping[str, ArrayLike] | None = None,
        high: Mapping[str, ArrayLike] | None = None,
        *,
        score_name: str = "P@1",
        title: str | None = None,
    ) -> None:
        self.param_values = np.asarray(param_values)
        self.scores, self.low, self.high = (
            {name: np.asarray(values, dtype=float) for name, values in (given or {}).items()}
            for given in (scores, low, high)
        )
        self.score_name = score_name
        self.title = title
        if not self.scores:
            raise ValueError("scores is empty; give at least one series.")
        if self.low.keys() != self.high.keys() or not self.low.keys() <= self.scores.keys():
            raise ValueError("Give both ends of the intervals, low and high, of series of scores.")
        series = [*self.scores.items(), *self.low.items(), *self.high.items()]
        for name, values in series:
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
        try:
            frame = pd.DataFrame(results) if found is None else found.frame
        except ValueError:
            raise TypeError(f"results must be a table, got {kind_of(results)}.") from None
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
        # A pivot sorts its columns; the lines must follow the order of the table.
        table = pd.DataFrame({"x": frame[x], "name": names, "score": frame[score]})
        twice = table.duplicated(["x", "name"])
        if twice.any():
            row = table[twice].iloc[0]
            raise ValueError(
                f"results has several scores for {x} = {row['x']} in {row['name']!r}; name "
                "the column that tells them apart by series=, or select rows first."
            )
        wide = table.pivot(index="x", columns="name", values="score").sort_index()
        scores = {name: wide[name].to_numpy() for name in names.unique()}
        ends: list[dict[str, np.ndarray]] = [{}, {}]
        half = _half_widths(frame, score)
        if half is not None:
            table["half"] = half
            halves = table.pivot(index="x", columns="name", values="half").sort_index()
            for name, values in scores.items():
                ends[0][name] = values - halves[name].to_numpy()
                ends[1][name] = values + halves[name].to_numpy()
        display = cls(wide.index.to_numpy(), scores, *ends, score_name=score_name)
        return display.plot(ax=ax, **plot_options)

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
            (line,) = ax.plot(
                self.param_values[known], 100 * values[known], **(style | line_options)
            )
            self.lines_.append(line)
            if name in self.low:
                low, high = (100 * each[name][known] for each in (self.low, self.high))
                ax.fill_between(
                    self.param_values[known],
                    low,
                    high,
                    color=line.get_color(),
                    alpha=0.11,
                    linewidth=0,
                )
        ax.set_xscale(self._scale)
        if self._scale == "log":
            self._mark_values(ax)
        else:
            ax.set_xticks(self.param_values)
        named = dict(zip(self.scores, self.lines_, strict=True)) if len(self.scores) > 1 else {}
        # As far as the other lines: names stand to the right of all.
        ends = [np.min(self.param_values), np.max(self.param_values)]
        for name, value in (references or {}).items():
            named[f"{name} {100 * value:.1f}"], *_ = ax.plot(
                ends, [100 * value] * 2, color=GRAY, linestyle="--", linewidth=1, zorder=1
            )
        if self.title is not None:
            write(ax.set_title("", loc="left", fontsize="medium"), self.title)
        ax.set_xlabel(self._xlabel)
        ax.set_ylabel(f"{self.score_name} × 100")
        dress(ax, grid="y")
        if named:
            # Names are placed by where the lines end, once the layout has moved the axes.
            self.figure_.draw_without_rendering()
            label_lines(ax, list(named), list(named.values()), fontsize="small")
        return self

    def _mark_values(self, ax: Any) -> None:
        """Mark the parameter's values on a logarithmic axis, as far as there is room."""
        from matplotlib.ticker import NullFormatter

        ax.xaxis.set_minor_formatter(NullFormatter())
        values = np.unique(self.param_values)
        reach = np.log(values[-1] / values[0]) if len(values) > 1 else 1.0
        shown = list(values[-1:])
        for value in values[-2::-1]:
            # A twelfth of the axis is the width of a number.
            if np.log(shown[-1] / value) > reach / 12:
                shown.append(value)
        shown.reverse()
        ax.set_xticks(shown, [self._name_value(value) for value in shown])
        ax.set_xticks(values, minor=True)

    def _name_value(self, value: float) -> str:
        return f"{value:g}"


def _half_widths(frame: pd.DataFrame, score: str) -> pd.Series | None:
    """Return half the width of each score's interval, where a table tells it.

    A search gives the standard deviation over its folds, of whose mean this is the standard error;
    a benchmark's rows the number of queries, from which Wilson's interval follows.
    """
    folds = [name for name in frame if re.fullmatch(r"split\d+_test_score", str(name))]
    if score == "mean_test_score" and "std_test_score" in frame and len(folds) > 1:
        return frame["std_test_score"] / np.sqrt(len(folds) - 1)
    if score.startswith("P@") and "n_queries" in frame:
        low, high = wilson_ends(frame[score].to_numpy(float), frame["n_queries"].to_numpy(float))
        return pd.Series((high - low) / 2, frame.index)
    return None


def all_ends(
    scored_by: Mapping[str, Any], scores: Mapping[str, Sequence[float]], y: ArrayLike
) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Return the ends of Wilson's intervals of scores of test pairs, for each series.

    None for scorers that average anything but hits, or that do not say over how many pairs.
    """
    low: dict[str, np.ndarray] = {}
    high: dict[str, np.ndarray] = {}
    for name, scorer in scored_by.items():
        if (
            str(getattr(scorer, "metric", "")).startswith("P@")
            and getattr(scorer, "subset", "") == "all"
            and getattr(scorer, "protocol", "") == "pair"
        ):
            shares = np.asarray(scores[name], dtype=float)
            low[name], high[name] = wilson_ends(shares, np.full(len(shares), len(np.asarray(y))))
    return low, high


# How the paper calls InstaMap's two parameters.
_SYMBOLS = {"n_neighbors": "K", "n_iter": "T"}


class SearchRows(NamedTuple):
    """What a search found: a column for each parameter, and those of ``cv_results_``.

    Parameters are named without the steps they are reached by.
    """

    frame: pd.DataFrame
    parameters: list[str]

    def series(self, x: str) -> pd.Series | None:
        """Name the line to which each row belongs: by the other parameters that vary."""
        names = [
            _SYMBOLS.get(name, name) + " = " + self.frame[name].astype(str)
            for name in self.parameters
            if name != x and self.frame[name].astype(str).nunique() > 1
        ]
        return pd.concat(names, axis=1).agg(", ".join, axis=1) if names else None


def search_rows(results: Any) -> SearchRows | None:
    """Return what a fitted search, or its ``cv_results_``, holds; None if this is not a search."""
    table = getattr(results, "cv_results_", results)
    if not isinstance(table, (Mapping, pd.DataFrame)) or "params" not in table:
        return None
    frame = pd.DataFrame(table)
    params = pd.DataFrame(list(frame["params"]), index=frame.index)
    short = params.columns.str.rsplit("__", n=1).str[-1]
    # Two steps may have parameters of one name.
    params.columns = short.where(~short.duplicated(keep=False), params.columns)
    return SearchRows(pd.concat([params, frame], axis=1), list(params.columns))
