"""Subgradient descent on the relaxed CSLS loss."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]
Loss = Callable[[Matrix], tuple[float, Matrix]]


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

    Parameters
    ----------
    start : ndarray of shape (n_source_features, n_target_features)
        The map to start from.
    at_start : tuple of (float, ndarray)
        Loss and gradient there.
    losses : iterable of callables
        Each returns loss and gradient at the map that an update led to: all the same one, or
        one per batch.
    learning_rate : float
        The first step's multiple of the gradient.
    spectral : bool
        Whether every update is followed by clipping the singular values to 1.
    step_back : bool
        Whether an update that raises the loss is undone, and the learning rate halved. The map
        returned is then the one of lowest loss among all that were tried.

    Returns
    -------
    Descent
        The last map kept; the loss of every map tried, ``start`` included; the learning rate
        that led to each map tried.
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
