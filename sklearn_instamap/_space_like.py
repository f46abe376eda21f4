"""What may stand for a space: an EmbeddingSpace, a DataFrame indexed by word, an array."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from sklearn.utils import check_array

from sklearn_instamap._number_rows import number_rows
from sklearn_instamap._space import EmbeddingSpace
from sklearn_instamap._words import frame_words, show_word

SpaceLike: TypeAlias = "EmbeddingSpace | pd.DataFrame | ArrayLike"
"""What stands for a space: an :class:`EmbeddingSpace`, a DataFrame indexed by word, an array."""

WordSpace: TypeAlias = "EmbeddingSpace | pd.DataFrame"
"""A space whose rows can be found by word."""


def space_vectors(space: SpaceLike, name: str = "space") -> NDArray[np.floating]:
    """Return the vectors of a space given in any of its three forms, checked to be finite.

    They are C-contiguous ``float32`` or ``float64``.
    """
    if isinstance(space, EmbeddingSpace):
        return space.vectors
    return check_array(
        number_rows(space, name), dtype=[np.float64, np.float32], order="C", input_name=name
    )


def like_space(
    vectors: NDArray[np.floating], space: SpaceLike, columns: NDArray[np.object_] | None = None
) -> Any:
    """Return ``vectors`` in the form in which ``space`` was given: its words, its index."""
    if isinstance(space, EmbeddingSpace):
        return space.with_vectors(vectors)
    # Where a side stays as it is, the caller's array is still the caller's.
    if np.may_share_memory(vectors, np.asarray(space)):
        vectors = vectors.copy()
    if isinstance(space, pd.DataFrame):
        return pd.DataFrame(vectors, index=space.index, columns=columns)
    return vectors


def as_words(space: WordSpace, name: str) -> EmbeddingSpace:
    """Return a space which knows its words, from one or from a DataFrame indexed by word."""
    if isinstance(space, EmbeddingSpace):
        return space
    return EmbeddingSpace(frame_words(space, name), space.to_numpy())


def word_rows(space: WordSpace, words: pd.Series, name: str) -> NDArray[np.intp]:
    """Return the row of each word in a space, -1 where it has none."""
    if isinstance(space, EmbeddingSpace):
        return space.indices(words)
    index = pd.Index(frame_words(space, name), dtype=object)
    if not index.is_unique:
        repeated = index[index.duplicated()][0]
        raise ValueError(
            f"The index of {name} has {show_word(repeated)} more than once; keep one row."
        )
    return index.get_indexer(pd.Index(words, dtype=object))
