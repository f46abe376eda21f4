"""A space as a DataFrame and as gensim's KeyedVectors, and back."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from sklearn_instamap._optional import import_optional
from sklearn_instamap._words import check_words, frame_words, text_index


class SpaceConversions:
    """The part of :class:`~sklearn_instamap.EmbeddingSpace` that knows of other libraries."""

    __slots__ = ()

    words: tuple[str, ...]
    vectors: NDArray[np.floating]
    has_words: bool

    def __init__(self, words: Any, vectors: ArrayLike) -> None:
        raise NotImplementedError

    def to_frame(self) -> pd.DataFrame:
        """Return the space as a DataFrame.

        Returns
        -------
        DataFrame of shape (n_words, n_features)
            Indexed by word, one column per dimension; a copy.
        """
        return pd.DataFrame(self.vectors.copy(), index=self._as_index())

    def _as_index(self) -> pd.Index:
        name = "word" if self.has_words else "id"
        return text_index(self.words, name)

    @classmethod
    def from_frame(cls, frame: pd.DataFrame) -> Self:
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
        return cls(frame_words(frame, "frame", "a DataFrame of pandas"), frame.to_numpy())

    @classmethod
    def from_keyed_vectors(cls, keyed_vectors: Any) -> Self:
        """Make a space from gensim's KeyedVectors.

        Parameters
        ----------
        keyed_vectors : gensim.models.KeyedVectors
            The vectors, or a model that has them as ``wv``.

        Returns
        -------
        EmbeddingSpace
            The space; the array is not copied.

        Raises
        ------
        TypeError
            If it is something else, or its keys are not words.

        Examples
        --------
        >>> from types import SimpleNamespace
        >>> from sklearn_instamap import EmbeddingSpace
        >>> loaded = SimpleNamespace(index_to_key=["cat", "dog"], vectors=[[1.0, 0.0], [0.8, 0.6]])
        >>> EmbeddingSpace.from_keyed_vectors(loaded).words
        ('cat', 'dog')
        """
        keyed = getattr(keyed_vectors, "wv", keyed_vectors)
        # Before version 4 of gensim the words had another name.
        words = getattr(keyed, "index_to_key", getattr(keyed, "index2word", None))
        if words is None or not hasattr(keyed, "vectors"):
            raise TypeError(
                "keyed_vectors must be gensim's KeyedVectors or a model that has them as wv, got "
                f"{type(keyed_vectors).__name__}."
            )
        return cls(check_words(words, "keyed_vectors"), keyed.vectors)

    def to_keyed_vectors(self) -> Any:
        """Return the space as gensim's KeyedVectors.

        Returns
        -------
        gensim.models.KeyedVectors
            The same words in the same order, and a copy of the vectors as ``float32``.

        Raises
        ------
        ImportError
            If gensim is not installed.
        """
        gensim = import_optional("gensim.models", "to_keyed_vectors", "gensim")
        keyed = gensim.KeyedVectors(vector_size=self.vectors.shape[1], dtype=np.float32)
        keyed.add_vectors(list(self.words), np.array(self.vectors, dtype=np.float32))
        return keyed
