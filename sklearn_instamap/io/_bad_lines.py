"""Lines that cannot be read: an error, a warning at the end, or left out silently."""

from __future__ import annotations

import os
import warnings
from typing import Any, Literal, TypeAlias

from sklearn_instamap._check import check_option
from sklearn_instamap._files import StrPath
from sklearn_instamap._printable import printable
from sklearn_instamap._wording import way_out
from sklearn_instamap.io._fields import show

OnBadLines: TypeAlias = Literal["error", "warn", "skip"]
"""What to do about a line that cannot be read."""

_CHOICES = ("error", "warn", "skip")
_LINES_NAMED = 5


class BadLines:
    """Counts the lines of a file that cannot be read, or raises at the first."""

    def __init__(self, path: StrPath, action: Any) -> None:
        check_option("on_bad_lines", action, _CHOICES)
        self._path = printable(os.fspath(path))
        self._action = action
        self._numbers: list[int] = []
        self._reason = ""
        self._doubt = ""
        self.count = 0

    def add(self, number: int, error: ValueError) -> None:
        """Count a line, or raise its error with the way out."""
        if self._action == "error":
            raise ValueError(
                str(error).removesuffix(".")
                + way_out("on_bad_lines", "skip", "to leave such lines out")
                + "."
            ) from None
        if not self.count:
            self._reason = str(error).partition(f", line {number}: ")[2].removesuffix(".")
        self.count += 1
        if len(self._numbers) < _LINES_NAMED:
            self._numbers.append(number)

    def doubt(self, count: int, number: int, word: bytes) -> None:
        """Remember that some words may be messages of a program, and the first of them."""
        others = f" ({count} such lines in all)" if count > 1 else ""
        self._doubt = (
            f"{self._path}, line {number}: {show(word)} is read as a word; if it is the message of "
            f"a program, remove the line{others}."
        )

    def warn(self, *, stacklevel: int) -> None:
        """Warn, if that was wished and there were any, and of words that may be none."""
        if self._doubt and self._action != "skip":
            warnings.warn(self._doubt, UserWarning, stacklevel=stacklevel + 1)
        if not self.count or self._action != "warn":
            return
        more = ", …" * (self.count > len(self._numbers))
        lines = "1 line is" if self.count == 1 else f"{self.count} lines are"
        warnings.warn(
            f"{self._path}: {lines} damaged and left out (line{'s' * (self.count > 1)} "
            f"{', '.join(map(str, self._numbers))}{more}); the first {self._reason}.",
            UserWarning,
            stacklevel=stacklevel + 1,
        )
