"""Texts from strangers, made safe to show: words, names of files and of methods."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

# Of the format characters only those that turn the direction of writing: others are part of words
# (a zero-width non-joiner in Persian, a joiner in emoji).
_TURNING = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
_SUSPECT = re.compile(rf"[\x00-\x1f\x7f-\x9f\u2028\u2029{_TURNING}\ud800-\udfff]")
# By hand: tabulate and pandas escape nothing of Markdown, and CSV only its own quotes.
# What Markdown reads as a command: wherever it stands, and at the beginning of a line.
_MARKDOWN = re.compile(
    r"[\\`\[\]|]|\*(?=\S)|(?<![^\W_])_|_(?![^\W_])|~(?=~)|^#|^[-+](?=\s)|^\d+(?=[.)]\s)"
)
# What begins a tag, an entity or a quotation. Written as entities, so that no tag is left to see.
_HTML = re.compile(r"<(?=[A-Za-z/!?])|&(?=#?\w+;)|^>")
_ENTITIES = {"<": "&lt;", "&": "&amp;", ">": "&gt;"}
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def printable(text: object, *, keep: str = "") -> str:
    """Return a text in which nothing is a command to a terminal.

    Control characters, escape sequences among them, lone surrogates and characters that turn the
    direction of writing are shown as Python writes them: ``\\x1b``, ``\\u202e``.

    Those in ``keep``, such as line ends, are left as they are.
    """
    return _SUSPECT.sub(lambda match: _shown(match[0], keep), str(text))


@contextmanager
def shown_safely() -> Iterator[None]:
    """Show what an error says as `printable` does: the name of a file may be from a stranger.

    Around a block, or as a decorator of a function that warns of nothing: it would add a frame.
    """
    try:
        yield
    except (OSError, TypeError, ValueError) as error:
        said = error.args[0] if len(error.args) == 1 else None
        if isinstance(said, str):
            error.args = (printable(said),)
        raise


def _shown(character: str, keep: str) -> str:
    if character in keep:
        return character
    return character.encode("unicode_escape", "surrogatepass").decode("ascii")


def reason(error: BaseException, longest: int = 100) -> str:
    """Return why something failed, in one short line; the kind of error where it says nothing."""
    return printable(" ".join(str(error).split())[:longest]) or type(error).__name__


def markdown_text(text: object) -> str:
    """Return a text that Markdown shows as it is: no HTML, no emphasis, no link, one line."""
    # Line ends are shown as \\n: a heading or a list cannot begin in the middle of a text.
    escaped = _MARKDOWN.sub(_escaped, printable(text))
    return _HTML.sub(lambda match: _ENTITIES[match[0]], escaped)


def _escaped(match: re.Match[str]) -> str:
    found = match[0]
    # Of "1. " the point is escaped, of all others the character itself.
    return f"\\{found}" if not found.isdigit() else f"{found}\\"


def csv_text(value: object) -> object:
    """Return a cell for a CSV file which no spreadsheet takes for a formula.

    Texts that begin with ``=``, ``+``, ``-`` or ``@`` get an apostrophe in front, as OWASP advises
    against CSV injection; control characters are made visible. Numbers are left alone.
    """
    if not isinstance(value, str):
        return value
    shown = printable(value)
    # One that has apostrophes before it gets another, so that the first can be taken off again.
    return f"'{shown}" if value.lstrip("'").startswith(_FORMULA) else shown
