"""What the ranker's defaults are chosen by: training dictionaries alone.

Run: python benchmarks/lexicon_choices.py DATA CACHE [--pairs de-tr en-fr] [--real]

The rarest fifth of a training dictionary is held out of everything, and the ranker is fitted on the
rest with different folds, penalties and features. DATA and CACHE are those of lexicon.py. Prints
one table for each pair.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from _measure import markdown_table
from lexicon import calibration_error, load

from sklearn_instamap.lexicon import LexiconRanker
from sklearn_instamap.lexicon._features import GROUPS
from sklearn_instamap.metrics._string_similarity import string_similarity
from sklearn_instamap.model_selection import WordDisjointHoldout, WordDisjointKFold


def folds(words: np.ndarray, translations: np.ndarray) -> dict[str, list[Any]]:
    """Return the ways of holding words out: the rarest, a third at random, both."""
    rare = list(WordDisjointHoldout(0.3).split(words, translations))
    third = [next(iter(WordDisjointKFold(3, random_state=0).split(words, translations)))]
    return {"rarest 30 %": rare, "a random third": third, "both": rare + third}


def figures(ranker: LexiconRanker, held_out: pd.DataFrame) -> dict[str, str]:
    """Return what a fitted ranker answers to pairs it has not seen."""
    answers = ranker.rank(held_out["source"].unique(), 1).set_index("source")
    given = answers.loc[held_out["source"]]
    found = given["target"].to_numpy() == held_out["target"].to_numpy()
    alike = string_similarity(held_out["source"], held_out["target"]) >= 0.5
    pairs = set(held_out.itertuples(index=False, name=None))
    right = pd.Series([pair in pairs for pair in answers["target"].items()], index=answers.index)
    return {
        "all": f"{100 * found.mean():.1f}",
        "alike": f"{100 * found[alike].mean():.1f}",
        "not alike": f"{100 * found[~alike].mean():.1f}",
        "calibration error": f"{calibration_error(answers['probability'], right):.3f}",
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("cache", type=Path)
    parser.add_argument("--pairs", nargs="*", default=["de-tr", "ru-fr", "en-fr"])
    parser.add_argument("--real", action="store_true", help="the web-scale spaces")
    options = parser.parse_args()
    for pair in options.pairs:
        source, target, train, _ = load(options.data, pair, "5k", options.real)
        inside = (source.indices(train["source"]) >= 0) & (target.indices(train["target"]) >= 0)
        train = train[inside]
        sides = train["source"].to_numpy(dtype=object), train["target"].to_numpy(dtype=object)
        first, last = next(iter(WordDisjointHoldout(0.2).split(*sides)))
        kept, held_out = train.iloc[first], train.iloc[last]
        rows = []
        ways = folds(*(side[first] for side in sides))
        choices: list[tuple[str, dict[str, Any]]] = [
            *(
                (f"{name}, l2={l2:g}", {"cv": cv, "l2": l2})
                for name, cv in ways.items()
                for l2 in (10.0, 30.0)
            ),
            *(
                (f"without {group}", {"features": [name for name in GROUPS if name != group]})
                for group in GROUPS
            ),
        ]
        for name, parameters in choices:
            ranker = LexiconRanker(random_state=0, memory=str(options.cache / "maps"), **parameters)
            ranker.fit(kept["source"], kept["target"], source_space=source, target_space=target)
            rows.append({"choice": name, **figures(ranker, held_out)})
            print(pair, rows[-1], flush=True)
        print(f"\n{pair}, {len(held_out)} pairs held out\n\n{markdown_table(rows)}\n", flush=True)


if __name__ == "__main__":
    main()
