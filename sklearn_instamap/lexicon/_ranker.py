"""A lexicon with probabilities: candidates of several maps, ranked by what is known of each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from numbers import Real
from typing import Any, ClassVar, Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_array
from sklearn.base import BaseEstimator
from sklearn.utils import Tags, check_random_state, check_scalar
from sklearn.utils.validation import check_is_fitted, check_memory

from sklearn_instamap._check import (
    N_JOBS,
    RANDOM_STATE,
    HasMethods,
    StrOptions,
    check_count,
    check_parameters,
    integers,
    reals,
)
from sklearn_instamap._html import DocumentedMixin
from sklearn_instamap._space_like import WordSpace, as_words
from sklearn_instamap.lexicon._candidates import Candidates, find_candidates
from sklearn_instamap.lexicon._dictionary_words import pair_rows, pair_words, word_rows
from sklearn_instamap.lexicon._features import OF_SPELLING, check_features, compute_features
from sklearn_instamap.lexicon._held_out import HeldOut, learn, of_words, splits
from sklearn_instamap.lexicon._members import check_aligners
from sklearn_instamap.lexicon._neighborhoods import N_LISTED, Rows
from sklearn_instamap.lexicon._ranked_words import RankedWords, sparse_probabilities
from sklearn_instamap.lexicon._spellings import Spellings, warn_without_packages
from sklearn_instamap.lexicon._world import World, WorldMaker
from sklearn_instamap.model_selection import dictionary_groups

# Source words ranked at a time.
_WORDS_AT_ONCE = 1024


class LexiconRanker(DocumentedMixin, BaseEstimator):
    """Translate words by ranking the candidates of several maps, with calibrated probabilities.

    1. Every aligner is fitted on the dictionary, and again on each fold's training pairs, so that
       the held-out words show what similarities are worth for words no map was fitted on.
    2. The candidates of a word are the ``n_candidates`` nearest by CSLS in each map, and the
       five most similar by character n-grams.
    3. Each candidate has features: similarities and ranks in each map, both ways; frequencies;
       spelling (``features``).
    4. A conditional logit, a softmax over the candidates of a word, is fitted on the held-out
       words.
    5. A temperature and a logistic model of "none is right" are fitted on out-of-fold scores of
       the same words, and turn scores into probabilities.

    It is an estimator of words: ``X`` are source words and ``y`` their translations, pair by
    pair, and the spaces are fit metadata, as those of aligners are. So a dictionary can be split
    by any splitter, ``cross_val_score`` and ``GridSearchCV`` work on it, and no array is asked
    for that a dictionary of words is not. It is not a classifier by its tags: nearly every class
    has one sample.

    Parameters
    ----------
    aligners : list of aligners or of (str, aligner), default=None
        The maps: any aligners and pipelines of this package. None is InstaMap's preset
        "midpoint" on VecMap, and VecMap beside it unless cognates give a second map.
    features : list of str or of (str, callable), default=("geometry", "frequency", "characters")
        Groups of features. A function is called with the source and the target words of
        candidate pairs, two lists, and returns one number or one row of numbers for each pair:
        an array, or a DataFrame whose columns name them. Without ``"characters"`` no candidates
        are taken by spelling.
    n_candidates : int, default=20
        Candidates of each map, at most 40.
    cv : int, cross-validation splitter, iterable or None, default=None
        Folds of the dictionary. An int is
        :class:`~sklearn_instamap.model_selection.WordDisjointKFold` of so many folds. None holds
        one fold of three out: one more fit of each map. The folds should hold words of all
        frequencies that are to be translated. If these are all rare,
        :class:`~sklearn_instamap.model_selection.WordDisjointHoldout` holds the rarest out.
    spelling_pairs : {"cognates", "identical"} or None, default="cognates"
        Which words spelled alike join the pairs that the maps are fitted on, as far as neither
        word is in the dictionary. ``"cognates"`` fits the first aligner on the dictionary alone,
        takes the words of four letters and more that are among the ten nearest there and whose
        edit similarity is at least 0.75, once each; that first map stays as a further one.
        ``"identical"`` takes words spelled the same in both vocabularies.
    l2 : float, default=10.0
        Penalty of the logit's weights, on standardized features.
    csls_neighbors : int, default=10
        Neighbors over which CSLS averages.
    memory : str, joblib.Memory or None, default=None
        Where mapped spaces are cached, so that other features or candidates do not fit the maps
        again.
    random_state : int, RandomState instance or None, default=None
        Seeds the folds, and aligners that draw random numbers.
    n_jobs : int, default=None
        Number of threads, as in scikit-learn. The result does not depend on it.

    Attributes
    ----------
    classes_ : ndarray of object, shape (n_target_words + 1,)
        The columns of `predict_proba`: the target words, and None for no translation.
    feature_names_ : list of str
        The columns of features.
    coef_ : ndarray of shape (n_features,)
        Weights of the standardized features.
    held_out_ : DataFrame
        The first answer to each held-out word, ranked by weights learned without it: columns
        ``source``, ``target``, ``probability``, ``correct``, for the displays of calibration.
    n_pairs_ : int
        Pairs of the dictionary in both vocabularies.

    Raises
    ------
    TypeError
        If a space has no words.
    ValueError
        If a parameter is out of its range.

    See Also
    --------
    induce_lexicon : The translations of all words, to a file.
    sklearn_instamap.metrics.Retrieval : The similarity of one map, or the sum over several.

    Notes
    -----
    A right candidate is one that the dictionary has. Other translations count as wrong, so that
    the probabilities are of what a dictionary of this kind would list.

    References
    ----------
    .. [1] G. Heyman, I. Vulić, M.-F. Moens. Bilingual lexicon induction by learning to combine
       word-level and character-level representations. EACL 2017.
    .. [2] M. Karan, I. Vulić, A. Korhonen, G. Glavaš. Classification-based self-learning for
       weakly supervised bilingual lexicon induction. ACL 2020.

    Examples
    --------
    >>> from sklearn_instamap.datasets import load_en_de
    >>> from sklearn_instamap.lexicon import LexiconRanker
    >>> from sklearn_instamap.linear import VecMapAligner
    >>> data = load_en_de()
    >>> ranker = LexiconRanker([VecMapAligner()], features=["geometry", "frequency"])
    >>> ranker = ranker.fit(
    ...     data.train["source"],
    ...     data.train["target"],
    ...     source_space=data.source,
    ...     target_space=data.target,
    ... )
    >>> ranker.rank(["error"], n_best=1)[["source", "target", "rank", "known"]]
      source  target  rank  known
    0  error  fehler     1   True
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "aligners": [list, tuple, None],
        "features": [list, tuple],
        "n_candidates": [integers(1, N_LISTED)],
        "cv": ["cv_object"],
        "spelling_pairs": [StrOptions({"cognates", "identical"}), None],
        "l2": [reals(0)],
        "csls_neighbors": [integers(1)],
        "memory": [str, HasMethods(["cache"]), None],
        "random_state": RANDOM_STATE,
        "n_jobs": N_JOBS,
    }

    def __init__(
        self,
        aligners: Any = None,
        *,
        features: Sequence[Any] = ("geometry", "frequency", "characters"),
        n_candidates: int = 20,
        cv: Any = None,
        spelling_pairs: str | None = "cognates",
        l2: float = 10.0,
        csls_neighbors: int = 10,
        memory: Any = None,
        random_state: int | np.random.RandomState | None = None,
        n_jobs: int | None = None,
    ) -> None:
        self.aligners = aligners
        self.features = features
        self.n_candidates = n_candidates
        self.cv = cv
        self.spelling_pairs = spelling_pairs
        self.l2 = l2
        self.csls_neighbors = csls_neighbors
        self.memory = memory
        self.random_state = random_state
        self.n_jobs = n_jobs

    def __sklearn_tags__(self) -> Tags:
        """Tell scikit-learn that X and y are words."""
        tags = super().__sklearn_tags__()
        tags.input_tags.one_d_array = True
        tags.input_tags.two_d_array = False
        tags.input_tags.string = True
        tags.target_tags.required = True
        return tags

    def fit(
        self,
        X: ArrayLike,
        y: ArrayLike,
        *,
        source_space: WordSpace | None = None,
        target_space: WordSpace | None = None,
    ) -> Self:
        """Fit maps, weights and probabilities.

        Parameters
        ----------
        X : array-like of str, shape (n_pairs,)
            Source words of a dictionary, most frequent first; a word with several translations
            stands once for each.
        y : array-like of str, shape (n_pairs,)
            Their translations.
        source_space, target_space : EmbeddingSpace or DataFrame indexed by word
            The whole spaces: fit metadata, as of aligners, and always needed.

        Returns
        -------
        self : object
            The fitted ranker.

        Raises
        ------
        ValueError
            If no pair has both words in the spaces, or too few are left to hold some out.
        TypeError
            If a space has no words.
        """
        aligners, groups = self._check_parameters()
        words, translations = pair_words(X, y)
        if source_space is None or target_space is None:
            raise ValueError("LexiconRanker needs both source_space and target_space, with words.")
        source = as_words(source_space, "source_space")
        target = as_words(target_space, "target_space")
        rows, columns = pair_rows(words, translations, source, target)
        self._source, self._target = source.words, target.words
        self._groups = groups
        self.n_pairs_ = len(rows)
        self._known = np.unique(rows * target.n_words + columns)
        self.classes_ = np.array([*target.words, None], dtype=object)
        spellings = None
        if self.spelling_pairs == "cognates" or any(
            made_by in OF_SPELLING for _, made_by in groups if isinstance(made_by, str)
        ):
            warn_without_packages()
            spellings = Spellings(source.words, target.words)
        seed = self._seed()
        options = {
            "memory": check_memory(self.memory),
            "csls_neighbors": self.csls_neighbors,
            "random_state": seed,
            "n_jobs": self.n_jobs,
        }
        make = WorldMaker(source, target, aligners, self.spelling_pairs, spellings, options)
        self._learn(rows, columns, make, seed)
        self._world = make(rows, columns)
        return self

    def rank(
        self,
        words: ArrayLike | None = None,
        n_best: int | None = 5,
        *,
        min_probability: float = 0.0,
    ) -> pd.DataFrame:
        """Return the best translations of words, with their probabilities.

        Parameters
        ----------
        words : str or array-like of str, default=None
            Words of the source space; None is all of them.
        n_best : int or None, default=5
            How many for each word; None is all candidates.
        min_probability : float, default=0.0
            Leave out translations that are less probable.

        Returns
        -------
        DataFrame
            Columns ``source``, ``target``, ``probability``, ``rank`` from 1, ``known`` (a pair of
            the dictionary), ``mutual`` (each other's nearest by CSLS in some map), ``origin``
            (where the candidate came from: names of maps, "spelling") and ``no_translation``, the
            probability that none of the word's candidates is right. A word whose translations
            are all less probable has no row.

        Raises
        ------
        ValueError
            If a word is not in the source space.
        """
        check_is_fitted(self)
        if n_best is not None:
            n_best = check_count("n_best", n_best)
        check_scalar(min_probability, "min_probability", Real, min_val=0, max_val=1)
        rows = self._rows(words)
        if not len(rows):
            # Of the same columns and dtypes.
            return self.rank(self._source[0], 1).iloc[:0]
        parts = [
            ranked.frame(
                n_best,
                min_probability,
                source_words=self._source,
                target_words=self._target,
                known=self._known,
                maps=self._world.maps,
                names=self._world.names,
            )
            for ranked in self._ranked(rows)
        ]
        return pd.concat(parts, ignore_index=True)

    def predict(self, X: ArrayLike, *, min_probability: float = 0.0) -> NDArray[np.object_]:
        """Return the most probable translation of each word.

        Parameters
        ----------
        X : array-like of str, shape (n_words,)
            Words of the source space.
        min_probability : float, default=0.0
            A word whose best translation is less probable gets None.

        Returns
        -------
        ndarray of object, shape (n_words,)
            Target words.
        """
        check_is_fitted(self)
        check_scalar(min_probability, "min_probability", Real, min_val=0, max_val=1)
        answers: list[Any] = []
        for ranked in self._ranked(self._rows(X)):
            first = ranked.order[ranked.candidates.starts[:-1]]
            sure = ranked.probability[first] >= min_probability
            words = (self._target[row] for row in ranked.candidates.target[first])
            answers += [word if s else None for word, s in zip(words, sure, strict=True)]
        return np.array(answers, dtype=object)

    def predict_proba(self, X: ArrayLike) -> csr_array:
        """Return the probability of every translation, and of there being none.

        Parameters
        ----------
        X : array-like of str, shape (n_words,)
            Words of the source space.

        Returns
        -------
        sparse array of shape (n_words, n_target_words + 1)
            Columns are `classes_`; the last is the probability that no candidate is right. Rows
            sum to 1; words that are no candidates are not stored.
        """
        check_is_fitted(self)
        return sparse_probabilities(list(self._ranked(self._rows(X))), len(self._target))

    def score(self, X: ArrayLike, y: ArrayLike) -> float:
        """Return the share of pairs whose word is translated as the pair says: P@1.

        Parameters
        ----------
        X : array-like of str, shape (n_pairs,)
            Source words.
        y : array-like of str, shape (n_pairs,)
            Their translations. Pairs out of vocabulary are left out.

        Returns
        -------
        float
            Between 0 and 1.
        """
        check_is_fitted(self)
        words, translations = pair_words(X, y)
        known = set(self._source), set(self._target)
        pairs = [
            pair
            for pair in zip(words, translations, strict=True)
            if pair[0] in known[0] and pair[1] in known[1]
        ]
        if not pairs:
            raise ValueError("None of the pairs to score has both its words in the spaces.")
        distinct = list(dict.fromkeys(source for source, _ in pairs))
        answers = dict(zip(distinct, self.predict(distinct), strict=True))
        return float(np.mean([answers[source] == target for source, target in pairs]))

    def feature_importances(self) -> pd.DataFrame:
        """Return the weights, the largest first.

        Returns
        -------
        DataFrame of shape (n_features, 3)
            Columns ``group``, ``feature`` and ``coefficient``: by how much one standard deviation
            more of the feature raises the log odds against another candidate.
        """
        check_is_fitted(self)
        table = pd.DataFrame(self._columns, columns=["group", "feature"])
        table["coefficient"] = self.coef_
        order = np.argsort(-np.abs(self.coef_), kind="stable")
        return table.iloc[order].reset_index(drop=True)

    # Fitting ------------------------------------------------------------------------------------

    def _check_parameters(self) -> tuple[Any, Any]:
        check_parameters(self)
        aligners, groups = (
            check_aligners(self.aligners, self.spelling_pairs),
            check_features(self.features),
        )
        for _, aligner in aligners:
            check_parameters(aligner)
        return aligners, groups

    def _seed(self) -> int:
        return int(check_random_state(self.random_state).randint(np.iinfo(np.int32).max))

    def _learn(self, rows: Rows, columns: Rows, make: WorldMaker, seed: int) -> None:
        """Fit weights and probabilities on the held-out words of all folds."""
        parts = []
        words = _words_at(self._source, rows), _words_at(self._target, columns)
        groups = dictionary_groups(*words)
        for train, test in splits(self.cv, *words, seed):
            world = make(rows[train], columns[train])
            asked, first = np.unique(rows[test], return_index=True)
            candidates = self._candidates(asked, world)
            features, self._columns = compute_features(self._groups, world, candidates)
            gold = rows[test] * len(self._target) + columns[test]
            right = np.isin(candidates.source * len(self._target) + candidates.target, gold)
            parts.append(
                HeldOut(candidates, features, right, of_words(world, asked), groups[test][first])
            )
        learned = learn(HeldOut.together(parts), self.l2)
        self.feature_names_ = [name for _, name in self._columns]
        self._logit, self._calibration = learned.logit, learned.calibration
        self.coef_ = learned.logit.coef_
        self.held_out_ = pd.DataFrame(
            {
                "source": _words_at(self._source, learned.sources),
                "target": _words_at(self._target, learned.targets),
                "probability": learned.probability,
                "correct": learned.correct,
            }
        )

    # Ranking ------------------------------------------------------------------------------------

    def _candidates(self, rows: Rows, world: World) -> Candidates:
        spelled = any(made_by in OF_SPELLING for _, made_by in self._groups)
        spellings = world.spellings if spelled else None
        return find_candidates(rows, world.maps, spellings, self.n_candidates)

    def _rows(self, words: Any) -> Rows:
        if words is None:
            return np.arange(len(self._source))
        return word_rows(words, self._source)

    def _ranked(self, rows: Rows) -> Iterator[RankedWords]:
        """Yield words with their candidates, some at a time."""
        for start in range(0, len(rows), _WORDS_AT_ONCE):
            part = rows[start : start + _WORDS_AT_ONCE]
            candidates = self._candidates(part, self._world)
            table, _ = compute_features(self._groups, self._world, candidates)
            utility = self._logit.utility(table)
            probability, none = self._calibration.probabilities(
                utility, candidates.starts, of_words(self._world, part)
            )
            yield RankedWords(candidates, probability, none)


def _words_at(words: Sequence[str], rows: Rows) -> NDArray[np.object_]:
    return np.array([words[row] for row in rows], dtype=object)
