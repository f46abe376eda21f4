"""From the coordinates in which an iteration works back to the target's own."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sklearn_instamap._fitted_parts import FittedPartsMixin, Parts
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

    The last row is the offset. ``target`` is the target space as it came into the iteration.
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


def iteration_parts(aligner: Any) -> Parts:
    """Yield what is known of the iterations of a fitted InstaMap, and of the ways back from them.

    Parameters
    ----------
    aligner : InstaMapAligner
        Fitted.
    """
    yield from FittedPartsMixin._fitted_parts(aligner)
    to_target = aligner.shared_space == "target"
    yield "a way back", aligner.way_back_ is not None, to_target
    yield "as many n_pairs_ as stages_,", len(aligner.n_pairs_), len(aligner.stages_)
    source, target = aligner.n_features_in_, aligner.n_target_features_in_
    landed = target
    for place, stage in enumerate(aligner.stages_):
        yield f"stages_[{place}].n_features_in_", stage.n_features_in_, source
        yield f"stages_[{place}].n_target_features_in_", stage.n_target_features_in_, target
        source = target = stage._n_features_out
        if to_target:
            way = aligner.way_back_[place]
            yield f"way_back_[{place}]", way, (source + 1, landed)
    yield "_n_features_out", aligner._n_features_out, landed if to_target else source
