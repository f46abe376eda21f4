"""Tables of texts: as Markdown, and for a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.table import Table
    from rich.text import Text


def figure_text(name: str, value: float, decimals: int = 1) -> str:
    """Return a figure as the field writes it: P@k as 69.4 (per cent), MRR as .796.

    Parameters
    ----------
    name : str
        ``P@k`` or ``MRR``.
    value : float
        Between -1 and 1; nan gives a dash.
    decimals : int, default=1
        Digits behind the point of P@k.
    """
    if value != value:
        return "–"
    if name.startswith("P@"):
        text = f"{100 * abs(value):.{decimals}f}"
    else:
        text = f"{abs(value):.3f}".removeprefix("0")
    return ("−" if value < 0 else "") + text


def markdown_table(
    header: Sequence[str],
    rows: Iterable[Sequence[str]],
    numeric: Sequence[bool],
    *,
    padded: bool = False,
) -> str:
    """Return a table in GitHub's Markdown.

    Parameters
    ----------
    header : sequence of str
        Names of the columns.
    rows : iterable of sequence of str
        The cells.
    numeric : sequence of bool
        Which columns are aligned to the right.
    padded : bool, default=False
        Whether the columns line up in the text itself, too.
    """
    # A bar in a word would end its cell.
    lines = [[cell.replace("|", r"\|") for cell in row] for row in (header, *rows)]
    widths = [max(map(len, column)) if padded else 0 for column in zip(*lines, strict=True)]
    rules = [
        "-" * max(3, width - number) + ":" * number
        for width, number in zip(widths, numeric, strict=True)
    ]
    lines.insert(1, rules)
    return "".join(
        "| "
        + " | ".join(
            cell.rjust(max(width, 4 * padded)) if number else cell.ljust(max(width, 3 * padded))
            for cell, width, number in zip(line, widths, numeric, strict=True)
        )
        + " |\n"
        for line in lines
    )


def rich_table(
    header: Sequence[str], rows: Iterable[Sequence[str | Text]], numeric: Sequence[bool]
) -> Table:
    """Return a table for a terminal; nothing in its cells is markup.

    Parameters
    ----------
    header : sequence of str
        Names of the columns.
    rows : iterable of sequence of str or Text
        The cells.
    numeric : sequence of bool
        Which columns are aligned to the right.
    """
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0))
    for name, number in zip(header, numeric, strict=True):
        table.add_column(Text(name), justify="right" if number else "left")
    for row in rows:
        table.add_row(*(Text(cell) if isinstance(cell, str) else cell for cell in row))
    return table
