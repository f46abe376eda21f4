"""Whether the search for mutual neighbors could leave products out: how many pairs would survive.

Run: python benchmarks/pruning.py DATA [--pair de-tr]

DATA holds ``spaces/`` and ``xling/``. Both spaces are put into axes that have the most of them
first. After some of the dimensions a pair's cosine is known up to the product of the two rests
(Cauchy and Schwarz); the pair survives where that reaches the best cosine of its row or of its
column, which are given, as no real search could have them beforehand.
"""

from __future__ import annotations

import argparse

import numpy as np
from _measure import existing_folder, markdown_table, update_section
from sklearn.preprocessing import normalize

from sklearn_instamap import InstaMapAligner
from sklearn_instamap.io import lookup_pairs, read_dictionary, read_vectors

DIMENSIONS = (64, 96, 128, 160)


def survivors(source: np.ndarray, target: np.ndarray) -> dict[int, float]:
    """Return the share of the pairs that survive after so many dimensions."""
    source, target = normalize(source), normalize(target)
    _, axes = np.linalg.eigh(source.T @ source + target.T @ target)
    source, target = source @ axes[:, ::-1], target @ axes[:, ::-1]
    cosines = source @ target.T
    least = np.minimum(cosines.max(axis=1)[:, None], cosines.max(axis=0))
    shares = {}
    for d in DIMENSIONS:
        rests = (np.linalg.norm(side[:, d:], axis=1) for side in (source, target))
        bounds = source[:, :d] @ target[:, :d].T + np.outer(*rests)
        shares[d] = float((bounds >= least).mean())
    return shares


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=existing_folder)
    parser.add_argument("--pair", default="de-tr")
    options = parser.parse_args()
    source, target = (
        read_vectors(options.data / "spaces" / f"{name}.npy") for name in options.pair.split("-")
    )
    train = options.data / "xling" / f"yacle.train.freq.5k.{options.pair}.tsv"
    X, y, _ = lookup_pairs(read_dictionary(train, duplicates="keep"), source, target, warn_below=0)
    aligner = InstaMapAligner.from_preset("program", n_iter=3)
    aligner.fit(X, y, source_space=source, target_space=target)
    sides = aligner.staged_transform(source), aligner.staged_transform_target(target)
    rows = []
    for iteration, mapped in enumerate(zip(*sides, strict=True), start=1):
        shares = {f"{d} dimensions": f"{s:.1%}" for d, s in survivors(*mapped).items()}
        rows.append({"after iteration": iteration} | shares)
    update_section(
        "pruning the search for mutual neighbors",
        f"{options.pair}, {source.n_words:,} words a side, {source.n_features} dimensions in all: "
        "pairs that could not be left out after so many.\n\n" + markdown_table(rows),
    )


if __name__ == "__main__":
    main()
