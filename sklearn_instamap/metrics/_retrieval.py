"""How translations are retrieved: cosine, CSLS, inverted softmax, Sinkhorn, and sums over maps.

All four are the cosine less a penalty of the target and one of the source word, times a constant.
So one search serves them all, and a sum over maps is one cosine of vectors laid side by side.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from typing import Any, Literal, Self, TypeAlias, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.exceptions import NotFittedError
from sklearn.utils.validation import check_consistent_length

from sklearn_instamap._check import check_count, check_n_jobs, check_number, check_option, reals
from sklearn_instamap._engine import count_better, mutual_nearest_neighbors
from sklearn_instamap._html import SettingsMixin
from sklearn_instamap._number_rows import number_values, row_numbers
from sklearn_instamap._space_like import space_vectors
from sklearn_instamap.metrics._best_words import Listed, Side, best_words, built_once
from sklearn_instamap.metrics._maps import (
    Array,
    Spaces,
    check_same_space,
    pair_cosines,
    paired_maps,
    side_by_side,
    vectors_of_maps,
)
from sklearn_instamap.metrics._potentials import (
    penalties_of_words,
    penalty_of_vectors,
)

RetrievalName: TypeAlias = Literal["cosine", "csls", "inverted-softmax", "sinkhorn"]
RETRIEVALS: tuple[RetrievalName, ...] = get_args(RetrievalName)


class Retrieval(SettingsMixin):
    r"""A similarity between the words of two aligned spaces, corrected for hubs, fitted once.

    Written with :math:`\cos(x, y)` of source word x and target word y in the shared space, the
    scores are

    ====================  ========================================================================
    ``cosine``            :math:`\cos(x, y)`
    ``csls``              :math:`2 \cos(x, y) - r_T(x) - r_S(y)`, with r the mean cosine to the
                          nearest words of the other side [1]_
    ``inverted-softmax``  :math:`\cos(x, y) / \tau - \log \sum_{x'} \exp(\cos(x', y) / \tau)`, the
                          log probability of x among all source words, given y [2]_
    ``sinkhorn``          :math:`\cos(x, y) / \tau - u(x) - v(y)`, the log of the transport plan
                          between both vocabularies, all words weighing alike [3]_
    ====================  ========================================================================

    Several maps of the same two vocabularies are given as lists of spaces: the score is the sum of
    their scores. What fitting needs of a vocabulary is computed in tiles and stored per word;
    nothing is as large as vocabulary times vocabulary.

    Parameters
    ----------
    method : {"cosine", "csls", "inverted-softmax", "sinkhorn"}, default="csls"
        The similarity.
    csls_neighbors : int, default=10
        Neighbors over which CSLS averages.
    temperature : float, default=0.05
        :math:`\tau` of the last two. The lower, the fewer words compete.
    n_iter : int, default=20
        Iterations of Sinkhorn.
    n_candidates : int, default=100
        Sinkhorn runs on the graph of every word and its `n_candidates` nearest on the other side.
        Also the length of the lists that an ``index`` is asked for.
    index : callable, default=None
        For more than a million words: ``index(vectors)`` builds an approximate index of unit
        ``float32`` rows and returns an object with ``search(queries, k)``, which returns cosines
        and rows, both (n_queries, k), as faiss does; scores are exact. None searches exactly.
    name : str, default=None
        What tables call it; None is the method.
    n_jobs : int, default=None
        Number of threads, as in scikit-learn. The result does not depend on it.

    Attributes
    ----------
    source_penalty_, target_penalty_ : ndarray of shape (n_words,) or None
        What is taken off the cosine for each word, None by cosine. By CSLS, half its mean cosine
        to its nearest on the other side.
    scale_ : float
        The factor before the difference.
    n_source_, n_target_ : int
        Words of either side.

    Raises
    ------
    ValueError
        If a parameter is out of its range.

    References
    ----------
    .. [1] A. Conneau, G. Lample, M. Ranzato, L. Denoyer, H. Jégou. Word translation without
       parallel data. ICLR 2018, section 2.3.
    .. [2] S. Smith, D. Turban, S. Hamblin, N. Hammerla. Offline bilingual word vectors,
       orthogonal transformations and the inverted softmax. ICLR 2017, section 2.2.
    .. [3] M. Cuturi. Sinkhorn distances: lightspeed computation of optimal transport. NIPS 2013.

    Examples
    --------
    >>> from sklearn_instamap.metrics import Retrieval
    >>> source = [[1.0, 0.0], [0.9, 0.5]]
    >>> target = [[1.0, 0.2], [0.2, 1.0], [0.3, 1.0]]
    >>> csls = Retrieval("csls", csls_neighbors=2).fit(source, target)
    >>> scores, targets = csls.top([0, 1], n_best=2)
    >>> targets
    array([[0, 2],
           [0, 2]])
    >>> str(csls)
    'csls'
    """

    def __init__(
        self,
        method: RetrievalName = "csls",
        *,
        csls_neighbors: int = 10,
        temperature: float = 0.05,
        n_iter: int = 20,
        n_candidates: int = 100,
        index: Callable[[Array], Any] | None = None,
        name: str | None = None,
        n_jobs: int | None = None,
    ) -> None:
        check_option("method", method, RETRIEVALS)
        check_n_jobs(n_jobs)
        check_number("temperature", temperature, reals(0, closed="neither"))
        if index is not None and not callable(index):
            raise ValueError(
                "index must be a function of the vectors that returns an object with "
                f"search(queries, k), got {type(index).__name__}."
            )
        self.method = method
        self.csls_neighbors = check_count("csls_neighbors", csls_neighbors)
        self.temperature = float(temperature)
        self.n_iter = check_count("n_iter", n_iter)
        self.n_candidates = check_count("n_candidates", n_candidates)
        self.index = index
        self.name = name
        self.n_jobs = n_jobs

    def __str__(self) -> str:
        return self.method if self.name is None else self.name

    def __repr__(self) -> str:
        settings_of: dict[str, dict[str, Any]] = {
            "csls": {"csls_neighbors": self.csls_neighbors},
            "inverted-softmax": {"temperature": self.temperature},
            "sinkhorn": {"temperature": self.temperature, "n_iter": self.n_iter},
        }
        shown = settings_of.get(self.method, {})
        settings = [repr(self.method), *(f"{name}={value!r}" for name, value in shown.items())]
        return f"Retrieval({', '.join(settings)})"

    @property
    def is_fitted(self) -> bool:
        """Whether it has been fitted."""
        return hasattr(self, "scale_")

    def fit(self, source_space: Spaces, target_space: Spaces) -> Self:
        """Compute what is taken off for each word.

        Parameters
        ----------
        source_space, target_space : EmbeddingSpace, DataFrame, array-like or list of them
            The two sides in the shared space, shape (n_words, n_features) each. Lists hold one
            space for each map, all of the same words. Arrays are kept and not copied, as
            scikit-learn's neighbors keep them: do not write into them afterwards.

        Returns
        -------
        self : object
            The fitted retrieval.

        Raises
        ------
        ValueError
            If the dimensions of the two sides differ, or the lists do not fit together.
        """
        pairs = paired_maps(source_space, target_space)
        self.n_maps_ = len(pairs)
        self.n_source_, self.n_target_ = (len(side) for side in pairs[0])
        self._source, self._target = side_by_side(pairs)
        self._source_index = self._target_index = build = None
        if self.index is not None:
            build = built_once(self.index)
            self._source_index, self._target_index = build(self._source), build(self._target)
        penalties = [penalties_of_words(self, x, y, build) for x, y in pairs]
        self.source_penalty_, self.target_penalty_ = (
            None
            if side[0] is None
            else np.mean(side, axis=0, dtype=np.float64).astype(side[0].dtype)
            for side in zip(*penalties, strict=True)
        )
        factor = {"cosine": 1.0, "csls": 2.0}.get(self.method, 1 / self.temperature)
        self.scale_ = factor * self.n_maps_
        return self

    def top(
        self, source: ArrayLike | None = None, n_best: int = 10
    ) -> tuple[Array, NDArray[np.intp]]:
        """Return the best targets of source words.

        Parameters
        ----------
        source : array-like of int, shape (n_queries,), or of float, shape (n_queries, n_features)
            Rows of the source space; or vectors in the shared space, of a single map. None is all
            source words.
        n_best : int, default=10
            How many; all target words, if there are fewer.

        Returns
        -------
        scores : ndarray of shape (n_queries, n_best)
            Decreasing.
        targets : ndarray of shape (n_queries, n_best)
            Rows of the target space; of equal scores the lower row comes first. Where an index
            finds fewer, -1, with a score of minus infinity.
        """
        n_best = check_count("n_best", n_best)
        vectors, penalty = self._queries(source)
        side = Side(self._target, self.target_penalty_, self._target_index)
        return self._best(vectors, penalty, side, n_best)

    def top_sources(
        self, target: ArrayLike | None = None, n_best: int = 10
    ) -> tuple[Array, NDArray[np.intp]]:
        """Return the best source words of targets, by the same score.

        Parameters
        ----------
        target : array-like of int, shape (n_queries,), default=None
            Rows of the target space; None is all target words.
        n_best : int, default=10
            How many; all source words, if there are fewer.

        Returns
        -------
        scores : ndarray of shape (n_queries, n_best)
            Decreasing.
        sources : ndarray of shape (n_queries, n_best)
            Rows of the source space; of equal scores the lower row comes first.
        """
        n_best = check_count("n_best", n_best)
        self._check_fitted()
        # All of them as they lie: no copy of the space.
        rows = slice(None) if target is None else row_numbers(target, "target", self.n_target_)
        penalty = None if self.target_penalty_ is None else self.target_penalty_[rows]
        side = Side(self._source, self.source_penalty_, self._source_index)
        return self._best(self._target[rows], penalty, side, n_best)

    def pair_scores(self, source: ArrayLike, target: ArrayLike) -> Array:
        """Return the score of pairs of words.

        Parameters
        ----------
        source, target : array-like of int, shape (n_pairs,)
            Their rows in either space.

        Returns
        -------
        ndarray of shape (n_pairs,)
            The scores.
        """
        self._check_fitted()
        rows = row_numbers(source, "source", self.n_source_)
        columns = row_numbers(target, "target", self.n_target_)
        check_consistent_length(rows, columns)
        scores = pair_cosines(self._source, self._target, rows, columns)
        if self.source_penalty_ is not None and self.target_penalty_ is not None:
            scores -= self.source_penalty_[rows] + self.target_penalty_[columns]
        return scores * scores.dtype.type(self.scale_)

    def count_better(self, source: ArrayLike, gold: ArrayLike) -> tuple[NDArray, NDArray]:
        """Return how many targets are better than the right one, and how many as good.

        Exact, with an index or without.

        Parameters
        ----------
        source : array-like of int or of float
            Rows of the source space, or vectors (`top`).
        gold : array-like of int, shape (n_queries,)
            Row of each query's right translation.

        Returns
        -------
        n_better, n_tied : ndarray of shape (n_queries,)
            The rank is one more than the first.
        """
        vectors, _ = self._queries(source, penalty=False)
        return count_better(
            vectors,
            self._target,
            row_numbers(gold, "gold", self.n_target_),
            key_penalty=self.target_penalty_,
            n_jobs=self.n_jobs,
        )

    def mutual_pairs(self) -> tuple[NDArray[np.intp], NDArray[np.intp], Array]:
        """Return the pairs of words that are each other's best.

        Returns
        -------
        source, target : ndarray of shape (n_pairs,)
            Their rows, the source increasing.
        scores : ndarray of shape (n_pairs,)
            Their scores.
        """
        self._check_fitted()
        if self.index is not None:
            best, back = self.top(None, 1)[1][:, 0], self.top_sources(None, 1)[1][:, 0]
            rows = np.flatnonzero((best >= 0) & (back[best] == np.arange(self.n_source_)))
            columns = best[rows]
        else:
            rows, columns, _ = mutual_nearest_neighbors(
                self._source,
                self._target,
                source_penalty=self.source_penalty_,
                target_penalty=self.target_penalty_,
                n_jobs=self.n_jobs,
            )
        return rows, columns, self.pair_scores(rows, columns)

    def fitted_on(self, source_space: Spaces, target_space: Spaces) -> Retrieval:
        """Return this retrieval if it is fitted, else a copy of it fitted on these spaces.

        Parameters
        ----------
        source_space, target_space : EmbeddingSpace, DataFrame, array-like or list of them
            The two sides in the shared space (`fit`).

        Returns
        -------
        Retrieval
            A fitted one.

        Raises
        ------
        ValueError
            If it was fitted on other numbers of words.
        """
        if not self.is_fitted:
            return copy(self).fit(source_space, target_space)
        sides = {"source_space": source_space, "target_space": target_space}
        sizes = tuple(len(vectors_of_maps(space, name)[0]) for name, space in sides.items())
        if sizes != (self.n_source_, self.n_target_):
            raise ValueError(
                f"retrieval was fitted on {self.n_source_} source and {self.n_target_} target "
                f"words, but the spaces have {sizes[0]} and {sizes[1]}; fit it on these spaces."
            )
        return self

    def _check_fitted(self) -> None:
        if not self.is_fitted:
            raise NotFittedError(f"This {self!r} is not fitted yet; call its fit first.")

    def _queries(
        self, source: ArrayLike | None, *, penalty: bool = True
    ) -> tuple[Array, Array | None]:
        """Return the vectors to search with, and what is taken off their scores."""
        self._check_fitted()
        if source is None:
            return self._source, self.source_penalty_
        rows = number_values(source, "source")
        if rows.ndim == 1 and (rows.dtype.kind in "iu" or not rows.size):
            rows = row_numbers(rows, "source", self.n_source_)
            own = None if self.source_penalty_ is None else self.source_penalty_[rows]
            return self._source[rows], own
        if self.n_maps_ > 1:
            raise ValueError(
                f"This retrieval sums over {self.n_maps_} maps, and vectors lie in one of them; "
                "give words or rows of the source space."
            )
        vectors = space_vectors(source, "source")
        check_same_space(queries=vectors, source_space=self._source, target_space=self._target)
        vectors = np.ascontiguousarray(vectors, dtype=self._target.dtype)
        if not penalty:
            return vectors, None
        return vectors, penalty_of_vectors(self, vectors, self._target, self.target_penalty_)

    def _best(self, vectors: Array, penalty: Array | None, side: Side, n_best: int) -> Listed:
        return best_words(
            vectors,
            penalty,
            side,
            n_best,
            n_candidates=self.n_candidates,
            scale=self.scale_,
            n_jobs=self.n_jobs,
        )
