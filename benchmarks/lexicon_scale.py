"""A lexicon of large vocabularies: seconds and memory beyond the maps.

Run: python benchmarks/lexicon_scale.py [N_WORDS] [N_JOBS] [--dimensions 300]

Two synthetic spaces that are aligned already, so that no map is fitted: what is measured is the
search of the neighbors, the ranker's learning, and the translation of all source words, with two
maps and all features. Words are made of syllables, and every fifth pair is spelled alike. Updates a
section of RESULTS.md.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from _measure import markdown_table, update_section
from sklearn.base import BaseEstimator

from sklearn_instamap import EmbeddingSpace
from sklearn_instamap.lexicon import LexiconRanker, induce_lexicon

N_PAIRS = 5000


class Given(BaseEstimator):
    """A map that is there already: both spaces stay as they are."""

    def fit_transform_spaces(self, X: Any, y: Any, source: Any, target: Any) -> tuple[Any, Any]:
        """Return both spaces."""
        return source, target


def words(n: int, seed: int) -> list[str]:
    """Return different words of two to five syllables."""
    rng = np.random.default_rng(seed)
    syllables = [c + v for c in "bcdfghjklmnprstvwz" for v in "aeiou"]
    found: dict[str, None] = {}
    while len(found) < n:
        for length in rng.integers(2, 6, size=n):
            found["".join(syllables[i] for i in rng.integers(len(syllables), size=length))] = None
    return list(found)[:n]


def spaces(n: int, n_dimensions: int) -> tuple[EmbeddingSpace, EmbeddingSpace]:
    """Return two spaces of which row i translates row i, in clusters and with noise."""
    rng = np.random.default_rng(0)
    centers = rng.normal(size=(n // 50, n_dimensions)).astype(np.float32)
    target = centers[rng.integers(len(centers), size=n)]
    target += 0.8 * rng.normal(size=target.shape).astype(np.float32)
    source = target + 0.8 * rng.normal(size=target.shape).astype(np.float32)
    left, right = words(n, 1), words(n, 2)
    taken = set(left)
    for row in range(0, n, 5):
        if f"{left[row]}n" not in taken:
            right[row] = f"{left[row]}n"
    right = [f"{word}{row}" if word in taken else word for row, word in enumerate(right)]
    distinct = dict.fromkeys(right)
    assert len(distinct) == n
    return EmbeddingSpace(left, source), EmbeddingSpace(right, target)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("n_words", type=int, nargs="?", default=200_000)
    parser.add_argument("n_jobs", type=int, nargs="?", default=2)
    parser.add_argument("--dimensions", type=int, default=300)
    options = parser.parse_args()
    source, target = spaces(options.n_words, options.dimensions)
    pairs = np.arange(0, min(options.n_words, 4 * N_PAIRS), 4)
    X = [source.words[row] for row in pairs]
    y = [target.words[row] for row in pairs]
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    rows = []

    def measured(name: str, wall: float, cpu: float) -> None:
        rows.append(
            {
                "step": name,
                "seconds": f"{time.perf_counter() - wall:.0f}",
                "CPU s": f"{time.process_time() - cpu:.0f}",
                "peak MiB so far": (
                    f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f}"
                ),
            }
        )
        print(rows[-1], flush=True)

    wall, cpu = time.perf_counter(), time.process_time()
    ranker = LexiconRanker([("given", Given())], random_state=0, n_jobs=options.n_jobs)
    ranker.fit(X, y, source_space=source, target_space=target)
    measured("fit: neighbors of up to four maps, cognates, weights", wall, cpu)
    wall, cpu = time.perf_counter(), time.process_time()
    with tempfile.TemporaryDirectory() as folder:
        induce_lexicon(ranker, output=Path(folder) / "lexicon.tsv")
    measured("induce all source words, to a file", wall, cpu)
    update_section(
        f"a lexicon of {options.n_words:,} words a side",
        f"Synthetic, {options.dimensions} dimensions, maps given, {len(X):,} pairs, n_jobs = "
        f"{options.n_jobs}; {before:.0f} MiB before fitting, the spaces and the words among them."
        f"\n\n{markdown_table(rows)}",
    )


if __name__ == "__main__":
    main()
