"""Many languages in one space: all pairs through English beside maps of their own.

Run: python benchmarks/hub.py DATA KEPT [--pairs de-fr,tr-ru]

DATA is a folder with ``spaces/`` and ``xling/``. Five languages are mapped into the English space,
which stays, each by its dictionary with English alone. Two of them then translate into each other
in the English space, without a dictionary of their own. Beside it all six are mapped into a common
space that is none of them, the mean that generalized Procrustes finds, from the same dictionaries.
What has been measured is kept in the file KEPT, a line for each pair, and not measured again.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path

import numpy as np
from _measure import existing_folder, keep, kept_records, markdown_table, update_section
from sklearn.preprocessing import Normalizer, StandardScaler

from sklearn_instamap.linear import ProcrustesAligner, VecMapAligner
from sklearn_instamap.metrics import shuffling_test, translation_ranks

HUB = "en"
LANGUAGES = ("en", "de", "fi", "fr", "ru", "tr")
DIRECT, THROUGH = "direct", f"through {HUB}"
VECMAP, COMMON = f"through {HUB} by VecMap", "in the common space"


def space(data: Path, language: str) -> tuple[dict[str, int], np.ndarray]:
    """Return the rows of the words of a language, and its vectors: unit, centered, unit."""
    stem = data / "spaces" / language
    words = [word for word in stem.with_suffix(".words").read_text("utf-8").split("\n") if word]
    vectors = np.load(stem.with_suffix(".npy")).astype(np.float32)
    for step in (Normalizer(), StandardScaler(with_std=False), Normalizer()):
        vectors = step.fit_transform(vectors)
    return {word: row for row, word in enumerate(words)}, vectors


class Languages:
    """The spaces and dictionaries of a folder."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.rows, self.vectors = {}, {}
        for language in LANGUAGES:
            self.rows[language], self.vectors[language] = space(data, language)

    def pairs(self, kind: str, source: str, target: str) -> np.ndarray:
        """Return the rows of the pairs of a dictionary, whichever way round its file is."""
        forward = self.data / "xling" / f"yacle.{kind}.{source}-{target}.tsv"
        backward = self.data / "xling" / f"yacle.{kind}.{target}-{source}.tsv"
        path, order = (forward, 1) if forward.exists() else (backward, -1)
        found = []
        for line in path.read_text("utf-8").splitlines():
            words = line.lower().split("\t")[::order]
            rows = self.rows[source].get(words[0]), self.rows[target].get(words[1])
            if None not in rows:
                found.append(rows)
        return np.array(found)

    def mapped(self, source: str, target: str, aligner: object = None) -> np.ndarray:
        """Return the vectors of a language in the space of another, which stays."""
        if source == target:
            return self.vectors[source]
        pairs = self.pairs("train.freq.5k", source, target)
        X, y = self.vectors[source][pairs[:, 0]], self.vectors[target][pairs[:, 1]]
        fitted = (aligner or ProcrustesAligner()).fit(
            X, y, source_space=self.vectors[source], target_space=self.vectors[target]
        )
        return fitted.transform(self.vectors[source])

    def common(self, n_iter: int = 20) -> dict[str, np.ndarray]:
        """Return all languages in the mean space of generalized Procrustes.

        Each word of the hub is a concept. In turn concepts become the mean of their words as
        mapped, and every language is rotated onto the concepts that it has words for.
        """
        words = {
            language: self.pairs("train.freq.5k", language, HUB)
            for language in LANGUAGES
            if language != HUB
        }
        known = np.unique(np.concatenate([pairs[:, 1] for pairs in words.values()]))
        words[HUB] = np.column_stack([known, known])
        images = {language: self.mapped(language, HUB) for language in LANGUAGES}
        for _ in range(n_iter):
            total = np.zeros_like(self.vectors[HUB])
            count = np.zeros((len(total), 1), dtype=total.dtype)
            for language, pairs in words.items():
                np.add.at(total, pairs[:, 1], images[language][pairs[:, 0]])
                np.add.at(count, pairs[:, 1], 1)
            concepts = total / np.maximum(count, 1)
            images = {
                language: ProcrustesAligner()
                .fit(self.vectors[language][pairs[:, 0]], concepts[pairs[:, 1]])
                .transform(self.vectors[language])
                for language, pairs in words.items()
            }
        return images

    def unseen(self, source: str, target: str) -> np.ndarray:
        """Return of each test pair whether none of its words is in a dictionary used here."""
        pairs = self.pairs("test.freq.2k", source, target)
        used = [(source, target, 0, 0), (source, target, 1, 1)]
        used += [(source, HUB, 0, 0)] if source != HUB else []
        used += [(target, HUB, 1, 0)] if target != HUB else []
        unseen = np.ones(len(pairs), dtype=bool)
        for one, other, side, column in used:
            unseen &= ~np.isin(pairs[:, side], self.pairs("train.freq.5k", one, other)[:, column])
        return unseen

    def outcomes(self, source: str, target: str, space: tuple[np.ndarray, np.ndarray]) -> dict:
        """Return of each test pair whether it is found, by cosine and by CSLS."""
        pairs = self.pairs("test.freq.2k", source, target)
        return {
            name: translation_ranks(
                space[0][pairs[:, 0]],
                space[1],
                pairs[:, 1],
                retrieval=name.lower(),
                source_space=space[0],
            )
            == 1
            for name in ("cosine", "CSLS")
        }


def measured(languages: Languages, pairs: list[tuple[str, str]]) -> Iterator[dict]:
    """Yield the figures of pairs: of each way, retrieval and subset P@1 and the p-value."""
    into_target = VecMapAligner(shared_space="target")
    of_pairs = sorted({language for pair in pairs for language in pair})
    images = {
        THROUGH: {each: languages.mapped(each, HUB) for each in of_pairs},
        VECMAP: {each: languages.mapped(each, HUB, into_target) for each in of_pairs},
        COMMON: languages.common(),
    }
    for source, target in pairs:
        own = languages.mapped(source, target), languages.vectors[target]
        unseen = languages.unseen(source, target)
        direct = languages.outcomes(source, target, own)
        figures = []
        for way in (DIRECT, *images):
            found = direct
            if way != DIRECT:
                spaces = images[way][source], images[way][target]
                found = languages.outcomes(source, target, spaces)
            for name, each in found.items():
                for subset, rows in {"all": unseen | True, "unseen": unseen}.items():
                    tested = shuffling_test(each[rows], direct[name][rows], random_state=0)
                    figures.append((way, name, subset, each[rows].mean(), tested.pvalue))
        yield {"pair": f"{source}-{target}", "figures": figures}


def named(data: Path) -> list[tuple[str, str]]:
    """Return all pairs as their dictionaries are named."""
    folder = data / "xling"
    return [
        (a, b) if (folder / f"yacle.test.freq.2k.{a}-{b}.tsv").exists() else (b, a)
        for a, b in combinations(LANGUAGES, 2)
    ]


def main() -> None:
    """Measure what is missing; write the section once nothing is."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=existing_folder)
    parser.add_argument("kept", type=Path)
    parser.add_argument("--pairs", help="only these, separated by commas")
    options = parser.parse_args()
    pairs = named(options.data)
    known = {row["pair"]: row["figures"] for row in kept_records(options.kept)}
    asked = options.pairs.split(",") if options.pairs else ["-".join(pair) for pair in pairs]
    missing = [p for p in pairs if "-".join(p) in asked and "-".join(p) not in known]
    for row in measured(Languages(options.data), missing) if missing else ():
        keep(options.kept, row)
        known[row["pair"]] = row["figures"]
        print(row["pair"], flush=True)
    if len(known) == len(pairs):
        write({"-".join(pair): known["-".join(pair)] for pair in pairs})


def write(known: dict[str, list]) -> None:
    """Write the section of RESULTS.md."""
    table = []
    differences: dict[tuple[str, str, str], list[float]] = {}
    for pair, figures in known.items():
        row: dict[str, str] = {"pair": pair}
        direct = {(name, subset): p for way, name, subset, p, _ in figures if way == DIRECT}
        for way, name, subset, share, p_value in figures:
            if name == "CSLS":
                mark = "*" if p_value < 0.05 else ""
                before = f"{row[way]} / " if way in row else ""
                row[way] = f"{before}{100 * share:.1f}{mark}"
            if way != DIRECT and HUB not in pair.split("-"):
                less = 100 * (share - direct[name, subset])
                differences.setdefault((way, name, subset), []).append(less)
        table.append(row)
    means = [
        {
            "way": way,
            "by": name,
            "pairs": subset,
            "less direct": f"{np.mean(each):+.1f}",
            "from": f"{min(each):+.1f}",
            "to": f"{max(each):+.1f}",
        }
        for (way, name, subset), each in differences.items()
    ]
    update_section(
        "Many languages in one space",
        "P@1 by CSLS in per cent, all / unseen test pairs, 20,000 words a language, unit, center, "
        "unit, then Procrustes; 5K dictionaries. Direct: a map from their own dictionary. Through "
        f"{HUB}: both languages mapped into {HUB}, each by its dictionary with {HUB} only; the "
        f"vectors of {HUB} stay. By VecMap: the same by `VecMapAligner(shared_space='target')`. In "
        "the common space: all languages mapped onto the mean of generalized Procrustes, from the "
        f"dictionaries with {HUB}. Unseen: no word of the pair is in any of the dictionaries. A "
        "star: p < 0.05 against the direct map by the shuffling test of that pair, not corrected "
        f"for their number.\n\n{markdown_table(table)}\n\nDifferences from the direct map, the "
        f"mean over the pairs without {HUB} and the extremes:\n\n{markdown_table(means)}",
    )


if __name__ == "__main__":
    main()
