"""Are probabilities true, and what does it cost to answer more words?"""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils.validation import check_consistent_length, check_is_fitted

from sklearn_instamap._check import check_count, check_number, reals
from sklearn_instamap.plotting._style import BLUE, GRAY, dress, new_axes, write


class _AnswersDisplay:
    """Answers, each with its probability and whether it is right."""

    # Whether any number that is larger for surer answers will do.
    _any_number = False

    def __init__(
        self, probability: ArrayLike, correct: ArrayLike, *, name: str | None = None
    ) -> None:
        self.probability = _checked("probability", probability, share=not self._any_number)
        self.correct = _checked("correct", correct, share=True)
        check_consistent_length(self.probability, self.correct)
        self.name = name

    @classmethod
    def from_estimator(
        cls, estimator: Any, *, name: str | None = None, ax: Any = None, **plot_options: Any
    ) -> Self:
        """Plot the first answers to the words that a ranker held out of its own fit.

        Parameters
        ----------
        estimator : LexiconRanker
            Fitted.
        name : str, default=None
            What to call it; None is "held-out words".
        ax : matplotlib Axes, default=None
            Where to plot; None makes a new figure.
        **plot_options : dict
            Passed to :meth:`plot`.

        Returns
        -------
        display : object
            The display, plotted.
        """
        check_is_fitted(estimator)
        held_out = estimator.held_out_
        name = "held-out words" if name is None else name
        return cls.from_predictions(
            held_out["probability"], held_out["correct"], name=name, ax=ax, **plot_options
        )

    @classmethod
    def from_predictions(
        cls,
        probability: ArrayLike,
        correct: ArrayLike,
        *,
        name: str | None = None,
        ax: Any = None,
        **plot_options: Any,
    ) -> Self:
        """Plot answers.

        Parameters
        ----------
        probability : array-like of shape (n_answers,)
            The probability of each answer.
        correct : array-like of bool, shape (n_answers,)
            Whether it is right.
        name : str, default=None
            What to call them.
        ax : matplotlib Axes, default=None
            Where to plot; None makes a new figure.
        **plot_options : dict
            Passed to :meth:`plot`.

        Returns
        -------
        display : object
            The display, plotted.
        """
        return cls(probability, correct, name=name).plot(ax=ax, **plot_options)

    def plot(self, ax: Any = None, **options: Any) -> Self:
        raise NotImplementedError

    def _start(self, ax: Any) -> Any:
        if ax is None:
            ax = new_axes(type(self).__name__, figsize=(4.8, 4.2), layout="constrained")
        self.ax_, self.figure_ = ax, ax.figure
        return ax

    def _finish(self, ax: Any) -> None:
        dress(ax, grid="both")
        if self.name is not None:
            write(ax.title, self.name)


class ReliabilityDisplay(_AnswersDisplay):
    """How often answers are right, against how probable they were said to be.

    Answers are put into bins of equal width. On the diagonal what is said is true; below it the
    answers are less often right than they say.

    Parameters
    ----------
    probability : array-like of shape (n_answers,)
        The probability of each answer.
    correct : array-like of bool, shape (n_answers,)
        Whether it is right.
    name : str, default=None
        What to call them.

    Attributes
    ----------
    ax_ : matplotlib Axes
        The axes of the last plot.
    figure_ : matplotlib Figure
        Their figure.
    line_ : matplotlib Line2D
        The points of the bins.

    See Also
    --------
    RiskCoverageDisplay : Errors among the surest answers.

    Examples
    --------
    >>> from sklearn_instamap.plotting import ReliabilityDisplay
    >>> display = ReliabilityDisplay([0.1, 0.2, 0.8, 0.9], [False, False, True, True])
    >>> round(display.calibration_error(), 2)
    0.15
    """

    def bins(self, n_bins: int = 10) -> tuple[NDArray, NDArray, NDArray]:
        """Return what is in each bin that is not empty.

        Parameters
        ----------
        n_bins : int, default=10
            Number of bins.

        Returns
        -------
        said, right, share : ndarray of shape (n_nonempty,)
            Mean probability, share of right answers, and the bin's share of all answers.
        """
        n_bins = check_count("n_bins", n_bins)
        place = np.minimum((self.probability * n_bins).astype(int), n_bins - 1)
        counts = np.bincount(place, minlength=n_bins)
        full = counts > 0
        said = np.bincount(place, self.probability, n_bins)[full] / counts[full]
        right = np.bincount(place, self.correct, n_bins)[full] / counts[full]
        return said, right, counts[full] / len(place)

    def calibration_error(self, n_bins: int = 10) -> float:
        """Return the mean distance of what is said and what is true, each bin by its share.

        Parameters
        ----------
        n_bins : int, default=10
            Number of bins.

        Returns
        -------
        float
            The expected calibration error, between 0 and 1.
        """
        said, right, share = self.bins(n_bins)
        return float(np.abs(said - right) @ share)

    def plot(self, ax: Any = None, *, n_bins: int = 10, **line_options: Any) -> Self:
        """Draw the bins, as large as their share of the answers.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to plot; None makes a new figure.
        n_bins : int, default=10
            Number of bins.
        **line_options : dict
            Passed to :meth:`matplotlib.axes.Axes.plot`.

        Returns
        -------
        self : object
            The display.
        """
        said, right, share = self.bins(n_bins)
        ax = self._start(ax)
        ax.plot([0, 1], [0, 1], color=GRAY, linestyle="--", linewidth=1)
        (self.line_,) = ax.plot(said, right, **({"color": BLUE} | line_options))
        ax.scatter(said, right, s=20 + 400 * share, color=self.line_.get_color(), alpha=0.6)
        ax.set(xlim=(0, 1), ylim=(0, 1), xlabel="Probability", ylabel="Share of right answers")
        self._finish(ax)
        return self


class RiskCoverageDisplay(_AnswersDisplay):
    """The share of errors among the surest answers, against how many words are answered.

    Parameters
    ----------
    probability : array-like of shape (n_answers,)
        The probability of each answer, or any number that is larger for surer ones.
    correct : array-like of bool, shape (n_answers,)
        Whether it is right.
    name : str, default=None
        What to call them.

    Attributes
    ----------
    ax_ : matplotlib Axes
        The axes of the last plot.
    figure_ : matplotlib Figure
        Their figure.
    line_ : matplotlib Line2D
        The curve.

    See Also
    --------
    ReliabilityDisplay : Whether probabilities are true.

    Examples
    --------
    >>> from sklearn_instamap.plotting import RiskCoverageDisplay
    >>> display = RiskCoverageDisplay([0.1, 0.2, 0.8, 0.9], [False, True, True, True])
    >>> display.risk_at(0.5), display.risk_at(1.0)
    (0.0, 0.25)
    """

    _any_number = True

    def curve(self) -> tuple[NDArray, NDArray]:
        """Return the curve.

        Returns
        -------
        coverage, risk : ndarray of shape (n_answers,)
            The share of words that are answered, and the share of errors among these answers. Of
            equally sure answers each counts as their mean, in whatever order they come.
        """
        _, place, counts = np.unique(-self.probability, return_inverse=True, return_counts=True)
        wrong = np.bincount(place, 1 - self.correct) / counts
        number = np.arange(1, len(place) + 1)
        return number / len(place), np.cumsum(np.repeat(wrong, counts)) / number

    def risk_at(self, coverage: float) -> float:
        """Return the share of errors if so many words are answered.

        Parameters
        ----------
        coverage : float
            The share of words, above 0 and at most 1.

        Returns
        -------
        float
            Between 0 and 1.
        """
        check_number("coverage", coverage, reals(0, 1, closed="right"))
        covered, risk = self.curve()
        place = int(np.searchsorted(covered, coverage))
        return float(risk[min(place, len(risk) - 1)])

    def plot(self, ax: Any = None, **line_options: Any) -> Self:
        """Draw the curve.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to plot; None makes a new figure.
        **line_options : dict
            Passed to :meth:`matplotlib.axes.Axes.plot`.

        Returns
        -------
        self : object
            The display.
        """
        coverage, risk = self.curve()
        ax = self._start(ax)
        (self.line_,) = ax.plot(coverage, risk, **({"color": BLUE} | line_options))
        ax.set(xlim=(0, 1), ylim=(0, 1), xlabel="Share of words answered")
        ax.set_ylabel("Share of errors among the answers")
        self._finish(ax)
        return self


def _checked(name: str, values: ArrayLike, *, share: bool) -> NDArray[np.float64]:
    """Return one number for each answer, a ``share`` between 0 and 1 or any finite one."""
    try:
        array = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError):
        raise ValueError(f"{name} must be one number for each answer, in one dimension.") from None
    if array.ndim != 1 or not len(array) or not np.isfinite(array).all():
        raise ValueError(
            f"{name} must be one finite number for each answer, at least one; got shape "
            f"{array.shape}."
        )
    if share and (array.min() < 0 or array.max() > 1):
        raise ValueError(
            f"{name} must lie between 0 and 1; got {array.min():g} to {array.max():g}."
        )
    return array
