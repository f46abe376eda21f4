"""A small bilingual world, and one ranker for all tests that only ask it."""

from __future__ import annotations

import pytest
from sklearn.utils import Bunch

from sklearn_instamap.datasets import load_en_de
from sklearn_instamap.io import lookup_pairs
from sklearn_instamap.lexicon import LexiconRanker
from sklearn_instamap.linear import ProcrustesAligner, VecMapAligner


@pytest.fixture(scope="session")
def en_de():
    """The 2,500 most frequent words of the sample, and its pairs among them."""
    data = load_en_de()
    source, target = (space.select(range(2500)) for space in (data.source, data.target))
    train, test = (
        lookup_pairs(pairs, source, target)[2].pairs for pairs in (data.train, data.test)
    )
    X, y, _ = lookup_pairs(train, source, target)
    return Bunch(source=source, target=target, train=train, test=test, X=X, y=y)


@pytest.fixture(scope="session")
def ranker(en_de):
    return LexiconRanker([VecMapAligner(), ProcrustesAligner()], random_state=0).fit(
        en_de.train["source"],
        en_de.train["target"],
        source_space=en_de.source,
        target_space=en_de.target,
    )
