"""Pairs on their way through a fitted aligner: where they are before, between and after."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sklearn_instamap._steps import TwoSidedTransformer
from sklearn_instamap.base import AlignerMixin
from sklearn_instamap.instamap._aligner import InstaMapAligner
from sklearn_instamap.instamap._aligner_cv import InstaMapAlignerCV
from sklearn_instamap.instamap._rotation import KabschRotation
from sklearn_instamap.pipeline import AlignerPipeline

Array = NDArray[np.floating]


class Snapshot(NamedTuple):
    """Both sides of some pairs at one moment; the title is what has just happened.

    In the same basis coordinates mean what they meant in the snapshot before.
    """

    title: str
    source: Array
    target: Array
    same_basis: bool


def snapshots(aligner: AlignerMixin, source: Array, target: Array) -> list[Snapshot]:
    """Follow pairs through an aligner.

    Normalization and centering belong to what comes before alignment. Of InstaMap, there is a
    snapshot after the first rotation, after the first translation, and after the last iteration.
    """
    found = [Snapshot("Before", source, target, False)]
    for title, piece in _pieces(aligner):
        source, target = piece._map_source(source), piece._map_target(target)
        if isinstance(piece, TwoSidedTransformer) and len(found) == 1:
            found[0] = found[0]._replace(source=source, target=target)
        elif title:
            found.append(Snapshot(title, source, target, title == _TRANSLATED))
    return found


_TRANSLATED = "Translated"


def _pieces(aligner: Any) -> Iterator[tuple[str, Any]]:
    """Yield what an aligner is made of, in order, and how to call a snapshot after it, if any."""
    if isinstance(aligner, AlignerPipeline):
        for _, step in aligner.steps_:
            yield from _pieces(step)
    elif isinstance(aligner, InstaMapAligner):
        yield from _instamap_pieces(aligner)
    elif isinstance(aligner, InstaMapAlignerCV):
        yield from _pieces(aligner.best_estimator_)
    elif isinstance(aligner, TwoSidedTransformer):
        yield "", aligner
    elif isinstance(aligner, KabschRotation):
        yield "Rotated", aligner
    else:
        yield type(aligner).__name__.removesuffix("Aligner"), aligner


def _instamap_pieces(aligner: InstaMapAligner) -> Iterator[tuple[str, Any]]:
    first = {"rotate": "Rotated", "translate": _TRANSLATED}
    n_iter = len(aligner.stages_)
    for iteration, stage in enumerate(aligner.stages_, start=1):
        for name, piece in stage.steps_:
            title = first.get(name, "") if iteration == 1 else ""
            if name == "translate" and iteration == n_iter > 1:
                title = f"After {n_iter} iterations"
            yield title, piece
