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
import json
import resource
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from _measure import machine_line, markdown_table, run_child
from joblib import Memory

from sklearn_instamap import InstaMapAligner, make_aligner_pipeline
from sklearn_instamap.io import lookup_pairs, read_dictionary, read_vectors
from sklearn_instamap.lexicon import LexiconRanker
from sklearn_instamap.lexicon._members import _map_spaces, _with_defaults
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


def load(data: Path, pair: str, size: str, real: bool) -> tuple[Any, ...]:
    """Return both spaces, the training and the test dictionary, every pair once."""
    folder = data / ("real" if real else "spaces")
    spaces = (read_vectors(folder / f"{name}.npy") for name in pair.split("-"))
    dictionaries = (
        read_dictionary(data / "xling" / f"yacle.{part}.{pair}.tsv", duplicates="drop")
        for part in (f"train.freq.{size}", "test.freq.2k")
    )
    return *spaces, *dictionaries


def answers_of_maps(
    system: str, source: Any, target: Any, train: pd.DataFrame, words: list[str], memory: Memory
) -> tuple[list[str], list[float]]:
    """Return the first answer to each word by CSLS, or by the sum of the CSLS of two maps.

    How sure an answer is, is how far its score is above that of the second.
    """
    _, _, coverage = lookup_pairs(train, source, target, warn_below=0)
    rows = source.indices(coverage.pairs["source"]), target.indices(coverage.pairs["target"])
    # As the ranker fits them, so that one map is one file.
    seed = LexiconRanker(random_state=0)._seed()
    own = [_with_defaults(each, n_jobs=1, random_state=seed) for each in maps(system)]
    fitted = memory.cache(_map_spaces)
    mapped = [fitted(each, source.vectors, target.vectors, *rows) for each in own]
    retrieval = Retrieval("csls", n_jobs=1).fit(*(list(side) for side in zip(*mapped, strict=True)))
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
        options: dict[str, Any] = {}
        if system == "ranker (geometry)":
            options = {"features": ["geometry", "mean", "frequency"], "spelling_pairs": None}
        ranker = LexiconRanker(random_state=0, n_jobs=1, memory=memory, **options)
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
    """Return for every test pair whether it was found, and its subsets."""
    source, target, train, test = load(data, record["pair"], record["size"], record["real"])
    test = lookup_pairs(test, source, target, warn_below=0)[2].pairs
    largest = load(data, record["pair"], "5k", record["real"])[2]
    test["unseen"] = unseen_pairs(test_dictionary=test, train_dictionary=largest)
    test["similarity"] = string_similarity(test["source"], test["target"])
    answers = record["answers"]
    test["found"] = [answers[s] == t for s, t in zip(test["source"], test["target"], strict=True)]
    known = train.drop_duplicates("source").set_index("source")["target"]
    looked_up = [known.get(word, answers[word]) for word in test["source"]]
    test["found, known looked up"] = test["target"].to_numpy() == np.array(looked_up, dtype=object)
    test["sureness"] = [record["sureness"][word] for word in test["source"]]
    return test


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


def report(data: Path, cache: Path) -> str:
    """Return the page made of all outcomes there are."""
    records = [json.loads(file.read_text("utf-8")) for file in sorted(cache.glob("*.json"))]
    tables = [(record, outcomes(data, record)) for record in records]
    lines = [
        "# Lexicons by the ranker\n",
        f"_{machine_line()}_\n",
        "Written by `benchmarks/lexicon.py`. P@1 in percent, each test pair once, over the whole "
        "target vocabulary. *Dissimilar* pairs have an edit similarity below 0.5 once "
        "transliterated, *equal* ones of 1. *Unseen* pairs share no word with the 5k dictionary. "
        "CPU seconds are of one thread: maps, folds, weights, and all source words ranked.\n",
    ]
    kinds = sorted({(record["real"], record["size"]) for record in records})
    for real, size in kinds:
        chosen = [(r, t) for r, t in tables if (r["real"], r["size"]) == (real, size)]
        pairs = [pair for pair in PAIRS if any(r["pair"] == pair for r, _ in chosen)]
        complete = [
            pair
            for pair in pairs
            if {r["system"] for r, _ in chosen if r["pair"] == pair} >= {"sum of CSLS", "ranker"}
        ]
        title = "web-scale spaces" if real else "small spaces"
        lines.append(f"## {size} pairs, {title}: {', '.join(complete) or 'none complete'}\n")
        if complete:
            lines += [mean_table(chosen, complete), "", significance(chosen, complete), ""]
            lines += ["By language pair, all / unseen:\n", pair_table(chosen, complete), ""]
    return "\n".join(lines)


def measured(chosen: list[Any], pairs: list[str]) -> list[str]:
    """Return the systems that have been run on all of these pairs."""
    return [
        system
        for system in (*SINGLE, *RANKERS)
        if {r["pair"] for r, _ in chosen if r["system"] == system} >= set(pairs)
    ]


def mean_table(chosen: list[Any], pairs: list[str]) -> str:
    """Return the means over pairs by system and subset."""
    rows = []
    for system in measured(chosen, pairs):
        own = [(r, t) for r, t in chosen if r["system"] == system and r["pair"] in pairs]
        for column in ("found", "found, known looked up"):
            if column != "found" and system != "ranker":
                continue
            name = f"{system}, known pairs looked up" if column != "found" else system
            row: dict[str, Any] = {"system": name}
            for subset in SUBSETS:
                row[subset] = (
                    f"{np.nanmean([100 * t[column][member(t, subset)].mean() for _, t in own]):.1f}"
                )
            surest = []
            for _, table in own:
                unseen = table[table["unseen"]].sort_values("sureness", ascending=False)
                surest.append(100 * unseen[column][: len(unseen) // 2].mean())
            row["surest half of unseen"] = f"{np.mean(surest):.1f}"
            if system in RANKERS and column == "found":
                errors = [calibration_error(t["sureness"], t["found"]) for _, t in own]
                row["calibration error"] = f"{np.mean(errors):.3f}"
            else:
                row["calibration error"] = "–"
            row["CPU s"] = f"{np.mean([r['CPU s'] for r, _ in own]):.0f}"
            row["MiB"] = f"{max(r['MiB'] for r, _ in own):.0f}"
            rows.append(row)
    return markdown_table(rows)


def pair_table(chosen: list[Any], pairs: list[str]) -> str:
    """Return all and unseen by pair."""
    rows = []
    for pair in pairs:
        row: dict[str, Any] = {"pair": pair}
        for system in measured(chosen, pairs):
            table = next(t for r, t in chosen if r["system"] == system and r["pair"] == pair)
            figures = (100 * table["found"][member(table, s)].mean() for s in ("all", "unseen"))
            row[system] = " / ".join(f"{figure:.1f}" for figure in figures)
        rows.append(row)
    return markdown_table(rows)


def significance(chosen: list[Any], pairs: list[str]) -> str:
    """Return the differences of the ranker to the sum of CSLS, and their p-values."""
    joined = {
        system: pd.concat(
            [t for r, t in chosen if r["system"] == system and r["pair"] in pairs],
            keys=pairs,
        )
        for system in measured(chosen, pairs)
    }
    rows = []
    for system in RANKERS:
        if system not in joined:
            continue
        for subset in SUBSETS:
            mine = joined[system]
            own = member(mine, subset)
            other = joined["sum of CSLS"].loc[own.index, "found"]
            test = shuffling_test(mine["found"][own], other[own], random_state=0)
            rows.append(
                {
                    "system": system,
                    "subset": subset,
                    "test pairs": int(own.sum()),
                    "gain over the sum of CSLS": f"{100 * test.statistic:+.1f}",
                    "p": f"{test.pvalue:.4f}",
                }
            )
    return "Over all test pairs together, by the shuffling test:\n\n" + markdown_table(rows)


def main() -> None:
    if "--run" in sys.argv:
        *_, data, pair, size, real, system, path = sys.argv
        run(Path(data), pair, size, real == "real", system, Path(path))
        return
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
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
            for system in (*RANKERS[::-1], *SINGLE):
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
