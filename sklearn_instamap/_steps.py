"""What a step of a pipeline is made of, so that it maps both sides."""

from __future__ import annotations

import warnings
from typing import Any, ClassVar

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, OneToOneFeatureMixin, clone
from sklearn.frozen import FrozenEstimator
from sklearn.preprocessing import Normalizer, normalize
from sklearn.utils import get_tags
from sklearn.utils.validation import has_fit_parameter

from sklearn_instamap._check import HasMethods
from sklearn_instamap._fit_data import lengths_differ, mean_length
from sklearn_instamap._fitted_parts import FittedPartsMixin, Parts
from sklearn_instamap._wording import plural
from sklearn_instamap.base import AlignerMixin

Array = NDArray[np.floating]

_SPACES = ("source_space", "target_space")
_ORDERS = {"l1": 1, "l2": 2, "max": np.inf}
# Rows whose lengths are taken at once, so that no copy of a large space is made.
_CHUNK = 4096


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
        # Like Pipeline, with a y: a FrozenEstimator asks for one.
        rows = X if source is None else source, y if target is None else target
        self.source_transformer_ = clone(self.transformer).fit(rows[0], None)
        self.target_transformer_ = clone(self.transformer).fit(rows[1], None)
        self._n_features_out = self._map_source(X[:1]).shape[1]
        if isinstance(self.target_transformer_, Normalizer):
            self._target_length = _mean_length(rows[1], self.target_transformer_.norm)

    def _fitted_parts(self) -> Parts:
        yield from super()._fitted_parts()
        source, target = self.source_transformer_, self.target_transformer_
        yield from _width_taken("source_transformer_", source, self.n_features_in_)
        yield from _width_taken("target_transformer_", target, self.n_target_features_in_)
        yield "_n_features_out", self._n_features_out, _width_made(source)
        if isinstance(target, Normalizer):
            yield "_target_length", self._target_length, float

    @property
    def shared_space_is_target(self) -> bool:
        """Whether the shared space is the target's own: only lengths may change."""
        return isinstance(self.transformer, Normalizer)

    @property
    def _can_return(self) -> bool:
        """Whether rows can be brought back to where the target was before."""
        return self.shared_space_is_target or hasattr(self.transformer, "inverse_transform")

    def _back(self, rows: Array) -> Array:
        """Undo what was done to the target; unit length by the mean length that its rows had.

        A single row's length is not known of a point that is not one of them.
        """
        transformer = self.target_transformer_
        if isinstance(transformer, Normalizer):
            return self._target_length * normalize(rows, norm=transformer.norm)
        return _as_rows(transformer, transformer.inverse_transform(rows), rows)

    def _map_source(self, X: Array) -> Array:
        return _as_rows(self.source_transformer_, self.source_transformer_.transform(X), X)

    def _map_target(self, y: Array) -> Array:
        return _as_rows(self.target_transformer_, self.target_transformer_.transform(y), y)


class _ForeignAligner(AlignerMixin, BaseEstimator):
    """An aligner that does not derive from `AlignerMixin`, by its public methods.

    So are frozen ones: a ``FrozenEstimator`` is its own clone, and fitting it does nothing.
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "aligner": [HasMethods(["fit", "transform", "transform_target"])],
    }

    def __init__(self, aligner: Any) -> None:
        self.aligner = aligner

    @property
    def _uses_spaces(self) -> bool:  # type: ignore[override]
        return any(
            has_fit_parameter(self.aligner, f"{side}_space") for side in ("source", "target")
        )

    def _fit_pairs(self, X: Array, y: Array, source: Array | None, target: Array | None) -> None:
        aligner = clone(self.aligner)
        taken = {
            name: space
            for name, space in zip(_SPACES, (source, target), strict=True)
            if space is not None and has_fit_parameter(aligner, name)
        }
        self.aligner_ = aligner.fit(X, y, **taken)
        self._n_features_out = self._map_source(X[:1]).shape[1]

    def _fitted_parts(self) -> Parts:
        yield from super()._fitted_parts()
        yield from _width_taken("aligner_", self.aligner_, self.n_features_in_)

    @property
    def shared_space_is_target(self) -> bool:
        """Whether the shared space is the target's own: as the aligner says."""
        return getattr(self.aligner, "shared_space_is_target", False)

    def _map_source(self, X: Array) -> Array:
        return _as_rows(self.aligner_, self.aligner_.transform(X), X)

    def _map_target(self, y: Array) -> Array:
        return _as_rows(self.aligner_, self.aligner_.transform_target(y), y)


def as_aligner(step: Any) -> AlignerMixin:
    """Return an unfitted clone of a step that maps both sides."""
    if isinstance(step, AlignerMixin):
        return clone(step)
    if hasattr(step, "transform_target"):
        return _ForeignAligner(clone(step))
    return TwoSidedTransformer(clone(step))


def is_step(step: Any) -> bool:
    """Tell whether a pipeline can take a step: an aligner, or a transformer of one side alone."""
    if isinstance(step, type) or not (hasattr(step, "fit") and hasattr(step, "transform")):
        return False
    is_plain = not (hasattr(step, "transform_target") or isinstance(step, FrozenEstimator))
    return not (is_plain and get_tags(step).target_tags.required)


def can_return(step: AlignerMixin) -> bool:
    """Tell whether a step leaves the target where it is, or can be undone."""
    return getattr(step, "_can_return", step.shared_space_is_target)


def moved_by(step: AlignerMixin) -> str:
    """Say of a step that it cannot, and what makes it leave the target where it is."""
    name = type(getattr(step, "transformer", getattr(step, "aligner", step))).__name__
    for parameter, value in (("shared_space", "target"), ("move", "source")):
        if parameter in step.get_params(deep=False):
            return f"{name} cannot; pass {parameter}={value!r} to it"
    return f"{name} cannot; leave it out, or take another aligner"


def _width_taken(name: str, step: Any, width: int) -> Parts:
    yield f"{name}.n_features_in_", getattr(step, "n_features_in_", width), width


def chain_parts(pipeline: Any) -> Parts:
    """Yield how wide the steps of a fitted `AlignerPipeline` take rows, one after the other."""
    yield from FittedPartsMixin._fitted_parts(pipeline)
    source: int = pipeline.n_features_in_
    target: int | None = pipeline.n_target_features_in_
    for name, step in pipeline.steps_:
        if not isinstance(step, AlignerMixin):
            continue
        yield f"steps_[{name!r}].n_features_in_", step.n_features_in_, source
        yield f"steps_[{name!r}].n_target_features_in_", step.n_target_features_in_, target
        source = target = step._n_features_out
        if isinstance(step, TwoSidedTransformer):
            target = _width_made(step.target_transformer_)
    landed = pipeline.n_target_features_in_ if pipeline.shared_space == "target" else source
    yield "_n_features_out", pipeline._n_features_out, landed


def warn_of_lengths(landed: Array, y: Array) -> None:
    """Warn where mapped rows are far nearer to their mean than their translations, or farther."""
    landed, y = landed - landed.mean(axis=0), y - y.mean(axis=0)
    lengths = mean_length(landed), mean_length(y)
    # A regression makes rows shorter, the more the less it can tell: no factor would correct that.
    too_short = lengths_differ(float(np.vdot(landed, y)), float(np.vdot(landed, landed)))
    if lengths_differ(*lengths) and (lengths[0] > lengths[1] or too_short):
        warnings.warn(
            f"Mapped source rows are {lengths[0]:.3g} from their mean and target rows "
            f"{lengths[1]:.3g}, on average: few words will be found; bring both sides to unit "
            "length after centering, by a Normalizer among the steps, or take "
            "ProcrustesAligner(scale=True).",
            UserWarning,
            stacklevel=2,
        )


def _width_made(transformer: Any) -> int | None:
    """Return how wide a fitted transformer makes rows; None if it does not say."""
    same = transformer.n_features_in_ if isinstance(transformer, OneToOneFeatureMixin) else None
    return getattr(transformer, "_n_features_out", same)


def _as_rows(step: Any, output: Any, rows: Array) -> Array:
    """Return a step's output, whatever container it came in, in the rows' dtype."""
    found = output.toarray() if sp.issparse(output) else np.asarray(output)
    if found.ndim != 2 or len(found) != len(rows):
        raise ValueError(
            f"{type(step).__name__} returns an array of shape {found.shape} for "
            f"{plural(len(rows), 'row')}; a step must keep the rows."
        )
    found = np.ascontiguousarray(found, dtype=rows.dtype)
    # The steps after it, unlike scikit-learn's, take for granted what fit has checked.
    if not np.isfinite(found.sum()) and not np.isfinite(found).all():
        raise ValueError(
            f"{type(step).__name__} returns values that are not finite for finite rows; give it "
            "other rows, or leave it out."
        )
    return found


def _mean_length(rows: Array, norm: str) -> float:
    """Return the mean length of rows, by the norm that a Normalizer has."""
    chunks = (rows[start : start + _CHUNK] for start in range(0, len(rows), _CHUNK))
    total = sum(
        float(np.linalg.norm(part, ord=_ORDERS[norm], axis=1).sum(dtype=np.float64))
        for part in chunks
    )
    return total / len(rows)
