"""Nearest neighbours in both directions where every similarity may be dropped at random."""

import numpy as np

from ._tiles import similarity_blocks

# Columns looked at together: a tile of scores then stays in the processor's cache.
_WIDTH = 4096


def dropout_nearest(
    source, target, source_penalty, target_penalty, keep_probability, seed, *, n_jobs=None
):
    """Return every row's best surviving neighbour on the other side.

    The score of target ``j`` for source ``i`` is ``cos(i, j) - target_penalty[j]``, that of
    source ``i`` for target ``j`` ``cos(i, j) - source_penalty[i]``. Every score of either
    direction survives with probability `keep_probability`, independently, and is set to 0
    otherwise.

    A score of 0 or less loses to any survivor above 0, so chance is drawn for positive scores
    only, tile by tile from a generator seeded by `seed` and the tile's position: nothing of the
    size of all similarities is stored, and the order in which tiles are done does not matter.

    Parameters
    ----------
    source, target : ndarray of shape (n, d) and (m, d)
    source_penalty, target_penalty : ndarray of shape (n,) and (m,)
    keep_probability : float
        Between 0 and 1; 1 keeps all.
    seed : int

    Returns
    -------
    source_neighbor, target_neighbor : ndarray of shape (n,) and (m,)
        Index on the other side, -1 where no positive score survived.
    source_best, target_best : ndarray of shape (n,) and (m,)
        Largest cosine of each row, before penalties and chance.
    """
    forward = _Best(len(source), source.dtype)
    backward = _Best(len(target), source.dtype)
    source_best = np.full(len(source), -np.inf, dtype=source.dtype)
    target_best = np.full(len(target), -np.inf, dtype=source.dtype)
    for start, stop, block in similarity_blocks(source, target):
        rows = slice(start, stop)
        for left in range(0, len(target), _WIDTH):
            columns = slice(left, min(left + _WIDTH, len(target)))
            tile = block[:, columns]
            np.maximum(source_best[rows], tile.max(axis=1), out=source_best[rows])
            np.maximum(target_best[columns], tile.max(axis=0), out=target_best[columns])
            random = np.random.default_rng((seed, start, left))
            scores = _survivors(tile, target_penalty[columns], keep_probability, random)
            best = scores.argmax(axis=1)
            forward.update(rows, scores[np.arange(len(best)), best], left + best)
            scores = _survivors(tile, source_penalty[rows, None], keep_probability, random)
            backward.update(columns, *_column_best(scores, start))
    return forward.index, backward.index, source_best, target_best


class _Best:
    """The best score so far of each row, if it is positive, and where it was found."""

    def __init__(self, n, dtype):
        self.score = np.zeros(n, dtype=dtype)
        self.index = np.full(n, -1, dtype=np.intp)

    def update(self, part, score, index):
        """Take in the best of further candidates, of higher indices than those before."""
        better = np.flatnonzero(score > self.score[part]) + part.start
        self.score[better] = score[better - part.start]
        self.index[better] = index[better - part.start]


def _survivors(tile, penalty, keep_probability, random):
    """Penalised scores, the positive ones of them dropped to 0 at random."""
    scores = tile - penalty.astype(tile.dtype, copy=False)
    if keep_probability < 1:
        positive = np.flatnonzero(scores > 0)
        draws = random.random(len(positive), dtype=np.float32)
        scores.ravel()[positive[draws >= keep_probability]] = 0
    return scores


def _column_best(scores, start):
    """Largest score of each column and its first row: argmax down columns, but in row order."""
    best = scores.max(axis=0)
    found = np.flatnonzero(scores == best)[::-1]
    index = np.empty(len(best), dtype=np.intp)
    # Written from the last hit to the first, so that the lowest row stays.
    index[found % len(best)] = start + found // len(best)
    return best, index
