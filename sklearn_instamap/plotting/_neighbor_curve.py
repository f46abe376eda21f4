"""Scores against the number of dictionary neighbours: figure 3 of the paper."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import copy
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import clone

from sklearn_instamap._aligner import InstaMapAligner
from sklearn_instamap._pipeline import AlignerPipeline
from sklearn_instamap._space import SpaceLike
from sklearn_instamap.metrics import make_bli_scorer
from sklearn_instamap.plotting._curve import CurveDisplay

Scorer = Callable[[Any, Any, Any], float]

_PARAM_RANGE = (10, 30, 50, 70, 90, 110, 130, 150)


class NeighborCurveDisplay(CurveDisplay):
    """P@1, or another score, against InstaMap's number K of dictionary neighbours.

    Made by :meth:`from_estimator`, or by :meth:`from_results` from a table of results; figure 3
    of [1]_.

    Parameters
    ----------
    param_values : array-like of shape (n_values,)
        The numbers of neighbours.
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

    See Also
    --------
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
    _xlabel = "Number K of dictionary neighbours"

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: ArrayLike,
        y: ArrayLike,
        X_test: ArrayLike,
        y_test: ArrayLike,
        *,
        source_space: SpaceLike,
        target_space: SpaceLike,
        param_range: Sequence[int] = _PARAM_RANGE,
        scoring: Mapping[str, Scorer] | None = None,
        by_iteration: bool = False,
        score_name: str = "P@1",
        ax: Any = None,
        **plot_options: Any,
    ) -> Self:
        """Fit once for each number of neighbours, score on test pairs, and plot.

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
            The numbers of neighbours. More than there are training pairs are left out.
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
        name = _parameter_name(estimator)
        values = [value for value in param_range if value <= len(np.asarray(X))]
        scores: dict[str, list[float]] = {}
        for value in values:
            fitted = clone(estimator).set_params(**{name: value})
            fitted.fit(X, y, source_space=source_space, target_space=target_space)
            stages = _by_iteration(fitted) if by_iteration else {"": fitted}.items()
            for stage, aligner in stages:
                for metric, scorer in scorers.items():
                    series = ", ".join(filter(None, (metric, stage))) or score_name
                    scores.setdefault(series, []).append(scorer(aligner, X_test, y_test))
        return cls(values, scores, score_name=score_name).plot(ax=ax, **plot_options)


def _parameter_name(estimator: Any) -> str:
    """Return the name by which the last step's number of neighbours is set."""
    if isinstance(estimator, InstaMapAligner):
        return "n_neighbors"
    if isinstance(estimator, AlignerPipeline) and estimator.steps:
        name, last = estimator.steps[-1]
        return f"{name}__{_parameter_name(last)}"
    raise TypeError(
        "NeighborCurveDisplay needs an InstaMapAligner, or an AlignerPipeline that ends in one; "
        f"got {type(estimator).__name__}."
    )


def _by_iteration(fitted: Any) -> Iterator[tuple[str, Any]]:
    """Yield the fitted estimator as it would be with 1, 2, … iterations."""
    for n_iter in range(1, _last_step(fitted).n_iter + 1):
        yield f"iteration {n_iter}", _until(fitted, n_iter)


def _last_step(fitted: Any) -> InstaMapAligner:
    return fitted if isinstance(fitted, InstaMapAligner) else _last_step(fitted.steps_[-1][1])


def _until(fitted: Any, n_iter: int) -> Any:
    """Return a shallow copy which applies the first iterations only."""
    cut = copy(fitted)
    if isinstance(cut, InstaMapAligner):
        cut.stages_ = fitted.stages_[:n_iter]
    else:
        name, last = fitted.steps_[-1]
        cut.steps_ = [*fitted.steps_[:-1], (name, _until(last, n_iter))]
    return cut
