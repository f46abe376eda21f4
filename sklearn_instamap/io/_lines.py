"""Many lines of an embedding file at once: pandas reads the values where the lines are plain."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from sklearn.utils.fixes import parse_version

from sklearn_instamap._files import StrPath
from sklearn_instamap.io._fields import split_row

Line: TypeAlias = tuple[int, bytes]
Row: TypeAlias = "tuple[int, bytes, ArrayLike] | tuple[int, ValueError, None]"
"""Number, word and values of a line; or its number, and what is wrong with it."""

_VALUES_AT_ONCE = 300_000
_BYTES_AT_ONCE = 1 << 24
# Below, making a DataFrame of so many columns takes longer than it saves.
_FEWEST_ROWS = 64
# Nothing else in a number: pandas would take more for one than float() does, such as True.
_OF_NUMBERS = b"0123456789+-.eE \n"
# Nearest numbers: since 3.1 pandas knows no others, and deprecates the choice.
_OPTIONS: dict[str, Any] = (
    {}
    if parse_version(pd.__version__) >= parse_version("3.1")
    else {"float_precision": "round_trip"}
)


def n_rows_at_once(n_features: int) -> int:
    """Return how many lines to split together."""
    return max(1, _VALUES_AT_ONCE // n_features)


def take_lines(lines: Iterator[Line], n_lines: int) -> list[Line]:
    """Return the next lines, fewer than ``n_lines`` if they are long."""
    block: list[Line] = []
    size = 0
    while len(block) < n_lines and size < _BYTES_AT_ONCE:
        line = next(lines, None)
        if line is None:
            break
        block.append(line)
        size += len(line[1])
    return block


def split_rows(
    path: StrPath, lines: Sequence[Line], n_features: int, *, has_header: bool
) -> Iterator[Row]:
    """Split lines into their words and values, each as `split_row` does, but several times faster.

    Lines which it refuses come with its error.
    """
    values = None
    if not any(b"\r" in line for _, line in lines):
        parts = [line.strip().partition(b" ") for _, line in lines]
        words = [word for word, _, _ in parts]
        values = _read_values(words, [rest for _, _, rest in parts], n_features)
    if values is not None:
        for (number, _), word, row in zip(lines, words, values, strict=True):
            yield number, word, row
        return
    for number, line in lines:
        try:
            yield number, *split_row(path, number, line, n_features, has_header=has_header)
        except ValueError as error:
            yield number, error, None


def _read_values(
    words: list[bytes], rests: list[bytes], n_features: int
) -> NDArray[np.float64] | None:
    """Return what follows the words, or None if a single line is out of the ordinary."""
    if (
        len(rests) < _FEWEST_ROWS
        # Also a word with a blank of another kind at its end, which split_row cuts off.
        or any(word.split() != [word] for word in words)
        or any(rest.count(b" ") != n_features - 1 for rest in rests)
    ):
        return None
    text = b"\n".join(rests)
    if text.translate(None, _OF_NUMBERS):
        return None
    try:
        frame = pd.read_csv(
            io.BytesIO(text),
            sep=" ",
            header=None,
            names=range(n_features),
            dtype=np.float64,
            na_filter=False,
            skip_blank_lines=False,
            low_memory=False,
            **_OPTIONS,
        )
    except ValueError:
        return None
    return frame.to_numpy() if len(frame) == len(rests) else None
