"""Self-training with confidence: what joins a dictionary is mostly right."""

from __future__ import annotations

import numpy as np
import pytest

from sklearn_instamap import EmbeddingSpace
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


def test_what_is_said_of_precision_holds_in_all_rounds():
    # Every word has one translation, of the same number.
    rng = np.random.default_rng(0)
    n, d = 1000, 30
    source = rng.normal(size=(n, 8)) @ rng.normal(size=(8, d)) + 0.5 * rng.normal(size=(n, d))
    rotation = np.linalg.qr(rng.normal(size=(d, d)))[0]
    target = source @ rotation + 2.2 * rng.normal(size=(n, d))
    numbers = np.sort(rng.permutation(n)[:300]).tolist()
    given = [f"s{number}" for number in numbers], [f"t{number}" for number in numbers]
    model = LexiconRanker(
        [VecMapAligner()], features=["geometry", "mean"], spelling_pairs=None, random_state=0
    )
    sure, once, thrice = (
        expand_dictionary(
            # A pair given twice is one.
            *(side + side[:5] for side in given),
            source_space=EmbeddingSpace([f"s{number}" for number in range(n)], source),
            target_space=EmbeddingSpace([f"t{number}" for number in range(n)], target),
            ranker=model,
            min_precision=least,
            n_rounds=n_rounds,
        )
        for least, n_rounds in ((0.95, 1), (0.9, 1), (0.9, 3))
    )
    for more in (once, thrice):
        taken = more[~more["known"]]
        assert more["known"].sum() == 300
        assert more["source"].is_unique
        assert more["target"].is_unique
        assert taken["probability"].mean() >= 0.9
        assert (taken["source"].str[1:] == taken["target"].str[1:]).mean() > 0.85
    assert len(thrice) > len(once) > len(sure)


@pytest.mark.parametrize("options", [{"min_precision": 1.5}, {"n_rounds": 0}])
def test_parameters_are_checked(en_de, few, options):
    with pytest.raises(ValueError, match=f"'{next(iter(options))}' parameter"):
        expand(few, en_de, **options)
