"""Result tables: for a terminal, and as CSV, JSON or Markdown for other programs."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd

from sklearn_instamap._printable import markdown_text, printable
from sklearn_instamap.cli._options import Format
from sklearn_instamap.cli._outputs import Outputs
from sklearn_instamap.cli._terminal import Terminal
from sklearn_instamap.results._text_tables import csv_table, markdown_table, rich_table

# Names of columns that are too long for a table on a terminal of 80 columns.
_HEADINGS = {"n_queries": "queries", "n_out_of_vocabulary": "OOV"}
_UNSAFE = re.compile("[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")
_SUFFIXES: dict[str, Format] = {".csv": "csv", ".json": "json", ".md": "markdown"}


def choose_format(name: Format | None, output: Path | None) -> Format:
    """Return the format that was asked for, or that the output file's name suggests."""
    if name is None and output is not None:
        name = _SUFFIXES.get(output.suffix)
        if name is None:
            raise ValueError(
                f"{output}: the suffix chooses the format; name the file .csv, .json or .md, or "
                "pass --format."
            )
    return name or "table"


def show_table(
    terminal: Terminal, frame: pd.DataFrame, style: str, outputs: Outputs, output: Path | None
) -> None:
    """Print a table, whose index is not shown, or write it to a file of this run."""
    if style == "table" and output is None:
        terminal.out.print(rich_table(*_cells(frame)))
        return
    text = _as_text(frame, style)
    if output is None:
        if style in ("csv", "json"):
            terminal.write(text)
        else:
            terminal.say(text.rstrip("\n"))
        return
    with outputs.writing(output) as place:
        place.write_bytes(text.encode("utf-8", "backslashreplace"))
    terminal.note(f"Wrote {output}.")


def _as_text(frame: pd.DataFrame, style: str) -> str:
    if style == "csv":
        return csv_table(frame)
    if style == "json":
        text = frame.to_json(orient="records", indent=2, force_ascii=False, double_precision=15)
        # JSON escapes line ends and the like by itself, and may escape any character.
        return _UNSAFE.sub(lambda match: f"\\u{ord(match[0]):04x}", text) + "\n"
    if style == "markdown":
        header, rows, numeric = _cells(frame)
        cells = [list(map(markdown_text, row)) for row in rows]
        return markdown_table(list(map(markdown_text, header)), cells, numeric)
    return readable(frame).map(printable).to_string(index=False) + "\n"


def _cells(frame: pd.DataFrame) -> tuple[list[str], list[list[str]], list[bool]]:
    """Return the header, the rows as texts, and which columns hold numbers."""
    rows = [list(row) for row in readable(frame).itertuples(index=False)]
    numeric = [bool(pd.api.types.is_numeric_dtype(frame[name])) for name in frame]
    return [_HEADINGS.get(str(name), str(name)) for name in frame], rows, numeric


def readable(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the table as texts with the digits people read: shares in percent, – for none."""
    texts = {}
    for name in frame:
        column = frame[name]
        if str(name).startswith("P@") or name == "coverage":
            cells = [f"{100 * value:.1f}" for value in column]
        elif pd.api.types.is_float_dtype(column):
            cells = [f"{value:.3f}" for value in column]
        else:
            cells = [str(value) for value in column]
        # As in the tables of benchmarks.
        texts[name] = [
            "–" if pd.isna(value) else cell for value, cell in zip(column, cells, strict=True)
        ]
    return pd.DataFrame(texts, dtype=object)
