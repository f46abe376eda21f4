"""VecMap in the target's own space: what turning the target's map around costs.

Run: python benchmarks/target_maps.py DATA [en-de de-tr …]

DATA is a folder with ``spaces/`` and ``xling/``. VecMap maps both sides; so that the target may
stay, the source has to go on, by the inverse of the target's map or by something in its place.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from _measure import existing_folder, markdown_table, update_section
from sklearn.preprocessing import normalize

from sklearn_instamap._engine._normalization import SpaceNormalization
from sklearn_instamap.io import lookup_pairs, read_dictionary, read_vectors
from sklearn_instamap.linear._whitening import SupervisedMap, supervised_map
from sklearn_instamap.metrics import translation_ranks

UNIT = ("unit", "center", "unit")


def polar(matrix: np.ndarray) -> np.ndarray:
    """Return the nearest matrix of orthonormal columns."""
    left, _, right = np.linalg.svd(matrix, full_matrices=False)
    return left @ right


def ways(maps: dict[float, SupervisedMap], of_target: SupervisedMap) -> Iterator[tuple]:
    """Yield names of ways into the target, and the source's map by each."""
    source, target = maps[0.5].both_sides()
    yield "target map transposed", source @ target.T
    yield "target map inverted", source @ np.linalg.inv(target)
    gram = target.T @ target
    for share in (0.1, 1.0):
        ridge = share * np.trace(gram) / len(gram) * np.eye(len(gram))
        name = f"inverted, ridge of {share:g} x mean square"
        yield name, source @ np.linalg.solve(gram + ridge, target.T)
    yield "nearest orthogonal map transposed", source @ polar(target).T
    for power, each in maps.items():
        ours = " (ours)" if power == 0.5 else ""
        yield f"target not re-weighted, source by s^{power:g}{ours}", each.into_target()
    yield "the same by s^0.5, de-whitened as the target", of_target.into_target()


def rows_of(data: Path, language_pair: str) -> Iterator[dict[str, object]]:
    """Measure all ways on one pair of languages."""
    names = language_pair.split("-")
    spaces = [read_vectors(data / "spaces" / f"{name}.npy") for name in names]
    files = [
        data / "xling" / f"yacle.{kind}.{language_pair}.tsv"
        for kind in ("train.freq.5k", "test.freq.2k")
    ]
    train, test = (lookup_pairs(read_dictionary(f), *spaces, warn_below=0)[2] for f in files)
    seen = np.isin(test.source_index, train.source_index)
    seen |= np.isin(test.target_index, train.target_index)
    raw = [space.vectors.astype(np.float32) for space in spaces]
    steps = [SpaceNormalization(UNIT, vectors) for vectors in raw]
    source, target = (step(vectors) for step, vectors in zip(steps, raw, strict=True))
    scale, offset = steps[1].way_back(raw[1])
    X, y = source[train.source_index], target[train.target_index]
    options = {"whiten": True, "n_components": None}
    maps = {
        power: supervised_map(X, y, reweight=power, dewhiten=True, **options)
        for power in (1.0, 0.5, 0.0)
    }
    of_target = supervised_map(X, y, reweight=0.5, dewhiten=False, **options)

    def measured(queries: np.ndarray, candidates: np.ndarray) -> list[str]:
        shares = []
        for retrieval in ("cosine", "csls"):
            ranks = translation_ranks(
                queries[test.source_index],
                candidates,
                test.target_index,
                retrieval=retrieval,
                source_space=queries,
            )
            found = ranks == 1
            shares.append(f"{100 * found.mean():.1f} / {100 * found[~seen].mean():.1f}")
        return shares

    both = maps[0.5].both_sides()
    values = np.linalg.svd(both[1], compute_uv=False)
    condition = f"{values[0] / values[-1]:.0f}"
    columns = ("normalized, cosine", "normalized, CSLS", "raw, cosine", "raw, CSLS")
    images = np.float32(source @ both[0]), np.float32(target @ both[1])
    shared = [*measured(*images), "–", "–"]
    first = {"pair": language_pair, "condition of the target map": condition}
    name = "shared space (both sides mapped)"
    yield {**first, "way": name, **dict(zip(columns, shared, strict=True))}
    for name, matrix in ways(maps, of_target):
        landed = normalize(np.float32(source @ matrix))
        shares = measured(landed, target) + measured(np.float32(scale * landed + offset), raw[1])
        yield {
            "pair": language_pair,
            "condition of the target map": "",
            "way": name,
            **dict(zip(columns, shares, strict=True)),
        }


def main() -> None:
    """Measure the pairs, and write the section."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=existing_folder)
    parser.add_argument("pairs", nargs="*", default=["en-de", "de-tr"])
    options = parser.parse_args()
    table = []
    for language_pair in options.pairs:
        for row in rows_of(options.data, language_pair):
            print(row, flush=True)
            table.append(row)
    update_section(
        "VecMap in the target's own space",
        "P@1 in per cent, all / unseen, 20,000 words a side, 5K dictionaries. Candidates are the "
        "target's rows, normalized (unit, center, unit) or raw; the mapped source is brought to "
        "unit length, and for the raw rows to their mean length and center.\n\n"
        f"{markdown_table(table)}\n\n"
        "The target's map is re-weighted by the square roots of the correlations, of which the "
        "last are near zero: its inverse multiplies by a hundred what both sides have least in "
        "common. Without re-weighting the de-whitened target map is orthogonal, so that its "
        "inverse is its transpose and cosines are those of the shared space.",
    )


if __name__ == "__main__":
    main()
