"""InstaMap with K and T found by cross-validation, T at no further fits."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from numbers import Integral, Real
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, clone
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import ParameterGrid, check_cv
from sklearn.utils.parallel import Parallel, delayed
from sklearn.utils.validation import check_is_fitted

from sklearn_instamap._check import (
    N_JOBS,
    HasMethods,
    InvalidParameterError,
    Several,
    StrOptions,
    check_parameters,
    invalid,
    several,
)
from sklearn_instamap._fitted_parts import Parts
from sklearn_instamap.base import AlignerMixin
from sklearn_instamap.instamap._aligner import InstaMapAligner
from sklearn_instamap.instamap._cv_results import Split, cv_results, cv_table, fit_and_score
from sklearn_instamap.instamap._stages import instamap_prefix
from sklearn_instamap.instamap._translation import fewer_pairs
from sklearn_instamap.metrics import make_bli_scorer
from sklearn_instamap.model_selection import WordDisjointKFold, dictionary_groups

Array = NDArray[np.floating]

_N_SPLITS = 5
_NOT_REFITTED = (
    "This InstaMapAlignerCV has refit=False and so nothing to map rows with: fit an aligner with "
    "its best_params_, or set refit=True."
)


class InstaMapAlignerCV(AlignerMixin, BaseEstimator):
    """InstaMap with its two hyperparameters K and T chosen by cross-validation.

    One fit per number of neighbors K and fold: the model with T iterations is the first T
    stages of one with more, so that all numbers of iterations come from the fit with the largest.
    The scores and the choice are those of a :class:`~sklearn.model_selection.GridSearchCV` with
    the same scorer and folds, which fits every T from the start.

    Parameters
    ----------
    n_neighbors : sequence of int, default=(10, 30, 50, 70, 90)
        The numbers K of dictionary entries that move a point, to choose from.
    n_iter : sequence of int, default=(1, 2, 3, 4)
        The numbers T of iterations to choose from.
    estimator : InstaMapAligner or AlignerPipeline, default=None
        What to fit, in clones, with all other parameters set; of a pipeline the last step is an
        :class:`InstaMapAligner`, as in InstaMap on top of VecMap. None is an
        ``InstaMapAligner()``.
    param_grid : mapping of str to sequence or list of such mappings, default=None
        Further parameters of `estimator` to search together with K and T, such as
        ``{"step": (0.5, 1.0)}``; of several grids each by itself. Each combination costs fits.
    cv : int, cross-validation generator or iterable, default=None
        The folds. An int is a number of
        :class:`~sklearn_instamap.model_selection.WordDisjointKFold`, not shuffled; None is 5 of
        them, or as many as the dictionary has groups without a word in common. A splitter, or
        pairs of training and test indices, are taken as they are; for the paper's fixed split
        there is :class:`~sklearn_instamap.model_selection.WordDisjointHoldout`.
    scoring : callable, default=None
        Called as ``scoring(estimator, X, y)``, greater is better: see
        :func:`~sklearn_instamap.metrics.make_bli_scorer`. None is P@1 by cosine among all rows of
        ``target_space`` or, where none is given to ``fit``, of ``y``.
    refit : bool or callable, default=True
        Fit the best combination on all pairs. Without, there is nothing to transform with. A
        callable chooses the best: given ``cv_results_`` it returns ``best_index_``.
    error_score : "raise" or float, default=nan
        The score of a combination on a fold where fitting or scoring fails, with a warning. With
        "raise" the error is raised, and values that are not allowed are refused before any fit.
    n_jobs : int, default=None
        Number of fits at a time, by joblib. None means 1 unless in a
        :func:`joblib.parallel_config` context, -1 all processors. The ``n_jobs`` of `estimator` is
        the number of threads of one fit.
    verbose : int, default=0
        Print a line after each fit.

    Attributes
    ----------
    cv_results_ : dict of ndarrays
        One entry per combination in the columns of :class:`~sklearn.model_selection.GridSearchCV`:
        ``params`` and ``param_<name>``, ``split<i>_test_score``, ``mean_test_score``,
        ``std_test_score``, ``rank_test_score``, and times. The fit time is what the fit that all
        numbers of iterations share had taken so far.
    best_index_ : int
        The combination with the best mean score; of equally good ones the first.
    best_params_ : dict
        Its parameters, by their names in `estimator`.
    best_score_ : float
        Its mean score; not there if ``refit`` is a callable.
    n_neighbors_ : int
        The K chosen.
    n_iter_ : int
        The T chosen.
    n_splits_ : int
        Number of folds.
    best_estimator_ : InstaMapAligner or AlignerPipeline
        The best combination fitted on all pairs, if ``refit=True``.
    n_features_in_, n_target_features_in_ : int
        Dimensions of the source and of the target space.

    See Also
    --------
    InstaMapAligner : With K and T given.
    sklearn_instamap.plotting.IterationCurveDisplay : Draws what was found.

    Notes
    -----
    Folds for which groups are needed are given as indices:
    ``cv=list(GroupKFold(5).split(X, y, groups))``.

    Examples
    --------
    >>> from sklearn_instamap import InstaMapAlignerCV
    >>> from sklearn_instamap.datasets import make_bilingual_spaces
    >>> data = make_bilingual_spaces(n_words=300, n_train=100, n_test=50)
    >>> aligner = InstaMapAlignerCV(n_neighbors=(5, 20), n_iter=(1, 2), cv=2)
    >>> aligner = aligner.fit(data.X, data.y, source_space=data.source, target_space=data.target)
    >>> aligner.best_params_ == {"n_iter": aligner.n_iter_, "n_neighbors": aligner.n_neighbors_}
    True
    >>> list(aligner.cv_table())
    ['n_iter', 'n_neighbors', 'mean score', 'std']
    >>> aligner.transform(data.source)
    EmbeddingSpace(n_words=300, n_features=50, dtype=float32)
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "n_neighbors": [Several(Integral, 1, None, closed="left")],
        "n_iter": [Several(Integral, 1, None, closed="left")],
        "estimator": [HasMethods(["fit", "transform", "transform_target"]), None],
        "param_grid": [Mapping, list, tuple, None],
        "cv": ["cv_object"],
        "scoring": [callable, None],
        "refit": ["boolean", callable],
        "error_score": [StrOptions({"raise"}), Real],
        "n_jobs": N_JOBS,
        "verbose": ["verbose"],
    }

    def __init__(
        self,
        n_neighbors: Sequence[int] = (10, 30, 50, 70, 90),
        n_iter: Sequence[int] = (1, 2, 3, 4),
        *,
        estimator: Any = None,
        param_grid: Mapping[str, Sequence[Any]] | Sequence[Mapping[str, Any]] | None = None,
        cv: Any = None,
        scoring: Callable[[Any, Any, Any], float] | None = None,
        refit: bool | Callable[[dict[str, Any]], int] = True,
        error_score: float | str = np.nan,
        n_jobs: int | None = None,
        verbose: int = 0,
    ) -> None:
        self.n_neighbors = n_neighbors
        self.n_iter = n_iter
        self.estimator = estimator
        self.param_grid = param_grid
        self.cv = cv
        self.scoring = scoring
        self.refit = refit
        self.error_score = error_score
        self.n_jobs = n_jobs
        self.verbose = verbose

    def _fit_pairs(self, X: Array, y: Array, source: Array | None, target: Array | None) -> None:
        best = self._search(X, y, source, target)
        if self.refit:
            self._refit(best, X, y)._fit_checked(X, y, source, target)
            self._n_features_out = best._n_features_out

    def _fit_and_map(self, X: Array, y: Array, source: Array, target: Array) -> tuple[Array, Array]:
        if not self.refit:
            raise NotFittedError(_NOT_REFITTED)
        best = self._refit(self._search(X, y, source, target), X, y)
        mapped = best._fit_map_checked(X, y, source, target)
        self._n_features_out = best._n_features_out
        return mapped

    def cv_table(self) -> pd.DataFrame:
        """Return the combinations that were tried, the best first, as a table to read.

        Returns
        -------
        DataFrame
            A row for each combination, indexed by its rank: its parameters, and mean and standard
            deviation of its score over the folds. All else is in ``cv_results_``.

        Raises
        ------
        NotFittedError
            If `fit` has not been called.
        """
        check_is_fitted(self, "cv_results_")
        return cv_table(self.cv_results_)

    @property
    def shared_space_is_target(self) -> bool:
        """Whether the shared space is the target's own: as `estimator` says."""
        return self.estimator is not None and self.estimator.shared_space_is_target

    def _doubts(self, n_pairs: int) -> Iterator[tuple[str, str]]:
        if self.refit:
            yield from self.best_estimator_._doubts(n_pairs)

    def _fitted_parts(self) -> Parts:
        yield from super()._fitted_parts()
        best = vars(self).get("best_estimator_")
        if best is not None:
            for name in ("n_features_in_", "n_target_features_in_", "_n_features_out"):
                yield f"best_estimator_.{name}", getattr(best, name), getattr(self, name)

    def _set_shared_dimensions(self, X: Array) -> None:
        if self.refit:
            super()._set_shared_dimensions(X)

    def _map_source(self, X: Array) -> Array:
        return self._refitted()._map_source(X)

    def _map_target(self, y: Array) -> Array:
        return self._refitted()._map_target(y)

    def _refitted(self) -> Any:
        if not hasattr(self, "best_estimator_"):
            raise NotFittedError(_NOT_REFITTED)
        return self.best_estimator_

    def _refit(self, best: Any, X: Array, y: Array) -> Any:
        """Make the best combination ready to be fitted on all pairs."""
        best._remember(X, y)
        if hasattr(self, "feature_names_in_"):
            best.feature_names_in_ = self.feature_names_in_
        self.best_estimator_ = best
        return best

    def _search(self, X: Array, y: Array, source: Array | None, target: Array | None) -> Any:
        """Score all combinations; return the best one, to be fitted."""
        # What an earlier fit found is not the result of this one.
        self.__dict__.pop("best_estimator_", None)
        estimator, k_name, t_name = self._estimator_and_names()
        scorer = self.scoring or make_bli_scorer(y if target is None else target)
        splits = self._splits(X, y)
        fewest = min(len(train) for train, _ in splits)
        if max(self.n_neighbors) > fewest:
            message = fewer_pairs(max(self.n_neighbors), fewest, "the smallest fold")
            warnings.warn(message, UserWarning, stacklevel=5)
        candidates: list[dict[str, Any]] = []
        # Candidates that differ in T alone share their fits: which one is each candidate's. Places
        # in a grid can be hashed, whatever the values are.
        fit_of: list[tuple[Any, ...]] = []
        longest: dict[tuple[Any, ...], dict[str, Any]] = {}
        for number, grid in enumerate(self._grids(k_name, t_name)):
            for places in ParameterGrid({name: range(len(each)) for name, each in grid.items()}):
                candidates.append({name: grid[name][place] for name, place in places.items()})
                fit_of.append((number, *(at for name, at in places.items() if name != t_name)))
                longest[fit_of[-1]] = candidates[-1] | {t_name: max(grid[t_name])}
        tasks = [(fit, fold) for fit in longest for fold in range(len(splits))]
        outcomes = Parallel(n_jobs=self.n_jobs)(
            delayed(fit_and_score)(
                clone(estimator).set_params(**clone(longest[fit], safe=False)),
                (X, y, source, target),
                splits[fold],
                scorer,
                set(self.n_iter),
                _label(longest[fit], t_name, fold, len(splits)) if self.verbose else None,
                self.error_score,
            )
            for fit, fold in tasks
        )
        by_task = dict(zip(tasks, outcomes, strict=True))
        of_candidates = [
            [(each[t_name], by_task[fit, fold]) for fold in range(len(splits))]
            for fit, each in zip(fit_of, candidates, strict=True)
        ]
        self.n_splits_ = len(splits)
        self.cv_results_ = cv_results(candidates, of_candidates, outcomes, self.error_score)
        self.best_index_ = self._choose()
        self.best_params_ = candidates[self.best_index_]
        self.__dict__.pop("best_score_", None)
        if not callable(self.refit):
            self.best_score_ = float(self.cv_results_["mean_test_score"][self.best_index_])
        self.n_neighbors_ = self.best_params_[k_name]
        self.n_iter_ = self.best_params_[t_name]
        return clone(estimator).set_params(**clone(self.best_params_, safe=False))

    def _choose(self) -> int:
        """Return the place of the best combination."""
        if not callable(self.refit):
            return int(self.cv_results_["rank_test_score"].argmin())
        index = self.refit(self.cv_results_)
        if not isinstance(index, Integral):
            raise TypeError(f"refit must return the index of a combination, got {index!r}.")
        if not 0 <= index < len(self.cv_results_["params"]):
            raise IndexError(
                f"refit returned the index {index}, but there are "
                f"{len(self.cv_results_['params'])} combinations."
            )
        return int(index)

    def _check_parameter_combinations(self) -> None:
        estimator, k_name, t_name = self._estimator_and_names()
        for grid in self._grids(k_name, t_name):
            # All values of these two are allowed: one of each will do.
            grid |= {name: grid[name][:1] for name in (k_name, t_name)}
            for candidate in ParameterGrid(grid):
                made = clone(estimator).set_params(**clone(candidate, safe=False))
                if self.error_score == "raise":
                    check_parameters(made)

    def _estimator_and_names(self) -> tuple[Any, str, str]:
        """Return what is fitted, and what it calls K and T."""
        estimator = InstaMapAligner() if self.estimator is None else self.estimator
        prefix = instamap_prefix(estimator, type(self).__name__)
        return estimator, f"{prefix}n_neighbors", f"{prefix}n_iter"

    def _grids(self, k_name: str, t_name: str) -> list[dict[str, list[Any]]]:
        """Return the grids to search, each of values by the names of their parameters."""
        given = [{}] if self.param_grid is None else self.param_grid
        if not given and not isinstance(given, Mapping):
            raise InvalidParameterError("param_grid is empty; None searches K and T alone.")
        return [
            self._grid(each, k_name, t_name)
            for each in ([given] if isinstance(given, Mapping) else given)
        ]

    def _grid(self, given: Any, k_name: str, t_name: str) -> dict[str, list[Any]]:
        if not isinstance(given, Mapping):
            raise InvalidParameterError(
                f"Each grid of param_grid must be a mapping, got {given!r}."
            )
        for name in (k_name, t_name):
            if name in given:
                raise InvalidParameterError(
                    f"param_grid names {name!r}, which {name.split('__')[-1]} of "
                    "InstaMapAlignerCV searches already."
                )
        for name, values in given.items():
            if isinstance(values, str) or np.ndim(values) == 0 or len(values) == 0:
                raise InvalidParameterError(
                    f"The values of {name!r} in param_grid must be a non-empty sequence, got "
                    f"{values!r}."
                )
        return {n: list(v) for n, v in given.items()} | {
            k_name: list(self.n_neighbors),
            t_name: list(self.n_iter),
        }

    def _splits(self, X: Array, y: Array) -> list[Split]:
        cv = self.cv
        if cv is None:
            n_groups = int(dictionary_groups(X, y).max()) + 1
            if n_groups == 1:
                raise ValueError(
                    f"A dictionary with n_samples={len(X)}, all of which are connected by "
                    "shared words, cannot be split into word-disjoint folds; give other folds by "
                    "cv."
                )
            cv = min(_N_SPLITS, n_groups)
        if isinstance(cv, Integral):
            cv = WordDisjointKFold(int(cv), shuffle=False)
        if not hasattr(cv, "split"):
            cv = _pairs_of_indices(cv)
        return list(check_cv(cv).split(X, y))


def _pairs_of_indices(cv: Any) -> list[Any]:
    """Return the folds of an iterable, each of training and test rows."""
    folds = several(cv)
    if not folds or not all(isinstance(fold, list | tuple) and len(fold) == 2 for fold in folds):
        wanted = "None, an int, a splitter or an iterable of pairs of training and test rows"
        raise invalid("cv", wanted, cv, "InstaMapAlignerCV")
    return folds


def _label(parameters: Mapping[str, Any], t_name: str, number: int, n_splits: int) -> str:
    named = ", ".join(f"{name}={value!r}" for name, value in parameters.items() if name != t_name)
    return f"{named}, fold {number + 1}/{n_splits}"
