"""The contrastive objective of stage C1: hard negatives, loss and gradient, in numpy."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.special import logsumexp

from sklearn_instamap._engine import map_rows, top_k

Array = NDArray[np.floating]
Indices = NDArray[np.intp]


class LossValue(NamedTuple):
    """The loss at a pair of maps, with what was computed on the way."""

    loss: float
    mean_cosine: float
    source_gradient: Array
    target_gradient: Array


class ContrastiveLoss:
    r"""Softmax of the gold pair among hard negatives, as a function of both maps.

    For pair :math:`i` with unit images :math:`a_i` of its source and :math:`b_i` of its target
    word, :math:`N_i` the target words nearest to :math:`a_i` and :math:`M_i` the source words
    nearest to :math:`b_i`, the pair's own words left out,

    .. math:: \mathcal L = -\frac1n \sum_i \log \frac{e^{a_i \cdot b_i}}{e^{a_i \cdot b_i}
       + \sum_{j \in N_i} e^{a_i \cdot b_j} + \sum_{j \in M_i} e^{a_j \cdot b_i}} .

    Rows are unit vectors, pairs say at which of them the dictionary's words stand. Negatives are
    taken from ``n_candidates`` leading rows of source and target, ``n_negatives`` per pair and
    direction; where there are fewer words, all of them.
    """

    def __init__(
        self,
        source: Array,
        target: Array,
        pairs: Indices,
        *,
        n_candidates: tuple[int, int],
        n_negatives: int,
        n_jobs: int | None,
    ) -> None:
        self._source, self._target = source, target
        self._pairs = pairs
        self._n_candidates = n_candidates
        self._n_negatives = n_negatives
        self._n_jobs = n_jobs

    @property
    def n_pairs(self) -> int:
        """Number of pairs of the dictionary."""
        return len(self._pairs)

    def __call__(self, source_map: Array, target_map: Array) -> LossValue:
        """Return the loss, the pairs' mean cosine and the gradients of both maps.

        The original treats the length of a mapped vector as a constant, so the gradient is
        that of the numerators alone; so it is here.
        """
        a, a_lengths = self._images(self._source, source_map)
        b, b_lengths = self._images(self._target, target_map)
        s, t = self._pairs.T
        n_source, n_target = self._n_candidates
        to_target, negative_targets = self._hard_negatives(a, s, b[:n_target], t)
        to_source, negative_sources = self._hard_negatives(b, t, a[:n_source], s)
        gold = np.einsum("ij,ij->i", a[s], b[t])[:, None]
        logits = np.concatenate([gold, to_target, to_source], axis=1)
        log_total = logsumexp(logits, axis=1, keepdims=True)

        # d loss / d logit; then d logit / d image is the other word's image.
        slopes = np.exp(logits - log_total)
        slopes[:, 0] -= 1
        slopes /= len(s)
        split = 1 + to_target.shape[1]
        forth = _rows_of(
            np.concatenate([slopes[:, :1], slopes[:, 1:split]], axis=1),
            np.concatenate([t[:, None], negative_targets], axis=1),
            len(b),
        )
        back = _rows_of(slopes[:, split:], negative_sources, len(a))
        a_slopes = np.asarray(back.T @ b[t])
        b_slopes = np.asarray(forth.T @ a[s])
        # A word may stand in several pairs.
        np.add.at(a_slopes, s, forth @ b)
        np.add.at(b_slopes, t, back @ a)
        a_slopes /= a_lengths
        b_slopes /= b_lengths
        return LossValue(
            float(np.mean(log_total - gold)),
            float(np.mean(gold)),
            self._source.T @ a_slopes,
            self._target.T @ b_slopes,
        )

    def _images(self, rows: Array, matrix: Array) -> tuple[Array, Array]:
        """Unit images of rows, and the images' lengths."""
        images = map_rows(rows, matrix, n_jobs=self._n_jobs)
        lengths = np.sqrt(np.einsum("ij,ij->i", images, images))[:, None]
        # A word mapped to zero has no direction and takes part in nothing.
        lengths[lengths == 0] = 1
        images /= lengths
        return images, lengths

    def _hard_negatives(
        self, images: Array, pairs: Indices, candidates: Array, gold: Indices
    ) -> tuple[Array, Indices]:
        """The nearest candidates of every pair's word, its translation left out."""
        anchors, of_pair = np.unique(pairs, return_inverse=True)
        k = min(self._n_negatives + 1, len(candidates))
        cosines, nearest = top_k(images[anchors], candidates, k, n_jobs=self._n_jobs)
        cosines, nearest = cosines[of_pair], nearest[of_pair]
        # Where the translation is not among the k nearest, the last of them goes instead.
        dropped = nearest == gold[:, None]
        dropped[~dropped.any(axis=1), -1] = True
        shape = (len(pairs), k - 1)
        return cosines[~dropped].reshape(shape), nearest[~dropped].reshape(shape)


def _rows_of(weights: Array, columns: Indices, n_columns: int) -> csr_array:
    """Sparse matrix with the given weights at the given columns of each row."""
    n_rows, k = weights.shape
    starts = np.arange(0, n_rows * k + 1, k) if k else np.zeros(n_rows + 1, dtype=np.intp)
    return csr_array((weights.ravel(), columns.ravel(), starts), shape=(n_rows, n_columns))
