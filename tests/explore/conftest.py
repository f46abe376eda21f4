"""A small session: two spaces of made-up words, some of them hostile."""

from __future__ import annotations

import pandas as pd
import pytest

from sklearn_instamap import EmbeddingSpace, KabschRotation
from sklearn_instamap.datasets import make_bilingual_spaces
from sklearn_instamap.explore._session import Session

HOSTILE = "<img src=x onerror=alert(1)>"


@pytest.fixture(scope="session")
def spaces():
    data = make_bilingual_spaces(300, 10, n_train=120, n_test=60, random_state=0)
    source, target = KabschRotation().fit_transform_spaces(data.X, data.y, data.source, data.target)
    words = list(target.words)
    words[words.index(data.test["target"][0])] = HOSTILE
    test = data.test.replace({"target": {data.test["target"][0]: HOSTILE}})
    return source, EmbeddingSpace(words, target.vectors), data.train, test


@pytest.fixture
def session(spaces, tmp_path):
    source, target, train, test = spaces
    lexicon = pd.DataFrame(
        {
            "source": [test["source"][0], test["source"][0], test["source"][1]],
            "target": [HOSTILE, "not in the space", test["target"][1]],
            "probability": [0.9, 0.8, float("nan")],
        }
    )
    return Session(
        source, target, lexicon=lexicon, train=train, test=test, output=tmp_path / "pairs.tsv"
    )
