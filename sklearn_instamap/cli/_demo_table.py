"""The demonstration's table, printed row by row as it is measured."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd
from rich.text import Text

from sklearn_instamap.cli._demo_runs import Row
from sklearn_instamap.cli._terminal import Terminal
from sklearn_instamap.results._text_tables import figure_text

_COLUMNS = [(retrieval, name) for retrieval in ("cosine", "csls") for name in ("P@1", "P@5", "MRR")]
_LABEL, _CELL, _GAP = 34, 6, 3


def show_table_head(terminal: Terminal) -> None:
    """Print the names of the columns."""
    width = 3 * _CELL
    above = " " * _LABEL + "cosine".rjust(width) + " " * _GAP + "CSLS".rjust(width)
    terminal.say(Text(above, style="bold"))
    terminal.say(Text(_line("", [name for _, name in _COLUMNS]), style="bold"))


def show_row(terminal: Terminal, row: Row, *, new_group: bool) -> None:
    """Print a system and what it reached, under a new heading or the last one.

    Parameters
    ----------
    terminal : Terminal
        Where to.
    row : Row
        The system.
    new_group : bool
        Whether its heading goes before.
    """
    if new_group:
        terminal.say(Text(f"\n{row.group}", style="bold"))
    if row.scores is None:
        terminal.say(Text(f"  {row.label}: {row.note}", style="dim"))
        return
    terminal.say(
        _line(f"  {row.label}", [figure_text(name, row.figure(by, name)) for by, name in _COLUMNS])
    )


def _line(label: str, cells: list[str]) -> str:
    texts = [cell.rjust(_CELL) for cell in cells]
    return label.ljust(_LABEL) + "".join(texts[:3]) + " " * _GAP + "".join(texts[3:])


def to_frame(rows: Iterable[Row]) -> pd.DataFrame:
    """Return the figures of all systems that were run, one row per system and evaluation."""
    parts = [
        row.scores.reset_index().assign(group=row.group, system=row.label)
        for row in rows
        if row.scores is not None
    ]
    table = pd.concat(parts, ignore_index=True)
    first = ["group", "system"]
    return table[first + [name for name in table.columns if name not in first]]
