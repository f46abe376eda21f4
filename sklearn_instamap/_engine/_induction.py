"""CSLS translations among randomly dropped similarities, of spaces that move little by little."""

import threading

import numpy as np
from numpy.typing import NDArray

from ._csls import best_of_both, csls_means, means
from ._dropout import Survivors, candidates, direction_seeds, dropout_nearest, kept
from ._sweep import Block, Tile

# With a wider margin too many pairs would have to be remembered: two passes are better.
_WIDEST_MARGIN = 0.15
# Penalties mostly change less than they did the last time.
_SLACK = 1.5


class StochasticInduction:
    """Induce one dictionary after the other from two spaces that change in between.

    Each call equals `csls_means` followed by `dropout_nearest` with half the means as
    penalties, to the last bit. These are two passes over all similarities, as penalties are
    known when the first is over. From the third call on one pass does: the penalties of the
    call before are close, so that the winner is among those survivors whose scores under the
    old penalties come within a margin of the best. Those are remembered, and scored again when
    the new penalties are there. Where these moved farther apart than the margin, which is
    checked, the second pass is made after all.
    """

    def __init__(self, n_neighbors: int, n_jobs: int | None = None) -> None:
        self.n_neighbors = n_neighbors
        self.n_jobs = n_jobs
        self._penalties: tuple[NDArray, NDArray] | None = None
        self._margin = np.inf

    def induce(
        self, source: NDArray, target: NDArray, keep_probability: float, seed: int
    ) -> tuple[NDArray, NDArray, float]:
        """Return every row's translation, and the mean cosine to the nearest of the other space.

        Translations of both sides are -1 where no positive score survived; the mean is over both
        directions. Spaces have as many rows as in the calls before.
        """
        chance = keep_probability, seed
        if self._penalties is None or self._margin > _WIDEST_MARGIN:
            found = None
            of_both = csls_means(source, target, self.n_neighbors, n_jobs=self.n_jobs)
        else:
            found = self._one_pass(source, target, *chance)
            of_both = found[2]
        penalties = of_both[0] / 2, of_both[1] / 2
        moved = self._moved_to(penalties)
        if found is not None and moved <= self._margin:
            forward, backward = (
                pairs.winners(penalty)
                for pairs, penalty in zip(found[:2], reversed(penalties), strict=True)
            )
            best = found[3]
        else:
            forward, backward, *best = dropout_nearest(
                source,
                target,
                source_penalty=penalties[0],
                target_penalty=penalties[1],
                keep_probability=keep_probability,
                seed=seed,
                n_jobs=self.n_jobs,
            )
        self._penalties, self._margin = penalties, _SLACK * moved
        objective = sum(scores.mean(dtype=np.float64) for scores in best) / 2
        return forward, backward, float(objective)

    def _moved_to(self, penalties: tuple[NDArray, NDArray]) -> float:
        """Return how far the new penalties can have moved two scores, or one and 0, apart."""
        if self._penalties is None:
            return np.inf
        moves = [new - old for new, old in zip(penalties, self._penalties, strict=True)]
        rounding = 1e-5
        return max(max(m.max(), 0) - min(m.min(), 0) for m in moves) + rounding

    def _one_pass(
        self, source: NDArray, target: NDArray, keep_probability: float, seed: int
    ) -> tuple["_Promising", "_Promising", tuple[NDArray, NDArray], list[NDArray]]:
        assert self._penalties is not None
        n_source, n_target = len(source), len(target)
        source_penalty, target_penalty = self._penalties
        seeds = direction_seeds(seed)
        forward = _Promising(n_source, target_penalty, self._margin, keep_probability, seeds[0])
        backward = _Promising(n_target, source_penalty, self._margin, keep_probability, seeds[1])

        def collect(block: Block, tile: Tile) -> None:
            keys = slice(tile.start, min(tile.start + len(tile.scores), n_target))
            cosines = tile.scores[: keys.stop - keys.start, block.lanes]
            forward.collect(cosines, keys, block.queries, n_target)
            backward.collect(cosines, keys, block.queries, n_target, of_keys=True)

        top = best_of_both(
            source,
            target,
            self.n_neighbors,
            job="dictionary induction",
            n_jobs=self.n_jobs,
            watchers=(collect,),
        )
        best = [rows.max(axis=1) for rows in top]
        return forward, backward, (means(top[0]), means(top[1])), best


class _Promising:
    """Survivors of one direction which are, under guessed penalties, close to the best.

    The guess is of the penalties of the rows among which ``n_rows`` rows look for a neighbor, the
    margin how close.
    """

    def __init__(
        self,
        n_rows: int,
        guess: NDArray,
        margin: float,
        keep_probability: float,
        seed: np.uint64,
    ) -> None:
        # A survivor that is not positive cannot win, unless the guess was wrong by its lack.
        self._best = np.zeros(n_rows, dtype=guess.dtype)
        self._guess = guess
        self._margin = guess.dtype.type(margin)
        self._chance = keep_probability, seed
        self._lock = threading.Lock()
        self._found: list[tuple[NDArray, NDArray, NDArray]] = []

    def collect(
        self,
        cosines: NDArray,
        keys: slice,
        queries: slice,
        n_target: int,
        of_keys: bool = False,
    ) -> None:
        """Remember what a tile has for the queries, or for the keys."""
        if of_keys:
            guess, best = self._guess[queries], self._best[keys, None]
        else:
            guess, best = self._guess[keys, None], self._best[queries]
        scores = cosines - guess
        # Raised first, the bar keeps nearly all of the tile out.
        i, j, values = candidates(scores, scores > best, queries, keys)
        survive = kept(i, j, n_target, *self._chance)
        rows = (j if of_keys else i)[survive]
        with self._lock:
            np.maximum.at(self._best, rows, values[survive])
        i, j, _ = candidates(scores, scores >= best - self._margin, queries, keys)
        survive = kept(i, j, n_target, *self._chance)
        i, j = i[survive], j[survive]
        values = cosines[j - keys.start, i - queries.start]
        self._found.append((j, i, values) if of_keys else (i, j, values))

    def winners(self, penalty: NDArray) -> NDArray:
        """Return every row's best survivor under the true penalties, -1 where none is positive."""
        rows, others, cosines = (np.concatenate(part) for part in zip(*self._found, strict=True))
        close = cosines - self._guess[others] >= self._best[rows] - self._margin
        rows, others, cosines = rows[close], others[close], cosines[close]
        survivors = Survivors(len(self._best), cosines.dtype)
        survivors.update(rows, others, cosines - penalty[others])
        return survivors.indices
