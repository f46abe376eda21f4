"""Texts from strangers in Markdown and CSV: words, names of files and of methods, errors."""

from __future__ import annotations

import re

from sklearn_instamap._words import visible

# What Markdown reads as a command: wherever it stands, and at the beginning of a line.
_MARKDOWN = re.compile(
    r"[\\`\[\]|]|\*(?=\S)|(?<![^\W_])_|_(?![^\W_])|~(?=~)|^#|^[-+](?=\s)|^\d+(?=[.)]\s)"
)
# What begins a tag, an entity or a quotation. Written as entities, so that no tag is left to see.
_HTML = re.compile(r"<(?=[A-Za-z/!?])|&(?=#?\w+;)|^>")
_ENTITIES = {"<": "&lt;", "&": "&amp;", ">": "&gt;"}
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def markdown_text(text: object) -> str:
    """Return a text that Markdown shows as it is: no HTML, no emphasis, no link, one line.

    Parameters
    ----------
    text : object
        The text.

    Examples
    --------
    >>> from sklearn_instamap._printable import markdown_text
    >>> print(markdown_text("<b>*A*|B"))
    &lt;b>\\*A\\*\\|B
    """
    # Line ends are shown as \\n: a heading or a list cannot begin in the middle of a text.
    escaped = _MARKDOWN.sub(_escaped, visible(str(text)))
    return _HTML.sub(lambda match: _ENTITIES[match[0]], escaped)


def _escaped(match: re.Match[str]) -> str:
    found = match[0]
    # Of "1. " the point is escaped, of all others the character itself.
    return f"\\{found}" if not found.isdigit() else f"{found}\\"


def csv_text(value: object) -> object:
    """Return a cell for a CSV file which no spreadsheet takes for a formula.

    Texts that begin with ``=``, ``+``, ``-`` or ``@`` get an apostrophe in front, as OWASP advises
    against CSV injection; control characters are made visible. Numbers are left alone.

    Parameters
    ----------
    value : object
        The cell.

    Examples
    --------
    >>> from sklearn_instamap._printable import csv_text
    >>> csv_text("=1+1"), csv_text(-1.5)
    ("'=1+1", -1.5)
    """
    if not isinstance(value, str):
        return value
    shown = visible(value)
    # One that has apostrophes before it gets another, so that the first can be taken off again.
    return f"'{shown}" if value.lstrip("'").startswith(_FORMULA) else shown
