"""Where InstaMap looks for new pairs: P@1 and pairs by `vocabulary_cutoff`.

Run: python benchmarks/cutoffs.py DATA [--synthetic 50000]

DATA holds ``spaces/``, ``real/`` and ``xling/``. InstaMap is fitted on spaces that VecMap has
mapped; synthetic ones need no map before it. Every fit is printed when it is done.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from _measure import markdown_table, update_section

from sklearn_instamap import EmbeddingSpace, InstaMapAligner
from sklearn_instamap.datasets import make_bilingual_spaces
from sklearn_instamap.io import lookup_pairs, read_dictionary, read_vectors
from sklearn_instamap.linear import VecMapAligner
from sklearn_instamap.metrics import translation_ranks

# Folder of the spaces, pair of languages, presets.
REAL = (
    ("spaces", "en-de", ("midpoint", "paper")),
    ("spaces", "de-tr", ("midpoint",)),
    ("real", "fi-fr", ("midpoint",)),
)
CUTOFFS = (5_000, 10_000, None)
SYNTHETIC_CUTOFFS = (5_000, 10_000, 20_000, None)


def fits(
    name: str,
    spaces: tuple[EmbeddingSpace, EmbeddingSpace],
    pairs: tuple[np.ndarray, np.ndarray],
    test: np.ndarray,
    unseen: np.ndarray,
    preset: str,
    cutoffs: tuple[int | None, ...],
) -> Iterator[dict[str, object]]:
    """Fit with each cutoff; yield rows of the table."""
    sizes = sorted(space.n_words for space in spaces)
    for cutoff in cutoffs:
        aligner = InstaMapAligner.from_preset(preset, vocabulary_cutoff=cutoff)
        start = time.process_time()
        source, target = aligner.fit_transform_spaces(*pairs, *spaces)
        seconds = time.process_time() - start
        ranks = translation_ranks(
            source.vectors[test[:, 0]],
            target.vectors,
            test[:, 1],
            retrieval="csls",
            source_space=source.vectors,
        )
        found = 100 * (ranks == 1)
        row = {
            "spaces": name,
            "words": f"{sizes[0]:,}",
            "preset": preset,
            "cutoff": "none" if cutoff is None else f"{cutoff:,}",
            "pairs": " ".join(map(str, aligner.n_pairs_)),
            "all": f"{found.mean():.1f}",
            "unseen": f"{found[unseen].mean():.1f}",
            "CPU s": f"{seconds:.0f}",
        }
        print(row, flush=True)
        yield row


def real(data: Path, folder: str, pair: str, presets: tuple[str, ...]) -> Iterator[dict]:
    """Measure one pair of languages."""
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
    gold = np.column_stack([test.source_index, test.target_index])
    for preset in presets:
        yield from fits(f"{pair} ({folder})", mapped, rows, gold, unseen, preset, CUTOFFS)


def synthetic(n_words: int) -> Iterator[dict]:
    """Measure generated spaces; no word of their test pairs is among the training pairs."""
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
    spaces, rows = (data.source, data.target), (data.X, data.y)
    gold = np.column_stack(test)
    yield from fits("synthetic", spaces, rows, gold, unseen, "midpoint", SYNTHETIC_CUTOFFS)


def main() -> None:
    """Measure everything, and write the section."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--synthetic", type=int, default=50_000, help="words; 0: none")
    options = parser.parse_args()
    table = [row for case in REAL for row in real(options.data, *case)]
    if options.synthetic:
        table += synthetic(options.synthetic)
    update_section(
        "Where InstaMap looks for new pairs",
        "P@1 by CSLS in per cent, K = 70, on VecMap where spaces are real; 5K dictionaries. "
        "*Pairs* are those of each iteration, CPU seconds those of fitting and mapping in one "
        f"thread.\n\n{markdown_table(table)}",
    )


if __name__ == "__main__":
    main()
