"""How messages name the argument that would help: as Python's, or as an option of a command.

A message that names a way out is read in two places. In Python "pass max_words=5" is right, on the
command line "pass --max-words 5". The code that forms a message asks :func:`argument` for the
words; the command line says once how its own options are named, for all the code it runs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

Wording = Callable[[str, Any], str]


def _as_python(name: str, value: Any) -> str:
    return f"{name}={value!r}"


_wording: ContextVar[Wording] = ContextVar("sklearn_instamap_wording", default=_as_python)


def argument(name: str, value: Any) -> str:
    """Return how to pass a value for an argument, for a message.

    Parameters
    ----------
    name : str
        The name of the argument in Python.
    value : object
        The value to pass.

    Examples
    --------
    >>> from sklearn_instamap._wording import argument
    >>> argument("encoding_errors", "replace")
    "encoding_errors='replace'"
    """
    return _wording.get()(name, value)


@contextmanager
def worded(wording: Wording) -> Iterator[None]:
    """Let a function word the arguments in the messages that are formed within.

    Parameters
    ----------
    wording : callable
        Takes the name of an argument and its value; returns how to pass it.
    """
    token = _wording.set(wording)
    try:
        yield
    finally:
        _wording.reset(token)
