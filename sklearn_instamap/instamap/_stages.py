"""A fitted InstaMap as it would be with fewer iterations, at no further fit."""

from __future__ import annotations

from collections.abc import Iterator
from copy import copy
from typing import Any

import joblib
import numpy as np
from numpy.typing import NDArray

from sklearn_instamap.instamap._aligner import InstaMapAligner
from sklearn_instamap.pipeline import AlignerPipeline

Array = NDArray[np.floating]


def instamap_prefix(estimator: Any, user: str) -> str:
    """Return what stands before the names of InstaMap's parameters in an estimator.

    Parameters
    ----------
    estimator : InstaMapAligner or AlignerPipeline
        The aligner, or a pipeline that ends in one.
    user : str
        Who asks, for the message.

    Returns
    -------
    str
        Nothing for an aligner, ``"<step>__"`` for a pipeline.

    Raises
    ------
    TypeError
        If the estimator neither is nor ends in an `InstaMapAligner`.
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

    Parameters
    ----------
    fitted : InstaMapAligner or AlignerPipeline
        A fitted aligner, or a fitted pipeline that ends in one.

    Yields
    ------
    n_iter : int
        The number of iterations.
    aligner : aligner
        Shares all fitted attributes it can with the original. It has no ``mutual_pairs_``, which
        is known of the last iteration only.
    """
    images = _Images()
    last = _last_step(fitted)
    for n_iter in range(1, len(last.stages_) + 1):
        cut = _FirstIterations._of(last, n_iter, images)
        del cut.mutual_pairs_
        yield n_iter, _ending_in(cut, fitted)


def fit_iterations(
    estimator: Any, X: Array, y: Array, source: Array | None, target: Array | None
) -> Iterator[tuple[int, Any]]:
    """Fit an estimator, and yield it after each iteration, as it would be with no more.

    What fitting maps on its way, the whole spaces, is not mapped again for code that asks for the
    images of these.

    Parameters
    ----------
    estimator : InstaMapAligner or AlignerPipeline
        An aligner, or a pipeline that ends in one.
    X, y : ndarray of shape (n_pairs, n_features)
        Checked rows of the dictionary.
    source, target : ndarray of shape (n_words, n_features) or None
        The checked whole spaces.

    Yields
    ------
    n_iter : int
        The number of iterations so far.
    aligner : aligner
        Good until the next one is asked for.
    """
    estimator.n_features_in_, estimator.n_target_features_in_ = X.shape[1], y.shape[1]
    if isinstance(estimator, AlignerPipeline):
        *first, (name, last) = estimator._unfitted_steps()
        X, y, source, target = estimator._fit_first(first, True, X, y, source, target)
        for n_iter, cut in fit_iterations(last, X, y, source, target):
            estimator._keep([*first, (name, cut)])
            yield n_iter, estimator
        return
    images = _Images()
    spaces = {
        "_map_source": X if source is None else source,
        "_map_target": y if target is None else target,
    }
    keys = {method: (method, joblib.hash(rows)) for method, rows in spaces.items()}
    mapped = estimator._fit_stages(X, y, source, target, map_last=False)
    for n_iter, sides in enumerate(mapped, start=1):
        if n_iter < estimator.n_iter:
            images.known.update(
                (keys[method], (n_iter, image)) for method, image in zip(spaces, sides, strict=True)
            )
        yield n_iter, _FirstIterations._of(estimator, n_iter, images)


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


class _Images:
    """Rows as the iterations applied last have mapped them.

    Rows are recognized by a digest of their values: an input that the caller changes in place is
    a different one, and inputs need not be kept.
    """

    def __init__(self) -> None:
        # By method and digest of the rows: the number of stages, and the images after them.
        self.known: dict[tuple[str, str], tuple[int, Array]] = {}

    def map(self, method: str, rows: Array, stages: list[AlignerPipeline]) -> Array:
        """Return the images of rows after all stages."""
        key = method, joblib.hash(rows)
        done, image = self.known.get(key, (0, rows))
        if done > len(stages):
            done, image = 0, rows
        for stage in stages[done:]:
            image = getattr(stage, method)(image)
        self.known[key] = len(stages), image
        # The caller may write into what it gets.
        return image.copy()


class _FirstIterations(InstaMapAligner):
    """The first iterations of a fitted aligner."""

    _images: _Images

    @classmethod
    def _of(cls, fitted: InstaMapAligner, n_iter: int, images: _Images) -> _FirstIterations:
        cut = cls()
        cut.__dict__.update(fitted.__dict__)
        cut.n_iter, cut._images = n_iter, images
        cut.stages_, cut.n_pairs_ = fitted.stages_[:n_iter], fitted.n_pairs_[:n_iter]
        return cut

    def _map_source(self, X: Array) -> Array:
        return self._land(self._images.map("_map_source", X, self.stages_), len(self.stages_))

    def _map_target(self, y: Array) -> Array:
        if self.shared_space == "target":
            return y
        return self._images.map("_map_target", y, self.stages_)
