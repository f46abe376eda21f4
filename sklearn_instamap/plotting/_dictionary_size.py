"""Scores against the size of the training dictionary: figure 2 of the paper."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from sklearn.base import clone

from sklearn_instamap._check import check_kind
from sklearn_instamap._space_like import SpaceLike
from sklearn_instamap.metrics import make_bli_scorer
from sklearn_instamap.plotting._curve import CurveDisplay, Scorer, all_ends
from sklearn_instamap.results import ResultSelection

_SIZES = (500, 1000, 3000, 5000)


class DictionarySizeDisplay(CurveDisplay):
    """P@1, or another score, against the size of the training dictionary, a line per method.

    Made by :meth:`from_selection` from a benchmark, or by :meth:`from_estimator`; figure 2 of [1]_.

    %(curve)s

    See Also
    --------
    MethodComparisonDisplay : Methods side by side on each pair of languages.

    References
    ----------
    .. [1] Glavaš, G. & Vulić, I. "Non-Linear Instance-Based Cross-Lingual Mapping for
       Non-Isomorphic Embedding Spaces", ACL 2020, section 3.2.

    Examples
    --------
    >>> from sklearn_instamap import InstaMapAligner, KabschRotation
    >>> from sklearn_instamap.datasets import make_bilingual_spaces
    >>> from sklearn_instamap.io import lookup_pairs
    >>> from sklearn_instamap.plotting import DictionarySizeDisplay
    >>> data = make_bilingual_spaces(n_words=300, n_train=100, n_test=50)
    >>> X_test, y_test, _ = lookup_pairs(data.test, data.source, data.target)
    >>> display = DictionarySizeDisplay.from_estimator(
    ...     {"rotation": KabschRotation(), "InstaMap": InstaMapAligner(20, 1)},
    ...     data.X,
    ...     data.y,
    ...     X_test=X_test,
    ...     y_test=y_test,
    ...     source_space=data.source,
    ...     target_space=data.target,
    ...     sizes=(50, 100),
    ... )
    >>> list(display.scores)
    ['rotation', 'InstaMap']
    """

    _column = "dictionary_size"
    _xlabel = "Pairs in the training dictionary"
    _scale = "log"

    @classmethod
    def from_selection(
        cls,
        selection: ResultSelection,
        *,
        language_pairs: Sequence[str] | None = None,
        ax: Any = None,
        **plot_options: Any,
    ) -> Self:
        """Plot a selection of a benchmark's results, averaged over pairs of languages.

        Parameters
        ----------
        selection : ResultSelection
            From :meth:`~sklearn_instamap.results.BenchmarkResults.select`. Dictionaries of every
            size are shown, whichever it has chosen.
        language_pairs : sequence of str, default=None
            The pairs of languages to average over, as ``"de-tr"``; None is all of them. Those for
            which a method failed with a size are left out for all, with a warning.
        ax : matplotlib Axes, default=None
            Where to plot; None makes a new figure.
        **plot_options : dict
            Passed to :meth:`plot`.

        Returns
        -------
        display : DictionarySizeDisplay
            The display, plotted.

        Raises
        ------
        ValueError
            If a pair is not there, or the label of a size is not a number.

        Warns
        -----
        UserWarning
            If pairs are left out.
        """
        check_kind("selection", selection, ResultSelection)
        labels = sorted(selection.dictionary_sizes, key=_number)
        several = {label: selection.with_dictionary_size(label) for label in labels}
        figures = pd.concat({label: each.figures for label, each in several.items()})
        pairs, what = _common_pairs(figures, language_pairs)
        means = pd.concat({label: each.means(pairs) for label, each in several.items()})
        how = "CSLS" if selection.retrieval == "csls" else selection.retrieval
        title = f"{what}, {how}, {selection.subset} test pairs"
        series = [
            {
                str(name): means[column].xs(name, level="method").reindex(labels).to_numpy()
                for name in figures.index.unique("method")
            }
            for column in ("mean", "low", "high")
        ]
        sizes = [_number(label) for label in labels]
        display = cls(sizes, *series, score_name=selection.metric, title=title)
        return display.plot(ax=ax, **plot_options)

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: ArrayLike,
        y: ArrayLike,
        *,
        X_test: ArrayLike,
        y_test: ArrayLike,
        source_space: SpaceLike | None = None,
        target_space: SpaceLike | None = None,
        sizes: Sequence[int] = _SIZES,
        scoring: Scorer | None = None,
        score_name: str = "P@1",
        ax: Any = None,
        **plot_options: Any,
    ) -> Self:
        """Fit on the first pairs of a dictionary, fewer and more; score on test pairs, and plot.

        Parameters
        ----------
        estimator : aligner, or mapping of str to aligner
            What to fit, in clones; of several, each has its line.
        X : array-like of shape (n_pairs, n_source_features)
            Vectors of the source words of the training pairs, most frequent first.
        y : array-like of shape (n_pairs, n_target_features)
            Vectors of their translations.
        X_test, y_test : array-like of shape (n_test_pairs, n_features)
            Vectors of the test pairs.
        source_space, target_space : EmbeddingSpace, DataFrame or array-like, default=None
            The whole spaces, for fitting; translations are looked up in the target space. Without,
            the dictionary rows stand in, and translations are looked up among ``y_test``.
        sizes : sequence of int, default=(500, 1000, 3000, 5000)
            How many pairs to fit on. More than there are are left out.
        scoring : callable, default=None
            Such as :func:`~sklearn_instamap.metrics.make_bli_scorer` makes; None is P@1 by
            cosine.
        score_name : str, default="P@1"
            What the scores are.
        ax : matplotlib Axes, default=None
            Where to plot; None makes a new figure.
        **plot_options : dict
            Passed to :meth:`plot`.

        Returns
        -------
        display : DictionarySizeDisplay
            The display, plotted.

        Raises
        ------
        ValueError
            If there are fewer pairs than the smallest size.
        """
        scorer = scoring
        if scorer is None:
            scorer = make_bli_scorer(np.asarray(y_test) if target_space is None else target_space)
        named = (
            estimator if isinstance(estimator, Mapping) else {type(estimator).__name__: estimator}
        )
        rows, target_rows = np.asarray(X), np.asarray(y)
        values = sorted(size for size in sizes if size <= len(rows))
        if not values:
            raise ValueError(
                f"There are {len(rows)} pairs, fewer than the smallest of sizes={sizes}."
            )
        with warnings.catch_warnings():
            # What few pairs do is what is asked.
            warnings.filterwarnings(
                "ignore", ".* distinct pairs? do(es)? not determine", UserWarning
            )
            scores = {
                name: [
                    scorer(
                        clone(aligner).fit(
                            rows[:size],
                            target_rows[:size],
                            source_space=source_space,
                            target_space=target_space,
                        ),
                        X_test,
                        y_test,
                    )
                    for size in values
                ]
                for name, aligner in named.items()
            }
        ends = all_ends(dict.fromkeys(scores, scorer), scores, y_test)
        return cls(values, scores, *ends, score_name=score_name).plot(ax=ax, **plot_options)

    def _name_value(self, value: float) -> str:
        return f"{value / 1000:g}k" if value >= 1000 else f"{value:g}"


def _number(label: str) -> float:
    """Return how many pairs a dictionary has by its label, such as "500" or "1k"."""
    number, thousands = label.removesuffix("k"), label.endswith("k")
    try:
        return float(number) * (1000 if thousands else 1)
    except ValueError:
        raise ValueError(
            f"The dictionary size {label!r} is not a number, such as '500' or '1k', and has no "
            "place on the axis; leave out its rows."
        ) from None


def _common_pairs(figures: pd.DataFrame, pairs: Sequence[str] | None) -> tuple[list[str], str]:
    """Return the pairs that all methods have with every size, and say which they are."""
    if pairs is not None:
        if absent := [pair for pair in pairs if pair not in figures.columns]:
            raise ValueError(
                f"The results have no pair {absent[0]!r}; they have {', '.join(figures.columns)}."
            )
        figures = figures[list(pairs)]
    # A method that was never run with a size has a gap there; that is not a failure.
    complete = figures.dropna(how="all").dropna(axis=1)
    left_out = [pair for pair in figures.columns if pair not in complete.columns]
    if complete.empty:
        raise ValueError("There is no pair of languages for which every method has figures.")
    if left_out:
        warnings.warn(
            f"Left out {', '.join(left_out)}, for which not every method has figures with every "
            "size.",
            UserWarning,
            stacklevel=3,
        )
    number = complete.shape[1]
    title = complete.columns[0] if number == 1 else f"Mean of {number} language pairs"
    return list(complete.columns), title
