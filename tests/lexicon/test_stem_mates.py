"""Candidates of one stem, against the plain definition."""

from __future__ import annotations

from itertools import takewhile
from types import SimpleNamespace

import numpy as np
import pytest

from sklearn_instamap.lexicon._candidates import Candidates
from sklearn_instamap.lexicon._stem_mates import stems


def common_beginning(one: str, other: str) -> int:
    pairs = zip(one, other, strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))


@pytest.mark.parametrize("seed", [0, 1])
def test_stems_by_definition(seed):
    rng = np.random.default_rng(seed)
    words = ["".join(rng.choice(["a", "b"], size=rng.integers(2, 9))) for _ in range(60)]
    vectors = rng.normal(size=(60, 3)).astype(np.float32)
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    starts = np.array([0, 20, 21, 50])
    target = np.concatenate([rng.permutation(60)[:20], [3], rng.permutation(60)[:29]])
    candidates = Candidates(np.array([5, 6, 7]), starts, target, np.zeros(50, dtype=np.uint32))
    gap = -rng.random(50).astype(np.float32)
    world = SimpleNamespace(spellings=SimpleNamespace(target=words), target_vectors=vectors)
    best, number, frequent = stems(
        SimpleNamespace(world=world, candidates=candidates, gap=gap)
    ).values()
    found = 0
    for here, row in enumerate(target):
        mates = [
            there
            for there, other in enumerate(target)
            if there != here
            and candidates.query[there] == candidates.query[here]
            and common_beginning(words[row], words[other])
            >= max(4, 0.6 * min(len(words[row]), len(words[other])))
            and unit[row] @ unit[other] > 0.4
        ]
        found += bool(mates)
        assert best[here] == max([gap[mate] for mate in mates], default=np.float32(-1.5))
        assert number[here] == pytest.approx(np.log1p(len(mates)))
        first = min([np.log1p(target[mate]) for mate in mates], default=np.log1p(row))
        assert frequent[here] == pytest.approx(np.log1p(row) - first, abs=1e-5)
    assert found > 3
