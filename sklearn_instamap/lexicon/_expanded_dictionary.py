"""A dictionary grown by the pairs that a ranker is sure of: self-training with confidence."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from sklearn.base import clone

from sklearn_instamap._check import check_count, invalid, reals
from sklearn_instamap._space_like import WordSpace
from sklearn_instamap.lexicon._dictionary_words import pair_words
from sklearn_instamap.lexicon._lexicon import check_ranker, induce_lexicon
from sklearn_instamap.lexicon._ranker import LexiconRanker


def expand_dictionary(
    X: ArrayLike,
    y: ArrayLike,
    *,
    source_space: WordSpace,
    target_space: WordSpace,
    ranker: LexiconRanker | None = None,
    min_precision: float = 0.9,
    n_rounds: int = 1,
) -> pd.DataFrame:
    """Add the pairs that a ranker is sure of to a dictionary, for any aligner.

    In each round the ranker is fitted on the dictionary, and its one-to-one lexicon of the other
    words is sorted by probability. Pairs are taken from the top as long as the mean of their
    probabilities, which is the precision to be expected, is at least ``min_precision``. The next
    round starts from the given pairs and what was taken: a pair that is not found again drops
    out. Words of the given dictionary get no further pairs.

    Parameters
    ----------
    X : array-like of str, shape (n_pairs,)
        Source words of the dictionary.
    y : array-like of str, shape (n_pairs,)
        Their translations.
    source_space, target_space : EmbeddingSpace or DataFrame indexed by word
        The whole spaces.
    ranker : LexiconRanker, default=None
        Unfitted; None is ``LexiconRanker(random_state=0)``.
    min_precision : float, default=0.9
        The precision that the pairs taken are to have, by the ranker's own probabilities.
    n_rounds : int, default=1
        Number of rounds.

    Returns
    -------
    DataFrame
        Columns ``source``, ``target``, ``probability`` (1 for the given pairs) and ``known``; the
        given pairs first. Its first two columns are a dictionary for
        :func:`sklearn_instamap.io.lookup_pairs`.

    Raises
    ------
    TypeError
        If ``ranker`` is no ranker, or a word no text.
    ValueError
        If a parameter is out of its range, or too few pairs are in the spaces.

    See Also
    --------
    induce_lexicon : All pairs, with their probabilities.

    Notes
    -----
    Probabilities are calibrated on held-out words of the given dictionary. From the second round
    on these are held out of the given pairs and the taken ones alike, and flatter; one round is
    the safe choice.

    Examples
    --------
    >>> from sklearn_instamap.datasets import load_en_de
    >>> from sklearn_instamap.lexicon import LexiconRanker, expand_dictionary
    >>> from sklearn_instamap.linear import VecMapAligner
    >>> data = load_en_de()
    >>> few = data.train[:500]
    >>> more = expand_dictionary(
    ...     few["source"],
    ...     few["target"],
    ...     source_space=data.source,
    ...     target_space=data.target,
    ...     ranker=LexiconRanker([VecMapAligner()], random_state=0),
    ... )
    >>> len(more) > 500, int(more["known"].sum())
    (True, 500)
    """
    if not reals(0, 1, "both").is_satisfied_by(min_precision):
        raise invalid("min_precision", "a number from 0 to 1", min_precision)
    n_rounds = check_count("n_rounds", n_rounds)
    words, translations = pair_words(X, y)
    given = pd.DataFrame({"source": words, "target": translations}, dtype=object)
    given["probability"], given["known"] = 1.0, True
    ranker = LexiconRanker(random_state=0) if ranker is None else ranker
    check_ranker(ranker)
    found = given
    for _ in range(n_rounds):
        fitted = clone(ranker).fit(
            found["source"], found["target"], source_space=source_space, target_space=target_space
        )
        found = pd.concat([given, _sure_pairs(fitted, given, min_precision)], ignore_index=True)
    return found


def _sure_pairs(ranker: Any, given: pd.DataFrame, min_precision: float) -> pd.DataFrame:
    """Return the most probable pairs of other words, as many as keep the mean probability."""
    known = set(given["source"])
    others = [word for word in ranker._source if word not in known]
    lexicon = induce_lexicon(ranker, others, one_to_one=True)
    assert lexicon is not None
    lexicon = lexicon[~lexicon["target"].isin(given["target"])]
    lexicon = lexicon.sort_values("probability", ascending=False, kind="stable")
    precision = lexicon["probability"].to_numpy().cumsum() / np.arange(1, len(lexicon) + 1)
    sure = lexicon[precision >= min_precision]
    return sure[["source", "target", "probability"]].assign(known=False)
