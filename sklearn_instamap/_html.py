"""How things look in a notebook: links to the documentation, and tables of facts."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from html import escape
from numbers import Number
from typing import Any

from sklearn_instamap._printable import printable

# So many words of a list are shown.
_SHOWN = 10

_DOCUMENTATION = "https://sklearn-instamap.github.io/sklearn-instamap"


class DocumentedMixin:
    """Mixin of estimators whose HTML links to their page of the documentation."""

    _doc_link_module = "sklearn_instamap"
    _doc_link_template = f"{_DOCUMENTATION}/api/generated/{{path}}.html"

    def _doc_link_url_param_generator(self) -> dict[str, str]:
        # A name is public where the package of its module has it, else at the top.
        package, name = type(self).__module__.rpartition(".")[0], type(self).__name__
        if not hasattr(sys.modules.get(package), name):
            package = "sklearn_instamap"
        return {"path": f"{package}.{name}"}


class FactsMixin:
    """Mixin of reports, which are dataclasses: in HTML a table of what they hold."""

    def _repr_html_(self) -> str:
        return facts_table(self, {field.name: getattr(self, field.name) for field in fields(self)})  # type: ignore[arg-type]


class SettingsMixin:
    """Mixin of what is not an estimator: its settings, and the numbers found by fitting."""

    def _repr_html_(self) -> str:
        public = {name: fact for name, fact in vars(self).items() if not name.startswith("_")}
        return facts_table(self, public)


def facts_table(described: object, facts: Mapping[str, Any]) -> str:
    """Return those facts of an object that have their place in one cell, as an HTML table."""
    return html_table(
        type(described).__name__,
        {name: _in_short(fact) for name, fact in facts.items() if _is_short(fact)},
    )


def _is_short(fact: Any) -> bool:
    """Whether a fact has its place in one cell of a table."""
    return isinstance(fact, str | Number | tuple | FactsMixin) and fact not in ("", ())


def _in_short(fact: Any) -> str:
    if isinstance(fact, tuple):
        more = f", … ({len(fact):,} in all)" if len(fact) > _SHOWN else ""
        return ", ".join(str(each) for each in fact[:_SHOWN]) + more
    return f"{fact:.4g}" if isinstance(fact, float) else str(fact)


def html_table(title: str, facts: Mapping[str, Any]) -> str:
    """Return facts by name as an HTML table under a title, every text escaped."""
    rows = "".join(
        f"<tr><th style='text-align: left'>{_text(name)}</th><td>{_text(fact)}</td></tr>"
        for name, fact in facts.items()
    )
    return f"<table><caption>{_text(title)}</caption><tbody>{rows}</tbody></table>"


def html_rows(
    title: str,
    header: Sequence[str],
    rows: Iterable[Sequence[tuple[str, bool]]],
    numeric: Sequence[bool],
    notes: Iterable[str] = (),
) -> str:
    """Return rows of cells as an HTML table under a title, with notes below, every text escaped.

    A cell is its text, and whether it is emphasized; numeric columns are aligned to the right.
    """
    styles = [f" style='text-align: {'right' if number else 'left'}'" for number in numeric]
    head = "".join(
        f"<th{style}>{_text(name)}</th>" for name, style in zip(header, styles, strict=True)
    )
    body = "".join(
        "<tr>"
        + "".join(
            f"<td{style}>{f'<b>{_text(text)}</b>' if bold else _text(text)}</td>"
            for (text, bold), style in zip(cells, styles, strict=True)
        )
        + "</tr>"
        for cells in rows
    )
    below = "".join(f"<p>{_text(note)}</p>" for note in notes)
    return (
        f"<table><caption>{_text(title)}</caption><thead><tr>{head}</tr></thead>"
        f"<tbody>{body}</tbody></table>{below}"
    )


def _text(value: Any) -> str:
    return escape(printable(str(value)))
