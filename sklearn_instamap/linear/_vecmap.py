"""VecMap: supervised maps through whitened spaces, and self-learning from few pairs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator
from sklearn.preprocessing import normalize
from sklearn.utils import check_random_state

from sklearn_instamap._check import (
    N_JOBS,
    NORMALIZATION,
    RANDOM_STATE,
    SHARED_SPACE,
    integers,
    reals,
)
from sklearn_instamap._engine import map_rows
from sklearn_instamap._engine._normalization import SpaceNormalization
from sklearn_instamap._fit_data import mean_length
from sklearn_instamap._fitted_parts import Parts, linear_maps, normalizations
from sklearn_instamap.base import AlignerMixin
from sklearn_instamap.linear._self_learning import SelfLearning
from sklearn_instamap.linear._whitening import supervised_map

Array = NDArray[np.floating]


class VecMapAligner(AlignerMixin, BaseEstimator):
    r"""Map both spaces through whitened ones onto each other, re-weighted (VecMap).

    Both spaces are normalized (unit length, centered, unit length); then, with :math:`X_D` and
    :math:`Y_D` the dictionary's rows [1]_,

    1. each side is whitened by its own dictionary rows: multiplied by
       :math:`A = (X_D^\top X_D)^{-1/2}` and :math:`B = (Y_D^\top Y_D)^{-1/2}`,
    2. both are rotated, by :math:`U` and :math:`V` of
       :math:`U S V^\top = \mathrm{SVD}(A X_D^\top Y_D B)`,
    3. both are re-weighted by :math:`S^r`, their correlations,
    4. both are de-whitened, by :math:`U^\top A^{-1} U` and :math:`V^\top B^{-1} V`,
    5. and cut to ``n_components`` dimensions.

    With ``self_learning=True`` the given dictionary is a seed only, and may be small [2]_:
    orthogonal maps and dictionaries induced under them take turns, with similarities dropped at
    random less and less often, until the dictionary settles; the steps above are done once, with
    the last induced dictionary.

    Parameters
    ----------
    normalization : sequence of {"unit", "center"}, default=("unit", "center", "unit")
        What to do to each space first, in order. Centering uses the mean of the whole space.
    whiten : bool, default=True
        Whether to whiten. Without it the maps are orthogonal, then re-weighted.
    reweight : float, default=0.5
        The exponent :math:`r` for both sides, with ``shared_space="target"`` for the source; 0 does
        not re-weight.
    dewhiten : bool, default=True
        Whether to undo the whitening after re-weighting. Without ``whiten`` there is nothing to
        undo.
    n_components : int, default=None
        Number of dimensions of the shared space; None keeps all. The dimensions kept are those
        in which the two sides correlate most.
    shared_space : {"both", "target"}, default="both"
        With "target" the target stays as it is: the source is mapped by :math:`W_x W_y^{-1}`,
        where :math:`W_y` is the target's map without re-weighting, orthogonal if de-whitened. Its
        rows are brought to the mean length of the target's (each to unit length first, if
        ``normalization`` ends in it), and moved to where their center is.
    self_learning : bool, default=False
        Whether to induce the dictionary, with the given one as the seed. Needs the whole spaces
        in ``fit``. The parameters below are for self-learning only.
    vocabulary_cutoff : int, default=20000
        Translations are induced among this many first rows of each space, its most frequent
        words; None takes all.
    csls_neighbors : int, default=10
        Neighborhood of CSLS.
    keep_probability : float, default=0.1
        Share of the similarities that survives in the first iterations.
    keep_growth : float, default=2.0
        Factor of the keep-probability when nothing improves any more, above 1.
    patience : int, default=50
        Number of iterations without improvement after which the keep-probability grows, or, when
        it is 1, learning ends.
    tol : float, default=1e-6
        Growth of the objective that counts as an improvement.
    max_iter : int, default=1000
        Largest number of iterations. It takes some hundreds.
    random_state : int, RandomState instance or None, default=None
        Seeds the similarities that are dropped. Pass an int for reproducible results.
    n_jobs : int, default=None
        Number of threads that map rows and look for neighbors. None means 1 unless in a
        :func:`joblib.parallel_config` context, -1 all processors. The result does not depend
        on it.

    Attributes
    ----------
    source_map_, target_map_ : ndarray of shape (n_features, n_components)
        The maps of normalized rows into the shared space, which has as many dimensions as the
        narrower of the two spaces if ``n_components`` does not say fewer. With
        ``shared_space="target"`` the former has the shape (n_source_features, n_target_features),
        and the latter is None.
    singular_values_ : ndarray of shape (min(n_source_features, n_target_features),)
        The diagonal of :math:`S`, decreasing: if whitened, the canonical correlations of the two
        sides of the dictionary. Ones tell that it has too few pairs for as many dimensions.
    induced_pairs_ : ndarray of shape (n_pairs, 2), or None
        The induced dictionary: rows in the source and in the target space. Each source word's
        translation comes first, then each target word's, so that mutual ones stand twice. None
        without self-learning.
    objectives_ : list of float, or None
        Mean cosine of each word to the nearest word of the other side, per iteration.
    keep_probabilities_ : list of float, or None
        The keep-probability of each iteration.
    n_iter_ : int
        Number of iterations of self-learning; 1, the only fit there is, without.
    n_features_in_, n_target_features_in_ : int
        Dimensions of the source and of the target space.

    Warns
    -----
    ConvergenceWarning
        If self-learning is stopped by ``max_iter``.

    See Also
    --------
    identical_spelling_pairs : A seed dictionary for self-learning where there is none.
    sklearn_instamap.make_aligner_pipeline : Puts InstaMap on top of VecMap.

    Notes
    -----
    *Differences from the original program* (map_embeddings.py, artetxem/vecmap). The defaults
    are its ``--supervised``, ``self_learning=True`` its ``--semi_supervised``; ``--unsupervised``
    is not offered. It breaks down when the dictionary's rows do not span all dimensions; here
    directions of which they tell nothing, with a singular value below
    ``max(n_pairs, n_features) * eps`` of the largest, get no weight in the shared space. A word
    none of whose positive scores survives has no pair in that iteration; the program pairs it
    with one of the most frequent words, since dropped scores are 0 there, too. Chances are drawn
    for positive scores only, as the others cannot win; the generator is another, so that equal
    seeds do not give equal dictionaries.

    *Costs.* Supervised: two QR decompositions and three SVDs of matrices as wide as the spaces.
    Each iteration of self-learning computes the similarities of the first ``vocabulary_cutoff``
    words of both sides twice, once for the neighborhoods and once for the translations of both
    directions, and only once when the neighborhoods have changed little since the iteration
    before; the program four times. The result is the same to the last bit. Memory is bounded by
    the tiles of the search and the few similarities remembered in between.

    References
    ----------
    .. [1] Artetxe, M., Labaka, G. & Agirre, E. "Generalizing and improving bilingual word
       embedding mappings with a multi-step framework of linear transformations", AAAI 2018.
    .. [2] Artetxe, M., Labaka, G. & Agirre, E. "A robust self-learning method for fully
       unsupervised cross-lingual mappings of word embeddings", ACL 2018, sections 3.2 to 3.4.

    Examples
    --------
    >>> from sklearn_instamap.linear import VecMapAligner
    >>> from sklearn_instamap.datasets import load_en_de
    >>> data = load_en_de()
    >>> X, y = load_en_de(return_X_y=True)
    >>> aligner = VecMapAligner().fit(X, y, source_space=data.source, target_space=data.target)
    >>> aligner.transform(data.source)
    EmbeddingSpace(n_words=5000, n_features=300, dtype=float32)
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "normalization": NORMALIZATION,
        "whiten": ["boolean"],
        "reweight": [reals(0)],
        "dewhiten": ["boolean"],
        "n_components": [integers(1), None],
        "shared_space": SHARED_SPACE,
        "self_learning": ["boolean"],
        "vocabulary_cutoff": [integers(1), None],
        "csls_neighbors": [integers(1)],
        "keep_probability": [reals(0, 1, "right")],
        "keep_growth": [reals(1, None, "neither")],
        "patience": [integers(1)],
        "tol": [reals(0)],
        "max_iter": [integers(1)],
        "random_state": RANDOM_STATE,
        "n_jobs": N_JOBS,
    }

    def __init__(
        self,
        *,
        normalization: Sequence[str] = ("unit", "center", "unit"),
        whiten: bool = True,
        reweight: float = 0.5,
        dewhiten: bool = True,
        n_components: int | None = None,
        shared_space: str = "both",
        self_learning: bool = False,
        vocabulary_cutoff: int | None = 20_000,
        csls_neighbors: int = 10,
        keep_probability: float = 0.1,
        keep_growth: float = 2.0,
        patience: int = 50,
        tol: float = 1e-6,
        max_iter: int = 1000,
        random_state: int | np.random.RandomState | None = None,
        n_jobs: int | None = None,
    ) -> None:
        self.normalization = normalization
        self.whiten = whiten
        self.reweight = reweight
        self.dewhiten = dewhiten
        self.n_components = n_components
        self.shared_space = shared_space
        self.self_learning = self_learning
        self.vocabulary_cutoff = vocabulary_cutoff
        self.csls_neighbors = csls_neighbors
        self.keep_probability = keep_probability
        self.keep_growth = keep_growth
        self.patience = patience
        self.tol = tol
        self.max_iter = max_iter
        self.random_state = random_state
        self.n_jobs = n_jobs

    def _fit_pairs(self, X: Array, y: Array, source: Array | None, target: Array | None) -> None:
        source, target = X if source is None else source, y if target is None else target
        self._source_normalization = SpaceNormalization(self.normalization, source)
        self._target_normalization = SpaceNormalization(self.normalization, target)
        X, y = self._source_normalization(X), self._target_normalization(y)
        self.induced_pairs_: NDArray[np.intp] | None = None
        self.objectives_: list[float] | None = None
        self.keep_probabilities_: list[float] | None = None
        self.n_iter_ = 1
        if self.self_learning:
            X, y = self._self_learned(X, y, source, target)
        learned = supervised_map(
            X,
            y,
            whiten=self.whiten,
            reweight=self.reweight,
            dewhiten=self.dewhiten,
            n_components=self.n_components,
        )
        self.singular_values_ = learned.singular_values.astype(X.dtype)
        self.target_map_: Array | None = None
        if self.shared_space == "target":
            self.source_map_ = learned.into_target().astype(X.dtype)
            scale, offset = self._target_normalization.way_back(target)
            if not self._source_normalization.ends_in_unit_length:
                # The map has the source's scale, and more where it re-weights without whitening.
                scale *= mean_length(y) / (mean_length(X @ self.source_map_) or 1.0)
            self._landing = scale, offset
        else:
            self.source_map_, self.target_map_ = (
                matrix.astype(X.dtype) for matrix in learned.both_sides()
            )
        self._n_features_out = self.source_map_.shape[1]

    def _self_learned(
        self, X: Array, y: Array, source: Array, target: Array
    ) -> tuple[Array, Array]:
        """Return the rows of the induced dictionary."""
        learning = SelfLearning(
            csls_neighbors=self.csls_neighbors,
            keep_probability=self.keep_probability,
            keep_growth=self.keep_growth,
            patience=self.patience,
            tol=self.tol,
            max_iter=self.max_iter,
            n_jobs=self.n_jobs,
        )
        X, y = learning.run(
            X,
            y,
            self._source_normalization(source[: self.vocabulary_cutoff]),
            self._target_normalization(target[: self.vocabulary_cutoff]),
            check_random_state(self.random_state),
        )
        self.induced_pairs_ = learning.pairs
        self.objectives_ = learning.objectives
        self.keep_probabilities_ = learning.keep_probabilities
        self.n_iter_ = len(learning.objectives)
        return X, y

    def _fitted_parts(self) -> Parts:
        yield from super()._fitted_parts()
        yield from linear_maps(self)
        yield from normalizations(self)
        if self.target_map_ is None:
            yield "_landing", self._landing[0], float
            yield "_landing", self._landing[1], (self.n_target_features_in_,)

    def _needs_pairs(self) -> bool:
        return not self.self_learning

    def _map_source(self, X: Array) -> Array:
        mapped = map_rows(self._source_normalization(X), self.source_map_, n_jobs=self.n_jobs)
        if self.target_map_ is not None:
            return mapped
        if self._source_normalization.ends_in_unit_length:
            mapped = normalize(mapped)
        scale, offset = self._landing
        return scale * mapped + offset.astype(X.dtype, copy=False)

    def _map_target(self, y: Array) -> Array:
        if self.target_map_ is None:
            return y
        return map_rows(self._target_normalization(y), self.target_map_, n_jobs=self.n_jobs)
