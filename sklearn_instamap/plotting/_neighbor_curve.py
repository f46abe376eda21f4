"""Scores against the number of dictionary neighbors: figure 3 of the paper."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import clone

from sklearn_instamap._space_like import SpaceLike
from sklearn_instamap.instamap._stages import instamap_prefix, iterations
from sklearn_instamap.metrics import make_bli_scorer
from sklearn_instamap.plotting._curve import CurveDisplay, Scorer, all_ends

_PARAM_RANGE = (10, 30, 50, 70, 90, 110, 130, 150)


class NeighborCurveDisplay(CurveDisplay):
    """P@1, or another score, against InstaMap's number K of dictionary neighbors.

    Made by :meth:`from_estimator`, or by :meth:`from_results` from a table of results; figure 3
    of [1]_.

    %(curve)s

    See Also
    --------
    IterationCurveDisplay : Against the number T of iterations.
    SpaceMapDisplay : What the iterations do, in two dimensions.

    References
    ----------
    .. [1] Glavaš, G. & Vulić, I. "Non-Linear Instance-Based Cross-Lingual Mapping for
       Non-Isomorphic Embedding Spaces", ACL 2020, section 4.3.

    Examples
    --------
    >>> from sklearn_instamap.plotting import NeighborCurveDisplay
    >>> results = {"n_neighbors": [10, 40, 70], "P@1": [0.56, 0.63, 0.64]}
    >>> display = NeighborCurveDisplay.from_results(results)
    >>> display.lines_[0].get_ydata().round(1).tolist()
    [56.0, 63.0, 64.0]
    """

    _column = "n_neighbors"
    _xlabel = "Number K of dictionary neighbors"
    _scale = "log"

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: ArrayLike,
        y: ArrayLike,
        *,
        X_test: ArrayLike,
        y_test: ArrayLike,
        source_space: SpaceLike,
        target_space: SpaceLike,
        param_range: Sequence[int] = _PARAM_RANGE,
        scoring: Mapping[str, Scorer] | None = None,
        by_iteration: bool = False,
        score_name: str = "P@1",
        ax: Any = None,
        **plot_options: Any,
    ) -> Self:
        """Fit once for each number of neighbors, score on test pairs, and plot.

        Parameters
        ----------
        estimator : InstaMapAligner or AlignerPipeline
            What to fit, in clones; of a pipeline, the last step is an `InstaMapAligner`.
        X : array-like of shape (n_pairs, n_source_features)
            Vectors of the source words of the training pairs.
        y : array-like of shape (n_pairs, n_target_features)
            Vectors of their translations.
        X_test, y_test : array-like of shape (n_test_pairs, n_features)
            Vectors of the test pairs.
        source_space, target_space : EmbeddingSpace, DataFrame or array-like
            The whole spaces, for fitting; translations are looked up in the target space.
        param_range : sequence of int, default=(10, 30, 50, 70, 90, 110, 130, 150)
            The numbers of neighbors. More than there are training pairs are left out.
        scoring : mapping of str to callable, default=None
            A scorer for each line, such as those of
            :func:`~sklearn_instamap.metrics.make_bli_scorer` over all and over the unseen pairs.
            None is P@1 by cosine.
        by_iteration : bool, default=False
            Draw a line for each iteration, which takes no further fits.
        score_name : str, default="P@1"
            What the scores are.
        ax : matplotlib Axes, default=None
            Where to plot; None makes a new figure.
        **plot_options : dict
            Passed to :meth:`plot`.

        Returns
        -------
        display : NeighborCurveDisplay
            The display, plotted.

        Raises
        ------
        TypeError
            If the estimator neither is nor ends in an `InstaMapAligner`.
        """
        scorers = {"": make_bli_scorer(target_space)} if scoring is None else scoring
        name = f"{instamap_prefix(estimator, cls.__name__)}n_neighbors"
        values = [value for value in param_range if value <= len(np.asarray(X))]
        scores: dict[str, list[float]] = {}
        scored_by: dict[str, Scorer] = {}
        for value in values:
            fitted = clone(estimator).set_params(**{name: value})
            fitted.fit(X, y, source_space=source_space, target_space=target_space)
            for n_iter, aligner in iterations(fitted) if by_iteration else [(0, fitted)]:
                stage = f"iteration {n_iter}" if n_iter else ""
                for metric, scorer in scorers.items():
                    series = ", ".join(filter(None, (metric, stage))) or score_name
                    scores.setdefault(series, []).append(scorer(aligner, X_test, y_test))
                    scored_by[series] = scorer
        display = cls(values, scores, *all_ends(scored_by, scores, y_test), score_name=score_name)
        return display.plot(ax=ax, **plot_options)
