"""A table of a benchmark: its numbers, and the ways to print them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from sklearn_instamap.results._latex import escape, latex_table
from sklearn_instamap.results._text_tables import figure_text, markdown_table, rich_table

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions

BETTER, WORSE = "†", "‡"


@dataclass(frozen=True, eq=False, repr=False)
class ResultTable:
    """A table of a benchmark's results.

    ``print`` shows it as Markdown; so do notebooks; rich consoles show it for the width of the
    terminal.

    Parameters
    ----------
    frame : DataFrame
        The numbers.
    texts : DataFrame
        How each of them is printed.
    title : str
        What they are.
    notes : tuple of str, default=()
        What the reader must know.
    best : DataFrame of bool, default=None
        Which cells are the best of their columns; they are printed in bold.
    marks : DataFrame of str, default=None
        Marks of significance behind each cell.

    See Also
    --------
    pair_table, aggregate_table, compare_with_paper : Functions which return one.

    Notes
    -----
    LaTeX is written without pandas' ``to_latex``, which needs Jinja2, and Markdown without its
    ``to_markdown``, which needs tabulate.

    Examples
    --------
    >>> from sklearn_instamap.results import aggregate_table, load_paper_results
    >>> table = aggregate_table(load_paper_results(), n_best_pairs=0)
    >>> print(table.to_markdown())  # doctest: +NORMALIZE_WHITESPACE
    **P@1 (%), cosine, per dictionary pair, all test pairs, training dictionary 5k**
    <BLANKLINE>
    | method   |       ALL |      EN-* |     No-EN |      EASY |      HARD |
    | -------- | --------: | --------: | --------: | --------: | --------: |
    | PROC     |     32.25 |     39.14 |     29.96 |     50.97 |     20.90 |
    | VecMap   |     36.08 |     43.01 |     33.77 |     53.68 |     24.25 |
    | RCSLS    |     35.30 |     42.97 |     32.75 |     53.33 |     23.75 |
    | BLISS    |     33.78 |     44.97 |     30.05 |     49.93 |     21.08 |
    | InstaMap |     36.95 |     43.19 |     34.88 |     54.00 |     25.70 |
    | IM∘VM    | **38.69** | **45.47** | **36.43** | **55.00** | **27.73** |
    <BLANKLINE>
    In bold the best of each column.
    <BLANKLINE>
    Pairs: ALL 28, EN-* 7, No-EN 21, EASY 6, HARD 6.
    <BLANKLINE>
    EASY: it-fr, en-fr, en-it, en-de, de-fr, de-it; HARD: tr-hr, ...
    >>> round(float(table.frame.loc["InstaMap", "HARD"]), 3)
    0.257
    """

    frame: pd.DataFrame
    texts: pd.DataFrame
    title: str
    notes: tuple[str, ...] = ()
    best: pd.DataFrame | None = None
    marks: pd.DataFrame | None = None

    def to_markdown(self) -> str:
        """Write the table in GitHub's Markdown.

        Returns
        -------
        str
            Title, table and notes. The best of each column is in bold.
        """
        rows = [
            [*labels, *(f"**{text}**{mark}" if best else text + mark for text, best, mark in cells)]
            for labels, cells in self._rows()
        ]
        rows = [[cell if cell.startswith("**") else _literal(cell) for cell in row] for row in rows]
        header = [_literal(name) for name in self._header()]
        table = markdown_table(header, rows, self._numeric(), padded=True)
        parts = [f"**{_literal(self.title)}**\n", table, *(_literal(n) + "\n" for n in self.notes)]
        return "\n".join(parts)

    def to_latex(self, *, label: str | None = None) -> str:
        r"""Write the table in LaTeX.

        Parameters
        ----------
        label : str, default=None
            The name for ``\ref``.

        Returns
        -------
        str
            A ``table`` for a document which loads the package booktabs. Marks of significance
            hang into the margin of their column, so that figures line up.
        """
        rows = []
        for labels, cells in self._rows():
            row = list(map(escape, labels))
            for text, best, mark in cells:
                figure = rf"\textbf{{{escape(text)}}}" if best else escape(text)
                row.append(figure + (rf"\rlap{{{escape(mark)}}}" if mark else ""))
            rows.append(row)
        return latex_table(
            self._header(),
            rows,
            self._numeric(),
            caption=f"{self.title}.",
            notes=self.notes,
            label=label,
        )

    def split(self, n_columns: int) -> list[ResultTable]:
        """Cut a wide table into narrower ones.

        Parameters
        ----------
        n_columns : int
            How many columns each part has at most, besides its labels. The paper's supplement
            shows 14 pairs at a time. All parts are about as wide.

        Returns
        -------
        list of ResultTable
            The parts, in order. The last one has the notes.
        """
        if n_columns < 1:
            raise ValueError(f"n_columns must be at least 1, got {n_columns!r}.")
        n = self.frame.shape[1]
        n_parts = max(1, -(-n // n_columns))
        return self._parts([(n + part) // n_parts for part in reversed(range(n_parts))])

    def __str__(self) -> str:
        return self.to_markdown()

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {self.title}, {self.frame.shape} cells>"

    def _repr_markdown_(self) -> str:
        return self.to_markdown()

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Any]:
        from rich.text import Text

        yield Text(self.title, style="bold")
        for part in self._parts(self._sizes_within(options.max_width)):
            yield Text()
            rows: list[list[str | Text]] = [
                [
                    *labels,
                    *(Text(text + mark, "bold" if best else "") for text, best, mark in cells),
                ]
                for labels, cells in part._rows(aligned=True)
            ]
            yield rich_table(part._header(), rows, part._numeric())
        if self.notes:
            yield Text()
        yield from map(Text, self.notes)

    def _sizes_within(self, width: int) -> list[int]:
        """Tell how to cut the columns so that a terminal shows each part whole."""
        rows = list(self._rows(aligned=True))
        lines = [self._header()]
        lines += [[*labels, *(text + mark for text, _, mark in cells)] for labels, cells in rows]
        # Two blanks between columns.
        widths = [2 + max(map(len, column)) for column in zip(*lines, strict=True)]
        n_labels = self.frame.index.nlevels
        room, columns = width + 2 - sum(widths[:n_labels]), widths[n_labels:]
        sizes, taken = [0], 0
        for each in columns:
            if sizes[-1] and taken + each > room:
                sizes.append(0)
                taken = 0
            sizes[-1] += 1
            taken += each
        # As many parts of like size, if these fit, rather than a last one with a column or two.
        n, n_parts = len(columns), len(sizes)
        cuts = [n * i // n_parts for i in range(n_parts + 1)]
        even = list(pairwise(cuts))
        if all(sum(columns[start:stop]) <= room for start, stop in even):
            return [stop - start for start, stop in even]
        return sizes

    def _parts(self, sizes: Sequence[int]) -> list[ResultTable]:
        """Cut the table into parts of so many columns; the last keeps the notes."""
        stops = np.cumsum(sizes)
        parts = [
            self._columns(slice(stop - size, stop)) for stop, size in zip(stops, sizes, strict=True)
        ]
        return [replace(part, notes=()) for part in parts[:-1]] + parts[-1:]

    def _columns(self, chosen: slice) -> ResultTable:
        return replace(
            self,
            frame=self.frame.iloc[:, chosen],
            texts=self.texts.iloc[:, chosen],
            best=None if self.best is None else self.best.iloc[:, chosen],
            marks=None if self.marks is None else self.marks.iloc[:, chosen],
        )

    def _header(self) -> list[str]:
        return [*(str(name) for name in self.frame.index.names), *map(str, self.texts.columns)]

    def _numeric(self) -> list[bool]:
        numbers = [
            pd.api.types.is_numeric_dtype(dtype) and not pd.api.types.is_bool_dtype(dtype)
            for dtype in self.frame.dtypes
        ]
        return [False] * self.frame.index.nlevels + numbers

    def _rows(
        self, aligned: bool = False
    ) -> Iterator[tuple[list[str], list[tuple[str, bool, str]]]]:
        """Yield the labels of each row, and its cells: text, whether it is the best, its mark."""
        best = np.zeros(self.texts.shape, dtype=bool) if self.best is None else self.best.to_numpy()
        marks = np.full(self.texts.shape, "") if self.marks is None else self.marks.to_numpy(str)
        if aligned:
            # Where a column has marks, a blank stands for none, so that the figures line up.
            marks = np.char.ljust(marks, np.char.str_len(marks).max(axis=0, initial=0))
        last: Sequence[str] = ()
        for i, text in enumerate(self.texts.to_numpy()):
            given = self.frame.index[i]
            labels = list(map(str, given if isinstance(given, tuple) else [given]))
            yield (
                _without_repeats(labels, last),
                list(zip(text, map(bool, best[i]), map(str, marks[i]), strict=True)),
            )
            last = labels


def _without_repeats(labels: list[str], last: Sequence[str]) -> list[str]:
    """Leave the outer labels out which stand in the row above; never the innermost."""
    if len(labels) > 1 and last and labels[0] == last[0]:
        return ["", *labels[1:]]
    return labels


def _literal(text: str) -> str:
    # An asterisk before a blank, as in EN-*, opens no emphasis.
    return re.sub(r"\*(?=\S)", r"\*", text)


def figure_texts(frame: pd.DataFrame, metric: str, decimals: int = 1) -> pd.DataFrame:
    """Return figures of one metric as texts."""
    return frame.map(lambda value: figure_text(metric, value, decimals))


def best_cells(frame: pd.DataFrame, texts: pd.DataFrame) -> pd.DataFrame:
    """Tell which cells are the best of their columns: all that read like the largest number."""
    best = pd.DataFrame(False, index=frame.index, columns=frame.columns)
    for name in frame:
        if len(frame) > 1 and frame[name].notna().any():
            column = texts[name].to_numpy()
            best[name] = column == column[int(np.nanargmax(frame[name].to_numpy()))]
    return best
