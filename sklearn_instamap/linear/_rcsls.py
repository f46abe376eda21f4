"""A linear map that minimizes the relaxed CSLS loss (RCSLS)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice, repeat
from numbers import Real
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator
from sklearn.preprocessing import normalize
from sklearn.utils import check_random_state

from sklearn_instamap._check import (
    N_JOBS,
    NORMALIZATION,
    RANDOM_STATE,
    Several,
    StrOptions,
    integers,
    reals,
)
from sklearn_instamap._engine import best_orthogonal_map, cross_covariance, map_rows
from sklearn_instamap._engine._normalization import SpaceNormalization
from sklearn_instamap._fitted_parts import Parts, linear_maps, normalizations
from sklearn_instamap._row_index import distinct_rows
from sklearn_instamap.base import AlignerMixin
from sklearn_instamap.linear._rcsls_descent import (
    Descent,
    Loss,
    NeighborWords,
    RelaxedCSLSLoss,
    descend,
)
from sklearn_instamap.linear._rcsls_holdout import HeldOutPairs

Array = NDArray[np.floating]
Words = tuple[NeighborWords, NeighborWords]

# Smaller ones never won, on dictionaries of 400 to 4,000 pairs: ten steps then change too little.
# Larger ones are halved by stepping back.
_CANDIDATE_RATES = (1.0, 4.0, 16.0)
# The original program's default, where there are too few pairs to choose by.
_DEFAULT_RATE = 1.0


class RCSLSAligner(AlignerMixin, BaseEstimator):
    r"""Map the source onto the target by minimizing the relaxed CSLS loss (RCSLS).

    A linear map is learned for the very similarity that CSLS retrieval ranks by: a source word
    should be nearer to its translation than to what else is near either of them [1]_. Over the
    pairs :math:`(x_i, y_i)` of the dictionary, on unit vectors,

    .. math:: \min_W \frac{1}{n} \sum_{i=1}^n \Bigl( -2\, x_i W y_i^\top
       + \frac{1}{k} \sum_{z \in N_T(x_i W)} x_i W z^\top
       + \frac{1}{k} \sum_{z \in N_S(y_i)} z W y_i^\top \Bigr),

    where :math:`N_T(x_i W)` are the :math:`k` words of the target space nearest to the mapped
    source word, and :math:`N_S(y_i)` the :math:`k` words of the source space whose images are
    nearest to its translation, by inner product: images are not brought back to unit length
    inside the loss. Gradient descent starts from the Procrustes map. With ``spectral=True``
    :math:`W` is kept in the convex hull of the orthogonal matrices, by clipping its singular
    values to 1.

    Parameters
    ----------
    learning_rate : float, "auto" or array-like of float, default="auto"
        The first step's multiple of the gradient; it is halved whenever a step raises the loss.
        From an array-like, the rate is chosen on held-out pairs of the dictionary: a fifth of
        them, sharing no word with the others where possible, by the mean reciprocal rank of
        their translations by cosine in the whole target space. "auto" chooses among 1, 4 and
        16. With fewer than 50 pairs there is nothing to hold out: "auto" is 1 then, an
        array-like its first.
    n_iter : int, default=10
        Number of updates, those included that are undone because they raise the loss.
    csls_neighbors : int, default=10
        Number k of neighbors on either side. More than there are words is taken as all.
    vocabulary_cutoff : int, default=200000
        Neighbors are looked for among the first, most frequent, ``vocabulary_cutoff`` words of each
        space.
    spectral : bool, default=False
        Whether to clip the singular values of the map to 1 after every update.
    normalization : sequence of {"unit", "center"}, default=("unit",)
        What is done to the rows of both spaces before mapping, in this order: unit length, and
        subtracting the mean of the space. If "unit" comes last, the images of the source rows
        are brought to unit length too. With ``()`` the loss is made of the inner products of the
        rows as they are.
    batch_size : int, default=None
        Number of pairs drawn, without repeats, for each update; None takes all of them. Losses
        of different batches do not compare: with batches, no step is ever undone.
    random_state : int, RandomState instance or None, default=None
        Seeds the batches; without ``batch_size`` nothing is random.
    n_jobs : int, default=None
        Number of threads that look for neighbors and map rows. None means 1 unless in a
        :func:`joblib.parallel_config` context, -1 all processors. The result does not depend
        on it.

    Attributes
    ----------
    source_map_ : ndarray of shape (n_source_features, n_target_features)
        The map of lowest loss; with batches, the last.
    target_map_ : None
        Target rows are normalized, and not mapped.
    learning_rate_ : float
        The learning rate of the first step.
    validation_scores_ : dict of float to float
        Mean reciprocal rank of the held-out pairs for each candidate rate; empty where there
        was nothing to choose.
    loss_history_ : ndarray of shape (n_iter + 1,)
        Loss at the Procrustes map and after each update. A value larger than the smallest
        before it is that of an update that was undone.
    learning_rate_history_ : ndarray of shape (n_iter,)
        Learning rate of each update.
    csls_neighbors_ : int
        Number of neighbors used.
    n_features_in_ : int
        Dimensions of the source space.
    n_target_features_in_ : int
        Dimensions of the target space, and of the shared space.

    See Also
    --------
    ProcrustesAligner : Where the descent starts.
    VecMapAligner : Whitening and re-weighting instead of a loss made for retrieval.

    Notes
    -----
    *The loss has no minimum.* It is convex and proportional to the size of :math:`W`, hence
    unbounded below wherever the dictionary can be fitted at all. Without ``spectral`` it is
    ``n_iter`` and ``learning_rate`` that keep the map near the Procrustes map, and the rate
    matters: choose it, as "auto" does.

    *Degenerate cases.* Directions that the dictionary does not determine (fewer pairs than
    dimensions) are those of a semi-orthogonal Procrustes map and only change as far as
    neighbors pull them. The fewer the pairs, the longer the gradients: a dictionary of a
    handful is overfitted in ten steps, with ``spectral`` less so. Spaces of different dimensions
    share the target's. Without spaces, the distinct rows of the dictionary stand in for them.

    *Differences from the original program* (``alignment/align.py`` of fastText). Updates and
    losses are the same for the same learning rate, up to rounding; what differs is:

    - Stepping back works. When the loss rises, the program halves its learning rate and means
      to restore the previous matrix, but the copy it keeps is the very array it updates in
      place: the step stays (with its spectral option, it loses the clipping instead). Here the
      step is undone and tried again from the same map with half the rate, so that the final map
      is never worse than another one tried. The loss of the last update is computed too.
    - ``n_iter`` counts updates. The program's ``--niter 10`` makes 11: give 11 to compare.
    - The learning rate is chosen. The program's default is 1 and its example script says 25.
    - The program centers the words with ``--center``; here this is
      ``normalization=("unit", "center")``. It has a weight decay, off by default, which is not
      offered.
    - It computes in float64 throughout; here neighbors are looked up in the dtype of the rows,
      and sums and the map are float64 while fitting.

    *Costs.* Each of the ``n_iter + 1`` losses takes two products of the distinct dictionary
    words of one side with the (first ``vocabulary_cutoff``) words of the other side; choosing among
    ``c`` rates multiplies this by about ``1 + 0.8 c``, 3.4 for "auto". The default normalization
    copies neither space; memory is bounded by the dictionary rows and the tiles of the search.

    References
    ----------
    .. [1] Joulin, A., Bojanowski, P., Mikolov, T., Jégou, H. & Grave, E. "Loss in Translation:
       Learning Bilingual Word Mapping with a Retrieval Criterion", EMNLP 2018.

    Examples
    --------
    >>> from sklearn_instamap.linear import RCSLSAligner
    >>> from sklearn_instamap.datasets import load_en_de
    >>> X, y = load_en_de(return_X_y=True)
    >>> aligner = RCSLSAligner(learning_rate=4.0, n_iter=2).fit(X, y)
    >>> bool(aligner.loss_history_[-1] < aligner.loss_history_[0])
    True
    >>> aligner.transform(X).shape
    (1239, 300)
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "learning_rate": [
            StrOptions({"auto"}),
            reals(0, None, "neither"),
            Several(Real, 0, None, closed="neither"),
        ],
        "n_iter": [integers(1)],
        "csls_neighbors": [integers(1)],
        "vocabulary_cutoff": [integers(1)],
        "spectral": ["boolean"],
        "normalization": NORMALIZATION,
        "batch_size": [integers(1), None],
        "random_state": RANDOM_STATE,
        "n_jobs": N_JOBS,
    }

    def __init__(
        self,
        *,
        learning_rate: float | str | ArrayLike = "auto",
        n_iter: int = 10,
        csls_neighbors: int = 10,
        vocabulary_cutoff: int = 200_000,
        spectral: bool = False,
        normalization: Sequence[str] = ("unit",),
        batch_size: int | None = None,
        random_state: int | np.random.RandomState | None = None,
        n_jobs: int | None = None,
    ) -> None:
        self.learning_rate = learning_rate
        self.n_iter = n_iter
        self.csls_neighbors = csls_neighbors
        self.vocabulary_cutoff = vocabulary_cutoff
        self.spectral = spectral
        self.normalization = normalization
        self.batch_size = batch_size
        self.random_state = random_state
        self.n_jobs = n_jobs

    def _fit_pairs(self, X: Array, y: Array, source: Array | None, target: Array | None) -> None:
        rates = self._candidate_rates()
        random_state = check_random_state(self.random_state)
        self._source_normalization = SpaceNormalization(
            self.normalization, X if source is None else source
        )
        self._target_normalization = SpaceNormalization(
            self.normalization, y if target is None else target
        )
        words = self._neighbor_words(X, source), self._neighbor_words(y, target)
        self.csls_neighbors_ = min(self.csls_neighbors, *(len(side.rows) for side in words))
        pairs = self._source_normalization(X), self._target_normalization(y)
        self.validation_scores_: dict[float, float] = {}
        held_out = HeldOutPairs.choose(X, y, target) if len(rates) > 1 else None
        if held_out is not None:
            train = held_out.train
            courses = self._descend(pairs[0][train], pairs[1][train], words, rates, random_state)
            for rate, course in zip(rates, courses, strict=True):
                images = map_rows(pairs[0][held_out.test], course.matrix, n_jobs=self.n_jobs)
                self.validation_scores_[rate] = held_out.mean_reciprocal_rank(images, self.n_jobs)
            # Of equal ones the first.
            self.learning_rate_ = max(rates, key=self.validation_scores_.__getitem__)
        else:
            self.learning_rate_ = _DEFAULT_RATE if self._is_auto() else rates[0]
        (course,) = self._descend(*pairs, words, [self.learning_rate_], random_state)
        self.source_map_ = course.matrix.astype(X.dtype)
        self.target_map_ = None
        self.loss_history_ = np.array(course.losses)
        self.learning_rate_history_ = np.array(course.learning_rates)
        self._n_features_out = y.shape[1]

    def _descend(
        self,
        X: Array,
        y: Array,
        words: Words,
        rates: Sequence[float],
        random_state: np.random.RandomState,
    ) -> Iterator[Descent]:
        """Descend from the Procrustes map of the pairs, once for each learning rate."""
        start, _ = best_orthogonal_map(cross_covariance(X, y), allow_reflection=True)
        losses = self._losses(X, y, words, random_state)
        at_start = next(losses)(start)
        for rate in rates:
            yield descend(
                start,
                at_start,
                islice(losses, self.n_iter),
                rate,
                spectral=self.spectral,
                step_back=self.batch_size is None,
            )

    def _losses(
        self, X: Array, y: Array, words: Words, random_state: np.random.RandomState
    ) -> Iterator[Loss]:
        """Yield the loss of all pairs again and again, or those of random batches."""
        if self.batch_size is None:
            yield from repeat(RelaxedCSLSLoss(X, y, *words, self.csls_neighbors_))
            return
        size = min(self.batch_size, len(X))
        while True:
            batch = random_state.choice(len(X), size=size, replace=False)
            yield RelaxedCSLSLoss(X[batch], y[batch], *words, self.csls_neighbors_)

    def _neighbor_words(self, rows: Array, space: Array | None) -> NeighborWords:
        # A word that stands in several pairs is one word.
        words = rows[distinct_rows(rows)[0]] if space is None else space
        # The last scaling to unit length is left to the loss, which needs no copy for it.
        unit_length = self._source_normalization.ends_in_unit_length
        steps = self.normalization[:-1] if unit_length else self.normalization
        frequent = SpaceNormalization(steps, words)(words[: self.vocabulary_cutoff])
        return NeighborWords(frequent, unit_length=unit_length, n_jobs=self.n_jobs)

    def _is_auto(self) -> bool:
        return isinstance(self.learning_rate, str) and self.learning_rate == "auto"

    def _candidate_rates(self) -> list[float]:
        if self._is_auto():
            return list(_CANDIDATE_RATES)
        return np.atleast_1d(np.asarray(self.learning_rate, dtype=np.float64)).tolist()

    @property
    def shared_space_is_target(self) -> bool:
        """Whether the shared space is the target's own: unless it is centered."""
        return "center" not in self.normalization

    def _fitted_parts(self) -> Parts:
        yield from super()._fitted_parts()
        yield from linear_maps(self)
        yield from normalizations(self)

    def _needs_pairs(self) -> bool:
        return True

    def _map_source(self, X: Array) -> Array:
        images = map_rows(self._source_normalization(X), self.source_map_, n_jobs=self.n_jobs)
        return normalize(images) if self._source_normalization.ends_in_unit_length else images

    def _map_target(self, y: Array) -> Array:
        return self._target_normalization(y)
