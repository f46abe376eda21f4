"""Scores against the number of iterations, from one fit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from numpy.typing import ArrayLike
from sklearn.utils.validation import check_is_fitted

from sklearn_instamap._space_like import SpaceLike
from sklearn_instamap.instamap._stages import instamap_prefix, iterations
from sklearn_instamap.metrics import make_bli_scorer
from sklearn_instamap.plotting._curve import CurveDisplay, Scorer, all_ends


class IterationCurveDisplay(CurveDisplay):
    """P@1, or another score, against InstaMap's number T of iterations.

    Made by :meth:`from_estimator` of a fitted aligner, whose stages are the models with fewer
    iterations, or by :meth:`from_results`.

    %(curve)s

    See Also
    --------
    NeighborCurveDisplay : Against the number K of dictionary neighbors.
    sklearn_instamap.InstaMapAlignerCV : Chooses T.

    Examples
    --------
    >>> from sklearn_instamap import InstaMapAligner
    >>> from sklearn_instamap.datasets import make_bilingual_spaces
    >>> from sklearn_instamap.io import lookup_pairs
    >>> from sklearn_instamap.plotting import IterationCurveDisplay
    >>> data = make_bilingual_spaces(n_words=300, n_train=100, n_test=50)
    >>> aligner = InstaMapAligner(n_neighbors=20, n_iter=3)
    >>> _ = aligner.fit(data.X, data.y, source_space=data.source, target_space=data.target)
    >>> X_test, y_test, _ = lookup_pairs(data.test, data.source, data.target)
    >>> display = IterationCurveDisplay.from_estimator(
    ...     aligner, X_test, y_test, target_space=data.target
    ... )
    >>> display.param_values.tolist()
    [1, 2, 3]
    """

    _column = "n_iter"
    _xlabel = "Number T of iterations"

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: ArrayLike,
        y: ArrayLike,
        *,
        target_space: SpaceLike | None = None,
        scoring: Mapping[str, Scorer] | None = None,
        score_name: str = "P@1",
        ax: Any = None,
        **plot_options: Any,
    ) -> Self:
        """Score a fitted aligner after each of its iterations, and plot.

        Parameters
        ----------
        estimator : InstaMapAligner, InstaMapAlignerCV or AlignerPipeline
            Fitted; of a pipeline, the last step is an `InstaMapAligner`.
        X, y : array-like of shape (n_pairs, n_features)
            Vectors of the pairs to score, such as those of a test dictionary.
        target_space : EmbeddingSpace, DataFrame or array-like, default=None
            Where translations are looked up; needed without `scoring`.
        scoring : mapping of str to callable, default=None
            A scorer for each line, such as those of
            :func:`~sklearn_instamap.metrics.make_bli_scorer` over all and over the unseen pairs.
            None is P@1 by cosine.
        score_name : str, default="P@1"
            What the scores are.
        ax : matplotlib Axes, default=None
            Where to plot; None makes a new figure.
        **plot_options : dict
            Passed to :meth:`plot`.

        Returns
        -------
        display : IterationCurveDisplay
            The display, plotted.

        Raises
        ------
        TypeError
            If the estimator neither is nor ends in an `InstaMapAligner`.
        ValueError
            If there is neither a target space nor a scorer.
        """
        estimator = getattr(estimator, "best_estimator_", estimator)
        instamap_prefix(estimator, cls.__name__)
        check_is_fitted(estimator)
        if scoring is None:
            if target_space is None:
                raise ValueError(
                    "Give target_space, in which translations are looked up, or scoring."
                )
            scoring = {score_name: make_bli_scorer(target_space)}
        scores: dict[str, list[float]] = {name: [] for name in scoring}
        values = []
        for n_iter, aligner in iterations(estimator):
            values.append(n_iter)
            for name, scorer in scoring.items():
                scores[name].append(scorer(aligner, X, y))
        display = cls(values, scores, *all_ends(scoring, scores, y), score_name=score_name)
        return display.plot(ax=ax, **plot_options)
