"""Generated spaces are isomorphic exactly as far as asked for."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from sklearn_instamap.datasets import make_bilingual_spaces
from sklearn_instamap.io import lookup_pairs


def unit(rows):
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def procrustes(data):
    """Return the (semi-)orthogonal map that brings X nearest to y."""
    left, _, right = np.linalg.svd(data.X.T @ data.y, full_matrices=False)
    return left @ right


def rotation_precision(data):
    """Return P@1 of the test pairs after the best rotation of the training pairs."""
    X, _, report = lookup_pairs(data.test, data.source, data.target)
    similarity = unit(X @ procrustes(data)) @ unit(data.target.vectors).T
    return np.mean(similarity.argmax(axis=1) == report.target_index)


@pytest.mark.parametrize(("n_features", "n_target_features"), [(20, None), (20, 30), (30, 20)])
def test_without_warp_and_noise_a_rotation_aligns_perfectly(n_features, n_target_features):
    data = make_bilingual_spaces(
        500,
        n_features,
        n_target_features=n_target_features,
        n_train=100,
        n_test=100,
        warp=0,
        noise=0,
        dtype=np.float64,
    )
    assert data.y.shape == (100, n_target_features or n_features)
    np.testing.assert_allclose(data.X @ procrustes(data), data.y, atol=1e-12)
    X, y, _ = lookup_pairs(data.lexicon, data.source, data.target)
    np.testing.assert_allclose(X @ procrustes(data), y, atol=1e-12)
    assert rotation_precision(data) == 1


def test_with_warp_a_rotation_loses():
    precisions = [rotation_precision(make_bilingual_spaces(warp=w, noise=0)) for w in (0, 0.8, 1.2)]
    assert precisions[0] == 1
    assert precisions[0] - 0.05 > precisions[1] > precisions[2] + 0.05


def residual_similarity(data):
    """Return how alike the rotation errs on each source word and on its nearest neighbor."""
    X, y, _ = lookup_pairs(data.lexicon, data.source, data.target)
    residual = unit(y - X @ procrustes(data))
    similarity = unit(X) @ unit(X).T
    np.fill_diagonal(similarity, -1)
    return np.mean((residual * residual[similarity.argmax(axis=1)]).sum(axis=1))


def test_the_warp_is_smooth_and_the_noise_is_not():
    # Shifts which near words share are what instance translation can learn.
    assert residual_similarity(make_bilingual_spaces(warp=0.8, noise=0)) > 0.5
    assert abs(residual_similarity(make_bilingual_spaces(warp=0, noise=0.8))) < 0.1


def test_warp_and_noise_have_the_length_asked_for():
    def rms(rows):
        return np.sqrt((rows**2).sum(axis=1).mean())

    def changed(**parameters):
        """Return the change of the target's vectors relative to their length without it."""
        plain = make_bilingual_spaces(warp=0, noise=0, overlap=1, dtype=np.float64)
        data = make_bilingual_spaces(overlap=1, dtype=np.float64, **parameters)
        assert data.target.words == plain.target.words
        return rms(data.target.vectors - plain.target.vectors) / rms(plain.target.vectors)

    assert changed(warp=0, noise=0.3) == pytest.approx(0.3, rel=0.02)
    assert changed(warp=0.8, noise=0) == pytest.approx(0.8)


@pytest.mark.parametrize("overlap", [0.4, 0.75, 1])
def test_overlap_and_dictionaries(overlap):
    data = make_bilingual_spaces(1000, 10, n_train=200, n_test=150, overlap=overlap)
    source, target = data.source.words, data.target.words
    assert len(source) == len(target) == 1000
    assert source == tuple(f"s{row:04d}" for row in range(1000))
    shared = {word[1:] for word in source} & {word[1:] for word in target}
    assert len(shared) == 1000 * overlap
    assert data.lexicon.to_numpy().tolist() == [[f"s{i}", f"t{i}"] for i in sorted(shared)]
    pairs = pd.concat([data.train, data.test], ignore_index=True)
    pd.testing.assert_frame_equal(pairs, data.lexicon[:350])
    assert data.test.index.tolist() == list(range(150))


def test_frequency_ranks_agree_roughly():
    data = make_bilingual_spaces(2000, 10)
    source_rank = data.source.indices(data.lexicon["source"])
    target_rank = data.target.indices(data.lexicon["target"])
    correlation = np.corrcoef(source_rank, target_rank)[0, 1]
    assert 0.9 < correlation < 0.999
    untranslated = np.setdiff1d(np.arange(2000), target_rank)
    assert untranslated.mean() == pytest.approx(1000, abs=100)


def test_directions_are_unequal():
    vectors = make_bilingual_spaces(2000, 20).source.vectors
    singular_values = np.linalg.svd(vectors - vectors.mean(axis=0), compute_uv=False)
    assert singular_values[0] > 3 * singular_values[-1]


def test_seeds():
    one, same, other = (make_bilingual_spaces(900, random_state=seed) for seed in (0, 0, 1))
    np.testing.assert_array_equal(one.target.vectors, same.target.vectors)
    assert one.target.words == same.target.words
    assert not np.array_equal(one.source.vectors, other.source.vectors)
    state = make_bilingual_spaces(900, random_state=np.random.RandomState(0))
    np.testing.assert_array_equal(one.X, state.X)


def test_as_frame_and_dtype():
    data = make_bilingual_spaces(100, 5, n_train=20, n_test=10, as_frame=True, dtype=np.float64)
    assert isinstance(data.source, pd.DataFrame)
    assert data.X.index.tolist() == data.train["source"].tolist()
    assert data.X.to_numpy().dtype == np.float64
    assert make_bilingual_spaces(1000, 5).source.vectors.dtype == np.float32


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"n_words": 0}, "'n_words' parameter must be an int in the range .* Got 0"),
        ({"n_target_features": 2.5}, "'n_target_features' parameter must be an int in the range"),
        ({"noise": -1}, "'noise' parameter must be a float in the range .* Got -1"),
        ({"warp": np.inf}, "'warp' parameter must be a float in the range .* Got inf"),
        ({"overlap": 0}, "'overlap' parameter must be a float in the range .* Got 0"),
        ({"overlap": 1.1}, "'overlap' parameter must be a float in the range .* Got 1.1"),
        ({"n_words": 500}, "n_train [+] n_test = 700 pairs .* only 400 of 500 have a translation"),
        ({"dtype": np.float16}, "'dtype' parameter must be float32 or float64. Got 'float16'"),
    ],
)
def test_bad_arguments(arguments, said):
    with pytest.raises(ValueError, match=said):
        make_bilingual_spaces(**arguments)
