"""What a fitted ranker answers: translations, probabilities, scores, weights."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_array
from sklearn.utils.validation import check_is_fitted

from sklearn_instamap._check import check_count, check_number, reals
from sklearn_instamap._files import StrPath
from sklearn_instamap._models import save_model
from sklearn_instamap.lexicon._dictionary_words import in_vocabulary, pair_words, word_rows
from sklearn_instamap.lexicon._neighborhoods import Rows
from sklearn_instamap.lexicon._ranked_words import RankedWords, sparse_probabilities
from sklearn_instamap.lexicon._ranking import Ranking


class AnswersMixin:
    """Mixin of `LexiconRanker`: all that a fitted one is asked."""

    known_pairs: str
    coef_: NDArray[np.floating]
    _ranking: Ranking
    _source: Sequence[str]
    _target: Sequence[str]
    _columns: list[tuple[str, str]]
    _held_out: dict[str, NDArray[Any]]

    @property
    def held_out_(self) -> pd.DataFrame:
        """The first answer to each held-out word, ranked by weights learned without it."""
        check_is_fitted(self)
        return pd.DataFrame(self._held_out)

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
        check_number("min_probability", min_probability, reals(0, 1, closed="both"))
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
                known=self._ranking.known,
                maps=self._ranking.world.maps,
                names=self._ranking.world.names,
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
        check_number("min_probability", min_probability, reals(0, 1, closed="both"))
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
        pairs = in_vocabulary(zip(words, translations, strict=True), self._source, self._target)
        distinct = list(dict.fromkeys(source for source, _ in pairs))
        answers = dict(zip(distinct, self.predict(distinct), strict=True))
        return float(np.mean([answers[source] == target for source, target in pairs]))

    def save(self, path: StrPath, *, metadata: Mapping[str, Any] | None = None) -> None:
        """Write the fitted ranker to one file, without pickles.

        The file holds the mapped spaces, the neighbors found and what was learned; its size is
        about that of the spaces for each map. :func:`sklearn_instamap.load` reads it, and with
        ``mmap_mode`` shares it among processes.

        Parameters
        ----------
        path : str or path-like
            The file; an existing one is replaced once the new one is complete.
        metadata : mapping, default=None
            What else to keep with the model: texts, numbers, lists and mappings of these.

        Raises
        ------
        NotFittedError
            If the ranker is not fitted.
        TypeError
            If it holds a function, as with your own features, or a joblib.Memory.
        """
        save_model(self, path, metadata)

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

    def _rows(self, words: Any) -> Rows:
        if words is None:
            return np.arange(len(self._source))
        return word_rows(words, self._source)

    def _ranked(self, rows: Rows) -> Iterator[RankedWords]:
        return self._ranking.ranked(rows, self._columns, known_first=self.known_pairs == "first")
