"""Affine maps of the source onto the target's own coordinates: ridge, low rank, scaled rotation."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from numbers import Real
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator
from sklearn.linear_model import Ridge, RidgeCV

from sklearn_instamap._check import N_JOBS, Several, StrOptions, integers, reals
from sklearn_instamap._engine import best_orthogonal_map, cross_covariance, map_rows
from sklearn_instamap._fit_data import lengths_differ, mean_length, undetermined
from sklearn_instamap._fitted_parts import Parts, linear_maps
from sklearn_instamap._wording import argument
from sklearn_instamap.base import AlignerMixin

Array = NDArray[np.floating]
Matrix = NDArray[np.float64]

# From next to nothing to more than the sum of squares of a few thousand rows of length 30.
_POWERS = range(-3, 7)
_ALPHAS_ALLOWED: list[Any] = [
    reals(0, None, "neither"),
    Several(Real, 0, None, closed="neither"),
    None,
]

# A penalty so many times the sum of squares leaves of every row less than a hundredth.
_TOO_STRONG = 100


class _AffineAligner(AlignerMixin, BaseEstimator):
    """What affine maps share: the rows are centered, mapped, and moved to the target's mean."""

    _uses_spaces = False

    def _fit_pairs(self, X: Array, y: Array, source: Array | None, target: Array | None) -> None:
        source_mean = X.mean(axis=0, dtype=np.float64)
        target_mean = y.mean(axis=0, dtype=np.float64)
        matrix = self._fit_centered(X - source_mean, y - target_mean)
        self.source_map_ = matrix.astype(X.dtype, copy=False)
        self.target_map_ = None
        self.intercept_ = (target_mean - source_mean @ matrix).astype(X.dtype, copy=False)
        self._n_features_out = y.shape[1]

    def _fit_centered(self, X: Matrix, y: Matrix) -> Matrix:
        raise NotImplementedError

    def _fitted_parts(self) -> Parts:
        yield from super()._fitted_parts()
        yield from linear_maps(self)
        yield "intercept_", self.intercept_, (self.n_target_features_in_,)

    @property
    def shared_space_is_target(self) -> bool:
        """Whether the shared space is the target's own: it always is."""
        return True

    def _needs_pairs(self) -> bool:
        return True

    def _map_source(self, X: Array) -> Array:
        offset = self.intercept_.astype(X.dtype, copy=False)
        return map_rows(X, self.source_map_, offset, n_jobs=self._n_jobs())

    def _map_target(self, y: Array) -> Array:
        return y


class _Regression(_AffineAligner):
    """An affine map that is free in all dimensions of the source, and needs as many pairs."""

    def _doubts(self, n_pairs: int) -> Iterator[tuple[str, str]]:
        if n_pairs < self.n_features_in_:
            dims = self.n_features_in_, self.n_target_features_in_
            yield "pairs", undetermined(n_pairs, dims, dims[0])


class RidgeAligner(_Regression):
    r"""Map the source onto the target by ridge regression.

    The map minimizes

    .. math:: \lVert X_D W + 1 b^\top - Y_D \rVert_F^2 + \alpha \lVert W \rVert_F^2

    over the pairs of the dictionary. Of several :math:`\alpha` the one of least squared error is
    taken, each pair being predicted from all others (leave one out), which scikit-learn's
    ``RidgeCV`` computes from one decomposition.

    The mapped source stands in the target's own space: target rows stay as they are, means and
    lengths included. This is what moving to a new embedding model needs; for word translation
    orthogonal maps are usually better.

    Parameters
    ----------
    alphas : float or sequence of floats, default=None
        Strength of the penalty, or several to choose from. It is compared with the sums of
        squares of the source's columns. None takes 0.001, 0.01, ..., 1000000, times the mean
        squared length of the centered source rows as a power of ten, which is 1 where rows have
        unit length: then the choice does not depend on the scale of the space.
    n_jobs : int, default=None
        Number of threads that map rows. None means 1 unless in a
        :func:`joblib.parallel_config` context, -1 all processors. The result does not depend
        on it.

    Attributes
    ----------
    alpha_ : float
        The penalty that was taken.
    source_map_ : ndarray of shape (n_source_features, n_target_features)
        The map :math:`W`.
    intercept_ : ndarray of shape (n_target_features,)
        The offset :math:`b`.
    target_map_ : None
        The target stays as it is.
    n_features_in_ : int
        Dimensions of the source space.
    n_target_features_in_ : int
        Dimensions of the target space, and of the shared space.

    See Also
    --------
    LowRankAligner : Fewer free numbers, for few pairs and wide spaces.
    ScaledProcrustesAligner : A rotation, and a scale for each dimension.

    References
    ----------
    .. [1] Hoerl, A. E. & Kennard, R. W. "Ridge regression: biased estimation for nonorthogonal
       problems", Technometrics 12, 1970.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_instamap.linear import RidgeAligner
    >>> X = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])
    >>> aligner = RidgeAligner(alphas=1e-9).fit(X, X @ [[0.0, 2.0], [3.0, 0.0]] + [1.0, 5.0])
    >>> aligner.transform([[2.0, 2.0]]).round(3)
    array([[7., 9.]])
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "alphas": _ALPHAS_ALLOWED,
        "n_jobs": N_JOBS,
    }

    def __init__(
        self, alphas: float | Sequence[float] | None = None, *, n_jobs: int | None = None
    ) -> None:
        self.alphas = alphas
        self.n_jobs = n_jobs

    def _fit_centered(self, X: Matrix, y: Matrix) -> Matrix:
        matrix, self.alpha_ = ridge_map(X, y, self.alphas)
        return matrix


class LowRankAligner(_Regression):
    r"""Map the source onto the target by a matrix of low rank, or by a rotation and such a matrix.

    Reduced-rank regression: of the predictions :math:`\hat Y = X_D W` of a ridge regression only
    the ``n_components`` main directions :math:`V` are kept,

    .. math:: W_r = W V V^\top, \qquad \hat Y = U S V^\top,

    which without a penalty is the best map of that rank [1]_. With ``residual_of="procrustes"`` it
    is fitted to what an orthogonal map :math:`Q` leaves over, and the whole map is
    :math:`Q + W_r`: the bulk is rotated, and a few directions are corrected [2]_.

    The mapped source stands in the target's own space; target rows stay as they are.

    Parameters
    ----------
    n_components : int, default=64
        Rank of the matrix; at most the smaller number of dimensions.
    residual_of : {"procrustes"} or None, default=None
        What the matrix is added to.
    alphas : float or sequence of floats, default=None
        Strength of the penalty of the ridge regression, or several to choose from by leaving one
        pair out; None takes ten that suit the scale of the source (:class:`RidgeAligner`).
    n_jobs : int, default=None
        Number of threads that map rows. None means 1 unless in a
        :func:`joblib.parallel_config` context, -1 all processors. The result does not depend
        on it.

    Attributes
    ----------
    alpha_ : float
        The penalty that was taken.
    n_components_ : int
        The rank, cut to the number of dimensions.
    source_map_ : ndarray of shape (n_source_features, n_target_features)
        The whole map.
    intercept_ : ndarray of shape (n_target_features,)
        The offset.
    target_map_ : None
        The target stays as it is.
    n_features_in_ : int
        Dimensions of the source space.
    n_target_features_in_ : int
        Dimensions of the target space, and of the shared space.

    See Also
    --------
    RidgeAligner : The same without a limit on the rank.

    References
    ----------
    .. [1] Izenman, A. J. "Reduced-rank regression for the multivariate linear model", Journal of
       Multivariate Analysis 5, 1975.
    .. [2] "Drift-Adapter: a practical approach to near zero-downtime embedding model upgrades in
       vector databases", EMNLP 2025.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_instamap.linear import LowRankAligner
    >>> X = np.random.default_rng(0).normal(size=(50, 4))
    >>> y = X @ np.outer([1.0, 2.0, 0.0, 0.0], [1.0, 0.0, -1.0])
    >>> aligner = LowRankAligner(n_components=1, alphas=1e-6).fit(X, y)
    >>> int(np.linalg.matrix_rank(aligner.source_map_, tol=1e-6))
    1
    >>> bool(np.allclose(aligner.transform(X), y, atol=1e-4))
    True
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "n_components": [integers(1)],
        "residual_of": [StrOptions({"procrustes"}), None],
        "alphas": _ALPHAS_ALLOWED,
        "n_jobs": N_JOBS,
    }

    def __init__(
        self,
        n_components: int = 64,
        *,
        residual_of: str | None = None,
        alphas: float | Sequence[float] | None = None,
        n_jobs: int | None = None,
    ) -> None:
        self.n_components = n_components
        self.residual_of = residual_of
        self.alphas = alphas
        self.n_jobs = n_jobs

    def _fit_centered(self, X: Matrix, y: Matrix) -> Matrix:
        self.n_components_ = min(int(self.n_components), X.shape[1], y.shape[1])
        rotation = np.zeros((X.shape[1], y.shape[1]))
        if self.residual_of == "procrustes":
            if self.n_components_ < min(X.shape[1], y.shape[1]):
                _warn_of_lengths(mean_length(X), mean_length(y), "residual_of", None)
            rotation, _ = best_orthogonal_map(cross_covariance(X, y), allow_reflection=True)
            y = y - X @ rotation
        matrix, self.alpha_ = ridge_map(X, y, self.alphas)
        # The right singular vectors of the predictions, from a small matrix.
        predicted = X @ matrix
        _, directions = np.linalg.eigh(predicted.T @ predicted)
        main = directions[:, ::-1][:, : self.n_components_]
        return rotation + (matrix @ main) @ main.T


class ScaledProcrustesAligner(_AffineAligner):
    r"""Map the source onto the target by an orthogonal matrix and a scale for each dimension.

    Both sides are centered on the means of their dictionary rows, the source is rotated by the
    orthogonal Procrustes map :math:`Q`, and stretched:

    .. math:: x \mapsto (x - \bar x)\, Q \operatorname{diag}(s) + \bar y,

    where each :math:`s_j` minimizes the squared error of its dimension [1]_, or all are one
    number. In contrast to :class:`ProcrustesAligner`, the mapped source has the means and lengths
    of the target: it stands in the target's own space, and target rows stay as they are.

    Parameters
    ----------
    scaling : {"diagonal", "uniform"} or None, default="diagonal"
        A scale for each dimension of the target, one for all, or none.
    n_jobs : int, default=None
        Number of threads that map rows. None means 1 unless in a
        :func:`joblib.parallel_config` context, -1 all processors. The result does not depend
        on it.

    Attributes
    ----------
    scale_ : ndarray of shape (n_target_features,)
        The scales.
    source_map_ : ndarray of shape (n_source_features, n_target_features)
        The rotation, and the scales.
    intercept_ : ndarray of shape (n_target_features,)
        The offset.
    target_map_ : None
        The target stays as it is.
    n_features_in_ : int
        Dimensions of the source space.
    n_target_features_in_ : int
        Dimensions of the target space, and of the shared space.

    See Also
    --------
    ProcrustesAligner : Without means; with bootstrapping.
    LowRankAligner : Adds a matrix of low rank to the rotation.

    References
    ----------
    .. [1] "Drift-Adapter: a practical approach to near zero-downtime embedding model upgrades in
       vector databases", EMNLP 2025.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_instamap.linear import ScaledProcrustesAligner
    >>> X = np.array([[1.0, 0.0], [-1.0, 0.0], [0.0, 1.0], [0.0, -1.0]])
    >>> aligner = ScaledProcrustesAligner().fit(X, X * [2.0, 3.0] + [0.0, 9.0])
    >>> aligner.scale_.round(6)
    array([2., 3.])
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "scaling": [StrOptions({"diagonal", "uniform"}), None],
        "n_jobs": N_JOBS,
    }

    def __init__(self, scaling: str | None = "diagonal", *, n_jobs: int | None = None) -> None:
        self.scaling = scaling
        self.n_jobs = n_jobs

    def _fit_centered(self, X: Matrix, y: Matrix) -> Matrix:
        rotation, _ = best_orthogonal_map(cross_covariance(X, y), allow_reflection=True)
        rotated = X @ rotation
        if self.scaling is None:
            _warn_of_lengths(mean_length(rotated), mean_length(y), "scaling", "uniform")
        self.scale_ = np.ones(y.shape[1])
        if self.scaling is not None:
            products = np.einsum("ij,ij->j", rotated, y)
            squares = np.einsum("ij,ij->j", rotated, rotated)
            if self.scaling == "uniform":
                products, squares = products.sum(), squares.sum()
            self.scale_ = np.divide(
                products * self.scale_, squares, out=self.scale_.copy(), where=squares > 0
            )
        return rotation * self.scale_


def _warn_of_lengths(source: float, target: float, parameter: str, remedy: str | None) -> None:
    """Warn where centered rows, once rotated, are far shorter or longer than the target's."""
    if lengths_differ(source, target):
        warnings.warn(
            f"The centered source rows have a mean norm of {source:.3g} and the target rows one of "
            f"{target:.3g}, which a rotation does not change: few words will be found; pass "
            f"{argument(parameter, remedy)}, or bring both sides to unit length first.",
            UserWarning,
            stacklevel=2,
        )


def ridge_map(X: Matrix, y: Matrix, alphas: float | Sequence[float] | None) -> tuple[Matrix, float]:
    """Return the ridge regression of centered rows, and the penalty it takes.

    Of several penalties the one is taken that leaving one pair out tells to be best; None tries
    ten that suit the rows.
    """
    total = float(np.einsum("ij,ij->", X, X))
    if alphas is None:
        power = round(np.log10(total / len(X))) if total > 0 else 0
        alphas = [10.0 ** (each + power) for each in _POWERS]
    several = np.atleast_1d(np.asarray(alphas, dtype=np.float64)).tolist()
    if total > 0 and min(several) > _TOO_STRONG * total:
        warnings.warn(
            f"alphas are {min(several):.3g} or more, but the squares of the centered source rows "
            f"sum to {total:.3g}: every row is mapped next to the target's mean; leave alphas at "
            "None, or give smaller ones.",
            UserWarning,
            stacklevel=2,
        )
    # Leaving one out needs another one. Without an intercept the means would still know it.
    alone = len(several) == 1 or len(X) < 2
    model = (Ridge(several[0]) if alone else RidgeCV(several)).fit(X, y)
    matrix = model.coef_.reshape(y.shape[1], X.shape[1]).T
    return matrix, float(getattr(model, "alpha_", several[0]))
