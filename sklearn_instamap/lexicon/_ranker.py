"""A lexicon with probabilities: candidates of several maps, ranked by what is known of each."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator
from sklearn.utils import Tags, check_random_state
from sklearn.utils.validation import check_memory

from sklearn_instamap._check import (
    N_JOBS,
    RANDOM_STATE,
    HasMethods,
    StrOptions,
    check_parameters,
    integers,
    reals,
)
from sklearn_instamap._fit_data import warn_if_cut
from sklearn_instamap._fitted_parts import Parts
from sklearn_instamap._html import DocumentedMixin
from sklearn_instamap._space_like import WordSpace, as_words
from sklearn_instamap.lexicon._anchors import ITSELF
from sklearn_instamap.lexicon._answers import AnswersMixin
from sklearn_instamap.lexicon._dictionary_words import KnownPairs, pair_rows, pair_words
from sklearn_instamap.lexicon._features import OF_SPELLING, check_features
from sklearn_instamap.lexicon._held_out import Learned, learn, splits
from sklearn_instamap.lexicon._members import MembersMixin, check_aligners
from sklearn_instamap.lexicon._neighborhoods import N_LISTED
from sklearn_instamap.lexicon._ranked_words import take
from sklearn_instamap.lexicon._ranking import Ranking, held_out_words
from sklearn_instamap.lexicon._spellings import Spellings, warn_without_packages
from sklearn_instamap.lexicon._world import WorldMaker
from sklearn_instamap.model_selection import dictionary_groups


class LexiconRanker(AnswersMixin, MembersMixin, DocumentedMixin, BaseEstimator):
    """Translate words by ranking the candidates of several maps, with calibrated probabilities.

    1. Every aligner is fitted on the dictionary, and again on each fold's training pairs, so that
       the held-out words show what similarities are worth for words no map was fitted on.
    2. The candidates of a word are the ``n_candidates`` best by CSLS among the 40 nearest in each
       map, the ten most similar by character n-grams, and its translations in the dictionary.
    3. Each candidate has features: similarities and ranks in each map and in their mean, both
       ways; frequencies; pairs of the dictionary that are related to both words; spelling, endings,
       other forms of the same stem (``features``).
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
        The maps: any aligners and pipelines of this package; parameters of a named one go by
        ``name__parameter``. None is InstaMap's preset
        "midpoint" by itself and on VecMap, with new pairs among the first 10,000 words.
    features : list of str or of (str, callable), default=None
        Groups of features; None is all of ``"geometry"`` (each map), ``"bands"`` (the cosine
        in each map within five bands of principal axes), ``"mean"`` (of the maps),
        ``"frequency"``, ``"headwords"`` (whether the words' vectors are like those of words that
        the dictionary lists), ``"anchors"`` (pairs of the dictionary that are near both words, each
        in its language), ``"characters"`` (how alike the words are spelled), ``"products"``
        (of that with gap and frequency), ``"endings"`` (whether dictionaries have words that end
        so), ``"stems"`` (other candidates of the same stem) and ``"relatives"`` (pairs of the
        dictionary whose words are of both words' stems). A function is called with the
        source and the target words of candidate pairs, two lists, and returns one number or one
        row of numbers for each pair: an array, or a DataFrame whose columns name them. Without
        ``"characters"`` and ``"products"`` no candidates are taken by spelling.
    n_candidates : int, default=20
        Candidates of each map, at most 40.
    cv : int, cross-validation splitter, iterable or None, default=None
        Folds of the dictionary. None holds the last 30 % out, without words in common with the
        others: one more fit of each map. Dictionaries are sorted by frequency, and the words
        that remain to be translated are rare. An int is
        :class:`~sklearn_instamap.model_selection.WordDisjointKFold` of so many folds, for a
        dictionary that has words of all frequencies and is to translate such. Positions of an
        iterable are among the pairs that are in both spaces, each counted once.
    spelling_pairs : {"cognates", "identical"} or None, default="cognates"
        Which words spelled alike join the pairs that the maps are fitted on, as far as neither
        word is in the dictionary. ``"cognates"`` fits the first aligner on the dictionary alone,
        and takes the words of four letters and more that are among the ten nearest there and
        whose edit similarity is at least 0.75, once each, for all other aligners; an only aligner
        is fitted again with them, as a second map.
        ``"identical"`` takes words spelled the same in both vocabularies.
    known_pairs : {"first", "ranked"}, default="first"
        How words of the dictionary are answered: with their translations there, the best of
        them first, or with whatever ranks highest. Both have probability 1 in sum: such a word
        has a right candidate. Read when words are ranked, so that it may be set after `fit`.
    l2 : float, default=30.0
        Penalty of the logit's weights, on standardized features.
    csls_neighbors : int, default=10
        Neighbors over which CSLS averages.
    memory : str, joblib.Memory or None, default=None
        Where maps are cached with the neighbors in them, so that other features or penalties do
        not fit the maps again.
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
        Pairs of the dictionary in both vocabularies, each counted once.

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
        "features": [list, tuple, None],
        "n_candidates": [integers(1, N_LISTED)],
        "cv": ["cv_object"],
        "spelling_pairs": [StrOptions({"cognates", "identical"}), None],
        "known_pairs": [StrOptions({"first", "ranked"})],
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
        features: Sequence[Any] | None = None,
        n_candidates: int = 20,
        cv: Any = None,
        spelling_pairs: str | None = "cognates",
        known_pairs: str = "first",
        l2: float = 30.0,
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
        self.known_pairs = known_pairs
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
        for name, space in (("source_space", source_space), ("target_space", target_space)):
            warn_if_cut(name, space, words, len(words), stacklevel=3)
        rows, columns = pair_rows(words, translations, source, target)
        self._source, self._target = source.words, target.words
        self.n_pairs_ = len(rows)
        self.classes_ = np.array([*target.words, None], dtype=object)
        spellings = None
        asked = {made_by for _, made_by in groups if isinstance(made_by, str)}
        if self.spelling_pairs == "cognates" or asked.intersection(OF_SPELLING):
            warn_without_packages()
            spellings = Spellings(source.words, target.words)
        seed = self._seed()
        options = {
            "memory": check_memory(self.memory),
            "csls_neighbors": self.csls_neighbors,
            "random_state": seed,
            "n_jobs": self.n_jobs,
        }
        make = WorldMaker(source, target, aligners, self.spelling_pairs, spellings, asked, options)
        sides = take(source.words, rows), take(target.words, columns)
        folds = splits(self.cv, *sides, seed)
        with warnings.catch_warnings():
            # The maps of all pairs, below, have the same doubts.
            warnings.simplefilter("ignore", UserWarning)
            held_out, names = held_out_words(
                rows, columns, dictionary_groups(*sides), folds, make, groups, self.n_candidates
            )
        learned = learn(held_out, self.l2)
        self._keep(learned, names)
        self._ranking = Ranking(
            make(rows, columns, itself=ITSELF),
            groups,
            self.n_candidates,
            KnownPairs(rows, columns, target.n_words),
            learned.logit,
            learned.calibration,
        )
        return self

    def _fitted_parts(self) -> Parts:
        world = self._ranking.world
        yield "as many classes_ as target words,", len(self.classes_), len(self._target) + 1
        yield "as many target words as its maps,", len(self._target), len(world.target_words)
        yield "as many source words as its maps,", len(self._source), len(world.source_words)
        width = len(self.feature_names_)
        yield "coef_", self.coef_, (width,)
        yield "as many weights as feature_names_,", len(self._ranking.logit.coef_), width

    # Fitting ------------------------------------------------------------------------------------

    def _check_parameters(self) -> tuple[Any, Any]:
        check_parameters(self)
        aligners, groups = check_aligners(self.aligners), check_features(self.features)
        for _, aligner in aligners:
            check_parameters(aligner)
        return aligners, groups

    def _seed(self) -> int:
        return int(check_random_state(self.random_state).randint(np.iinfo(np.int32).max))

    def _keep(self, learned: Learned, columns: list[tuple[str, str]]) -> None:
        """Keep what was learned from the held-out words, and how these were answered."""
        self._columns = columns
        self.feature_names_ = [name for _, name in columns]
        self.coef_ = learned.logit.coef_
        # As arrays, which can be saved.
        self._held_out = {
            "source": take(self._source, learned.sources),
            "target": take(self._target, learned.targets),
            "probability": learned.probability,
            "correct": learned.correct,
        }
