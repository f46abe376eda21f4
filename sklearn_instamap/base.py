"""What every aligner is: a transformer of two sides that learns from translation pairs.

An aligner derives from :class:`AlignerMixin` and ``BaseEstimator`` and implements three hooks on
checked arrays (``_fit_pairs``, ``_map_source``, ``_map_target``); validation, metadata, output
containers and scoring are written once, here.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from sklearn.base import ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils import Tags, check_array
from sklearn.utils._set_output import _get_output_config, _wrap_data_with_container
from sklearn.utils.validation import check_consistent_length, check_is_fitted, validate_data

from sklearn_instamap._check import check_parameters
from sklearn_instamap._engine import count_better
from sklearn_instamap._engine._parallel import one_blas_thread
from sklearn_instamap._files import StrPath
from sklearn_instamap._half import widen_half
from sklearn_instamap._models import save_model
from sklearn_instamap._row_index import row_hashes
from sklearn_instamap._space import EmbeddingSpace, SpaceLike, like_space, space_vectors

__all__ = ["AlignerMixin"]

Array = NDArray[np.floating]
DTYPES = [np.float64, np.float32]


class AlignerMixin(ClassNamePrefixFeaturesOutMixin, TransformerMixin):
    """Mixin of all aligners: both sides into one shared space, learned from pairs.

    ``fit`` learns from the rows of a dictionary, ``transform`` maps source rows and
    ``transform_target`` target rows into the shared space, point by point: a row's image does
    not depend on the other rows it is mapped with.

    Subclasses implement, on checked arrays of one dtype:

    ``_fit_pairs(X, y, source, target)``
        Learn. ``source`` and ``target`` are the whole spaces as arrays, or None.
    ``_map_source(X)``, ``_map_target(y)``
        Map rows into the shared space, in the dtype of the rows.

    and may override ``_fit_and_map`` where fitting computes the mapped spaces anyway.

    Attributes
    ----------
    n_features_in_ : int
        Dimensions of the source space.
    n_target_features_in_ : int
        Dimensions of the target space.

    See Also
    --------
    sklearn_instamap.make_aligner_pipeline : Puts one aligner on top of another.

    Examples
    --------
    A complete aligner, which maps by least squares:

    >>> import numpy as np
    >>> from sklearn.base import BaseEstimator
    >>> from sklearn_instamap.base import AlignerMixin
    >>> class LeastSquaresAligner(AlignerMixin, BaseEstimator):
    ...     def _fit_pairs(self, X, y, source, target):
    ...         self.source_map_ = np.linalg.lstsq(X, y)[0].astype(X.dtype)
    ...         self.target_map_ = None
    ...         self._n_features_out = y.shape[1]
    ...
    ...     def _map_source(self, X):
    ...         return X @ self.source_map_.astype(X.dtype, copy=False)
    ...
    ...     def _map_target(self, y):
    ...         return y
    >>> X, y = [[1.0, 0.0], [0.0, 2.0]], [[0.0, 1.0], [2.0, 0.0]]
    >>> LeastSquaresAligner().fit(X, y).transform([[3.0, 0.0]]).round(6).tolist()
    [[0.0, 3.0]]
    """

    n_features_in_: int
    n_target_features_in_: int
    _n_features_out: int

    # Whether fitting reads source_space and target_space; a pipeline skips work where not.
    _uses_spaces = True

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
            one-dimensional ``y`` is a target space of one dimension.
        source_space, target_space : EmbeddingSpace, DataFrame or array-like, default=None
            The whole monolingual spaces, shape (n_words, n_features) each; None lets the
            dictionary rows stand in. Fit metadata: with metadata routing on, ask for them by
            ``set_fit_request(source_space=True, target_space=True)``. Prefer an
            :class:`EmbeddingSpace`, which scikit-learn never cuts into folds.

        Returns
        -------
        self : object
            The fitted aligner.

        Raises
        ------
        ValueError
            If the numbers of rows or dimensions disagree, or a value is not finite.
        """
        check_parameters(self)
        checked = self._check_fit_input(X, y, source_space, target_space)
        _warn_if_cut("source_space", source_space, X, len(checked[0]))
        _warn_if_cut("target_space", target_space, y, len(checked[0]))
        self._fit_checked(*checked)
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
        check_parameters(self)
        rows, golds, source, target = self._check_fit_input(X, y, source_space, target_space)
        if source is None or target is None:
            raise ValueError(
                "fit_transform_spaces needs both source_space and target_space; use fit to learn "
                "from the dictionary rows alone."
            )
        source, target = self._fit_map_checked(rows, golds, source, target)
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
        rows = X.vectors if isinstance(X, EmbeddingSpace) else X
        rows = validate_data(self, widen_half(rows), reset=False, dtype=DTYPES, order="C")
        return self._in_form_of(self._map_source(rows), X)

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
        if mapped is rows:
            # Where the target stays as it is, the caller's array is still the caller's.
            mapped = rows.copy()
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
        rows = validate_data(self, widen_half(X), reset=False, dtype=DTYPES, order="C")
        golds = self._check_target(y).astype(rows.dtype, copy=False)
        check_consistent_length(rows, golds)
        _, first, gold = np.unique(row_hashes(golds), return_index=True, return_inverse=True)
        better, tied = count_better(
            self._map_source(rows), self._map_target(golds[first]), gold, n_jobs=self._n_jobs()
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
            If it holds something that is neither a number, a text, an array of numbers, nor an
            estimator, such as a function.
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

    # What the hooks share -----------------------------------------------------------------------

    def _n_jobs(self) -> int | None:
        return getattr(self, "n_jobs", None)

    # How one aligner fits another inside itself, on arrays already checked. What fitting does
    # outside the neighbor search are decompositions as wide as the spaces: the threads of a BLAS
    # would mostly spin in them, and the last bits would depend on how many there are.

    def _fit_checked(self, X: Array, y: Array, source: Array | None, target: Array | None) -> None:
        self.n_features_in_, self.n_target_features_in_ = X.shape[1], y.shape[1]
        with one_blas_thread():
            self._fit_pairs(X, y, source, target)

    def _fit_map_checked(
        self, X: Array, y: Array, source: Array, target: Array
    ) -> tuple[Array, Array]:
        self.n_features_in_, self.n_target_features_in_ = X.shape[1], y.shape[1]
        with one_blas_thread():
            return self._fit_and_map(X, y, source, target)

    def _check_fit_input(
        self,
        X: ArrayLike,
        y: ArrayLike,
        source_space: SpaceLike | None,
        target_space: SpaceLike | None,
    ) -> tuple[Array, Array, Array | None, Array | None]:
        if y is None:
            raise ValueError(
                f"{type(self).__name__} requires y to be passed, but the target y is None: give "
                "the target vectors of the dictionary pairs."
            )
        rows = validate_data(self, widen_half(X), dtype=DTYPES, order="C")
        golds = _as_2d(y)
        check_consistent_length(rows, golds)
        # Only hashes are kept, so that evaluation can tell seen pairs from unseen ones.
        self._seen_source_ = np.unique(row_hashes(rows))
        self._seen_target_ = np.unique(row_hashes(golds))
        golds = golds.astype(rows.dtype, copy=False)
        source = self._check_space(source_space, "source_space", rows)
        target = self._check_space(target_space, "target_space", golds)
        return rows, golds, source, target

    def _check_space(self, space: SpaceLike | None, name: str, rows: Array) -> Array | None:
        if space is None:
            return None
        vectors = space_vectors(space, name).astype(rows.dtype, copy=False)
        side = "X" if name == "source_space" else "y"
        if vectors.shape[1] != rows.shape[1]:
            raise ValueError(
                f"{name} has {vectors.shape[1]} dimensions, but {side} has {rows.shape[1]}: the "
                "dictionary rows must be rows of the space."
            )
        return vectors

    def _check_target(self, y: SpaceLike) -> Array:
        rows = y.vectors if isinstance(y, EmbeddingSpace) else _as_2d(y)
        if rows.shape[1] != self.n_target_features_in_:
            raise ValueError(
                f"y has {rows.shape[1]} features, but {type(self).__name__} was fitted on a "
                f"target space of {self.n_target_features_in_} features."
            )
        return rows

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


def _as_2d(y: ArrayLike) -> Array:
    """Check target rows; one-dimensional ones are a space of one dimension."""
    rows = check_array(widen_half(y), dtype=DTYPES, order="C", ensure_2d=False, input_name="y")
    return rows.reshape(-1, 1) if rows.ndim == 1 else rows


def _warn_if_cut(name: str, space: SpaceLike | None, rows: ArrayLike, n_pairs: int) -> None:
    """Warn where a space passed as fit metadata may have been cut to the rows of a fold."""
    if space is None or space is rows or isinstance(space, EmbeddingSpace):
        return
    if np.shape(space)[0] == n_pairs:
        warnings.warn(
            f"{name} has exactly as many rows as the dictionary ({n_pairs}): scikit-learn cuts "
            "array-likes of that length into folds; wrap the space in EmbeddingSpace to pass it "
            "whole.",
            UserWarning,
            stacklevel=3,
        )
