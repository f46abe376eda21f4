"""word2vec and fastText text: one line per word, its values after it, perhaps a header."""

from __future__ import annotations

import gzip
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import chain, islice
from pathlib import Path
from typing import IO, Literal, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from sklearn_instamap._files import StrPath, atomic_paths
from sklearn_instamap.io._decimals import row_formatter
from sklearn_instamap.io._fields import binary_hint, n_values, show
from sklearn_instamap.io._lines import Line, n_rows_at_once, split_rows
from sklearn_instamap.io._streams import (
    Repeats,
    decode,
    encode_words,
    numbered_lines,
    open_binary,
)

_FIRST_ROWS = 4096
_WRITTEN_ROWS = 256

Header: TypeAlias = bool | Literal["infer"]


class Layout(NamedTuple):
    """What the first lines tell: how many rows to expect, if said, and values per row."""

    n_rows: int | None
    n_features: int


def read_text(
    path: StrPath,
    *,
    header: Header,
    max_words: int | None,
    lowercase: bool,
    dtype: np.dtype,
    encoding_errors: str,
) -> tuple[list[str], NDArray[np.floating], Repeats]:
    """Read words and vectors; what `read_vectors` does for every file that is not .npy."""
    with open_binary(path) as stream:
        lines = ((number, line) for number, line in numbered_lines(stream) if line.strip())
        first, second = next(lines, None), next(lines, None)
        if first is None:
            raise ValueError(f"{os.fspath(path)}: the file is empty.")
        layout, has_header = _read_layout(path, first, second, header)
        rest = [second] if second is not None else []
        rows = chain(rest if has_header else [first, *rest], lines)
        return _read_rows(path, rows, layout, max_words, lowercase, dtype, encoding_errors)


def _read_layout(
    path: StrPath, first: Line, second: Line | None, header: Header
) -> tuple[Layout, bool]:
    """Find out from the first two lines whether there is a header, and how many values a row."""
    number, line = first
    tokens = line.split()
    # Longer digit strings are no counts, and int() refuses very long ones.
    counts = len(tokens) == 2 and all(token.isdigit() and len(token) < 19 for token in tokens)
    if header == "infer":
        # "1990 5" may also open one-dimensional vectors without a header: the next line tells.
        header = counts and (second is None or tokens[1] == b"1" or len(second[1].split()) != 2)
    if not header:
        n_features = n_values(tokens)
        if n_features < 1:
            raise ValueError(
                f"{os.fspath(path)}, line {number}: {show(line)} is not a word followed by "
                f"numbers separated by blanks{binary_hint(path, line)}."
            )
        return Layout(None, n_features), False
    if not counts or min(map(int, tokens)) < 1:
        raise ValueError(
            f"{os.fspath(path)}, line {number}: {show(line)} is not a header of two counts, "
            "words and dimensions; correct it, or pass header=False if the file has none."
        )
    return Layout(int(tokens[0]), int(tokens[1])), True


def _read_rows(
    path: StrPath,
    lines: Iterator[Line],
    layout: Layout,
    max_words: int | None,
    lowercase: bool,
    dtype: np.dtype,
    encoding_errors: str,
) -> tuple[list[str], NDArray[np.floating], Repeats]:
    n_rows, n_features = layout
    vectors = _allocate(path, layout, max_words, dtype)
    # A dict, because it remembers the order and answers "seen before?".
    words: dict[str, None] = {}
    repeats = Repeats()
    n_read = 0
    # Values beyond float32 become inf in silence here, and an error below.
    with np.errstate(over="ignore"):
        while len(words) != max_words:
            block = list(islice(lines, _n_next(layout, n_read, len(words), max_words)))
            if not block:
                break
            n_read += len(block)
            if n_rows is not None and n_read > n_rows:
                raise ValueError(
                    f"{os.fspath(path)}, line {block[0][0]}: goes on after word {n_rows}, the last "
                    f"its header promises; correct the header, or pass max_words={n_rows}."
                )
            rows = split_rows(path, block, n_features)
            for (number, _), (word, values) in zip(block, rows, strict=True):
                name = decode(word, path, number, encoding_errors)
                if lowercase:
                    name = name.lower()
                if name in words:
                    repeats.add(repr(name), number)
                    continue
                row = len(words)
                if row == len(vectors):
                    # In place: a list of blocks joined at the end would need the memory twice.
                    vectors.resize((row + row // 2 + 1, n_features), refcheck=False)
                vectors[row] = values
                if not np.isfinite(vectors[row]).all():
                    column = int(np.argmin(np.isfinite(vectors[row])))
                    raise ValueError(
                        f"{os.fspath(path)}, line {number}: value {column + 1} of {n_features} is "
                        f"not finite in {dtype.name}; remove the line or mend the value."
                    )
                words[name] = None
    if n_rows is not None and n_read < n_rows and len(words) != max_words:
        way_out = f", or pass max_words={len(words)}" if words else ""
        raise ValueError(
            f"{os.fspath(path)}: ends after {n_read} of the {n_rows} words its header promises; "
            f"fetch it again if it is truncated{way_out}."
        )
    vectors.resize((len(words), n_features), refcheck=False)
    return list(words), vectors, repeats


def _n_next(layout: Layout, n_read: int, n_words: int, max_words: int | None) -> int:
    """Return how many lines to take next: none beyond the last word that is wanted."""
    n_next = n_rows_at_once(layout.n_features)
    if max_words is not None:
        n_next = min(n_next, max_words - n_words)
    if layout.n_rows is not None:
        # After the last promised line one more, which should not be there.
        n_next = min(n_next, max(1, layout.n_rows - n_read))
    return n_next


def _allocate(
    path: StrPath, layout: Layout, max_words: int | None, dtype: np.dtype
) -> NDArray[np.floating]:
    n_rows = _FIRST_ROWS if layout.n_rows is None else layout.n_rows
    if max_words is not None:
        n_rows = min(n_rows, max_words)
    try:
        return np.empty((n_rows, layout.n_features), dtype=dtype)
    except (MemoryError, ValueError):
        raise ValueError(
            f"{os.fspath(path)}: {n_rows} words of {layout.n_features} values do not fit in "
            "memory; if the header is right, pass a smaller max_words."
        ) from None


def write_text(
    path: StrPath,
    words: Sequence[str],
    vectors: NDArray[np.floating],
    *,
    header: bool,
    precision: int | None,
) -> None:
    """Write words and vectors; what `write_vectors` does for every file that is not .npy."""
    encoded = encode_words(words, path, blanks=False, first_line=not header)
    format_block = row_formatter(precision)
    with atomic_paths(path) as (temporary,), _open_to_write(temporary) as stream:
        if header:
            stream.write(f"{vectors.shape[0]} {vectors.shape[1]}\n".encode())
        for start in range(0, len(encoded), _WRITTEN_ROWS):
            block = slice(start, start + _WRITTEN_ROWS)
            values = format_block(vectors[block])
            stream.writelines(
                b"%b %b\n" % (word, text.encode())
                for word, text in zip(encoded[block], values, strict=True)
            )


@contextmanager
def _open_to_write(path: Path) -> Iterator[IO[bytes] | gzip.GzipFile]:
    with open(path, "wb") as raw:
        if path.suffix != ".gz":
            yield raw
            return
        # Neither name nor time inside: equal content makes equal files.
        with gzip.GzipFile(filename="", fileobj=raw, mode="wb", compresslevel=6, mtime=0) as stream:
            yield stream
