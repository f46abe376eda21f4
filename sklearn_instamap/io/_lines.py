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

_VALUES_AT_ONCE = 300_000
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


def split_rows(
    path: StrPath, lines: Sequence[Line], n_features: int
) -> Iterator[tuple[bytes, ArrayLike]]:
    """Split lines into their words and values, each as `split_row` does, but several times faster.

    Lines after one that raises are not looked at.
    """
    parts = [line.strip().partition(b" ") for _, line in lines]
    words = [word for word, _, _ in parts]
    values = _read_values(words, [rest for _, _, rest in parts], n_features)
    if values is None:
        yield from (split_row(path, number, line, n_features) for number, line in lines)
    else:
        yield from zip(words, values, strict=True)


def _read_values(
    words: list[bytes], rests: list[bytes], n_features: int
) -> NDArray[np.float64] | None:
    """Return what follows the words, or None if a single line is out of the ordinary."""
    if (
        len(rests) < _FEWEST_ROWS
        or any(len(word.split()) != 1 for word in words)
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
