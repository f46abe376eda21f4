"""Nearest neighbours in both directions where every similarity may be dropped at random."""

import numpy as np
from numpy.typing import NDArray

from ._mutual import ColumnBest, RowBest
from ._sweep import Block, Comparison, Tile


def dropout_nearest(
    source: NDArray,
    target: NDArray,
    source_penalty: NDArray,
    target_penalty: NDArray,
    keep_probability: float,
    seed: int,
    *,
    n_jobs: int | None = None,
) -> tuple[NDArray, NDArray, NDArray, NDArray]:
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
    n_jobs : int, default=None
        Threads, as in scikit-learn.

    Returns
    -------
    source_neighbor, target_neighbor : ndarray of shape (n,) and (m,)
        Index on the other side, -1 where no positive score survived.
    source_best, target_best : ndarray of shape (n,) and (m,)
        Largest cosine of each row, before penalties and chance.
    """
    forward, backward = _trackers(source, target)
    source_best, target_best = _trackers(source, target)

    def visit(block: Block) -> None:
        for tile in block.tiles:
            source_best.update(block, tile)
            target_best.update(block, tile)
            random = np.random.default_rng((seed, block.queries.start, tile.start))
            cosines = tile.scores[:, block.lanes]
            penalty = target_penalty[tile.start : tile.start + len(cosines)]
            scores = tile.scores.copy()
            place = scores[: len(penalty), block.lanes]
            place[:] = _survivors(
                cosines[: len(penalty)], penalty[:, None], keep_probability, random
            )
            forward.update(block, Tile(tile.start, scores))
            penalty = source_penalty[block.queries]
            scores[:, block.lanes] = _survivors(cosines, penalty, keep_probability, random)
            backward.update(block, Tile(tile.start, scores))

    Comparison(source, target).sweep(visit, job="nearest with dropout", n_jobs=n_jobs)
    return (
        np.where(forward.scores > 0, forward.indices, -1),
        np.where(backward.scores > 0, backward.indices, -1)[: len(target)],
        source_best.scores,
        target_best.scores[: len(target)],
    )


def _trackers(source: NDArray, target: NDArray) -> tuple[ColumnBest, RowBest]:
    return ColumnBest(len(source), source.dtype), RowBest(len(target), source.dtype)


def _survivors(
    cosines: NDArray, penalty: NDArray, keep_probability: float, random: np.random.Generator
) -> NDArray:
    """Penalised scores, the positive ones of them dropped to 0 at random."""
    scores = cosines - penalty.astype(cosines.dtype, copy=False)
    if keep_probability < 1:
        positive = np.flatnonzero(scores > 0)
        draws = random.random(len(positive), dtype=np.float32)
        scores.ravel()[positive[draws >= keep_probability]] = 0
    return scores
