"""What ``instamap align`` writes: vectors and models, rehearsed before the work."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from sklearn_instamap import EmbeddingSpace
from sklearn_instamap.cli._outputs import Outputs
from sklearn_instamap.cli._progress_bar import progress_bar
from sklearn_instamap.cli._terminal import Terminal
from sklearn_instamap.io import write_vectors
from sklearn_instamap.io._npy import is_pair, pair_paths
from sklearn_instamap.io._vectors import write_marked


@dataclass(frozen=True)
class AlignedFiles:
    """Writes the outputs of one run, and says so when all are in their places."""

    outputs: Outputs
    terminal: Terminal
    header: bool
    precision: int

    def rehearse(self, path: Path, words: Sequence[str] = ("word",)) -> None:
        """Write these words with short vectors: what cannot be written is found in time."""
        with self.outputs.writing(path) as place:
            write_vectors(place, EmbeddingSpace(words, np.zeros((len(words), 1))))

    def write(self, path: Path, space: EmbeddingSpace, run: str) -> str:
        """Write a space with the mark of the run; return what to say of it."""
        shown = progress_bar(self.terminal, f"writing {path.name}")
        with shown, self.outputs.writing(path) as place:
            write_marked(place, space, header=self.header, precision=self.precision, run=run)
        return f"Wrote {path}: {space.n_words} words, {space.n_features} dimensions."

    def save(
        self,
        path: Path,
        aligner: Any,
        method: str,
        dictionary: str,
        inputs: Iterable[Path],
        run: str,
    ) -> str:
        """Save a fitted aligner with what it was fitted on; return what to say of it."""
        about = {"method": method, "dictionary": dictionary, **_sums(inputs)}
        if run:
            about["run"] = run
        with self.outputs.writing(path) as place:
            aligner.save(place, metadata=about)
        return f"Wrote {path}: the model, for instamap apply."


def _sums(inputs: Iterable[Path]) -> dict[str, str]:
    """Return the checksums of the files that a model was fitted on."""
    sums = {}
    for path in inputs:
        for file in pair_paths(path) if is_pair(path) else (path,):
            with open(file, "rb") as stream:
                sums[f"sha256 of {file.name}"] = hashlib.file_digest(stream, "sha256").hexdigest()
    return sums


@contextmanager
def settings_checked(settings: Sequence[str] | None) -> Iterator[None]:
    """Blame values of a wrong type, which estimators refuse by TypeError, on ``--set``."""
    try:
        yield
    except TypeError as error:
        if not settings:
            raise
        raise ValueError(
            f"--set {' --set '.join(settings)}: {str(error).removesuffix('.')}."
        ) from error
