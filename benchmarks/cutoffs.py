"""Where InstaMap looks for new pairs: P@1 and pairs by `vocabulary_cutoff`.

Run: python benchmarks/cutoffs.py DATA KEPT [--most 2] [--synthetic]

DATA holds ``spaces/``, ``real/`` and ``xling/``. InstaMap is fitted on spaces that VecMap has
mapped; synthetic ones need no map before it. Every fit is kept in the file KEPT, a line each, and
not done again; with ``--most`` a run ends after so many.
"""

from __future__ import annotations

import argparse
import time
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
from _measure import existing_folder, keep, kept_records, markdown_table, update_section

from sklearn_instamap import EmbeddingSpace, InstaMapAligner
from sklearn_instamap.datasets import make_bilingual_spaces
from sklearn_instamap.io import lookup_pairs, read_dictionary, read_vectors
from sklearn_instamap.linear import VecMapAligner
from sklearn_instamap.metrics import translation_ranks

# Folder of the spaces, pair of languages, preset, cutoffs.
CASES = [
    (folder, pair, preset, cutoff)
    for folder, pair, preset in (
        ("spaces", "en-de", "midpoint"),
        ("spaces", "de-tr", "midpoint"),
        ("real", "fi-fr", "midpoint"),
        ("spaces", "en-de", "paper"),
    )
    for cutoff in (5_000, 10_000, 0)
]
# In place of the pair the number of words.
SYNTHETIC_CASES = [
    ("synthetic", n_words, preset, cutoff)
    for n_words in (50_000, 100_000)
    for preset, cutoffs in (("midpoint", (10_000, 20_000, 0)), ("paper", (20_000, 0)))
    for cutoff in cutoffs
]


class Problem(NamedTuple):
    """Two spaces, rows of their dictionary, test pairs, and which of them are unseen."""

    spaces: tuple[EmbeddingSpace, EmbeddingSpace]
    X: np.ndarray
    y: np.ndarray
    test: np.ndarray
    unseen: np.ndarray


@cache
def real(data: Path, folder: str, pair: str) -> Problem:
    """Return one pair of languages, mapped by VecMap."""
    spaces = [read_vectors(data / folder / f"{name}.npy") for name in pair.split("-")]
    spaces = [space.with_vectors(space.vectors.astype(np.float32)) for space in spaces]
    files = [
        data / "xling" / f"yacle.{kind}.{pair}.tsv" for kind in ("train.freq.5k", "test.freq.2k")
    ]
    (X, y, train), (_, _, test) = (
        lookup_pairs(read_dictionary(file), *spaces, warn_below=0) for file in files
    )
    unseen = ~np.isin(test.source_index, train.source_index)
    unseen &= ~np.isin(test.target_index, train.target_index)
    mapped = VecMapAligner().fit_transform_spaces(X, y, *spaces)
    rows = mapped[0].vectors[train.source_index], mapped[1].vectors[train.target_index]
    return Problem(mapped, *rows, np.column_stack([test.source_index, test.target_index]), unseen)


@cache
def synthetic(n_words: int) -> Problem:
    """Return generated spaces; no word of their test pairs is among the training pairs."""
    data = make_bilingual_spaces(
        n_words=n_words,
        n_features=300,
        n_train=5_000,
        n_test=2_000,
        overlap=0.5,
        noise=1.5,
        warp=1.0,
        n_clusters=500,
    )
    test = [data[side].indices(data.test[side]) for side in ("source", "target")]
    unseen = np.ones(len(test[0]), dtype=bool)
    return Problem((data.source, data.target), data.X, data.y, np.column_stack(test), unseen)


def fitted(problem: Problem, preset: str, cutoff: int) -> dict[str, object]:
    """Fit with a cutoff; return the figures."""
    aligner = InstaMapAligner.from_preset(preset, vocabulary_cutoff=cutoff or None)
    start = time.process_time()
    source, target = aligner.fit_transform_spaces(problem.X, problem.y, *problem.spaces)
    seconds = time.process_time() - start
    found = 100 * (
        translation_ranks(
            source.vectors[problem.test[:, 0]],
            target.vectors,
            problem.test[:, 1],
            retrieval="csls",
            source_space=source.vectors,
        )
        == 1
    )
    return {
        "words": f"{min(space.n_words for space in problem.spaces):,}",
        "preset": preset,
        "cutoff": f"{cutoff:,}" if cutoff else "none",
        "pairs": " ".join(map(str, aligner.n_pairs_)),
        "all": f"{found.mean():.1f}",
        "unseen": f"{found[problem.unseen].mean():.1f}",
        "CPU s": f"{seconds:.0f}",
    }


def main() -> None:
    """Fit what is missing; write the section once nothing is."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=existing_folder)
    parser.add_argument("kept", type=Path)
    parser.add_argument("--most", type=int, default=100, help="fits of this run")
    parser.add_argument("--synthetic", action="store_true", help="generated spaces, too")
    options = parser.parse_args()
    known = {tuple(case): row for case, row in kept_records(options.kept)}
    cases = [*CASES, *(SYNTHETIC_CASES if options.synthetic else [])]
    for case in [case for case in cases if case not in known][: options.most]:
        folder, pair, preset, cutoff = case
        generated = folder == "synthetic"
        problem = synthetic(pair) if generated else real(options.data, folder, pair)
        name = folder if generated else f"{pair} ({folder})"
        known[case] = {"spaces": name, **fitted(problem, preset, cutoff)}
        keep(options.kept, [case, known[case]])
        print(known[case], flush=True)
    if all(case in known for case in cases):
        update_section(
            "Where InstaMap looks for new pairs",
            "P@1 by CSLS in per cent, K = 70, on VecMap where spaces are real; 5K dictionaries. "
            "*midpoint* has T = 2, *paper* T = 4 and no unit length, which the generated spaces "
            "need. *Pairs* are those of each iteration, CPU seconds those of fitting and mapping "
            f"in one thread.\n\n{markdown_table([known[case] for case in cases])}",
        )


if __name__ == "__main__":
    main()
