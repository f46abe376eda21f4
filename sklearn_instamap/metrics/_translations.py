"""Looking translations up in two aligned spaces."""

from __future__ import annotations

from collections.abc import Iterable, Sized
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from sklearn_instamap._check import check_count
from sklearn_instamap._number_rows import number_rows
from sklearn_instamap._space import EmbeddingSpace
from sklearn_instamap._space_like import SpaceLike, as_words, space_vectors
from sklearn_instamap._words import (
    check_ids,
    check_words,
    is_missing,
    is_scalar,
    object_array,
    plain_values,
    refuse_missing,
    text_index,
)
from sklearn_instamap.metrics._maps import Array
from sklearn_instamap.metrics._protocol import as_retrieval
from sklearn_instamap.metrics._retrieval import Retrieval, RetrievalName


def translate(
    words_or_vectors: str | ArrayLike | SpaceLike,
    source_space: EmbeddingSpace | pd.DataFrame,
    target_space: EmbeddingSpace | pd.DataFrame,
    *,
    n_best: int = 10,
    retrieval: RetrievalName | Retrieval = "csls",
    csls_neighbors: int = 10,
    n_jobs: int | None = None,
) -> pd.DataFrame:
    """Look up the best translations of words, or of vectors, in two aligned spaces.

    Parameters
    ----------
    words_or_vectors : str, array-like of str, array-like of shape (n_queries, n_features), \
DataFrame or EmbeddingSpace
        Words of the source space, or ids where its rows have ids; or source vectors already in
        the shared space.
    source_space, target_space : EmbeddingSpace or DataFrame
        The two spaces, already mapped into the shared space, with their words.
    n_best : int, default=10
        How many translations to return for each query; all target words, if there are fewer.
    retrieval : {"cosine", "csls", "inverted-softmax", "sinkhorn"} or Retrieval, default="csls"
        The similarity; all but "cosine" read both spaces first. A fitted :class:`Retrieval` is used
        as it is: fit it once, on these two spaces, to look up many times; it may be the sum over
        several maps.
    csls_neighbors : int, default=10
        Neighbors over which CSLS averages.
    n_jobs : int or None, default=None
        Number of threads, as in scikit-learn.

    Returns
    -------
    DataFrame
        ``n_best`` rows per query, fewer where an index finds fewer, in order: ``word`` (for
        vectors their row number, or their word where they have one), ``rank`` from 1,
        ``translation`` and ``score``, as the retrieval has it. Of equal scores the
        more frequent target word comes first.

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
    0  tree     1        Baum    0.5
    1  tree     2        Hund   -0.3
    """
    similarity = as_retrieval(retrieval, csls_neighbors, n_jobs)
    source = as_words(source_space, "source_space")
    target = as_words(target_space, "target_space")
    n_best = min(check_count("n_best", n_best), target.n_words)
    labels, queries = _queries(words_or_vectors, source)
    similarity = similarity.fitted_on(source.vectors, target.vectors)
    scores, found = similarity.top(queries, n_best)
    query, place = np.nonzero(found >= 0)
    repeated = labels[query]
    return pd.DataFrame(
        {
            "word": text_index(repeated) if repeated.dtype == object else repeated,
            "rank": place + 1,
            "translation": text_index(target.words[row] for row in found[query, place]),
            "score": scores[query, place],
        }
    )


def _queries(given: Any, source: EmbeddingSpace) -> tuple[NDArray[Any], Array | NDArray[np.intp]]:
    """Labels of what is to be translated, and its rows in the source space or its vectors."""
    if isinstance(given, EmbeddingSpace):
        return object_array(given.words), given.vectors
    if isinstance(given, pd.DataFrame):
        return given.index.to_numpy(), space_vectors(given, "words_or_vectors")
    ids = None if source.has_words else _ids(given, source)
    if ids is None and _is_empty(given):
        raise ValueError("words_or_vectors is empty; give one word or vector at least.")
    if ids is None and not _are_words(given):
        rows = number_rows(given, "words_or_vectors", min_ndim=1)
        vectors = space_vectors(np.atleast_2d(rows), "words_or_vectors")
        return np.arange(len(vectors)), vectors
    if ids is None:
        words: tuple[Any, ...] = check_words(
            [given] if pd.api.types.is_scalar(given) else given, "words_or_vectors"
        )
    else:
        words = check_ids(ids, "words_or_vectors")
    rows = source.indices(words)
    missing = [words[place] for place in np.flatnonzero(rows < 0)]
    refuse_missing(missing, len(words), "words" if ids is None else "ids")
    # Objects: an array of texts would be as wide as the longest and drop NULs at their ends.
    return object_array(words), rows


def _ids(given: Any, source: EmbeddingSpace) -> tuple[Any, ...] | None:
    """Return the ids that were given, one or several; None where vectors were."""
    if pd.api.types.is_scalar(given) or given in source:
        return (given,)
    if not isinstance(given, Iterable) or is_scalar(given) or getattr(given, "ndim", 1) > 1:
        return None
    entries = tuple(plain_values(given))
    if not any(entry in source for entry in entries):
        return None
    if _is_vector(entries, source):
        raise ValueError(
            f"words_or_vectors may be {len(entries)} ids or one vector; give a vector as an array "
            "of shape (1, n_features), and ids by source_space.select(source_space.indices(ids))."
        )
    return entries


def _is_vector(entries: tuple[Any, ...], source: EmbeddingSpace) -> bool:
    numbers = all(isinstance(entry, int | float | np.number) for entry in entries)
    return numbers and len(entries) == source.n_features


def _is_empty(given: Any) -> bool:
    return (
        isinstance(given, Sized)
        and not isinstance(given, str | bytes)
        and not is_scalar(given)
        and len(given) == 0
    )


def _are_words(given: Any) -> bool:
    # One value is no vector.
    if pd.api.types.is_scalar(given):
        return True
    if not isinstance(given, Iterable) or is_scalar(given):
        return False
    if hasattr(given, "dtype"):
        return getattr(given, "ndim", 1) < 2 and not pd.api.types.is_numeric_dtype(given.dtype)
    return any(isinstance(entry, str | bytes) for entry in given) or all(map(is_missing, given))
