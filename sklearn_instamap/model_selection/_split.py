"""Splits of a dictionary in which no word of a test pair is in the training pairs."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.model_selection import BaseCrossValidator
from sklearn.utils import check_random_state

from sklearn_instamap._check import check_flag, check_number, check_seed, integers, reals
from sklearn_instamap._wording import plural, way_out
from sklearn_instamap.model_selection._word_groups import dictionary_groups


class _WordDisjointSplitter(BaseCrossValidator):
    """What the splits share: the pairs' groups, and indices from which of them are held out."""

    def split(
        self, X: ArrayLike, y: ArrayLike | None = None, groups: Any = None
    ) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp]]]:
        """Generate the indices of the training and of the test pairs.

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
            Training pairs of the split, in increasing order.
        test : ndarray of intp
            Test pairs of the split, in increasing order.

        Raises
        ------
        ValueError
            If ``y`` is missing, or shared words connect so many pairs that they cannot be split.
        """
        if y is None:
            raise ValueError(
                f"{type(self).__name__} needs both sides of the dictionary; y is missing."
            )
        for in_test in self._tests(dictionary_groups(X, y)):
            yield np.flatnonzero(~in_test), np.flatnonzero(in_test)

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
            How many pairs of training and test indices ``split`` generates.
        """
        return self._n_splits()

    @abstractmethod
    def _n_splits(self) -> int: ...

    @abstractmethod
    def _tests(self, labels: NDArray[np.intp]) -> Iterator[NDArray[np.bool_]]:
        """Yield for each split which pairs, given by their groups, are for testing."""


class WordDisjointKFold(_WordDisjointSplitter):
    """K folds of a dictionary, no word of one fold occurring in another.

    Bilingual dictionaries repeat words: a word has several translations, and several words share
    one. An ordinary :class:`~sklearn.model_selection.KFold` puts some of these pairs on both
    sides of the split, and a map which merely pulls its surroundings towards the training words
    gains on them. Here all pairs connected through shared words
    (:func:`dictionary_groups`) stay together, so that every test pair is *unseen*.

    The groups are dealt out largest first, each to the fold which has the fewest pairs so far;
    the folds differ in size by at most the largest group.

    Parameters
    ----------
    n_splits : int, default=5
        Number of folds, at least 2.
    shuffle : bool, default=True
        Whether to shuffle the groups first. Dictionaries are usually sorted by frequency;
        without shuffling, groups of the same size are dealt out in that order.
    random_state : int, RandomState instance or None, default=None
        Seeds the shuffling; an int gives the same folds on every call.

    Raises
    ------
    ValueError
        If ``n_splits`` is less than 2, or ``random_state`` is given without ``shuffle``.

    See Also
    --------
    dictionary_groups : The groups themselves, for any other splitter.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_instamap.model_selection import WordDisjointKFold
    >>> X = np.array([[1.0], [2.0], [2.0], [3.0], [4.0]])
    >>> y = np.array([[1.0], [2.0], [3.0], [4.0], [4.0]])
    >>> for train, test in WordDisjointKFold(n_splits=3, shuffle=False).split(X, y):
    ...     print(train, test)
    [0 3 4] [1 2]
    [0 1 2] [3 4]
    [1 2 3 4] [0]
    """

    n_splits: int
    shuffle: bool
    random_state: int | np.random.RandomState | None

    def __init__(
        self,
        n_splits: int = 5,
        *,
        shuffle: bool = True,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        check_number("n_splits", n_splits, integers(2))
        check_flag("shuffle", shuffle)
        if random_state is not None:
            check_seed(random_state)
        if not shuffle and random_state is not None:
            raise ValueError("random_state has no effect without shuffle; set shuffle=True.")
        self.n_splits = n_splits
        self.shuffle = shuffle
        self.random_state = random_state

    def _n_splits(self) -> int:
        return self.n_splits

    def _tests(self, labels: NDArray[np.intp]) -> Iterator[NDArray[np.bool_]]:
        fold = self._assign(labels)
        for number in range(self.n_splits):
            yield fold == number

    def _assign(self, groups: NDArray[np.intp]) -> NDArray[np.intp]:
        """Return the fold of each pair."""
        sizes = np.bincount(groups)
        if len(sizes) < self.n_splits:
            # One group cannot be held out.
            fewer = way_out("n_splits", len(sizes)) if len(sizes) > 1 else ""
            raise ValueError(
                f"The dictionary is too small for {self.n_splits} folds without a word in common: "
                f"its {plural(len(groups), 'pair')} can be parted into at most {len(sizes)}; give "
                f"more pairs{fewer}."
            )
        order = np.arange(len(sizes))
        if self.shuffle:
            order = check_random_state(self.random_state).permutation(len(sizes))
        order = order[np.argsort(-sizes[order], kind="stable")]
        fold_sizes = np.zeros(self.n_splits, dtype=np.intp)
        fold_of_group = np.empty(len(sizes), dtype=np.intp)
        for group in order:
            lightest = fold_sizes.argmin()
            fold_of_group[group] = lightest
            fold_sizes[lightest] += sizes[group]
        return fold_of_group[groups]


class WordDisjointHoldout(_WordDisjointSplitter):
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
        check_number("test_size", test_size, reals(0, 1, closed="neither"))
        self.test_size = test_size

    def _n_splits(self) -> int:
        return 1

    def _tests(self, labels: NDArray[np.intp]) -> Iterator[NDArray[np.bool_]]:
        # Groups are numbered by their first pairs: how many pairs a group and all after it have.
        behind = np.cumsum(np.bincount(labels)[::-1])[::-1]
        held_out = (behind <= self.test_size * len(labels))[labels]
        if not held_out.any():
            least = np.ceil(100 * behind[-1] / len(labels)) / 100
            larger = way_out("test_size", float(least)) if least < 1 else ""
            raise ValueError(
                f"The dictionary is too small to hold out {self.test_size} of its "
                f"{plural(len(labels), 'pair')}: pairs with a word in common stay together, and "
                f"no such group is small enough; give more pairs{larger}."
            )
        yield held_out
