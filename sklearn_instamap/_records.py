"""Small files of JSON that this package keeps beside its others, read as if somebody forged them.

Python's own reader takes what JSON does not have (NaN, Infinity), the last of several equal keys,
and any depth until the stack ends. Of a file this package wrote nothing of that can be true.
"""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

from sklearn_instamap._files import open_regular

_LARGEST = 1 << 20


def read_json(text: str | bytes, *, not_finite: bool = False) -> Any:
    """Return what a text of JSON holds, or raise ValueError if anything about it is odd.

    ``not_finite`` makes ``NaN`` a number: a measure may be missing. Infinity never is.
    """
    if isinstance(text, bytes):
        text = text.decode("utf-8")

    def constant(name: str) -> float:
        if name == "NaN" and not_finite:
            return math.nan
        raise ValueError(f"{name} is not a number")

    try:
        return json.loads(
            text, object_pairs_hook=_distinct, parse_constant=constant, parse_float=_finite
        )
    except RecursionError:
        raise ValueError("it is nested too deep") from None


def read_record(path: Path) -> Any:
    """Return what a small file of JSON holds; raise ValueError if it is too large, or odd."""
    with open_regular(path) as file:
        content = file.read(_LARGEST + 1)
    if len(content) > _LARGEST:
        raise ValueError("it is too large")
    return read_json(content)


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key occurs twice")
    return found


def _finite(digits: str) -> float:
    value = float(digits)
    if math.isinf(value):
        raise ValueError(f"{digits[:20]} is too large")
    return value
