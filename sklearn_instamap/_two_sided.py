"""A plain transformer as an aligner: fitted once per side."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, clone

from sklearn_instamap._contract import AlignerMixin

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
    >>> centred = TwoSidedTransformer(StandardScaler(with_std=False)).fit(X, y)
    >>> centred.transform(X).ravel(), centred.transform_target(y).ravel()
    (array([-1.,  1.]), array([-5.,  5.]))
    """

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


def _as_rows(output: Any, rows: Array) -> Array:
    """Return a transformer's output, whatever container it came in, in the rows' dtype."""
    return np.ascontiguousarray(np.asarray(output), dtype=rows.dtype)
