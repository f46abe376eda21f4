"""Reading what the commands are given: spaces, dictionaries and the pairs between them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from sklearn_instamap import EmbeddingSpace
from sklearn_instamap.cli._options import check_choice
from sklearn_instamap.cli._progress_bar import progress_bar
from sklearn_instamap.cli._terminal import Terminal
from sklearn_instamap.io import lookup_pairs, read_dictionary, read_vectors
from sklearn_instamap.io._npy import is_pair


@dataclass(frozen=True)
class Reading:
    """How the files of one run are read.

    Parameters
    ----------
    max_words : int, default=None
        How many words of each space; None for all.
    lowercase : bool, default=True
        Whether to lower-case dictionaries.
    lowercase_vectors : bool, default=False
        Whether to lower-case the words of the spaces.
    encoding_errors : {"strict", "replace"}, default="strict"
        What to do about words that are not valid UTF-8.
    """

    max_words: int | None = None
    lowercase: bool = True
    lowercase_vectors: bool = False
    encoding_errors: str = "strict"

    def __post_init__(self) -> None:
        check_choice("--encoding-errors", self.encoding_errors, ("strict", "replace"))

    def dictionary(self, path: Path) -> pd.DataFrame:
        """Read a dictionary."""
        return read_dictionary(path, lowercase=self.lowercase, encoding_errors=self.encoding_errors)

    def spaces(
        self, terminal: Terminal, source: Path, target: Path
    ) -> tuple[EmbeddingSpace, EmbeddingSpace]:
        """Read both spaces, showing which one is being read."""
        # Minutes may pass before the second file is opened.
        for path in (source, target):
            if not is_pair(path) and not path.exists():
                raise FileNotFoundError(f"{path}: there is no such file.")
        return self._space(terminal, source), self._space(terminal, target)

    def _space(self, terminal: Terminal, path: Path) -> EmbeddingSpace:
        with progress_bar(terminal, f"reading {path.name}"):
            return read_vectors(
                path,
                max_words=self.max_words,
                lowercase=self.lowercase_vectors,
                encoding_errors=self.encoding_errors,
            )


def look_up(
    terminal: Terminal, dictionary: pd.DataFrame, source: EmbeddingSpace, target: EmbeddingSpace
) -> tuple[Any, Any]:
    """Return the vectors of a dictionary's pairs, and say how many pairs there are."""
    X, y, coverage = lookup_pairs(dictionary, source, target, warn_below=0)
    terminal.note(f"Dictionary: {coverage}{'; ' * bool(coverage.advice)}{coverage.advice}.")
    return X, y
