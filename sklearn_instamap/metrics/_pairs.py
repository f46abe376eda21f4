"""Dictionaries of word pairs, and which of their pairs are unseen."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

DictionaryLike: TypeAlias = "pd.DataFrame | Iterable[tuple[str, str]]"
"""A dictionary: a DataFrame with columns ``source`` and ``target``, or pairs of words."""


def word_columns(
    dictionary: DictionaryLike, name: str
) -> tuple[NDArray[np.object_], NDArray[np.object_]]:
    """Return the source words and the target words of a dictionary, row by row."""
    if isinstance(dictionary, pd.DataFrame):
        missing = [column for column in ("source", "target") if column not in dictionary]
        if missing:
            raise ValueError(
                f"{name} must have the columns 'source' and 'target'; it lacks "
                f"{' and '.join(map(repr, missing))}."
            )
        source, target = dictionary["source"], dictionary["target"]
        return source.to_numpy(dtype=object), target.to_numpy(dtype=object)
    pairs = list(dictionary)
    for number, pair in enumerate(pairs):
        if isinstance(pair, str) or len(pair) != 2:
            raise ValueError(
                f"{name} must hold (source word, target word) pairs; its entry {number} is "
                f"{pair!r}."
            )
    columns = np.array(pairs, dtype=object).reshape(-1, 2)
    return columns[:, 0], columns[:, 1]


def unseen_pairs(test: DictionaryLike, train: DictionaryLike) -> NDArray[np.bool_]:
    """Tell which test pairs share no word with a training dictionary.

    A pair is unseen where its source word is not among the training source words and its target
    word is not among the training target words. Published dictionaries overlap far more than
    one would think, and on the shared words a map can gain by memory alone.

    Parameters
    ----------
    test, train : DataFrame or iterable of (str, str)
        Word pairs: a DataFrame with the columns ``source`` and ``target``, or tuples.

    Returns
    -------
    ndarray of bool, shape (n_test_pairs,)
        True where the pair is unseen.

    Raises
    ------
    ValueError
        If a dictionary is not made of word pairs.

    See Also
    --------
    sklearn_instamap.model_selection.WordDisjointKFold : Folds in which every test pair is unseen.

    Examples
    --------
    >>> from sklearn_instamap.metrics import unseen_pairs
    >>> train = [("dog", "Hund"), ("cat", "Katze")]
    >>> unseen_pairs([("dog", "Köter"), ("hound", "Hund"), ("tree", "Baum")], train)
    array([False, False,  True])
    """
    test_source, test_target = word_columns(test, "test")
    train_source, train_target = (set(side) for side in word_columns(train, "train"))
    return np.array(
        [
            source not in train_source and target not in train_target
            for source, target in zip(test_source, test_target, strict=True)
        ],
        dtype=bool,
    )
