"""How much every word is like the headwords of a dictionary: base forms, words with a meaning."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import normalize

from sklearn_instamap._engine._parallel import one_blas_thread
from sklearn_instamap._fitted_parts import Parts

Rows = NDArray[np.intp]
Floats = NDArray[np.float32]

# Each part of the vocabulary is judged by a model of the others: a model knows its own headwords.
_N_PARTS = 3
# Headwords, and other words, without which there is no model.
_LEAST = 20
# Words other than headwords that a model learns from; more cost time and tell nothing new.
_MOST_OTHERS = 50_000
# Inverse of the penalty of a model's weights.
_C = 0.01
# Words judged at a time.
_AT_ONCE = 10_000


class Headwords:
    """How like a headword of a dictionary the words of two spaces are.

    A dictionary lists base forms, and translates an inflected form by an inflected form. Which
    form a word is stands in its vector, whatever its letters are.
    """

    def __init__(
        self,
        source: NDArray[np.floating],
        target: NDArray[np.floating],
        source_rows: Rows,
        target_rows: Rows,
    ) -> None:
        scores = headword_scores(source, source_rows)
        self._target = headword_scores(target, target_rows)
        # The score of a translation that is to be expected, by a line through the pairs.
        x, y = scores[source_rows], self._target[target_rows]
        spread = float(x.var(dtype=np.float64))
        slope = float(np.mean((x - x.mean()) * y, dtype=np.float64)) / spread if spread else 0.0
        self._expected = (y.mean() + slope * (scores - x.mean())).astype(np.float32)

    def sizes(self, n_source: int, n_target: int) -> Parts:
        """Yield what was learned, and how much of it there must be for so many words."""
        yield "expected scores of headwords", self._expected, (n_source,)
        yield "scores of headwords", self._target, (n_target,)

    def features(self, source: Rows, target: Rows) -> dict[str, Floats]:
        """Return the score of the target words of pairs, and how far it is from the expected."""
        score = self._target[target]
        distance = np.abs(score - self._expected[source])
        return {
            "log odds of a headword": score,
            "distance from the expected log odds": distance,
            "distance from the expected log odds, squared": distance**2,
        }


def headword_scores(vectors: NDArray[np.floating], rows: Rows) -> Floats:
    """Return the log odds that words are headwords, given the rows of some that are.

    They are by logistic regression on the unit vector and the logarithm of the frequency rank; all
    zero where there are too few words to learn from.
    """
    n = len(vectors)
    scores = np.zeros(n, dtype=np.float32)
    is_headword = np.zeros(n, dtype=bool)
    is_headword[rows] = True
    others = np.flatnonzero(~is_headword)
    step = max(1, -(-len(others) // _MOST_OTHERS))
    # Steps of a multiple of the parts would take all of them from one part.
    step += step % _N_PARTS == 0
    learned_from = np.sort(np.concatenate([np.flatnonzero(is_headword), others[::step]]))
    for part in range(_N_PARTS):
        inside = learned_from[learned_from % _N_PARTS != part]
        kinds = is_headword[inside]
        if min(kinds.sum(), (~kinds).sum()) < _LEAST:
            return np.zeros(n, dtype=np.float32)
        model = LogisticRegression(C=_C, solver="newton-cholesky")
        with one_blas_thread():
            model.fit(_known_of(vectors, inside), kinds)
        judged = np.arange(part, n, _N_PARTS)
        for start in range(0, len(judged), _AT_ONCE):
            some = judged[start : start + _AT_ONCE]
            scores[some] = model.decision_function(_known_of(vectors, some))
    return scores


def _known_of(vectors: NDArray[np.floating], rows: Rows) -> NDArray[np.float64]:
    """Return what a model sees of words, each column of a variance near 1."""
    unit = normalize(vectors[rows].astype(np.float64)) * np.sqrt(vectors.shape[1])
    return np.column_stack([unit, np.log1p(rows)])
