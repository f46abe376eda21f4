"""What the page shows: translations, neighbors, hubs and errors, and what a person decides."""

from __future__ import annotations

import threading
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.decomposition import PCA

from sklearn_instamap._check import check_option
from sklearn_instamap._files import check_writable
from sklearn_instamap._printable import shown_safely
from sklearn_instamap._space import EmbeddingSpace
from sklearn_instamap.explore._errors import explain_errors
from sklearn_instamap.io import read_dictionary, write_dictionary
from sklearn_instamap.metrics import k_occurrence
from sklearn_instamap.metrics._maps import mean_similarity, unit

# Hubness is estimated on the most frequent words of either side: seconds instead of minutes.
_HUB_WORDS = 20_000
_CSLS_NEIGHBORS = 10
DECISIONS = ("accept", "reject", "undo")


class Session:
    """Two aligned spaces, what is known of their words, and what a person has decided.

    The lexicon has the columns ``source``, ``target`` and, if known, ``probability``. The alignment
    was learned from the pairs of ``train`` and is checked on those of ``test``. Accepted pairs go
    to ``output``, rejected ones to a file beside it; None keeps them in memory.
    """

    def __init__(
        self,
        source: EmbeddingSpace,
        target: EmbeddingSpace,
        *,
        lexicon: pd.DataFrame | None = None,
        train: pd.DataFrame | None = None,
        test: pd.DataFrame | None = None,
        output: Path | None = None,
        n_jobs: int | None = None,
    ) -> None:
        self.source, self.target = source, target
        self.test, self.output, self._n_jobs = test, output, n_jobs
        self._rows = {"source": unit(source.vectors), "target": unit(target.vectors)}
        self._probability = _probabilities(lexicon)
        self._lexicon = _by_source(lexicon)
        self._known = set() if train is None else _pairs(train)
        self._lock = threading.Lock()
        self.accepted, self.rejected = (_read_pairs(path) for path in self._files())

    # What is looked up ------------------------------------------------------------------------

    @cached_property
    def hubness(self) -> NDArray[np.floating]:
        """Mean cosine of each target word to its nearest source words: what CSLS takes off."""
        rows, others = self._rows["target"], self._rows["source"][:_HUB_WORDS]
        return mean_similarity(rows, others, _CSLS_NEIGHBORS, self._n_jobs)

    @cached_property
    def occurrences(self) -> NDArray[np.intp]:
        """How often each target word is among the ten nearest of the frequent source words."""
        k = min(10, self.target.n_words)
        rows = self._rows["source"][:_HUB_WORDS]
        return k_occurrence(rows, self._rows["target"], k, n_jobs=self._n_jobs)

    def prepare(self) -> None:
        """Compute what every answer needs, and check that decisions can be written."""
        _ = self.hubness, self.occurrences
        check_writable(*(path for path in self._files() if path is not None))

    def translations(self, word: str, n_best: int = 10) -> list[dict[str, Any]]:
        """Return what a word may mean: its entries in the lexicon, then the nearest by CSLS."""
        query = self._rows["source"][self.source.index(word)]
        cosines = self._rows["target"] @ query
        scores = 2 * cosines - self.hubness
        n_best = min(n_best, len(scores))
        best = np.argpartition(-scores, n_best - 1)[:n_best]
        best = best[np.lexsort((best, -scores[best]))]
        nearest = {self.target.words[row]: rank for rank, row in enumerate(best, start=1)}
        listed = [each for each in self._lexicon.get(word, []) if each in self.target]
        found = []
        for translation in dict.fromkeys([*listed, *nearest]):
            row = self.target.index(translation)
            pair = (word, translation)
            sources = [
                name
                for name, there in (
                    ("dictionary", pair in self._known),
                    ("lexicon", translation in listed),
                    ("nearest", translation in nearest),
                )
                if there
            ]
            found.append(
                {
                    "translation": translation,
                    "probability": self._probability.get(pair),
                    "cosine": round(float(cosines[row]), 4),
                    "csls": round(float(scores[row]), 4),
                    "rank": nearest.get(translation),
                    "from": sources,
                    "occurrences": int(self.occurrences[row]),
                    "decision": self.decision(pair),
                }
            )
        return found

    def suggestions(self, start: str, n_best: int = 12) -> list[str]:
        """Return the most frequent source words that begin with some letters."""
        return list(islice((word for word in self.source.words if word.startswith(start)), n_best))

    def surroundings(self, word: str, n_neighbors: int = 8) -> list[dict[str, Any]]:
        """Return a word and its neighbors on both sides as points of a plane."""
        query = self._rows["source"][self.source.index(word)]
        points = []
        for side, space in (("source", self.source), ("target", self.target)):
            cosines = self._rows[side] @ query
            n_found = min(n_neighbors + (side == "source"), len(cosines))
            rows = np.argpartition(-cosines, n_found - 1)[:n_found]
            points += [
                (side, space.words[row], self._rows[side][row])
                for row in rows[np.argsort(-cosines[rows], kind="stable")]
            ]
        vectors = np.array([vector for *_, vector in points])
        plane = PCA(n_components=min(2, *vectors.shape), svd_solver="full").fit_transform(vectors)
        plane = np.pad(plane, ((0, 0), (0, 2 - plane.shape[1])))
        return [
            {"side": side, "word": name, "x": round(float(x), 4), "y": round(float(y), 4)}
            for (side, name, _), (x, y) in zip(points, plane, strict=True)
        ]

    def hubs(self, n_best: int = 40) -> list[dict[str, Any]]:
        """Return the target words that are near too many source words."""
        rows = np.argsort(-self.occurrences, kind="stable")[:n_best]
        return [
            {"word": self.target.words[row], "occurrences": int(self.occurrences[row])}
            for row in rows
        ]

    @cached_property
    def errors(self) -> list[dict[str, Any]]:
        """The source words of the test dictionary, and what is wrong with their answers."""
        return [] if self.test is None else explain_errors(self)

    # What a person decides --------------------------------------------------------------------

    def decision(self, pair: tuple[str, str]) -> str | None:
        """Return what was decided on a pair."""
        if pair in self.accepted:
            return "accept"
        return "reject" if pair in self.rejected else None

    def decide(self, source: str, target: str, decision: str) -> None:
        """Accept or reject a pair, or take that back, and write the files.

        Where a file cannot be written, the decision is not taken.
        """
        check_option("decision", decision, DECISIONS)
        for word, space, side in ((source, self.source, "source"), (target, self.target, "target")):
            if word not in space:
                raise ValueError(f"the {side} space has no word {word!r}.")
        pair = (source, target)
        # Decisions come from several requests at once; the files hold all of them.
        with self._lock:
            accepted = [each for each in self.accepted if each != pair]
            rejected = [each for each in self.rejected if each != pair]
            if decision == "accept":
                accepted.append(pair)
            elif decision == "reject":
                rejected.append(pair)
            for path, old, new in zip(
                self._files(), (self.accepted, self.rejected), (accepted, rejected), strict=True
            ):
                if path is not None and list(old) != new:
                    write_dictionary(path, new)
            self.accepted, self.rejected = dict.fromkeys(accepted), dict.fromkeys(rejected)

    def _files(self) -> tuple[Path | None, Path | None]:
        if self.output is None:
            return None, None
        return self.output, self.output.with_name(f"{self.output.stem}.rejected.tsv")


@shown_safely()
def read_lexicon(path: Path) -> pd.DataFrame:
    """Read an induced lexicon, a table with the columns source, target and perhaps probability."""
    # Words such as "null" are words.
    separator = "," if path.suffix == ".csv" else "\t"
    try:
        frame = pd.read_csv(path, sep=separator, dtype=str, keep_default_na=False)
    except pd.errors.EmptyDataError:
        raise ValueError(f"{path}: the file is empty.") from None
    except UnicodeDecodeError:
        raise ValueError(f"{path}: is not valid UTF-8; convert the file to UTF-8.") from None
    try:
        missing = [name for name in ("source", "target") if name not in frame]
        if missing:
            raise ValueError(
                f"has no column {' and no column '.join(map(repr, missing))}; a lexicon is a "
                "table with the columns source, target and probability"
            )
        if "probability" in frame:
            given = frame["probability"]
            frame["probability"] = pd.to_numeric(given.where(given != ""))
    except ValueError as error:
        raise ValueError(f"{path}: {' '.join(str(error).split())}.") from None
    return frame


def _pairs(frame: pd.DataFrame) -> set[tuple[str, str]]:
    return set(zip(frame["source"], frame["target"], strict=True))


def _read_pairs(path: Path | None) -> dict[tuple[str, str], None]:
    if path is None or not path.exists() or path.stat().st_size == 0:
        return {}
    frame = read_dictionary(path, lowercase=False)
    return dict.fromkeys(zip(frame["source"], frame["target"], strict=True))


def _by_source(lexicon: pd.DataFrame | None) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    if lexicon is not None:
        for source, target in zip(lexicon["source"], lexicon["target"], strict=True):
            found.setdefault(source, []).append(target)
    return found


def _probabilities(lexicon: pd.DataFrame | None) -> dict[tuple[str, str], float]:
    if lexicon is None or "probability" not in lexicon:
        return {}
    columns = (lexicon["source"], lexicon["target"], lexicon["probability"])
    return {
        (source, target): float(probability)
        for source, target, probability in zip(*columns, strict=True)
        if probability == probability
    }
