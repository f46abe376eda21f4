"""A dictionary grown by the pairs that a ranker is sure of: self-training with confidence."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from sklearn.base import clone

from sklearn_instamap._check import check_count, check_kind, invalid, reals
from sklearn_instamap._space_like import WordSpace, as_words
from sklearn_instamap.lexicon._dictionary_words import pair_rows, pair_words
from sklearn_instamap.lexicon._held_out import splits
from sklearn_instamap.lexicon._lexicon import induce_lexicon
from sklearn_instamap.lexicon._ranked_words import take
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

    In each round the ranker is fitted on the given pairs and on what was taken before, and its
    one-to-one lexicon of the other words joins the pairs taken before, which keep their
    probabilities. Pairs are taken from the top as long as the mean of their probabilities, which is
    the precision to be expected, is at least ``min_precision``. Words of the given dictionary get
    no further pairs.

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
        given pairs first, each once. Its first two columns are a dictionary for
        :func:`sklearn_instamap.io.lookup_pairs`.

    Raises
    ------
    TypeError
        If ``ranker`` is not a ranker, or a word is not a text.
    ValueError
        If a parameter is out of its range, or too few pairs are in the spaces.

    See Also
    --------
    induce_lexicon : All pairs, with their probabilities.

    Notes
    -----
    In every round probabilities are calibrated on the same held-out words of the given dictionary:
    what was taken is never held out.

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
    ranker = LexiconRanker(random_state=0) if ranker is None else ranker
    check_kind("ranker", ranker, LexiconRanker)
    ranker._check_parameters()
    source, target = as_words(source_space, "source_space"), as_words(target_space, "target_space")
    rows, columns = pair_rows(words, translations, source, target)
    inside = take(source.words, rows), take(target.words, columns)
    folds = splits(ranker.cv, *inside, ranker._seed())
    given = pd.DataFrame({"source": words, "target": translations}, dtype=object).drop_duplicates()
    given["probability"], given["known"] = 1.0, True
    taken = given[:0]
    for _ in range(n_rounds):
        more = len(rows) + np.arange(len(taken))
        fitted = clone(ranker).set_params(cv=[(np.r_[train, more], test) for train, test in folds])
        fitted.fit(
            np.r_[inside[0], taken["source"]],
            np.r_[inside[1], taken["target"]],
            source_space=source,
            target_space=target,
        )
        taken = _sure_pairs(fitted, given, taken, min_precision)
    return pd.concat([given, taken], ignore_index=True)


def _sure_pairs(
    ranker: Any, given: pd.DataFrame, taken: pd.DataFrame, min_precision: float
) -> pd.DataFrame:
    """Return what was taken and pairs of other words, as many as keep the mean probability."""
    known = {*given["source"], *taken["source"]}
    others = [word for word in ranker._source if word not in known]
    lexicon = induce_lexicon(ranker, others, one_to_one=True)
    assert lexicon is not None
    free = ~lexicon["target"].isin({*given["target"], *taken["target"]})
    new = lexicon.loc[free, ["source", "target", "probability"]].assign(known=False)
    taken = pd.concat([taken, new]).sort_values("probability", ascending=False, kind="stable")
    precision = taken["probability"].to_numpy().cumsum() / np.arange(1, len(taken) + 1)
    return taken[precision >= min_precision]
