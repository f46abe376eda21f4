"""What the demonstration runs: the sample aligned in many ways, a row of figures for each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import pandas as pd
from sklearn.preprocessing import Normalizer, StandardScaler
from sklearn.utils import Bunch

from sklearn_instamap import (
    EmbeddingSpace,
    InstaMapAligner,
    KabschRotation,
    make_aligner_pipeline,
)
from sklearn_instamap._methods import find_method, set_everywhere
from sklearn_instamap._optional import install_command, is_installed
from sklearn_instamap.io import lookup_pairs
from sklearn_instamap.metrics import evaluate_bli

RAW = "Spaces as they are"
NORMALIZED = "Spaces normalized (unit length, mean zero, unit length)"
ROTATION = "rotation alone"
OTHERS = "Other systems, each on the spaces as they are (most normalize by themselves)"

# Systems that take minutes.
_SLOW = ("contrastive", "bliss")
_SLOW_NOTE = "takes minutes; instamap demo --slow runs it"


class Spaces(NamedTuple):
    """Two spaces and the vectors of the training pairs in them."""

    source: EmbeddingSpace
    target: EmbeddingSpace
    X: Any
    y: Any


@dataclass(frozen=True)
class Row:
    """One line of the table: a system, and its scores by `evaluate_bli`, or why it was not run."""

    group: str
    label: str
    scores: pd.DataFrame | None = None
    note: str = ""

    def figure(self, retrieval: str, name: str) -> float:
        """Return a figure of the unseen pairs, of a system that was run."""
        assert self.scores is not None
        return float(self.scores[name].loc[retrieval, "pair", "unseen"])


class DemoRuns:
    """The systems of the demonstration on the bundled sample; iterating over it runs them.

    ``aligner`` is the last InstaMap run by itself: with its defaults, on the normalized spaces.
    """

    def __init__(self, data: Bunch, n_jobs: int | None, slow: bool) -> None:
        self.data = data
        self.n_jobs = n_jobs
        self.slow = slow
        self.raw = Spaces(data.source, data.target, data.X, data.y)
        self.normalized = normalize_spaces(data)
        self.rows: list[Row] = []
        self.aligner = InstaMapAligner()

    def __iter__(self) -> Iterator[Row]:
        for row in self._all_rows():
            self.rows.append(row)
            yield row

    def _all_rows(self) -> Iterator[Row]:
        for group, spaces in ((RAW, self.raw), (NORMALIZED, self.normalized)):
            yield self._run(group, ROTATION, KabschRotation(), spaces)
            for update in ("replace", "augment"):
                yield from self._instamap(group, spaces, update)
        yield from self._others()

    def _instamap(self, group: str, spaces: Spaces, update: str) -> Iterator[Row]:
        aligner = InstaMapAligner(dictionary_update=update, n_jobs=self.n_jobs)
        aligner.fit(spaces.X, spaces.y, source_space=spaces.source, target_space=spaces.target)
        self.aligner = aligner
        stages = zip(
            aligner.staged_transform(spaces.source.vectors),
            aligner.staged_transform_target(spaces.target.vectors),
            strict=True,
        )
        for iteration, (source, target) in enumerate(stages, start=1):
            mapped = spaces.source.with_vectors(source), spaces.target.with_vectors(target)
            # The dictionary is updated after the first iteration, which is the same in both.
            if iteration > 1:
                label = f"InstaMap, {update}, iteration {iteration}"
                yield Row(group, label, self._score(*mapped))
            elif update == "replace":
                yield Row(group, "InstaMap, iteration 1", self._score(*mapped))

    def _others(self) -> Iterator[Row]:
        systems = {
            "procrustes": "Procrustes (PROC)",
            "vecmap": "VecMap",
            "rcsls": "RCSLS",
            "im-vecmap": "InstaMap on VecMap (IM∘VM)",
            "im-vecmap-midpoint": 'IM∘VM, preset "midpoint"',
            "contrastive": "Contrastive (C1)",
            "bliss": "BLISS",
        }
        for name, label in systems.items():
            method = find_method(name)
            if method.needs and not is_installed("torch"):
                yield Row(OTHERS, label, note=install_command("bliss"))
            elif name in _SLOW and not self.slow:
                yield Row(OTHERS, label, note=_SLOW_NOTE)
            else:
                aligner = method.make()
                set_everywhere(aligner, random_state=0)
                yield self._run(OTHERS, label, aligner, self.raw)

    def _run(self, group: str, label: str, aligner: Any, spaces: Spaces) -> Row:
        set_everywhere(aligner, n_jobs=self.n_jobs)
        mapped = aligner.fit_transform_spaces(spaces.X, spaces.y, spaces.source, spaces.target)
        return Row(group, label, self._score(*mapped))

    def _score(self, source: EmbeddingSpace, target: EmbeddingSpace) -> pd.DataFrame:
        return evaluate_bli(
            source,
            target,
            test_dictionary=self.data.test,
            train_dictionary=self.data.train,
            metric=("P@1", "P@5", "MRR"),
            n_jobs=self.n_jobs,
        )


def normalize_spaces(data: Bunch) -> Spaces:
    """Return the sample's spaces of unit length, mean zero and unit length again."""
    steps = make_aligner_pipeline(Normalizer(), StandardScaler(with_std=False), Normalizer())
    source, target = steps.fit_transform_spaces(data.X, data.y, data.source, data.target)
    X, y, _ = lookup_pairs(data.train, source, target)
    return Spaces(source, target, X, y)
