"""InstaMap: rotate, translate each point, find new pairs, and again."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, clone
from sklearn.preprocessing import normalize
from sklearn.utils.validation import check_is_fitted

from sklearn_instamap._check import (
    MUTUAL_SIMILARITY,
    N_JOBS,
    NORMALIZATION,
    SHARED_SPACE,
    StrOptions,
    check_option,
    integers,
    invalid,
    reals,
)
from sklearn_instamap._engine import map_rows
from sklearn_instamap.base import AlignerMixin
from sklearn_instamap.instamap._expansion import DictionaryExpansion
from sklearn_instamap.instamap._iterations import StageImages, make_iteration
from sklearn_instamap.instamap._presets import PRESETS
from sklearn_instamap.instamap._translation import mean_cosine
from sklearn_instamap.instamap._way_back import iteration_parts, stage_way_back, way_through
from sklearn_instamap.pipeline import AlignerPipeline
from sklearn_instamap.progress import IterationDone, emit

Array = NDArray[np.floating]


class InstaMapAligner(AlignerMixin, BaseEstimator):
    """Align two spaces by rotations and instance-specific translations, iterated (InstaMap).

    Each of the ``n_iter`` iterations of [1]_

    1. centers each whole space by a full PCA (section 2.1),
    2. rotates the source onto the target over the dictionary (:class:`KabschRotation`,
       eqs. 1 and 2),
    3. moves each point by the cosine-weighted mean translation of its ``n_neighbors`` nearest
       dictionary entries, source points forward, target points back
       (:class:`InstanceTranslator`, eqs. 3 and 4),
    4. and, but after the last, takes the mutual nearest neighbors of the two spaces into the
       dictionary of the next (section 2.3).

    The iterations are :class:`AlignerPipeline` objects in ``stages_``; ``transform`` replays
    them point by point: any row gets the image it would get among the whole space.

    Parameters
    ----------
    n_neighbors : int, default=70
        Number K of dictionary entries that move a point.
    n_iter : int, default=4
        Number T of iterations.
    centering : {"pca", "mean"}, default="pca"
        How each space is centered in each iteration: the paper's PCA, or subtracting the mean.
        Both give the same cosines as long as the rotations found have the same sign of the
        determinant, which is a statement about a basis: the signs of principal components are
        arbitrary.
    n_components : int, default=None
        Number of principal components kept with ``centering="pca"``; None keeps all, as in the
        paper. 290 of 300 is what the authors' program does.
    dictionary_update : {"augment", "replace"} or None, default="augment"
        What the mutual nearest neighbors do to the dictionary: add to the given pairs (the
        paper's text), take their place (the authors' program), or nothing.
    mutual_similarity : {"cosine", "csls"}, default="cosine"
        What "nearest" means in the search for mutual nearest neighbors.
    csls_neighbors : int, default=10
        Neighborhood of CSLS, where ``mutual_similarity="csls"``.
    vocabulary_cutoff : int, default=None
        New pairs are looked for among this many first rows of each space, its most frequent
        words; None takes all, as in the paper.
    step : float, default=1.0
        Share of the translations that is applied; 0.5 lets both sides meet halfway.
    normalization : sequence of {"unit", "center"}, default=("center",)
        What is done to each space before each rotation, in this order: unit length, and
        centering as ``centering`` says. ``("unit", "center", "unit")`` suits spaces whose
        vectors differ in length; with ``()`` the spaces stay as they are.
    n_pair_iter : int, default=0
        Number of iterations before the first, in which both sides move by half steps; only the
        pairs that they find are kept, to serve where only source points move.
    shared_space : {"both", "target"}, default="both"
        With "target" only source points are moved, and land among the target's vectors as these
        were given: ``transform_target`` returns its rows, and a row of ``transform`` is compared
        with the raw ones. What the iterations did to the target is undone for the source:
        centering exactly, unit length by the mean length of the target's rows.
    bfloat16 : bool, default=False
        A faster way to the same neighbors, where the CPU has it: see
        :class:`InstanceTranslator`.
    n_jobs : int, default=None
        Number of threads that look for neighbors. None means 1 unless in a
        :func:`joblib.parallel_config` context, -1 all processors. The result does not depend
        on it.
    verbose : int, default=0
        Print a line after each iteration: pairs in the dictionary, the mean cosine of its
        pairs once rotated, and seconds.

    Attributes
    ----------
    stages_ : list of AlignerPipeline
        The fitted iterations, in order.
    way_back_ : list of ndarray of shape (n_stage_features + 1, n_target_features), or None
        For each number of iterations the affine map into the target's own coordinates, its last
        row the offset; None with ``shared_space="both"``.
    n_pairs_ : list of int
        Number of dictionary pairs each iteration used; those of ``n_pair_iter`` are not counted.
    mutual_pairs_ : ndarray of shape (n_mutual, 2)
        The induced lexicon: rows of the source and of the target space that were mutual nearest
        neighbors before the last iteration, and so part of its dictionary. Empty if
        ``dictionary_update=None``, or with ``n_iter=1`` and no ``n_pair_iter``.
    n_features_in_, n_target_features_in_ : int
        Dimensions of the two spaces. If they differ, the shared space has the target's (after
        centering) from the first iteration on.

    See Also
    --------
    make_aligner_pipeline : Puts InstaMap on top of another aligner, or normalization before it.
    sklearn_instamap.metrics.make_bli_scorer : Scores an aligner against a whole vocabulary.

    Notes
    -----
    Centering and new pairs come from the full spaces: pass them to ``fit``.

    Time is that of products: of both spaces with the dictionary, and with each other. Memory
    beyond the spaces and their images is bounded.

    References
    ----------
    .. [1] Glavaš, G. & Vulić, I. "Non-Linear Instance-Based Cross-Lingual Mapping for
       Non-Isomorphic Embedding Spaces", ACL 2020.

    Examples
    --------
    >>> from sklearn_instamap import InstaMapAligner
    >>> from sklearn_instamap.datasets import load_en_de
    >>> data = load_en_de()
    >>> X, y = load_en_de(return_X_y=True)
    >>> aligner = InstaMapAligner(n_iter=2)
    >>> aligner.fit(X, y, source_space=data.source, target_space=data.target)
    InstaMapAligner(n_iter=2)
    >>> aligner.transform(data.source)
    EmbeddingSpace(n_words=5000, n_features=300, dtype=float32)
    """

    # What the first iterations mapped already, of source and target: see `_stages`.
    _stage_images: tuple[StageImages, StageImages] | None = None
    _fitted_parts = iteration_parts

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "n_neighbors": [integers(1)],
        "n_iter": [integers(1)],
        "centering": [StrOptions({"pca", "mean"})],
        "n_components": [integers(1), None],
        "dictionary_update": [StrOptions({"augment", "replace"}), None],
        "mutual_similarity": MUTUAL_SIMILARITY,
        "csls_neighbors": [integers(1)],
        "vocabulary_cutoff": [integers(1), None],
        "step": [reals(0, 1, "both")],
        "n_pair_iter": [integers(0)],
        "shared_space": SHARED_SPACE,
        "normalization": NORMALIZATION,
        "bfloat16": ["boolean"],
        "n_jobs": N_JOBS,
        "verbose": ["verbose"],
    }

    def __init__(
        self,
        n_neighbors: int = 70,
        n_iter: int = 4,
        *,
        centering: str = "pca",
        n_components: int | None = None,
        dictionary_update: str | None = "augment",
        mutual_similarity: str = "cosine",
        csls_neighbors: int = 10,
        vocabulary_cutoff: int | None = None,
        step: float = 1.0,
        normalization: Sequence[str] = ("center",),
        n_pair_iter: int = 0,
        shared_space: str = "both",
        bfloat16: bool = False,
        n_jobs: int | None = None,
        verbose: int = 0,
    ) -> None:
        self.n_neighbors = n_neighbors
        self.n_iter = n_iter
        self.centering = centering
        self.n_components = n_components
        self.dictionary_update = dictionary_update
        self.mutual_similarity = mutual_similarity
        self.csls_neighbors = csls_neighbors
        self.vocabulary_cutoff = vocabulary_cutoff
        self.step = step
        self.normalization = normalization
        self.n_pair_iter = n_pair_iter
        self.shared_space = shared_space
        self.bfloat16 = bfloat16
        self.n_jobs = n_jobs
        self.verbose = verbose

    @classmethod
    def from_preset(cls, name: str, **parameters: Any) -> Self:
        """Make an aligner with named settings.

        Parameters
        ----------
        name : {"paper", "program", "midpoint", "target"}
            "paper": the paper's text, the defaults. "program": the authors' published program
            at T = 4: 290 principal components, the dictionary replaced. "midpoint": two iterations
            on unit vectors with half steps, new pairs by CSLS among the first 20,000 words.
            "target": the same, but only the source moves, by whole steps and 30 neighbors, among
            target vectors, after two iterations that only look for pairs.
        **parameters : dict
            Further parameters of the constructor, which take precedence.

        Returns
        -------
        InstaMapAligner
            An unfitted aligner.

        Raises
        ------
        ValueError
            If there is no preset of that name.

        Examples
        --------
        >>> from sklearn_instamap import InstaMapAligner
        >>> InstaMapAligner.from_preset("program", n_iter=3)
        InstaMapAligner(dictionary_update='replace', n_components=290, n_iter=3)
        """
        check_option("name", name, PRESETS)
        return cls(**(PRESETS[name] | parameters))

    def staged_transform(self, X: ArrayLike) -> Iterator[Array]:
        """Yield source rows after each iteration.

        The rows after iteration ``t`` are those of an aligner fitted with ``n_iter=t``: the
        best number of iterations is found at the price of the largest.

        Parameters
        ----------
        X : array-like of shape (n_rows, n_source_features)
            Source vectors.

        Yields
        ------
        ndarray of shape (n_rows, n_shared_features)
            The rows after iterations 1, 2, …, ``n_iter``.
        """
        check_is_fitted(self)
        rows = self._check_source(X)
        for n_iter, stage in enumerate(self.stages_, start=1):
            rows = stage._map_source(rows)
            yield self._land(rows, n_iter).copy()

    def staged_transform_target(self, y: ArrayLike) -> Iterator[Array]:
        """Yield target rows after each iteration.

        Parameters
        ----------
        y : array-like of shape (n_rows, n_target_features)
            Target vectors.

        Yields
        ------
        ndarray of shape (n_rows, n_shared_features)
            The rows after iterations 1, 2, …, ``n_iter``.
        """
        check_is_fitted(self)
        rows = self._check_target(y)
        for stage in self.stages_:
            rows = rows if self.shared_space == "target" else stage._map_target(rows)
            yield rows.copy()

    def _map_source(self, X: Array) -> Array:
        if self._stage_images is not None:
            X = self._stage_images[0].map(X, self.stages_)
        else:
            for stage in self.stages_:
                X = stage._map_source(X)
        return self._land(X, len(self.stages_))

    def _land(self, rows: Array, n_iter: int) -> Array:
        """Bring source rows, as so many iterations mapped them, to where the shared space is."""
        if self.way_back_ is None:
            return rows
        if self.normalization and self.normalization[-1] == "unit":
            rows = normalize(rows)
        way = self.way_back_[n_iter - 1].astype(rows.dtype, copy=False)
        return map_rows(rows, way[:-1], way[-1], n_jobs=self.n_jobs)

    def _map_target(self, y: Array) -> Array:
        if self.shared_space == "target":
            return y
        if self._stage_images is not None:
            return self._stage_images[1].map(y, self.stages_)
        for stage in self.stages_:
            y = stage._map_target(y)
        return y

    def _fit_pairs(self, X: Array, y: Array, source: Array | None, target: Array | None) -> None:
        for _ in self._fit_stages(X, y, source, target, map_last=False):
            pass

    def _fit_and_map(self, X: Array, y: Array, source: Array, target: Array) -> tuple[Array, Array]:
        mapped = source, target
        for mapped in self._fit_stages(X, y, source, target, map_last=True):  # noqa: B007
            pass
        landed = self._land(mapped[0], self.n_iter)
        return landed, target if self.shared_space == "target" else mapped[1]

    def _fit_stages(
        self, X: Array, y: Array, source: Array | None, target: Array | None, *, map_last: bool
    ) -> Iterator[tuple[Array, Array]]:
        """Fit stage by stage; after each, yield both spaces as mapped so far.

        The last stage maps them only if asked to.
        """
        source = X if source is None else source
        target = y if target is None else target
        expansion = DictionaryExpansion(
            X,
            y,
            source,
            target,
            update=self.dictionary_update,
            similarity=self.mutual_similarity,
            csls_neighbors=self.csls_neighbors,
            vocabulary_cutoff=self.vocabulary_cutoff,
            n_jobs=self.n_jobs,
        )
        if self.n_pair_iter:
            X, y = expansion.begin(self._found_pairs(X, y, source, target), source, target)
        self.stages_: list[AlignerPipeline] = []
        self.n_pairs_: list[int] = []
        self.way_back_: list[Array] | None = [] if self.shared_space == "target" else None
        ways: list[NDArray[np.float64]] = []
        for iteration in range(1, self.n_iter + 1):
            start = time.perf_counter()
            stage, unmapped = make_iteration(**self.get_params()), target
            more = iteration < self.n_iter
            if more or map_last:
                source, target = stage._fit_map_checked(X, y, source, target)
            else:
                stage._fit_checked(X, y, source, target)
            self.stages_.append(stage)
            self.n_pairs_.append(len(X))
            self._n_features_out = stage._n_features_out
            if self.way_back_ is not None:
                ways.append(stage_way_back(stage, unmapped))
                self.way_back_.append(way_through(ways).astype(X.dtype))
                self._n_features_out = self.n_target_features_in_
            self.mutual_pairs_ = expansion.pairs
            if more:
                X, y = expansion.advance(stage, source, target)
            self._report(iteration, time.perf_counter() - start)
            yield source, target

    def _found_pairs(self, X: Array, y: Array, source: Array, target: Array) -> NDArray[np.intp]:
        """Return the mutual nearest neighbors that iterations find in which both sides move."""
        search = clone(self).set_params(
            n_iter=self.n_pair_iter + 1, n_pair_iter=0, step=0.5, shared_space="both", verbose=0
        )
        search._fit_pairs(X, y, source, target)
        return search.mutual_pairs_

    def _report(self, iteration: int, seconds: float) -> None:
        translator = self.stages_[-1].named_steps_["translate"]
        agreement = mean_cosine(translator.source_pairs_, translator.target_pairs_)
        n_pairs = self.n_pairs_[-1]
        emit(IterationDone(iteration, self.n_iter, n_pairs, seconds, "mean cosine", agreement))
        if self.verbose:
            print(
                f"[InstaMapAligner] iteration {iteration}/{self.n_iter}: {n_pairs} pairs, mean "
                f"cosine {agreement:.3f} after the rotation, {seconds:.1f} s",
                flush=True,
            )

    def _doubts(self, n_pairs: int) -> Iterator[tuple[str, str]]:
        # Later iterations begin where this one ends. It rotates by itself.
        yield from (each for each in self.stages_[0]._doubts(n_pairs) if each[0] != "rotation")

    def _check_parameter_combinations(self) -> None:
        kept = self.n_components
        if self.centering == "mean" and kept is not None:
            raise invalid("n_components", "None where centering='mean', which keeps all", kept)
        if self.n_pair_iter and self.dictionary_update is None:
            raise invalid(
                "n_pair_iter", "0 where dictionary_update=None takes no pairs", self.n_pair_iter
            )
