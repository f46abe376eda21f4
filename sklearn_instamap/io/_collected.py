"""What readers collect word by word: distinct words, and the vector of each, checked."""

from __future__ import annotations

import os

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sklearn_instamap._files import StrPath
from sklearn_instamap.io._asked import Asked
from sklearn_instamap.io._streams import Repeats, decode


class Collected:
    """Distinct words and their vectors, in the order in which they come.

    Room is made for ``n_rows`` at first; ``unit`` is what messages count.
    """

    def __init__(
        self, path: StrPath, asked: Asked, n_features: int, n_rows: int, unit: str = "line"
    ) -> None:
        self._path = path
        self._asked = asked
        self._unit = unit
        self.n_features = n_features
        if asked.max_words is not None:
            n_rows = min(n_rows, asked.max_words)
        self._vectors = self._allocate(max(1, n_rows))
        # A dict, because it remembers the order and answers "seen before?".
        self._words: dict[str, None] = {}
        self.repeats = Repeats()

    def _allocate(self, n_rows: int) -> NDArray[np.floating]:
        try:
            return np.empty((n_rows, self.n_features), dtype=self._asked.dtype_of_text)
        except (MemoryError, ValueError):
            raise ValueError(
                f"{os.fspath(self._path)}: {n_rows} words of {self.n_features} values do not fit "
                "in memory; if the header is right, pass a smaller max_words."
            ) from None

    @property
    def n_words(self) -> int:
        """How many words there are so far."""
        return len(self._words)

    @property
    def n_wanted(self) -> int | None:
        """How many more are wanted; None for all there are."""
        most = self._asked.max_words
        return None if most is None else most - len(self._words)

    def add(self, number: int, word: bytes, values: ArrayLike) -> None:
        """Take a word, unless it repeats an earlier one, or say what is wrong with it."""
        name = decode(word, self._path, number, self._asked.encoding_errors, self._unit)
        name = self._asked.spelling(name)
        if name in self._words:
            self.repeats.add((name,), number)
            return
        row = len(self._words)
        if row == len(self._vectors):
            # In place: a list of blocks joined at the end would need the memory twice.
            self._vectors.resize((row + row // 2 + 1, self.n_features), refcheck=False)
        self._set(row, number, values)
        self._words[name] = None

    def _set(self, row: int, number: int, values: ArrayLike) -> None:
        """Put values into a row, or say which of them is not a finite number."""
        self._vectors[row] = values
        finite = np.isfinite(self._vectors[row])
        if not finite.all():
            raise ValueError(
                f"{os.fspath(self._path)}, {self._unit} {number}: value {int(finite.argmin()) + 1} "
                f"of {self.n_features} is not finite in {self._vectors.dtype.name}; remove the "
                f"{self._unit} or correct the value."
            )

    def finish(self) -> tuple[list[str], NDArray[np.floating], Repeats]:
        """Return the words, their vectors and what repeated."""
        self._vectors.resize((len(self._words), self.n_features), refcheck=False)
        return list(self._words), self._vectors, self.repeats
