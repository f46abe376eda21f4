"""One line of an embedding file in text: a word and its values, or what is wrong with it."""

from __future__ import annotations

import os
import re

from sklearn_instamap._files import StrPath
from sklearn_instamap._printable import printable

# Every part may match in one way only: refusing a text that is not a number takes linear time.
_NUMBER = re.compile(
    rb"[+-]?((\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?|nan|inf|infinity)", flags=re.IGNORECASE
)
# What a program meant for a number, or for one that is missing.
_MEANT_FOR_A_NUMBER = re.compile(
    rb"[+-]?(0x[0-9a-f]+|\d+_[\d_]*(\.\d*)?|\d+,\d+|\d+\.\d+\.[\d.]*|none|null|na|n/a|nil|<na>)",
    flags=re.IGNORECASE,
)
_DECIMAL_COMMA = re.compile(rb"[+-]?\d+,\d+(e[+-]?\d+)?")
# What programs write between or into the rows: times, levels, bars of progress, warnings, losses.
_LOG_LINE = re.compile(
    rb"\d\d:\d\d:\d\d|\b\d{4}-\d\d-\d\d\b|words/sec|\[?\b(INFO|DEBUG|WARN|WARNING|ERROR)\b[\]:]"
    rb"|\d%\||\bit/s\b|\bs/it\b|\b\w+(Warning|Error): |^Traceback \(|^\[[DIWEF] "
    rb"|^(epoch|iter|iteration|step|batch)\b[ #:]*\d|^(Epoch|EPOCH|Iteration|Batch) \d"
    rb"|\b(loss|lr|eta|elapsed)\b ?[:=]"
)


def split_row(
    path: StrPath, number: int, line: bytes, n_features: int, *, has_header: bool
) -> tuple[bytes, list[float]]:
    """Split a line into its word and ``n_features`` values.

    From the right, because a word may contain blanks, and at ASCII blanks only, because it may
    contain NBSP, U+2028 and others which ``str.split`` takes for blanks. With a header the number
    of values is known for certain, and a word may be a blank, or end in a number.
    """
    tokens = line.rsplit(None, n_features)
    values = _floats(tokens[-n_features:])
    if values is not None and len(values) == n_features and b"\r" not in line:
        word = tokens[0].strip() if len(tokens) > n_features else _blank_word(line, has_header)
        parts = word.split()
        if len(parts) < 2:
            if word:
                return word, values
        else:
            damage = _damage(word, parts, tokens[1:], has_header)
            if not damage:
                return word, values
            raise ValueError(f"{os.fspath(path)}, line {number}: {damage}.")
    raise _row_error(path, number, line, n_features)


def _floats(tokens: list[bytes]) -> list[float] | None:
    try:
        # float() would take 1_000 for a number.
        if any(b"_" in token for token in tokens):
            return None
        return list(map(float, tokens))
    except ValueError:
        return None


def _blank_word(line: bytes, has_header: bool) -> bytes:
    """Return the word of a line of values alone: a blank, if the header allows it to be one."""
    before = line[: len(line) - len(line.lstrip())]
    return before[:-1] if has_header else b""


def _damage(word: bytes, parts: list[bytes], values: list[bytes], has_header: bool) -> str:
    """Say why a word of several parts is none; empty if it may be one."""
    n_features = len(values)
    in_a_row = longest = 0
    for part in parts:
        in_a_row = in_a_row + 1 if _NUMBER.fullmatch(part) else 0
        longest = max(longest, in_a_row)
    last = parts[-1]
    like_values = [part for part in parts[1:] if _is_like(part, values)]
    if in_a_row and (not has_header or last in like_values or longest >= n_features):
        count = n_features + min(in_a_row, len(parts) - 1)
        return (
            f"has {count} values instead of {n_features}; the line is damaged, or its word ends in "
            "a number: correct it"
        )
    if not has_header and _MEANT_FOR_A_NUMBER.fullmatch(last):
        return f"{show(last)} is not a number; correct it"
    shown = show(b" ".join(parts))
    if longest >= n_features or like_values:
        return f"has values inside its word, {shown}; two lines were joined, separate them"
    if _LOG_LINE.search(b" ".join(parts)):
        return f"begins with {shown}, which looks like the message of a program; remove it"
    if not has_header and b"\t" in word:
        return f"has a tab inside its word, {show(word)}; remove the column"
    return ""


def _is_like(token: bytes, values: list[bytes]) -> bool:
    """Whether a number in a word is written like the values behind it, so that it may be one."""
    if not _NUMBER.fullmatch(token):
        return False
    lengths = sorted(map(len, values))
    if sum(b"." in value or b"e" in value for value in values) * 2 <= len(values):
        return len(token) <= lengths[-1]
    # "windows 3.1" before values of six digits is a word.
    return (b"." in token or b"e" in token) and len(token) >= lengths[len(lengths) // 2] - 1


def _row_error(path: StrPath, number: int, line: bytes, n_features: int) -> ValueError:
    """Say what is wrong with a line that is not a word and ``n_features`` values."""
    where = f"{os.fspath(path)}, line {number}"
    if b"\r" in line:
        return ValueError(
            f"{where}: has a carriage return within it, as in files with the line ends of old "
            r"Macs; convert them, for example by tr '\r' '\n'."
        )
    # A few more than can matter: a damaged line may have millions.
    tokens = line.split(None, 2 * n_features + 100)
    if line[:1].isspace() and n_values([b"", *tokens]) == len(tokens) == n_features:
        return ValueError(f"{where}: has no word before its {n_features} values; name it.")
    for token in line.rsplit(None, n_features)[-n_features:]:
        if token is not tokens[0] and token != tokens[0] and not _NUMBER.fullmatch(token):
            return ValueError(
                f"{where}: {show(token)} is not a number; expected a word and {n_features} "
                f"values{binary_hint(line)}."
            )
    count = n_values(tokens)
    why = ", or its word ends in a number" if count > n_features else ""
    return ValueError(
        f"{where}: has {count} value{'s' * (count != 1)} instead of {n_features}; the "
        f"line is damaged{why}{binary_hint(line)}: correct it."
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
    quoted = printable(repr(text[:200].decode("utf-8", errors="replace")))
    return quoted if len(quoted) <= 42 else f"{quoted[:40]}…{quoted[0]}"


def binary_hint(line: bytes) -> str:
    """Return what to add to a message where the file looks like a binary one."""
    if b"\0" in line:
        return " (or the file is a binary one of an unknown kind: convert it first)"
    n_tokens = len(line.split(None, 20))
    for sep in (b";", b","):
        if line.count(sep) > 1 and line.count(sep) > n_tokens:
            return (
                f" (values are separated by {sep.decode()!r}: read it with pandas.read_csv(..., "
                f"{_asked_of_pandas(line, sep)}index_col=0, keep_default_na=False) and pass the "
                "DataFrame)"
            )
    if n_tokens > 1 and all(_DECIMAL_COMMA.fullmatch(token) for token in line.split(None, 20)[1:]):
        return " (its numbers have decimal commas: write points)"
    return ""


def _asked_of_pandas(line: bytes, sep: bytes) -> str:
    """Return what else pandas has to be told about a line of CSV."""
    fields = [field.strip() for field in line.split(sep, 50)[1:50]]
    has_commas = sep == b";" and any(map(_DECIMAL_COMMA.fullmatch, fields))
    is_value = _DECIMAL_COMMA if has_commas else _NUMBER
    # Whole numbers are names of columns, as pandas gives them.
    is_row = all(map(is_value.fullmatch, fields)) and not all(map(bytes.isdigit, fields))
    return (
        f"sep={sep.decode()!r}, " * (sep != b",")
        + "decimal=',', " * has_commas
        + "header=None, " * is_row
    )
