"""One iteration of InstaMap: the paper's method as a composition of its pieces."""

from __future__ import annotations

from typing import Any

from sklearn.preprocessing import Normalizer

from sklearn_instamap.instamap._centering import SpaceCentering
from sklearn_instamap.instamap._rotation import KabschRotation
from sklearn_instamap.instamap._translation import InstanceTranslator
from sklearn_instamap.pipeline import AlignerPipeline


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
    """Return an unfitted iteration; the parameters are those of `InstaMapAligner`."""
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
