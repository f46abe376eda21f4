"""The bundled English–German sample."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from sklearn_instamap import EmbeddingSpace, datasets
from sklearn_instamap.datasets import load_en_de
from sklearn_instamap.io import lookup_pairs

FOLDER = Path(datasets.__file__).parent / "data" / "en-de"


@pytest.fixture(scope="module")
def data():
    return load_en_de()


def test_the_bundle(data):
    assert set(data) == {"source", "target", "train", "test", "X", "y", "DESCR"}
    for space in (data.source, data.target):
        assert isinstance(space, EmbeddingSpace)
        assert space.vectors.shape == (5000, 300)
        assert space.vectors.dtype == np.float32
    assert data.source.words[:3] == ("the", "to", "a")
    assert data.target.words[:3] == ("die", "der", "sie")
    assert data.train.shape == (1239, 2)
    assert data.test.shape == (409, 2)


def test_every_pair_is_in_the_spaces(data):
    X, y, report = lookup_pairs(data.train, data.source, data.target)
    assert report.coverage == 1
    np.testing.assert_array_equal(data.X, X)
    np.testing.assert_array_equal(data.y, y)
    np.testing.assert_array_equal(X[0], data.source.vector("the"))
    np.testing.assert_array_equal(y[0], data.target.vector("die"))
    assert lookup_pairs(data.test, data.source, data.target)[2].coverage == 1


def test_one_to_one_and_all_test_pairs_unseen(data):
    for side in ("source", "target"):
        words = pd.concat([data.train[side], data.test[side]])
        assert words.is_unique


def test_return_X_y(data):
    X, y = load_en_de(return_X_y=True)
    np.testing.assert_array_equal(X, data.X)
    np.testing.assert_array_equal(y, data.y)


def test_as_frame(data):
    frames = load_en_de(as_frame=True)
    assert frames.source.index.tolist() == list(data.source.words)
    assert frames.target.columns[[0, -1]].tolist() == ["dim0", "dim299"]
    assert frames.X.index.tolist() == data.train["source"].tolist()
    assert frames.y.index.tolist() == data.train["target"].tolist()
    np.testing.assert_array_equal(frames.X, data.X)
    np.testing.assert_array_equal(frames.y, data.y)
    X, y = load_en_de(return_X_y=True, as_frame=True)
    pd.testing.assert_frame_equal(X, frames.X)
    pd.testing.assert_frame_equal(y, frames.y)


def test_files_are_those_of_the_provenance_note(data):
    listed = dict(re.findall(r"^\| (\S+) \| .* \| `([0-9a-f]{64})` \|$", data.DESCR, re.M))
    sums = {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in FOLDER.iterdir()
        if path.suffix != ".md"
    }
    assert listed == sums
    assert len(sums) == 6
