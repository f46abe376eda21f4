"""What the recommended configurations are chosen by: training dictionaries alone.

Run: python benchmarks/lexicon_choices.py DATA CACHE [--pairs de-tr en-fr.real] [--systems ...]

The rarest fifth of a 5k training dictionary is held out of everything, without words in common with
the rest. Every system is fitted on the rest and answers the fifth; no test pair is read. DATA is
that of lexicon.py; a pair's name with ``.real`` is one of web-scale vectors. Fitted maps go to
CACHE/choices, which one may delete, and figures to CACHE/choices.jsonl: what is there is not
computed again. Writes the tables of lexicon_choices.md, beside this script, from all that is there.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from _measure import existing_folder, keep, kept_records, machine_line, markdown_table
from joblib import Memory
from lexicon import PAIRS, REAL, as_a_member, calibration_error, load

from sklearn_instamap import InstaMapAligner, make_aligner_pipeline
from sklearn_instamap.io import lookup_pairs
from sklearn_instamap.lexicon import LexiconRanker
from sklearn_instamap.lexicon._cognates import mined_cognates
from sklearn_instamap.lexicon._features import GROUPS
from sklearn_instamap.lexicon._named_rankers import NAMED
from sklearn_instamap.lexicon._spellings import Spellings
from sklearn_instamap.linear import RCSLSAligner, VecMapAligner
from sklearn_instamap.metrics._string_similarity import string_similarity
from sklearn_instamap.model_selection import WordDisjointHoldout, WordDisjointKFold

HERE = Path(__file__).parent
HELD_OUT = 0.2
BEGIN, END = "<!-- begin measured -->", "<!-- end measured -->"


def midpoint() -> InstaMapAligner:
    """Return InstaMap with the settings of the recommended map."""
    return InstaMapAligner.from_preset("midpoint")


def on_vecmap() -> Any:
    """Return the recommended map."""
    return make_aligner_pipeline(VecMapAligner(), midpoint())


# Aligners that answer by CSLS. "+ cognates" adds pairs mined in the map itself to the dictionary.
MAPS: dict[str, Callable[[], Any]] = {
    "VecMap": VecMapAligner,
    "RCSLS": RCSLSAligner,
    "IM∘VM (paper)": lambda: make_aligner_pipeline(VecMapAligner(), InstaMapAligner()),
    "midpoint": midpoint,
    "IM∘VM (midpoint)": on_vecmap,
    "IM∘VM (midpoint) + cognates": on_vecmap,
}


def random_third(words: np.ndarray, translations: np.ndarray) -> list[Any]:
    """Return one fold: a third of the words at random."""
    return [next(iter(WordDisjointKFold(3, random_state=0).split(words, translations)))]


def rarest(words: np.ndarray, translations: np.ndarray) -> list[Any]:
    """Return the ranker's own fold: the rarest 30 %."""
    return list(WordDisjointHoldout(0.3).split(words, translations))


# What differs from the ranker's defaults; a function makes folds of the pairs.
LEXICONS: dict[str, dict[str, Any]] = {
    "ranker": {},
    "ranker (geometry)": NAMED["ranker (geometry)"],
    "penalty 10": {"l2": 10.0},
    "penalty 100": {"l2": 100.0},
    "a random third held out": {"cv": random_third},
    "both held out": {"cv": lambda *sides: rarest(*sides) + random_third(*sides)},
    "no cognates": {"spelling_pairs": None},
    **{f"without {group}": {"features": [g for g in GROUPS if g != group]} for group in GROUPS},
}


def measure(data: Path, cache: Path, pair: str, system: str) -> dict[str, Any]:
    """Return what a system fitted without the rarest fifth answers to it."""
    base, _, real = pair.partition(".")
    source, target, train, _ = load(data, base, "5k", bool(real))
    train = lookup_pairs(train, source, target, warn_below=0)[2].pairs
    sides = (train[side].to_numpy(dtype=object) for side in ("source", "target"))
    first, last = next(iter(WordDisjointHoldout(HELD_OUT).split(*sides)))
    fitted_on, held_out = train.iloc[first], train.iloc[last]
    memory = Memory(cache / "choices" / pair, verbose=0)
    words = list(held_out["source"].unique())
    ask = answers_of_map if system in MAPS else answers_of_ranker
    start = time.process_time()
    answers = ask(system, source, target, fitted_on, words, memory)
    seconds = time.process_time() - start
    found = answers.loc[held_out["source"], "target"].to_numpy() == held_out["target"].to_numpy()
    alike = string_similarity(held_out["source"], held_out["target"]) >= 0.5
    pairs = set(zip(held_out["source"], held_out["target"], strict=True))
    right = pd.Series([each in pairs for each in answers["target"].items()], index=answers.index)
    surest = answers["sureness"].sort_values(ascending=False).index[: len(answers) // 2]
    error = None if system in MAPS else calibration_error(answers["sureness"], right)
    return {
        "pair": pair,
        "system": system,
        "pairs": len(held_out),
        "all": 100 * found.mean(),
        "alike": 100 * found[alike].mean(),
        "not alike": 100 * found[~alike].mean(),
        "surest half": 100 * right[surest].mean(),
        "calibration error": error,
        "CPU s": seconds,
    }


def answers_of_map(
    system: str, source: Any, target: Any, train: pd.DataFrame, words: list[str], memory: Memory
) -> pd.DataFrame:
    """Return the first answers by CSLS; how sure they are is the gap to the second."""
    rows, columns = source.indices(train["source"]), target.indices(train["target"])
    found = as_a_member(MAPS[system](), source, target, rows, columns, memory)
    if system.endswith("+ cognates"):
        more = mined_cognates(found, Spellings(source.words, target.words), rows, columns)
        rows, columns = np.concatenate([rows, more[0]]), np.concatenate([columns, more[1]])
        found = as_a_member(MAPS[system](), source, target, rows, columns, memory)
    asked = source.indices(words)
    scores = found.listed_scores[asked]
    answers = {
        "target": [target.words[row] for row in found.listed[asked, 0]],
        "sureness": scores[:, 0] - scores[:, 1],
    }
    return pd.DataFrame(answers, index=words)


def answers_of_ranker(
    system: str, source: Any, target: Any, train: pd.DataFrame, words: list[str], memory: Memory
) -> pd.DataFrame:
    """Return the first answers with their probabilities."""
    options = dict(LEXICONS[system])
    sides = (train[side].to_numpy(dtype=object) for side in ("source", "target"))
    if "cv" in options:
        options["cv"] = options["cv"](*sides)
    ranker = LexiconRanker(random_state=0, n_jobs=1, memory=memory, **options)
    ranker.fit(train["source"], train["target"], source_space=source, target_space=target)
    answers = ranker.rank(words, 1).set_index("source")
    return answers.rename(columns={"probability": "sureness"})[["target", "sureness"]]


def report(records: list[dict[str, Any]]) -> str:
    """Return the tables of all that was measured."""
    lines = [f"_{machine_line()}_\n"]
    for title, systems in (("One map", MAPS), ("The ranker", LEXICONS)):
        own = pd.DataFrame([r for r in records if r["system"] in systems])
        lines.append(f"### {title}\n")
        if own.empty:
            lines.append("Nothing measured.\n")
            continue
        # Systems that were run on the same pairs are compared on these.
        by_pairs: dict[tuple[str, ...], list[str]] = {}
        for system in (each for each in systems if each in set(own["system"])):
            pairs = set(own.loc[own["system"] == system, "pair"])
            by_pairs.setdefault(tuple(each for each in ALL_PAIRS if each in pairs), []).append(
                system
            )
        reference = next(iter(systems))
        for pairs, names in by_pairs.items():
            shown = [reference, *(name for name in names if name != reference)]
            rows = [row(own[own["pair"].isin(pairs)], name, len(pairs)) for name in shown]
            count = own[(own["system"] == names[0]) & own["pair"].isin(pairs)]["pairs"].sum()
            lines += [f"{', '.join(pairs)}; {count} pairs held out.\n", markdown_table(rows), ""]
    return "\n".join(lines)


def row(table: pd.DataFrame, system: str, n_pairs: int) -> dict[str, str]:
    """Return the means of one system over the pairs, if it was run on all of them."""
    own = table[table["system"] == system]
    figures: dict[str, str] = {"system": system}
    shown = [("all", 1), ("alike", 1), ("not alike", 1), ("surest half", 1)]
    if system in LEXICONS:
        shown.append(("calibration error", 3))
    for name, digits in shown:
        value = own[name].astype(float).mean()
        complete = len(own) == n_pairs and not np.isnan(value)
        figures[name] = f"{value:.{digits}f}" if complete else "–"
    is_web_scale = own["pair"].str.endswith(".real")
    if is_web_scale.any() and not is_web_scale.all():
        for kind, rows in (("small", ~is_web_scale), ("web-scale", is_web_scale)):
            figures[f"all, {kind}"] = f"{own.loc[rows, 'all'].mean():.1f}"
    return figures


ALL_PAIRS = [*PAIRS, *(f"{pair}.real" for pair in REAL)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=existing_folder)
    parser.add_argument("cache", type=Path)
    parser.add_argument("--pairs", nargs="*", default=ALL_PAIRS, choices=ALL_PAIRS)
    parser.add_argument("--systems", nargs="*", choices=[*MAPS, *LEXICONS])
    parser.add_argument("--report-only", action="store_true")
    options = parser.parse_args()
    options.cache.mkdir(parents=True, exist_ok=True)
    kept = options.cache / "choices.jsonl"
    done = {(each["pair"], each["system"]) for each in kept_records(kept)}
    for pair in [] if options.report_only else options.pairs:
        for system in options.systems or [*MAPS, *LEXICONS]:
            if (pair, system) not in done:
                record = measure(options.data, options.cache, pair, system)
                keep(kept, record)
                print(record, flush=True)
    page = HERE / "lexicon_choices.md"
    text = page.read_text("utf-8")
    before, _, rest = text.partition(BEGIN)
    after = rest.partition(END)[2]
    page.write_text(f"{before}{BEGIN}\n{report(kept_records(kept))}\n{END}{after}", "utf-8")


if __name__ == "__main__":
    main()
