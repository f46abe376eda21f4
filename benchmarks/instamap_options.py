"""P@1 of InstaMap on a real pair: raw and normalized spaces, T = 1…4, replace and augment.

Run: python benchmarks/instamap_options.py DATA [--pair de-tr]

DATA holds ``spaces/LANG.npy``, ``spaces/LANG.words`` and ``xling/yacle.*.PAIR.tsv``. Repeated
dictionary pairs are dropped.
"""

from __future__ import annotations

import argparse

from _measure import existing_folder, markdown_table, update_section
from sklearn.preprocessing import Normalizer, StandardScaler

from sklearn_instamap import EmbeddingSpace, InstaMapAligner, make_aligner_pipeline
from sklearn_instamap.io import lookup_pairs, read_dictionary, read_vectors
from sklearn_instamap.metrics import evaluate_bli


def normalized(space: EmbeddingSpace) -> EmbeddingSpace:
    """Unit length, center, unit length."""
    steps = make_aligner_pipeline(Normalizer(), StandardScaler(with_std=False), Normalizer())
    return steps.fit(space.vectors, space.vectors).transform(space)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=existing_folder)
    parser.add_argument("--pair", default="de-tr")
    parser.add_argument("--n-jobs", type=int, default=-1)
    arguments = parser.parse_args()
    languages = arguments.pair.split("-")
    raw = [read_vectors(arguments.data / "spaces" / f"{name}.npy") for name in languages]
    train, test = (
        read_dictionary(
            arguments.data / "xling" / f"yacle.{part}.{arguments.pair}.tsv", duplicates="drop"
        )
        for part in ("train.freq.5k", "test.freq.2k")
    )
    rows = []
    for spaces, (source, target) in {
        "raw": raw,
        "unit/center/unit": [normalized(space) for space in raw],
    }.items():
        X, y, _ = lookup_pairs(train, source, target, warn_below=0)
        for update in ("replace", "augment"):
            aligner = InstaMapAligner(dictionary_update=update, n_jobs=arguments.n_jobs)
            aligner.fit(X, y, source_space=source, target_space=target)
            stages = zip(
                aligner.staged_transform(source),
                aligner.staged_transform_target(target),
                strict=True,
            )
            for iteration, (mapped, mapped_target) in enumerate(stages, 1):
                table = evaluate_bli(
                    source.with_vectors(mapped),
                    target.with_vectors(mapped_target),
                    test_dictionary=test,
                    train_dictionary=train,
                    metric=("P@1", "MRR"),
                    n_jobs=arguments.n_jobs,
                )
                figures = {
                    f"{retrieval} {subset}": round(100 * line["P@1"], 1)
                    for (retrieval, _, subset), line in table.iterrows()
                }
                n_pairs = aligner.n_pairs_[iteration - 1]
                rows.append(
                    {"spaces": spaces, "update": update, "T": iteration, "pairs": n_pairs} | figures
                )
                print(rows[-1], flush=True)
    counts = table["n_queries"].xs("cosine")
    text = (
        f"P@1, {arguments.pair}, {raw[0].n_words} words a side, K = 70, "
        f"{len(X)} training pairs found; test pairs: {counts.iloc[0]} all, {counts.iloc[1]} "
        "unseen.\n\n" + markdown_table(rows)
    )
    update_section(f"instamap-options-{arguments.pair}", text)


if __name__ == "__main__":
    main()
