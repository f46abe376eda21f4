"""Orthogonal Procrustes, once from the dictionary or bootstrapped with mutual neighbors."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator

from sklearn_instamap._check import MUTUAL_SIMILARITY, N_JOBS, integers, reals
from sklearn_instamap._engine import best_orthogonal_map, cross_covariance, map_rows, mutual_pairs
from sklearn_instamap._fitted_parts import Parts, linear_maps
from sklearn_instamap.base import AlignerMixin

Array = NDArray[np.floating]

# A bootstrapped dictionary that grew by less than one per cent has converged.
_MIN_GROWTH = 1.01


class ProcrustesAligner(AlignerMixin, BaseEstimator):
    r"""Map the source onto the target by an orthogonal matrix (PROC, PROC-B).

    PROC solves the orthogonal Procrustes problem on the pairs of the dictionary [1]_,

    .. math:: \min_W \lVert X_D W - Y_D \rVert_F, \quad W^\top W = I
       \qquad\Rightarrow\qquad W = U V^\top, \quad U \Sigma V^\top = \mathrm{SVD}(X_D^\top Y_D),

    and maps a source row :math:`x` to :math:`x W`; target rows stay where they are.

    PROC-B (``bootstrap=True``) repeats it with the dictionary replaced by the mutual nearest
    neighbors of both mapped vocabularies, the most frequent first, half as many again each
    time [2]_.

    Parameters
    ----------
    allow_reflection : bool, default=True
        Whether a square map may have determinant -1. PROC allows it;
        :class:`~sklearn_instamap.KabschRotation` does not.
    scale : bool, default=False
        Also multiply the source by the factor that minimizes the same distance. Cosines do not
        see it; distances, translations and the cosines after a later centering do.
    bootstrap : bool, default=False
        Replace the dictionary by mutual nearest neighbors and fit again (PROC-B), until it
        grows by less than one per cent or has ``max_pairs`` pairs.
    growth : float, default=1.5
        Largest factor by which the dictionary grows from one round to the next, above 1. Only
        for ``bootstrap=True``.
    max_pairs : int, default=10000
        Largest number of pairs of a bootstrapped dictionary. A given dictionary that has as
        many is not bootstrapped. Only for ``bootstrap=True``.
    mutual_similarity : {"cosine", "csls"}, default="cosine"
        What "nearest" means in the search for mutual nearest neighbors. Only for
        ``bootstrap=True``.
    csls_neighbors : int, default=10
        Neighborhood of CSLS [3]_, where ``mutual_similarity="csls"``.
    n_jobs : int, default=None
        Number of threads that map rows and look for neighbors. None means 1 unless in a
        :func:`joblib.parallel_config` context, -1 all processors. The result does not depend
        on it.

    Attributes
    ----------
    source_map_ : ndarray of shape (n_source_features, n_target_features)
        The map. Where the two spaces have different numbers of dimensions it is semi-orthogonal:
        a wider source is projected, a narrower one embedded. ``scale_`` is part of it.
    target_map_ : None
        The target stays as it is.
    scale_ : float
        The factor; 1 unless ``scale=True``.
    n_pairs_ : list of int
        Size of the dictionary of each round; one entry unless ``bootstrap=True``.
    mutual_pairs_ : ndarray of shape (n_pairs_[-1], 2), or None
        Rows in the source and in the target space of the pairs the map was learned from; None if
        it was learned from the given dictionary.
    n_features_in_ : int
        Dimensions of the source space.
    n_target_features_in_ : int
        Dimensions of the target space, and of the shared space.

    See Also
    --------
    sklearn_instamap.KabschRotation : The same without reflections, a piece of InstaMap.
    VecMapAligner : Orthogonal maps between whitened spaces, and self-learning.

    Notes
    -----
    *Differences from the original programs* [2]_. None for PROC: vectors are neither centered nor
    normalized, which is left to the steps of a pipeline. PROC-B compares the growth with the
    number of pairs that are in both vocabularies; the program counts all lines of the dictionary
    file the first time. It computes all similarities once in each direction, this one once.

    *Costs.* One SVD of an ``n_source_features`` by ``n_target_features`` matrix. Each bootstrap
    round costs in addition one product of the two whole spaces (two more with CSLS); memory is
    bounded by the tiles of the search.

    References
    ----------
    .. [1] Schönemann, P. "A generalized solution of the orthogonal Procrustes problem",
       Psychometrika 31, 1966.
    .. [2] Glavaš, G., Litschko, R., Ruder, S. & Vulić, I. "How to (Properly) Evaluate
       Cross-Lingual Word Embeddings", ACL 2019, section 2.1.
    .. [3] Lample, G. et al. "Word translation without parallel data", ICLR 2018.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_instamap.linear import ProcrustesAligner
    >>> X = np.array([[1.0, 0.0], [0.0, 2.0], [1.0, 1.0]])
    >>> y = 3 * X @ np.array([[0.0, 1.0], [1.0, 0.0]])  # mirrored, three times as large
    >>> aligner = ProcrustesAligner(scale=True).fit(X, y)
    >>> aligner.transform([[5.0, 1.0]]).round(6)
    array([[ 3., 15.]])
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "allow_reflection": ["boolean"],
        "scale": ["boolean"],
        "bootstrap": ["boolean"],
        "growth": [reals(1, None, "neither")],
        "max_pairs": [integers(1)],
        "mutual_similarity": MUTUAL_SIMILARITY,
        "csls_neighbors": [integers(1)],
        "n_jobs": N_JOBS,
    }

    def __init__(
        self,
        *,
        allow_reflection: bool = True,
        scale: bool = False,
        bootstrap: bool = False,
        growth: float = 1.5,
        max_pairs: int = 10_000,
        mutual_similarity: str = "cosine",
        csls_neighbors: int = 10,
        n_jobs: int | None = None,
    ) -> None:
        self.allow_reflection = allow_reflection
        self.scale = scale
        self.bootstrap = bootstrap
        self.growth = growth
        self.max_pairs = max_pairs
        self.mutual_similarity = mutual_similarity
        self.csls_neighbors = csls_neighbors
        self.n_jobs = n_jobs

    @property
    def _uses_spaces(self) -> bool:  # type: ignore[override]
        return self.bootstrap

    def _fit_pairs(self, X: Array, y: Array, source: Array | None, target: Array | None) -> None:
        self.n_pairs_ = [len(X)]
        self.mutual_pairs_: NDArray[np.intp] | None = None
        self._n_features_out = y.shape[1]
        self._fit_map(X, y)
        if self.bootstrap:
            self._bootstrap(X if source is None else source, y if target is None else target)

    def _fit_map(self, X: Array, y: Array) -> None:
        matrix, _ = best_orthogonal_map(
            cross_covariance(X, y), allow_reflection=self.allow_reflection
        )
        self.scale_ = self._best_scale(X, y, matrix) if self.scale else 1.0
        self.source_map_ = (self.scale_ * matrix).astype(X.dtype, copy=False)
        self.target_map_ = None

    def _best_scale(self, X: Array, y: Array, matrix: NDArray[np.float64]) -> float:
        # A projection may shorten rows: the mapped ones are measured, not the given ones.
        mapped = map_rows(X, matrix, n_jobs=self.n_jobs)
        length = np.einsum("ij,ij->", mapped, mapped, dtype=np.float64)
        if length == 0:
            return 1.0
        return float(np.einsum("ij,ij->", mapped, y, dtype=np.float64) / length)

    def _bootstrap(self, source: Array, target: Array) -> None:
        last = 0
        while self.n_pairs_[-1] >= _MIN_GROWTH * last and self.n_pairs_[-1] < self.max_pairs:
            last = self.n_pairs_[-1]
            pairs = mutual_pairs(
                self._map_source(source),
                target,
                similarity=self.mutual_similarity,
                csls_neighbors=self.csls_neighbors,
                n_jobs=self.n_jobs,
            )
            # The lower the sum of the two frequency ranks, the likelier the pair is right.
            frequent = np.argsort(pairs.sum(axis=1), kind="stable")
            pairs = pairs[frequent[: min(int(self.growth * last), self.max_pairs)]]
            self.mutual_pairs_ = pairs
            self.n_pairs_.append(len(pairs))
            self._fit_map(source[pairs[:, 0]], target[pairs[:, 1]])

    @property
    def shared_space_is_target(self) -> bool:
        """Whether the shared space is the target's own: it always is."""
        return True

    def _fitted_parts(self) -> Parts:
        yield from super()._fitted_parts()
        yield from linear_maps(self)

    def _needs_pairs(self) -> bool:
        return not self.bootstrap

    def _map_source(self, X: Array) -> Array:
        return map_rows(X, self.source_map_, n_jobs=self.n_jobs)

    def _map_target(self, y: Array) -> Array:
        return y
