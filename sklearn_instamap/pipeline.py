"""A pipeline that takes both sides along: aligners, and plain transformers once per side."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, clone
from sklearn.pipeline import make_pipeline
from sklearn.utils import Bunch
from sklearn.utils.metaestimators import _BaseComposition

from sklearn_instamap._check import HasMethods
from sklearn_instamap.base import AlignerMixin

Array = NDArray[np.floating]


class TwoSidedTransformer(AlignerMixin, BaseEstimator):
    """Apply a scikit-learn transformer to both sides, fitted on each side by itself.

    :class:`AlignerPipeline` wraps its plain steps in this class, so that a ``Normalizer`` or a
    ``StandardScaler`` stands among aligners.

    Parameters
    ----------
    transformer : transformer
        An unsupervised transformer of dense rows. It is cloned for each side and fitted on the
        whole space of that side, or on the dictionary rows where no space is given.

    Attributes
    ----------
    source_transformer_, target_transformer_ : transformer
        The fitted clones.
    n_features_in_, n_target_features_in_ : int
        Dimensions of the source and of the target space.

    See Also
    --------
    make_aligner_pipeline : Chains aligners and plain transformers.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.preprocessing import StandardScaler
    >>> from sklearn_instamap import TwoSidedTransformer
    >>> X, y = np.array([[1.0], [3.0]]), np.array([[10.0], [20.0]])
    >>> centered = TwoSidedTransformer(StandardScaler(with_std=False)).fit(X, y)
    >>> centered.transform(X).ravel(), centered.transform_target(y).ravel()
    (array([-1.,  1.]), array([-5.,  5.]))
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "transformer": [HasMethods(["fit", "transform"])],
    }

    def __init__(self, transformer: Any) -> None:
        self.transformer = transformer

    def _fit_pairs(self, X: Array, y: Array, source: Array | None, target: Array | None) -> None:
        self.source_transformer_ = clone(self.transformer).fit(X if source is None else source)
        self.target_transformer_ = clone(self.transformer).fit(y if target is None else target)
        self._n_features_out = self._map_source(X[:1]).shape[1]

    def _map_source(self, X: Array) -> Array:
        return _as_rows(self.source_transformer_.transform(X), X)

    def _map_target(self, y: Array) -> Array:
        return _as_rows(self.target_transformer_.transform(y), y)


class AlignerPipeline(AlignerMixin, _BaseComposition):
    """Chain steps that act on source and target alike; itself an aligner.

    scikit-learn's ``Pipeline`` transforms ``X`` only: a ``Normalizer`` in it normalizes the
    source and leaves the target as it was. Here every step maps the dictionary's rows and both
    whole spaces before the next one is fitted. A step is an aligner, or a plain transformer,
    which is fitted once per side.

    Parameters
    ----------
    steps : list of (str, estimator) tuples
        Names and estimators, in order. The estimators are cloned, never fitted in place.
        Their parameters are reachable as ``<step>__<parameter>``.

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

    Examples
    --------
    >>> from sklearn.preprocessing import Normalizer
    >>> from sklearn_instamap import AlignerPipeline, InstaMapAligner
    >>> from sklearn_instamap.datasets import load_en_de
    >>> X, y = load_en_de(return_X_y=True)
    >>> pipeline = AlignerPipeline([("unit", Normalizer()), ("align", InstaMapAligner(n_iter=1))])
    >>> pipeline.fit(X, y).transform(X).shape
    (1239, 300)
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "steps": [list],
    }

    def __init__(self, steps: list[tuple[str, Any]]) -> None:
        self.steps = steps

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

    @property
    def named_steps_(self) -> Bunch:
        """The fitted steps by name."""
        return Bunch(**dict(self.steps_))

    def _fit_pairs(self, X: Array, y: Array, source: Array | None, target: Array | None) -> None:
        *first, (name, last) = self._unfitted_steps()
        X, y, source, target = self._fit_first(first, last._uses_spaces, X, y, source, target)
        last._fit_checked(X, y, source, target)
        self._keep([*first, (name, last)])

    def _fit_and_map(self, X: Array, y: Array, source: Array, target: Array) -> tuple[Array, Array]:
        *first, (name, last) = self._unfitted_steps()
        X, y, mapped, mapped_target = self._fit_first(first, True, X, y, source, target)
        spaces = last._fit_map_checked(X, y, mapped, mapped_target)
        self._keep([*first, (name, last)])
        return spaces

    def _doubts(self, n_pairs: int) -> Iterator[tuple[str, str]]:
        for _, step in self.steps_:
            yield from step._doubts(n_pairs)

    def _fit_first(
        self,
        steps: list[tuple[str, AlignerMixin]],
        spaces_needed: bool,
        X: Array,
        y: Array,
        source: Any,
        target: Any,
    ) -> tuple[Array, Array, Any, Any]:
        """Fit all steps but the last; return the pairs and the spaces as these map them."""
        for position, (_, step) in enumerate(steps):
            # Whole spaces are mapped only while somebody further on looks at them.
            needed = spaces_needed or any(s._uses_spaces for _, s in steps[position + 1 :])
            if needed and source is not None and target is not None:
                source, target = step._fit_map_checked(X, y, source, target)
            else:
                step._fit_checked(X, y, source, target)
                source = step._map_source(source) if needed and source is not None else None
                target = step._map_target(target) if needed and target is not None else None
            X, y = step._map_source(X), step._map_target(y)
        return X, y, source, target

    def _keep(self, fitted: list[tuple[str, AlignerMixin]]) -> None:
        self.steps_ = fitted
        self._n_features_out = fitted[-1][1]._n_features_out

    def _check_parameter_combinations(self) -> None:
        if not self.steps:
            raise ValueError("AlignerPipeline needs at least one step; steps is empty.")
        self._validate_names([name for name, _ in self.steps])
        for name, step in self.steps:
            if not (hasattr(step, "fit") and hasattr(step, "transform")):
                raise TypeError(
                    f"The step {name!r} of AlignerPipeline is {step!r}, which is neither an "
                    "aligner nor a transformer: it needs fit and transform."
                )

    def _unfitted_steps(self) -> list[tuple[str, AlignerMixin]]:
        """Return clones of the steps, each an aligner."""
        return [
            (name, clone(step if isinstance(step, AlignerMixin) else TwoSidedTransformer(step)))
            for name, step in self.steps
        ]

    def _map_source(self, X: Array) -> Array:
        for _, step in self.steps_:
            X = step._map_source(X)
        return X

    def _map_target(self, y: Array) -> Array:
        for _, step in self.steps_:
            y = step._map_target(y)
        return y


def make_aligner_pipeline(*steps: Any) -> AlignerPipeline:
    """Make an :class:`AlignerPipeline` with step names made from the classes.

    Parameters
    ----------
    *steps : estimators
        Aligners and plain transformers, in order.

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
    return AlignerPipeline(make_pipeline(*steps).steps)


def _as_rows(output: Any, rows: Array) -> Array:
    """Return a transformer's output, whatever container it came in, in the rows' dtype."""
    return np.ascontiguousarray(np.asarray(output), dtype=rows.dtype)
