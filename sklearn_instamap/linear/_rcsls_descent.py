"""The relaxed CSLS loss of a linear map, its gradient, and the descent along it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sklearn_instamap._engine import cross_covariance, map_rows, top_k, weighted_sum
from sklearn_instamap._row_index import distinct_rows

Array = NDArray[np.floating]
Matrix = NDArray[np.float64]
Loss = Callable[[Matrix], tuple[float, Matrix]]


def row_lengths(rows: Array) -> NDArray[np.float64]:
    """Return the Euclidean length of every row, without a float64 copy of the rows."""
    return np.sqrt(np.einsum("ij,ij->i", rows, rows, dtype=np.float64))


def inverse_lengths(rows: Array) -> Array:
    """Return the factors that give every row unit length, 0 for a zero row."""
    lengths = row_lengths(rows)
    return np.divide(1, lengths, out=np.zeros_like(lengths), where=lengths > 0).astype(rows.dtype)


class NeighborWords:
    """The words of one space among which the loss looks for neighbors.

    Neighbors are those of largest *inner product*, while the engine searches by cosine. The two
    rank alike where all keys have one length, whatever the length of the query. So:

    - with ``unit_length``, the raw rows are the keys, and are scaled only where some of them are
      averaged: a space is never copied to normalize it;
    - without, every key gets one more coordinate, which makes all keys as long as the longest
      one and which is zero in the query: inner products stay what they were.
    """

    def __init__(self, rows: Array, *, unit_length: bool, n_jobs: int | None = None) -> None:
        self.rows = rows
        self.n_jobs = n_jobs
        self._extended = not unit_length
        if unit_length:
            self._keys = rows
            self._scale = inverse_lengths(rows)
        else:
            squares = row_lengths(rows) ** 2
            missing = np.sqrt(squares.max() - squares).astype(rows.dtype)
            self._keys = np.column_stack([rows, missing])
            self._scale = np.ones(len(rows), dtype=rows.dtype)

    def mean_of_nearest(self, queries: Array, k: int) -> Array:
        """Return the mean of the ``k`` words of largest inner product with each query."""
        if self._extended:
            queries = np.pad(queries, ((0, 0), (0, 1)))
        _, nearest = top_k(queries, self._keys, k, n_jobs=self.n_jobs)
        weights = self._scale[nearest] / self.rows.dtype.type(k)
        return weighted_sum(weights, nearest, self.rows, n_jobs=self.n_jobs)


class RelaxedCSLSLoss:
    r"""The relaxed CSLS loss of dictionary pairs as a function of the map.

    .. math:: L(W) = \frac{1}{n} \sum_{i=1}^n \Bigl( -2\, x_i W y_i^\top
       + \frac{1}{k} \sum_{z \in N_T(x_i W)} x_i W z^\top
       + \frac{1}{k} \sum_{z \in N_S(y_i W^\top)} z W y_i^\top \Bigr)

    :math:`N_T(x_i W)` are the ``k`` target words of largest inner product with the mapped source
    word and :math:`N_S(y_i W^\top)` the ``k`` source words whose images have the largest inner
    product with :math:`y_i`. The latter is a search among unmapped source words, as
    :math:`(z W) y^\top = z (y W^\top)^\top`: lengths of images play no part in it, and no space
    has to be mapped.
    """

    def __init__(
        self,
        X: Array,
        y: Array,
        source_words: NeighborWords,
        target_words: NeighborWords,
        n_neighbors: int,
    ) -> None:
        self._n_pairs = len(X)
        self._source_words = source_words
        self._target_words = target_words
        self._n_neighbors = n_neighbors
        self._covariance = cross_covariance(X, y)
        # A word in several pairs has one set of neighbors: search it once, count it often.
        first, repeats = distinct_rows(X)
        self._X, self._X_counted = X[first], X[first] * repeats.astype(X.dtype)[:, None]
        first, repeats = distinct_rows(y)
        self._y, self._y_counted = y[first], y[first] * repeats.astype(y.dtype)[:, None]

    def __call__(self, matrix: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        """Return loss and gradient at ``matrix``, shape (n_source_features, n_target_features).

        Where two words are equally near the loss has a kink; the gradient is one of its
        subgradients there.
        """
        # Neighbors do not depend on the scale of the map: an image of any size fits the dtype.
        direction = (matrix / (np.abs(matrix).max() or 1.0)).astype(self._X.dtype)
        n_jobs = self._source_words.n_jobs
        images = map_rows(self._X, direction, n_jobs=n_jobs)
        near_target = self._target_words.mean_of_nearest(images, self._n_neighbors)
        images = map_rows(self._y, np.ascontiguousarray(direction.T), n_jobs=n_jobs)
        near_source = self._source_words.mean_of_nearest(images, self._n_neighbors)
        gradient = cross_covariance(self._X_counted, near_target)
        gradient += cross_covariance(near_source, self._y_counted)
        gradient -= 2 * self._covariance
        gradient /= self._n_pairs
        # The loss is linear in W as long as the neighbors stay the same: L(W) = <W, L'(W)>.
        return float(np.sum(matrix * gradient)), gradient


class Descent(NamedTuple):
    """Where a descent ended, and how it got there."""

    matrix: Matrix
    losses: list[float]
    learning_rates: list[float]


def clip_singular_values(matrix: Matrix) -> Matrix:
    """Return the nearest matrix whose singular values are at most 1."""
    left, values, right = np.linalg.svd(matrix, full_matrices=False)
    return (left * np.minimum(values, 1)) @ right


def descend(
    start: Matrix,
    at_start: tuple[float, Matrix],
    losses: Iterable[Loss],
    learning_rate: float,
    *,
    spectral: bool,
    step_back: bool,
) -> Descent:
    """Follow the negative gradient from ``start``, one update for each loss.

    Losses return value and gradient at the map that an update led to: all the same one, or one per
    batch. ``spectral`` clips singular values to 1 after every update. ``step_back`` undoes an
    update that raises the loss, and halves the learning rate: the map returned is then the one of
    lowest loss among all that were tried. Values and rates are those of every map tried, the values
    of ``start`` too.
    """
    kept, (value, gradient) = start, at_start
    values, rates = [value], []
    for loss in losses:
        tried = kept - learning_rate * gradient
        if spectral:
            tried = clip_singular_values(tried)
        tried_value, tried_gradient = loss(tried)
        values.append(tried_value)
        rates.append(learning_rate)
        if step_back and tried_value > value:
            learning_rate /= 2
        else:
            kept, value, gradient = tried, tried_value, tried_gradient
    return Descent(kept, values, rates)
