"""Agreement with the authors' program, and with an independent naive implementation of it.

All in double precision and on the bundled sample, whose dictionary repeats no word: no two
similarities that a choice depends on are so near that rounding could swap them, on any machine.
The program's output was stored by ``benchmarks/parity_reference.py``.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from sklearn.decomposition import PCA

from sklearn_instamap import InstaMapAligner
from sklearn_instamap.datasets import load_en_de

K = 70
N_WORDS = 2000
REFERENCE = Path(__file__).with_name("data") / "instamap_program_en-de.npz"


def unit(rows):
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


class NaiveProgram:
    """What the authors' program does, written again: whole matrices, sorted rows, loops."""

    def __init__(self, source, target, pairs, n_components, n_iter):
        self.cosines, self.n_pairs, self.smallest_gap = [], [], np.inf
        for _ in range(n_iter):
            self.n_pairs.append(len(pairs))
            source = PCA(n_components, svd_solver="full").fit_transform(source)
            target = PCA(n_components, svd_solver="full").fit_transform(target)
            left, _, right = np.linalg.svd(source[pairs[:, 0]].T @ target[pairs[:, 1]])
            if np.linalg.det(left) * np.linalg.det(right) < 0:
                left[:, -1] *= -1
            source = source @ (left @ right)
            near, far = source[pairs[:, 0]], target[pairs[:, 1]]
            source = self._move(source, near, far - near)
            target = self._move(target, far, near - far)
            similarity = unit(source) @ unit(target).T
            self.cosines.append(similarity)
            forth, back = similarity.argmax(axis=1), similarity.argmax(axis=0)
            self._choose(similarity, 1)
            self._choose(similarity.T, 1)
            pairs = np.array([(i, j) for i, j in enumerate(forth) if back[j] == i])

    def _choose(self, similarity, k):
        """Remember how near a choice of the k largest came to another one."""
        ordered = np.sort(similarity, axis=1)
        self.smallest_gap = min(self.smallest_gap, (ordered[:, -k] - ordered[:, -k - 1]).min())

    def _move(self, rows, near, translations):
        similarity = unit(rows) @ unit(near).T
        self._choose(similarity, K)
        order = np.argsort(-similarity, axis=1, kind="stable")[:, :K]
        moved = np.empty_like(rows)
        for i, row in enumerate(rows):
            cosines = similarity[i, order[i]]
            weights = cosines / cosines.sum()
            moved[i] = row + (translations[order[i]] * weights[:, None]).sum(axis=0)
        return moved


@pytest.fixture(scope="module")
def english_german():
    """The first words of both sides in double precision, and the rows of the pairs among them."""
    data = load_en_de()
    source, target = (
        space.vectors[:N_WORDS].astype(np.float64) for space in (data.source, data.target)
    )
    pairs = np.column_stack(
        [data.source.indices(data.train["source"]), data.target.indices(data.train["target"])]
    )
    return source, target, pairs[(pairs < N_WORDS).all(axis=1)]


def fit(spaces, n_components, n_iter):
    source, target, pairs = spaces
    aligner = InstaMapAligner(K, n_iter, n_components=n_components, dictionary_update="replace")
    aligner.fit(source[pairs[:, 0]], target[pairs[:, 1]], source_space=source, target_space=target)
    stages = aligner.staged_transform(source), aligner.staged_transform_target(target)
    return aligner, zip(*stages, strict=True)


@pytest.mark.parametrize(("n_components", "n_iter"), [(300, 4), (290, 2)])
def test_equals_a_naive_implementation(english_german, n_components, n_iter):
    naive = NaiveProgram(*english_german, n_components, n_iter)
    # Otherwise another machine could choose otherwise, here and in the program's output below.
    assert naive.smallest_gap > 1e-10
    aligner, stages = fit(english_german, n_components, n_iter)
    assert aligner.n_pairs_ == naive.n_pairs
    for (x, y), expected in zip(stages, naive.cosines, strict=True):
        np.testing.assert_allclose(unit(x) @ unit(y).T, expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize(("n_components", "n_iter"), [(300, 4), (290, 2)])
def test_equals_the_authors_program(english_german, n_components, n_iter):
    aligner, stages = fit(english_german, n_components, n_iter)
    with np.load(REFERENCE) as reference:
        # The program reports each dictionary that it induces, not the one that it is given.
        assert aligner.n_pairs_[1:] == reference[f"n_pairs_{n_components}"].tolist()
        rows, columns = reference["source_rows"], reference["target_rows"]
        for iteration, (x, y) in enumerate(stages, 1):
            np.testing.assert_allclose(
                unit(x[rows]) @ unit(y[columns]).T,
                reference[f"cosines_{n_components}_{iteration}"],
                rtol=0,
                atol=1e-12,
            )
