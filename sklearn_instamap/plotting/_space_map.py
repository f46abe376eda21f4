"""Two spaces in two dimensions, before and after alignment: figure 1 of the paper."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sklearn_instamap._dictionary import DictionaryLike
from sklearn_instamap._space import EmbeddingSpace
from sklearn_instamap.base import AlignerMixin
from sklearn_instamap.io import lookup_pairs
from sklearn_instamap.plotting._labels import label_points
from sklearn_instamap.plotting._projection import SpacePanel, choose_pairs, project
from sklearn_instamap.plotting._snapshots import snapshots
from sklearn_instamap.plotting._style import GRAY, SOURCE, TARGET, new_panels

Array = NDArray[np.floating]

# Of a new figure, in inches: what a README shows at its full width.
_WIDTH = 9.0


class SpaceMapDisplay:
    """Translation pairs in two dimensions, before an alignment and at its stations.

    Made by :meth:`from_estimator`; figure 1 of [1]_, from real vectors. Each panel shows the same
    word pairs, joined by lines, along the two principal components of all points it shows. A
    picture in two dimensions cannot show that words are near in 300: each panel therefore names
    the mean cosine of the pairs in all dimensions.

    Parameters
    ----------
    panels : sequence of SpacePanel
        The moments, in order.
    source_words, target_words : sequence of str
        The words of the points.

    Attributes
    ----------
    axes_ : ndarray of matplotlib Axes, shape (n_panels,)
        The axes of the last plot.
    figure_ : matplotlib Figure
        Their figure.

    See Also
    --------
    NeighborCurveDisplay : How good an alignment is, against a parameter.

    References
    ----------
    .. [1] Glavaš, G. & Vulić, I. "Non-Linear Instance-Based Cross-Lingual Mapping for
       Non-Isomorphic Embedding Spaces", ACL 2020, section 2.

    Examples
    --------
    >>> from sklearn_instamap import InstaMapAligner
    >>> from sklearn_instamap.datasets import make_bilingual_spaces
    >>> from sklearn_instamap.plotting import SpaceMapDisplay
    >>> data = make_bilingual_spaces(n_words=300, n_train=100, n_test=50)
    >>> aligner = InstaMapAligner(n_neighbors=10, n_iter=2)
    >>> _ = aligner.fit(data.X, data.y, source_space=data.source, target_space=data.target)
    >>> display = SpaceMapDisplay.from_estimator(aligner, data.source, data.target, data.test)
    >>> [panel.title for panel in display.panels]
    ['Before', 'Rotated', 'Translated', 'After 2 iterations']
    """

    def __init__(
        self,
        panels: Sequence[SpacePanel],
        source_words: Sequence[str],
        target_words: Sequence[str],
    ) -> None:
        self.panels = list(panels)
        self.source_words = list(source_words)
        self.target_words = list(target_words)

    @classmethod
    def from_estimator(
        cls,
        estimator: AlignerMixin,
        source_space: EmbeddingSpace | pd.DataFrame,
        target_space: EmbeddingSpace | pd.DataFrame,
        dictionary: DictionaryLike,
        *,
        n_pairs: int = 24,
        random_state: int | np.random.RandomState | None = 0,
        ax: Any = None,
        **plot_options: Any,
    ) -> Self:
        """Take pairs of a dictionary through a fitted aligner, and plot some of them.

        Parameters
        ----------
        estimator : aligner
            Fitted. Of :class:`~sklearn_instamap.InstaMapAligner` there is a panel after the first
            rotation, after the first translation and after the last iteration, so that with one
            iteration there are the three of figure 1; of the other steps of a pipeline one after
            each. Normalization and centering count as before.
        source_space, target_space : EmbeddingSpace or DataFrame
            The whole spaces, as they are before alignment.
        dictionary : DataFrame or iterable of (str, str)
            The pairs. Test pairs tell more than training pairs, which the aligner has seen.
        n_pairs : int, default=24
            How many pairs to show: the most central of as many clusters as there are fours in it,
            found before alignment, so that the choice does not favor what went well. All, if the
            dictionary has fewer.
        random_state : int, RandomState instance or None, default=0
            Seed of the clusters.
        ax : array-like of matplotlib Axes, default=None
            One for each panel; None makes a new figure.
        **plot_options : dict
            Passed to :meth:`plot`.

        Returns
        -------
        display : SpaceMapDisplay
            The display, plotted.
        """
        X, y, report = lookup_pairs(dictionary, source_space, target_space, warn_below=0)
        moments = snapshots(estimator, np.asarray(X), np.asarray(y))
        shown = choose_pairs(moments[0], n_pairs, random_state)
        words = report.pairs.iloc[shown]
        display = cls(project(moments, shown), words["source"].tolist(), words["target"].tolist())
        return display.plot(ax=ax, **plot_options)

    def plot(
        self,
        ax: Any = None,
        *,
        source_name: str = "source",
        target_name: str = "target",
        label_size: float = 7.5,
    ) -> Self:
        """Draw the panels.

        Parameters
        ----------
        ax : array-like of matplotlib Axes, default=None
            One for each panel; None makes a new figure.
        source_name, target_name : str, default="source" and "target"
            What to call the two languages.
        label_size : float, default=7.5
            Size of the words, in points. Words for which there is no room are left out.

        Returns
        -------
        self : SpaceMapDisplay
            The display.
        """
        axes = self._new_axes() if ax is None else np.ravel(ax)
        if len(axes) != len(self.panels):
            raise ValueError(
                f"There are {len(self.panels)} panels for {len(axes)} axes; give one for each."
            )
        self.axes_, self.figure_ = axes, axes[0].figure
        limits = _limits(self.panels)
        for axis, panel in zip(axes, self.panels, strict=True):
            _draw(axis, panel, limits, (source_name, target_name))
        axes[0].legend(
            loc="lower right",
            bbox_to_anchor=(1, 1),
            borderaxespad=0,
            ncols=2,
            frameon=False,
            fontsize="small",
            handletextpad=0.1,
            columnspacing=1,
        )
        # The layout moves the axes, and names keep clear of each other in pixels.
        self.figure_.draw_without_rendering()
        for axis, panel in zip(axes, self.panels, strict=True):
            self._label(axis, panel, label_size)
        return self

    def _new_axes(self) -> NDArray[np.object_]:
        n_panels = len(self.panels)
        n_columns = 2 if n_panels in (2, 4) else 3
        n_rows = -(-n_panels // n_columns)
        (left, right), (bottom, top) = _limits(self.panels)
        # Panels of the shape of what they show, and room for a title above and a line below.
        height = (_WIDTH / n_columns) * (top - bottom) / (right - left) + 0.45
        return new_panels(type(self).__name__, n_panels, n_columns, (_WIDTH, height * n_rows))

    def _label(self, axis: Any, panel: SpacePanel, size: float) -> None:
        # Pair by pair: where room is short, the pairs of the first words are named in full.
        points = np.stack([panel.source, panel.target], axis=1).reshape(-1, 2)
        names = np.stack([self.source_words, self.target_words], axis=1).ravel().tolist()
        colors = [SOURCE, TARGET] * len(self.source_words)
        partners = np.stack([panel.target, panel.source], axis=1).reshape(-1, 2)
        label_points(axis, points, names, colors, away_from=partners, fontsize=size, zorder=4)


def _limits(panels: Sequence[SpacePanel]) -> tuple[tuple[float, float], tuple[float, float]]:
    """Return the limits of both axes within which everything is, with room for names."""
    points = np.vstack([side for panel in panels for side in (panel.source, panel.target)])
    low, high = points.min(axis=0), points.max(axis=0)
    # Names need more room beside points than above; points in one place need some, too.
    margin = np.array([0.1, 0.07]) * ((high - low).max() or 1.0)
    (left, bottom), (right, top) = low - margin, high + margin
    return (left, right), (bottom, top)


def _draw(
    axis: Any,
    panel: SpacePanel,
    limits: tuple[tuple[float, float], tuple[float, float]],
    names: tuple[str, str],
) -> None:
    for start, end in zip(panel.source, panel.target, strict=True):
        axis.plot(*np.transpose([start, end]), color="0.75", linewidth=0.8, zorder=1)
    for side, name, color, marker in zip(
        (panel.source, panel.target), names, (SOURCE, TARGET), ("o", "s"), strict=True
    ):
        axis.scatter(*side.T, s=16, color=color, marker=marker, label=name, zorder=2, linewidths=0)
    axis.set(xlim=limits[0], ylim=limits[1], xticks=[], yticks=[], aspect="equal")
    axis.set_title(panel.title, loc="left", fontsize="medium", fontweight="bold")
    mean = f"{panel.mean_cosine:.2f}".replace("-", "−")
    axis.set_xlabel(
        f"mean cosine of {panel.n_pairs} pairs: {mean}", fontsize="small", color=GRAY, loc="left"
    )
    axis.spines[:].set_color("0.8")
