"""Many languages in one space: all pairs through English beside maps of their own.

Run: python benchmarks/hub.py DATA

DATA is a folder with ``spaces/`` and ``xling/``. Five languages are mapped into the English space,
which stays, each by its dictionary with English alone. Two of them then translate into each other
in the English space, without a dictionary of their own.
"""

from __future__ import annotations

import argparse
from itertools import combinations
from pathlib import Path

import numpy as np
from _measure import markdown_table, update_section
from sklearn.preprocessing import Normalizer, StandardScaler

from sklearn_instamap.linear import ProcrustesAligner
from sklearn_instamap.metrics import shuffling_test, translation_ranks

HUB = "en"
LANGUAGES = ("en", "de", "fi", "fr", "ru", "tr")


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

    def mapped(self, source: str, target: str) -> np.ndarray:
        """Return the vectors of a language in the space of another, which stays."""
        if source == target:
            return self.vectors[source]
        pairs = self.pairs("train.freq.5k", source, target)
        X, y = self.vectors[source][pairs[:, 0]], self.vectors[target][pairs[:, 1]]
        return ProcrustesAligner().fit(X, y).transform(self.vectors[source])

    def outcomes(self, source: str, target: str, space: tuple[np.ndarray, np.ndarray]) -> dict:
        """Return of each test pair whether it is found, by cosine and by CSLS."""
        pairs = self.pairs("test.freq.2k", source, target)
        return {
            name: translation_ranks(
                space[0][pairs[:, 0]],
                space[1],
                pairs[:, 1],
                retrieval=name,
                source_space=space[0],
            )
            == 1
            for name in ("cosine", "csls")
        }


def main() -> None:
    """Measure all pairs, and write the section."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    languages = Languages(parser.parse_args().data)
    in_hub = {language: languages.mapped(language, HUB) for language in LANGUAGES}
    table, differences = [], {"cosine": [], "csls": []}
    for source, target in combinations(LANGUAGES, 2):
        if not (languages.data / "xling" / f"yacle.test.freq.2k.{source}-{target}.tsv").exists():
            source, target = target, source
        hub = languages.outcomes(source, target, (in_hub[source], in_hub[target]))
        row: dict[str, object] = {"pair": f"{source}-{target}"}
        direct = hub
        if HUB not in (source, target):
            own = languages.mapped(source, target), languages.vectors[target]
            direct = languages.outcomes(source, target, own)
        for name in hub:
            tested = shuffling_test(hub[name], direct[name], random_state=0)
            mark = "*" if tested.pvalue < 0.05 else ""
            row |= {
                f"direct, {name}": f"{100 * direct[name].mean():.1f}",
                f"through {HUB}, {name}": f"{100 * hub[name].mean():.1f}{mark}",
            }
            if HUB not in (source, target):
                differences[name].append(100 * tested.statistic)
        table.append(row)
        print(row, flush=True)
    means = ", ".join(
        f"{np.mean(each):+.1f} by {name} (from {min(each):+.1f} to {max(each):+.1f})"
        for name, each in differences.items()
    )
    update_section(
        "Many languages in one space",
        "P@1 in per cent of all test pairs, 20,000 words a language, Procrustes after unit, "
        "center, unit; 5K dictionaries. Direct: a map from their own dictionary. Through "
        f"{HUB}: both languages mapped into {HUB}, each by its dictionary with {HUB} only; the "
        f"vectors of {HUB} stay. A star: p < 0.05 by the shuffling test of that pair, not "
        f"corrected for their number. Pairs with {HUB} are the same map twice.\n\n"
        f"{markdown_table(table)}\n\n"
        f"Mean difference over the {len(differences['csls'])} pairs without {HUB}: {means}.",
    )


if __name__ == "__main__":
    main()
