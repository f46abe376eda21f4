"""A table as LaTeX, for the package booktabs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

_ESCAPES = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    **{character: f"\\{character}" for character in "&%$#_{}"},
    # These are in no text font of pdfLaTeX.
    "∘": r"$\circ$",
    "†": r"$^{\dagger}$",
    "‡": r"$^{\ddagger}$",
    "<": r"$<$",
    ">": r"$>$",
    "−": r"$-$",
    "–": "--",
    "·": r"$\cdot$",
}
_SPECIAL = re.compile("|".join(map(re.escape, _ESCAPES)))


def escape(text: str) -> str:
    """Return a text in which nothing is a command to LaTeX."""
    return _SPECIAL.sub(lambda match: _ESCAPES[match[0]], text)


def latex_table(
    header: Sequence[str],
    rows: Iterable[Sequence[str]],
    numeric: Sequence[bool],
    *,
    caption: str,
    notes: Sequence[str] = (),
    label: str | None = None,
) -> str:
    """Return a floating table.

    Parameters
    ----------
    header : sequence of str
        Names of the columns, plain.
    rows : iterable of sequence of str
        The cells, in LaTeX already.
    numeric : sequence of bool
        Which columns are aligned to the right.
    caption : str
        What the table shows, plain.
    notes : sequence of str, default=()
        What goes under it, plain.
    label : str, default=None
        The name to refer to it.
    """
    lines = [
        r"\begin{table}",
        r"\centering",
        rf"\caption{{{escape(caption)}}}",
        *([rf"\label{{{label}}}"] if label else []),
        rf"\begin{{tabular}}{{{''.join('r' if number else 'l' for number in numeric)}}}",
        r"\toprule",
        _line(map(escape, header)),
        r"\midrule",
        *map(_line, rows),
        r"\bottomrule",
        r"\end{tabular}",
        *(rf"\par\smallskip\footnotesize {escape(note)}" for note in notes),
        r"\end{table}",
    ]
    return "\n".join(lines) + "\n"


def _line(cells: Iterable[str]) -> str:
    return " & ".join(cells) + r" \\"
