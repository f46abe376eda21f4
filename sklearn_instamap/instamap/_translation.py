"""Move each point by the translations of its nearest dictionary entries."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator

from sklearn_instamap._check import N_JOBS, StrOptions, integers, reals
from sklearn_instamap._engine import top_k, weighted_sum
from sklearn_instamap._fit_data import lengths_differ, mean_length
from sklearn_instamap._fitted_parts import Parts
from sklearn_instamap._wording import argument
from sklearn_instamap.base import AlignerMixin

Array = NDArray[np.floating]

# Below this ratio of sum(cos) to sum(|cos|) the neighbors' cosines cancel: weights cos / sum(cos)
# would multiply translations a thousandfold, or divide by zero.
_CANCELLED = 1e-3


# Pairs of two languages, rotated onto each other, have mean cosines of 0.3 and more; those of two
# programs, each with axes of its own, have next to none. A few pairs do not tell.
_UNRELATED = 0.1
_ENOUGH = 20


class InstanceTranslator(AlignerMixin, BaseEstimator):
    r"""Move every point by the mean translation of its nearest dictionary entries.

    For a source row :math:`x` with its :math:`K` nearest dictionary entries :math:`x_k` by
    cosine, and :math:`y_k` the translations of these (eq. 3 of [1]_),

    .. math:: x' = x + s \,
       \frac{\sum_{k=1}^K \cos(x, x_k) \, (y_k - x_k)}{\sum_{k=1}^K \cos(x, x_k)},

    and for a target row :math:`y` with its nearest entries :math:`y_k` (eq. 4)

    .. math:: y' = y - s \,
       \frac{\sum_{k=1}^K \cos(y, y_k) \, (y_k - x_k)}{\sum_{k=1}^K \cos(y, y_k)},

    with step :math:`s = 1` in the paper. Both sides are expected to be rotated onto each other
    already: where pairs have next to no cosine, fit warns.

    Parameters
    ----------
    n_neighbors : int, default=70
        Number K of dictionary entries that move a point. More than there are pairs is taken as
        all of them, with a warning.
    step : float, default=1.0
        Share of the translation that is applied, between 0 and 1. With 1 source points move
        all the way to where their neighbors' translations are, and target points all the way
        back; with 0.5 both sides meet halfway.
    move : {"both", "source"}, default="both"
        Which sides move. With "source" the target stays as it is: the shared space is its own.
    bfloat16 : bool, default=False
        Let products in bfloat16 choose the candidates that are then compared in full precision:
        the same neighbors, sooner, for float32 rows and large dictionaries on a CPU that
        multiplies bfloat16. Needs PyTorch (``pip install "sklearn-instamap[bliss]"``); without
        it, or on other CPUs, the search is the usual one.
    n_jobs : int, default=None
        Number of threads that look for neighbors. None means 1 unless in a
        :func:`joblib.parallel_config` context, -1 all processors. The result does not depend
        on it.

    Attributes
    ----------
    source_pairs_, target_pairs_ : ndarray of shape (n_pairs, n_shared_features)
        The dictionary rows, row ``i`` of one translating row ``i`` of the other.
    n_neighbors_ : int
        Number of neighbors used: ``n_neighbors``, or the number of pairs if that is smaller.
    n_features_in_, n_target_features_in_ : int
        Dimensions of the source and of the target space. If they differ, rows of the narrower
        side are padded with zeros: the shared space has the larger number.

    See Also
    --------
    KabschRotation : The global step that comes before.
    InstaMapAligner : Both, iterated.

    Notes
    -----
    Cosines may be negative. Where the K cosines of a point sum to less than a thousandth of the
    sum of their absolute values, as for a zero vector, the weights of eqs. 3 and 4 are
    undefined or absurdly large: such a point has no neighbors to follow and stays where it is.
    Nothing is ever mapped to nan or infinity.

    Finding neighbors costs one product of the rows with the dictionary; memory is bounded by
    the tiles of the search, whatever the numbers of rows and pairs.

    References
    ----------
    .. [1] Glavaš, G. & Vulić, I. "Non-Linear Instance-Based Cross-Lingual Mapping for
       Non-Isomorphic Embedding Spaces", ACL 2020, section 2.2.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_instamap import InstanceTranslator
    >>> X = np.array([[1.0, 0.0], [0.0, 1.0]])
    >>> y = np.array([[1.0, 0.5], [0.5, 1.0]])
    >>> translator = InstanceTranslator(n_neighbors=1).fit(X, y)
    >>> translator.transform([[2.0, 0.1]])  # its nearest entry moves by (0, 0.5)
    array([[2. , 0.6]])
    >>> translator.transform_target([[0.6, 1.0]])
    array([[0.1, 1. ]])
    """

    _uses_spaces = False

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "n_neighbors": [integers(1)],
        "step": [reals(0, 1, "both")],
        "move": [StrOptions({"both", "source"})],
        "bfloat16": ["boolean"],
        "n_jobs": N_JOBS,
    }

    def __init__(
        self,
        n_neighbors: int = 70,
        *,
        step: float = 1.0,
        move: str = "both",
        bfloat16: bool = False,
        n_jobs: int | None = None,
    ) -> None:
        self.n_neighbors = n_neighbors
        self.step = step
        self.move = move
        self.bfloat16 = bfloat16
        self.n_jobs = n_jobs

    def _fit_pairs(self, X: Array, y: Array, source: Array | None, target: Array | None) -> None:
        if self.move == "source" and X.shape[1] > y.shape[1]:
            raise ValueError(
                f"With move='source' points land in the target space, but X has {X.shape[1]} "
                f"dimensions and y {y.shape[1]}: rotate X into the target space first."
            )
        self._n_features_out = max(X.shape[1], y.shape[1])
        self.n_neighbors_ = min(self.n_neighbors, len(X))
        # Copies: the caller may go on writing into what was given to fit.
        self.source_pairs_ = self._padded(X).copy()
        self.target_pairs_ = self._padded(y).copy()

    def _fitted_parts(self) -> Parts:
        yield from super()._fitted_parts()
        widest = max(self.n_features_in_, self.n_target_features_in_)
        yield "_n_features_out", self._n_features_out, widest
        n_pairs = np.shape(self.source_pairs_)[0]
        yield "source_pairs_", self.source_pairs_, (n_pairs, widest)
        yield "target_pairs_", self.target_pairs_, (n_pairs, widest)
        yield "n_neighbors_", self.n_neighbors_, range(1, n_pairs + 1)

    @property
    def shared_space_is_target(self) -> bool:
        """Whether the shared space is the target's own: it is if only the source moves."""
        return self.move == "source"

    def _doubts(self, n_pairs: int) -> Iterator[tuple[str, str]]:
        if self.n_neighbors_ < self.n_neighbors:
            yield "neighbors", fewer_pairs(self.n_neighbors, self.n_neighbors_)
        lengths = mean_length(self.source_pairs_), mean_length(self.target_pairs_)
        if lengths_differ(*lengths):
            yield "scale", _different_scales(*lengths)
        agreement = mean_cosine(self.source_pairs_, self.target_pairs_)
        if agreement < _UNRELATED and n_pairs >= _ENOUGH:
            yield "rotation", _not_rotated(agreement)

    def _map_source(self, X: Array) -> Array:
        return self._moved(self._padded(X), self.source_pairs_, self.target_pairs_)

    def _map_target(self, y: Array) -> Array:
        if self.move == "source":
            return y
        # Eq. 4 is eq. 3 with the two sides of the dictionary exchanged: -(y_k - x_k) = x_k - y_k.
        return self._moved(self._padded(y), self.target_pairs_, self.source_pairs_)

    def _moved(self, rows: Array, near: Array, far: Array) -> Array:
        """Move rows by the mean of ``far - near`` over their nearest rows of ``near``."""
        near = near.astype(rows.dtype, copy=False)
        translations = far.astype(rows.dtype, copy=False) - near
        cosines, entries = top_k(
            rows, near, self.n_neighbors_, n_jobs=self.n_jobs, bfloat16=self.bfloat16
        )
        total = cosines.sum(axis=1, keepdims=True)
        follows = total > _CANCELLED * np.abs(cosines).sum(axis=1, keepdims=True)
        weights = np.zeros_like(cosines)
        np.divide(self.step * cosines, total, out=weights, where=follows)
        moved = weighted_sum(weights, entries, translations, n_jobs=self.n_jobs)
        moved += rows
        return moved

    def _padded(self, rows: Array) -> Array:
        missing = self._n_features_out - rows.shape[1]
        return rows if missing == 0 else np.pad(rows, ((0, 0), (0, missing)))


def fewer_pairs(n_neighbors: int, n_pairs: int, where: str = "the dictionary") -> str:
    """Return the sentence that warns of fewer pairs than neighbors."""
    return (
        f"{argument('n_neighbors', n_neighbors)} is more than the number of pairs in {where}, "
        f"{n_pairs}; all of them are used."
    )


def _different_scales(source: float, target: float) -> str:
    return (
        f"The source rows have a mean norm of {source:.3g} and the target rows one of "
        f"{target:.3g}: translations between them are mostly changes of length, and few words will "
        f"be found; pass {argument('normalization', ('unit', 'center', 'unit'))}, or bring both "
        "sides to unit length first, by a Normalizer."
    )


def _not_rotated(agreement: float) -> str:
    return (
        f"The pairs have a mean cosine of {agreement:.2g}: InstanceTranslator expects both sides "
        "rotated onto each other, and few words will be found; put KabschRotation or "
        "ProcrustesAligner before it by make_aligner_pipeline, or take InstaMapAligner."
    )


def mean_cosine(X: Array, y: Array) -> float:
    """Mean cosine of paired rows, those with a zero vector counting 0."""
    norms = np.sqrt(np.einsum("ij,ij->i", X, X) * np.einsum("ij,ij->i", y, y))
    products = np.einsum("ij,ij->i", X, y)
    return float(np.mean(np.divide(products, norms, out=np.zeros_like(products), where=norms > 0)))
