"""One embedding space: words, or other ids, and their vectors."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from typing import Any, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils import check_array

from sklearn_instamap._check import check_count
from sklearn_instamap._html import html_table
from sklearn_instamap._number_rows import number_rows, row_numbers
from sklearn_instamap._space_conversions import SpaceConversions
from sklearn_instamap._words import check_ids, check_words, plain_id, show_word

_ROWS_AT_ONCE = 8192


class EmbeddingSpace(SpaceConversions):
    """The words of one language and their vectors, as one immutable value.

    Rows that are not words, such as documents and products, have any unique ids, or their numbers
    as ids: ``EmbeddingSpace(vectors, ids)``, ``EmbeddingSpace(vectors)``.

    Aligners take whole spaces as fit metadata. scikit-learn cuts any array-like fit parameter
    whose length equals the number of samples down to the rows of a fold, silently; a space is
    not one value per sample, so this class deliberately looks like no array: it has no
    ``__len__``, ``shape`` or ``__array__``, and cloning returns it unchanged.
    ``space["house"]`` is the vector of a word, and `most_similar` finds its neighbors.

    Parameters
    ----------
    words : iterable of str, default=None
        The vocabulary, most frequent word first, without repetition. Where rows are not words,
        the vectors.
    vectors : array-like of shape (n_words, n_features)
        Row ``i`` is the vector of word ``i``. ``float16`` becomes ``float32``; ``float32`` and
        ``float64`` are kept, without a copy where the array is already C-contiguous. Where rows are
        not words, what each is called: texts, integers or tuples, each once; None takes their
        numbers.

    Attributes
    ----------
    words : tuple of str
        The vocabulary.
    vectors : ndarray of shape (n_words, n_features)
        The vectors, read-only.
    has_words : bool
        Whether all ids are texts.
    n_words : int
        Number of words.
    n_features : int
        Number of dimensions.

    Raises
    ------
    ValueError
        If a word or an id is missing, empty or occurs twice, the numbers of words and rows differ,
        or a value is not finite.
    TypeError
        If a word is not a ``str``, or an id cannot be hashed.

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
    >>> products = EmbeddingSpace([[1.0, 0.0], [0.0, 1.0]], [1001, 1002])
    >>> products[1002]
    array([0., 1.])
    """

    __slots__ = ("_index", "has_words", "vectors", "words")

    words: tuple[Any, ...]
    vectors: NDArray[np.floating]
    has_words: bool
    _index: dict[Any, int]

    def __init__(self, words: Any = None, vectors: Any = None) -> None:
        if words is None or vectors is None or _is_table(words):
            ids, vectors = (None, vectors) if words is None else (vectors, words)
            vectors = _checked_vectors(vectors)
            ids = check_ids(range(len(vectors)) if ids is None else ids, "ids")
        else:
            ids = check_words(words, "EmbeddingSpace")
        self._check_and_freeze(ids, vectors)

    @classmethod
    def _of_ids(cls, ids: tuple[Hashable, ...], vectors: ArrayLike) -> EmbeddingSpace:
        """Make a space of ids that were checked one by one."""
        space = cls.__new__(cls)
        space._check_and_freeze(ids, vectors)
        return space

    def _check_and_freeze(self, ids: tuple[Any, ...], vectors: ArrayLike) -> None:
        array = _checked_vectors(vectors)
        what = "word" if _are_words(ids) else "id"
        if len(ids) != array.shape[0]:
            raise ValueError(
                f"EmbeddingSpace got {len(ids)} {what}s for {array.shape[0]} vectors; "
                f"give exactly one row per {what}."
            )
        index = {id_: row for row, id_ in enumerate(ids)}
        if len(index) != len(ids):
            second = next(row for row, id_ in enumerate(ids) if index[id_] != row)
            raise ValueError(
                f"EmbeddingSpace got the {what} {show_word(ids[second])} more than once "
                f"({len(ids) - len(index)} repeated {what}s in all); keep one vector per {what}."
            )
        self._freeze(ids, array, index)

    # What has __getitem__ would otherwise be iterable, by space[0], space[1] and so on.
    __iter__ = None

    def __getitem__(self, word: Hashable) -> NDArray[np.floating]:
        return self.vectors[self.index(word)]

    def _freeze(
        self, words: tuple[Any, ...], vectors: NDArray[np.floating], index: dict[Any, int]
    ) -> None:
        # A view is made read-only, so that the caller's own array stays as it was.
        vectors = vectors.view()
        vectors.flags.writeable = False
        object.__setattr__(self, "words", words)
        object.__setattr__(self, "vectors", vectors)
        object.__setattr__(self, "_index", index)
        object.__setattr__(self, "has_words", _are_words(words))

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
        try:
            return plain_id(word) in self._index
        except TypeError:  # it cannot be hashed, such as a list, or a tuple with one in it
            return False

    def __repr__(self) -> str:
        return (
            f"{type(self).__name__}(n_words={self.n_words}, n_features={self.n_features}, "
            f"dtype={self.vectors.dtype})"
        )

    def _repr_html_(self) -> str:
        facts = {
            "words": self.n_words,
            "dimensions": self.n_features,
            "dtype": self.vectors.dtype,
            "first words": ", ".join(map(str, self.words[:10])),
        }
        return html_table(type(self).__name__, facts)

    @property
    def n_words(self) -> int:
        """Number of words."""
        return len(self.words)

    @property
    def ids(self) -> tuple[Any, ...]:
        """What the rows are called: the words, or the ids."""
        return self.words

    @property
    def n_features(self) -> int:
        """Number of dimensions of the vectors."""
        return int(self.vectors.shape[1])

    def index(self, word: Hashable) -> int:
        """Return the row of a word.

        Parameters
        ----------
        word : str
            The word; or an id, where rows are called by ids.

        Returns
        -------
        int
            Its row.

        Raises
        ------
        KeyError
            If the space does not have it.
        """
        if word in self:
            return self._index[plain_id(word)]
        if isinstance(word, str):
            raise KeyError(f"The space has no word {show_word(word)}.")
        if isinstance(word, Hashable) and not self.has_words:
            raise KeyError(f"The space has no id {show_word(word)}.")
        raise KeyError(f"A space is looked up by word, a str; got {type(word).__name__}.")

    def indices(self, words: Iterable[Hashable]) -> NDArray[np.intp]:
        """Return the rows of several words.

        Parameters
        ----------
        words : iterable of str
            The words; or ids, where rows are called by ids.

        Returns
        -------
        ndarray of shape (n_words,)
            Their rows, -1 where the space does not have the word.

        Raises
        ------
        TypeError, ValueError
            If an entry is not a non-empty ``str``, or ``words`` is one.
        """
        words = check_words(words, "words") if self.has_words else check_ids(words, "ids")
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
        named = isinstance(word, str) or (not self.has_words and word in self)
        own = self.index(cast(str, word)) if named else None
        query = self.vectors[own] if own is not None else number_rows(word, "word", min_ndim=1)
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
            The rows, in the order wanted.

        Returns
        -------
        EmbeddingSpace
            Their words and vectors.
        """
        rows = row_numbers(indices, "indices", self.n_words)
        return self._of_ids(tuple(self.words[row] for row in rows), self.vectors[rows])

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
        return self._of_ids(self.words, vectors)


def _are_words(ids: tuple[Any, ...]) -> bool:
    return all(isinstance(id_, str) for id_ in ids)


def _is_table(rows: Any) -> bool:
    """Tell whether the first argument of a space holds vectors: words are never rows."""
    first = rows[0] if isinstance(rows, list | tuple) and rows else None
    return getattr(rows, "ndim", 1) == 2 or isinstance(first, list | tuple | np.ndarray)


def _checked_vectors(vectors: ArrayLike) -> NDArray[np.floating]:
    return check_array(
        number_rows(vectors, "vectors"),
        dtype=[np.float64, np.float32],
        order="C",
        ensure_min_samples=1,
        input_name="vectors",
    )
