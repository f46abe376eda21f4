"""A pipeline that takes both sides along: aligners, and plain transformers once per side."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.utils import Bunch
from sklearn.utils._user_interface import _print_elapsed_time
from sklearn.utils.metaestimators import _BaseComposition
from sklearn.utils.validation import check_memory

from sklearn_instamap._check import SHARED_SPACE, HasMethods, InvalidParameterError
from sklearn_instamap._steps import (
    as_aligner,
    can_return,
    chain_parts,
    is_step,
    moved_by,
    warn_of_lengths,
)
from sklearn_instamap.base import AlignerMixin

Array = NDArray[np.floating]

_PASS = "passthrough"
_COLUMNS = ("feature_names_in_", "target_feature_names_in_")


class AlignerPipeline(AlignerMixin, _BaseComposition):
    """Chain steps that act on source and target alike; itself an aligner.

    scikit-learn's ``Pipeline`` transforms ``X`` only: a ``Normalizer`` in it normalizes the
    source and leaves the target as it was. Here every step maps the dictionary's rows and both
    whole spaces before the next one is fitted. A step is an aligner, which is whatever has
    ``transform_target``, or a plain transformer, which is fitted once per side.

    Parameters
    ----------
    steps : list of (str, estimator) tuples
        Names and estimators, in order. The estimators are cloned, never fitted in place; a
        ``FrozenEstimator`` stays as it is. ``"passthrough"`` and None do nothing. Their
        parameters are reachable as ``<step>__<parameter>``.
    memory : str or object with the joblib.Memory interface, default=None
        Where fitted steps are kept to be used again; a str is the path of a folder. The last step
        is never kept.
    verbose : bool, default=False
        Print the time that fitting each step took.
    shared_space : {"both", "target"}, default="both"
        With "target" source rows land among the target's vectors as these were given, and
        ``transform_target`` returns its rows. Every aligner among the steps has to leave the target
        where it is (``shared_space_is_target``); what plain transformers did to the target is
        undone by their ``inverse_transform``, what a ``Normalizer`` did by the mean length that the
        target's rows had.

    Attributes
    ----------
    steps_ : list of (str, estimator) tuples
        The fitted steps; a plain transformer stands as a :class:`TwoSidedTransformer`.
    named_steps_ : Bunch
        The fitted steps by name.
    n_features_in_, n_target_features_in_ : int
        Dimensions of the source and of the target space.

    See Also
    --------
    make_aligner_pipeline : The same with names made from the classes.

    Notes
    -----
    ``pipeline[0]``, ``pipeline["name"]``, ``pipeline[:-1]`` and `named_steps` are the fitted steps
    once the pipeline is fitted, and the given ones before.

    Examples
    --------
    >>> from sklearn.preprocessing import Normalizer
    >>> from sklearn_instamap import AlignerPipeline, InstaMapAligner
    >>> from sklearn_instamap.datasets import load_en_de
    >>> X, y = load_en_de(return_X_y=True)
    >>> pipeline = AlignerPipeline([("unit", Normalizer()), ("align", InstaMapAligner(n_iter=1))])
    >>> pipeline.fit(X, y).transform(X).shape
    (1239, 300)
    >>> pipeline[:-1].transform(X).shape, pipeline["align"].n_pairs_
    ((1239, 300), [1239])
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "steps": [list, tuple],
        "memory": [None, str, HasMethods(["cache"])],
        "verbose": ["boolean"],
        "shared_space": SHARED_SPACE,
    }

    def __init__(
        self,
        steps: list[tuple[str, Any]],
        *,
        memory: Any = None,
        verbose: bool = False,
        shared_space: str = "both",
    ) -> None:
        self.steps = steps
        self.memory = memory
        self.verbose = verbose
        self.shared_space = shared_space

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the parameters of the pipeline and of its steps.

        Parameters
        ----------
        deep : bool, default=True
            Also return the steps and their parameters, as ``<step>__<parameter>``.

        Returns
        -------
        dict
            Parameter names and values.
        """
        return self._get_params("steps", deep=deep)

    def set_params(self, **params: Any) -> AlignerPipeline:
        """Set parameters of the pipeline, of its steps, or whole steps.

        Parameters
        ----------
        **params : dict
            ``steps``, ``<step>`` or ``<step>__<parameter>`` and their values.

        Returns
        -------
        self : AlignerPipeline
            The pipeline.
        """
        return self._set_params("steps", **params)

    def __len__(self) -> int:
        return len(self.steps)

    def __getitem__(self, index: int | str | slice) -> Any:
        """Return a step, by place or name, or a pipeline of some of the steps."""
        if isinstance(index, str):
            return self.named_steps[index]
        if not isinstance(index, slice):
            return self._steps_now()[index][1]
        if index.step not in (1, None):
            raise ValueError("Slices of an AlignerPipeline must have a step of 1.")
        part = type(self)(self.steps[index], memory=self.memory, verbose=self.verbose)
        # Between the steps the target is where they have moved it.
        if len(part) == len(self):
            part.shared_space = self.shared_space
        if hasattr(self, "_sklearn_output_config"):
            part._sklearn_output_config = self._sklearn_output_config.copy()
        if hasattr(self, "steps_"):
            self._hand_over(part, *index.indices(len(self))[:2])
        return part

    @property
    def named_steps(self) -> Bunch:
        """The steps by name: fitted ones once the pipeline is fitted."""
        return Bunch(**dict(self._steps_now()))

    @property
    def named_steps_(self) -> Bunch:
        """The fitted steps by name."""
        return Bunch(**dict(self.steps_))

    def _steps_now(self) -> list[tuple[str, Any]]:
        return getattr(self, "steps_", self.steps)

    def _hand_over(self, part: AlignerPipeline, start: int, stop: int) -> None:
        """Make a pipeline of some of the steps fitted, as those are."""
        part.steps_ = self.steps_[start:stop]
        for name in ("n_features_in_", "n_target_features_in_"):
            following = [getattr(step, name) for step in _working(self.steps_[start:])]
            setattr(part, name, following[0] if following else self._n_features_out)
        part._keep(part.steps_)
        # A stage of InstaMap has seen arrays alone.
        for name in (*_COLUMNS, "_seen_source_", "_seen_target_"):
            if start == 0 and hasattr(self, name):
                setattr(part, name, getattr(self, name))

    def _sk_visual_block_(self) -> Any:
        return Pipeline(self._steps_now())._sk_visual_block_()

    def _fit_pairs(self, X: Array, y: Array, source: Array | None, target: Array | None) -> None:
        self._fit_steps(X, y, source, target, map_spaces=False)

    def _fit_and_map(self, X: Array, y: Array, source: Array, target: Array) -> tuple[Array, Array]:
        mapped = self._fit_steps(X, y, source, target, map_spaces=True)
        return (self._landed(mapped[0]), target) if self.shared_space == "target" else mapped

    def _fit_steps(
        self, X: Array, y: Array, source: Any, target: Any, *, map_spaces: bool
    ) -> tuple[Any, Any]:
        """Fit all steps; return both spaces as these map them, if asked to."""
        given = X, y
        *first, (name, last) = self._unfitted_steps()
        needed = map_spaces or (last != _PASS and last._uses_spaces)
        X, y, source, target = self._fit_first(first, needed, X, y, source, target)
        with self._timed(len(first)):
            if last != _PASS and map_spaces:
                source, target = last._fit_map_checked(X, y, source, target)
            elif last != _PASS:
                last._fit_checked(X, y, source, target)
        self._keep([*first, (name, last)])
        if self.shared_space == "target" and not _all_stay(self.steps_):
            warn_of_lengths(self._map_source(given[0]), given[1])
        return source, target

    def _fit_first(
        self,
        steps: list[tuple[str, Any]],
        spaces_needed: bool,
        X: Array,
        y: Array,
        source: Any,
        target: Any,
    ) -> tuple[Array, Array, Any, Any]:
        """Fit all steps but the last, in their list; return pairs and spaces as these map them."""
        fit_one = check_memory(self.memory).cache(_fit_one)
        for place, (name, step) in enumerate(steps):
            # Whole spaces are mapped only while somebody further on looks at them.
            needed = spaces_needed or any(s._uses_spaces for s in _working(steps[place + 1 :]))
            with self._timed(place):
                if step != _PASS:
                    step, X, y, source, target = fit_one(step, X, y, source, target, needed)
            # Memory returns another object than the one it was given.
            steps[place] = (name, step)
        return X, y, source, target

    def _timed(self, place: int) -> Any:
        message = f"(step {place + 1} of {len(self.steps)}) Processing {self.steps[place][0]}"
        return _print_elapsed_time(type(self).__name__, message if self.verbose else None)

    def _keep(self, fitted: list[tuple[str, Any]]) -> None:
        self.steps_ = fitted
        working = _working(fitted)
        for name in _COLUMNS:
            if working and hasattr(self, name):
                setattr(working[0], name, getattr(self, name))
        self._n_features_out = working[-1]._n_features_out if working else self.n_features_in_
        if self.shared_space == "target":
            self._n_features_out = self.n_target_features_in_

    @property
    def shared_space_is_target(self) -> bool:
        """Whether the shared space is the target's own: if asked for, or if it is each step's."""
        return self.shared_space == "target" or _all_stay(self._unfitted_steps())

    @property
    def _can_return(self) -> bool:
        return self.shared_space == "target" or all(
            map(can_return, _working(self._unfitted_steps()))
        )

    def _back(self, rows: Array) -> Array:
        return rows if self.shared_space == "target" else self._landed(rows)

    def _landed(self, rows: Array) -> Array:
        """Undo, from the last to the first, what the steps did to the target."""
        for step in reversed(_working(self.steps_)):
            rows = step._back(rows) if hasattr(step, "_back") else rows
        return rows

    _fitted_parts = chain_parts

    def _doubts(self, n_pairs: int) -> Iterator[tuple[str, str]]:
        for step in _working(self.steps_):
            yield from step._doubts(n_pairs)

    def _check_parameter_combinations(self) -> None:
        if not self.steps:
            raise InvalidParameterError("AlignerPipeline needs at least one step; steps is empty.")
        for step in self.steps:
            if not (isinstance(step, tuple | list) and len(step) == 2 and isinstance(step[0], str)):
                raise InvalidParameterError(
                    "steps of AlignerPipeline must be pairs of a name and an estimator, got "
                    f"{step!r}."
                )
        self._validate_names([name for name, _ in self.steps])
        for name, step in self.steps:
            if not (_is_passthrough(step) or is_step(step)):
                raise InvalidParameterError(
                    f"The step {name!r} of AlignerPipeline is {step!r}, which is neither an "
                    "aligner nor a transformer: it needs fit and transform, and to do without a "
                    "target."
                )
        if self.shared_space == "target":
            self._check_steps_return()

    def _check_steps_return(self) -> None:
        for name, step in self._unfitted_steps():
            if step != _PASS and not can_return(step):
                raise InvalidParameterError(
                    f"With shared_space='target' the step {name!r} of AlignerPipeline must leave "
                    f"the target where it is or be undone, which {moved_by(step)}."
                )

    def _unfitted_steps(self) -> list[tuple[str, Any]]:
        """Return clones of the steps, each an aligner or "passthrough"."""
        return [
            (name, _PASS if _is_passthrough(step) else as_aligner(step))
            for name, step in self.steps
        ]

    def _map_source(self, X: Array) -> Array:
        for step in _working(self.steps_):
            X = step._map_source(X)
        return self._landed(X) if self.shared_space == "target" else X

    def _map_target(self, y: Array) -> Array:
        if self.shared_space == "target":
            return y
        for step in _working(self.steps_):
            y = step._map_target(y)
        return y


def make_aligner_pipeline(
    *steps: Any, memory: Any = None, verbose: bool = False, shared_space: str = "both"
) -> AlignerPipeline:
    """Make an :class:`AlignerPipeline` with step names made from the classes.

    Parameters
    ----------
    *steps : estimators
        Aligners and plain transformers, in order.
    memory : str or object with the joblib.Memory interface, default=None
        Where fitted steps are kept to be used again.
    verbose : bool, default=False
        Print the time that fitting each step took.
    shared_space : {"both", "target"}, default="both"
        With "target" source rows land among the target's vectors as these were given.

    Returns
    -------
    AlignerPipeline
        The pipeline; its steps are named after their classes in lower case.

    Examples
    --------
    InstaMap on unit, centered, unit vectors:

    >>> from sklearn.preprocessing import Normalizer, StandardScaler
    >>> from sklearn_instamap import InstaMapAligner, make_aligner_pipeline
    >>> pipeline = make_aligner_pipeline(
    ...     Normalizer(), StandardScaler(with_std=False), Normalizer(), InstaMapAligner()
    ... )
    >>> [name for name, _ in pipeline.steps]
    ['normalizer-1', 'standardscaler', 'normalizer-2', 'instamapaligner']
    """
    # The naming rule is scikit-learn's own, numbering of repeated classes included.
    named = make_pipeline(*steps).steps
    return AlignerPipeline(named, memory=memory, verbose=verbose, shared_space=shared_space)


def _fit_one(
    step: AlignerMixin, X: Array, y: Array, source: Any, target: Any, spaces_needed: bool
) -> tuple[AlignerMixin, Array, Array, Any, Any]:
    """Fit one step; return it with the pairs and, if needed, the spaces as it maps them."""
    if spaces_needed and source is not None and target is not None:
        source, target = step._fit_map_checked(X, y, source, target)
    else:
        step._fit_checked(X, y, source, target)
        source = step._map_source(source) if spaces_needed and source is not None else None
        target = step._map_target(target) if spaces_needed and target is not None else None
    return step, step._map_source(X), step._map_target(y), source, target


def _is_passthrough(step: Any) -> bool:
    return step is None or (isinstance(step, str) and step == _PASS)


def _working(steps: list[tuple[str, Any]]) -> list[Any]:
    """Return the steps that do something."""
    return [step for _, step in steps if not _is_passthrough(step)]


def _all_stay(steps: list[tuple[str, Any]]) -> bool:
    """Whether each step leaves the target where it is, but for the length of its rows."""
    return all(step.shared_space_is_target for step in _working(steps))
