"""Which pairs of a test dictionary are unseen."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sklearn_instamap._dictionary import DictionaryLike, dictionary_frame


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
    tested, trained = dictionary_frame(test, "test"), dictionary_frame(train, "train")
    return ~(
        tested["source"].isin(trained["source"]) | tested["target"].isin(trained["target"])
    ).to_numpy(dtype=bool)
