"""A table of a benchmark: its numbers, and the ways to print them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from sklearn_instamap._check import check_count
from sklearn_instamap._html import html_rows
from sklearn_instamap._optional import import_optional, is_installed
from sklearn_instamap._printable import markdown_text, printable
from sklearn_instamap.results._text_tables import (
    csv_table,
    figure_text,
    markdown_table,
    rich_table,
)

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions

BETTER, WORSE = "†", "‡"

# pandas escapes the cells of a Styler, but neither its caption nor what stands below a table, and
# of the symbols after the first two lines pdfLaTeX's text fonts have none.
_LATEX = str.maketrans(
    {character: f"\\{character}" for character in "&%$#_{}"}
    | {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"}
    | {"∘": r"$\circ$", BETTER: r"$^{\dagger}$", WORSE: r"$^{\ddagger}$", "·": r"$\cdot$"}
    | {"<": r"$<$", ">": r"$>$", "−": r"$-$", "–": "--", "±": r"$\pm$"}
)


@dataclass(frozen=True, eq=False, repr=False)
class ResultTable:
    """A table of a benchmark's results.

    ``print`` shows it as Markdown (without tabulate as plain text), notebooks as HTML; rich
    consoles show it for the width of the terminal.

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
    ResultSelection : Its methods return one.

    Examples
    --------
    >>> from sklearn_instamap.results import load_paper_results
    >>> table = load_paper_results().select().by_group(n_best_pairs=0)
    >>> print(table.to_markdown())  # doctest: +NORMALIZE_WHITESPACE
    **P@1 (%), cosine, per dictionary pair, all test pairs, training dictionary 5k**
    <BLANKLINE>
    | method   |       ALL |      EN-* |     No-EN |      EASY |      HARD |
    |:---------|----------:|----------:|----------:|----------:|----------:|
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

        Raises
        ------
        ImportError
            If tabulate is not installed (``pip install "sklearn-instamap[benchmark]"``).
        """
        rows = [
            [
                *map(markdown_text, labels),
                *(
                    f"**{markdown_text(text)}**{mark}" if best else markdown_text(text) + mark
                    for text, best, mark in cells
                ),
            ]
            for labels, cells in self._rows()
        ]
        table = markdown_table(list(map(markdown_text, self._header())), rows, self._numeric())
        notes = (f"{markdown_text(note)}\n" for note in self.notes)
        return "\n".join([f"**{markdown_text(self.title)}**\n", table, *notes])

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

        Raises
        ------
        ImportError
            If Jinja2 is not installed (``pip install "sklearn-instamap[benchmark]"``).
        """
        import_optional("jinja2", "A table in LaTeX", "benchmark")
        rows = []
        for labels, cells in self._rows():
            row = list(map(_latex, labels))
            for text, best, mark in cells:
                figure = rf"\textbf{{{_latex(text)}}}" if best else _latex(text)
                row.append(figure + (rf"\rlap{{{_latex(mark)}}}" if mark else ""))
            rows.append(row)
        header = list(map(_latex, self._header()))
        style = pd.DataFrame(rows, columns=range(len(header))).style.hide(axis="index")
        names: dict[object, str] = dict(enumerate(header))
        # Not by relabel_index: that reads braces in a header as fields to fill in.
        table = style.format_index(names.__getitem__, axis="columns").to_latex(
            hrules=True,
            position_float="centering",
            column_format="".join("r" if number else "l" for number in self._numeric()),
            caption=_latex(f"{self.title}."),
            label=label,
        )
        # A Styler has no place for notes.
        notes = (rf"\par\smallskip\footnotesize {_latex(note)}" + "\n" for note in self.notes)
        end = "\\end{table}\n"
        return table.removesuffix(end) + "".join(notes) + end

    def to_csv(self) -> str:
        """Write the numbers as CSV, texts so that no spreadsheet takes them for formulas.

        Returns
        -------
        str
            The labels and the columns of ``frame``.
        """
        return csv_table(self.frame, index=True)

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
        n_columns = check_count("n_columns", n_columns)
        n = self.frame.shape[1]
        n_parts = max(1, -(-n // n_columns))
        return self._parts([(n + part) // n_parts for part in reversed(range(n_parts))])

    def __str__(self) -> str:
        if is_installed("tabulate"):
            return self.to_markdown()
        texts = self.texts.set_axis(self.frame.index)
        table = (
            texts.map(printable)
            .rename(index=printable, columns=printable)
            .rename_axis(index=[printable(name) for name in texts.index.names])
        )
        parts = [printable(self.title), table.to_string(), *map(printable, self.notes)]
        return "\n\n".join(parts) + "\n"

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {printable(self.title)}, {self.frame.shape} cells>"

    def _repr_html_(self) -> str:
        rows = (
            [
                *((label, False) for label in labels),
                *((text + mark, best) for text, best, mark in cells),
            ]
            for labels, cells in self._rows()
        )
        return html_rows(self.title, self._header(), rows, self._numeric(), self.notes)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Any]:
        from rich.text import Text

        yield Text(printable(self.title), style="bold")
        for part in self._parts(self._sizes_within(options.max_width)):
            yield Text()
            rows: list[list[str | Text]] = [
                [
                    *labels,
                    *(
                        Text(printable(text) + mark, "bold" if best else "")
                        for text, best, mark in cells
                    ),
                ]
                for labels, cells in part._rows(aligned=True)
            ]
            yield rich_table(part._header(), rows, part._numeric())
        if self.notes:
            yield Text()
        yield from (Text(printable(note)) for note in self.notes)

    def _sizes_within(self, width: int) -> list[int]:
        """Tell how to cut the columns so that a terminal shows each part whole."""
        from rich.cells import cell_len

        rows = list(self._rows(aligned=True))
        lines = [self._header()]
        lines += [[*labels, *(text + mark for text, _, mark in cells)] for labels, cells in rows]
        # Two blanks between columns.
        widths = [
            2 + max(cell_len(printable(cell)) for cell in column)
            for column in zip(*lines, strict=True)
        ]
        n_labels = self.frame.index.nlevels
        room, columns = width + 2 - sum(widths[:n_labels]), widths[n_labels:]
        sizes, taken = [0], 0
        for each in columns:
            if sizes[-1] and taken + each > room:
                sizes.append(0)
                taken = 0
            sizes[-1] += 1
            taken += each
        # The same number of parts of equal size, if these fit, rather than a small last one.
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


def _latex(text: str) -> str:
    """Return a text in which nothing is a command to LaTeX."""
    return printable(text).translate(_LATEX)


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
