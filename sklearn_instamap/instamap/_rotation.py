"""The globally optimal rotation between two sets of paired points (Kabsch)."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_array, check_is_fitted

from sklearn_instamap._check import N_JOBS
from sklearn_instamap._engine import best_orthogonal_map, cross_covariance, map_rows
from sklearn_instamap._fit_data import DTYPES, plain_rows
from sklearn_instamap._fitted_parts import Parts
from sklearn_instamap.base import AlignerMixin

Array = NDArray[np.floating]


class KabschRotation(AlignerMixin, BaseEstimator):
    r"""Rotate the source space onto the target space, optimally over a dictionary.

    With :math:`U \Sigma V^\top = \mathrm{SVD}(X_D^\top Y_D)` (eq. 2 of [1]_) the rotation is

    .. math:: W_R = U I_R V^\top, \qquad I_R = \mathrm{diag}(1, \dots, 1, \det(V U^\top))

    (eq. 1), which minimizes :math:`\lVert X_D W - Y_D \rVert_F` among rotations; the paper writes
    the transpose, for column vectors. A source row :math:`x` is mapped to :math:`x W_R`; target
    rows stay where they are: the shared space is the target's.

    Nothing is centered here: put centering before this step, as :class:`InstaMapAligner` does.

    Parameters
    ----------
    allow_reflection : bool, default=False
        Also allow orthogonal maps of determinant -1 (the orthogonal Procrustes problem).
        "A rotation, not a reflection" is a statement about a basis: after a PCA of each side,
        whose component signs are arbitrary, the same data may need the one or the other.
    n_jobs : int, default=None
        Number of threads that map rows. None means 1 unless in a
        :func:`joblib.parallel_config` context, -1 all processors. The result does not depend
        on it.

    Attributes
    ----------
    rotation_ : ndarray of shape (n_source_features, n_target_features)
        The map. Where the two spaces have different numbers of dimensions it is semi-orthogonal:
        a wider source is projected, a narrower one embedded, and reflections cannot be told
        apart.
    singular_values_ : ndarray of shape (min(n_source_features, n_target_features),)
        Singular values of the cross-covariance, the last one negated where the determinant was
        corrected. Values near zero (fewer independent pairs than dimensions) mean directions in
        which the dictionary does not determine the rotation.
    n_features_in_ : int
        Dimensions of the source space.
    n_target_features_in_ : int
        Dimensions of the target space, and of the shared space.

    See Also
    --------
    InstanceTranslator : The local step that follows in InstaMap.
    InstaMapAligner : Both, iterated.

    References
    ----------
    .. [1] Glavaš, G. & Vulić, I. "Non-Linear Instance-Based Cross-Lingual Mapping for
       Non-Isomorphic Embedding Spaces", ACL 2020, section 2.1.
    .. [2] Kabsch, W. "A solution for the best rotation to relate two sets of vectors",
       Acta Crystallographica A32, 1976.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_instamap import KabschRotation
    >>> X = np.array([[1.0, 0.0], [0.0, 2.0], [1.0, 1.0]])
    >>> y = X @ np.array([[0.0, 1.0], [-1.0, 0.0]])  # a quarter turn
    >>> rotation = KabschRotation().fit(X, y)
    >>> rotation.rotation_.round(6) + 0.0
    array([[ 0.,  1.],
           [-1.,  0.]])
    >>> rotation.score(X, y)
    1.0
    """

    _uses_spaces = False

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "allow_reflection": ["boolean"],
        "n_jobs": N_JOBS,
    }

    def __init__(self, allow_reflection: bool = False, *, n_jobs: int | None = None) -> None:
        self.allow_reflection = allow_reflection
        self.n_jobs = n_jobs

    def inverse_transform(self, X: ArrayLike) -> Array:
        """Map rows of the shared space back into the source space.

        Parameters
        ----------
        X : array-like of shape (n_rows, n_target_features)
            Rows of the shared space.

        Returns
        -------
        ndarray of shape (n_rows, n_source_features)
            The rows turned back; exact for spaces of equal dimension, otherwise the projection
            onto what the map keeps.
        """
        check_is_fitted(self)
        rows = check_array(plain_rows(X), dtype=DTYPES, order="C", input_name="X")
        if rows.shape[1] != self._n_features_out:
            raise ValueError(
                f"X has {rows.shape[1]} features, but the shared space of this KabschRotation has "
                f"{self._n_features_out}."
            )
        return map_rows(rows, self.rotation_.T, n_jobs=self.n_jobs)

    def _fit_pairs(self, X: Array, y: Array, source: Array | None, target: Array | None) -> None:
        matrix, values = best_orthogonal_map(
            cross_covariance(X, y), allow_reflection=self.allow_reflection
        )
        self.rotation_ = matrix.astype(X.dtype, copy=False)
        self.singular_values_ = values.astype(X.dtype, copy=False)
        self._n_features_out = y.shape[1]

    def _fitted_parts(self) -> Parts:
        yield from super()._fitted_parts()
        width, target_width = self.n_features_in_, self.n_target_features_in_
        yield "rotation_", self.rotation_, (width, target_width)
        yield "singular_values_", self.singular_values_, (min(width, target_width),)
        yield "_n_features_out", self._n_features_out, target_width

    @property
    def shared_space_is_target(self) -> bool:
        """Whether the shared space is the target's own: it always is."""
        return True

    def _needs_pairs(self) -> bool:
        return True

    def _map_source(self, X: Array) -> Array:
        return map_rows(X, self.rotation_, n_jobs=self.n_jobs)

    def _map_target(self, y: Array) -> Array:
        return y
