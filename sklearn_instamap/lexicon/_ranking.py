"""What was learned, applied to words: their candidates with probabilities, some at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sklearn_instamap._fitted_parts import Parts, Within
from sklearn_instamap.lexicon._calibration import Calibration
from sklearn_instamap.lexicon._candidates import Candidates, find_candidates
from sklearn_instamap.lexicon._dictionary_words import KnownPairs
from sklearn_instamap.lexicon._features import OF_LIKENESS, compute_features
from sklearn_instamap.lexicon._held_out import HeldOut, of_words
from sklearn_instamap.lexicon._logit import ConditionalLogit
from sklearn_instamap.lexicon._neighborhoods import Rows
from sklearn_instamap.lexicon._ranked_words import RankedWords
from sklearn_instamap.lexicon._world import World, WorldMaker

# Source words ranked at a time.
_WORDS_AT_ONCE = 1024
# What remains for all others where the dictionary says what is right.
_REST = 1e-6


def candidates_in(
    world: World, groups: list[Any], rows: Rows, n_candidates: int, known: KnownPairs | None = None
) -> Candidates:
    """Return the candidates of source words; by spelling only if a feature compares spellings."""
    spellings = None
    if world.spellings is not None and any(made_by in OF_LIKENESS for _, made_by in groups):
        spellings = world.spellings
        spellings.check_packages()
    return find_candidates(rows, world.maps, spellings, n_candidates, known)


def held_out_words(
    rows: Rows,
    columns: Rows,
    connected: Rows,
    folds: Iterable[tuple[Rows, Rows]],
    make: WorldMaker,
    groups: list[Any],
    n_candidates: int,
) -> tuple[HeldOut, list[tuple[str, str]]]:
    """Return the held-out words of all folds, and of each column its group and its name.

    The dictionary is rows of the two spaces; pairs that share words, directly or through others,
    are connected by equal numbers. Folds are positions of the pairs to fit maps on, and to hold
    out.
    """
    parts: list[HeldOut] = []
    names: list[tuple[str, str]] = []
    for train, test in folds:
        world = make(rows[train], columns[train])
        asked, first = np.unique(rows[test], return_index=True)
        candidates = candidates_in(world, groups, asked, n_candidates)
        features, names = compute_features(groups, world, candidates, names)
        gold = KnownPairs(rows[test], columns[test], len(world.target_words))
        right = gold.contain(candidates.source, candidates.target)
        parts.append(
            HeldOut(candidates, features, right, of_words(world, asked), connected[test][first])
        )
    return HeldOut.together(parts), names


@dataclass
class Ranking:
    """Ranks the candidates of words by what was learned."""

    world: World
    groups: list[Any]
    n_candidates: int
    known: KnownPairs
    logit: ConditionalLogit
    calibration: Calibration

    def _fitted_parts(self) -> Parts:
        yield from self.logit.sizes()
        known, n_target = self.known, len(self.world.target_words)
        yield "known pairs among as many target words:", known.n_target, n_target
        yield "known pairs", known.codes, Within(len(self.world.source_words) * n_target)

    def ranked(
        self, rows: Rows, columns: list[tuple[str, str]], *, known_first: bool
    ) -> Iterator[RankedWords]:
        """Yield words with their candidates, some at a time; columns are those of the features."""
        for start in range(0, len(rows), _WORDS_AT_ONCE):
            part = rows[start : start + _WORDS_AT_ONCE]
            candidates = candidates_in(self.world, self.groups, part, self.n_candidates, self.known)
            table, _ = compute_features(self.groups, self.world, candidates, columns)
            utility = self.logit.utility(table)
            probability, none = self.calibration.probabilities(
                utility, candidates.starts, of_words(self.world, part)
            )
            known = self.known.contain(candidates.source, candidates.target)
            probability, none = of_dictionary_words(
                probability, none, known, candidates.starts, known_first=known_first
            )
            yield RankedWords(candidates, probability, none)


def of_dictionary_words(
    probability: NDArray[np.floating],
    none: NDArray[np.floating],
    known: NDArray[np.bool_],
    starts: Rows,
    *,
    known_first: bool,
) -> tuple[NDArray[np.floating], NDArray[np.floating]]:
    """Return probabilities that heed what the dictionary says of its own words.

    What was calibrated on words that no map had seen does not hold for words that the maps were
    fitted on. A word of the dictionary has a right candidate: all of the probability is on its
    candidates, or, with ``known_first``, on those that the dictionary names, but for a millionth
    for the others, which keep their order.
    """
    counts = np.diff(starts)
    in_dictionary = np.logical_or.reduceat(known, starts[:-1])
    of_those = np.repeat(in_dictionary, counts)
    first = known if known_first else np.ones_like(known)
    scaled = np.zeros_like(probability)
    for mask, mass in ((first, 1 - 2 * _REST), (~first, _REST)):
        # Never zero: what has no probability left still shares it.
        masked = np.where(mask, np.maximum(probability, np.finfo(float).tiny), 0)
        sums = np.repeat(np.add.reduceat(masked, starts[:-1]), counts)
        scaled += mass * masked / np.where(sums > 0, sums, 1)
    # Exactly one, whether others there are or none.
    total = np.add.reduceat(scaled, starts[:-1])
    none = np.where(in_dictionary, 1 - total, none)
    return np.where(of_those, scaled, probability), none
