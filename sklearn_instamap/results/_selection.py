"""A selection of a benchmark's results: what is read of it, the six choices stated once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property, partial
from typing import Literal

import pandas as pd
from numpy.random import RandomState

from sklearn_instamap._html import SettingsMixin
from sklearn_instamap.results._differences import (
    difference_intervals,
    significance_marks,
    significance_table,
)
from sklearn_instamap.results._figures import Choice, Figures, check_level, method_among
from sklearn_instamap.results._paper import beside_paper
from sklearn_instamap.results._result_table import ResultTable
from sklearn_instamap.results._tables import Marker, group_table, language_pair_table


class ResultSelection(SettingsMixin):
    """One figure for each method and pair of languages, from :meth:`BenchmarkResults.select`.

    Tables are made by its methods, as in the InstaMap paper [1]_; Displays take it for pictures.

    Parameters
    ----------
    rows : DataFrame
        The rows of the results.
    ranks : DataFrame
        Their ranks, for what tests significance; may be empty.
    choice : Choice
        What is chosen.

    Attributes
    ----------
    metric, retrieval, protocol, subset, direction : str
        The choices.
    dictionary_size : str or None
        The label of the training dictionaries, None for the only one there is.
    figures : DataFrame of shape (n_methods, n_language_pairs)
        The figures, as fractions; pairs are named as they are mapped, source first. nan where a
        method failed or was not run.
    title : str
        What the figures are, in words.

    References
    ----------
    .. [1] G. Glavaš, I. Vulić. Non-linear instance-based cross-lingual mapping for non-isomorphic
       embedding spaces. ACL 2020: "the paper" of the tables.

    Examples
    --------
    >>> from sklearn_instamap.results import load_paper_results
    >>> selection = load_paper_results().select()
    >>> selection
    <ResultSelection: P@1 (%), cosine, per dictionary pair, all test pairs, training dictionary 5k>
    >>> float(selection.figures.loc["InstaMap", "de-tr"])
    0.257
    """

    def __init__(self, rows: pd.DataFrame, ranks: pd.DataFrame, choice: Choice) -> None:
        choice.rows(rows)  # refuses what is not there now, and not with the first table
        self._rows, self._ranks, self._choice = rows, ranks, choice
        self.metric, self.retrieval = choice.metric, choice.retrieval
        self.protocol, self.subset = choice.protocol, choice.subset
        self.dictionary_size, self.direction = choice.dictionary_size, choice.direction

    def __repr__(self) -> str:
        several = self.dictionary_size is None and len(self.dictionary_sizes) > 1
        what = f"{self.metric}, dictionaries of several sizes" if several else self.title
        return f"<ResultSelection: {what}>"

    @cached_property
    def _figures(self) -> Figures:
        return self._choice.figures(self._rows)

    @property
    def figures(self) -> pd.DataFrame:
        """The figures, methods by pairs of languages."""
        return self._figures.frame

    @property
    def title(self) -> str:
        """What the figures are."""
        return self._figures.description

    @property
    def dictionary_sizes(self) -> list[str]:
        """The labels of all training dictionaries of these results."""
        return self._choice.sizes(self._rows)

    def by_difficulty(self) -> list[str]:
        """Return the pairs from the easiest to the hardest by their mean rank over the methods.

        Returns
        -------
        list of str
            The pairs of languages.
        """
        return self._figures.by_difficulty()

    def with_dictionary_size(self, label: str) -> ResultSelection:
        """Return the same selection for another training dictionary.

        Parameters
        ----------
        label : str
            One of ``dictionary_sizes``.

        Returns
        -------
        ResultSelection
            The selection.
        """
        return ResultSelection(
            self._rows, self._ranks, replace(self._choice, dictionary_size=label)
        )

    def intervals(self, confidence_level: float = 0.95) -> tuple[pd.DataFrame, pd.DataFrame] | None:
        """Return Wilson's confidence interval of every figure.

        Parameters
        ----------
        confidence_level : float, default=0.95
            That of the intervals.

        Returns
        -------
        tuple of DataFrame, or None
            Lower and upper ends, in the shape of ``figures``; None for MRR, which is not a share of
            the queries, and where the results do not have numbers of queries.
        """
        return self._figures.intervals(confidence_level)

    def means(
        self, language_pairs: Sequence[str] | None = None, *, confidence_level: float = 0.95
    ) -> pd.DataFrame:
        """Average each method over pairs of languages, each with the same weight.

        Parameters
        ----------
        language_pairs : sequence of str, default=None
            Columns of ``figures``; None is all.
        confidence_level : float, default=0.95
            That of the intervals.

        Returns
        -------
        DataFrame
            Indexed by ``method``: ``mean``, ``low``, ``high`` and ``n_queries``. The queries of
            each pair are taken for a sample, the languages are not. nan where a method failed on
            one of the pairs, and for what the results do not tell.
        """
        pairs = list(map(str, self.figures if language_pairs is None else language_pairs))
        return self._figures.means(pairs, confidence_level)

    def differences(self, reference: str, *, confidence_level: float = 0.95) -> pd.DataFrame:
        """Return what each method adds to a reference, pair by pair and on average.

        Parameters
        ----------
        reference : str
            The method with which the others are compared.
        confidence_level : float, default=0.95
            That of the intervals, each of one difference by itself.

        Returns
        -------
        DataFrame
            Indexed by ``method`` and ``language_pair``, the last of which is ``"mean"``:
            ``difference``, and ``low`` and ``high``, which are nan where there are no ranks.
        """
        reference = method_among(reference, self.figures.index)
        outcomes = None if self._ranks.empty else self.outcomes()
        return difference_intervals(self._figures, outcomes, reference, confidence_level)

    def by_language_pair(
        self,
        reference: str | None = None,
        *,
        alpha: float = 0.05,
        n_shuffles: int = 10_000,
        random_state: int | RandomState | None = 0,
    ) -> ResultTable:
        """Table of every method on every pair of languages, as Tables 2 and 3 of the paper.

        Parameters
        ----------
        reference : str, default=None
            A method; the others are marked where they differ from it significantly, by the
            shuffling test, over all cells of the table
            (:func:`sklearn_instamap.metrics.compare_methods`).
        alpha : float, default=0.05
            Level of significance.
        n_shuffles : int, default=10_000
            Shuffles of each test.
        random_state : int, RandomState instance or None, default=0
            Seed of the shuffles.

        Returns
        -------
        ResultTable
            One row per method, one column per pair. Its ``frame`` has fractions; P@k prints as %.

        Examples
        --------
        >>> from sklearn_instamap.results import load_paper_results
        >>> table = load_paper_results().select().by_language_pair()
        >>> print(table.split(4)[0])  # doctest: +NORMALIZE_WHITESPACE
        **P@1 (%), cosine, per dictionary pair, all test pairs, training dictionary 5k**
        <BLANKLINE>
        | method   |    en-de |    en-tr |    en-fi |    en-hr |
        |:---------|---------:|---------:|---------:|---------:|
        | PROC     |     45.6 |     24.1 |     30.8 |     24.3 |
        | VecMap   |     48.5 |     30.4 |     35.4 |     29.8 |
        | RCSLS    |     49.0 |     28.8 |     34.8 |     28.1 |
        | BLISS    |     47.0 |     32.7 |     35.8 |     30.6 |
        | InstaMap |     47.6 |     30.6 |     33.6 |     29.6 |
        | IM∘VM    | **49.3** | **33.0** | **37.7** | **32.5** |
        """
        mark = self._marker(reference, alpha, n_shuffles, random_state)
        return language_pair_table(self._figures, mark)

    def by_group(
        self,
        reference: str | None = None,
        *,
        anchor: str = "en",
        share: float = 0.2,
        n_best_pairs: int = 5,
        alpha: float = 0.05,
        n_shuffles: int = 10_000,
        random_state: int | RandomState | None = 0,
    ) -> ResultTable:
        """Table of averages over groups of pairs of languages, as Table 1 of the InstaMap paper.

        ``ALL`` averages over all pairs, ``EN-*`` over those with English as the source, ``No-EN``
        over those without English, ``EASY`` and ``HARD`` over the fifth of the pairs that is least
        and most difficult by mean rank: every method ranks the pairs by its own figures, and these
        ranks are averaged. *Best pairs* are those where a method is best beside the others: where
        its figure is the largest multiple of the mean over all methods. On the paper's figures per
        pair this gives its groups, and its lists of best pairs in their order.

        Parameters
        ----------
        reference : str, default=None
            A method; the others are marked where they differ from it significantly
            (:meth:`by_language_pair`). Every pair of a group has the same weight.
        anchor : str, default="en"
            The language that takes the place of English.
        share : float, default=0.2
            How large a part of the pairs is easy, and how large a part is hard: 6 of 28, 3 of 15.
        n_best_pairs : int, default=5
            How many best pairs to name; 0 leaves the column out.
        alpha, n_shuffles, random_state : default=0.05, 10_000 and 0
            As in :meth:`by_language_pair`.

        Returns
        -------
        ResultTable
            One row per method. P@k is printed with half the width of its 95 % interval
            (:meth:`means`), and the number of queries in the header. A method which failed on a
            pair has no average over a group with that pair. Groups without pairs, or with all, are
            left out.

        Examples
        --------
        >>> from sklearn_instamap.results import load_paper_results
        >>> table = load_paper_results().select().by_group()
        >>> table.frame["HARD"].round(4).to_dict()
        {'PROC': 0.209, 'VecMap': 0.2425, 'RCSLS': 0.2375, 'BLISS': 0.2108, 'InstaMap': 0.257,
         'IM∘VM': 0.2773}
        >>> table.frame.loc["BLISS", "best pairs"]
        'en-ru, en-tr, hr-ru, en-hr, en-fr'
        """
        mark = self._marker(reference, alpha, n_shuffles, random_state)
        return group_table(self._figures, anchor, share, n_best_pairs, mark)

    def significance(
        self,
        reference: str | None = None,
        *,
        alpha: float = 0.05,
        correction: Literal["bonferroni", "holm", "none"] = "bonferroni",
        n_shuffles: int = 10_000,
        random_state: int | RandomState | None = 0,
    ) -> ResultTable:
        """Compare the methods' averages over all pairs of languages by the shuffling test.

        Every pair has the same weight, whatever its number of queries, so that the test is one of
        the column ALL of :meth:`by_group`. Pairs on which a method failed are left out for all.

        Parameters
        ----------
        reference : str, default=None
            The method to compare the others with; None compares each with each.
        alpha : float, default=0.05
            Level of significance, over all comparisons together.
        correction : {"bonferroni", "holm", "none"}, default="bonferroni"
            How p-values are corrected for the number of comparisons.
        n_shuffles, random_state : default=10_000 and 0
            As in :meth:`by_language_pair`.

        Returns
        -------
        ResultTable
            Its ``frame`` is what :func:`sklearn_instamap.metrics.compare_methods` returns, indexed
            by ``method`` and ``other``.

        Raises
        ------
        ValueError
            If there are no ranks for these choices, or no pair has those of all methods.
        """
        return significance_table(
            self.outcomes(),
            self.metric,
            f"Significance: {self.title}",
            None if reference is None else method_among(reference, self.figures.index),
            alpha=alpha,
            correction=correction,
            n_shuffles=n_shuffles,
            random_state=random_state,
        )

    def beside_paper(
        self, by: Literal["language_pair", "group"] = "language_pair", *, share: float = 0.2
    ) -> ResultTable:
        """Table of P@1 beside the paper's, pair by pair or by groups of pairs.

        Unless they were measured on the same vectors, only which method is better compares.

        Parameters
        ----------
        by : {"language_pair", "group"}, default="language_pair"
            Whether columns are pairs of languages, or averages over groups of them
            (:meth:`by_group`). The paper's are averaged over the same pairs as ours: those which
            both have.
        share : float, default=0.2
            How large a part of the pairs is easy, and how large a part is hard, by our figures.

        Returns
        -------
        ResultTable
            Two rows for each of our methods which the paper has, ours and the paper's; one for the
            others. The best of each is in bold.

        See Also
        --------
        load_paper_results : The paper's figures alone.

        Examples
        --------
        >>> from sklearn_instamap.results import BenchmarkResults, load_paper_results
        >>> ours = load_paper_results().rows.query("source == 'de' and target == 'tr'")
        >>> ours = BenchmarkResults(ours.assign(**{"P@1": ours["P@1"] / 2}))
        >>> table = ours.select().beside_paper()
        >>> table.frame["de-tr"].xs("InstaMap").to_dict()
        {'ours': 0.1285, 'paper': 0.257}
        """
        return beside_paper(self._figures, by, share)

    def outcomes(self) -> pd.DataFrame:
        """Return the outcome of every method on every query, as significance tests take them.

        Returns
        -------
        DataFrame of shape (n_queries, n_methods)
            Indexed by ``language_pair`` (as mapped, source first) and ``query``: 0 and 1 for P@k,
            reciprocal ranks for MRR. Seeds are averaged; nan where a method failed.

        See Also
        --------
        sklearn_instamap.metrics.compare_methods : What to do with it.
        """
        return self._choice.outcomes(self._rows, self._ranks)

    def _marker(
        self,
        reference: str | None,
        alpha: float,
        n_shuffles: int,
        random_state: int | RandomState | None,
    ) -> Marker | None:
        check_level("alpha", alpha)
        if reference is None:
            return None
        return partial(
            significance_marks,
            self.outcomes(),
            reference=method_among(reference, self.figures.index),
            alpha=alpha,
            n_shuffles=n_shuffles,
            random_state=random_state,
        )
