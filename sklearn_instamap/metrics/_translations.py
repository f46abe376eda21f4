"""Looking translations up in two aligned spaces."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from sklearn_instamap._check import check_count, check_option
from sklearn_instamap._engine import top_k
from sklearn_instamap._space import EmbeddingSpace, SpaceLike, as_words, space_vectors
from sklearn_instamap._words import check_words, show_word
from sklearn_instamap.metrics._retrieval import (
    RETRIEVALS,
    Array,
    Retrieval,
    check_same_space,
    mean_similarity,
)

# How many candidates by cosine a CSLS lookup first considers for each one it returns.
_LIST_FACTOR = 8


def translate(
    words_or_vectors: str | ArrayLike | SpaceLike,
    source_space: EmbeddingSpace | pd.DataFrame,
    target_space: EmbeddingSpace | pd.DataFrame,
    *,
    n_best: int = 10,
    retrieval: Retrieval = "cosine",
    csls_neighbors: int = 10,
    n_jobs: int | None = None,
) -> pd.DataFrame:
    """Look up the best translations of words, or of vectors, in two aligned spaces.

    Parameters
    ----------
    words_or_vectors : str, array-like of str, array-like of shape (n_queries, n_features), \
DataFrame or EmbeddingSpace
        Words of the source space; or source vectors already in the shared space.
    source_space, target_space : EmbeddingSpace or DataFrame
        The two spaces, already mapped into the shared space, with their words.
    n_best : int, default=10
        How many translations to return for each query; all target words, if there are fewer.
    retrieval : {"cosine", "csls"}, default="cosine"
        The similarity (:func:`translation_ranks`).
    csls_neighbors : int, default=10
        Neighbors over which CSLS averages.
    n_jobs : int or None, default=None
        Number of threads, as in scikit-learn.

    Returns
    -------
    DataFrame
        ``n_best`` rows per query, in order: ``word`` (for vectors their row number, or their
        word where they have one), ``rank`` from 1, ``translation`` and ``score``, the cosine or
        the CSLS value. Of equal scores the more frequent target word comes first.

    Raises
    ------
    ValueError
        If a word is not in the source space, or the dimensions differ.

    See Also
    --------
    evaluate_bli : How good the translations are.

    Examples
    --------
    >>> from sklearn_instamap import EmbeddingSpace
    >>> from sklearn_instamap.metrics import translate
    >>> source = EmbeddingSpace(["dog", "tree"], [[1.0, 0.0], [0.6, 0.8]])
    >>> target = EmbeddingSpace(["Hund", "Baum"], [[1.0, 0.0], [0.0, 1.0]])
    >>> translate("tree", source, target)
       word  rank translation  score
    0  tree     1        Baum    0.8
    1  tree     2        Hund    0.6
    """
    check_option("retrieval", retrieval, RETRIEVALS)
    csls_neighbors = check_count("csls_neighbors", csls_neighbors)
    source = as_words(source_space, "source_space")
    target = as_words(target_space, "target_space")
    n_best = min(check_count("n_best", n_best), target.n_words)
    labels, vectors = _queries(words_or_vectors, source)
    queries, sources, candidates = check_same_space(
        queries=vectors, source_space=source.vectors, target_space=target.vectors
    )
    if retrieval == "cosine":
        scores, found = top_k(queries, candidates, n_best, n_jobs=n_jobs)
    else:
        hubness = mean_similarity(candidates, sources, csls_neighbors, n_jobs)
        scores, found = _top_csls(queries, candidates, hubness, n_best, n_jobs)
        scores -= mean_similarity(queries, candidates, csls_neighbors, n_jobs)[:, None]
    names = np.array(target.words, dtype=object)
    return pd.DataFrame(
        {
            "word": np.repeat(labels, n_best),
            "rank": np.tile(np.arange(1, n_best + 1), len(labels)),
            "translation": names[found.ravel()],
            "score": scores.ravel(),
        }
    )


def _queries(given: Any, source: EmbeddingSpace) -> tuple[NDArray[Any], Array]:
    """Labels and vectors of what is to be translated."""
    if isinstance(given, EmbeddingSpace):
        return np.array(given.words, dtype=object), given.vectors
    if isinstance(given, pd.DataFrame):
        return given.index.to_numpy(), space_vectors(given, "words_or_vectors")
    if not _are_words(given):
        vectors = space_vectors(np.atleast_2d(np.asarray(given)), "words_or_vectors")
        return np.arange(len(vectors)), vectors
    words = check_words([given] if isinstance(given, str) else given, "words_or_vectors")
    rows = source.indices(words)
    if (rows < 0).any():
        missing = [word for word, row in zip(words, rows, strict=True) if row < 0]
        shown = ", ".join(map(show_word, missing[:5]))
        more = ", ..." if len(missing) > 5 else ""
        raise ValueError(
            f"{len(missing)} of {len(words)} words are not in the source space: {shown}{more}."
        )
    # Objects: an array of texts would be as wide as the longest and drop NULs at their ends.
    return np.array(words, dtype=object), source.vectors[rows]


def _are_words(given: Any) -> bool:
    if isinstance(given, str | bytes):
        return True
    if hasattr(given, "dtype"):
        return not pd.api.types.is_numeric_dtype(given.dtype)
    return any(isinstance(entry, str | bytes) for entry in given)


def _top_csls(
    queries: Array, candidates: Array, hubness: Array, n_best: int, n_jobs: int | None
) -> tuple[Array, NDArray[np.intp]]:
    """Best candidates by 2 cos(q, c) - r(c), exact, from lists of the best by cosine.

    A candidate outside the list has at most the cosine of the list's last and at least the
    smallest r(c); where that cannot beat the last one chosen, the choice is certain. The other
    queries look again in longer lists.
    """
    scores = np.empty((len(queries), n_best), dtype=queries.dtype)
    found = np.empty((len(queries), n_best), dtype=np.intp)
    pending = np.arange(len(queries))
    length = min(_LIST_FACTOR * n_best, len(candidates))
    while pending.size:
        cosines, listed = top_k(queries[pending], candidates, length, n_jobs=n_jobs)
        values = 2 * cosines - hubness[listed]
        # By decreasing value, then increasing row.
        best = np.lexsort((listed, -values), axis=1)[:, :n_best]
        values = np.take_along_axis(values, best, axis=1)
        certain = values[:, -1] > 2 * cosines[:, -1] - hubness.min()
        if length == len(candidates):
            certain[:] = True
        scores[pending[certain]] = values[certain]
        found[pending[certain]] = np.take_along_axis(listed, best, axis=1)[certain]
        pending = pending[~certain]
        length = min(4 * length, len(candidates))
    return scores, found
