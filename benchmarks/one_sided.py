"""One side moves or both: InstaMap's preset "target" beside "midpoint", on VecMap, on 15 pairs.

Run: python benchmarks/one_sided.py DATA RESULTS [--max-words 10000] [--pairs en-de,de-tr]

DATA holds ``spaces/`` and ``xling/``. Finished fits are kept in the folder RESULTS, and not run
again: with ``--pairs`` only those are run, without it all are, and the section of RESULTS.md is
written.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from _measure import existing_folder, markdown_table, update_section

from sklearn_instamap import InstaMapAligner, make_aligner_pipeline
from sklearn_instamap._methods import find_method
from sklearn_instamap.benchmark import run_benchmark
from sklearn_instamap.linear import VecMapAligner
from sklearn_instamap.results import BenchmarkResults

BOTH = "IM∘VM (midpoint)"
ON_BOTH = "VecMap, then InstaMap (target)"
K, K_TARGET = (InstaMapAligner.from_preset(name).n_neighbors for name in ("midpoint", "target"))
METHODS = {
    BOTH: find_method(BOTH).make(),
    # As many neighbors as "target" has: known pairs weigh more there, whichever side moves.
    f"IM∘VM (midpoint), K = {K_TARGET}": make_aligner_pipeline(
        VecMapAligner(), InstaMapAligner.from_preset("midpoint", n_neighbors=K_TARGET)
    ),
    ON_BOTH: make_aligner_pipeline(VecMapAligner(), InstaMapAligner.from_preset("target")),
    "IM∘VM (target)": find_method("IM∘VM (target)").make(),
}


def tables(results: BenchmarkResults) -> str:
    """Return the means, the differences and the pairs as text."""
    means, single = [], []
    selections = {s: results.select(retrieval="csls", subset=s) for s in ("all", "unseen")}
    for subset, selection in selections.items():
        differences = selection.differences(BOTH).xs("mean", level="language_pair")
        tested = selection.significance(BOTH, correction="none").frame
        p_values = {method: p for (method, _), p in tested["pvalue"].items()}
        for method in METHODS:
            row = {
                "P@1": subset,
                "method": method,
                "mean": f"{100 * selection.means()['mean'][method]:.2f}",
            }
            if method == BOTH:
                row |= {"less midpoint": "", "95 %": "", "p": ""}
            else:
                difference, low, high = 100 * differences.loc[method]
                row |= {
                    "less midpoint": f"{difference:+.2f}",
                    "95 %": f"{low:+.2f} to {high:+.2f}",
                    "p": f"{p_values[method]:.4f}",
                }
            means.append(row)
    for language_pair in selections["all"].figures:
        row = {"pair": language_pair}
        for method in METHODS:
            shares = [100 * s.figures.loc[method, language_pair] for s in selections.values()]
            row[method] = f"{shares[0]:.1f} / {shares[1]:.1f}"
        single.append(row)
    return (
        f"{markdown_table(means)}\n\nP@1 by CSLS in per cent. Intervals and p-values (shuffling "
        "test, 10,000 shuffles) over the queries of all pairs, each pair with the same weight, not "
        "corrected for the number of comparisons.\n\nAll / unseen:\n\n"
        f"{markdown_table(single)}"
    )


def main() -> None:
    """Run what is asked for; write the section if that is everything."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=existing_folder)
    parser.add_argument("results", type=Path)
    parser.add_argument("--max-words", type=int, default=20_000, help="words of each language")
    parser.add_argument("--pairs", help="only these, separated by commas")
    options = parser.parse_args()
    results = run_benchmark(
        options.data / "spaces",
        options.data / "xling",
        options.results,
        methods=METHODS,
        language_pairs=options.pairs.split(",") if options.pairs else None,
        max_words=options.max_words,
        protocol="pair",
        retrieval="csls",
        metric="P@1",
    )
    print(results)
    if options.pairs is None:
        update_section(
            "One side moves or both",
            f"{options.max_words:,} words a side, 5K dictionaries, InstaMap with T = 2. *midpoint* "
            f"moves both sides by half steps, K = {K}; *target* only the source, by whole steps, "
            f"K = {K_TARGET}. In *{ON_BOTH}* VecMap moves both sides; in *IM∘VM (target)* the "
            f"target's raw vectors are the candidates.\n\n{tables(results)}",
        )


if __name__ == "__main__":
    main()
