"""Which pairs of a test dictionary are unseen."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sklearn_instamap._dictionary import DictionaryLike, dictionary_frame
from sklearn_instamap._spelling import same_form


def unseen_pairs(
    *, test_dictionary: DictionaryLike, train_dictionary: DictionaryLike
) -> NDArray[np.bool_]:
    """Tell which test pairs share no word with a training dictionary.

    A pair is unseen where its source word is not among the training source words and its target
    word is not among the training target words. Published dictionaries overlap far more than
    one would think, and on the shared words a map can gain by memory alone.

    Parameters
    ----------
    test_dictionary, train_dictionary : DataFrame or iterable of (str, str)
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
    dictionary_overlap : How many pairs share words, and of which side.
    sklearn_instamap.model_selection.WordDisjointKFold : Folds in which every test pair is unseen.

    Examples
    --------
    >>> from sklearn_instamap.metrics import unseen_pairs
    >>> test = [("dog", "Köter"), ("hound", "Hund"), ("tree", "Baum")]
    >>> train = [("dog", "Hund"), ("cat", "Katze")]
    >>> unseen_pairs(test_dictionary=test, train_dictionary=train)
    array([False, False,  True])
    """
    source, target = seen_words(
        dictionary_frame(test_dictionary, "test_dictionary"),
        dictionary_frame(train_dictionary, "train_dictionary"),
    )
    return ~(source | target)


def seen_words(
    test: pd.DataFrame, train: pd.DataFrame
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Tell of each test pair whether its source and its target word are in training.

    Words are compared in NFC: a letter with its accent in one character or in two is the same.
    """
    seen = []
    for side in ("source", "target"):
        known = {same_form(word) for word in train[side]}
        seen.append(np.array([same_form(word) in known for word in test[side]], dtype=bool))
    return seen[0], seen[1]
