"""The maps of a ranker: aligners fitted on the pairs of a fold, by name, cached."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
from joblib import Memory
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, clone

from sklearn_instamap._space import EmbeddingSpace
from sklearn_instamap._wording import kind_of
from sklearn_instamap.instamap._aligner import InstaMapAligner
from sklearn_instamap.lexicon._neighborhoods import Neighborhoods, Rows
from sklearn_instamap.linear import VecMapAligner
from sklearn_instamap.pipeline import make_aligner_pipeline

# InstaMap's new pairs are looked for among so many of the most frequent words: half as many as the
# preset has cost no accuracy (benchmarks/RESULTS.md), and maps are fitted four times here.
_CUTOFF = 10_000


def default_aligners() -> list[tuple[str, BaseEstimator]]:
    """Return the maps where none are given.

    Two that err differently: cognates are found in the first one, and fit the second one.
    `benchmarks/lexicon_choices.md` compares them with others.
    """
    first, second = (
        InstaMapAligner.from_preset("midpoint", vocabulary_cutoff=_CUTOFF) for _ in range(2)
    )
    return [("InstaMap", first), ("IM∘VM", make_aligner_pipeline(VecMapAligner(), second))]


def check_aligners(aligners: Any) -> list[tuple[str, BaseEstimator]]:
    """Return the aligners and their names; refuse what is not a list of aligners."""
    if aligners is None:
        return default_aligners()
    if not isinstance(aligners, Sequence) or isinstance(aligners, str) or not len(aligners):
        raise ValueError(
            "aligners must be a list of aligners or of (name, aligner), or None, got "
            f"{type(aligners).__name__}."
        )
    named: list[tuple[str, BaseEstimator]] = []
    for each in aligners:
        name, aligner = each if isinstance(each, tuple) and len(each) == 2 else (None, each)
        if isinstance(aligner, type) or not hasattr(aligner, "fit_transform_spaces"):
            raise TypeError(
                "aligners must hold aligners, which have fit_transform_spaces; got "
                f"{kind_of(aligner)}."
            )
        named.append((_name(aligner) if name is None else str(name), aligner))
    names = [name for name, _ in named]
    return [
        (name if names.count(name) == 1 else f"{name} {1 + names[:place].count(name)}", aligner)
        for place, (name, aligner) in enumerate(named)
    ]


class MembersMixin:
    """Mixin of `LexiconRanker`: parameters of aligners that are given with their names.

    scikit-learn's own composition takes lists alone of which all have names.
    """

    aligners: Any

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the parameters, with those of aligners given as (name, aligner).

        Parameters
        ----------
        deep : bool, default=True
            Whether aligners stand under their names, and their parameters under
            ``name__parameter``, too.

        Returns
        -------
        dict
            Names and values.
        """
        params = super().get_params(deep)  # type: ignore[misc]
        inner: dict[str, Any] = {}
        for name, aligner in self._named() if deep else ():
            own = aligner.get_params().items()
            inner |= {name: aligner} | {f"{name}__{parameter}": value for parameter, value in own}
        return inner | params

    def set_params(self, **params: Any) -> Self:
        """Set parameters, with those of aligners given as (name, aligner).

        Parameters
        ----------
        **params : dict
            Names and values: ``name`` is another aligner in the place of one,
            ``name__parameter`` a parameter of it.

        Returns
        -------
        self : object
            The ranker.
        """
        own = self.get_params(deep=False)
        self.aligners = params.pop("aligners", self.aligners)
        for name in [name for name, _ in self._named() if name in params and name not in own]:
            new = name, params.pop(name)
            self.aligners = [
                new if isinstance(each, tuple) and each[0] == name else each
                for each in self.aligners
            ]
        return super().set_params(**params)  # type: ignore[misc]

    def _named(self) -> list[tuple[str, Any]]:
        given = self.aligners if isinstance(self.aligners, list | tuple) else ()
        return [
            each
            for each in given
            if isinstance(each, tuple)
            and len(each) == 2
            and isinstance(each[0], str)
            and isinstance(each[1], BaseEstimator)
        ]


def _name(aligner: Any) -> str:
    steps = getattr(aligner, "steps", None)
    kinds = [step for _, step in steps] if steps else [aligner]
    return "-".join(type(kind).__name__.removesuffix("Aligner") for kind in kinds)


def fit_map(
    aligner: BaseEstimator,
    source: EmbeddingSpace,
    target: EmbeddingSpace,
    rows: Rows,
    columns: Rows,
    *,
    memory: Memory,
    csls_neighbors: int,
    random_state: int | None,
    n_jobs: int | None,
) -> Neighborhoods:
    """Fit an aligner on some pairs, and look every word's neighbors up in its shared space.

    Maps are cached in ``memory``, with the neighbors in them. Seed and threads are those of an
    aligner that has none.
    """
    own = _with_default(clone(aligner), "random_state", random_state)
    fitted = memory.cache(_neighborhoods, ignore=["n_jobs"])
    return fitted(own, source.vectors, target.vectors, rows, columns, csls_neighbors, n_jobs)


def _neighborhoods(
    aligner: Any,
    source: NDArray[np.floating],
    target: NDArray[np.floating],
    rows: Rows,
    columns: Rows,
    csls_neighbors: int,
    n_jobs: int | None,
) -> Neighborhoods:
    """Return both spaces as mapped by an aligner fitted on some pairs, and their neighbors."""
    # Only here: the map does not depend on it, nor does what is cached.
    aligner = _with_default(aligner, "n_jobs", n_jobs)
    x, y = aligner.fit_transform_spaces(source[rows], target[columns], source, target)
    return Neighborhoods.of(np.asarray(x), np.asarray(y), csls_neighbors, n_jobs)


def _with_default(aligner: BaseEstimator, name: str, value: Any) -> BaseEstimator:
    """Set a parameter that an aligner leaves at None."""
    for parameter, given in aligner.get_params().items():
        if parameter.rpartition("__")[2] == name and given is None:
            aligner.set_params(**{parameter: value})
    return aligner
