"""Center one space, by full or truncated PCA or by its mean."""

from __future__ import annotations

from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.decomposition import PCA
from sklearn.preprocessing import StandardScaler
from sklearn.utils import Tags, check_array
from sklearn.utils.validation import check_is_fitted, validate_data

from sklearn_instamap._check import N_JOBS, StrOptions, check_parameters, integers, invalid
from sklearn_instamap._engine import map_rows
from sklearn_instamap._fit_data import DTYPES, plain_rows
from sklearn_instamap._fitted_parts import MOST_DIMENSIONS, Parts
from sklearn_instamap._html import DocumentedMixin

# Rows centered at once: no centered copy of a whole space is made.
_BATCH = 16384


class SpaceCentering(
    DocumentedMixin, ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator
):
    """Center a space and, by PCA, express it in its principal components.

    The first step of every iteration of InstaMap, "a full PCA transformation (i.e., no
    dimensionality reduction)" of each space ([1]_, section 2.1). A full PCA is a centering and an
    orthogonal change of basis; the rotation that follows absorbs the basis up to the sign of its
    determinant, so ``method="mean"`` differs only there, and costs less.

    Parameters
    ----------
    method : {"pca", "mean"}, default="pca"
        PCA, or subtracting the mean only.
    n_components : int, default=None
        Number of principal components kept; None keeps all. The authors' program keeps 290
        of 300. Only for ``method="pca"``; more than there are dimensions or rows means all.
    n_jobs : int, default=None
        Number of threads that map rows. None means 1 unless in a
        :func:`joblib.parallel_config` context, -1 all processors.

    Attributes
    ----------
    mean_ : ndarray of shape (n_features,)
        Mean of the space.
    components_ : ndarray of shape (n_components, n_features) or None
        Principal axes, one per row; None if only the mean is subtracted. So it is also where a
        full PCA is asked for from fewer rows than dimensions: these span no full basis, and a
        PCA would flatten every other point into their subspace.
    n_components_ : int
        Dimensions after the transformation.
    n_features_in_ : int
        Dimensions before.

    Notes
    -----
    This is :class:`sklearn.decomposition.PCA` (exact solvers only) and
    :class:`sklearn.preprocessing.StandardScaler`; what is added is that a row's image has the
    same bits whatever other rows it is transformed with. The signs of components are arbitrary.

    References
    ----------
    .. [1] Glavaš, G. & Vulić, I. "Non-Linear Instance-Based Cross-Lingual Mapping for
       Non-Isomorphic Embedding Spaces", ACL 2020.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_instamap import SpaceCentering
    >>> X = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 0.0]])
    >>> SpaceCentering(method="mean").fit_transform(X)
    array([[-2.,  0.],
           [ 0.,  2.],
           [ 2., -2.]])
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "method": [StrOptions({"pca", "mean"})],
        "n_components": [integers(1), None],
        "n_jobs": N_JOBS,
    }

    def __init__(
        self,
        method: str = "pca",
        *,
        n_components: int | None = None,
        n_jobs: int | None = None,
    ) -> None:
        self.method = method
        self.n_components = n_components
        self.n_jobs = n_jobs

    def fit(self, X: ArrayLike, y: Any = None) -> Self:
        """Learn the mean, and the principal axes, of a space.

        Parameters
        ----------
        X : array-like of shape (n_words, n_features)
            The space.
        y : None
            Ignored.

        Returns
        -------
        self : object
            The fitted transformer.
        """
        check_parameters(self)
        rows = validate_data(self, plain_rows(X), dtype=DTYPES)
        n_rows, n_features = rows.shape
        kept = min(n_features, n_features if self.n_components is None else self.n_components)
        spanned = kept < n_features or n_rows >= n_features
        if self.method == "pca" and spanned and (rows != rows[0]).any():
            # Never the randomized solver: a truncation is exact, and needs no seed.
            solver = "covariance_eigh" if n_rows >= 10 * n_features else "full"
            pca = PCA(n_components=min(kept, n_rows), svd_solver=solver).fit(rows)
            self.mean_: NDArray[np.floating] = pca.mean_.astype(rows.dtype, copy=False)
            self.components_: NDArray[np.floating] | None = pca.components_
            self.n_components_ = pca.n_components_
        else:
            scaler = StandardScaler(with_std=False).fit(rows)
            self.mean_ = scaler.mean_.astype(rows.dtype)
            self.components_ = None
            self.n_components_ = n_features
        self._n_features_out = self.n_components_
        return self

    def transform(self, X: ArrayLike) -> Any:
        """Center rows, and express them in the principal components.

        Parameters
        ----------
        X : array-like of shape (n_rows, n_features)
            Rows, seen in fitting or not.

        Returns
        -------
        ndarray of shape (n_rows, n_components)
            The centered rows.
        """
        check_is_fitted(self)
        rows = validate_data(self, plain_rows(X), reset=False, dtype=DTYPES, order="C")
        mean = self.mean_.astype(rows.dtype, copy=False)
        if self.components_ is None:
            return rows - mean
        mapped = np.empty((len(rows), self.n_components_), dtype=rows.dtype)
        for start in range(0, len(rows), _BATCH):
            # The mean goes first: (x - m) A keeps digits that x A - m A loses to cancellation.
            batch = slice(start, start + _BATCH)
            mapped[batch] = map_rows(rows[batch] - mean, self.components_.T, n_jobs=self.n_jobs)
        return mapped

    def inverse_transform(self, X: ArrayLike) -> Any:
        """Bring rows back to where the space was; exactly, where all components are kept.

        Parameters
        ----------
        X : array-like of shape (n_rows, n_components)
            Centered rows.

        Returns
        -------
        ndarray of shape (n_rows, n_features)
            The rows in the coordinates that ``fit`` was given.
        """
        check_is_fitted(self)
        rows = check_array(plain_rows(X), dtype=DTYPES, order="C")
        mean = self.mean_.astype(rows.dtype, copy=False)
        if self.components_ is None:
            return rows + mean
        return map_rows(rows, self.components_, mean, n_jobs=self.n_jobs)

    def _fitted_parts(self) -> Parts:
        width = self.n_features_in_
        yield "n_features_in_", width, range(1, MOST_DIMENSIONS)
        yield "mean_", self.mean_, (width,)
        if self.components_ is not None:
            yield "components_", self.components_, (self.n_components_, width)
        else:
            yield "n_components_", self.n_components_, width
        yield "_n_features_out", self._n_features_out, self.n_components_

    def _check_parameter_combinations(self) -> None:
        if self.method == "mean" and self.n_components is not None:
            raise invalid(
                "n_components", "None where method='mean', which keeps all", self.n_components
            )

    def __sklearn_tags__(self) -> Tags:
        """Tell scikit-learn that float32 is preserved."""
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags
