"""How many test pairs have words which were in training."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sklearn_instamap._dictionary import DictionaryLike, dictionary_frame
from sklearn_instamap._html import FactsMixin
from sklearn_instamap._space_like import WordSpace, word_rows
from sklearn_instamap.metrics._pairs import seen_words


@dataclass(frozen=True)
class OverlapReport(FactsMixin):
    """How many pairs of a test dictionary have words of a training dictionary.

    ``str()`` of it is one sentence, or two where it knows which pairs are in vocabulary.

    Parameters
    ----------
    n_pairs : int
        Test pairs.
    n_source : int
        Those of which the source word is a source word of training.
    n_target : int
        Those of which the target word is a target word of training.
    n_either : int
        Those of which at least one is; the others are *unseen* (:func:`unseen_pairs`).
    n_both : int
        Those of which both are, even if in two different training pairs.
    in_vocabulary : OverlapReport, default=None
        The same for the test pairs which the spaces cover; None if no space was given.

    See Also
    --------
    dictionary_overlap : The function which returns it.

    Examples
    --------
    >>> from sklearn_instamap.metrics import OverlapReport
    >>> report = OverlapReport(200, n_source=28, n_target=34, n_either=52, n_both=10)
    >>> report.either, report.n_unseen
    (0.26, 148)
    >>> print(report)
    Of 200 test pairs 14.0 % have their source word in training, 17.0 % their target word,
    26.0 % at least one of them, 5.0 % both; 148 are unseen.
    """

    n_pairs: int
    n_source: int
    n_target: int
    n_either: int
    n_both: int
    in_vocabulary: OverlapReport | None = None

    @property
    def source(self) -> float:
        """Share of the pairs with a known source word; nan of no pairs, like all shares."""
        return self._share(self.n_source)

    @property
    def target(self) -> float:
        """Share of the pairs with a known target word."""
        return self._share(self.n_target)

    @property
    def either(self) -> float:
        """Share of the pairs with at least one known word."""
        return self._share(self.n_either)

    @property
    def both(self) -> float:
        """Share of the pairs with two known words."""
        return self._share(self.n_both)

    @property
    def n_unseen(self) -> int:
        """Number of pairs without a known word."""
        return self.n_pairs - self.n_either

    def to_frame(self) -> pd.DataFrame:
        """Return the figures as a table.

        Returns
        -------
        DataFrame
            A row ``"all"`` and, if known, a row ``"in vocabulary"``; columns ``n_pairs``,
            ``n_unseen`` and the shares ``source``, ``target``, ``either`` and ``both``.
        """
        columns = ["n_pairs", "n_unseen", "source", "target", "either", "both"]
        reports = {"all": self, "in vocabulary": self.in_vocabulary}
        return pd.DataFrame.from_dict(
            {
                name: [getattr(report, column) for column in columns]
                for name, report in reports.items()
                if report is not None
            },
            orient="index",
            columns=columns,
        )

    def __str__(self) -> str:
        text = f"Of {self._sentence('test pairs')}"
        if self.in_vocabulary is not None:
            text += f" Of {self.in_vocabulary._sentence('in vocabulary')}"
        return text

    def _sentence(self, what: str) -> str:
        if not self.n_pairs:
            return f"0 {what} none has a word in training."
        source, target, either, both = (
            f"{100 * share:.1f} %" for share in (self.source, self.target, self.either, self.both)
        )
        return (
            f"{self.n_pairs} {what} {source} have their source word in training, {target} their "
            f"target word, {either} at least one of them, {both} both; {self.n_unseen} are unseen."
        )

    def _share(self, count: int) -> float:
        return count / self.n_pairs if self.n_pairs else float("nan")


def dictionary_overlap(
    *,
    train_dictionary: DictionaryLike,
    test_dictionary: DictionaryLike,
    source_space: WordSpace | None = None,
    target_space: WordSpace | None = None,
) -> OverlapReport:
    """Count the test pairs which share words with a training dictionary.

    On such pairs a map can gain by memory alone, so know how many they are before believing a
    figure over *all* test pairs: in published dictionaries they are a quarter, and among the
    pairs in vocabulary, which are the frequent words, many more.

    Parameters
    ----------
    train_dictionary, test_dictionary : DataFrame or iterable of (str, str)
        Word pairs: a DataFrame with the columns ``source`` and ``target``, or tuples. Words are
        compared as they are; repeated pairs count as often as they occur.
    source_space, target_space : EmbeddingSpace or DataFrame indexed by word, default=None
        The spaces. If given, the test pairs of which they have the words are counted again.

    Returns
    -------
    OverlapReport
        The counts; its ``to_frame()`` is a table, and printed it is a sentence.

    Raises
    ------
    ValueError
        If a dictionary is not made of word pairs.
    TypeError
        If a space has no words.

    See Also
    --------
    unseen_pairs : Which pairs share no word.
    sklearn_instamap.model_selection.WordDisjointKFold : Folds without any overlap.

    Examples
    --------
    >>> from sklearn_instamap.metrics import dictionary_overlap
    >>> train = [("dog", "hund"), ("cat", "katze")]
    >>> test = [("dog", "köter"), ("hound", "hund"), ("dog", "katze"), ("tree", "baum")]
    >>> report = dictionary_overlap(train_dictionary=train, test_dictionary=test)
    >>> print(report)
    Of 4 test pairs 50.0 % have their source word in training, 50.0 % their target word,
    75.0 % at least one of them, 25.0 % both; 1 are unseen.
    """
    tested = dictionary_frame(test_dictionary, "test_dictionary")
    source, target = seen_words(tested, dictionary_frame(train_dictionary, "train_dictionary"))
    covered = None
    if source_space is not None or target_space is not None:
        covered = np.ones(len(tested), dtype=bool)
        if source_space is not None:
            covered &= word_rows(source_space, tested["source"], "source_space") >= 0
        if target_space is not None:
            covered &= word_rows(target_space, tested["target"], "target_space") >= 0
    within = None if covered is None else _count(source[covered], target[covered])
    return _count(source, target, within)


def _count(
    source: NDArray[np.bool_], target: NDArray[np.bool_], within: OverlapReport | None = None
) -> OverlapReport:
    return OverlapReport(
        n_pairs=len(source),
        n_source=int(source.sum()),
        n_target=int(target.sum()),
        n_either=int((source | target).sum()),
        n_both=int((source & target).sum()),
        in_vocabulary=within,
    )
