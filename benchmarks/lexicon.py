"""Lexicons by the ranker beside single maps, by subset, with calibration and cost.

Run: python benchmarks/lexicon.py DATA CACHE [--pairs en-de de-tr] [--sizes 5k] [--real]

DATA holds ``spaces/``, ``real/`` and ``xling/``. Each system of a pair is its own process in
one thread; its outcomes go to the folder CACHE, and what is there is not computed again. Mapped
spaces are kept in CACHE/maps: systems that share a map fit it once, and the cost of a ranker is
that of the run that fitted its maps, with all source words ranked. Writes lexicon.md, beside this
script, from all outcomes in CACHE.
"""

from __future__ import annotations

import argparse
import functools
import json
import resource
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from _measure import existing_folder, machine_line, markdown_table, run_child
from joblib import Memory

from sklearn_instamap import InstaMapAligner, make_aligner_pipeline
from sklearn_instamap.io import lookup_pairs, read_dictionary, read_vectors
from sklearn_instamap.lexicon import LexiconRanker
from sklearn_instamap.lexicon._members import fit_map
from sklearn_instamap.lexicon._named_rankers import named_ranker
from sklearn_instamap.lexicon._neighborhoods import Neighborhoods
from sklearn_instamap.linear import RCSLSAligner, VecMapAligner
from sklearn_instamap.metrics import Retrieval, shuffling_test, unseen_pairs
from sklearn_instamap.metrics._string_similarity import string_similarity

HERE = Path(__file__).parent
PAIRS = [
    "en-de",
    "de-tr",
    "tr-fi",
    "en-fr",
    "ru-fr",
    "fi-fr",
    "en-tr",
    "de-ru",
    "de-fi",
    "en-fi",
    "fi-ru",
    "tr-ru",
    "en-ru",
    "de-fr",
    "tr-fr",
]
REAL = ("en-fr", "en-fi", "fi-fr")
SINGLE = ("VecMap", "RCSLS", "IM∘VM", "IM∘VM (midpoint)", "sum of CSLS")
RANKERS = ("ranker (geometry)", "ranker")
# What a pair must have been run with, to be in the tables.
COMPARED = ("VecMap", "sum of CSLS", "ranker")
SUBSETS = ("all", "unseen", "equal", "similar", "dissimilar", "dissimilar, unseen")


def maps(system: str) -> list[Any]:
    """Return the aligners of a system of plain CSLS."""
    midpoint = InstaMapAligner.from_preset("midpoint")
    return {
        "VecMap": [VecMapAligner()],
        "RCSLS": [RCSLSAligner()],
        "IM∘VM": [make_aligner_pipeline(VecMapAligner(), InstaMapAligner())],
        "IM∘VM (midpoint)": [make_aligner_pipeline(VecMapAligner(), midpoint)],
        "sum of CSLS": [VecMapAligner(), midpoint],
    }[system]


@functools.lru_cache(maxsize=4)
def load(data: Path, pair: str, size: str, real: bool) -> tuple[Any, ...]:
    """Return both spaces, the training and the test dictionary, every pair once."""
    folder = data / ("real" if real else "spaces")
    spaces = (read_vectors(folder / f"{name}.npy") for name in pair.split("-"))
    dictionaries = (
        read_dictionary(data / "xling" / f"yacle.{part}.{pair}.tsv", duplicates="drop")
        for part in (f"train.freq.{size}", "test.freq.2k")
    )
    return *spaces, *dictionaries


def as_a_member(
    aligner: Any, source: Any, target: Any, rows: Any, columns: Any, memory: Memory
) -> Neighborhoods:
    """Fit an aligner as the ranker fits its maps, so that one map is one file."""
    ranker = LexiconRanker(random_state=0)
    options = {"csls_neighbors": ranker.csls_neighbors, "random_state": ranker._seed(), "n_jobs": 1}
    return fit_map(aligner, source, target, rows, columns, memory=memory, **options)


def answers_of_maps(
    system: str, source: Any, target: Any, train: pd.DataFrame, words: list[str], memory: Memory
) -> tuple[list[str], list[float]]:
    """Return the first answer to each word by CSLS, or by the sum of the CSLS of two maps.

    How sure an answer is, is how far its score is above that of the second.
    """
    _, _, coverage = lookup_pairs(train, source, target, warn_below=0)
    rows = source.indices(coverage.pairs["source"]), target.indices(coverage.pairs["target"])
    fitted = [as_a_member(each, source, target, *rows, memory) for each in maps(system)]
    sides = [each.source for each in fitted], [each.target for each in fitted]
    retrieval = Retrieval("csls", n_jobs=1).fit(*sides)
    scores, found = retrieval.top(source.indices(words), 2)
    gaps = scores[:, 0] - scores[:, 1]
    return [target.words[row] for row in found[:, 0]], [float(gap) for gap in gaps]


def run(data: Path, pair: str, size: str, real: bool, system: str, path: Path) -> None:
    """Compute the answers of one system to the test words of one pair; write them."""
    source, target, train, test = load(data, pair, size, real)
    test = lookup_pairs(test, source, target, warn_below=0)[2].pairs
    words = list(test["source"].unique())
    kept = path.parent / "maps" / f"{pair}.{size}.{'real' if real else 'small'}"
    cold = not kept.exists()
    memory = Memory(kept, verbose=0)
    start = time.process_time()
    outcome = {"pair": pair, "size": size, "real": real, "system": system, "words": words}
    cost: dict[str, Any] = {}
    if system in SINGLE:
        answers, sureness = answers_of_maps(system, source, target, train, words, memory)
        outcome |= {"answers": answers, "sureness": sureness}
    else:
        ranker = named_ranker(system).set_params(random_state=0, n_jobs=1, memory=memory)
        ranker.fit(train["source"], train["target"], source_space=source, target_space=target)
        cost["fit CPU s"] = time.process_time() - start
        if cold:
            # All words, as whoever wants a lexicon ranks them.
            ranker.rank(None, 1)
            cost["CPU s"] = time.process_time() - start
            cost["MiB"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            write(path.with_suffix(".cost"), cost)
        for known, suffix in (("ranked", ""), ("first", ", known pairs looked up")):
            found = ranker.set_params(known_pairs=known).rank(words, 1)
            outcome[f"answers{suffix}"] = list(found["target"])
            outcome[f"sureness{suffix}"] = [float(each) for each in found["probability"]]
        outcome["weights"] = dict(zip(ranker.feature_names_, map(float, ranker.coef_), strict=True))
    write(path, outcome)


def write(path: Path, values: dict[str, Any]) -> None:
    """Write values as JSON, whole or not at all."""
    part = path.with_name(f"{path.name}.part")
    part.write_text(json.dumps(values, ensure_ascii=False), encoding="utf-8")
    part.replace(path)


def outcomes(data: Path, record: dict[str, Any]) -> pd.DataFrame:
    """Return for every test pair whether it was found, how surely, and its subsets.

    The columns are doubled where known pairs were looked up: with the suffix ``_known``.
    """
    source, target, train, test = load(data, record["pair"], record["size"], record["real"])
    test = lookup_pairs(test, source, target, warn_below=0)[2].pairs
    largest = load(data, record["pair"], "5k", record["real"])[2]
    test["unseen"] = unseen_pairs(test_dictionary=test, train_dictionary=largest)
    test["similarity"] = string_similarity(test["source"], test["target"])
    pairs = set(test[["source", "target"]].itertuples(index=False, name=None))
    known = set(train[["source", "target"]].itertuples(index=False, name=None))
    for suffix, name in (("", ""), ("_known", ", known pairs looked up")):
        if f"answers{name}" not in record:
            continue
        answers = dict(zip(record["words"], record[f"answers{name}"], strict=True))
        sureness = dict(zip(record["words"], record[f"sureness{name}"], strict=True))
        given = [(word, answers[word]) for word in test["source"]]
        test[f"found{suffix}"] = [a == p for a, p in zip(given, zip_pairs(test), strict=True)]
        test[f"sureness{suffix}"] = [sureness[word] for word in test["source"]]
        # Right by the test dictionary; or by the training dictionary, whose pairs are given.
        test[f"right{suffix}"] = [pair in pairs or pair in known for pair in given]
    return test


def zip_pairs(table: pd.DataFrame) -> list[tuple[str, str]]:
    """Return the pairs of a dictionary."""
    return list(zip(table["source"], table["target"], strict=True))


def member(test: pd.DataFrame, subset: str) -> pd.Series:
    """Return which pairs belong to a subset."""
    similarity = test["similarity"]
    return {
        "all": similarity >= 0,
        "unseen": test["unseen"],
        "equal": similarity == 1,
        "similar": (similarity >= 0.5) & (similarity < 1),
        "dissimilar": similarity < 0.5,
        "dissimilar, unseen": (similarity < 0.5) & test["unseen"],
    }[subset]


def calibration_error(probability: pd.Series, correct: pd.Series) -> float:
    """Return the expected calibration error over ten bins of equal width."""
    bins = np.minimum((probability * 10).astype(int), 9)
    groups = pd.DataFrame({"p": probability, "c": correct.astype(float)}).groupby(bins)
    gaps = (groups["p"].mean() - groups["c"].mean()).abs()
    return float((gaps * groups.size()).sum() / len(probability))


class Measured:
    """The outcomes of one kind of spaces and one size of dictionaries.

    Parameters
    ----------
    tables : dict of (str, str) to DataFrame
        By pair and system, the known pairs looked up or not: one row for each test pair.
    costs : list of dict
        Of the rankers whose maps were fitted in the same run.
    """

    def __init__(self, data: Path, records: list[dict[str, Any]], costs: list[Any]) -> None:
        self.tables: dict[tuple[str, str], pd.DataFrame] = {}
        for record in records:
            table = outcomes(data, record)
            name = record["system"]
            self.tables[record["pair"], name] = table
            if "found_known" in table:
                columns = {f"{each}_known": each for each in ("found", "sureness", "right")}
                own = table.drop(columns=list(columns.values())).rename(columns=columns)
                self.tables[record["pair"], f"{name}, known pairs looked up"] = own
        self.costs = costs
        has = {pair for pair, _ in self.tables}
        self.pairs = [
            pair
            for pair in PAIRS
            if pair in has and {(pair, each) for each in COMPARED} <= set(self.tables)
        ]

    def systems(self, pairs: list[str]) -> list[str]:
        """Return the systems that were run on all of these pairs."""
        looked_up = [f"{name}, known pairs looked up" for name in RANKERS]
        return [
            name
            for name in (*SINGLE, *RANKERS, *looked_up)
            if all((pair, name) in self.tables for pair in pairs)
        ]

    def together(self, system: str, pairs: list[str]) -> pd.DataFrame:
        """Return the test pairs of all language pairs in one table."""
        parts = [self.tables[pair, system].assign(language_pair=pair) for pair in pairs]
        return pd.concat(parts, ignore_index=True)


def report(data: Path, cache: Path) -> str:
    """Return the page made of all outcomes there are."""
    records = [json.loads(file.read_text("utf-8")) for file in sorted(cache.glob("*.json"))]
    lines = [
        "# Lexicons by the ranker\n",
        f"_{machine_line()}_\n",
        "Written by `benchmarks/lexicon.py`. P@1 in percent, each test pair once, over the whole "
        "target vocabulary, mean of the language pairs. *Dissimilar* pairs have an edit similarity "
        "below 0.5 once transliterated, *equal* ones of 1. *Unseen* pairs share no word with the "
        "5k dictionary. Of the unseen words, *surest half* is how many first answers are right "
        "among the half that the system is surest of (single maps: by the gap to the second), and "
        "*calibration error* is over ten bins, all language pairs together. Of all words an answer "
        "is right too if the training dictionary has it. RCSLS, C1 and IM∘VM by the paper's "
        "settings are in xling15.md and RESULTS.md: by CSLS none is above IM∘VM (midpoint) on the "
        "mean of the small spaces.\n",
    ]
    kinds = sorted({(record["real"], record["size"]) for record in records})
    for real, size in kinds:
        own = [r for r in records if (r["real"], r["size"]) == (real, size)]
        pattern = f"*.{size}.{'real' if real else 'small'}.ranker.cost"
        costs = [json.loads(file.read_text("utf-8")) for file in sorted(cache.glob(pattern))]
        measured = Measured(data, own, costs)
        title = "web-scale spaces" if real else "small spaces"
        names = ", ".join(measured.pairs) or "none complete"
        lines.append(f"## {size} pairs, {title}: {names}\n")
        if not measured.pairs:
            continue
        lines += [mean_table(measured, measured.pairs), ""]
        if costs:
            figures = [f"{np.mean([c[key] for c in costs]):.0f}" for key in ("CPU s", "fit CPU s")]
            lines.append(
                f"The ranker, all source words ranked: {figures[0]} CPU seconds in one thread "
                f"({figures[1]} of them to fit; largest "
                f"{max(c['CPU s'] for c in costs):.0f}; mean of {len(costs)} pairs whose maps were "
                f"fitted in the same run), at most {max(c['MiB'] for c in costs):.0f} MiB.\n"
            )
        lines += [significance(measured), ""]
        # Systems that were not run on every pair, on those where they were.
        for extra in (*SINGLE, *RANKERS):
            some = [pair for pair in measured.pairs if (pair, extra) in measured.tables]
            if some and len(some) < len(measured.pairs):
                lines += [f"On {', '.join(some)}, where {extra} was run, too:\n"]
                lines += [mean_table(measured, some), ""]
        lines += ["By language pair, all / unseen / dissimilar:\n", pair_table(measured), ""]
    return "\n".join(lines)


def mean_table(measured: Measured, pairs: list[str]) -> str:
    """Return the means over pairs by system and subset."""
    rows = []
    for system in measured.systems(pairs):
        own = [measured.tables[pair, system] for pair in pairs]
        row: dict[str, Any] = {"system": system}
        for subset in SUBSETS:
            shares = [100 * t["found"][member(t, subset)].mean() for t in own]
            row[subset] = f"{np.nanmean(shares):.1f}"
        unseen = [t[t["unseen"]].drop_duplicates("source") for t in own]
        halves = [t.sort_values("sureness", ascending=False)[: len(t) // 2] for t in unseen]
        row["surest half"] = f"{np.mean([100 * t['right'].mean() for t in halves]):.1f}"
        row["calibration error"] = row["of all words"] = "–"
        if system not in SINGLE:
            words = pd.concat(unseen)
            row["calibration error"] = f"{calibration_error(words['sureness'], words['right']):.3f}"
            words = pd.concat([t.drop_duplicates("source") for t in own])
            row["of all words"] = f"{calibration_error(words['sureness'], words['right']):.3f}"
        rows.append(row)
    return markdown_table(rows)


def pair_table(measured: Measured) -> str:
    """Return all, unseen and dissimilar by pair."""
    rows = []
    for pair in measured.pairs:
        row: dict[str, Any] = {"pair": pair}
        for system in measured.systems(measured.pairs):
            table = measured.tables[pair, system]
            subsets = ("all", "unseen", "dissimilar")
            figures = (100 * table["found"][member(table, s)].mean() for s in subsets)
            row[system] = " / ".join(f"{figure:.1f}" for figure in figures)
        rows.append(row)
    return markdown_table(rows)


def significance(measured: Measured) -> str:
    """Return the differences of the rankers to the maps, and their p-values."""
    rows = []
    systems = measured.systems(measured.pairs)
    for system in systems:
        if system in SINGLE:
            continue
        mine = measured.together(system, measured.pairs)
        for subset in ("all", "unseen", "dissimilar", "dissimilar, unseen"):
            own = member(mine, subset)
            # Every language pair counts the same.
            counts = mine[own].groupby("language_pair")["source"].transform("size")
            row: dict[str, Any] = {
                "system": system,
                "subset": subset,
                "test pairs": int(own.sum()),
            }
            for other in (name for name in systems if name in SINGLE):
                theirs = measured.together(other, measured.pairs)
                test = shuffling_test(
                    mine["found"][own].to_numpy(float),
                    theirs["found"][own].to_numpy(float),
                    sample_weight=1 / counts.to_numpy(float),
                    random_state=0,
                )
                row[f"over {other}"] = f"{100 * test.statistic:+.1f} ({test.pvalue:.4f})"
            rows.append(row)
    return (
        "Gains, and in brackets p by the shuffling test, every language pair of the same weight:"
        "\n\n" + markdown_table(rows)
    )


def main() -> None:
    if "--run" in sys.argv:
        *_, data, pair, size, real, system, path = sys.argv
        run(Path(data), pair, size, real == "real", system, Path(path))
        return
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=existing_folder)
    parser.add_argument("cache", type=Path)
    parser.add_argument("--pairs", nargs="*", default=PAIRS)
    parser.add_argument("--sizes", nargs="*", default=["5k"])
    parser.add_argument("--real", action="store_true", help="the web-scale spaces")
    parser.add_argument("--report-only", action="store_true")
    options = parser.parse_args()
    options.cache.mkdir(parents=True, exist_ok=True)
    pairs = [pair for pair in options.pairs if not options.real or pair in REAL]
    for pair in [] if options.report_only else pairs:
        for size in options.sizes:
            # The ranker first: its cost is taken where no map is there yet.
            for system in ("ranker", *SINGLE[::-1], "ranker (geometry)"):
                kind = "real" if options.real else "small"
                path = options.cache / f"{pair}.{size}.{kind}.{system}.json"
                if not path.exists():
                    arguments = [options.data, pair, size, kind, system, path]
                    command = [sys.executable, __file__, "--run", *arguments]
                    print(pair, size, system, flush=True)
                    run_child(command)
    page = report(options.data, options.cache)
    (HERE / "lexicon.md").write_text(page.rstrip() + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
