"""Make the page of the changelog from CHANGELOG.md, which stays the only copy.

The file keeps to headings, lists, tables, inline code and links; translating these takes no parser.
"""

from __future__ import annotations

import re
from pathlib import Path

_UNDERLINES = {1: "=", 2: "-", 3: "~"}


def _heading(match: re.Match[str]) -> str:
    title = match[2]
    return f"{title}\n{_UNDERLINES[len(match[1])] * len(title)}"


def _table(match: re.Match[str]) -> str:
    lines = [".. list-table::", "   :header-rows: 1", ""]
    header, _, *rows = match[0].strip().splitlines()
    for row in (header, *rows):
        for number, cell in enumerate(row.strip("| ").split(" | ")):
            lines.append(
                f"   {'-' if number else '* -'} {cell.strip()}".replace("   - ", "     - ")
            )
    return "\n" + "\n".join(lines) + "\n"


def to_rst(markdown: str) -> str:
    """Translate the markdown of a changelog to reStructuredText."""
    text = re.sub(r"`([^`]+)`", r"``\1``", markdown)
    text = re.sub(r"\[([^\]]+)\]\((https?://[^)]+)\)", r"`\1 <\2>`__", text)
    text = re.sub(r"(?:^\|.*\n?)+", _table, text, flags=re.MULTILINE)
    return re.sub(r"^(#{1,3}) (.+)$", _heading, text, flags=re.MULTILINE)


def _read(app, docname, source):
    if docname == "changelog":
        path = Path(app.srcdir).parent / "CHANGELOG.md"
        app.env.note_dependency(str(path))
        source[0] = to_rst(path.read_text(encoding="utf-8"))


def setup(app):
    """Put the changelog in the place of its empty page."""
    app.connect("source-read", _read)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
