"""Self-training with confidence: maps on a dictionary, and on what a ranker makes of it.

Run: python benchmarks/lexicon_growth.py DATA CACHE [--pairs de-tr en-fr] [--sizes 500 1k 3k 5k]

DATA and CACHE are those of lexicon.py. Figures go to CACHE/growth, pair by pair and size by size;
what is there is not computed again. Writes lexicon_growth.md, beside this script.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import Any

from _measure import existing_folder, machine_line, markdown_table
from joblib import Memory
from lexicon import load, write

from sklearn_instamap import InstaMapAligner, make_aligner_pipeline
from sklearn_instamap.io import lookup_pairs
from sklearn_instamap.lexicon import LexiconRanker, expand_dictionary
from sklearn_instamap.linear import VecMapAligner
from sklearn_instamap.metrics import evaluate_bli
from sklearn_instamap.results._overview import size_order

HERE = Path(__file__).parent


def methods() -> dict[str, Any]:
    """Return the maps that are fitted on both dictionaries."""
    midpoint = InstaMapAligner.from_preset("midpoint", n_jobs=1)
    return {
        "VecMap": VecMapAligner(n_jobs=1),
        "IM∘VM (midpoint)": make_aligner_pipeline(VecMapAligner(n_jobs=1), midpoint),
    }


def measure(data: Path, cache: Path, pair: str, size: str, min_precision: float) -> dict[str, Any]:
    """Return the figures of one pair and one size of the dictionary."""
    source, target, train, test = load(data, pair, size, False)
    largest = load(data, pair, "5k", False)[2]
    start = time.process_time()
    memory = Memory(cache / "maps" / f"{pair}.{size}.small", verbose=0)
    more = expand_dictionary(
        train["source"],
        train["target"],
        source_space=source,
        target_space=target,
        ranker=LexiconRanker(random_state=0, n_jobs=1, memory=memory),
        min_precision=min_precision,
    )
    seconds = time.process_time() - start
    taken = more[~more["known"]]
    # Taken pairs whose source word some dictionary of the pair has: right if the pair is in it.
    others = {}
    for word, translation in (
        *largest[["source", "target"]].itertuples(index=False, name=None),
        *test[["source", "target"]].itertuples(index=False, name=None),
    ):
        others.setdefault(word, set()).add(translation)
    checked = [
        translation in others[word]
        for word, translation in zip(taken["source"], taken["target"], strict=True)
        if word in others
    ]
    row: dict[str, Any] = {
        "pair": pair,
        "pairs": size,
        "taken": len(taken),
        "expected": float(taken["probability"].mean()) if len(taken) else None,
        "checked": len(checked),
        "right": sum(checked),
        "CPU s": seconds,
        "figures": {},
    }
    for name, aligner in methods().items():
        for kind, dictionary in (("given", train), ("grown", more[["source", "target"]])):
            X, y, _ = lookup_pairs(dictionary, source, target, warn_below=0)
            mapped = aligner.fit_transform_spaces(X, y, source, target)
            table = evaluate_bli(
                *mapped,
                test_dictionary=test,
                train_dictionary=largest,
                retrieval="csls",
                metric="P@1",
                subset=["all", "unseen", "dissimilar"],
                n_jobs=1,
            )
            figures = table.xs(("csls", "pair"), level=("retrieval", "protocol"))["P@1"]
            row["figures"][f"{name}, {kind}"] = figures.to_dict()
    return row


def page(records: list[dict[str, Any]], min_precision: float) -> str:
    """Return the page of all figures there are."""
    rows = []
    for record in records:
        row = {
            "pair": record["pair"],
            "pairs given": record["pairs"],
            "taken": record["taken"],
            "right": f"{record['right']} of {record['checked']}",
        }
        for name, figures in record["figures"].items():
            row[name] = " / ".join(f"{100 * figure:.1f}" for figure in figures.values())
        row["CPU s"] = f"{record['CPU s']:.0f}"
        rows.append(row)
    return (
        f"# Dictionaries grown by the ranker\n\n_{machine_line()}_\n\n"
        "Written by `benchmarks/lexicon_growth.py`. `expand_dictionary`, one round, expected "
        f"precision {min_precision}. P@1 in percent by CSLS, all / unseen (by the 5k dictionary) / "
        "dissimilar test pairs. *Right* counts a taken pair whose source word the 5k or the test "
        "dictionary has as right if it has the pair: synonyms count as wrong. CPU seconds are of "
        "the growing in one thread.\n\n" + markdown_table(rows)
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=existing_folder)
    parser.add_argument("cache", type=Path)
    parser.add_argument("--pairs", nargs="*", default=["de-tr", "en-fr"])
    parser.add_argument("--sizes", nargs="*", default=["500", "1k", "3k", "5k"])
    parser.add_argument("--min-precision", type=float, default=0.9)
    options = parser.parse_args()
    folder = options.cache / "growth"
    folder.mkdir(parents=True, exist_ok=True)
    for size in options.sizes:
        for pair in options.pairs:
            path = folder / f"{pair}.{size}.json"
            if not path.exists():
                row = measure(options.data, options.cache, pair, size, options.min_precision)
                write(path, row)
                print(row, flush=True)
    records = [json.loads(path.read_text("utf-8")) for path in sorted(folder.glob("*.json"))]
    records.sort(key=lambda record: (record["pair"], size_order(record["pairs"])))
    text = page(records, options.min_precision)
    (HERE / "lexicon_growth.md").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
