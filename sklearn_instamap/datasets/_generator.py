"""Generated pairs of embedding spaces, as alike or as different as wanted."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.random import RandomState
from numpy.typing import DTypeLike, NDArray
from scipy.special import softmax
from sklearn.metrics.pairwise import euclidean_distances
from sklearn.utils import Bunch

from sklearn_instamap._check import (
    check_count,
    check_dtype,
    check_flag,
    check_number,
    check_seed,
    reals,
)
from sklearn_instamap._space import EmbeddingSpace
from sklearn_instamap.datasets._bunch import bilingual_bunch

# Distance of a word from the center of its cluster, where centers are at distance 1 from zero.
_SPREAD = 0.5
# Places by which the frequency rank of a translation differs, as a share of the vocabulary.
_RANK_JITTER = 0.05


def make_bilingual_spaces(
    n_words: int = 2000,
    n_features: int = 50,
    *,
    n_target_features: int | None = None,
    n_train: int = 500,
    n_test: int = 200,
    overlap: float = 0.8,
    noise: float = 0.3,
    warp: float = 0.8,
    n_clusters: int = 100,
    dtype: DTypeLike = np.float32,
    as_frame: bool = False,
    random_state: int | RandomState | None = 0,
) -> Bunch:
    """Generate two embedding spaces that are isomorphic only as far as wanted.

    Source vectors lie in clusters, in few large and many small directions, as those of words do.
    The target space is the source space rotated, after every neighborhood has been shifted its
    own way (`warp`) and every word a little (`noise`); words without a translation are shuffled
    in on both sides, and frequency ranks agree only roughly. Without warp and noise a rotation
    aligns the spaces perfectly. Noise cannot be undone by any map. The warp cannot be undone by a
    rotation, but by translating instances as their neighbors are.

    Parameters
    ----------
    n_words : int, default=2000
        Words per space.
    n_features : int, default=50
        Dimensions of the source space.
    n_target_features : int, default=None
        Dimensions of the target space; None for as many as the source has. The larger space
        then lies in a subspace of as many dimensions as the smaller.
    n_train, n_test : int, default=500 and 200
        Pairs of the two dictionaries, which share no word: the most frequent translated words
        are for training, the next ones for testing.
    overlap : float, default=0.8
        Share of the words which have a translation.
    noise : float, default=0.3
        Length of the random change of a target vector, relative to the root mean square length
        of the vectors.
    warp : float, default=0.8
        Length of the smooth local shift of a target vector, relative likewise.
    n_clusters : int, default=100
        Clusters of words, and neighborhoods with their own shift. With more of them than
        dimensions no linear map can undo the warp.
    dtype : dtype, default=float32
        ``float32`` or ``float64``.
    as_frame : bool, default=False
        Give spaces, ``X`` and ``y`` as DataFrames indexed by word.
    random_state : int, RandomState instance or None, default=0
        Seed; the same one gives the same spaces.

    Returns
    -------
    :class:`~sklearn.utils.Bunch`
        A Bunch of these attributes.

        source, target : EmbeddingSpace, or DataFrame
            The spaces, most frequent word first. The words are ``s0000``, ``s0001``, … and
            ``t0000``, ``t0001``, …; equal numbers are translations of each other.
        train, test, lexicon : DataFrame
            The two dictionaries and that of all translations, columns ``source`` and
            ``target``, in the order of the source words' frequency.
        X, y : ndarray or DataFrame of shape (n_train, n_features) and (n_train, n_target_features)
            The vectors of the training pairs.

    Raises
    ------
    ValueError
        If a parameter is out of range, or fewer words have a translation than the dictionaries
        need.

    Examples
    --------
    >>> from sklearn_instamap.datasets import make_bilingual_spaces
    >>> data = make_bilingual_spaces(n_words=300, n_train=100, n_test=50)
    >>> data.source
    EmbeddingSpace(n_words=300, n_features=50, dtype=float32)
    >>> data.test.head(2)
      source target
    0  s0121  t0121
    1  s0122  t0122
    """
    n_target_features = n_features if n_target_features is None else n_target_features
    counts = {
        "n_words": n_words,
        "n_features": n_features,
        "n_target_features": n_target_features,
        "n_train": n_train,
        "n_test": n_test,
        "n_clusters": n_clusters,
    }
    for name, count in counts.items():
        check_count(name, count)
    check_number("noise", noise, reals(0))
    check_number("warp", warp, reals(0))
    check_number("overlap", overlap, reals(0, 1, closed="right"))
    dtype = check_dtype(dtype)
    check_flag("as_frame", as_frame)
    rng = check_seed(random_state)
    n_shared = round(n_words * overlap)
    if n_train + n_test > n_shared:
        raise ValueError(
            f"n_train + n_test = {n_train + n_test} pairs need as many translated words, but only "
            f"{n_shared} of {n_words} have a translation; lower them, or raise n_words or overlap."
        )

    # Concepts 0 … n_words - 1 are the source words by frequency; those after them are known to
    # the target only.
    n_concepts = 2 * n_words - n_shared
    n_dims = min(n_features, n_target_features)
    concepts, centers = _clustered_points(n_concepts, n_clusters, n_dims, rng)
    moved = concepts + warp * _smooth_shifts(concepts, centers, rng)
    translated = np.sort(rng.permutation(n_words)[:n_shared])
    target_concepts = _by_frequency(np.r_[translated, np.arange(n_words, n_concepts)], n_words, rng)

    source_vectors = concepts[:n_words] @ _isometry(n_dims, n_features, rng)
    target_vectors = moved[target_concepts] @ _isometry(n_dims, n_target_features, rng)
    noise_scale = noise * _rms_length(concepts) / np.sqrt(n_target_features)
    target_vectors += noise_scale * rng.standard_normal(target_vectors.shape)
    width = max(4, len(str(n_concepts - 1)))
    source = EmbeddingSpace(_names("s", np.arange(n_words), width), source_vectors.astype(dtype))
    target = EmbeddingSpace(_names("t", target_concepts, width), target_vectors.astype(dtype))
    lexicon = pd.DataFrame(
        {"source": _names("s", translated, width), "target": _names("t", translated, width)}
    )
    train = lexicon[:n_train]
    test = lexicon[n_train : n_train + n_test].reset_index(drop=True)
    return bilingual_bunch(source, target, train, test, as_frame=as_frame, lexicon=lexicon)


def _clustered_points(
    n_points: int, n_clusters: int, n_dims: int, rng: RandomState
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return points in clusters of unequal size, and the centers of the clusters."""
    centers = _gaussian((n_clusters, n_dims), rng)
    sizes = np.arange(1, n_clusters + 1) ** -0.5
    cluster = rng.choice(n_clusters, size=n_points, p=sizes / sizes.sum())
    return centers[cluster] + _SPREAD * _gaussian((n_points, n_dims), rng), centers


def _gaussian(shape: tuple[int, int], rng: RandomState) -> NDArray[np.float64]:
    """Return vectors of mean square length 1, in few large and many small directions."""
    scale = np.arange(1, shape[1] + 1) ** -0.5
    return rng.standard_normal(shape) * (scale / np.linalg.norm(scale))


def _smooth_shifts(
    points: NDArray[np.float64], centers: NDArray[np.float64], rng: RandomState
) -> NDArray[np.float64]:
    """Return a shift for each point, alike for near points, on average as long as the points.

    Every cluster has its own shift; a point's is their mean, weighted by a Gaussian of its
    distance from the clusters' centers.
    """
    weights = softmax(-euclidean_distances(points, centers, squared=True) / _SPREAD**2, axis=1)
    shifts = weights @ _gaussian(centers.shape, rng)
    return shifts * (_rms_length(points) / _rms_length(shifts))


def _by_frequency(concepts: NDArray[np.intp], n_words: int, rng: RandomState) -> NDArray[np.intp]:
    """Order the target's concepts: translations near their source's rank, others anywhere."""
    rank = np.where(concepts < n_words, concepts, rng.uniform(0, n_words, len(concepts)))
    return concepts[np.argsort(rank + _RANK_JITTER * n_words * rng.standard_normal(len(concepts)))]


def _isometry(n_rows: int, n_columns: int, rng: RandomState) -> NDArray[np.float64]:
    """Return a random matrix with orthonormal rows, which keeps lengths and angles."""
    q, r = np.linalg.qr(rng.standard_normal((n_columns, n_rows)))
    # The signs make the distribution uniform (Mezzadri, 2007).
    return (q * np.sign(np.diag(r))).T


def _rms_length(vectors: NDArray[np.float64]) -> float:
    return float(np.sqrt((vectors**2).sum(axis=1).mean()))


def _names(prefix: str, concepts: NDArray[np.intp], width: int) -> list[str]:
    return [f"{prefix}{concept:0{width}d}" for concept in concepts]
