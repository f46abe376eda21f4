"""Which dictionary pairs are connected because they share a word."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, cast

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from sklearn_instamap._number_rows import number_values
from sklearn_instamap._row_index import row_hashes
from sklearn_instamap._spelling import same_form


def _codes(side: ArrayLike, name: str) -> tuple[NDArray[np.intp], int]:
    """Number the distinct words, or the distinct vectors, of one side of a dictionary."""
    array = number_values(side, name)
    is_words = array.dtype.kind in "OUST"
    if array.ndim not in (1, 2) or (is_words and array.ndim > 1):
        raise ValueError(
            f"{name} has shape {array.shape}; give one column of words or a 2-D array of vectors."
        )
    if is_words:
        # One word in two of Unicode's forms would be seen by both sides of a split.
        words = [
            same_form(word) if isinstance(word, str) else word for word in cast(Iterable[Any], side)
        ]
        codes, distinct = pd.factorize(np.array(words, dtype=object), use_na_sentinel=False)
    else:
        codes, distinct = pd.factorize(row_hashes(array))
    return codes, len(distinct)


def dictionary_groups(X: ArrayLike, y: ArrayLike) -> NDArray[np.intp]:
    """Label the pairs of a dictionary so that pairs which share a word share a label.

    Two pairs are joined when they have the same source word or the same target word; a group is
    a connected component of that graph. Given to :class:`~sklearn.model_selection.GroupKFold` or
    any other splitter which takes groups, the labels keep every test pair *unseen*: neither of
    its words occurs in the training pairs.

    Parameters
    ----------
    X : array-like of shape (n_pairs, d_source) or (n_pairs,)
        Source side: vectors, which are the same word when they are equal, or words.
    y : array-like of shape (n_pairs, d_target) or (n_pairs,)
        Target side, row i the translation of row i of ``X``.

    Returns
    -------
    ndarray of intp, shape (n_pairs,)
        Group of each pair, numbered from 0 in the order of their first pair.

    Raises
    ------
    ValueError
        If the sides differ in length or are neither words nor vectors.

    See Also
    --------
    WordDisjointKFold : The splitter made of these groups.

    Examples
    --------
    >>> from sklearn_instamap.model_selection import dictionary_groups
    >>> source = ["cat", "dog", "dog", "hound", "tree"]
    >>> target = ["Katze", "Hund", "Köter", "Hund", "Baum"]
    >>> dictionary_groups(source, target)
    array([0, 1, 1, 1, 2])
    """
    source, n_source = _codes(X, "X")
    target, n_target = _codes(y, "y")
    if len(source) != len(target):
        raise ValueError(
            f"X has {len(source)} pairs and y has {len(target)}; row i of y must translate "
            "row i of X."
        )
    # A graph of words, source and target side by side, with one edge per pair: as large as the
    # dictionary, where the graph of pairs grows with the square of a word's repetitions.
    n_words = n_source + n_target
    edges = coo_matrix(
        (np.ones(len(source), dtype=np.int8), (source, target + n_source)),
        shape=(n_words, n_words),
    )
    _, component = connected_components(edges, directed=False)
    groups, _ = pd.factorize(component[source])
    return groups
