"""One split of a dictionary, fixed by its order, in which training and test share no word."""

from __future__ import annotations

from collections.abc import Iterator
from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.model_selection import BaseCrossValidator
from sklearn.utils import check_scalar

from sklearn_instamap.model_selection._word_groups import dictionary_groups


class WordDisjointHoldout(BaseCrossValidator):
    """One split: the first pairs of a dictionary to train on, the last to validate.

    The paper tunes InstaMap by "fixed-split cross-validation on the training dictionaries"
    (section 3.1 of [1]_). It does not say where the split is; this one takes the last pairs to
    validate. Published dictionaries are sorted by frequency, with the test pairs rarer than the
    training pairs, and so are the pairs held out here. Nothing is drawn at random.

    All pairs connected through shared words (:func:`dictionary_groups`) stay together, so that
    every held-out pair is *unseen*. A group stands where its first pair does: the first groups are
    for training until the rest has at most ``test_size`` of the pairs.

    Parameters
    ----------
    test_size : float, default=0.2
        Largest share of the pairs to hold out, between 0 and 1: of 5,000 pairs, 1,000.

    Raises
    ------
    ValueError
        If ``test_size`` is not between 0 and 1.

    See Also
    --------
    WordDisjointKFold : Every pair is held out once.

    References
    ----------
    .. [1] Glavaš, G. & Vulić, I. "Non-Linear Instance-Based Cross-Lingual Mapping for
       Non-Isomorphic Embedding Spaces", ACL 2020.

    Examples
    --------
    >>> from sklearn_instamap.model_selection import WordDisjointHoldout
    >>> source = ["the", "dog", "cat", "tree", "hound"]
    >>> target = ["der", "Hund", "Katze", "Baum", "Hund"]
    >>> for train, test in WordDisjointHoldout(test_size=0.4).split(source, target):
    ...     print(train, test)
    [0 1 4] [2 3]
    """

    test_size: float

    def __init__(self, test_size: float = 0.2) -> None:
        check_scalar(
            test_size, "test_size", Real, min_val=0, max_val=1, include_boundaries="neither"
        )
        self.test_size = test_size

    def get_n_splits(self, X: Any = None, y: Any = None, groups: Any = None) -> int:
        """Return the number of splits.

        Parameters
        ----------
        X : object, default=None
            Ignored, as are the others: here for compatibility.
        y : object, default=None
            Ignored.
        groups : object, default=None
            Ignored.

        Returns
        -------
        int
            One.
        """
        return 1

    def split(
        self, X: ArrayLike, y: ArrayLike | None = None, groups: Any = None
    ) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp]]]:
        """Generate the indices of the training and of the held-out pairs, once.

        Parameters
        ----------
        X : array-like of shape (n_pairs, d_source) or (n_pairs,)
            Source side of the dictionary, vectors or words.
        y : array-like of shape (n_pairs, d_target) or (n_pairs,)
            Target side, row i the translation of row i of ``X``.
        groups : object, default=None
            Ignored: the groups follow from the words.

        Yields
        ------
        train : ndarray of intp
            Training pairs, in increasing order.
        test : ndarray of intp
            Held-out pairs, in increasing order.

        Raises
        ------
        ValueError
            If ``y`` is missing or nothing can be held out.
        """
        if y is None:
            raise ValueError(
                "WordDisjointHoldout needs both sides of the dictionary; y is missing."
            )
        labels = dictionary_groups(X, y)
        # Groups are numbered by their first pairs: how many pairs a group and all after it have.
        behind = np.cumsum(np.bincount(labels)[::-1])[::-1]
        held_out = (behind <= self.test_size * len(labels))[labels]
        if not held_out.any():
            raise ValueError(
                f"No group of pairs without a word in common with the others fits into "
                f"test_size={self.test_size} of the dictionary's {len(labels)} pairs; give a "
                "larger one."
            )
        yield np.flatnonzero(~held_out), np.flatnonzero(held_out)
