"""How messages name arguments: as Python's, or as options of a command.

A message that names a way out is read in two places. In Python "pass max_words=5" is right, on the
command line "pass --max-words 5". The code that forms a message asks :func:`argument` for the
words; the command line says once how its own options are named, for all the code it runs. What a
command has no option for is named as in Python, and not offered as a way out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

Namer = Callable[[str], str | None]
Wording = Callable[[str, Any], str | None]


def _as_python(name: str, value: Any) -> str:
    return f"{name}={value!r}"


def _itself(name: str) -> str:
    return name


_words: ContextVar[tuple[Wording, Namer]] = ContextVar(
    "sklearn_instamap_wording", default=(_as_python, _itself)
)


def argument(name: str, value: Any) -> str:
    """Return how to pass a value for an argument, for a message."""
    words = _words.get()[0](name, value)
    return _as_python(name, value) if words is None else words


def way_out(name: str, value: Any, purpose: str = "") -> str:
    """Return ", or pass ..." for a message; nothing where the argument cannot be passed.

    ``purpose`` is what for, such as "to leave such lines out".
    """
    words = _words.get()[0](name, value)
    return "" if words is None else f", or pass {words}{' ' * bool(purpose)}{purpose}"


def plural(count: int, what: str) -> str:
    """Return a count and what is counted: ``1 pair``, ``2 pairs``."""
    return f"{count} {what}{'s' * (count != 1)}"


def alternatives(options: Iterable[Any]) -> str:
    """Name values of which one is wanted: ``'a', 'b' or 'c'``."""
    *others, last = map(repr, options)
    return f"{', '.join(others)} or {last}" if others else last


def full_name(kind: type) -> str:
    """Return the name of a class, and the library it is of where it is not built in."""
    library = kind.__module__.partition(".")[0]
    return kind.__name__ if library in ("builtins", "numpy") else f"{library}.{kind.__name__}"


def kind_of(value: Any) -> str:
    """Return what a value is, for "got ...": a class is named as one."""
    return f"the class {value.__name__}" if isinstance(value, type) else type(value).__name__


def named(name: str) -> str:
    """Return what an argument is called: by its name, or as an option of a command."""
    return _words.get()[1](name) or name


@contextmanager
def worded(wording: Wording, names: Namer = _itself) -> Iterator[None]:
    """Let a function word the arguments in the messages that are formed within.

    ``wording`` takes a name and a value and returns how to pass it, ``names`` takes a name and
    returns what it is called; both None where there is no such argument.
    """
    token = _words.set((wording, names))
    try:
        yield
    finally:
        _words.reset(token)
