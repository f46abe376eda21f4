"""How far two spaces are from being rotations of each other, without aligning them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.cluster.hierarchy import linkage
from scipy.linalg import eigvalsh
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components, laplacian
from scipy.spatial.distance import pdist

from sklearn_instamap._check import check_count, check_n_jobs
from sklearn_instamap._engine._normalization import SpaceNormalization
from sklearn_instamap._space_like import SpaceLike, space_vectors
from sklearn_instamap.metrics._hubness import nearest_others
from sklearn_instamap.metrics._maps import Array

# What both papers' programs do first: lengths and the space's mean say nothing about its shape.
_NORMALIZATION = ("unit", "center", "unit")
# Share of the sum of its eigenvalues that is compared of a Laplacian.
_ENERGY = 0.9


def eigenvector_similarity(
    source_space: SpaceLike,
    target_space: SpaceLike,
    *,
    vocabulary_cutoff: int | None = 10_000,
    n_neighbors: int = 1,
    n_jobs: int | None = None,
) -> float:
    r"""Compare the Laplacian spectra of the nearest neighbor graphs of two spaces.

    Two words are joined where one is among the ``n_neighbors`` nearest of the other, by cosine.
    With :math:`\lambda_1 \ge \lambda_2 \ge \dots` the eigenvalues of the graphs' Laplacians,

    .. math:: \Delta = \sum_{i=1}^{k} (\lambda_{s,i} - \lambda_{t,i})^2,

    where k is the smallest number such that the k largest eigenvalues make up 90 % of the sum,
    in the graph that needs fewer [1]_. Though called a similarity it is a distance: 0 for
    isomorphic graphs, without an upper bound, and growing with ``vocabulary_cutoff``. Neither a
    dictionary nor equal dimensions are needed.

    Parameters
    ----------
    source_space, target_space : EmbeddingSpace, DataFrame or ndarray of shape (n_words, n_features)
        The two monolingual spaces, most frequent word first.
    vocabulary_cutoff : int or None, default=10_000
        How many of the most frequent words of either space to compare; as many as the smaller
        has, if it has fewer; None for all of them.
    n_neighbors : int, default=1
        Neighbors of a word in the graph. With more than a few nearly all words are connected,
        and time grows with the cube of ``vocabulary_cutoff``, memory with its square.
    n_jobs : int or None, default=None
        Number of threads of the neighbor search, as in scikit-learn.

    Returns
    -------
    float
        The sum of squared differences, at least 0.

    Raises
    ------
    ValueError
        If a parameter is out of range, or a space has not more than ``n_neighbors`` words.

    See Also
    --------
    relational_similarity : Compares the similarities of translated words.
    gromov_hausdorff : Compares distances at all scales.

    Notes
    -----
    Vectors are normalized to unit length, centered by the mean of their whole space and
    normalized again, as in [2]_, from which the defaults are. The program of [2]_ takes the
    eigenvalues in increasing order, and so compares the smallest ones; this follows the text.

    References
    ----------
    .. [1] A. Søgaard, S. Ruder, I. Vulić. On the limitations of unsupervised bilingual
       dictionary induction. ACL 2018, section 2.3.
    .. [2] I. Vulić, S. Ruder, A. Søgaard. Are all good word vector spaces isomorphic?
       EMNLP 2020, section 2.

    Examples
    --------
    >>> from sklearn_instamap.datasets import load_en_de
    >>> from sklearn_instamap.metrics import eigenvector_similarity
    >>> data = load_en_de()
    >>> eigenvector_similarity(data.source, data.source)
    0.0
    >>> eigenvector_similarity(data.source, data.target) > 1
    True
    """
    n_neighbors = check_count("n_neighbors", n_neighbors)
    check_n_jobs(n_jobs)
    spectra = [
        _laplacian_spectrum(nearest_others(rows, n_neighbors, n_jobs))
        for rows in _frequent(source_space, target_space, vocabulary_cutoff)
    ]
    k = min(_n_leading(spectrum) for spectrum in spectra)
    return float(((spectra[0][:k] - spectra[1][:k]) ** 2).sum())


def _laplacian_spectrum(neighbors: NDArray[np.intp]) -> NDArray[np.float64]:
    """Return the Laplacian's eigenvalues, in decreasing order, of a graph given as lists."""
    n, k = neighbors.shape
    rows = np.repeat(np.arange(n), k)
    arcs = csr_array((np.ones(n * k), (rows, neighbors.ravel())), shape=(n, n))
    graph = arcs.maximum(arcs.T)
    # The Laplacian falls into one block for each connected component, and its spectrum into
    # those of the blocks: many small problems instead of a large one, without any rounding.
    _, component = connected_components(graph, directed=False)
    order = np.argsort(component, kind="stable")
    ends = np.cumsum(np.bincount(component))
    blocks = np.split(order, ends[:-1])
    values = [eigvalsh(laplacian(graph[block][:, block].toarray())) for block in blocks]
    return np.sort(np.concatenate(values))[::-1]


def _n_leading(spectrum: NDArray[np.float64]) -> int:
    """How many of the largest eigenvalues make up most of their sum."""
    shares = np.cumsum(spectrum) / spectrum.sum()
    # Rounding must not add one where the share is met exactly.
    return 1 + int(np.argmax(shares >= _ENERGY - 1e-12))


def relational_similarity(X: SpaceLike, y: SpaceLike) -> float:
    r"""Correlate the similarities of words in one language with those of their translations.

    For all :math:`i < j` take the cosine of words i and j in the source space, and that of their
    translations in the target space: RSIM [1]_ is Pearson's correlation of the two lists. It is
    1 where a rotation maps the pairs onto each other, and near 0 for unrelated spaces.

    Parameters
    ----------
    X : array-like of shape (n_pairs, n_source_features), DataFrame or EmbeddingSpace
        Source vectors of the dictionary's pairs (:func:`~sklearn_instamap.io.lookup_pairs`).
    y : array-like of shape (n_pairs, n_target_features), DataFrame or EmbeddingSpace
        Target vectors; row ``i`` translates row ``i`` of ``X``. A word that stands in several
        pairs stands in them all, and is compared with itself, too.

    Returns
    -------
    float
        Between -1 and 1; nan where all cosines of a side are equal, as of two pairs.

    Raises
    ------
    ValueError
        If the numbers of rows differ, or there are fewer than two.

    See Also
    --------
    eigenvector_similarity, gromov_hausdorff : Need no dictionary.

    Notes
    -----
    The lists have :math:`n (n - 1) / 2` entries, yet they are neither made nor sampled: all
    moments follow from products of as many rows and columns as there are dimensions, so that the
    result is exact for a dictionary of any size.

    References
    ----------
    .. [1] I. Vulić, S. Ruder, A. Søgaard. Are all good word vector spaces isomorphic?
       EMNLP 2020, section 2.

    Examples
    --------
    >>> from sklearn_instamap.datasets import load_en_de
    >>> from sklearn_instamap.metrics import relational_similarity
    >>> X, y = load_en_de(return_X_y=True)
    >>> 0.2 < relational_similarity(X, y) < 0.8
    True
    """
    sides = [_unit(space_vectors(X, "X")), _unit(space_vectors(y, "y"))]
    n = len(sides[0])
    if len(sides[1]) != n:
        raise ValueError(
            f"X has {n} rows and y has {len(sides[1])}; row i of y must translate row i of X."
        )
    if n < 2:
        raise ValueError("relational_similarity compares pairs with each other; give at least 2.")
    n_cosines = n * (n - 1) / 2
    squares = [np.einsum("ij,ij->i", side, side) for side in sides]
    # With C = U Uᵀ the sum over i < j is half of what is off the diagonal, whose entries are
    # the squared lengths. The sum of C is |Σ u|², and that of C ∘ D is ‖Uᵀ V‖².
    means = [
        (np.square(side.sum(axis=0)).sum() - square.sum()) / 2 / n_cosines
        for side, square in zip(sides, squares, strict=True)
    ]

    def covariance(a: int, b: int) -> float:
        products = np.square(sides[a].T @ sides[b]).sum() - squares[a] @ squares[b]
        return products / 2 / n_cosines - means[a] * means[b]

    variances = covariance(0, 0), covariance(1, 1)
    # Below this the variance is the rounding of the difference.
    if min(variances) <= 1e-14:
        return float("nan")
    return float(np.clip(covariance(0, 1) / np.sqrt(variances[0] * variances[1]), -1, 1))


def _unit(vectors: Array) -> Array:
    return SpaceNormalization(["unit"], vectors)(vectors.astype(np.float64))


def gromov_hausdorff(
    source_space: SpaceLike, target_space: SpaceLike, *, vocabulary_cutoff: int | None = 5_000
) -> float:
    r"""Bound how far two spaces are from isometry, by their persistence diagrams.

    The Gromov–Hausdorff distance of two sets of points is that to which they can be laid upon
    each other without stretching; it cannot be computed, but it is at least half of the
    *bottleneck distance* of the diagrams of their Vietoris–Rips complexes [2]_, which is what
    BLISS reports [1]_ and what this returns. The diagrams are those of dimension 0: at which
    distance groups of words merge. It is 0 for spaces that are rotations of each other.

    Parameters
    ----------
    source_space, target_space : EmbeddingSpace, DataFrame or ndarray of shape (n_words, n_features)
        The two monolingual spaces, most frequent word first. Their dimensions may differ.
    vocabulary_cutoff : int or None, default=5_000
        How many of the most frequent words of either space to compare; as many as the smaller
        has, if it has fewer; None for all of them. Time and memory grow with its square:
        100 MB for 5,000.

    Returns
    -------
    float
        The bottleneck distance, from 0 to 1.

    Raises
    ------
    ValueError
        If a parameter is out of range, or a space has fewer than two words.

    See Also
    --------
    eigenvector_similarity : Compares neighbor graphs.
    relational_similarity : Compares the similarities of translated words.

    Notes
    -----
    As in [1]_ the vectors are normalized to unit length, centered by the mean of their whole
    space and normalized again; distances are Euclidean, :math:`\sqrt{2 - 2 \cos}`. The authors'
    notebook gives the matrix of these distances to gudhi in the place of points, so that its
    figures are on another scale; this follows the text.

    References
    ----------
    .. [1] B. Patra, J. R. A. Moniz, S. Garg, M. R. Gormley, G. Neubig. Bilingual lexicon
       induction with semi-supervision in non-isometric embedding spaces. ACL 2019, section 2.
    .. [2] F. Chazal, D. Cohen-Steiner, L. J. Guibas, F. Mémoli, S. Y. Oudot. Gromov–Hausdorff
       stable signatures for shapes using persistence. Computer Graphics Forum 28(5), 2009.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_instamap.datasets import load_en_de
    >>> from sklearn_instamap.metrics import gromov_hausdorff
    >>> data = load_en_de()
    >>> 0 < gromov_hausdorff(data.source, data.target, vocabulary_cutoff=500) < 0.5
    True
    """
    first, second = (
        _merge_distances(rows) for rows in _frequent(source_space, target_space, vocabulary_cutoff)
    )
    return bottleneck_distance(first, second)


def _merge_distances(rows: Array) -> NDArray[np.float64]:
    """Return at which distances the components of the Vietoris–Rips complex merge.

    Every point is a component from distance 0 on; two merge at the length of the shortest edge
    between them. So the deaths are the edges of the minimum spanning tree, which are the
    heights of single linkage.
    """
    return linkage(pdist(rows.astype(np.float64, copy=False)), method="single")[:, 2]


def bottleneck_distance(deaths: NDArray[np.float64], others: NDArray[np.float64]) -> float:
    """Return the exact bottleneck distance of two diagrams of dimension 0, all births 0.

    The component that never dies is left out of both, as it only matches its like. A match of
    deaths a and b costs |a - b|, one left to the diagonal half of itself, and the distance is
    the least possible largest cost.

    Some best matching pairs the k largest of one side with the k largest of the other, in
    order, for some k, and leaves all else to the diagonal. First, where a < a' and a is
    matched, with b, but a' is not, the cost does not grow if a' takes b and a is left: then a
    costs a / 2 < a' / 2, and |a' - b| is at most |a - b| where b > a', and at most a' / 2 where
    a' / 2 <= b <= a'; where b < a' / 2, leave a, a' and b, at most a' / 2 each. Either step
    moves matches to larger deaths or ends one, so that this ends. Second, crossed
    matches may be uncrossed: for a <= a' and b <= b' the larger of |a - b| and |a' - b'| is at
    most that of |a - b'| and |a' - b|.
    """
    first, second = np.sort(deaths)[::-1], np.sort(others)[::-1]
    most = min(len(first), len(second))
    # Entry k is the cost with k matches: of the matches, and of the largest one left.
    matched = np.maximum.accumulate(np.r_[0, np.abs(first[:most] - second[:most])])
    left = np.maximum(np.r_[first, 0][: most + 1], np.r_[second, 0][: most + 1]) / 2
    return float(np.maximum(matched, left).min())


def _frequent(
    source_space: SpaceLike, target_space: SpaceLike, vocabulary_cutoff: int | None
) -> list[Array]:
    """Return the normalized vectors of equally many frequent words of both spaces."""
    spaces = [
        space_vectors(source_space, "source_space"),
        space_vectors(target_space, "target_space"),
    ]
    most = min(len(space) for space in spaces)
    if vocabulary_cutoff is not None:
        most = min(most, check_count("vocabulary_cutoff", vocabulary_cutoff))
    if most < 2:
        raise ValueError("Spaces are compared by at least 2 words of each.")
    return [SpaceNormalization(_NORMALIZATION, space)(space[:most]) for space in spaces]
