"""fastText models whose unknown words have vectors, too, also after alignment."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sklearn_instamap._files import StrPath
from sklearn_instamap._printable import shown_safely
from sklearn_instamap._space import EmbeddingSpace
from sklearn_instamap._words import check_words
from sklearn_instamap.io._fasttext_file import FastTextFile, map_rows_of, read_file, write_file

_AT_ONCE = 8192
_TRIED = 64


class FastTextModel:
    """A fastText model: vectors of words, and of all words that it never saw.

    The vector of a word is the mean of the vectors of its character n-grams, and of its own if
    the model knows it [1]_. So every word has one; and a map that commutes with means, as linear
    and affine maps do, may be applied to the n-grams instead of to the words: the aligned model
    answers unknown words in the shared space.

    Made by `read_fasttext`.

    Parameters
    ----------
    file : FastTextFile
        What the file holds.

    Attributes
    ----------
    words : tuple of str
        The words it knows, most frequent first.

    See Also
    --------
    read_fasttext : Reads a model.

    References
    ----------
    .. [1] Bojanowski, P., Grave, E., Joulin, A. & Mikolov, T. "Enriching word vectors with subword
       information", TACL 5, 2017.

    Examples
    --------
    A model as small as can be, of one word and ten rows for n-grams:

    >>> import numpy as np
    >>> from sklearn_instamap.io import FastTextModel
    >>> from sklearn_instamap.io._fasttext_file import FastTextFile
    >>> arguments = (2, 5, 1, 1, 5, 1, 1, 2, 10, 3, 3, 100, 1e-4)
    >>> rows = np.ones((11, 2), dtype=np.float32)
    >>> model = FastTextModel(FastTextFile(arguments, (b"cat",), (1,), 1, rows))
    >>> model.transform(lambda vectors: 2 * vectors).vector("cats")
    array([2., 2.], dtype=float32)
    """

    def __init__(self, file: FastTextFile) -> None:
        self._file = file
        self.words = tuple(word.decode("utf-8", "replace") for word in file.words)
        self._rows = {word: row for row, word in enumerate(file.words)}

    def __repr__(self) -> str:
        return f"{type(self).__name__}(n_words={len(self.words)}, n_features={self.n_features})"

    @property
    def n_features(self) -> int:
        """Number of dimensions."""
        return int(self._file.rows.shape[1])

    def vectors(self, words: Iterable[str]) -> NDArray[np.float32]:
        """Return the vectors of words, known or not.

        Parameters
        ----------
        words : iterable of str
            The words.

        Returns
        -------
        ndarray of shape (n_words, n_features)
            Their vectors; zero for a word without a single n-gram of the model's lengths.
        """
        encoded = [word.encode("utf-8", "replace") for word in check_words(words, "words")]
        found = [self._file.subwords(word, self._rows.get(word)) for word in encoded]
        blocks = [
            self._file.mean(found[start : start + _AT_ONCE])
            for start in range(0, len(found), _AT_ONCE)
        ]
        return np.concatenate(blocks) if blocks else np.empty((0, self.n_features), np.float32)

    def vector(self, word: str) -> NDArray[np.float32]:
        """Return the vector of a word, known or not.

        Parameters
        ----------
        word : str
            The word.

        Returns
        -------
        ndarray of shape (n_features,)
            Its vector.
        """
        return self.vectors([word])[0]

    def space(self, max_words: int | None = None) -> EmbeddingSpace:
        """Return the known words and their vectors.

        Parameters
        ----------
        max_words : int, default=None
            Only so many, the most frequent ones.

        Returns
        -------
        EmbeddingSpace
            What aligners learn from.
        """
        words = self.words[:max_words]
        return EmbeddingSpace(words, self.vectors(words))

    def transform(self, function: Callable[[Any], Any]) -> FastTextModel:
        """Return the model with all its vectors mapped, those of the n-grams, too.

        Parameters
        ----------
        function : callable
            Maps an array of shape (n_rows, n_features) into one of as many rows, such as the
            ``transform`` of a fitted linear aligner. It has to commute with means, which is tried
            out: linear maps do, and so do shifts; scaling rows to unit length and InstaMap's
            translations do not.

        Returns
        -------
        FastTextModel
            The mapped model.

        Raises
        ------
        ValueError
            If the map of a mean is not the mean of the maps.
        """
        rows = np.asarray(self._file.rows[: min(_TRIED, len(self._file.rows))], dtype=np.float32)
        means = np.stack([rows[: n + 1].mean(axis=0) for n in range(len(rows))])
        mapped = np.asarray(function(rows), dtype=np.float64)
        expected = np.stack([mapped[: n + 1].mean(axis=0) for n in range(len(rows))])
        found = np.asarray(function(means), dtype=np.float64)
        tolerance = 1e-3 * max(float(np.abs(mapped).mean()), 1e-12)
        if found.shape != expected.shape or np.abs(found - expected).max() > tolerance:
            raise ValueError(
                "The map does not commute with means, so that it cannot be applied to n-grams; use "
                "a linear one without normalization, such as ProcrustesAligner, or map "
                "model.space()."
            )
        return FastTextModel(self._file.with_rows(map_rows_of(self._file.rows, function)))

    @shown_safely()
    def write(self, path: StrPath) -> None:
        """Write the model, to be read by fastText and by gensim.

        The output layer, which only further training and the prediction of labels need, is zero.

        Parameters
        ----------
        path : str or path-like
            The file.

        Raises
        ------
        OSError
            If it cannot be written.
        ValueError
            If it is the file from which the vectors are mapped.
        """
        source = getattr(self._file.rows, "filename", None)
        if source is not None and os.path.exists(path) and os.path.samefile(path, source):
            raise ValueError(
                f"{os.fspath(path)}: is the file the model is read from; write to another."
            )
        write_file(path, self._file)


@shown_safely()
def read_fasttext(path: StrPath) -> FastTextModel:
    """Read a fastText model (``.bin``) with the vectors of its character n-grams.

    Parameters
    ----------
    path : str or path-like
        The file. It has to stay where it is as long as the model is used: the vectors are
        memory-mapped.

    Returns
    -------
    FastTextModel
        The model.

    Raises
    ------
    OSError
        If the file does not exist or cannot be read.
    ValueError
        If it is not a fastText model, damaged, compressed, or quantized (``.ftz``).

    See Also
    --------
    read_vectors : Reads the known words of such a file, among other formats.

    Examples
    --------
    A model that knows some words is aligned, and so are all words that it does not know::

        model = read_fasttext("cc.en.300.bin")
        aligner = ProcrustesAligner().fit(X, y)
        aligned = model.transform(aligner.transform)
        aligned.vector("unheardofness")
        aligned.write("aligned.en.bin")
    """
    return FastTextModel(read_file(path))
