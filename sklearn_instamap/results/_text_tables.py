"""Tables of texts: as Markdown, as CSV and for a terminal, whatever stands in their cells."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import pandas as pd

from sklearn_instamap._optional import import_optional
from sklearn_instamap._printable import csv_text, printable

if TYPE_CHECKING:
    from rich.table import Table
    from rich.text import Text


def figure_text(name: str, value: float, decimals: int = 1) -> str:
    """Return a figure as the field writes it: P@k as 69.4 (percent), MRR as .796, nan as a dash."""
    if value != value:
        return "–"
    if name.startswith("P@"):
        text = f"{100 * abs(value):.{decimals}f}"
    else:
        text = f"{abs(value):.3f}".removeprefix("0")
    return ("−" if value < 0 else "") + text


def markdown_table(
    header: Sequence[str], rows: Iterable[Sequence[str]], numeric: Sequence[bool]
) -> str:
    """Return a table in GitHub's Markdown, of names and cells that are Markdown already."""
    import_optional("tabulate", "A table in Markdown", "benchmark")
    frame = pd.DataFrame([list(row) for row in rows], columns=range(len(header)), dtype=object)
    alignment = ["right" if number else "left" for number in numeric]
    return (
        frame.to_markdown(
            index=False, headers=list(header), colalign=alignment, disable_numparse=True
        )
        + "\n"
    )


def csv_table(frame: pd.DataFrame, *, index: bool = False) -> str:
    """Return a table as CSV, in which no cell is a formula and no control character is left."""
    frame = frame.reset_index() if index else frame
    safe = frame.apply(lambda column: column if _is_number(column) else column.map(csv_text))
    safe.columns = [csv_text(str(name)) for name in frame.columns]
    return safe.to_csv(index=False, lineterminator="\n")


def _is_number(column: pd.Series) -> bool:
    return pd.api.types.is_numeric_dtype(column)


def rich_table(
    header: Sequence[str], rows: Iterable[Sequence[str | Text]], numeric: Sequence[bool]
) -> Table:
    """Return a table for a terminal; nothing in its cells is markup or a command."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0))
    for name, number in zip(header, numeric, strict=True):
        table.add_column(Text(printable(name)), justify="right" if number else "left")
    for row in rows:
        table.add_row(*(Text(printable(cell)) if isinstance(cell, str) else cell for cell in row))
    return table
