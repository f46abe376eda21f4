"""A dictionary from nothing but spelling."""

from __future__ import annotations

import numpy as np
import pandas as pd

from sklearn_instamap._check import check_count
from sklearn_instamap._space_like import WordSpace, as_words
from sklearn_instamap._wording import named
from sklearn_instamap._words import text_index


def identical_spelling_pairs(
    source_space: WordSpace, target_space: WordSpace, *, n_pairs: int | None = None
) -> pd.DataFrame:
    """Return the words both languages spell alike, as a dictionary.

    Names, numbers and loan words are noisy pairs, but enough of a seed for
    ``VecMapAligner(self_learning=True)`` where there is no dictionary [1]_ [2]_.

    Parameters
    ----------
    source_space, target_space : EmbeddingSpace or DataFrame indexed by word
        The two spaces.
    n_pairs : int, default=None
        Return only so many pairs, the most frequent ones; None returns all.

    Returns
    -------
    DataFrame of shape (n_pairs, 2)
        Columns ``source`` and ``target``, sorted by the sum of the two frequency ranks, ties by
        the rank in the source.

    Raises
    ------
    ValueError
        If no word is in both spaces.
    TypeError
        If a space has no words.

    References
    ----------
    .. [1] Artetxe, M., Labaka, G. & Agirre, E. "Learning bilingual word embeddings with (almost)
       no bilingual data", ACL 2017.
    .. [2] Søgaard, A., Ruder, S. & Vulić, I. "On the limitations of unsupervised bilingual
       dictionary induction", ACL 2018.

    Examples
    --------
    >>> from sklearn_instamap.linear import VecMapAligner, identical_spelling_pairs
    >>> from sklearn_instamap.datasets import load_en_de
    >>> from sklearn_instamap.io import lookup_pairs
    >>> data = load_en_de()
    >>> seed = identical_spelling_pairs(data.source, data.target)
    >>> X, y, _ = lookup_pairs(seed, data.source, data.target)
    >>> aligner = VecMapAligner(self_learning=True, vocabulary_cutoff=500, patience=1, tol=1e-3)
    >>> aligner = aligner.fit(X, y, source_space=data.source, target_space=data.target)
    >>> aligner.induced_pairs_.shape  # each of 500 words of both sides has a translation
    (1000, 2)
    """
    if n_pairs is not None:
        check_count("n_pairs", n_pairs)
    source_space = as_words(source_space, "source_space")
    target_space = as_words(target_space, "target_space")
    target_rows = target_space.indices(source_space.words)
    rows = np.flatnonzero(target_rows >= 0)
    rows = rows[np.argsort(rows + target_rows[rows], kind="stable")]
    if not len(rows):
        raise ValueError(
            f"No word is spelled alike in {named('source_space')} and {named('target_space')} (are "
            "both lower-cased?); give a dictionary."
        )
    shared = text_index(source_space.words[row] for row in rows[:n_pairs])
    return pd.DataFrame({"source": shared, "target": shared})
