"""A lexicon with probabilities: candidates of several maps, ranked by what is known of each."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from numbers import Integral, Real
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_array
from sklearn.base import BaseEstimator
from sklearn.model_selection import GroupKFold
from sklearn.utils import Tags, check_random_state, check_scalar
from sklearn.utils.validation import check_consistent_length, check_is_fitted, check_memory

from sklearn_instamap._check import check_count
from sklearn_instamap._space import EmbeddingSpace, WordSpace, as_words
from sklearn_instamap._words import check_words, show_word
from sklearn_instamap.lexicon._calibration import Calibration
from sklearn_instamap.lexicon._candidates import Candidates, find_candidates
from sklearn_instamap.lexicon._endings import EndingAssociation
from sklearn_instamap.lexicon._features import World, check_features, compute_features
from sklearn_instamap.lexicon._logit import ConditionalLogit
from sklearn_instamap.lexicon._members import check_aligners, fit_maps, identical_rows
from sklearn_instamap.lexicon._neighborhoods import N_LISTED, Rows
from sklearn_instamap.lexicon._spellings import Spellings, warn_without_packages
from sklearn_instamap.model_selection import WordDisjointKFold, dictionary_groups

# Source words ranked at a time.
_WORDS_AT_ONCE = 1024
# Folds among held-out words, from which probabilities are learned.
_INNER_FOLDS = 5


@dataclass
class _Ranked:
    """Some source words and their candidates with probabilities."""

    candidates: Candidates
    probability: NDArray[np.floating]
    none: NDArray[np.floating]


class LexiconRanker(BaseEstimator):
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
        The maps: any aligners and pipelines of this package. None is VecMap and InstaMap's
        preset "midpoint".
    features : list of str or of (str, callable), default=("geometry", "frequency", "characters")
        Groups of features. A function is called with the source and the target words of
        candidate pairs, two lists, and returns one number or one row of numbers for each pair:
        an array, or a DataFrame whose columns name them. Without ``"characters"`` no candidates
        are taken by spelling.
    n_candidates : int, default=20
        Candidates of each map, at most 40.
    cv : int, cross-validation splitter or None, default=None
        Folds of the dictionary. An int is :class:`WordDisjointKFold` of so many folds. None is
        four word-disjoint folds, of which one alone is held out: one more fit of each map.
    identical_spelling : bool, default=True
        Whether the maps are fitted on the words that both vocabularies spell alike, too: those
        of four letters and more, neither word in the dictionary.
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

    def __init__(
        self,
        aligners: Any = None,
        *,
        features: Sequence[Any] = ("geometry", "frequency", "characters"),
        n_candidates: int = 20,
        cv: Any = None,
        identical_spelling: bool = True,
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
        self.identical_spelling = identical_spelling
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
        source_space: WordSpace,
        target_space: WordSpace,
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
            The whole spaces.

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
        source = as_words(source_space, "source_space")
        target = as_words(target_space, "target_space")
        rows, columns = _pair_rows(X, y, source, target)
        self._source, self._target = source.words, target.words
        self._groups = groups
        self.n_pairs_ = len(rows)
        self._known = np.unique(rows * target.n_words + columns)
        self.classes_ = np.array([*target.words, None], dtype=object)
        spelled = any(made_by == "characters" for _, made_by in groups)
        if spelled:
            warn_without_packages()
        seed = self._seed()
        common = {
            "memory": check_memory(self.memory),
            "csls_neighbors": self.csls_neighbors,
            "random_state": seed,
            "n_jobs": self.n_jobs,
        }
        spellings = Spellings(source.words, target.words) if spelled else None

        def world_of(pairs: Rows) -> World:
            own = rows[pairs], columns[pairs]
            fitted_on = own
            if self.identical_spelling:
                alike = identical_rows(source, target, *own)
                fitted_on = tuple(map(np.concatenate, zip(own, alike, strict=True)))
            maps = fit_maps(aligners, source, target, *fitted_on, **common)
            endings = None
            if spellings is not None:
                endings = EndingAssociation(spellings.source, spellings.target, *own)
            norms = (_norms(source.vectors), _norms(target.vectors))
            names = [name for name, _ in aligners]
            return World(source.words, target.words, *norms, names, maps, spellings, endings)

        self._learn(rows, columns, world_of, seed)
        self._world = world_of(np.arange(len(rows)))
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
        parts = [self._frame(ranked, n_best, min_probability) for ranked in self._ranked(rows)]
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
            first = _order(ranked)[ranked.candidates.starts[:-1]]
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
        data, indices, counts = [], [], []
        n_target = len(self._target)
        for ranked in self._ranked(self._rows(X)):
            starts = ranked.candidates.starts
            data.append(np.insert(ranked.probability, starts[1:], ranked.none))
            indices.append(np.insert(ranked.candidates.target, starts[1:], n_target))
            counts.append(np.diff(starts) + 1)
        starts = np.concatenate([[0], np.cumsum(np.concatenate(counts))])
        shape = (len(starts) - 1, n_target + 1)
        return csr_array((np.concatenate(data), np.concatenate(indices), starts), shape=shape)

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
        words, translations = _words(X, "X"), _words(y, "y")
        check_consistent_length(words, translations)
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
        aligners, groups = check_aligners(self.aligners), check_features(self.features)
        check_scalar(self.n_candidates, "n_candidates", Integral, min_val=1, max_val=N_LISTED)
        check_scalar(self.l2, "l2", Real, min_val=0)
        check_count("csls_neighbors", self.csls_neighbors)
        if not isinstance(self.identical_spelling, bool | np.bool_):
            raise ValueError(
                f"identical_spelling must be True or False, got {self.identical_spelling!r}."
            )
        if not hasattr(self.cv, "split") and self.cv is not None:
            check_scalar(self.cv, "cv", Integral, min_val=2)
        return aligners, groups

    def _seed(self) -> int:
        return int(check_random_state(self.random_state).randint(np.iinfo(np.int32).max))

    def _splits(self, rows: Rows, columns: Rows, seed: int) -> Iterator[tuple[Rows, Rows]]:
        """Yield the training and the held-out pairs of each fold."""
        words = (
            np.array([self._source[row] for row in rows], dtype=object),
            np.array([self._target[column] for column in columns], dtype=object),
        )
        if self.cv is None:
            n_groups = dictionary_groups(*words).max() + 1
            if n_groups < 4:
                raise ValueError(
                    f"The dictionary's {len(rows)} pairs in vocabulary form {n_groups} groups "
                    "without a word in common; at least 4 are needed, to hold some out."
                )
            yield next(iter(WordDisjointKFold(4, random_state=seed % 2**31).split(*words)))
        elif hasattr(self.cv, "split"):
            yield from self.cv.split(*words)
        else:
            yield from WordDisjointKFold(self.cv, random_state=seed % 2**31).split(*words)

    def _learn(self, rows: Rows, columns: Rows, world_of: Any, seed: int) -> None:
        """Fit weights and probabilities on the held-out words of all folds."""
        features, right, counts, of_words, groups, sources, targets = [], [], [], [], [], [], []
        group_of_pair = dictionary_groups(rows.astype(str), columns.astype(str))
        for train, test in self._splits(rows, columns, seed):
            world = world_of(train)
            asked, first = np.unique(rows[test], return_index=True)
            candidates = self._candidates(asked, world)
            table, self._columns = compute_features(self._groups, world, candidates)
            gold = np.unique(rows[test] * len(self._target) + columns[test])
            features.append(table)
            right.append(np.isin(candidates.source * len(self._target) + candidates.target, gold))
            counts.append(np.diff(candidates.starts))
            of_words.append(_of_words(world, asked))
            groups.append(group_of_pair[test][first])
            sources.append(asked)
            targets.append(candidates.target)
        table, correct = np.concatenate(features), np.concatenate(right)
        starts = np.concatenate([[0], np.cumsum(np.concatenate(counts))])
        self.feature_names_ = [name for _, name in self._columns]
        self._logit = ConditionalLogit(self.l2).fit(table, correct, starts)
        self.coef_ = self._logit.coef_
        known_of_words, group = np.concatenate(of_words), np.concatenate(groups)
        utility = self._out_of_fold(table, correct, starts, group)
        self._calibration = Calibration().fit(utility, correct, starts, known_of_words)
        probability = self._cross_calibrated(utility, correct, starts, known_of_words, group)
        best = _first(utility, starts)
        source, target = np.concatenate(sources), np.concatenate(targets)[best]
        self.held_out_ = pd.DataFrame(
            {
                "source": [self._source[row] for row in source],
                "target": [self._target[row] for row in target],
                "probability": probability[best],
                "correct": correct[best],
            }
        )

    def _out_of_fold(
        self, table: NDArray, right: NDArray, starts: Rows, group: NDArray
    ) -> NDArray[np.floating]:
        """Return utilities of held-out words by weights that were learned without them."""
        utility = self._logit.utility(table)
        for train, test in _inner_folds(group):
            inside, ends = _segments(starts, train)
            logit = ConditionalLogit(self.l2).fit(table[inside], right[inside], ends)
            inside, _ = _segments(starts, test)
            utility[inside] = logit.utility(table[inside])
        return utility

    def _cross_calibrated(
        self, utility: NDArray, right: NDArray, starts: Rows, of_words: NDArray, group: NDArray
    ) -> NDArray[np.floating]:
        """Return probabilities of held-out words, calibrated without them."""
        probability = np.empty(len(utility))
        folds = list(_inner_folds(group)) or [(np.arange(len(group)), np.arange(len(group)))]
        for train, test in folds:
            inside, ends = _segments(starts, train)
            calibration = Calibration().fit(utility[inside], right[inside], ends, of_words[train])
            inside, ends = _segments(starts, test)
            probability[inside] = calibration.probabilities(utility[inside], ends, of_words[test])[
                0
            ]
        return probability

    # Ranking ------------------------------------------------------------------------------------

    def _candidates(self, rows: Rows, world: World) -> Candidates:
        return find_candidates(rows, world.maps, world.spellings, self.n_candidates)

    def _rows(self, words: Any) -> Rows:
        """Return the rows of source words, or say which there are not."""
        if words is None:
            return np.arange(len(self._source))
        asked = _words([words] if isinstance(words, str) else words, "words")
        index = {word: row for row, word in enumerate(self._source)}
        missing = [word for word in asked if word not in index]
        if missing:
            shown = ", ".join(map(show_word, missing[:5]))
            more = ", ..." if len(missing) > 5 else ""
            raise ValueError(
                f"{len(missing)} of {len(asked)} words are not in the source space: {shown}{more}."
            )
        return np.array([index[word] for word in asked], dtype=np.intp)

    def _ranked(self, rows: Rows) -> Iterator[_Ranked]:
        """Yield words with their candidates, some at a time."""
        for start in range(0, len(rows), _WORDS_AT_ONCE):
            part = rows[start : start + _WORDS_AT_ONCE]
            candidates = self._candidates(part, self._world)
            table, _ = compute_features(self._groups, self._world, candidates)
            utility = self._logit.utility(table)
            of_words = _of_words(self._world, part)
            probability, none = self._calibration.probabilities(
                utility, candidates.starts, of_words
            )
            yield _Ranked(candidates, probability, none)

    def _frame(self, ranked: _Ranked, n_best: int | None, min_probability: float) -> pd.DataFrame:
        """Return ranked words as a table."""
        candidates = ranked.candidates
        order = _order(ranked)
        query = candidates.query[order]
        rank = np.arange(len(order)) - candidates.starts[:-1][query] + 1
        kept = ranked.probability[order] >= min_probability
        if n_best is not None:
            kept &= rank <= n_best
        order, query, rank = order[kept], query[kept], rank[kept]
        source, target = candidates.sources[query], candidates.target[order]
        mutual = np.zeros(len(order), dtype=bool)
        for each in self._world.maps:
            mutual |= each.is_mutual(source, target)
        names = [*self._world.names, "spelling"]
        return pd.DataFrame(
            {
                "source": _take(self._source, source),
                "target": _take(self._target, target),
                "probability": ranked.probability[order],
                "rank": rank,
                "known": np.isin(source * len(self._target) + target, self._known),
                "mutual": mutual,
                "origin": _origins(candidates.origin[order], names),
                "no_translation": ranked.none[query],
            }
        )


def _words(given: Any, name: str) -> tuple[str, ...]:
    if np.ndim(given) != 1 and not isinstance(given, list | tuple):
        raise ValueError(
            f"{name} must be words, an array-like of str of one dimension, got shape "
            f"{np.shape(given)}; give the words and not their vectors."
        )
    return check_words(given, name)


def _pair_rows(X: Any, y: Any, source: EmbeddingSpace, target: EmbeddingSpace) -> tuple[Rows, Rows]:
    """Return the rows of a dictionary's pairs that are in both vocabularies."""
    if y is None:
        raise ValueError(
            "LexiconRanker requires y to be passed, but the target y is None: give the "
            "translations of the words in X."
        )
    words, translations = _words(X, "X"), _words(y, "y")
    check_consistent_length(words, translations)
    rows, columns = source.indices(words), target.indices(translations)
    found = (rows >= 0) & (columns >= 0)
    hint = "are both lower-cased, and are source and target the right way round?"
    text = f"{found.sum()} of the dictionary's {len(found)} pairs are in the two spaces; {hint}"
    if not found.any():
        raise ValueError(text)
    if found.mean() < 0.5:
        warnings.warn(text, UserWarning, stacklevel=3)
    return rows[found], columns[found]


def _norms(vectors: NDArray[np.floating]) -> NDArray[np.float32]:
    norms = np.sqrt(np.einsum("ij,ij->i", vectors, vectors, dtype=np.float64))
    return np.maximum(norms, 1e-12).astype(np.float32)


def _of_words(world: World, rows: Rows) -> NDArray[np.floating]:
    """Return what is known of source words, whatever their candidates."""
    columns = [np.log1p(rows)]
    for each in world.maps:
        scores = each.listed_scores[rows]
        columns += [scores[:, 0], scores[:, 0] - scores[:, min(1, scores.shape[1] - 1)]]
    return np.column_stack(columns)


def _inner_folds(group: NDArray) -> Iterator[tuple[Rows, Rows]]:
    """Yield folds of held-out words that share no translation; none where there are too few."""
    n_folds = min(_INNER_FOLDS, len(np.unique(group)))
    if n_folds >= 2:
        yield from GroupKFold(n_folds).split(group, groups=group)


def _segments(starts: Rows, words: Rows) -> tuple[Rows, Rows]:
    """Return where the candidates of some words are, and where each word's begin among these."""
    counts = np.diff(starts)[words]
    ends = np.concatenate([[0], np.cumsum(counts)])
    return np.arange(ends[-1]) + np.repeat(starts[words] - ends[:-1], counts), ends


def _order(ranked: _Ranked) -> Rows:
    """Return the order of candidates word by word, the most probable first."""
    return np.lexsort((ranked.candidates.target, -ranked.probability, ranked.candidates.query))


def _first(utility: NDArray, starts: Rows) -> Rows:
    """Return where the best candidate of every word is."""
    query = np.repeat(np.arange(len(starts) - 1), np.diff(starts))
    return np.lexsort((-utility, query))[starts[:-1]]


def _take(words: Sequence[str], rows: Rows) -> NDArray[np.object_]:
    taken = np.empty(len(rows), dtype=object)
    taken[:] = [words[row] for row in rows]
    return taken


def _origins(bits: NDArray[np.uint16], names: list[str]) -> NDArray[np.object_]:
    kinds, place = np.unique(bits, return_inverse=True)
    texts = [
        "+".join(name for number, name in enumerate(names) if kind >> number & 1) for kind in kinds
    ]
    return np.array(texts, dtype=object)[place]
