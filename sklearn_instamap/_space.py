"""One monolingual embedding space: its words and their vectors, most frequent word first."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from sklearn.utils import check_array

from sklearn_instamap._check import check_count
from sklearn_instamap._words import check_words, frame_words, show_word

_ROWS_AT_ONCE = 8192


class EmbeddingSpace:
    """The words of one language and their vectors, as one immutable value.

    Aligners take whole spaces as fit metadata. scikit-learn cuts any array-like fit parameter
    whose length equals the number of samples down to the rows of a fold, silently; a space is
    not one value per sample, so this class deliberately looks like no array: it has no
    ``__len__``, ``shape`` or ``__array__``, and cloning returns it unchanged.
    ``space["house"]`` is the vector of a word, and `most_similar` finds its neighbors.

    Parameters
    ----------
    words : iterable of str
        The vocabulary, most frequent word first, without repetition.
    vectors : array-like of shape (n_words, n_features)
        Row ``i`` is the vector of word ``i``. ``float16`` becomes ``float32``; ``float32`` and
        ``float64`` are kept, without a copy where the array is already C-contiguous.

    Attributes
    ----------
    words : tuple of str
        The vocabulary.
    vectors : ndarray of shape (n_words, n_features)
        The vectors, read-only.
    n_words : int
        Number of words.
    n_features : int
        Number of dimensions.

    Raises
    ------
    ValueError
        If a word is missing, empty or stands twice, the numbers of words and rows differ, or a
        value is not finite.
    TypeError
        If a word is not a ``str``.

    Examples
    --------
    >>> from sklearn_instamap import EmbeddingSpace
    >>> space = EmbeddingSpace(["cat", "dog"], [[1.0, 0.0], [0.8, 0.6]])
    >>> space
    EmbeddingSpace(n_words=2, n_features=2, dtype=float64)
    >>> "dog" in space, space.index("dog")
    (True, 1)
    >>> space.indices(["dog", "cow"])
    array([ 1, -1])
    """

    __slots__ = ("_index", "vectors", "words")

    words: tuple[str, ...]
    vectors: NDArray[np.floating]
    _index: dict[str, int]

    def __init__(self, words: Iterable[str], vectors: ArrayLike) -> None:
        words = check_words(words, "EmbeddingSpace")
        array = np.asarray(vectors)
        if array.dtype == np.float16:
            array = array.astype(np.float32)
        array = check_array(
            array,
            dtype=[np.float64, np.float32],
            order="C",
            ensure_min_samples=1,
            input_name="vectors",
        )
        if len(words) != array.shape[0]:
            raise ValueError(
                f"EmbeddingSpace got {len(words)} words for {array.shape[0]} vectors; "
                "give exactly one row per word."
            )
        index = {word: row for row, word in enumerate(words)}
        if len(index) != len(words):
            second = next(row for row, word in enumerate(words) if index[word] != row)
            raise ValueError(
                f"EmbeddingSpace got the word {show_word(words[second])} more than once "
                f"({len(words) - len(index)} repeated words in all); keep one vector per word."
            )
        self._freeze(words, array, index)

    # What has __getitem__ would otherwise be iterable, by space[0], space[1] and so on.
    __iter__ = None

    def __getitem__(self, word: str) -> NDArray[np.floating]:
        return self.vectors[self.index(word)]

    def _freeze(
        self, words: tuple[str, ...], vectors: NDArray[np.floating], index: dict[str, int]
    ) -> None:
        # A view is made read-only, so that the caller's own array stays as it was.
        vectors = vectors.view()
        vectors.flags.writeable = False
        object.__setattr__(self, "words", words)
        object.__setattr__(self, "vectors", vectors)
        object.__setattr__(self, "_index", index)

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError(
            f"EmbeddingSpace is immutable: cannot set {name!r}; make a new one with "
            "with_vectors() or select()."
        )

    # Plain attributes, and not a function to call, so that skops can write a space, too. The
    # content was checked when the space was made; the vectors may be a memory map shared between
    # processes, which a second check would read.

    def __getstate__(self) -> dict[str, Any]:
        return {"words": self.words, "vectors": self.vectors}

    def __setstate__(self, state: dict[str, Any]) -> None:
        words = tuple(state["words"])
        self._freeze(words, state["vectors"], {word: row for row, word in enumerate(words)})

    def __sklearn_clone__(self) -> EmbeddingSpace:
        return self

    def __contains__(self, word: object) -> bool:
        return word in self._index

    def __repr__(self) -> str:
        return (
            f"{type(self).__name__}(n_words={self.n_words}, n_features={self.n_features}, "
            f"dtype={self.vectors.dtype})"
        )

    @property
    def n_words(self) -> int:
        """Number of words."""
        return len(self.words)

    @property
    def n_features(self) -> int:
        """Number of dimensions of the vectors."""
        return int(self.vectors.shape[1])

    def index(self, word: str) -> int:
        """Return the row of a word.

        Parameters
        ----------
        word : str
            The word.

        Returns
        -------
        int
            Its row.

        Raises
        ------
        KeyError
            If the space does not have it.
        """
        if isinstance(word, str) and word in self._index:
            return self._index[word]
        if isinstance(word, str):
            raise KeyError(f"The space has no word {show_word(word)}.")
        raise KeyError(f"A space is looked up by word, a str; got {type(word).__name__}.")

    def indices(self, words: Iterable[str]) -> NDArray[np.intp]:
        """Return the rows of several words.

        Parameters
        ----------
        words : iterable of str
            The words.

        Returns
        -------
        ndarray of shape (n_words,)
            Their rows, -1 where the space does not have the word.

        Raises
        ------
        TypeError, ValueError
            If an entry is not a non-empty ``str``, or ``words`` is one.
        """
        words = check_words(words, "words")
        return np.array([self._index.get(word, -1) for word in words], dtype=np.intp)

    def vector(self, word: str) -> NDArray[np.floating]:
        """Return the vector of a word.

        Parameters
        ----------
        word : str
            The word.

        Returns
        -------
        ndarray of shape (n_features,)
            Its vector, read-only.

        Raises
        ------
        KeyError
            If the space does not have it.
        """
        return self[word]

    def most_similar(self, word: str | ArrayLike, n_best: int = 10) -> list[tuple[str, float]]:
        """Return the nearest words by cosine.

        Parameters
        ----------
        word : str or array-like of shape (n_features,)
            A word of the space, which is not among its own neighbors; or a vector.
        n_best : int, default=10
            How many, as far as there are so many.

        Returns
        -------
        list of (str, float)
            Words and cosines, the nearest first; of equal cosines the more frequent word first.

        Raises
        ------
        KeyError
            If the space does not have the word.
        ValueError
            If a vector has the wrong number of dimensions or values that are not finite.

        Examples
        --------
        >>> from sklearn_instamap import EmbeddingSpace
        >>> space = EmbeddingSpace(["cat", "dog", "car"], [[1.0, 0.0], [0.6, 0.8], [0.0, 1.0]])
        >>> [(word, round(cosine, 1)) for word, cosine in space.most_similar("dog", 2)]
        [('car', 0.8), ('cat', 0.6)]
        """
        n_best = check_count("n_best", n_best)
        own = self.index(word) if isinstance(word, str) else None
        query = self.vectors[own] if own is not None else np.asarray(word)
        query = check_array(query, ensure_2d=False, dtype="numeric", input_name="word")
        if query.shape != (self.n_features,):
            raise ValueError(
                f"word must be a word or a vector of {self.n_features} values, got an array of "
                f"shape {query.shape}."
            )
        query = query.astype(np.float64)
        cosines = np.empty(self.n_words)
        # By blocks: the norms of a whole memory map would need a copy of it.
        for start in range(0, self.n_words, _ROWS_AT_ONCE):
            rows = self.vectors[start : start + _ROWS_AT_ONCE].astype(np.float64)
            norms = np.linalg.norm(rows, axis=1) * np.linalg.norm(query)
            cosines[start : start + len(rows)] = rows @ query / np.where(norms > 0, norms, 1)
        if own is not None:
            cosines[own] = -np.inf
        n_best = min(n_best, self.n_words - (own is not None))
        best = np.argsort(-cosines, kind="stable")[:n_best]
        return [(self.words[row], float(cosines[row])) for row in best]

    def select(self, indices: ArrayLike) -> EmbeddingSpace:
        """Return the space of the words at some rows.

        Parameters
        ----------
        indices : array-like of int, shape (n_selected,)
            The rows, in the order they shall have.

        Returns
        -------
        EmbeddingSpace
            Their words and vectors.
        """
        rows = np.asarray(indices, dtype=np.intp)
        return EmbeddingSpace([self.words[row] for row in rows], self.vectors[rows])

    def with_vectors(self, vectors: ArrayLike) -> EmbeddingSpace:
        """Return the same words with other vectors, such as those of an aligned space.

        Parameters
        ----------
        vectors : array-like of shape (n_words, n_new_features)
            Row ``i`` is the new vector of word ``i``.

        Returns
        -------
        EmbeddingSpace
            The new space.
        """
        return EmbeddingSpace(self.words, vectors)

    def to_frame(self) -> pd.DataFrame:
        """Return the space as a DataFrame.

        Returns
        -------
        DataFrame of shape (n_words, n_features)
            Indexed by word, one column per dimension; a copy.
        """
        return pd.DataFrame(self.vectors.copy(), index=pd.Index(self.words, name="word"))

    @classmethod
    def from_frame(cls, frame: pd.DataFrame) -> EmbeddingSpace:
        """Make a space from a DataFrame indexed by word.

        Parameters
        ----------
        frame : DataFrame of shape (n_words, n_features)
            The vectors; the index holds the words.

        Returns
        -------
        EmbeddingSpace
            The space.

        Raises
        ------
        TypeError, ValueError
            If the index does not hold words.
        """
        return cls(frame_words(frame, "frame"), frame.to_numpy())


SpaceLike: TypeAlias = "EmbeddingSpace | pd.DataFrame | ArrayLike"
"""What stands for a space: an :class:`EmbeddingSpace`, a DataFrame indexed by word, an array."""

WordSpace: TypeAlias = "EmbeddingSpace | pd.DataFrame"
"""A space whose rows can be found by word."""


def space_vectors(space: SpaceLike, name: str = "space") -> NDArray[np.floating]:
    """Return the vectors of a space given in any of its three forms, checked to be finite.

    Parameters
    ----------
    space : EmbeddingSpace, DataFrame or array-like of shape (n_words, n_features)
        The space.
    name : str, default="space"
        What to call it in an error message.

    Returns
    -------
    ndarray of shape (n_words, n_features)
        ``float32`` or ``float64``, C-contiguous.
    """
    if isinstance(space, EmbeddingSpace):
        return space.vectors
    return check_array(space, dtype=[np.float64, np.float32], order="C", input_name=name)


def like_space(
    vectors: NDArray[np.floating], space: SpaceLike, columns: NDArray[np.object_] | None = None
) -> Any:
    """Return ``vectors`` in the form in which ``space`` was given: its words, its index."""
    if isinstance(space, EmbeddingSpace):
        return space.with_vectors(vectors)
    if isinstance(space, pd.DataFrame):
        return pd.DataFrame(vectors, index=space.index, columns=columns)
    return vectors


def as_words(space: WordSpace, name: str) -> EmbeddingSpace:
    """Return a space which knows its words, from one or from a DataFrame indexed by word."""
    if isinstance(space, EmbeddingSpace):
        return space
    return EmbeddingSpace.from_frame(_frame(space, name))


def word_rows(space: WordSpace, words: pd.Series, name: str) -> NDArray[np.intp]:
    """Return the row of each word in a space, -1 where it has none."""
    if isinstance(space, EmbeddingSpace):
        return space.indices(words)
    frame = _frame(space, name)
    index = pd.Index(frame_words(frame, name), dtype=object)
    if not index.is_unique:
        repeated = index[index.duplicated()][0]
        raise ValueError(
            f"The index of {name} has {show_word(repeated)} more than once; keep one row."
        )
    return index.get_indexer(pd.Index(words, dtype=object))


def _frame(space: Any, name: str) -> pd.DataFrame:
    if isinstance(space, pd.DataFrame):
        return space
    raise TypeError(
        f"{name} must be an EmbeddingSpace or a DataFrame indexed by word, got "
        f"{type(space).__name__}; words cannot be looked up in an array."
    )
