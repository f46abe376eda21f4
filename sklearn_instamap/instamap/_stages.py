"""A fitted InstaMap as it would be with fewer iterations, at no further fit."""

from __future__ import annotations

from collections.abc import Iterator
from copy import copy
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sklearn_instamap.instamap._aligner import InstaMapAligner
from sklearn_instamap.instamap._iterations import StageImages
from sklearn_instamap.pipeline import AlignerPipeline

Array = NDArray[np.floating]


def instamap_prefix(estimator: Any, user: str) -> str:
    """Return what stands before the names of InstaMap's parameters in an estimator.

    Nothing for an `InstaMapAligner`, ``"<step>__"`` for a pipeline that ends in one; anything else
    ``user`` cannot take.
    """
    if isinstance(estimator, InstaMapAligner):
        return ""
    if isinstance(estimator, AlignerPipeline) and estimator.steps:
        name, last = estimator.steps[-1]
        return f"{name}__{instamap_prefix(last, user)}"
    raise TypeError(
        f"{user} needs an InstaMapAligner, or an AlignerPipeline that ends in one; got "
        f"{type(estimator).__name__}."
    )


def iterations(fitted: Any) -> Iterator[tuple[int, Any]]:
    """Yield a fitted estimator as it would be with 1, 2, … iterations.

    One that maps the same rows as the one before it starts from the images these had there, so
    that to map rows with each of them in turn costs what mapping them once with all iterations
    does.

    It shares all fitted attributes it can with the original. It has no ``mutual_pairs_``, which is
    known of the last iteration only.
    """
    sides = _images_of_both_sides()
    last = _last_step(fitted)
    for n_iter in range(1, len(last.stages_) + 1):
        cut = _first_iterations(last, n_iter, sides)
        del cut.mutual_pairs_
        yield n_iter, _ending_in(cut, fitted)


def fit_iterations(
    estimator: Any, X: Array, y: Array, source: Array | None, target: Array | None
) -> Iterator[tuple[int, Any]]:
    """Fit an estimator, and yield it after each iteration, as it would be with no more.

    What fitting maps on its way, the whole spaces, is not mapped again for code that asks for the
    images of these.

    What is yielded is good until the next one is asked for.
    """
    estimator.n_features_in_, estimator.n_target_features_in_ = X.shape[1], y.shape[1]
    if isinstance(estimator, AlignerPipeline):
        *first, (name, last) = estimator._unfitted_steps()
        X, y, source, target = estimator._fit_first(first, True, X, y, source, target)
        for n_iter, cut in fit_iterations(last, X, y, source, target):
            estimator._keep([*first, (name, cut)])
            yield n_iter, estimator
        return
    sides = _images_of_both_sides()
    spaces = X if source is None else source, y if target is None else target
    mapped = estimator._fit_stages(X, y, source, target, map_last=False)
    for n_iter, images in enumerate(mapped, start=1):
        if n_iter < estimator.n_iter:
            for side, space, image in zip(sides, spaces, images, strict=True):
                side.keep(space, n_iter, image)
        yield n_iter, _first_iterations(estimator, n_iter, sides)


def _last_step(fitted: Any) -> InstaMapAligner:
    return fitted if isinstance(fitted, InstaMapAligner) else _last_step(fitted.steps_[-1][1])


def _ending_in(last: InstaMapAligner, fitted: Any) -> Any:
    """Return a copy of a fitted pipeline with another last step."""
    if isinstance(fitted, InstaMapAligner):
        return last
    cut = copy(fitted)
    name, old = fitted.steps_[-1]
    cut.steps_ = [*fitted.steps_[:-1], (name, _ending_in(last, old))]
    return cut


def _first_iterations(
    fitted: InstaMapAligner, n_iter: int, sides: tuple[StageImages, StageImages]
) -> InstaMapAligner:
    """Return a copy of a fitted aligner that has its first iterations only."""
    cut = copy(fitted)
    cut.n_iter = n_iter
    cut.stages_, cut.n_pairs_ = fitted.stages_[:n_iter], fitted.n_pairs_[:n_iter]
    cut._stage_images = sides
    return cut


def _images_of_both_sides() -> tuple[StageImages, StageImages]:
    return (
        StageImages(lambda stage, rows: stage._map_source(rows)),
        StageImages(lambda stage, rows: stage._map_target(rows)),
    )
