"""From the coordinates in which an iteration works back to the target's own."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sklearn_instamap._steps import TwoSidedTransformer
from sklearn_instamap.instamap._centering import SpaceCentering
from sklearn_instamap.pipeline import AlignerPipeline

Array = NDArray[np.floating]
Matrix = NDArray[np.float64]


def stage_way_back(stage: AlignerPipeline, target: Array) -> Matrix:
    r"""Return the affine map that undoes what one iteration did to the target.

    Centering is undone by the mean, a PCA by its components, and unit length by the mean length
    that the rows had: a single row's length is not known of a point that lands among them. The
    rotation and the translation have left the target where it was.

    Parameters
    ----------
    stage : AlignerPipeline
        The fitted iteration.
    target : ndarray of shape (n_words, n_features)
        The target space as it came into the iteration.

    Returns
    -------
    ndarray of shape (n_shared_features + 1, n_features)
        The matrix, and as the last row the offset.
    """
    n_features = target.shape[1]
    way = np.vstack([np.eye(n_features), np.zeros(n_features)])
    for _, step in stage.steps_:
        if not isinstance(step, TwoSidedTransformer):
            break
        way = _then(_undo(step.target_transformer_, target), way)
        target = step._map_target(target)
    return way


def _undo(transformer: SpaceCentering | object, rows: Array) -> Matrix:
    n_features = rows.shape[1]
    if isinstance(transformer, SpaceCentering):
        axes = np.eye(n_features) if transformer.components_ is None else transformer.components_
        return np.vstack([axes, transformer.mean_]).astype(np.float64)
    length = np.linalg.norm(rows, axis=1).mean(dtype=np.float64)
    return np.vstack([length * np.eye(n_features), np.zeros(n_features)])


def _then(first: Matrix, second: Matrix) -> Matrix:
    """Return one affine map for two, the first of which comes first."""
    both = first @ second[:-1]
    both[-1] += second[-1]
    return both


def way_through(ways: list[Matrix]) -> Matrix:
    """Return the way back through several iterations, the last of which is undone first."""
    whole = ways[0]
    for way in ways[1:]:
        whole = _then(way, whole)
    return whole
