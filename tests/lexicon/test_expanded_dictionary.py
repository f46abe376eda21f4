"""Self-training with confidence: what joins a dictionary is mostly right."""

from __future__ import annotations

import numpy as np
import pytest

from sklearn_instamap.lexicon import LexiconRanker, expand_dictionary
from sklearn_instamap.linear import VecMapAligner


@pytest.fixture(scope="module")
def few(en_de):
    """The training pairs; those of the test can tell what is right."""
    return en_de.train


def expand(few, en_de, **options):
    return expand_dictionary(
        few["source"],
        few["target"],
        source_space=en_de.source,
        target_space=en_de.target,
        ranker=LexiconRanker([VecMapAligner()], random_state=0),
        **options,
    )


def test_pairs_are_taken_from_the_top_and_are_mostly_right(en_de, few):
    more = expand(few, en_de, min_precision=0.8)
    taken = more[~more["known"]]
    assert more["known"].sum() == len(few)
    assert len(taken) > 30
    assert taken["probability"].is_monotonic_decreasing
    assert taken["probability"].mean() >= 0.8
    assert not set(taken["source"]) & set(few["source"])
    assert not set(taken["target"]) & set(few["target"])
    assert taken["source"].is_unique
    assert taken["target"].is_unique
    rest = dict(en_de.test.itertuples(index=False, name=None))
    found = zip(taken["source"], taken["target"], strict=True)
    checked = [rest[source] == target for source, target in found if source in rest]
    assert len(checked) > 20
    assert np.mean(checked) > 0.7


def test_the_more_precision_the_fewer_pairs(en_de, few):
    sizes = [len(expand(few, en_de, min_precision=least)) for least in (0.95, 0.7)]
    assert sizes[0] < sizes[1]


@pytest.mark.parametrize("options", [{"min_precision": 1.5}, {"n_rounds": 0}])
def test_parameters_are_checked(en_de, few, options):
    with pytest.raises(ValueError, match=f"'{next(iter(options))}' parameter"):
        expand(few, en_de, **options)
