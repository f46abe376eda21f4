"""One real language pair as the parity scripts need it: spaces, dictionaries, figures."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from sklearn_instamap import EmbeddingSpace
from sklearn_instamap.metrics import evaluate_bli

PAIRS = ("en-de", "de-tr", "tr-fi", "en-fr")


class Problem:
    """One language pair: two spaces, and the dictionary pairs in their vocabularies."""

    def __init__(self, data: Path, pair: str) -> None:
        self.pair = pair
        self.source, self.target = pair.split("-")
        self.words = {}
        self.vectors = {}
        for language in (self.source, self.target):
            stem = data / "spaces" / language
            words = stem.with_suffix(".words").read_text(encoding="utf-8").split("\n")
            self.words[language] = [word for word in words if word]
            self.vectors[language] = np.load(stem.with_suffix(".npy")).astype(np.float32)
        self.train = self._pairs(data / "xling" / f"yacle.train.freq.5k.{pair}.tsv")
        self.test = self._pairs(data / "xling" / f"yacle.test.freq.2k.{pair}.tsv")

    def _pairs(self, path: Path) -> np.ndarray:
        """Pairs of row numbers, lower-cased, in vocabulary, in file order, repeats kept."""
        rows = [
            {word: row for row, word in enumerate(self.words[language])}
            for language in (self.source, self.target)
        ]
        found = []
        for line in path.read_text(encoding="utf-8").splitlines():
            source, target = line.lower().split("\t")
            if source in rows[0] and target in rows[1]:
                found.append((rows[0][source], rows[1][target]))
        return np.array(found)

    def export(self, folder: Path) -> None:
        """Write what the original reads: two text spaces and two dictionaries."""
        folder.mkdir(parents=True, exist_ok=True)
        for language in (self.source, self.target):
            path = folder / f"{language}.vec"
            if path.exists():
                continue
            vectors = self.vectors[language]
            with path.open("w", encoding="utf-8") as out:
                out.write(f"{vectors.shape[0]} {vectors.shape[1]}\n")
                for word, row in zip(self.words[language], vectors.tolist(), strict=True):
                    out.write(word + " " + " ".join(map(repr, row)) + "\n")
        for name, pairs in (("train", self.train), ("test", self.test)):
            lines = [f"{source} {target}\n" for source, target in self.word_pairs(pairs)]
            path = folder / f"{self.pair}.{name}.txt"
            path.write_text("".join(lines), encoding="utf-8")

    def word_pairs(self, rows: np.ndarray) -> list[tuple[str, str]]:
        """Pairs of row numbers as pairs of words."""
        source, target = self.words[self.source], self.words[self.target]
        return [(source[i], target[j]) for i, j in rows]


def figures(problem: Problem, source: np.ndarray, target: np.ndarray) -> list[float]:
    """P@1 in per cent: cosine all, unseen, CSLS all, unseen."""
    table = evaluate_bli(
        EmbeddingSpace(problem.words[problem.source], source),
        EmbeddingSpace(problem.words[problem.target], target),
        test_dictionary=problem.word_pairs(problem.test),
        train_dictionary=problem.word_pairs(problem.train),
        metric=("P@1", "MRR"),
    )
    return [
        100 * table.loc[(retrieval, "pair", subset), "P@1"]
        for retrieval in ("cosine", "csls")
        for subset in ("all", "unseen")
    ]
