"""Methods beside a reference on each pair of languages, with confidence intervals."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from sklearn_instamap._check import check_kind
from sklearn_instamap._printable import printable
from sklearn_instamap.plotting._style import BLUE, GRAY, VERMILION, dress, new_panels, write
from sklearn_instamap.results import ResultSelection
from sklearn_instamap.results._figures import method_among

# Of a new figure, in inches: the width of a README's page, what a panel has above and below, and
# the height of a row.
_WIDTH, _AROUND, _ROW = 8.0, 0.9, 0.19
_MOST_COLUMNS = 4
# Better, worse and undecided, told apart without color, too.
_BETTER = {"marker": ">", "color": BLUE}
_WORSE = {"marker": "<", "color": VERMILION}
_UNDECIDED = {"marker": "o", "color": GRAY}


class MethodComparisonDisplay:
    """How methods differ from a reference on each pair of languages, a panel for each method.

    Made by :meth:`from_selection` from a benchmark. The first panel has the scores of the
    reference, the others what a method adds to them. A difference whose interval does not reach
    zero points to the right if the method is better and to the left if it is worse; other
    differences are hollow circles. The intervals are of each difference by itself:
    :meth:`~sklearn_instamap.results.ResultSelection.by_language_pair` corrects for their number.

    Parameters
    ----------
    scores : DataFrame of shape (n_rows, n_methods)
        The scores, between 0 and 1, in the order in which the rows shall stand: the mean first,
        then the pairs of languages; nan where there is none.
    low, high : DataFrame of shape (n_rows, n_methods), default=None
        The ends of the intervals: of the reference those of its scores, of the others those of
        their differences from it; None draws none.
    reference : str, default=None
        The method with which the others are compared; None is the first.
    score_name : str, default="P@1"
        What the scores are.
    title : str, default=None
        What to write above; None writes nothing.

    Attributes
    ----------
    axes_ : ndarray of matplotlib Axes, shape (n_methods,)
        The axes of the last plot, the reference's first.
    figure_ : matplotlib Figure
        Their figure.

    See Also
    --------
    DictionarySizeDisplay : Means over the pairs, against the size of the dictionary.

    Examples
    --------
    >>> import pandas as pd
    >>> from sklearn_instamap.plotting import MethodComparisonDisplay
    >>> scores = pd.DataFrame(
    ...     {"PROC": [0.36, 0.51, 0.21], "InstaMap": [0.40, 0.54, 0.26]},
    ...     index=["mean", "en-de", "tr-hr"],
    ... )
    >>> display = MethodComparisonDisplay(scores).plot()
    >>> [axes.get_title(loc="left") for axes in display.axes_]
    ['PROC', 'InstaMap\\n− PROC']
    """

    def __init__(
        self,
        scores: pd.DataFrame,
        low: pd.DataFrame | None = None,
        high: pd.DataFrame | None = None,
        *,
        reference: str | None = None,
        score_name: str = "P@1",
        title: str | None = None,
    ) -> None:
        if scores.empty:
            raise ValueError("scores is empty; give at least one pair and one method.")
        if (low is None) != (high is None):
            raise ValueError("Give both ends of the intervals, low and high, or neither.")
        self.scores = scores
        self.low, self.high = low, high
        self.reference = method_among(scores.columns[0] if reference is None else reference, scores)
        self.score_name = score_name
        self.title = title

    @classmethod
    def from_selection(
        cls,
        selection: ResultSelection,
        reference: str | None = None,
        *,
        confidence_level: float | None = 0.95,
        ax: Any = None,
        **plot_options: Any,
    ) -> Self:
        """Plot a selection of a benchmark's results.

        Parameters
        ----------
        selection : ResultSelection
            From :meth:`~sklearn_instamap.results.BenchmarkResults.select`.
        reference : str, default=None
            The method with which the others are compared; None is the first.
        confidence_level : float, default=0.95
            That of the intervals; None draws none. Differences have some where the results have
            ranks, and scores where they are P@k of a known number of queries.
        ax : array-like of matplotlib Axes, default=None
            One for each method; None makes a new figure.
        **plot_options : dict
            Passed to :meth:`plot`.

        Returns
        -------
        display : MethodComparisonDisplay
            The display, plotted: the mean, then the pairs by their mean rank over the methods, the
            easiest first, as the benchmark's EASY and HARD are chosen.

        Raises
        ------
        ValueError
            If there are dictionaries of several sizes and none was chosen, or the reference is no
            method of the results.
        """
        check_kind("selection", selection, ResultSelection)
        figures = selection.figures
        methods = list(figures.index)
        reference = method_among(methods[0] if reference is None else reference, methods)
        pairs = selection.by_difficulty()
        scores = figures[pairs].T
        ends = _ends(selection, reference, confidence_level, scores)
        if len(pairs) > 1:
            name = f"mean of {len(pairs)}"
            scores.loc[name] = scores.mean(skipna=False)
            order = [name, *pairs]
            scores = scores.loc[order]
            ends = tuple(end.rename(index={"mean": name}).reindex(order) for end in ends)
        display = cls(
            scores,
            *ends,
            reference=reference,
            score_name=selection.metric,
            title=selection.title,
        )
        return display.plot(ax=ax, **plot_options)

    @property
    def differences(self) -> pd.DataFrame:
        """What each method adds to the reference's scores, as fractions."""
        others = self.scores.drop(columns=self.reference)
        return others.sub(self.scores[self.reference], axis=0)

    def plot(self, ax: ArrayLike | None = None) -> Self:
        """Draw the panels.

        Parameters
        ----------
        ax : array-like of matplotlib Axes, default=None
            One for each method; None makes a new figure, as high as the pairs need.

        Returns
        -------
        self : MethodComparisonDisplay
            The display.
        """
        axes = np.ravel(self._new_axes() if ax is None else ax)
        n_methods = self.scores.shape[1]
        if len(axes) != n_methods:
            raise ValueError(
                f"There are {n_methods} methods for {len(axes)} axes; give one for each."
            )
        self.axes_, self.figure_ = axes, axes[0].figure
        drawn = list(self._panels())
        limits = self._difference_limits(drawn)
        for place, (axis, (name, values, low, high)) in enumerate(zip(axes, drawn, strict=True)):
            self._draw(axis, values, low, high, is_reference=place == 0)
            axis.tick_params(labelleft=place % _MOST_COLUMNS == 0 or ax is not None)
            title = axis.set_title("", loc="left", fontsize="small")
            write(title, name)
            if place:
                # In a line of its own: a panel has just the room for the name.
                title.set_text(f"{title.get_text()}\n− {printable(self.reference)}")
            if place:
                axis.axvline(0, color=GRAY, linewidth=0.8, zorder=1)
                axis.set_xlim(limits)
        if ax is None:
            self._write_around()
        return self

    def _write_around(self) -> None:
        """Write above the panels what they show, and below how to read it."""
        if self.title is not None:
            write(self.figure_.suptitle("", x=0.01, ha="left", fontsize="medium"), self.title)
        text = f"{self.score_name} × 100"
        if self._has_intervals():
            text += f"    ▶ better than {self.reference}    ◀ worse    ○ the interval holds zero"
        write(self.figure_.supxlabel("", x=0.01, ha="left", fontsize="small"), text)

    def _has_intervals(self) -> bool:
        """Tell whether any difference has an interval."""
        if self.low is None:
            return False
        return bool(self.low.drop(columns=self.reference).notna().any(axis=None))

    def _panels(self) -> Iterator[tuple[str, pd.Series, pd.Series | None, pd.Series | None]]:
        differences = self.differences
        for name in (self.reference, *differences):
            values = self.scores[name] if name == self.reference else differences[name]
            ends = (None if each is None else 100 * each[name] for each in (self.low, self.high))
            yield name, 100 * values, *ends

    def _draw(
        self,
        axis: Any,
        values: pd.Series,
        low: pd.Series | None,
        high: pd.Series | None,
        *,
        is_reference: bool,
    ) -> None:
        rows = np.arange(len(values))
        for row in rows[1::2]:
            axis.axhspan(row - 0.5, row + 0.5, color="0.96", linewidth=0, zorder=0)
        # nan compares as neither, and draws nothing.
        lows, highs = (
            values.to_numpy() * np.nan if e is None else e.to_numpy() for e in (low, high)
        )
        for row, value, left, right in zip(rows, values.to_numpy(), lows, highs, strict=True):
            style, filled = _UNDECIDED, is_reference or not self._has_intervals()
            if not is_reference and (left > 0 or right < 0):
                style, filled = (_BETTER if left > 0 else _WORSE), True
            axis.plot([left, right], [row, row], color=style["color"], linewidth=1, zorder=2)
            axis.plot(
                [value],
                [row],
                linestyle="none",
                markersize=4.5,
                markerfacecolor=style["color"] if filled else "white",
                zorder=3,
                **style,
            )
        axis.set_yticks(rows, [printable(name) for name in values.index], fontsize="small")
        axis.set_ylim(len(rows) - 0.5, -0.5)
        axis.tick_params(axis="x", labelsize="small")
        axis.locator_params(axis="x", nbins=4)
        axis.tick_params(axis="y", length=0)
        dress(axis, grid="x")
        axis.spines["left"].set_visible(False)
        if len(values) > 2:
            # What is averaged stands apart from what it averages.
            axis.axhline(0.5, color=GRAY, linewidth=0.6)

    def _difference_limits(self, drawn: list[Any]) -> tuple[float, float]:
        """Return limits that all differences share, so that panels compare."""
        found = [0.0]
        for _, values, low, high in drawn[1:]:
            for each in (values, low, high):
                if each is not None:
                    found += [each.min(), each.max()]
        left, right = np.nanmin(found), np.nanmax(found)
        room = 0.08 * max(right - left, 1.0)
        return left - room, right + room

    def _new_axes(self) -> Any:
        n_rows, n_methods = self.scores.shape
        n_columns = min(n_methods, _MOST_COLUMNS)
        n_lines = -(-n_methods // n_columns)
        height = 0.35 + n_lines * (_AROUND + n_rows * _ROW)
        return new_panels(type(self).__name__, n_methods, n_columns, (_WIDTH, height))


def _ends(
    selection: ResultSelection, reference: str, level: float | None, scores: pd.DataFrame
) -> tuple[pd.DataFrame, ...]:
    """Return the ends of all intervals, those of the means in a row of that name."""
    if level is None:
        return ()
    index = [*scores.index, "mean"]
    low, high = (pd.DataFrame(np.nan, index, scores.columns) for _ in range(2))
    differences = selection.differences(reference, confidence_level=level)
    for method, part in differences.groupby(level="method", sort=False):
        part = part.droplevel("method")
        low[method], high[method] = part["low"].reindex(index), part["high"].reindex(index)
    ends = selection.intervals(level)
    if ends is not None:
        means = selection.means(confidence_level=level).loc[reference]
        for frame, end, name in zip((low, high), ends, ("low", "high"), strict=True):
            frame[reference] = end.loc[reference].reindex(index)
            frame.loc["mean", reference] = means[name]
    return low, high
