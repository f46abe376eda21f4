"""One ranker for all tests that only ask it."""

from __future__ import annotations

import pytest

from sklearn_instamap.datasets import load_en_de
from sklearn_instamap.lexicon import LexiconRanker
from sklearn_instamap.linear import ProcrustesAligner, VecMapAligner


@pytest.fixture(scope="session")
def en_de():
    return load_en_de()


@pytest.fixture(scope="session")
def ranker(en_de):
    return LexiconRanker([VecMapAligner(), ProcrustesAligner()], random_state=0).fit(
        en_de.train["source"],
        en_de.train["target"],
        source_space=en_de.source,
        target_space=en_de.target,
    )
