"""Every system of the paper and those since, on four real pairs; InstaMap on top of each.

Run: python benchmarks/systems.py DATA CACHE [--pairs en-de de-tr] [--max-words 2000]

DATA holds ``spaces/`` and ``xling/``. A fit is its own process in one thread; its mapped
spaces and figures go to the folder CACHE, and what is there already is not computed again.
With fewer pairs or words the tables are printed, and RESULTS.md is left as it is.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from _measure import existing_folder, markdown_table, run_child, update_section

from sklearn_instamap import InstaMapAligner
from sklearn_instamap.io import lookup_pairs, read_dictionary, read_vectors
from sklearn_instamap.linear import (
    BLISSAligner,
    ContrastiveAligner,
    ProcrustesAligner,
    RCSLSAligner,
    VecMapAligner,
)
from sklearn_instamap.metrics import evaluate_bli

PAIRS = ["en-de", "de-tr", "tr-fi", "en-fr"]
WORDS = 20_000
# Shortened, as it would take hours: the default is 50.
PATIENCE = 5
SYSTEMS: dict[str, Callable[[], Any]] = {
    "PROC": ProcrustesAligner,
    "PROC-B": lambda: ProcrustesAligner(bootstrap=True),
    "VecMap": VecMapAligner,
    "VecMap self-learning": lambda: VecMapAligner(
        self_learning=True, patience=PATIENCE, random_state=0
    ),
    "RCSLS": RCSLSAligner,
    "BLISS": lambda: BLISSAligner(random_state=0),
    "C1": ContrastiveAligner,
    "C1, 25 steps": lambda: ContrastiveAligner(n_steps=25),
}
INSTAMAP = {"paper": "InstaMap", "midpoint": "InstaMap (midpoint)"}
COLUMNS = [
    f"{metric} {retrieval} {subset}"
    for metric in ("P@1", "MRR")
    for retrieval in ("cosine", "csls")
    for subset in ("all", "unseen")
]


def load(data: Path, pair: str, max_words: int) -> tuple[Any, ...]:
    """Return both raw spaces, the training and the test dictionary."""
    source, target = (
        read_vectors(data / "spaces" / f"{name}.npy", max_words=max_words)
        for name in pair.split("-")
    )
    train, test = (
        read_dictionary(data / "xling" / f"yacle.{part}.{pair}.tsv", duplicates="keep")
        for part in ("train.freq.5k", "test.freq.2k")
    )
    return source, target, train, test


def fit(data: Path, pair: str, system: str, base: str, max_words: int, cache: Path) -> None:
    """Fit one system on the raw spaces or on those another one mapped; keep all it gave."""
    source, target, train, test = load(data, pair, max_words)
    if base != "-":
        with np.load(cache / f"{pair}.{base}.npz") as mapped:
            source, target = (
                space.with_vectors(mapped[side])
                for space, side in ((source, "source"), (target, "target"))
            )
    X, y, _ = lookup_pairs(train, source, target, warn_below=0)
    if system in INSTAMAP:
        aligner: Any = InstaMapAligner.from_preset(system)
    else:
        aligner = SYSTEMS[system]()
    start = time.process_time()
    mapped_source, mapped_target = aligner.fit_transform_spaces(X, y, source, target)
    figures = {"CPU s": time.process_time() - start}
    figures["peak MiB"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    table = evaluate_bli(
        mapped_source,
        mapped_target,
        test_dictionary=test,
        train_dictionary=train,
        metric=("P@1", "MRR"),
    )
    for (retrieval, _, subset), line in table.iterrows():
        figures[f"P@1 {retrieval} {subset}"] = 100 * line["P@1"]
        figures[f"MRR {retrieval} {subset}"] = line["MRR"]
    stem = cache / f"{pair}.{name_of(system, base)}"
    if base == "-":
        np.savez(f"{stem}.npz", source=mapped_source.vectors, target=mapped_target.vectors)
    Path(f"{stem}.json").write_text(json.dumps(figures))


def name_of(system: str, base: str) -> str:
    """Return a row's name."""
    name = INSTAMAP.get(system, system)
    return name if base == "-" else f"{name.replace('InstaMap', 'IM')}∘{base}"


def table_of(rows: dict[str, dict[str, float]]) -> str:
    """Return systems and their figures as Markdown."""
    return markdown_table(
        [
            {"system": name}
            | {c: f"{figures[c]:.3f}" if "MRR" in c else f"{figures[c]:.1f}" for c in COLUMNS}
            | {c: f"{figures[c]:.0f}" for c in ("CPU s", "peak MiB")}
            for name, figures in rows.items()
        ]
    )


def main() -> None:
    if "--fit" in sys.argv:
        *_, data, pair, system, base, max_words, cache = sys.argv
        fit(Path(data), pair, system, base, int(max_words), Path(cache))
        return
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=existing_folder)
    parser.add_argument("cache", type=Path)
    parser.add_argument("--pairs", nargs="+", default=PAIRS)
    parser.add_argument("--max-words", type=int, default=WORDS, help="words of each language")
    arguments = parser.parse_args()
    cache = arguments.cache / f"{arguments.max_words}"
    cache.mkdir(parents=True, exist_ok=True)
    cells = [(system, "-") for system in [*SYSTEMS, *INSTAMAP]]
    cells += [(preset, base) for preset in INSTAMAP for base in SYSTEMS]
    one = os.environ | dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
    results: dict[str, dict[str, dict[str, float]]] = {}
    for pair in arguments.pairs:
        for system, base in cells:
            done = cache / f"{pair}.{name_of(system, base)}.json"
            if not done.exists():
                child = [arguments.data, pair, system, base, arguments.max_words, cache]
                run_child([sys.executable, __file__, "--fit", *child], env=one)
            results.setdefault(pair, {})[name_of(system, base)] = json.loads(done.read_text())
            print(pair, name_of(system, base), results[pair][name_of(system, base)], flush=True)
    mean = pd.concat([pd.DataFrame(rows) for rows in results.values()]).groupby(level=0).mean()
    text = [
        f"{arguments.max_words:,} words a side, 5k dictionary, repeated pairs kept; one thread. "
        "P@1 in percent. "
        "IM∘X is InstaMap on the spaces X mapped: its CPU time comes on top of X's. "
        f"Shortened: BLISS to {BLISSAligner().n_epochs} epochs of the original's 200, "
        f"self-learning to a patience of {PATIENCE} of {VecMapAligner().patience}.",
        f"### Mean of {', '.join(results)}",
        table_of(mean.to_dict()),
    ]
    for pair, rows in results.items():
        text += [f"### {pair}", table_of(rows)]
    if arguments.pairs == PAIRS and arguments.max_words == WORDS:
        update_section("systems", "\n\n".join(text))
    else:
        print("\n\n".join(text))


if __name__ == "__main__":
    main()
