"""InstaMapAlignerCV beside GridSearchCV: the same choice, and what each costs in CPU seconds.

Run: python benchmarks/bench_cv.py
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

import numpy as np
from _measure import markdown_table, update_section
from sklearn.model_selection import GridSearchCV

from sklearn_instamap import EmbeddingSpace, InstaMapAligner, InstaMapAlignerCV
from sklearn_instamap.datasets import load_en_de
from sklearn_instamap.io import lookup_pairs
from sklearn_instamap.metrics import make_bli_scorer
from sklearn_instamap.model_selection import WordDisjointKFold

K, CV = (30, 70), WordDisjointKFold(2, shuffle=False)


def cpu_seconds(function: Callable[[], object]) -> float:
    """Return the CPU seconds of one call, those of its threads included."""
    start = time.process_time()
    function()
    return time.process_time() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--words", type=int, help="first words of each side; all by default")
    options = parser.parse_args()
    repeats = options.repeats
    data = load_en_de()
    source, target = (
        EmbeddingSpace(space.words[: options.words], space.vectors[: options.words])
        for space in (data.source, data.target)
    )
    X, y, _ = lookup_pairs(data.train, source, target, warn_below=0)
    spaces = {"source_space": source, "target_space": target}
    scorer = make_bli_scorer(target)
    rows = []
    for n_iter in ((1, 2), (1, 2, 3, 4), (1, 2, 3, 4, 5, 6)):
        ours = InstaMapAlignerCV(K, n_iter, scoring=scorer, cv=CV, refit=False)
        grid = {"n_neighbors": K, "n_iter": n_iter}
        theirs = GridSearchCV(InstaMapAligner(), grid, scoring=scorer, cv=CV, refit=False)
        # In turn, so that each ratio is of two runs side by side.
        taken = np.array(
            [
                [cpu_seconds(lambda s=search: s.fit(X, y, **spaces)) for search in (ours, theirs)]
                for _ in range(repeats)
            ]
        )
        same = np.array_equal(
            ours.cv_results_["mean_test_score"], theirs.cv_results_["mean_test_score"]
        )
        ratios = taken[:, 1] / taken[:, 0]
        rows.append(
            {
                "T": f"1 to {n_iter[-1]}",
                "InstaMapAlignerCV, CPU s": f"{np.median(taken[:, 0]):.1f}",
                "GridSearchCV, CPU s": f"{np.median(taken[:, 1]):.1f}",
                "ratio, median (least to most)": f"{np.median(ratios):.2f} "
                f"({ratios.min():.2f} to {ratios.max():.2f})",
                "same scores": "yes" if same else "NO",
                "same choice": "yes" if ours.best_params_ == theirs.best_params_ else "NO",
            }
        )
    update_section(
        "cross-validation",
        f"K in {K}, {CV.n_splits} word-disjoint folds, without refit, on the bundled English and "
        f"German sample ({source.n_words:,} words a side, {len(X):,} pairs); {repeats} "
        "runs each, in turn.\n\n" + markdown_table(rows),
    )


if __name__ == "__main__":
    main()
