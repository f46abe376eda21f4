"""Rankers by name, as benchmarks run them beside single maps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sklearn_instamap._methods import plain_name
from sklearn_instamap._space import EmbeddingSpace
from sklearn_instamap.lexicon._ranker import LexiconRanker

# What tables call them, and their parameters. The geometry of maps alone: no spelling anywhere.
# Without a look-up unless the name says so: test pairs that are training pairs would be answered
# from the dictionary.
NAMED: dict[str, dict[str, Any]] = {
    "ranker (geometry)": {
        "features": ("geometry", "bands", "mean", "frequency", "headwords", "anchors"),
        "spelling_pairs": None,
        "known_pairs": "ranked",
    },
    "ranker": {"known_pairs": "ranked"},
    "ranker (known pairs first)": {},
}


def ranker_label(name: Any) -> str | None:
    """Return what tables call a ranker given by any spelling of its name; None if it is none."""
    plain = {plain_name(label): label for label in NAMED}
    return plain.get(plain_name(name)) if isinstance(name, str) else None


def named_ranker(label: str) -> LexiconRanker:
    """Return an unfitted ranker by what tables call it."""
    return LexiconRanker(**NAMED[label])


def ranks_by_ranker(
    ranker: LexiconRanker,
    source_space: EmbeddingSpace,
    target_space: EmbeddingSpace,
    test: pd.DataFrame,
) -> NDArray[np.intp]:
    """Return the ranks of test pairs among all target words.

    They are 0 for a pair out of vocabulary. A translation that is no candidate has the rank of the
    last target word.
    """
    inside = source_space.indices(test["source"]) >= 0
    inside &= target_space.indices(test["target"]) >= 0
    words: Sequence[str] = list(test.loc[inside, "source"].unique())
    found = ranker.rank(words, None)
    rank = dict(zip(zip(found["source"], found["target"], strict=True), found["rank"], strict=True))
    last = target_space.n_words
    pairs = zip(test["source"], test["target"], strict=True)
    ranks = np.array([rank.get(pair, last) for pair in pairs], dtype=np.intp)
    return np.where(inside, ranks, 0)
