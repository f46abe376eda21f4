"""How things look in a notebook: links to the documentation, and tables of facts."""

from __future__ import annotations

import sys
from collections.abc import Mapping
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
        facts = {field.name: getattr(self, field.name) for field in fields(self)}  # type: ignore[arg-type]
        return html_table(
            type(self).__name__,
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
    """Return facts by name as an HTML table under a title.

    Parameters
    ----------
    title : str
        The caption.
    facts : mapping of str to object
        What is said of each name: a text, or anything with a ``str``.

    Returns
    -------
    str
        HTML, with every text escaped.
    """
    rows = "".join(
        f"<tr><th style='text-align: left'>{_text(name)}</th><td>{_text(fact)}</td></tr>"
        for name, fact in facts.items()
    )
    return f"<table><caption>{_text(title)}</caption><tbody>{rows}</tbody></table>"


def _text(value: Any) -> str:
    return escape(printable(str(value)))
