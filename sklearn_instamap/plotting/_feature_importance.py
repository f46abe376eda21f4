"""What a ranker relies on: the weights of its features."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
import pandas as pd

from sklearn_instamap._check import check_count, check_kind
from sklearn_instamap._printable import printable
from sklearn_instamap.lexicon import LexiconRanker
from sklearn_instamap.plotting._style import GRAY, dress, new_axes, series_style


class FeatureImportanceDisplay:
    """The largest weights of a ranker, as bars, colored by the group of the feature.

    Made by :meth:`from_estimator` of a fitted
    :class:`~sklearn_instamap.lexicon.LexiconRanker`. A bar is by how much one standard deviation
    more of the feature raises the log odds of a candidate against another.

    Parameters
    ----------
    importances : DataFrame of shape (n_features, 3)
        Columns ``group``, ``feature`` and ``coefficient``, the largest first.

    Attributes
    ----------
    ax_ : matplotlib Axes
        The axes of the last plot.
    figure_ : matplotlib Figure
        Their figure.
    bars_ : list of matplotlib BarContainer
        The bars, one container for each group.

    See Also
    --------
    ReliabilityDisplay : Whether the ranker's probabilities are true.

    Examples
    --------
    >>> import pandas as pd
    >>> from sklearn_instamap.plotting import FeatureImportanceDisplay
    >>> table = pd.DataFrame(
    ...     {
    ...         "group": ["geometry", "characters"],
    ...         "feature": ["CSLS", "equal"],
    ...         "coefficient": [0.8, 0.3],
    ...     }
    ... )
    >>> display = FeatureImportanceDisplay(table).plot()
    >>> [label.get_text() for label in display.ax_.get_yticklabels()]
    ['CSLS', 'equal']
    """

    def __init__(self, importances: pd.DataFrame) -> None:
        missing = {"group", "feature", "coefficient"} - set(importances)
        if missing:
            raise ValueError(f"importances has no column {', '.join(sorted(missing))}.")
        if importances.empty:
            raise ValueError("importances is empty; give at least one feature.")
        self.importances = importances

    @classmethod
    def from_estimator(cls, estimator: Any, *, ax: Any = None, **plot_options: Any) -> Self:
        """Plot the weights of a fitted ranker.

        Parameters
        ----------
        estimator : LexiconRanker
            Fitted.
        ax : matplotlib Axes, default=None
            Where to plot; None makes a new figure.
        **plot_options : dict
            Passed to :meth:`plot`.

        Returns
        -------
        display : FeatureImportanceDisplay
            The display, plotted.
        """
        check_kind("estimator", estimator, LexiconRanker)
        return cls(estimator.feature_importances()).plot(ax=ax, **plot_options)

    def plot(self, ax: Any = None, *, n_features: int = 20) -> Self:
        """Draw the largest weights.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to plot; None makes a new figure.
        n_features : int, default=20
            How many.

        Returns
        -------
        self : object
            The display.
        """
        table = self.importances.iloc[: check_count("n_features", n_features)]
        places = np.arange(len(table))
        if ax is None:
            size = (6.4, 0.8 + 0.24 * len(table))
            ax = new_axes(type(self).__name__, figsize=size, layout="constrained")
        self.ax_, self.figure_, self.bars_ = ax, ax.figure, []
        groups = table["group"].to_numpy()
        for number, group in enumerate(dict.fromkeys(groups)):
            own = groups == group
            self.bars_.append(
                ax.barh(
                    places[own],
                    table["coefficient"].to_numpy()[own],
                    color=series_style(number)["color"],
                    label=printable(str(group)),
                )
            )
        ax.axvline(0, color=GRAY, linewidth=1)
        labels = [printable(str(name)) for name in table["feature"]]
        ax.set_yticks(places, labels, parse_math=False)
        ax.invert_yaxis()
        ax.set_xlabel("Log odds per standard deviation")
        dress(ax, grid="x")
        if len(self.bars_) > 1:
            ax.legend(frameon=False)
        return self
