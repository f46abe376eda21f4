"""The iterations of InstaMap: what each is made of, and the images that earlier ones made."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.preprocessing import Normalizer

from sklearn_instamap._row_index import row_hashes
from sklearn_instamap.instamap._centering import SpaceCentering
from sklearn_instamap.instamap._rotation import KabschRotation
from sklearn_instamap.instamap._translation import InstanceTranslator
from sklearn_instamap.pipeline import AlignerPipeline

Array = NDArray[np.floating]


def make_iteration(
    *,
    n_neighbors: int,
    centering: str,
    n_components: int | None,
    step: float,
    normalization: tuple[str, ...],
    shared_space: str,
    bfloat16: bool,
    n_jobs: int | None,
    **others: Any,
) -> AlignerPipeline:
    """Return an unfitted iteration: the paper's method as a composition of its pieces.

    The parameters are those of `InstaMapAligner`.
    """
    steps: list[tuple[str, Any]] = []
    for place, action in enumerate(normalization):
        n_before = normalization[:place].count(action)
        name = f"{action}-{n_before + 1}" if n_before else action
        if action == "unit":
            steps.append((name, Normalizer()))
        else:
            center = SpaceCentering(centering, n_components=n_components, n_jobs=n_jobs)
            steps.append((name, center))
    translate = InstanceTranslator(
        n_neighbors,
        step=step,
        move="source" if shared_space == "target" else "both",
        bfloat16=bfloat16,
        n_jobs=n_jobs,
    )
    steps += [("rotate", KabschRotation(n_jobs=n_jobs)), ("translate", translate)]
    return AlignerPipeline(steps)


class StageImages:
    """Maps rows of one side through iterations, by ``apply(stage, rows)``, and remembers them.

    Rows are recognized by hashes of their values: an input that the caller changes in place is a
    different one, and inputs need not be kept.
    """

    def __init__(self, apply: Callable[[Any, Array], Array]) -> None:
        self._apply = apply
        # By the rows: the number of iterations, and the images after them.
        self._known: dict[tuple[Any, ...], tuple[int, Array]] = {}

    def keep(self, rows: Array, n_iter: int, image: Array) -> None:
        """Remember the images of rows after some iterations."""
        self._known[_key(rows)] = n_iter, image

    def map(self, rows: Array, stages: list[Any]) -> Array:
        """Return a copy of the images of rows after all iterations, some perhaps known."""
        key = _key(rows)
        done, image = self._known.get(key, (0, rows))
        if done > len(stages):
            done, image = 0, rows
        for stage in stages[done:]:
            image = self._apply(stage, image)
        self._known[key] = len(stages), image
        return image.copy()


def _key(rows: Array) -> tuple[Any, ...]:
    return rows.dtype.str, rows.shape, row_hashes(rows).tobytes()
