"""The supervised map of VecMap: whiten, rotate, re-weight, de-whiten, cut."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sklearn_instamap._engine import cross_covariance

Array = NDArray[np.floating]
Matrix = NDArray[np.float64]


def whitening(rows: Array) -> tuple[Matrix, Matrix]:
    r"""Return the symmetric whitening of some rows, and its inverse.

    With :math:`USV^\top` the SVD of the rows, uncentered, :math:`V S^{-1} V^\top` and
    :math:`V S V^\top`. Directions whose singular value is below ``max(shape) * eps`` of the
    largest, in the precision of the rows, are left out of both: the rows do not tell anything
    about them, and dividing by rounding errors would blow them up.
    """
    # R has the singular values and right vectors of the rows, and is small.
    triangle = np.linalg.qr(rows.astype(np.float64), mode="r")
    _, values, right = np.linalg.svd(triangle, full_matrices=False)
    known = values > max(rows.shape) * np.finfo(rows.dtype).eps * values[0]
    values, right = values[known], right[known]
    return (right.T / values) @ right, (right.T * values) @ right


@dataclass(frozen=True)
class SupervisedMap:
    r"""VecMap's map, learned from paired rows.

    With :math:`A` and :math:`B` the whitening matrices of the two sides (or identities) and
    :math:`USV^\top` the SVD of :math:`(XA)^\top YB`. Dimensions of the shared space are those of
    the singular values, decreasing.

    With whitening the singular values are the canonical correlations of the two sides. Each
    whitening matrix stands with its inverse. ``dewhiten`` is undoing the whitening after re-
    weighting by the singular values to the power of ``reweight``; ``n_components`` leading
    dimensions are kept, or all.
    """

    singular_values: NDArray[np.float64]
    left: Matrix
    right: Matrix
    source_white: tuple[Matrix, Matrix]
    target_white: tuple[Matrix, Matrix]
    reweight: float
    dewhiten: bool
    n_components: int | None

    def both_sides(self) -> tuple[Matrix, Matrix]:
        r"""Return the maps into the shared space, of shape (n_features, n_components).

        They are :math:`A U S^r U^\top A^{-1} U` and :math:`B V S^r V^\top B^{-1} V`, their last two
        factors only if de-whitened.
        """
        kept = slice(self.n_components)
        source = self._side(self.source_white, self.left, self.singular_values**self.reweight)
        target = self._side(self.target_white, self.right, self.singular_values**self.reweight)
        return source[:, kept], target[:, kept]

    def into_target(self) -> Matrix:
        r"""Return the map of the source into the target's own coordinates.

        It is the source's map and then the inverse of the target's, for a target that is not
        re-weighted. De-whitened the latter is :math:`V`, whose inverse is its transpose; else it is
        :math:`BV`, whose inverse is :math:`V^\top B^{-1}`. The map of a re-weighted target has
        multiplied what the sides have least in common by next to nothing: inverted, it would make
        noise of a hundred times its size from that (``benchmarks/target_maps.py``).
        """
        kept = slice(self.n_components)
        source = self._side(self.source_white, self.left, self.singular_values**self.reweight)
        back = self.right.T if self.dewhiten else self.right.T @ self.target_white[1]
        return source[:, kept] @ back[kept]

    def _side(self, white: tuple[Matrix, Matrix], axes: Matrix, weights: Array) -> Matrix:
        whitened = white[0] @ (axes * weights)
        return whitened @ (axes.T @ white[1] @ axes) if self.dewhiten else whitened


def supervised_map(
    X: Array, y: Array, *, whiten: bool, reweight: float, dewhiten: bool, n_components: int | None
) -> SupervisedMap:
    """Learn VecMap's map from paired normalized rows: see `SupervisedMap`."""
    covariance = cross_covariance(X, y)
    if whiten:
        sides = whitening(X), whitening(y)
        covariance = sides[0][0] @ covariance @ sides[1][0]
    else:
        sides = (np.eye(X.shape[1]),) * 2, (np.eye(y.shape[1]),) * 2
    left, values, right = np.linalg.svd(covariance, full_matrices=False)
    return SupervisedMap(values, left, right.T, *sides, reweight, dewhiten and whiten, n_components)
