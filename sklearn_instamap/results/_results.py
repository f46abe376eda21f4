"""The results of a benchmark as tables, and as files of them."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import pandas as pd

from sklearn_instamap._check import check_option
from sklearn_instamap._files import atomic_paths
from sklearn_instamap._html import html_table
from sklearn_instamap._optional import import_optional
from sklearn_instamap._printable import shown_safely
from sklearn_instamap.results._figures import Choice
from sklearn_instamap.results._selection import ResultSelection
from sklearn_instamap.results._text_tables import csv_table

FORMATS = ("parquet", "csv")
_SUFFIXES = {"parquet": ".parquet", "csv": ".csv"}
_TEXTS = (
    "language_pair",
    "direction",
    "source",
    "target",
    "method",
    "dictionary_size",
    "retrieval",
    "protocol",
    "subset",
    "status",
    "error",
    "versions",
)
CELL = ("language_pair", "direction", "method", "dictionary_size", "seed")


def _no_ranks() -> pd.DataFrame:
    columns = [*CELL, "retrieval", "protocol", "unseen", "query", "rank", "unseen_rank"]
    return pd.DataFrame(columns=columns)


@dataclass(frozen=True, eq=False, repr=False)
class BenchmarkResults:
    """What a benchmark has measured: a table of figures, and the ranks behind them.

    Parameters
    ----------
    rows : DataFrame
        One row per cell (pair, direction, method, dictionary size, seed), retrieval, protocol and
        subset, with the columns ``language_pair`` (as the dictionaries name it), ``direction``,
        ``source``, ``target`` (the languages as they are mapped), ``method``,
        ``dictionary_size``, ``seed``, ``retrieval`` (such as ``"csls"``), ``protocol``
        (``"pair"``, ``"word"``), ``subset`` (``"all"``, ``"unseen"``, by spelling), ``P@k`` for
        each k and ``MRR`` (between 0 and 1), ``n_queries`` (what these are averaged over),
        ``n_test_pairs`` and ``n_test_out_of_vocabulary`` (of the subset), ``n_train_pairs`` and
        ``n_train_out_of_vocabulary``, ``fit_seconds`` and ``cpu_seconds`` (of fitting and
        mapping both spaces), ``evaluate_seconds``, ``peak_mib`` (resident memory of the process
        during the cell, pages of the spaces included), ``status`` (``"ok"``, ``"failed"``),
        ``error`` and ``versions``. A failed cell has one row, whose figures are nan, and 0 where
        a count is not known.
    ranks : DataFrame, default=None
        What significance is tested by; none without. One row per finished cell, retrieval, protocol
        and query: the columns ``language_pair``, ``direction``, ``method``, ``dictionary_size``,
        ``seed``, ``retrieval``, ``protocol``, ``unseen``, ``query`` (position of the pair in the
        test dictionary, or the number of its source word), ``rank``, and ``unseen_rank``: the rank
        among the unseen pairs, 0 where the query is not unseen. By pair the two ranks agree; a word
        with several translations may have a better one among the pairs that are not unseen. Of
        each subset by spelling there is such a column, too: ``dissimilar_rank`` and so on.

    See Also
    --------
    sklearn_instamap.benchmark.run_benchmark : The function which returns it.

    Examples
    --------
    >>> import pandas as pd
    >>> from sklearn_instamap.results import BenchmarkResults
    >>> results = BenchmarkResults(pd.DataFrame({"status": ["ok", "failed"]}), pd.DataFrame())
    >>> len(results.failed)
    1
    """

    rows: pd.DataFrame
    ranks: pd.DataFrame = field(default_factory=_no_ranks)

    def __post_init__(self) -> None:
        for name in ("rows", "ranks"):
            if not isinstance(getattr(self, name), pd.DataFrame):
                raise TypeError(
                    f"{name} must be a DataFrame, got {type(getattr(self, name)).__name__}."
                )

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {len(self.rows)} rows, {len(self.ranks)} ranks>"

    def _repr_html_(self) -> str:
        facts = {"rows": f"{len(self.rows):,}", "ranks": f"{len(self.ranks):,}"}
        for name in ("method", "language_pair", "dictionary_size", "retrieval", "protocol"):
            if name in self.rows:
                facts[name] = ", ".join(map(str, self.rows[name].unique()))
        if "status" in self.rows:
            facts["failed cells"] = f"{len(self.failed):,}"
        return html_table(type(self).__name__, facts)

    @property
    def failed(self) -> pd.DataFrame:
        """The rows of failed cells."""
        return self.rows[self.rows["status"] == "failed"]

    def select(
        self,
        *,
        metric: str = "P@1",
        retrieval: str = "cosine",
        protocol: str = "pair",
        subset: str = "all",
        dictionary_size: str | None = None,
        direction: str = "forward",
    ) -> ResultSelection:
        """Choose one figure for each method and pair of languages, for tables, tests and pictures.

        Parameters
        ----------
        metric : str, default="P@1"
            ``"P@k"`` or ``"MRR"``.
        retrieval : {"cosine", "csls", "inverted-softmax", "sinkhorn"}, default="cosine"
            The similarity, one of those that were asked for.
        protocol : {"pair", "word"}, default="pair"
            What is counted: dictionary pairs, as in the paper, or source words.
        subset : {"all", "unseen", "equal", "similar", "dissimilar"}, default="all"
            Which test pairs, of those subsets that were asked for.
        dictionary_size : str, default=None
            The label of the training dictionaries; None is the only one there is.
        direction : {"forward", "backward"}, default="forward"
            The direction of the dictionaries.

        Returns
        -------
        ResultSelection
            What to do with them. Seeds are averaged.

        Raises
        ------
        ValueError
            If the results have no rows for these choices.

        Examples
        --------
        >>> from sklearn_instamap.results import load_paper_results
        >>> selection = load_paper_results().select(metric="P@1", retrieval="cosine")
        >>> selection.by_language_pair().frame.shape
        (6, 28)
        """
        choice = Choice(metric, retrieval, protocol, subset, dictionary_size, direction)
        return ResultSelection(self.rows, self.ranks, choice)

    def save(self, folder: str | os.PathLike[str], format: str = "parquet") -> list[Path]:
        """Write ``results`` and ``ranks`` into a folder.

        Parameters
        ----------
        folder : str or path-like
            The folder, which has to exist.
        format : {"parquet", "csv"}, default="parquet"
            The format. Parquet needs pyarrow (``pip install "sklearn-instamap[benchmark]"``).

        Returns
        -------
        list of Path
            The files.

        Raises
        ------
        ValueError
            If the format is unknown.
        ImportError
            If pyarrow is not installed.
        OSError
            If the folder cannot be written to.
        """
        check_format(format)
        paths = _paths(Path(folder), format)
        with atomic_paths(*paths) as temporaries:
            for path, frame in zip(temporaries, (self.rows, self.ranks), strict=True):
                if format == "parquet":
                    frame.to_parquet(path, engine="pyarrow", index=False)
                else:
                    path.write_text(csv_table(frame), encoding="utf-8", newline="\n")
        # Results of an earlier run in the other format would pass for these.
        for other in FORMATS:
            if other != format:
                for path in _paths(Path(folder), other):
                    path.unlink(missing_ok=True)
        return paths

    @classmethod
    @shown_safely()
    def load(cls, folder: str | os.PathLike[str]) -> Self:
        """Read what :meth:`save` or a benchmark has written into a folder.

        Parameters
        ----------
        folder : str or path-like
            The folder.

        Returns
        -------
        BenchmarkResults
            The tables.

        Raises
        ------
        OSError
            If there are no results.
        ValueError
            If a file is damaged.
        """
        for format in FORMATS:
            paths = _paths(Path(folder), format)
            if all(path.exists() for path in paths):
                check_format(format)
                return cls(*(_read(path, format) for path in paths))
        raise FileNotFoundError(
            f"{os.fspath(folder)}: has no results of a benchmark; run one, or finish one that was "
            "stopped."
        )


def check_format(format: str) -> None:
    """Refuse a format which is unknown, or cannot be written here."""
    check_option("format", format, FORMATS)
    if format == "parquet":
        import_optional("pyarrow", "format='parquet'", "benchmark")


def has_parquet() -> bool:
    """Tell whether pyarrow is there, and can be used with the numpy that is there."""
    try:
        # Finding it is not enough: a build for another numpy is found and cannot be imported.
        import_optional("pyarrow", "Parquet", "benchmark")
    except ImportError:
        return False
    return True


def _paths(folder: Path, format: str) -> list[Path]:
    return [folder / f"{name}{_SUFFIXES[format]}" for name in ("results", "ranks")]


def _read(path: Path, format: str) -> pd.DataFrame:
    try:
        return _read_csv(path) if format == "csv" else pd.read_parquet(path)
    except Exception as error:  # Whatever damaged files make pandas and pyarrow raise.
        raise ValueError(
            f"{path}: cannot be read ({type(error).__name__}); run the benchmark again, which "
            "takes finished cells from their own files."
        ) from None


def _read_csv(path: Path) -> pd.DataFrame:
    # Only figures can be missing: "nan" may be a language, and "" means that there was no error.
    columns = pd.read_csv(path, nrows=0).columns
    texts = {name: str for name in columns if name in _TEXTS}
    missing = {name: ["", "nan"] for name in columns if name not in texts}
    frame = pd.read_csv(path, dtype=texts, keep_default_na=False, na_values=missing)
    for name in texts:
        # What csv_text puts in front of texts that spreadsheets would take for formulas.
        frame[name] = frame[name].str.replace("^'(?='*[=+@-])", "", regex=True)
    return frame
