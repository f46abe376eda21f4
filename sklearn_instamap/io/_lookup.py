"""From words to numbers: the vectors of a dictionary's pairs, and which pairs have none."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sklearn_instamap._check import check_number, reals
from sklearn_instamap._dictionary import DictionaryLike, dictionary_frame
from sklearn_instamap._html import FactsMixin
from sklearn_instamap._space import EmbeddingSpace
from sklearn_instamap._space_like import WordSpace, word_rows
from sklearn_instamap._words import show_word
from sklearn_instamap.io._coverage import explain_coverage

_N_EXAMPLES = 3
# Below this share the report says why.
_FEW = 0.5


@dataclass(frozen=True, eq=False, repr=False)
class CoverageReport(FactsMixin):
    """Which pairs of a dictionary have both words in the two spaces.

    ``str()`` of it is one sentence.

    Parameters
    ----------
    n_pairs : int
        Pairs of the dictionary.
    pairs : DataFrame of shape (n_found, 2)
        The pairs found, columns ``source`` and ``target``, in the order of the dictionary.
    positions : ndarray of shape (n_found,)
        Their positions in the dictionary.
    source_index, target_index : ndarray of shape (n_found,)
        Rows of their words in the source and in the target space.
    missing_source, missing_target : tuple of str
        Words of the dictionary which the source or the target space does not have, each once.
    advice : str, default=""
        Where few pairs are found: how words of the spaces are spelled, and which other spelling
        (casing, Unicode's normal forms, ``_`` for blanks and others) would find how many. Of each
        space the first 200,000 words are tried.

    See Also
    --------
    lookup_pairs : The function which returns it.

    Examples
    --------
    >>> from sklearn_instamap.datasets import load_en_de
    >>> from sklearn_instamap.io import lookup_pairs
    >>> data = load_en_de()
    >>> *_, report = lookup_pairs([("the", "die"), ("cat", "Katze")], data.source, data.target)
    >>> report.n_found, report.missing_target
    (1, ('Katze',))
    """

    n_pairs: int
    pairs: pd.DataFrame
    positions: NDArray[np.intp]
    source_index: NDArray[np.intp]
    target_index: NDArray[np.intp]
    missing_source: tuple[str, ...]
    missing_target: tuple[str, ...]
    advice: str = ""

    @property
    def n_found(self) -> int:
        """Number of pairs found."""
        return len(self.pairs)

    @property
    def coverage(self) -> float:
        """Share of the pairs found, between 0 and 1."""
        return self.n_found / self.n_pairs

    def __str__(self) -> str:
        text = f"{self.n_found} of {self.n_pairs} pairs found ({100 * self.coverage:.1f} %)"
        parts = [
            f"{len(words)} {side} word{'s' * (len(words) != 1)} missing ({_examples(words)})"
            for side, words in (("source", self.missing_source), ("target", self.missing_target))
            if words
        ]
        return ": ".join([text, ", ".join(parts)]) if parts else text

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {self}>"


def _examples(words: tuple[str, ...]) -> str:
    shown = ", ".join(map(show_word, words[:_N_EXAMPLES]))
    return f"{shown}, …" if len(words) > _N_EXAMPLES else shown


def lookup_pairs(
    dictionary: DictionaryLike,
    source_space: WordSpace,
    target_space: WordSpace,
    *,
    warn_below: float = 0.5,
) -> tuple[
    NDArray[np.floating] | pd.DataFrame, NDArray[np.floating] | pd.DataFrame, CoverageReport
]:
    """Look up the vectors of a dictionary's pairs: the ``X`` and ``y`` of every aligner.

    A pair counts if both its words are in their spaces, spelled exactly so. Pairs with a common
    word are kept all, and so are repeated pairs.

    Parameters
    ----------
    dictionary : DataFrame with columns "source" and "target", or iterable of pairs of str
        The dictionary, such as `read_dictionary` returns.
    source_space, target_space : EmbeddingSpace or DataFrame indexed by word
        The two spaces.
    warn_below : float, default=0.5
        Warn if a smaller share of the pairs is found; 0 never warns. The warning says which
        other spelling would find how many: one side may be lower-cased, or in another of
        Unicode's normal forms.

    Returns
    -------
    X : ndarray or DataFrame of shape (n_found, n_source_features)
        Source vectors of the pairs found, in the order of the dictionary; a DataFrame indexed
        by word if ``source_space`` is one.
    y : ndarray or DataFrame of shape (n_found, n_target_features)
        Target vectors: row ``i`` translates row ``i`` of ``X``.
    report : CoverageReport
        How many pairs were found, where, and which words were not.

    Raises
    ------
    ValueError
        If no pair is found, the dictionary is empty or lacks a column, or an index repeats.
    TypeError
        If a space has no words.

    Warns
    -----
    UserWarning
        If less than ``warn_below`` of the pairs are found.

    Examples
    --------
    >>> from sklearn_instamap import EmbeddingSpace
    >>> from sklearn_instamap.io import lookup_pairs
    >>> source = EmbeddingSpace(["cat", "dog"], [[1.0, 0.0], [0.8, 0.6]])
    >>> target = EmbeddingSpace(["hund", "katze"], [[0.6, 0.8], [0.0, 1.0]])
    >>> dictionary = [("cat", "katze"), ("dog", "hund"), ("cow", "kuh")]
    >>> X, y, report = lookup_pairs(dictionary, source, target)
    >>> y
    array([[0. , 1. ],
           [0.6, 0.8]])
    >>> print(report)
    2 of 3 pairs found (66.7 %): 1 source word missing ('cow'), 1 target word missing ('kuh')
    """
    check_number("warn_below", warn_below, reals(0, 1, closed="both"))
    pairs = dictionary_frame(dictionary)
    if not len(pairs):
        raise ValueError("The dictionary is empty; there is nothing to look up.")
    source_rows = word_rows(source_space, pairs["source"], "source_space")
    target_rows = word_rows(target_space, pairs["target"], "target_space")
    positions = np.flatnonzero((source_rows >= 0) & (target_rows >= 0))
    found = pairs.iloc[positions].reset_index(drop=True)
    report = CoverageReport(
        n_pairs=len(pairs),
        pairs=found,
        positions=positions,
        source_index=source_rows[positions],
        target_index=target_rows[positions],
        missing_source=tuple(pairs["source"][source_rows < 0].unique()),
        missing_target=tuple(pairs["target"][target_rows < 0].unique()),
        advice=(
            explain_coverage(pairs, _words(source_space), _words(target_space), len(found))
            if len(found) < max(_FEW, warn_below) * len(pairs)
            else ""
        ),
    )
    if not report.n_found:
        raise ValueError(
            f"No pair of the dictionary is in the two spaces: {report}; {report.advice}."
        )
    if report.coverage < warn_below:
        warnings.warn(f"{report}; {report.advice}.", UserWarning, stacklevel=2)
    return (
        _take(source_space, report.source_index),
        _take(target_space, report.target_index),
        report,
    )


def _words(space: WordSpace) -> Sequence[str]:
    return space.words if isinstance(space, EmbeddingSpace) else tuple(space.index)


def _take(space: WordSpace, rows: NDArray[np.intp]) -> NDArray[np.floating] | pd.DataFrame:
    return space.vectors[rows] if isinstance(space, EmbeddingSpace) else space.iloc[rows]
