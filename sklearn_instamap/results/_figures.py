"""Which of a benchmark's figures are looked at, as a matrix of methods by pairs of languages."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sklearn_instamap._check import check_number, check_option, invalid, reals
from sklearn_instamap._methods import find_method, plain_name
from sklearn_instamap._wording import alternatives
from sklearn_instamap.metrics import confidence_interval
from sklearn_instamap.metrics._metric import metric_cutoff

_CELL = ("direction", "source", "target", "method", "dictionary_size")
_CELL_OF_RANKS = ("language_pair", "direction", "method", "dictionary_size")
_CHOICE = ("retrieval", "protocol", "subset")
_RETRIEVALS = {"cosine": "cosine", "csls": "CSLS"}
_PROTOCOLS = {"pair": "per dictionary pair", "word": "per source word"}
_SUBSETS = {
    "all": "all test pairs",
    "unseen": "unseen test pairs",
    "equal": "test pairs of equal spelling",
    "similar": "test pairs of similar spelling",
    "dissimilar": "test pairs of dissimilar spelling",
}


@dataclass(frozen=True)
class Choice:
    """What is chosen; see :meth:`BenchmarkResults.select` for the six."""

    metric: str
    retrieval: str
    protocol: str
    subset: str
    dictionary_size: str | None
    direction: str

    def rows(self, rows: pd.DataFrame) -> pd.DataFrame:
        """Return the rows chosen, failed cells apart, with dictionaries of every size.

        Raises ValueError if there are none, or no such metric or dictionary.
        """
        check_columns(rows, [*_CELL, *_CHOICE])
        metric_cutoff(self.metric)
        _check_choice("metric", self.metric, filter(is_metric, rows))
        chosen = self._rows_of_direction(rows)
        if self.dictionary_size is not None:
            self._size(chosen)
        for name in _CHOICE:
            # Failed cells have neither retrieval nor protocol.
            _check_choice(name, getattr(self, name), sorted(set(chosen[name]) - {""}))
            chosen = chosen[chosen[name] == getattr(self, name)]
        return chosen

    def figures(self, rows: pd.DataFrame) -> Figures:
        """Return the matrix of figures, over which seeds are averaged."""
        chosen, there = self.rows(rows), self._rows_of_direction(rows)
        size = self._size(there)
        chosen = chosen[chosen["dictionary_size"] == size]
        there = there[there["dictionary_size"] == size]
        columns = [self.metric, *(["n_queries"] if "n_queries" in chosen else [])]
        table = chosen.groupby(["method", "label"], sort=False)[columns].mean()
        # Failed cells, too, have their place.
        index = pd.Index(there["method"].unique(), name="method")
        labels = pd.Index(there["label"].unique(), name="language_pair")
        figures, *counts = (
            table[name].unstack("label").reindex(index=index, columns=labels).astype(float)
            for name in columns
        )
        languages = there.drop_duplicates("label").set_index("label")[["source", "target"]]
        return Figures(
            self.metric, figures, languages, self._describe(size), counts[0] if counts else None
        )

    def sizes(self, rows: pd.DataFrame) -> list[str]:
        """Return the labels of the training dictionaries there are, in the order of the rows."""
        return list(self._rows_of_direction(rows)["dictionary_size"].unique())

    def outcomes(self, rows: pd.DataFrame, ranks: pd.DataFrame) -> pd.DataFrame:
        """Return what the figures average: one row per pair and query, one column per method."""
        check_columns(rows, ["language_pair"])
        if ranks.empty:
            raise ValueError(
                "These results have no ranks, and significance needs those of every query."
            )
        rank = "rank" if self.subset == "all" else f"{self.subset}_rank"
        check_columns(ranks, [*_CELL_OF_RANKS, "retrieval", "protocol", "unseen", "query", rank])
        there = self._rows_of_direction(rows)
        size = self._size(there)
        there = there[there["dictionary_size"] == size]
        chosen = ranks[
            (ranks["direction"] == self.direction)
            & (ranks["dictionary_size"].astype(str) == size)
            & (ranks["retrieval"] == self.retrieval)
            & (ranks["protocol"] == self.protocol)
        ]
        if self.subset != "all":
            chosen = chosen[chosen[rank] > 0]
        if chosen.empty:
            what = _SUBSETS.get(self.subset, self.subset)
            raise ValueError(f"There are no ranks of {what} by {self.retrieval}.")
        labels = there.drop_duplicates("language_pair").set_index("language_pair")["label"]
        keys = [
            chosen["language_pair"].map(labels).rename("language_pair"),
            chosen["query"],
            chosen["method"],
        ]
        # A query has one outcome for each method, whatever the number of seeds.
        outcome = per_query(self.metric, chosen[rank])
        frame = outcome.groupby(keys, sort=False).mean().unstack("method")
        methods = [name for name in there["method"].unique() if name in frame]
        return frame[methods].sort_index(kind="stable")

    def _rows_of_direction(self, rows: pd.DataFrame) -> pd.DataFrame:
        _check_choice("direction", self.direction, rows["direction"].unique())
        found = rows[rows["direction"] == self.direction]
        return found.assign(
            label=found["source"] + "-" + found["target"],
            dictionary_size=found["dictionary_size"].astype(str),
        )

    def _size(self, rows: pd.DataFrame) -> str:
        sizes, size = list(rows["dictionary_size"].unique()), self.dictionary_size
        if size is None and len(sizes) == 1:
            size = sizes[0]
        _check_choice("dictionary_size", None if size is None else str(size), sizes)
        return str(size)

    def _describe(self, size: str) -> str:
        return ", ".join(
            [
                f"{self.metric} (%)" if self.metric.startswith("P@") else self.metric,
                _RETRIEVALS.get(self.retrieval, self.retrieval),
                _PROTOCOLS.get(self.protocol, self.protocol),
                _SUBSETS.get(self.subset, self.subset),
                f"training dictionary {size}",
            ]
        )


@dataclass(frozen=True)
class Figures:
    """A matrix of figures, methods by pairs of languages; nan where the cell failed.

    ``languages`` has the columns ``source`` and ``target`` of each pair; ``n_queries`` says over
    how many queries each figure is a mean, None where that is not known.
    """

    metric: str
    frame: pd.DataFrame
    languages: pd.DataFrame
    description: str
    n_queries: pd.DataFrame | None = None

    def by_difficulty(self) -> list[str]:
        """Return the pairs from the easiest to the hardest, by their mean rank over the methods.

        Each method ranks the pairs by its own figures. A method that failed on some pairs ranks
        the others; its ranks are stretched to the same range.
        """
        ranks = self.frame.rank(axis=1, ascending=False, pct=True)
        return list(ranks.mean().sort_values(kind="stable").index)

    def intervals(self, level: float) -> tuple[pd.DataFrame, pd.DataFrame] | None:
        """Return Wilson's interval of each figure; None where the figures are not shares."""
        check_level("confidence_level", level)
        if self.n_queries is None or not self.metric.startswith("P@"):
            return None
        ends = wilson_ends(self.frame.to_numpy(), self.n_queries.to_numpy(), level)
        low, high = (pd.DataFrame(end, self.frame.index, self.frame.columns) for end in ends)
        return low, high

    def means(self, pairs: list[str], level: float) -> pd.DataFrame:
        """Return mean, ends of its interval and number of queries of each method."""
        for pair in pairs:
            check_option("language_pairs", pair, self.frame)
        mean, margin = self.frame[pairs].mean(axis=1, skipna=False), self.margins(pairs, level)
        ends = (np.nan, np.nan) if margin is None else (mean - margin, mean + margin)
        means = pd.DataFrame({"mean": mean, "low": ends[0], "high": ends[1], "n_queries": np.nan})
        if self.n_queries is not None:
            means["n_queries"] = self.n_queries[pairs].sum(axis=1, skipna=False)
        return means

    def margins(self, pairs: list[str], level: float) -> pd.Series | None:
        """Return how far the mean over some pairs may be off, for each method, to either side.

        The queries of each pair are taken for a sample, the pairs themselves are not: the mean
        speaks of these languages. Each pair has the same weight. A pair's variance is that of its
        Wilson interval, which does not vanish where every query was answered alike.
        """
        ends = self.intervals(level)
        if ends is None:
            return None
        half = (ends[1][pairs] - ends[0][pairs]).to_numpy() / 2
        margins: NDArray[np.floating] = np.sqrt((half**2).sum(axis=1)) / len(pairs)
        return pd.Series(margins, self.frame.index)


def wilson_ends(
    shares: NDArray[np.floating], numbers: NDArray[np.floating], level: float = 0.95
) -> NDArray[np.floating]:
    """Return the ends of Wilson's intervals of shares of so many queries, nan for unknown."""
    ends = np.full((2, *shares.shape), np.nan)
    for place in zip(*np.nonzero(~np.isnan(shares) & (numbers > 0)), strict=True):
        # Over several seeds the mean number of right queries need not be whole.
        right = np.arange(round(numbers[place])) < round(shares[place] * numbers[place])
        ends[:, *place] = confidence_interval(right, confidence_level=level, method="wilson")
    return ends


def method_among(name: Any, methods: Iterable[Any]) -> str:
    """Return the method of a table that a reference means, by any of the method's names."""
    there = list(methods)
    if name in there:
        return str(name)
    plain = {plain_name(method): method for method in there}
    names = [plain_name(name)] if isinstance(name, str) else []
    with suppress(ValueError, TypeError):
        names.append(plain_name(find_method(name).label))
    for each in names:
        if each in plain:
            return plain[each]
    raise invalid("reference", alternatives(there), name)


def _check_choice(name: str, value: Any, there: Iterable[Any]) -> None:
    """Refuse a choice that results do not have."""
    known = list(there)
    if not isinstance(value, str) or value not in known:
        listed = ", ".join(map(repr, known)) or "none, as every cell failed"
        raise invalid(name, f"one of those in these results: {listed}", value)


def is_metric(name: Any) -> bool:
    """Tell whether a column of results holds a figure."""
    with suppress(ValueError):
        metric_cutoff(name)
        return True
    return False


def check_level(name: str, level: Any) -> None:
    """Refuse an invalid level of confidence or significance."""
    check_number(name, level, reals(0, 1, closed="neither"))


def check_columns(frame: pd.DataFrame, names: Iterable[str]) -> None:
    """Refuse a DataFrame which lacks a column."""
    missing = [name for name in names if name not in frame]
    if missing:
        raise ValueError(
            f"The results have no column {', '.join(map(repr, missing))}; they have "
            f"{', '.join(map(repr, frame.columns))}."
        )


def per_query(metric: str, ranks: pd.Series) -> pd.Series:
    """Return what a metric averages over queries, from their ranks."""
    k = metric_cutoff(metric)
    return 1 / ranks if k is None else (ranks <= k).astype(float)
