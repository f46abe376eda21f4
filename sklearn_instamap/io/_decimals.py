"""Floating-point numbers as text: shortest digits that read back exactly, many at a time."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

# The powers of ten which float64 holds exactly: the quotient of two exact numbers is correctly
# rounded, so a value rounded with them is the very float64 its decimal digits stand for.
_EXACT_POWERS = 10.0 ** np.arange(23)


def row_formatter(precision: int | None) -> Callable[[NDArray[np.floating]], list[str]]:
    """Return the function that turns an array into one line of text per row.

    Precision is significant digits; None is the fewest that read back as the same ``float32`` or
    ``float64``.
    """
    if precision is None:
        return _format_exactly

    def format_rounded(rows: NDArray[np.floating]) -> list[str]:
        pattern = " ".join([f"%.{precision}g"] * rows.shape[1])
        return [pattern % tuple(row) for row in rows.tolist()]

    return format_rounded


def _format_exactly(rows: NDArray[np.floating]) -> list[str]:
    # repr of a Python float is the shortest text of a float64; float32 needs preparation.
    values = rows if rows.dtype == np.float64 else shorten_float32(rows)
    return [" ".join(map(repr, row)) for row in values.tolist()]


def shorten_float32(values: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return for each ``float32`` the ``float64`` with fewest decimal digits that rounds to it.

    0.1 in ``float32`` is 0.10000000149011612 in ``float64``; this gives 0.1. Several times
    faster than NumPy's own conversion to shortest text. Values so small that the rounding is
    inexact keep more digits than needed; all results read back exactly.
    """
    exact = values.astype(np.float64)
    shortest = exact.copy()
    magnitude = np.abs(exact)
    exponent = np.floor(np.log10(magnitude, where=magnitude > 0, out=np.zeros_like(exact)))
    pending = np.ones(values.shape, dtype=bool)
    # 6 digits are enough for any decimal of up to 6 digits, 9 for every float32.
    for digits in range(6, 10):
        places = (digits - 1 - exponent).astype(np.intp)
        power = _EXACT_POWERS[np.minimum(np.abs(places), 22)]
        rounded = np.where(
            places >= 0, np.rint(exact * power) / power, np.rint(exact / power) * power
        )
        found = pending & (rounded.astype(np.float32) == values)
        shortest[found] = rounded[found]
        pending &= ~found
        if not pending.any():
            break
    return shortest
