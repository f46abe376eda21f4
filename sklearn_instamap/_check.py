"""Checks of single values: one wording for all of them."""

from __future__ import annotations

import numbers
from collections.abc import Collection
from typing import Any


def check_option(name: str, value: Any, allowed: Collection[str]) -> None:
    """Refuse a value which is not one of the allowed names."""
    if not isinstance(value, str) or value not in allowed:
        choices = " or ".join(repr(choice) for choice in allowed)
        raise ValueError(f"{name} must be {choices}, got {value!r}.")


def check_count(name: str, value: Any) -> int:
    """Refuse a value which is not an integer of at least 1."""
    if not isinstance(value, numbers.Integral) or isinstance(value, bool) or value < 1:
        raise ValueError(f"{name} must be an integer of at least 1, got {value!r}.")
    return int(value)
