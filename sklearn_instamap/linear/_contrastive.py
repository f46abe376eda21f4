"""Stage C1 of ContrastiveBLI: VecMap's map, refined against hard negatives."""

from __future__ import annotations

from time import perf_counter
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator
from sklearn.preprocessing import normalize

from sklearn_instamap._check import N_JOBS, SHARED_SPACE, integers, reals
from sklearn_instamap._engine import csls_means, map_rows, nearest
from sklearn_instamap._engine._normalization import SpaceNormalization
from sklearn_instamap._fitted_parts import Parts, linear_maps
from sklearn_instamap._row_index import RowIndex, distinct_rows
from sklearn_instamap.base import AlignerMixin
from sklearn_instamap.linear._contrastive_loss import ContrastiveLoss
from sklearn_instamap.linear._whitening import supervised_map
from sklearn_instamap.progress import IterationDone, emit

Array = NDArray[np.floating]
Indices = NDArray[np.intp]

# Keeps the clipping of a zero gradient from dividing by zero; the value PyTorch has there.
_EPSILON = 1e-6


class ContrastiveAligner(AlignerMixin, BaseEstimator):
    r"""Refine VecMap's supervised map against hard negatives (stage C1 of ContrastiveBLI).

    Both sides are made unit length, and mapped by matrices :math:`W_x` and :math:`W_y` which
    start from VecMap's supervised solution. Gradient descent then lowers, over all pairs of the
    dictionary at once,

    .. math:: \mathcal L = -\frac1n \sum_i \log \frac{e^{\cos(i, i)}}{e^{\cos(i, i)}
       + \sum_{j \in N_i} e^{\cos(i, j)} + \sum_{j \in M_i} e^{\cos(j, i)}},

    where :math:`\cos(i, j)` compares the images of source word :math:`i` and target word
    :math:`j`, :math:`N_i` are the target words nearest to source word :math:`i` and :math:`M_i`
    the source words nearest to target word :math:`i`: the words most easily mistaken for the
    translation, found again before every step. The second loop starts from a VecMap solution over
    the dictionary and pairs induced by the first, and trains on the dictionary again.

    Parameters
    ----------
    n_loops : int, default=2
        Number of rounds of a VecMap start and descent.
    n_steps : int, default=201
        Gradient steps in each round. 0 leaves the VecMap start as it is.
    learning_rate : float, default=1.5
        Length of the first step of each round, relative to the gradient.
    learning_rate_decay : float, default=0.99
        Factor of the learning rate after every step.
    max_gradient_norm : float, default=0.15
        A longer gradient, both matrices taken as one vector, is shortened to this length.
    n_negatives : int, default=150
        Hard negatives per pair and direction; all words where there are fewer.
    negative_vocabulary_cutoff : int, default=60000
        Negatives are taken from this many first words of either space.
    max_induced_pairs : int, default=10000
        Pairs per direction that the later rounds' start is estimated from, beside the
        dictionary: the best by CSLS, less those with a word of the dictionary.
    induction_vocabulary_cutoff : int, default=60000
        Pairs are induced for this many first words of either space.
    csls_neighbors : int, default=10
        Neighborhood of CSLS.
    shared_space : {"both", "target"}, default="both"
        With "target" the target stays as it is: the source is mapped by
        :math:`W_x W_y^\top`, whose products with unit target rows are those of the shared
        space, and brought to the mean length of the target's rows.
    n_jobs : int, default=None
        Number of threads that map rows and look for neighbors. None means 1 unless in a
        :func:`joblib.parallel_config` context, -1 all processors. The result does not depend
        on it.

    Attributes
    ----------
    source_map_ : ndarray of shape (n_source_features, n_shared_features)
        Map of unit source rows into the shared space.
    target_map_ : ndarray of shape (n_target_features, n_shared_features)
        Map of unit target rows into the shared space.
    loss_history_ : ndarray of shape (n_loops, n_steps)
        The loss before every step.
    n_induced_pairs_ : ndarray of shape (n_loops,)
        Number of induced pairs in the start of each round, 0 for the first.
    n_features_in_, n_target_features_in_ : int
        Dimensions of the source and of the target space. The shared space has as many as
        VecMap's, the smaller of the two.

    See Also
    --------
    VecMapAligner : The start.
    RCSLSAligner : Another loss over neighbors, for an orthogonal start and one matrix.

    Notes
    -----
    Nothing here is random: the start is VecMap's closed form, and every step uses all pairs.

    *Differences from the original program.* The loss, its gradient (the length of an image is
    held constant in it), step sizes, clipping and the induced pairs are the program's; its
    defaults for a 5k dictionary are the defaults here. The program keeps copies of the vectors
    of all pairs and negatives and maps them again in every step, on a GPU; here spaces are
    mapped once, the gradient is summed over words instead of over pairs times negatives, and no
    PyTorch is needed. With fewer independent pairs than dimensions the program divides by zero;
    here directions without data are left out of the start, as in :class:`VecMapAligner`. For
    a dictionary of about 1,000 pairs the program's settings are ``n_loops=3``, ``n_steps=51``,
    ``learning_rate=2.0``, ``learning_rate_decay=1.0``, ``n_negatives=60``,
    ``max_induced_pairs=6000`` and ``induction_vocabulary_cutoff=20000``, and it trains on the
    induced pairs too, which is not offered.

    *How many steps.* More is not always better: on four pairs of small spaces (20,000 words) 201
    steps a round have a mean P@1 of 19.6 by cosine and 24.8 by CSLS, and 25 steps of 20.3 and
    23.9; on unseen pairs 17.4 and 22.6, and 20.0 and 23.6.

    *Costs.* A step searches the negatives of all distinct dictionary words in both
    directions, ``2 * n_distinct * n_words * n_features`` multiplications, and maps both
    spaces: about two CPU seconds for 2,200 pairs and 20,000 words a side in 300 dimensions, so
    that the defaults take about 12 CPU minutes, the original several times as long. Memory is
    that of the mapped spaces and of ``2 * n_pairs * n_negatives``
    similarities and positions, several times.

    References
    ----------
    .. [1] Li, Y., Liu, F., Collier, N., Korhonen, A. & Vulić, I. "Improving Word Translation
       via Two-Stage Contrastive Learning", ACL 2022, section 2.1.

    Examples
    --------
    >>> from sklearn_instamap.linear import ContrastiveAligner
    >>> from sklearn_instamap.datasets import load_en_de
    >>> X, y = load_en_de(return_X_y=True)
    >>> aligner = ContrastiveAligner(n_loops=1, n_steps=5, n_negatives=20).fit(X, y)
    >>> bool(aligner.loss_history_[0, -1] < aligner.loss_history_[0, 0])
    True
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "n_loops": [integers(1)],
        "n_steps": [integers(0)],
        "learning_rate": [reals(0, None, "neither")],
        "learning_rate_decay": [reals(0, 1, "right")],
        "max_gradient_norm": [reals(0, None, "neither")],
        "n_negatives": [integers(1)],
        "negative_vocabulary_cutoff": [integers(1)],
        "max_induced_pairs": [integers(0)],
        "induction_vocabulary_cutoff": [integers(1)],
        "csls_neighbors": [integers(1)],
        "shared_space": SHARED_SPACE,
        "n_jobs": N_JOBS,
    }

    def __init__(
        self,
        n_loops: int = 2,
        *,
        n_steps: int = 201,
        learning_rate: float = 1.5,
        learning_rate_decay: float = 0.99,
        max_gradient_norm: float = 0.15,
        n_negatives: int = 150,
        negative_vocabulary_cutoff: int = 60_000,
        max_induced_pairs: int = 10_000,
        induction_vocabulary_cutoff: int = 60_000,
        csls_neighbors: int = 10,
        shared_space: str = "both",
        n_jobs: int | None = None,
    ) -> None:
        self.n_loops = n_loops
        self.n_steps = n_steps
        self.learning_rate = learning_rate
        self.learning_rate_decay = learning_rate_decay
        self.max_gradient_norm = max_gradient_norm
        self.n_negatives = n_negatives
        self.negative_vocabulary_cutoff = negative_vocabulary_cutoff
        self.max_induced_pairs = max_induced_pairs
        self.induction_vocabulary_cutoff = induction_vocabulary_cutoff
        self.csls_neighbors = csls_neighbors
        self.shared_space = shared_space
        self.n_jobs = n_jobs

    def _fit_pairs(self, X: Array, y: Array, source: Array | None, target: Array | None) -> None:
        source_words, source_pairs, n_source = _words_and_positions(source, X)
        target_words, target_pairs, n_target = _words_and_positions(target, y)
        sides = (source_words, target_words)
        pairs = np.column_stack([source_pairs, target_pairs])
        loss = ContrastiveLoss(
            *sides,
            pairs,
            n_candidates=(
                min(n_source, self.negative_vocabulary_cutoff),
                min(n_target, self.negative_vocabulary_cutoff),
            ),
            n_negatives=self.n_negatives,
            n_jobs=self.n_jobs,
        )
        history = np.empty((self.n_loops, self.n_steps))
        n_induced = np.zeros(self.n_loops, dtype=np.intp)
        maps = self._start(*sides, pairs)
        for loop in range(self.n_loops):
            if loop > 0:
                induced = self._induced_pairs(source_words, target_words, maps)
                known = np.isin(induced[:, 0], source_pairs) | np.isin(induced[:, 1], target_pairs)
                n_induced[loop] = np.count_nonzero(~known)
                maps = self._start(*sides, np.concatenate([pairs, induced[~known]]))
            maps = self._descend(loss, maps, history, loop)
        self.source_map_: Array = maps[0]
        self.target_map_: Array | None = maps[1]
        if self.shared_space == "target":
            # With the transpose the products with target rows are those of the shared space.
            whole = maps[0].astype(np.float64) @ maps[1].astype(np.float64).T
            self.source_map_, self.target_map_ = whole.astype(X.dtype), None
            rows = y if target is None else target
            self._length, _ = SpaceNormalization(("unit",), rows).way_back(rows)
        self.loss_history_ = history
        self.n_induced_pairs_ = n_induced
        self._n_features_out = self.source_map_.shape[1]

    def _start(self, source: Array, target: Array, pairs: Indices) -> tuple[Array, Array]:
        """VecMap's supervised maps of unit rows that are not centered."""
        source_map, target_map = supervised_map(
            source[pairs[:, 0]],
            target[pairs[:, 1]],
            whiten=True,
            reweight=0.5,
            dewhiten=True,
            n_components=None,
        ).both_sides()
        return source_map.astype(source.dtype), target_map.astype(target.dtype)

    def _descend(
        self, loss: ContrastiveLoss, maps: tuple[Array, Array], history: Array, loop: int
    ) -> tuple[Array, Array]:
        """Follow the gradient for ``n_steps`` steps, writing the losses into the history."""
        source_map, target_map = (matrix.copy() for matrix in maps)
        rate = self.learning_rate
        for step in range(self.n_steps):
            began = perf_counter()
            value = loss(source_map, target_map)
            history[loop, step] = value.loss
            gradients = value.source_gradient, value.target_gradient
            length = float(np.sqrt(sum(np.vdot(gradient, gradient) for gradient in gradients)))
            shortened = rate * min(1.0, self.max_gradient_norm / (length + _EPSILON))
            source_map -= shortened * gradients[0]
            target_map -= shortened * gradients[1]
            rate *= self.learning_rate_decay
            emit(
                IterationDone(
                    iteration=loop * self.n_steps + step + 1,
                    n_iter=self.n_loops * self.n_steps,
                    n_pairs=loss.n_pairs,
                    seconds=perf_counter() - began,
                    measure="mean cosine",
                    value=value.mean_cosine,
                )
            )
        return source_map, target_map

    def _induced_pairs(self, source: Array, target: Array, maps: tuple[Array, Array]) -> Indices:
        """The best translations by CSLS of frequent words, in both directions, without repeats."""
        a = map_rows(source, maps[0], n_jobs=self.n_jobs)
        b = map_rows(target, maps[1], n_jobs=self.n_jobs)
        k = min(self.csls_neighbors, len(a), len(b))
        a_mean, b_mean = csls_means(a, b, k, n_jobs=self.n_jobs)
        forth = self._best_matches(a, b, b_mean)
        back = self._best_matches(b, a, a_mean)[:, ::-1]
        return np.unique(np.concatenate([forth, back]), axis=0)

    def _best_matches(self, queries: Array, keys: Array, key_means: Array) -> Indices:
        """Rows of the queries with the highest scores, beside their best keys."""
        frequent = queries[: self.induction_vocabulary_cutoff]
        scores, keys_found = nearest(frequent, keys, key_penalty=key_means / 2, n_jobs=self.n_jobs)
        # As the original ranks: by twice the cosine less the key's mean, not the query's.
        best = np.argsort(-scores, kind="stable")[: self.max_induced_pairs]
        return np.column_stack([best, keys_found[best]])

    def _fitted_parts(self) -> Parts:
        yield from super()._fitted_parts()
        yield from linear_maps(self)
        if self.target_map_ is None:
            yield "_length", self._length, float

    def _needs_pairs(self) -> bool:
        return True

    def _map_source(self, X: Array) -> Array:
        mapped = self._mapped(X, self.source_map_)
        return mapped if self.target_map_ is not None else self._length * normalize(mapped)

    def _map_target(self, y: Array) -> Array:
        return y if self.target_map_ is None else self._mapped(y, self.target_map_)

    def _mapped(self, rows: Array, matrix: Array) -> Array:
        return map_rows(normalize(rows), matrix, n_jobs=self.n_jobs)


def _words_and_positions(space: Array | None, rows: Array) -> tuple[Array, Indices, int]:
    """The unit rows to work on, where the dictionary's stand, and how many are the space's.

    Dictionary rows that are not in the space follow after its own; without a space they stand
    in for it, each once.
    """
    if space is None:
        space = rows[distinct_rows(rows)[0]]
    positions = RowIndex(space).find(rows)
    missing = positions < 0
    positions[missing] = len(space) + np.arange(np.count_nonzero(missing))
    return normalize(np.concatenate([space, rows[missing]])), positions, len(space)
