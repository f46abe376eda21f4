"""Which of a benchmark's figures a table shows, and those figures as a matrix."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, TypeAlias

import pandas as pd

from sklearn_instamap.metrics._metric import metric_cutoff

# A BenchmarkResults, or its rows alone.
ResultsLike: TypeAlias = Any

_CELL = ("direction", "source", "target", "method", "dictionary_size")
_CELL_OF_RANKS = ("pair", "direction", "method", "dictionary_size")
_CHOICE = ("retrieval", "protocol", "subset")
_RETRIEVALS = {"cosine": "cosine", "csls": "CSLS"}
_PROTOCOLS = {"pair": "per dictionary pair", "word": "per source word"}
_SUBSETS = {"all": "all test pairs", "unseen": "unseen test pairs"}


@dataclass(frozen=True)
class Selection:
    """One figure for each method and pair of languages.

    Parameters
    ----------
    metric : str
        ``P@k`` or ``MRR``.
    retrieval, protocol, subset, direction : str
        Values of the columns of that name.
    dictionary_size : str or None
        The label; None is the only one there is.
    """

    metric: str
    retrieval: str
    protocol: str
    subset: str
    dictionary_size: str | None
    direction: str

    def figures(self, results: ResultsLike) -> Figures:
        """Return the matrix of figures, over which seeds are averaged."""
        rows = self._rows_of_size(results)
        check_columns(rows, [*_CHOICE, self.metric])
        chosen = rows
        for name in _CHOICE:
            chosen = chosen[chosen[name] == getattr(self, name)]
            if chosen.empty:
                # Failed cells have neither retrieval nor protocol.
                there = ", ".join(map(repr, sorted(set(rows[name]) - {""})))
                raise ValueError(
                    f"The results have no rows with {name}={getattr(self, name)!r} and the other "
                    f"choices; there are {there or 'none, as every cell failed'}."
                )
        frame = chosen.groupby(["method", "label"], sort=False)[self.metric].mean().unstack("label")
        # Failed cells, too, have their place.
        frame = frame.reindex(index=rows["method"].unique(), columns=rows["label"].unique())
        languages = rows.drop_duplicates("label").set_index("label")[["source", "target"]]
        return Figures(
            frame.astype(float).rename_axis(index="method", columns="pair"),
            languages,
            self.describe(results),
        )

    def outcomes(self, results: ResultsLike, ranks: pd.DataFrame) -> pd.DataFrame:
        """Return what the figures average: one row per pair and query, one column per method."""
        rows = self._rows_of_size(results)
        check_columns(rows, ["pair"])
        rank = "unseen_rank" if self.subset == "unseen" else "rank"
        check_columns(ranks, [*_CELL_OF_RANKS, "retrieval", "protocol", "unseen", "query", rank])
        chosen = ranks[
            (ranks["direction"] == self.direction)
            & (ranks["dictionary_size"].astype(str) == rows["dictionary_size"].iloc[0])
            & (ranks["retrieval"] == self.retrieval)
            & (ranks["protocol"] == self.protocol)
        ]
        if self.subset == "unseen":
            chosen = chosen[chosen["unseen"].astype(bool)]
        if chosen.empty:
            raise ValueError("There are no ranks for these choices.")
        labels = rows.drop_duplicates("pair").set_index("pair")["label"]
        outcome = per_query(self.metric, chosen[rank])
        keys = [chosen["pair"].map(labels).rename("pair"), chosen["query"], chosen["method"]]
        # A query has one outcome for each method, whatever the number of seeds.
        frame = outcome.groupby(keys, sort=False).mean().unstack("method")
        methods = [name for name in rows["method"].unique() if name in frame]
        return frame[methods].sort_index(kind="stable")

    def _rows_of_size(self, results: ResultsLike) -> pd.DataFrame:
        rows = rows_of(results)
        check_columns(rows, _CELL)
        rows = rows[rows["direction"] == self.direction]
        if rows.empty:
            raise ValueError(f"The results have no rows with direction={self.direction!r}.")
        rows = rows.assign(
            label=rows["source"] + "-" + rows["target"],
            dictionary_size=rows["dictionary_size"].astype(str),
        )
        sizes = list(rows["dictionary_size"].unique())
        size = self.dictionary_size
        if size is None and len(sizes) == 1:
            size = sizes[0]
        if size is None or str(size) not in sizes:
            raise ValueError(
                f"dictionary_size must be one of {', '.join(map(repr, sizes))}; got {size!r}."
            )
        return rows[rows["dictionary_size"] == str(size)]

    def describe(self, results: ResultsLike) -> str:
        """Say what the figures are."""
        size = self._rows_of_size(results)["dictionary_size"].iloc[0]
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
    """A matrix of figures.

    Parameters
    ----------
    frame : DataFrame of shape (n_methods, n_pairs)
        The figures; nan where the cell failed.
    languages : DataFrame of shape (n_pairs, 2)
        Columns ``source`` and ``target`` of each pair.
    description : str
        What the figures are.
    """

    frame: pd.DataFrame
    languages: pd.DataFrame
    description: str

    def by_difficulty(self) -> list[str]:
        """Return the pairs from the easiest to the hardest, by their mean rank over the methods.

        Each method ranks the pairs by its own figures. A method that failed on some pairs ranks
        the others; its ranks are stretched to the same range.
        """
        ranks = self.frame.rank(axis=1, ascending=False, pct=True)
        return list(ranks.mean().sort_values(kind="stable").index)


def rows_of(results: ResultsLike) -> pd.DataFrame:
    """Return the rows of results, or rows as they are."""
    rows = getattr(results, "rows", results)
    if not isinstance(rows, pd.DataFrame):
        raise TypeError(
            f"results must be BenchmarkResults or a DataFrame of its rows; got "
            f"{type(results).__name__}."
        )
    return rows


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
