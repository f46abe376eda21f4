"""Methods side by side on each pair of languages, with confidence intervals."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
import pandas as pd

from sklearn_instamap.plotting._style import new_axes, series_style
from sklearn_instamap.results import ResultSelection

# Of a new figure, in inches: a pair's row takes what its methods need to stand apart.
_WIDTH, _AROUND, _ROW, _METHOD = 6.4, 0.9, 0.12, 0.065
# Of the legend: its columns, the height of a line, and what is between it and the axes.
_COLUMNS, _LINE, _LABELS = 4, 0.22, 0.5


class MethodComparisonDisplay:
    """The scores of several methods on each pair of languages, the easiest pair on top.

    Made by :meth:`from_selection` from a benchmark. Bars are confidence intervals over the test
    queries: of one method by itself, so that two whose bars overlap may differ all the same
    (:func:`~sklearn_instamap.metrics.shuffling_test` compares them query by query).

    Parameters
    ----------
    scores : DataFrame of shape (n_pairs, n_methods)
        The scores, between 0 and 1, in the order in which they shall stand; nan where there is
        none.
    low, high : DataFrame of shape (n_pairs, n_methods), default=None
        The ends of the intervals; None draws none.
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
        The points, one object per method.

    See Also
    --------
    DictionarySizeDisplay : Means over the pairs, against the size of the dictionary.

    Examples
    --------
    >>> import pandas as pd
    >>> from sklearn_instamap.plotting import MethodComparisonDisplay
    >>> scores = pd.DataFrame(
    ...     {"PROC": [0.51, 0.21], "InstaMap": [0.54, 0.26]}, index=["en-de", "tr-hr"]
    ... )
    >>> display = MethodComparisonDisplay(scores).plot()
    >>> [label.get_text() for label in display.ax_.get_yticklabels()]
    ['en-de', 'tr-hr']
    """

    def __init__(
        self,
        scores: pd.DataFrame,
        low: pd.DataFrame | None = None,
        high: pd.DataFrame | None = None,
        *,
        score_name: str = "P@1",
        title: str | None = None,
    ) -> None:
        if scores.empty:
            raise ValueError("scores is empty; give at least one pair and one method.")
        if (low is None) != (high is None):
            raise ValueError("Give both ends of the intervals, low and high, or neither.")
        self.scores = scores
        self.low, self.high = low, high
        self.score_name = score_name
        self.title = title

    @classmethod
    def from_selection(
        cls,
        selection: ResultSelection,
        *,
        confidence_level: float | None = 0.95,
        ax: Any = None,
        **plot_options: Any,
    ) -> Self:
        """Plot a selection of a benchmark's results.

        Parameters
        ----------
        selection : ResultSelection
            From :meth:`BenchmarkResults.select`.
        confidence_level : float, default=0.95
            That of the intervals, which are Wilson's and only for P@k; None draws none.
        ax : matplotlib Axes, default=None
            Where to plot; None makes a new figure.
        **plot_options : dict
            Passed to :meth:`plot`.

        Returns
        -------
        display : MethodComparisonDisplay
            The display, plotted: pairs by their mean rank over the methods, as the benchmark's
            EASY and HARD are chosen.

        Raises
        ------
        ValueError
            If there are dictionaries of several sizes and none was chosen.
        """
        found = selection.figures.T.loc[selection.by_difficulty()]
        ends = None if confidence_level is None else selection.intervals(confidence_level)
        low, high = (None, None) if ends is None else (end.T.loc[found.index] for end in ends)
        display = cls(found, low, high, score_name=selection.metric, title=selection.title)
        return display.plot(ax=ax, **plot_options)

    def plot(self, ax: Any = None, **line_options: Any) -> Self:
        """Draw the points and the intervals.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to plot; None makes a new figure, as high as the pairs need.
        **line_options : dict
            Passed to :meth:`matplotlib.axes.Axes.errorbar`.

        Returns
        -------
        self : MethodComparisonDisplay
            The display.
        """
        n_pairs, n_methods = self.scores.shape
        if ax is None:
            legend = _LINE * -(-n_methods // _COLUMNS) if n_methods > 1 else 0
            height = _AROUND + legend + n_pairs * (_ROW + _METHOD * n_methods)
            ax = new_axes(type(self).__name__, figsize=(_WIDTH, height), layout="constrained")
        self.ax_, self.figure_, self.lines_ = ax, ax.figure, []
        rows = np.arange(n_pairs)
        for row in rows[::2]:
            ax.axhspan(row - 0.5, row + 0.5, color="0.96", linewidth=0, zorder=0)
        # Room for a method more than there are sets the rows apart.
        offsets = (np.arange(n_methods) - (n_methods - 1) / 2) / (n_methods + 1)
        for number, (name, offset) in enumerate(zip(self.scores, offsets, strict=True)):
            values = self.scores[name].to_numpy(dtype=float)
            style = series_style(number) | {"linestyle": "none", "markersize": 4.5}
            style |= {"label": str(name), "elinewidth": 1, "zorder": 2}
            bars = ax.errorbar(
                100 * values,
                rows + offset,
                xerr=self._reach(name, values),
                **(style | line_options),
            )
            self.lines_.append(bars.lines[0])
        ax.set_yticks(rows, self.scores.index.astype(str))
        ax.set_ylim(n_pairs - 0.5, -0.5)
        ax.set_xlabel(f"{self.score_name} × 100")
        ax.tick_params(axis="y", length=0)
        ax.spines[["top", "right", "left"]].set_visible(False)
        ax.grid(axis="x", color="0.9")
        ax.set_axisbelow(True)
        if self.title is not None:
            ax.set_title(self.title, loc="left", fontsize="medium")
        if n_methods > 1:
            self._name_methods(ax, n_methods)
        return self

    def _name_methods(self, ax: Any, n_methods: int) -> None:
        """Write the legend below the axes, the same distance whatever their height."""
        from matplotlib.transforms import ScaledTranslation

        below = ScaledTranslation(0, -_LABELS, ax.figure.dpi_scale_trans)
        ax.legend(
            loc="upper center",
            bbox_to_anchor=(0.5, 0),
            bbox_transform=ax.transAxes + below,
            borderaxespad=0,
            ncols=min(n_methods, _COLUMNS),
            frameon=False,
        )

    def _reach(self, name: Any, values: np.ndarray) -> np.ndarray | None:
        """Return how far the intervals reach below and above the scores, in plotted units."""
        if self.low is None or self.high is None:
            return None
        return 100 * np.abs([values - self.low[name], self.high[name] - values])
