"""What every aligner is: a transformer of two sides that learns from translation pairs.

An aligner derives from :class:`AlignerMixin` and ``BaseEstimator`` and implements three hooks on
checked arrays (``_fit_pairs``, ``_map_source``, ``_map_target``); validation, metadata, output
containers and scoring are written once, here.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from sklearn.base import ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils import Tags
from sklearn.utils._set_output import _get_output_config, _wrap_data_with_container
from sklearn.utils.validation import check_consistent_length, check_is_fitted, validate_data

from sklearn_instamap._check import check_parameters
from sklearn_instamap._engine import count_better
from sklearn_instamap._engine._parallel import one_blas_thread
from sklearn_instamap._files import StrPath
from sklearn_instamap._fit_data import (
    DTYPES,
    check_column_names,
    column_names,
    fit_data,
    plain_rows,
    target_rows,
    undetermined,
)
from sklearn_instamap._fitted_parts import FittedPartsMixin
from sklearn_instamap._html import DocumentedMixin
from sklearn_instamap._models import save_model
from sklearn_instamap._row_index import row_hashes
from sklearn_instamap._space import EmbeddingSpace
from sklearn_instamap._space_like import SpaceLike, like_space

__all__ = ["AlignerMixin"]

Array = NDArray[np.floating]


class AlignerMixin(
    DocumentedMixin, FittedPartsMixin, ClassNamePrefixFeaturesOutMixin, TransformerMixin
):
    """Mixin of all aligners: both sides into one shared space, learned from pairs.

    ``fit`` learns from the rows of a dictionary, ``transform`` maps source rows and
    ``transform_target`` target rows into the shared space, point by point: a row's image does
    not depend on the other rows it is mapped with.

    Subclasses implement, on checked arrays of one dtype:

    ``_fit_pairs(X, y, source, target)``
        Learn. ``source`` and ``target`` are the whole spaces as arrays, or None.
    ``_map_source(X)``, ``_map_target(y)``
        Map rows into the shared space, in the dtype of the rows.

    and may override

    ``_fit_and_map(X, y, source, target)``
        Fit, and return both spaces mapped, where fitting computes them anyway.
    ``_parameter_constraints``
        What each parameter may be, as in scikit-learn's estimators; checked before any data.
    ``_check_parameter_combinations()``
        Refuse parameters that are allowed one by one but not together. It stores nothing.
    ``_uses_spaces``
        False where fitting does not look at the spaces, so that pipelines need not map them.
    ``_needs_pairs()``
        True where fewer pairs than dimensions leave the map undetermined: fit warns.
    ``_n_features_out``
        To be set in fitting where mapping a row to see the shared dimensions costs too much.
    ``_fitted_parts()``
        Yield names and values of fitted attributes, and what they must be: `load` compares them.

    Attributes
    ----------
    n_features_in_ : int
        Dimensions of the source space.
    n_target_features_in_ : int
        Dimensions of the target space.

    Examples
    --------
    A complete aligner, which maps by least squares:

    >>> import numpy as np
    >>> from sklearn.base import BaseEstimator
    >>> from sklearn_instamap.base import AlignerMixin
    >>> class LeastSquaresAligner(AlignerMixin, BaseEstimator):
    ...     def _fit_pairs(self, X, y, source, target):
    ...         self.source_map_ = np.linalg.lstsq(X, y, rcond=None)[0].astype(X.dtype)
    ...         self.target_map_ = None
    ...     def _map_source(self, X):
    ...         return X @ self.source_map_.astype(X.dtype, copy=False)
    ...
    ...     def _map_target(self, y):
    ...         return y
    >>> X, y = [[1.0, 0.0], [0.0, 2.0]], [[0.0, 1.0], [2.0, 0.0]]
    >>> LeastSquaresAligner().fit(X, y).transform([[3.0, 0.0]]).round(6).tolist()
    [[0.0, 3.0]]
    """

    # Whether fitting reads source_space and target_space; a pipeline skips work where not.
    _uses_spaces = True

    @property
    def shared_space_is_target(self) -> bool:
        """Whether the shared space is the target's own: its rows stay, but for their length."""
        return getattr(self, "shared_space", "both") == "target"

    def _needs_pairs(self) -> bool:
        """Whether fewer pairs than dimensions leave the map undetermined."""
        return False

    def fit(
        self,
        X: ArrayLike,
        y: ArrayLike,
        *,
        source_space: SpaceLike | None = None,
        target_space: SpaceLike | None = None,
    ) -> Self:
        """Learn the alignment from the pairs of a dictionary.

        Parameters
        ----------
        X : array-like of shape (n_pairs, n_source_features)
            Vectors of the source words, one row per dictionary pair.
        y : array-like of shape (n_pairs, n_target_features) or (n_pairs,)
            Vectors of their translations; row ``i`` translates row ``i`` of ``X``. A
            one-dimensional ``y`` is a target space of one dimension. Both may be an
            :class:`~sklearn_instamap.EmbeddingSpace`.
        source_space, target_space : EmbeddingSpace, DataFrame or array-like, default=None
            The whole monolingual spaces, shape (n_words, n_features) each; None lets the
            dictionary rows stand in. Fit metadata: with metadata routing on, ask for them by
            ``set_fit_request(source_space=True, target_space=True)``. Prefer an
            :class:`~sklearn_instamap.EmbeddingSpace`, which scikit-learn never cuts into folds.

        Returns
        -------
        self : object
            The fitted aligner.

        Raises
        ------
        ValueError
            If a parameter is not allowed, numbers of rows or dimensions disagree, a value is not
            finite, or a row of ``X`` or ``y`` is not a row of the space given with it.

        Warns
        -----
        UserWarning
            Once, if there are fewer distinct pairs than dimensions and the map needs as many.
        """
        data = self._begin_fit(X, y, source_space, target_space)
        self._fit_checked(*data)
        self._end_fit(len(data[0]))
        return self

    def fit_transform_spaces(
        self, X: ArrayLike, y: ArrayLike, source_space: SpaceLike, target_space: SpaceLike
    ) -> tuple[Any, Any]:
        """Fit, and return both whole spaces in the shared space.

        Equal to ``fit`` followed by ``transform(source_space)`` and
        ``transform_target(target_space)``, without computing twice what fitting computed.

        Parameters
        ----------
        X : array-like of shape (n_pairs, n_source_features)
            Vectors of the source words, one row per dictionary pair.
        y : array-like of shape (n_pairs, n_target_features)
            Vectors of their translations.
        source_space, target_space : EmbeddingSpace, DataFrame or array-like
            The whole monolingual spaces, shape (n_words, n_features) each.

        Returns
        -------
        source_mapped, target_mapped : EmbeddingSpace, DataFrame or ndarray
            Both spaces in the shared space, each in the form it was given in.
        """
        if source_space is None or target_space is None:
            raise ValueError(
                "fit_transform_spaces needs both source_space and target_space; use fit to learn "
                "from the dictionary rows alone."
            )
        data = self._begin_fit(X, y, source_space, target_space)
        source, target = self._fit_map_checked(*data)
        self._end_fit(len(data[0]))
        columns = self.get_feature_names_out()
        return like_space(source, source_space, columns), like_space(target, target_space, columns)

    def transform(self, X: SpaceLike) -> Any:
        """Map source rows into the shared space.

        Parameters
        ----------
        X : array-like of shape (n_rows, n_source_features) or EmbeddingSpace
            Source vectors, seen in fitting or not.

        Returns
        -------
        ndarray of shape (n_rows, n_shared_features)
            The rows in the shared space, in the floating dtype of ``X``; a DataFrame if
            ``set_output`` says so, an EmbeddingSpace for an EmbeddingSpace.
        """
        check_is_fitted(self)
        return self._in_form_of(self._map_source(self._check_source(X)), X)

    def transform_target(self, y: SpaceLike) -> Any:
        """Map target rows into the shared space.

        Parameters
        ----------
        y : array-like of shape (n_rows, n_target_features) or EmbeddingSpace
            Target vectors, seen in fitting or not.

        Returns
        -------
        ndarray of shape (n_rows, n_shared_features)
            The rows in the shared space, in the floating dtype of ``y``; a DataFrame if
            ``set_output`` says so, an EmbeddingSpace for an EmbeddingSpace.
        """
        check_is_fitted(self)
        rows = self._check_target(y)
        mapped = self._map_target(rows)
        # Where the target stays as it is, the caller's array is still the caller's.
        mapped = rows.copy() if mapped is rows else mapped
        # scikit-learn wraps the output of ``transform`` alone.
        return _wrap_data_with_container("transform", self._in_form_of(mapped, y), y, self)

    def score(self, X: ArrayLike, y: ArrayLike) -> float:
        """Return the precision at 1 of translating the rows of ``X`` among the rows of ``y``.

        Rows are compared by cosine in the shared space. Equal rows of ``y`` are one candidate;
        a different candidate that ties with the right one counts as an error, so a map that
        collapses all rows onto one point scores 0. To rank against a whole vocabulary, use
        :func:`sklearn_instamap.metrics.make_bli_scorer`.

        Parameters
        ----------
        X : array-like of shape (n_pairs, n_source_features)
            Source vectors.
        y : array-like of shape (n_pairs, n_target_features)
            Their translations.

        Returns
        -------
        float
            Share of the rows of ``X`` whose nearest candidate is their own translation.
        """
        check_is_fitted(self)
        rows = self._check_source(X)
        targets = self._check_target(y).astype(rows.dtype, copy=False)
        check_consistent_length(rows, targets)
        _, first, gold = np.unique(row_hashes(targets), return_index=True, return_inverse=True)
        better, tied = count_better(
            self._map_source(rows), self._map_target(targets[first]), gold, n_jobs=self._n_jobs()
        )
        return float(np.mean(better + tied == 0))

    def save(self, path: StrPath, *, metadata: Mapping[str, Any] | None = None) -> None:
        """Write the fitted aligner to one file, without pickles.

        The file holds arrays as NumPy writes them and everything else as JSON, so that reading
        it runs no code from it. :func:`sklearn_instamap.load` reads it.

        Parameters
        ----------
        path : str or path-like
            The file; an existing one is replaced once the new one is complete.
        metadata : mapping, default=None
            What else to keep with the model, such as checksums of the files it was fitted on:
            texts, numbers, lists and mappings of these.

        Raises
        ------
        NotFittedError
            If the aligner is not fitted.
        TypeError
            If it holds anything but numbers, texts, arrays and estimators, such as a function.
        ValueError
            If its texts and settings are more than 16 MiB and more than its arrays.
        """
        save_model(self, path, metadata)

    def __sklearn_tags__(self) -> Tags:
        """Tell scikit-learn that y is needed and has columns, and that float32 is preserved."""
        tags = super().__sklearn_tags__()
        tags.target_tags.required = True
        tags.target_tags.multi_output = True
        tags.target_tags.single_output = False
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags

    # Hooks ------------------------------------------------------------------------------------

    def _fit_pairs(self, X: Array, y: Array, source: Array | None, target: Array | None) -> None:
        raise NotImplementedError

    def _map_source(self, X: Array) -> Array:
        raise NotImplementedError

    def _map_target(self, y: Array) -> Array:
        raise NotImplementedError

    def _fit_and_map(self, X: Array, y: Array, source: Array, target: Array) -> tuple[Array, Array]:
        self._fit_pairs(X, y, source, target)
        return self._map_source(source), self._map_target(target)

    def _n_jobs(self) -> int | None:
        return getattr(self, "n_jobs", None)

    # How one aligner fits another inside itself, on arrays already checked. One BLAS thread: in
    # decompositions as wide as the spaces more would spin, and change the last bits.

    def _fit_checked(self, X: Array, y: Array, source: Array | None, target: Array | None) -> None:
        self._set_dimensions(X, y)
        with one_blas_thread():
            self._fit_pairs(X, y, source, target)
        self._set_shared_dimensions(X)

    def _fit_map_checked(
        self, X: Array, y: Array, source: Array, target: Array
    ) -> tuple[Array, Array]:
        self._set_dimensions(X, y)
        with one_blas_thread():
            mapped = self._fit_and_map(X, y, source, target)
        self._set_shared_dimensions(X)
        return mapped

    def _set_dimensions(self, X: Array, y: Array) -> None:
        self.n_features_in_, self.n_target_features_in_ = X.shape[1], y.shape[1]
        self.__dict__.pop("_n_features_out", None)

    def _set_shared_dimensions(self, X: Array) -> None:
        if "_n_features_out" not in self.__dict__:
            self._n_features_out = self._map_source(X[:1]).shape[1]

    def _begin_fit(
        self, X: SpaceLike, y: SpaceLike, source_space: Any, target_space: Any
    ) -> tuple[Array, Array, Any, Any]:
        """Check everything that was given; return it as arrays of one dtype."""
        check_parameters(self)
        data = fit_data(self, X, y, source_space, target_space)
        self._remember(data[0], plain_rows(y, "y", min_ndim=1), column_names(y))
        return data

    def _remember(
        self, X: Array, y: Array, target_names: NDArray[np.object_] | None = None
    ) -> None:
        """Keep hashes of rows, by which evaluation tells seen pairs, and names of columns."""
        self._seen_source_ = np.unique(row_hashes(X))
        self._seen_target_ = np.unique(row_hashes(y))
        self.__dict__.pop("target_feature_names_in_", None)
        if target_names is not None:
            self.target_feature_names_in_ = target_names

    def _end_fit(self, n_pairs: int) -> None:
        """Warn, once for each thing, of what a fit cannot be trusted for."""
        n_distinct = min(n_pairs, len(self._seen_source_), len(self._seen_target_))
        # Of several steps with the same doubt the first one says it.
        doubts = dict(reversed(list(self._doubts(n_distinct))))
        for message in doubts.values():
            warnings.warn(message, UserWarning, stacklevel=3)

    def _doubts(self, n_pairs: int) -> Iterator[tuple[str, str]]:
        """Yield what to warn of after a fit of so many distinct pairs: a topic and a sentence."""
        dims = self.n_features_in_, self.n_target_features_in_
        if self._needs_pairs() and n_pairs < min(dims):
            yield "pairs", undetermined(n_pairs, dims, min(dims))

    def _check_target(self, y: SpaceLike) -> Array:
        check_column_names(y, getattr(self, "target_feature_names_in_", None))
        rows = target_rows(y)
        if rows.shape[1] != self.n_target_features_in_:
            raise ValueError(
                f"y has {rows.shape[1]} features, but {type(self).__name__} was fitted on a "
                f"target space of {self.n_target_features_in_} features."
            )
        return rows

    def _check_source(self, X: SpaceLike) -> Array:
        return validate_data(self, plain_rows(X), reset=False, dtype=DTYPES, order="C")

    def _in_form_of(self, mapped: Array, given: Any) -> Any:
        if not isinstance(given, EmbeddingSpace):
            return mapped
        container = _get_output_config("transform", self)["dense"]
        if container == "default":
            return given.with_vectors(mapped)
        if container == "pandas":
            # A space has words: in a DataFrame they are the index.
            return pd.DataFrame(mapped, index=given._as_index())
        return mapped
