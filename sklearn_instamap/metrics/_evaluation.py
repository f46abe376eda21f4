"""Bilingual lexicon induction over words: one table for two aligned spaces and a dictionary."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sklearn_instamap._check import check_option, several
from sklearn_instamap._dictionary import DictionaryLike, dictionary_frame
from sklearn_instamap._space import EmbeddingSpace
from sklearn_instamap._space_like import as_words
from sklearn_instamap.io._coverage import explain_coverage
from sklearn_instamap.metrics._metric import METRICS, check_metrics, figure_of_ranks
from sklearn_instamap.metrics._pairs import unseen_pairs
from sklearn_instamap.metrics._protocol import PROTOCOLS, TIES, Protocol, Ties, as_retrieval
from sklearn_instamap.metrics._ranks import best_ranks_per_word, checked_ranks
from sklearn_instamap.metrics._retrieval import Retrieval, RetrievalName
from sklearn_instamap.metrics._string_similarity import string_similarity

# Test pairs by how alike their words are spelled, and from which similarity on they are so.
BY_SPELLING = ("equal", "similar", "dissimilar")
LEAST_SIMILAR = 0.5
SUBSETS = ("all", "unseen", *BY_SPELLING)

RetrievalLike: TypeAlias = "RetrievalName | Retrieval"


def evaluate_bli(
    source_space: EmbeddingSpace | pd.DataFrame,
    target_space: EmbeddingSpace | pd.DataFrame,
    *,
    test_dictionary: DictionaryLike,
    train_dictionary: DictionaryLike | None = None,
    retrieval: RetrievalLike | Sequence[RetrievalLike] = ("cosine", "csls"),
    protocol: Protocol | Sequence[Protocol] = "pair",
    metric: str | Sequence[str] = METRICS,
    subset: str | Sequence[str] | None = None,
    csls_neighbors: int = 10,
    ties: Ties = "worst",
    n_jobs: int | None = None,
) -> pd.DataFrame:
    """Score two aligned spaces by bilingual lexicon induction.

    Every source word of the dictionary which both spaces cover is translated by its neighbors
    among all words of the target space. Repeated pairs of the dictionary count as often as they
    occur.

    Parameters
    ----------
    source_space, target_space : EmbeddingSpace or DataFrame
        The two spaces, already mapped into the shared space, with their words.
    test_dictionary : DataFrame or iterable of (str, str)
        Test pairs: a DataFrame with the columns ``source`` and ``target``, or tuples. Words are
        compared as they are: lower-case the dictionary if the spaces are lower-cased.
    train_dictionary : DataFrame or iterable of (str, str), default=None
        The pairs from which the alignment was learned. If given, each figure is reported twice:
        over *all* test pairs, and over the *unseen* ones (:func:`unseen_pairs`).
    retrieval : str, Retrieval or sequence of them, default=("cosine", "csls")
        The similarities (:class:`Retrieval`), by name or as objects. A fitted one is used as it
        is, such as the sum over several maps, and has to be fitted on all words of both spaces.
    protocol : {"pair", "word"} or sequence of them, default="pair"
        ``"pair"`` counts each dictionary pair once, with its own translation (XLing-Eval);
        ``"word"`` counts each source word once, with the best ranked of its translations (MUSE,
        VecMap). Among the unseen, the translations of a word are those of its unseen pairs.
    metric : str or sequence of str, default=("P@1", "P@5", "P@10", "MRR")
        The figures: ``"P@k"``, the share of the queries whose translation is among the k nearest
        candidates, for any k, and ``"MRR"``, the mean reciprocal rank.
    subset : str or sequence of them, default=None
        Over which test pairs: ``"all"``; ``"unseen"``, neither word of which is in
        ``train_dictionary``; and by the edit similarity of the two words once transliterated,
        ``"equal"`` (1), ``"similar"`` (0.5 and more) and ``"dissimilar"``. Names and cognates
        flatter whatever looks at spelling, so that the last is the honest one there. None is all,
        and unseen where there is a ``train_dictionary``.
    csls_neighbors : int, default=10
        Neighbors over which CSLS averages.
    ties : {"worst", "best"}, default="worst"
        How candidates as similar as the right one count (:func:`translation_ranks`).
    n_jobs : int or None, default=None
        Number of threads, as in scikit-learn.

    Returns
    -------
    DataFrame
        One row per retrieval, protocol and subset (``"all"``, ``"unseen"``), which are the
        levels of the index. A column for each metric, between 0 and 1;
        ``n_queries``, the pairs (or words) covered by both spaces; ``n_out_of_vocabulary``,
        those which are not and are left out; ``coverage``, the share of the former. Averages
        over nothing are nan.

    Raises
    ------
    ValueError
        If no pair is covered, or the spaces differ in their dimensions.

    See Also
    --------
    make_bli_scorer : The same inside scikit-learn's model selection.
    translate : The translations themselves.

    Examples
    --------
    >>> from sklearn_instamap import EmbeddingSpace
    >>> from sklearn_instamap.metrics import evaluate_bli
    >>> source = EmbeddingSpace(["dog", "tree"], [[1.0, 0.1], [0.2, 1.0]])
    >>> target = EmbeddingSpace(["Hund", "Baum", "Ast"], [[1.0, 0.0], [0.0, 1.0], [0.1, 0.9]])
    >>> pairs = [("dog", "Hund"), ("tree", "Baum"), ("cow", "Kuh")]
    >>> table = evaluate_bli(
    ...     source, target, test_dictionary=pairs, retrieval="cosine", metric=["P@1", "MRR"]
    ... )
    >>> table.loc[("cosine", "pair", "all")].tolist()[:4]  # the last two are the counts
    [0.5, 0.75, 2.0, 1.0]
    """
    retrievals = check_retrievals(retrieval, csls_neighbors, n_jobs)
    protocols = check_names("protocol", protocol, PROTOCOLS)
    check_option("ties", ties, TIES)
    metrics = check_metrics(metric)
    names_of_subsets = check_subsets(subset, train_dictionary)

    pairs = dictionary_frame(test_dictionary, "test_dictionary")
    ranks = dictionary_ranks(source_space, target_space, pairs, retrievals, ties)
    words = pairs["source"].to_numpy(dtype=object)
    subsets = subset_members(names_of_subsets, pairs, train_dictionary)
    rows = {
        (similarity, counting, subset): figures_of_ranks(
            ranks[similarity][member], words[member], counting, metrics
        )
        for similarity in retrievals
        for counting in protocols
        for subset, member in subsets.items()
    }
    table = pd.DataFrame.from_dict(rows, orient="index")
    table.index = pd.MultiIndex.from_tuples(rows, names=["retrieval", "protocol", "subset"])
    return table


def check_subsets(
    subset: str | Sequence[str] | None, train_dictionary: DictionaryLike | None
) -> list[str]:
    """Return the names of the subsets to report."""
    if subset is None:
        return ["all"] if train_dictionary is None else ["all", "unseen"]
    names = check_names("subset", subset, SUBSETS)
    if "unseen" in names and train_dictionary is None:
        raise ValueError("subset='unseen' needs a train_dictionary, whose words are seen.")
    return names


def subset_members(
    names: Sequence[str], pairs: pd.DataFrame, train_dictionary: DictionaryLike | None
) -> dict[str, NDArray[np.bool_]]:
    """Return for each subset which pairs belong to it."""
    members = {"all": np.ones(len(pairs), dtype=bool)}
    if "unseen" in names and train_dictionary is not None:
        members["unseen"] = unseen_pairs(test_dictionary=pairs, train_dictionary=train_dictionary)
    if set(names) & set(BY_SPELLING):
        members |= members_by_spelling(string_similarity(pairs["source"], pairs["target"]))
    return {name: members[name] for name in names}


def members_by_spelling(similarity: NDArray[np.floating]) -> dict[str, NDArray[np.bool_]]:
    """Return for each subset by spelling which pairs belong to it, by how alike they are."""
    return {
        "equal": similarity == 1,
        "similar": (similarity >= LEAST_SIMILAR) & (similarity < 1),
        "dissimilar": similarity < LEAST_SIMILAR,
    }


def dictionary_ranks(
    source_space: EmbeddingSpace | pd.DataFrame,
    target_space: EmbeddingSpace | pd.DataFrame,
    pairs: pd.DataFrame,
    retrievals: Mapping[str, Retrieval],
    ties: Ties,
) -> dict[str, NDArray[np.intp]]:
    """Rank of each pair's translation, by each retrieval; 0 where it is out of vocabulary."""
    source = as_words(source_space, "source_space")
    target = as_words(target_space, "target_space")
    query, gold = source.indices(pairs["source"]), target.indices(pairs["target"])
    covered = (query >= 0) & (gold >= 0)
    if not covered.any():
        raise ValueError(
            f"None of the dictionary's {len(pairs)} pairs has both its words in the spaces; "
            f"{explain_coverage(pairs, source.words, target.words, 0)}."
        )
    ranks = {}
    for name, similarity in retrievals.items():
        fitted = similarity.fitted_on(source.vectors, target.vectors)
        ranks[name] = np.zeros(len(pairs), dtype=np.intp)
        ranks[name][covered] = checked_ranks(fitted, query[covered], gold[covered], ties)
    return ranks


def check_retrievals(
    given: RetrievalLike | Sequence[RetrievalLike], csls_neighbors: int, n_jobs: int | None
) -> dict[str, Retrieval]:
    """Check one retrieval or several, and return them by what tables call them."""
    asked = several(given)
    if not asked:
        raise ValueError("retrieval is empty; name at least one, such as 'csls'.")
    retrievals: dict[str, Retrieval] = {}
    for each in asked:
        retrieval = as_retrieval(each, csls_neighbors, n_jobs)
        if isinstance(each, Retrieval) and str(retrieval) in retrievals:
            raise ValueError(
                f"Two retrievals are called {str(retrieval)!r}; give one another name, by "
                "Retrieval(name=...)."
            )
        retrievals[str(retrieval)] = retrieval
    return retrievals


def check_names(name: str, given: str | Sequence[str], allowed: Sequence[str]) -> list:
    """Check one name or several, and return them without repetition."""
    names = several(given)
    for each in names:
        check_option(name, each, allowed)
    if not names:
        raise ValueError(f"{name} is empty; name at least one of {', '.join(allowed)}.")
    return list(dict.fromkeys(names))


def figures_of_ranks(
    ranks: NDArray[np.intp], words: NDArray, protocol: Protocol, metrics: Sequence[str]
) -> dict[str, float | int]:
    """One row of the table, from the ranks of pairs (0 where out of vocabulary).

    ``words`` are the pairs' source words, or any labels that tell them apart.
    """
    covered = ranks > 0
    total = len(ranks)
    found = ranks[covered]
    if protocol == "word":
        total = len(set(words))
        if found.size:
            found = best_ranks_per_word(found, words[covered])
    figures: dict[str, float | int] = {metric: figure_of_ranks(metric, found) for metric in metrics}
    figures["n_queries"] = len(found)
    figures["n_out_of_vocabulary"] = total - len(found)
    figures["coverage"] = len(found) / total if total else np.nan
    return figures
