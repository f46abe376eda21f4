"""One line of an embedding file in text: a word and its values, or what is wrong with it."""

from __future__ import annotations

import os
import re

from sklearn_instamap._files import StrPath

_NUMBER = re.compile(rb"[+-]?((\d+\.?\d*|\.\d+)(e[+-]?\d+)?|nan|inf|infinity)", flags=re.IGNORECASE)


def split_row(
    path: StrPath, number: int, line: bytes, n_features: int
) -> tuple[bytes, list[float]]:
    """Split a line into its word and ``n_features`` values.

    From the right, because a word may contain blanks, and at ASCII blanks only, because it may
    contain NBSP, U+2028 and others which ``str.split`` takes for blanks.
    """
    word, *tokens = line.rsplit(None, n_features)
    # The surplus value of a line that is too long would otherwise end up in the word.
    parts = word.split()
    surplus = len(parts) > 1 and _NUMBER.fullmatch(parts[-1])
    if len(tokens) == n_features and not surplus:
        # float() would take 1_000 for a number; most lines have no such character at all.
        plain = b"_" not in line or not any(b"_" in token for token in tokens)
        try:
            if plain:
                return word.strip(), list(map(float, tokens))
        except ValueError:
            pass
    raise _row_error(path, number, line, n_features)


def _row_error(path: StrPath, number: int, line: bytes, n_features: int) -> ValueError:
    """Say what is wrong with a line that is not a word and ``n_features`` values."""
    where = f"{os.fspath(path)}, line {number}"
    tokens = line.split()
    if line[:1].isspace() and n_values([b"", *tokens]) == len(tokens) == n_features:
        return ValueError(f"{where}: has no word before its {n_features} values; name it.")
    for token in tokens[1:][-n_features:]:
        if not _NUMBER.fullmatch(token):
            return ValueError(
                f"{where}: {show(token)} is not a number; expected a word and {n_features} "
                f"values{binary_hint(path, line)}."
            )
    count = n_values(tokens)
    return ValueError(
        f"{where}: has {count} value{'s' * (count != 1)} instead of {n_features}; the "
        f"line is damaged, or its word ends in a number{binary_hint(path, line)}."
    )


def n_values(tokens: list[bytes]) -> int:
    """Count the numbers at the end of a line, whose first token is always a word."""
    count = 0
    for token in reversed(tokens[1:]):
        if not _NUMBER.fullmatch(token):
            break
        count += 1
    return count


def show(text: bytes) -> str:
    """Quote a piece of a file in a message, cut to a readable length."""
    quoted = repr(text[:200].decode("utf-8", errors="replace"))
    return quoted if len(quoted) <= 42 else f"{quoted[:40]}…{quoted[0]}"


def binary_hint(path: StrPath, line: bytes) -> str:
    """Return what to add to a message where the file looks like a binary one."""
    if b"\0" in line or os.fspath(path).endswith(".bin"):
        return " (only text and .npy are read: convert a binary word2vec or fastText model first)"
    return ""
