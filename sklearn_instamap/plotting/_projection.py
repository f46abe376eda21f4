"""From all dimensions to two: which pairs are shown, and where they stand in each panel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import orthogonal_procrustes
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA
from sklearn.metrics.pairwise import paired_cosine_distances

from sklearn_instamap.plotting._snapshots import Snapshot

Array = NDArray[np.floating]

_PAIRS_PER_CLUSTER = 4


@dataclass(frozen=True)
class SpacePanel:
    """One moment of an alignment, in two dimensions.

    Row i of the target's points translates row i of the source's. The mean cosine is of all
    ``n_pairs`` pairs of the dictionary, in all dimensions; ``explained`` is the share of the
    variance of the points' vectors that the two dimensions hold.
    """

    title: str
    source: Array
    target: Array
    mean_cosine: float
    n_pairs: int
    explained: float


def choose_pairs(
    before: Snapshot, n_pairs: int, random_state: int | np.random.RandomState | None
) -> NDArray[np.intp]:
    """Return the pairs to show: groups of related words, chosen before alignment."""
    both = np.hstack([before.source, before.target])
    if n_pairs >= len(both):
        return np.arange(len(both))
    n_clusters = max(1, n_pairs // _PAIRS_PER_CLUSTER)
    clusters = KMeans(n_clusters, n_init=10, random_state=random_state).fit(both)
    distance = clusters.transform(both)[np.arange(len(both)), clusters.labels_]
    # The nearest to each center first, then the second nearest to each, and so on.
    order = np.lexsort((distance, clusters.labels_))
    place = np.concatenate([np.arange(size) for size in np.bincount(clusters.labels_)])
    return order[np.argsort(place, kind="stable")][:n_pairs]


def project(moments: Sequence[Snapshot], shown: NDArray[np.intp]) -> list[SpacePanel]:
    """Bring the pairs to two dimensions at each moment."""
    panels: list[SpacePanel] = []
    like: Array | None = None
    # From the last moment back, so that the alignment's result decides which way is up.
    for group in reversed(_by_basis(moments)):
        stacks = [np.vstack(_same_width(each.source[shown], each.target[shown])) for each in group]
        # Moments in one basis share their axes: what moves in the picture has moved.
        pca = PCA(2, svd_solver="full").fit(np.vstack(stacks))
        flat = [pca.transform(stack) for stack in stacks]
        # The orientation of a basis says nothing: each is turned like the one after it.
        turn = np.eye(2) if like is None else orthogonal_procrustes(flat[-1], like)[0]
        like = flat[0] @ turn
        explained = float(pca.explained_variance_ratio_.sum())
        panels = [
            SpacePanel(
                moment.title,
                points[: len(shown)] @ turn,
                points[len(shown) :] @ turn,
                mean_cosine=_mean_cosine(moment),
                n_pairs=len(moment.source),
                explained=explained,
            )
            for moment, points in zip(group, flat, strict=True)
        ] + panels
    return panels


def _by_basis(moments: Sequence[Snapshot]) -> list[list[Snapshot]]:
    groups: list[list[Snapshot]] = []
    for moment in moments:
        if moment.same_basis:
            groups[-1].append(moment)
        else:
            groups.append([moment])
    return groups


def _mean_cosine(moment: Snapshot) -> float:
    return float(1 - paired_cosine_distances(*_same_width(moment.source, moment.target)).mean())


def _same_width(source: Array, target: Array) -> tuple[Array, Array]:
    """Return both sides in the dimensions of the wider one."""
    width = max(source.shape[1], target.shape[1])
    source, target = (
        np.pad(side, ((0, 0), (0, width - side.shape[1]))) for side in (source, target)
    )
    return source, target
