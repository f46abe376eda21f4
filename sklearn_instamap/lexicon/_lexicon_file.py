"""Lexicons as files: TSV, CSV, JSON lines, Parquet, some rows at a time."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pandas as pd

from sklearn_instamap._check import check_option
from sklearn_instamap._optional import import_optional
from sklearn_instamap._printable import shown_safely
from sklearn_instamap._wording import named

FORMATS = ("tsv", "csv", "jsonl", "parquet")
_KINDS = {
    "source": "str",
    "target": "str",
    "probability": "float64",
    "rank": "int64",
    "known": "bool",
    "mutual": "bool",
    "origin": "str",
    "no_translation": "float64",
}
COLUMNS = tuple(_KINDS)


@shown_safely()
def check_format(path: Path, format: str | None) -> str:
    """Return the format of a file, from its suffix if none is given."""
    kind = path.suffix.removeprefix(".") if format is None else format
    if format is None and kind not in FORMATS:
        raise ValueError(
            f"{path}: the suffix is of no format of a lexicon; name it .{', .'.join(FORMATS)}, or "
            f"pass {named('format')}."
        )
    check_option("format", kind, FORMATS)
    if kind == "parquet":
        import_optional("pyarrow", "A lexicon as Parquet", "benchmark")
    return kind


@shown_safely()
def write_lexicon(path: Path, tables: Iterable[pd.DataFrame], kind: str, *, shown: Path) -> None:
    """Write tables one below the other; errors call the file as it is ``shown``."""
    if kind == "parquet":
        _write_parquet(path, tables)
        return
    with path.open("w", encoding="utf-8", newline="") as stream:
        try:
            if kind == "jsonl":
                for table in tables:
                    table[list(COLUMNS)].to_json(
                        stream, orient="records", lines=True, force_ascii=False
                    )
            else:
                _write_rows(stream, tables, kind, shown)
        except UnicodeEncodeError as error:
            raise ValueError(
                f"{shown}: a word holds characters that UTF-8 does not have ({error.reason}); "
                "rename it."
            ) from None


def _write_rows(stream: Any, tables: Iterable[pd.DataFrame], kind: str, shown: Path) -> None:
    if kind == "csv":
        csv.writer(stream, lineterminator="\n").writerow(COLUMNS)
        for table in tables:
            # Before Python 3.13 a carriage return alone is no reason to quote.
            bare = any("\r" in word for side in ("source", "target") for word in table[side])
            csv.writer(
                stream,
                lineterminator="\n",
                quoting=csv.QUOTE_ALL if bare else csv.QUOTE_MINIMAL,
            ).writerows(_cells(table))
        return
    # As dictionaries are written: nothing quoted, so that a quote in a word is a quote.
    stream.write("\t".join(COLUMNS) + "\n")
    for table in tables:
        for cells in _cells(table):
            for word in cells[:2]:
                if any(x in word for x in "\t\n\r"):
                    raise ValueError(
                        f"{shown}: the word {word!r} holds a tab or a line end, which TSV cannot "
                        "hold; write CSV, JSON lines or Parquet."
                    )
            stream.write("\t".join(map(str, cells)) + "\n")


def _cells(table: pd.DataFrame) -> Iterable[tuple[Any, ...]]:
    shown = table[list(COLUMNS)].copy()
    for column in ("probability", "no_translation"):
        shown[column] = [f"{value:.6g}" for value in shown[column]]
    for column in ("known", "mutual"):
        shown[column] = ["true" if value else "false" for value in shown[column]]
    return shown.itertuples(index=False, name=None)


def _write_parquet(path: Path, tables: Iterable[pd.DataFrame]) -> None:
    arrow = import_optional("pyarrow", "A lexicon as Parquet", "benchmark")
    parquet = import_optional("pyarrow.parquet", "A lexicon as Parquet", "benchmark")
    types = {
        "str": arrow.string(),
        "float64": arrow.float64(),
        "int64": arrow.int64(),
        "bool": arrow.bool_(),
    }
    schema = arrow.schema([(name, types[_KINDS[name]]) for name in COLUMNS])
    with parquet.ParquetWriter(path, schema) as writer:
        for table in tables:
            rows = arrow.Table.from_pandas(
                table[list(COLUMNS)], schema=schema, preserve_index=False
            )
            writer.write_table(rows)
