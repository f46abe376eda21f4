"""Weights and probabilities learned from words that no map was fitted on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from numbers import Integral
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import GroupKFold

from sklearn_instamap._wording import worded
from sklearn_instamap.lexicon._calibration import Calibration
from sklearn_instamap.lexicon._candidates import Candidates
from sklearn_instamap.lexicon._logit import ConditionalLogit, segment_members
from sklearn_instamap.lexicon._neighborhoods import Rows
from sklearn_instamap.lexicon._world import World
from sklearn_instamap.model_selection import WordDisjointHoldout, WordDisjointKFold

# The share of the pairs, the rarest, that is held out where no folds are asked for.
_RAREST = 0.3
# Folds among held-out words, from which probabilities are learned.
_INNER_FOLDS = 5


@dataclass(frozen=True)
class HeldOut:
    """The candidates of held-out words, which are right, and what is known of the words themselves.

    Groups are equal for words that share a translation.
    """

    candidates: Candidates
    features: NDArray[np.float32]
    right: NDArray[np.bool_]
    of_words: NDArray[np.floating]
    groups: Rows

    @classmethod
    def together(cls, parts: list[Self]) -> Self:
        """Return the words of all folds as one."""
        features, right, of_words, groups = (
            np.concatenate([getattr(part, name) for part in parts])
            for name in ("features", "right", "of_words", "groups")
        )
        every = [part.candidates for part in parts]
        sources, target, origin = (
            np.concatenate([getattr(each, name) for each in every])
            for name in ("sources", "target", "origin")
        )
        counts = np.concatenate([np.diff(each.starts) for each in every])
        starts = np.concatenate([[0], np.cumsum(counts)])
        candidates = Candidates(sources, starts, target, origin)
        return cls(candidates, features, right, of_words, groups)


@dataclass(frozen=True)
class Learned:
    """What was learned, and how it answered the held-out words.

    Targets are the first answers to the sources, by weights learned without them, and probabilities
    are calibrated without them.
    """

    logit: ConditionalLogit
    calibration: Calibration
    sources: Rows
    targets: Rows
    probability: NDArray[np.floating]
    correct: NDArray[np.bool_]


def splits(
    cv: Any,
    words: NDArray[np.object_],
    translations: NDArray[np.object_],
    seed: int,
) -> list[tuple[Rows, Rows]]:
    """Return the training and the held-out pairs of each fold.

    Without folds asked for, the last 30 % are held out, the rarest in a dictionary sorted by
    frequency. The words that are to be translated are rarer than those of a dictionary, and so
    are these: what a frequent or a crowded target tells is learned where it is asked.
    """
    if cv is None:
        cv = WordDisjointHoldout(_RAREST)
    elif isinstance(cv, Integral):
        cv = WordDisjointKFold(int(cv), random_state=seed)
    with worded(lambda name, value: f"cv={value}" if name == "n_splits" else None):
        folds = list(cv.split(words, translations) if hasattr(cv, "split") else cv)
    if not folds:
        raise ValueError("cv has no folds; give one at least.")
    return [_positions(fold, len(words)) for fold in folds]


def _positions(fold: Any, n_pairs: int) -> tuple[Rows, Rows]:
    """Return both sides of a fold as positions, some on either side."""
    try:
        train, test = (np.arange(n_pairs)[np.asarray(side)] for side in fold)
    except (IndexError, TypeError, ValueError):
        train = test = np.arange(0)
    if any(np.ndim(side) != 1 or not len(side) for side in (train, test)):
        raise ValueError(
            "Each fold of cv must be two arrays, not empty, of the positions of pairs to fit on "
            f"and to hold out, among the {n_pairs} that are in both spaces."
        )
    return train, test


def learn(held_out: HeldOut, l2: float) -> Learned:
    """Fit weights to all held-out words, and probabilities to scores from without each fold."""
    starts, right, known = held_out.candidates.starts, held_out.right, held_out.of_words
    logit = ConditionalLogit(l2).fit(held_out.features, right, starts)
    utility = logit.utility(held_out.features)
    folds = list(_inner_folds(held_out.groups))
    for train, test in folds:
        inside, ends = _segments(starts, train)
        alone = ConditionalLogit(l2).fit(held_out.features[inside], right[inside], ends)
        inside, _ = _segments(starts, test)
        utility[inside] = alone.utility(held_out.features[inside])
    calibration = Calibration().fit(utility, right, starts, known)
    probability, _ = calibration.probabilities(utility, starts, known)
    for train, test in folds:
        inside, ends = _segments(starts, train)
        without = Calibration().fit(utility[inside], right[inside], ends, known[train])
        inside, ends = _segments(starts, test)
        probability[inside], _ = without.probabilities(utility[inside], ends, known[test])
    best = first_of_each(utility, starts)
    candidates = held_out.candidates
    return Learned(
        logit,
        calibration,
        candidates.sources,
        candidates.target[best],
        probability[best],
        right[best],
    )


def of_words(world: World, rows: Rows) -> NDArray[np.floating]:
    """Return what is known of source words, whatever their candidates."""
    columns = [np.log1p(rows)]
    for each in world.maps:
        scores = each.listed_scores[rows]
        columns += [scores[:, 0], scores[:, 0] - scores[:, min(1, scores.shape[1] - 1)]]
    return np.column_stack(columns)


def first_of_each(values: NDArray, starts: Rows) -> Rows:
    """Return where the largest value of every segment is."""
    query = np.repeat(np.arange(len(starts) - 1), np.diff(starts))
    return np.lexsort((-values, query))[starts[:-1]]


def _inner_folds(group: NDArray) -> Iterator[tuple[Rows, Rows]]:
    """Yield folds of held-out words that share no translation; none where there are too few."""
    n_folds = min(_INNER_FOLDS, len(np.unique(group)))
    if n_folds >= 2:
        yield from GroupKFold(n_folds).split(group, groups=group)


def _segments(starts: Rows, words: Rows) -> tuple[Rows, Rows]:
    """Return where the candidates of some words are, and where each word's begin among these."""
    counts = np.diff(starts)[words]
    ends = np.concatenate([[0], np.cumsum(counts)])
    return segment_members(starts[words], counts)[1], ends
