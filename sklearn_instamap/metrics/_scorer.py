"""BLI as a scikit-learn scorer: whole-vocabulary retrieval inside model selection."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any, Literal, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from sklearn.exceptions import UndefinedMetricWarning
from sklearn.utils.validation import check_consistent_length

from sklearn_instamap._check import check_count, check_option
from sklearn_instamap._fit_data import target_rows
from sklearn_instamap._row_index import RowIndex, row_hashes
from sklearn_instamap._space import EmbeddingSpace
from sklearn_instamap._space_like import SpaceLike, space_vectors
from sklearn_instamap.metrics._maps import Array
from sklearn_instamap.metrics._metric import figure_of_ranks, metric_cutoff
from sklearn_instamap.metrics._protocol import PROTOCOLS, TIES, Protocol, Ties, as_retrieval
from sklearn_instamap.metrics._ranks import best_ranks_per_word, translation_ranks
from sklearn_instamap.metrics._retrieval import Retrieval, RetrievalName

Subset: TypeAlias = Literal["all", "unseen"]
SUBSETS = ("all", "unseen")


@dataclass(frozen=True, eq=False, repr=False)
class BLIScorer:
    """What :func:`make_bli_scorer` returns, called as ``scorer(estimator, X, y)``.

    It has no metadata routing methods: scikit-learn takes any callable without them
    as one which asks for no metadata, whether routing is on or off.
    """

    target_space: Array
    metric: str = "P@1"
    retrieval: RetrievalName | Retrieval = "cosine"
    protocol: Protocol = "pair"
    subset: Subset = "all"
    source_space: Array | None = None
    csls_neighbors: int = 10
    ties: Ties = "worst"
    n_jobs: int | None = None

    @cached_property
    def _index(self) -> RowIndex:
        # Built once: a search calls the scorer for every candidate and fold.
        return RowIndex(self.target_space)

    def __sklearn_clone__(self) -> BLIScorer:
        # Immutable: a cloned search shares it instead of copying the vocabulary.
        return self

    def __repr__(self) -> str:
        shown = ["x".join(map(str, self.target_space.shape)) + " candidates"]
        for each in fields(self):
            value = getattr(self, each.name)
            if each.name == "source_space" and value is not None:
                shown.append("source_space=" + "x".join(map(str, value.shape)))
            elif each.init and each.name != "target_space" and value != each.default:
                shown.append(f"{each.name}={value!r}")
        return f"make_bli_scorer(<{shown[0]}>{''.join(', ' + option for option in shown[1:])})"

    def __call__(self, estimator: Any, X: ArrayLike, y: ArrayLike) -> float:
        """Score a fitted estimator on the pairs (X, y)."""
        X = X.vectors if isinstance(X, EmbeddingSpace) else X
        y = target_rows(y)
        check_consistent_length(X, y)
        gold = self._index.find(y)
        if (gold < 0).any():
            raise ValueError(
                f"{(gold < 0).sum()} of the {len(gold)} rows of y (the first is row "
                f"{np.argmax(gold < 0)}) are not rows of the target_space given to "
                "make_bli_scorer; give it the raw space from which y was taken, in the same "
                "precision."
            )
        aligner, rows = _find_aligner(estimator, X)
        keep = self._kept(aligner, rows, y)
        if not keep.any():
            # Not an error: validation_curve and return_train_score score training folds too.
            warnings.warn(
                f"All {len(keep)} pairs to score share a word with the pairs the estimator was "
                "fitted on, so that subset='unseen' leaves none and the score is nan: score "
                "held-out pairs, such as those of WordDisjointKFold.",
                UndefinedMetricWarning,
                stacklevel=2,
            )
            return np.nan
        queries = np.asarray(aligner.transform(rows))
        source: ArrayLike | None = None
        if str(self.retrieval) != "cosine":
            source = queries if self.source_space is None else self._mapped_source(estimator)
        ranks = translation_ranks(
            queries[keep],
            np.asarray(aligner.transform_target(self.target_space)),
            gold[keep],
            retrieval=self.retrieval,
            source_space=source,
            csls_neighbors=self.csls_neighbors,
            ties=self.ties,
            n_jobs=self.n_jobs,
        )
        if self.protocol == "word":
            ranks = best_ranks_per_word(ranks, row_hashes(X)[keep])
        return figure_of_ranks(self.metric, ranks)

    def _kept(self, aligner: Any, rows: Any, y: Array) -> NDArray[np.bool_]:
        """Which pairs count."""
        if self.subset == "all":
            return np.ones(len(y), dtype=bool)
        try:
            seen_source, seen_target = aligner._seen_source_, aligner._seen_target_
        except AttributeError:
            raise TypeError(
                "subset='unseen' needs an aligner of sklearn_instamap, which remembers the rows "
                f"it was fitted on; got {type(aligner).__name__}."
            ) from None
        seen = np.isin(row_hashes(rows), seen_source) | np.isin(row_hashes(y), seen_target)
        return ~seen

    def _mapped_source(self, estimator: Any) -> NDArray[np.floating]:
        space: Any = self.source_space
        names = getattr(estimator, "feature_names_in_", None)
        if names is not None:
            # Fitted on named columns: scikit-learn warns about rows which have no names.
            space = pd.DataFrame(space, columns=names)
        aligner, rows = _find_aligner(estimator, space)
        return np.asarray(aligner.transform(rows))


def _find_aligner(estimator: Any, X: Any) -> tuple[Any, Any]:
    """Return the fitted aligner inside an estimator, and X as it reaches that aligner."""
    if hasattr(estimator, "transform_target"):
        return estimator, X
    if hasattr(estimator, "best_estimator_"):
        return _find_aligner(estimator.best_estimator_, X)
    if hasattr(estimator, "steps"):
        for _, step in estimator.steps[:-1]:
            if step is not None and step != "passthrough":
                X = step.transform(X)
        return _find_aligner(estimator.steps[-1][1], X)
    raise TypeError(
        f"A BLI scorer needs an aligner, a Pipeline which ends in one, or a fitted search over "
        f"one; {type(estimator).__name__} has no transform_target."
    )


def make_bli_scorer(
    target_space: SpaceLike,
    *,
    metric: str = "P@1",
    retrieval: RetrievalName | Retrieval = "cosine",
    protocol: Protocol = "pair",
    subset: Subset = "all",
    source_space: SpaceLike | None = None,
    csls_neighbors: int = 10,
    ties: Ties = "worst",
    n_jobs: int | None = None,
) -> BLIScorer:
    """Make a scorer which looks translations up in a whole target vocabulary.

    The result goes wherever scikit-learn takes ``scoring``: ``GridSearchCV``,
    ``cross_val_score``, ``validation_curve``, in parallel and with metadata routing on or off.
    Several of them in a dict make a multimetric search. An aligner's own ``score`` retrieves
    among the rows of ``y`` alone, which is a far easier task.

    Parameters
    ----------
    target_space : EmbeddingSpace, DataFrame or array-like of shape (n_words, n_features)
        The candidates: the whole *raw* target space, of which the rows of every ``y`` are rows.
        It is mapped by the ``transform_target`` of the estimator to be scored; by that of the
        last step, if the estimator is a :class:`~sklearn.pipeline.Pipeline`; by that of the best
        estimator, if it is a search.
    metric : str, default="P@1"
        ``"P@k"``, the share of the pairs whose translation is among the k nearest candidates,
        for any k, which is also called ``"recall@k"``; or ``"MRR"``, the mean reciprocal rank.
    retrieval : {"cosine", "csls", "inverted-softmax", "sinkhorn"} or Retrieval, default="cosine"
        The similarity; a :class:`Retrieval` has to be unfitted.
    protocol : {"pair", "word"}, default="pair"
        Whether each pair counts with its own translation (XLing-Eval), or each source word with
        the best ranked of its translations (MUSE, VecMap); equal rows of ``X`` are one word.
    subset : {"all", "unseen"}, default="all"
        ``"unseen"`` leaves out the pairs of which the row of ``X`` or the row of ``y`` was among
        the rows the estimator was fitted on; where that leaves none, as when training folds
        are scored, the score is nan, with a warning. After steps of a plain Pipeline whose output
        depends on the batch in its last bits (such as PCA) source rows are not recognized: use
        :func:`~sklearn_instamap.make_aligner_pipeline`, or folds of
        :class:`~sklearn_instamap.model_selection.WordDisjointKFold`, which have no seen pairs.
    source_space : EmbeddingSpace, DataFrame or array-like, default=None
        The whole raw source space, mapped like ``X``, for the hub correction of CSLS; ignored by
        cosine. None lets the scored rows of ``X`` stand in.
    csls_neighbors : int, default=10
        Neighbors over which CSLS averages.
    ties : {"worst", "best"}, default="worst"
        How candidates as similar as the right one count (:func:`translation_ranks`). Words with
        equal vectors always tie.
    n_jobs : int or None, default=None
        Number of threads of one scoring, as in scikit-learn.

    Returns
    -------
    callable
        Called as ``scorer(estimator, X, y)``; returns a float, greater is better. Picklable and
        immutable; cloning returns it unchanged. It raises ``ValueError`` where a row of ``y`` is
        not a row of ``target_space``.

    Raises
    ------
    ValueError
        If a parameter is out of its range.

    See Also
    --------
    evaluate_bli : The same figures for two aligned spaces with words.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.model_selection import cross_val_score
    >>> from sklearn_instamap import KabschRotation
    >>> from sklearn_instamap.metrics import make_bli_scorer
    >>> from sklearn_instamap.model_selection import WordDisjointKFold
    >>> rng = np.random.default_rng(0)
    >>> source = rng.standard_normal((60, 4))
    >>> target = source[:, [1, 2, 0, 3]] + 0.1 * rng.standard_normal((60, 4))
    >>> scorer = make_bli_scorer(target, metric="P@5")
    >>> scorer
    make_bli_scorer(<60x4 candidates>, metric='P@5')
    >>> cv = WordDisjointKFold(3, random_state=0)
    >>> cross_val_score(KabschRotation(), source[:30], target[:30], cv=cv, scoring=scorer)
    array([1., 1., 1.])
    """
    metric_cutoff(metric)
    if as_retrieval(retrieval, csls_neighbors, n_jobs).is_fitted:
        raise ValueError(
            "retrieval is fitted already, but a scorer fits it on the spaces that each estimator "
            "maps; give an unfitted one."
        )
    check_option("protocol", protocol, PROTOCOLS)
    check_option("ties", ties, TIES)
    check_option("subset", subset, SUBSETS)
    return BLIScorer(
        space_vectors(target_space, "target_space"),
        metric=metric,
        retrieval=retrieval,
        protocol=protocol,
        subset=subset,
        source_space=None if source_space is None else space_vectors(source_space, "source_space"),
        csls_neighbors=check_count("csls_neighbors", csls_neighbors),
        ties=ties,
        n_jobs=n_jobs,
    )
