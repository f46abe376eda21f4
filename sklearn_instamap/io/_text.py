"""word2vec and fastText text: one line per word, its values after it, and an optional header."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import chain, islice
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sklearn_instamap._files import StrPath, atomic_paths
from sklearn_instamap._wording import argument, way_out
from sklearn_instamap.io._asked import Asked, Header
from sklearn_instamap.io._bad_lines import BadLines
from sklearn_instamap.io._collected import Collected
from sklearn_instamap.io._compressing import open_to_write
from sklearn_instamap.io._decimals import row_formatter
from sklearn_instamap.io._fields import binary_hint, n_values, show
from sklearn_instamap.io._lines import Line, n_rows_at_once, split_rows, take_lines
from sklearn_instamap.io._opening import OpenedFile
from sklearn_instamap.io._streams import BYTE_ORDER_MARK, encode_words, numbered_lines

_FIRST_ROWS = 4096
_WRITTEN_ROWS = 256
# So many first lines tell how many values a row has, and whether rows are numbered.
_SAMPLED = 16
_ROW_NUMBER = re.compile(rb"(\d{1,18})[.:)]?")
# Fewer numbers that follow each other may do so by chance, and examples have few columns.
_FEWEST_NUMBERED = 4
_FEWEST_COLUMNS = 8
# Whole numbers, and what programs make of them: signs, points, thousands, hexadecimal.
_LIKE_A_COUNT = re.compile(
    rb"[+-]?(0x[0-9a-f]+|\d{1,3}([,._']\d{3})+|\d+(\.0*)?(e[+-]?\d+)?)", re.IGNORECASE
)
# In a word of several parts: what messages have, and names rarely.
_DOUBTFUL = re.compile(rb"[^ :=][:=]( |$)|[^ :=]=[^ =]| \.\.\.$")
# Sentences, which phrases may be, too: where no other word has a blank, it is a message.
_SENTENCE = re.compile(
    rb"[A-Za-z]+[,.]?( [a-z\d]+[,.]?)+ [a-z]{2,}[.!]?|[A-Z][a-z]+ [a-z]{3,}[.!]?"
)
# What some programs put around or behind every word, and how to read such a file.
_DECORATED = (
    (
        re.compile(rb"([\"'`]).+\1"),
        "has its word in quotes",
        "read it with pandas.read_csv(..., sep=' ', header=None, index_col=0, "
        "keep_default_na=False) and pass the DataFrame",
    ),
    (re.compile(rb".+[:,;|]"), "has {} behind its word", "remove it"),
)


class Layout(NamedTuple):
    """What the first lines tell: how many rows to expect, if said, and values per row."""

    n_rows: int | None
    n_features: int

    @property
    def has_header(self) -> bool:
        """Whether there is a header, so that both numbers are known for certain."""
        return self.n_rows is not None


def read_text(
    path: StrPath,
    opened: OpenedFile,
    asked: Asked,
    bad_lines: BadLines,
    collect: Callable[..., Collected] = Collected,
) -> Collected:
    """Read words and vectors; what `read_vectors` does for text."""
    numbered = numbered_lines(path, opened)
    lines = ((number, line) for number, line in numbered if line.strip())
    n_sampled = _SAMPLED if asked.max_words is None else min(_SAMPLED, asked.max_words)
    first = list(islice(lines, 2))
    if not first:
        raise ValueError(f"{os.fspath(path)}: the file is empty.")
    if _has_header(path, first, asked.header):
        tokens = first[0][1].split()
        layout = Layout(int(tokens[0]), int(tokens[1]))
        sample = first[1:] + list(islice(lines, max(0, n_sampled - 1)))
    else:
        sample = first + list(islice(lines, _SAMPLED - 2))
        if asked.header == "infer" and _is_broken_header(sample):
            number, line = sample.pop(0)
            bad_lines.add(number, _header_error(path, number, line, twice=line == sample[0][1]))
        layout = Layout(None, _n_features(path, sample))
    _refuse_row_numbers(path, sample, layout)
    _refuse_what_is_no_word(path, sample, layout)
    _refuse_other_columns(path, sample, layout)
    # A header may promise anything; a value takes a digit and a blank at least.
    room = min(layout.n_rows or _FIRST_ROWS, opened.largest // (2 * layout.n_features) + 1)
    words = collect(path, asked, layout.n_features, room)
    _read_rows(path, chain(sample, lines), layout, words, bad_lines)
    return words


def _has_header(path: StrPath, first: Sequence[Line], header: Header) -> bool:
    """Find out from the first two lines whether there is a header."""
    number, line = first[0]
    tokens = line.split(None, 3)
    # Longer digit strings are not counts, and int() refuses very long ones.
    counts = len(tokens) == 2 and all(token.isdigit() and len(token) < 19 for token in tokens)
    if header == "infer":
        # "1990 5" may also open one-dimensional vectors without a header: the next line tells.
        header = counts and (
            len(first) < 2 or tokens[1] == b"1" or len(first[1][1].split(None, 3)) != 2
        )
    if header and (not counts or min(map(int, tokens)) < 1):
        raise _header_error(path, number, line)
    return bool(header)


def _is_broken_header(sample: Sequence[Line]) -> bool:
    """Tell whether the first line was meant for a header: numbers only, before longer lines."""
    first = sample[0][1].removeprefix(BYTE_ORDER_MARK).split(None, 8)
    # As in "# 2 3".
    counts = first[first[0] in (b"#", b"//") :]
    if len(counts) not in (2, 3) or not all(map(_LIKE_A_COUNT.fullmatch, counts)):
        return False
    rows = [line for _, line in sample[1:]]
    if len(rows) > 1 and rows[0] == sample[0][1]:
        # It stands twice.
        rows = rows[1:]
    return bool(rows) and min(len(line.split(None, 9)) for line in rows) > len(first)


def _header_error(path: StrPath, number: int, line: bytes, *, twice: bool = False) -> ValueError:
    where = f"{os.fspath(path)}, line {number}: {show(line)}"
    if twice:
        return ValueError(f"{where} stands twice; remove one of the two headers.")
    return ValueError(
        f"{where} is not a header of two counts, words and "
        f"dimensions; correct it{way_out('header', False)} if the file has none."
    )


def _n_features(path: StrPath, sample: Sequence[Line]) -> int:
    """Return how many values most of the first lines end in, of a file without a header."""
    rows = [line.split() for _, line in sample]
    counts = [n_values(row) for row in rows]
    # Rows of one word and numbers alone: of a damaged one, fewer are counted.
    plain = [
        count
        for count, row, (_, line) in zip(counts, rows, sample, strict=True)
        if count == len(row) - 1 and not line[:1].isspace()
    ]
    # Of equally many the earliest; a line that is not a row is ignored.
    found = Counter(count for count in counts if count) or [0]
    n_features = max(found, key=lambda count: (counts.count(count), plain.count(count)))
    if n_features < 1:
        number, line = sample[0]
        raise ValueError(
            f"{os.fspath(path)}, line {number}: {show(line)} is not a word followed by "
            f"numbers separated by blanks{binary_hint(line)}."
        )
    return n_features


def _refuse_row_numbers(path: StrPath, sample: Sequence[Line], layout: Layout) -> None:
    """Refuse rows that begin with their own number, which would become part of the words."""
    rows = [line.split(None, layout.n_features + 2) for _, line in sample]
    matches = [_ROW_NUMBER.fullmatch(row[0]) for row in rows if len(row) == layout.n_features + 2]
    numbers = [int(match[1]) for match in matches if match]
    if len(rows) < 2 or [number - numbers[0] for number in numbers] != list(range(len(rows))):
        return
    # A few words of two parts may begin with numbers that follow each other.
    if numbers[0] in (0, 1) or len(rows) >= _FEWEST_NUMBERED:
        raise ValueError(
            f"{os.fspath(path)}, line {sample[0][0]}: begins with the number of the row, as all "
            "lines do; remove the first column."
        )


def _refuse_what_is_no_word(path: StrPath, sample: Sequence[Line], layout: Layout) -> None:
    """Refuse rows without words, whose first values would be taken for them, and marked words."""
    if not sample:
        return
    where = f"{os.fspath(path)}, line {sample[0][0]}"
    words = [
        b" ".join(line.rsplit(None, layout.n_features)[: -layout.n_features]) for _, line in sample
    ]
    if not layout.has_header and len(words) > 1 and all(map(_is_value, words)):
        raise ValueError(
            f"{where}: is a row of {layout.n_features + 1} numbers without a word, as all lines "
            "are; read the words from their own file, the numbers with numpy.loadtxt, and pass "
            "both to EmbeddingSpace."
        )
    if len(words) < _FEWEST_NUMBERED:
        return
    for pattern, what, remedy in _DECORATED:
        if all(map(pattern.fullmatch, words)):
            what = what.format(repr(words[0][-1:].decode()))
            raise ValueError(f"{where}: {what}, as all lines do; {remedy}.")


def _is_value(word: bytes) -> bool:
    """Whether a word is a number with a fraction, which no word in so many places is."""
    return n_values([b"", word]) == 1 and not word.lstrip(b"+-").isdigit()


def _refuse_other_columns(path: StrPath, sample: Sequence[Line], layout: Layout) -> None:
    """Refuse numbers of columns and counts of words, which would become values."""
    if layout.has_header or layout.n_features < _FEWEST_COLUMNS:
        return
    number, line = sample[0]
    values = line.split()[1:]
    counted = [[b"%d" % (first + place) for place in range(len(values))] for first in (0, 1)]
    if values in counted:
        raise ValueError(
            f"{os.fspath(path)}, line {number}: holds the numbers of the columns, as pandas writes "
            "them, and no vector; remove the line."
        )
    rows = [line.split(None, 2) for _, line in sample if len(line.split(None, 2)) == 3]
    counts = [int(row[1]) if row[1].isdigit() and len(row[1]) < 19 else -1 for row in rows]
    if (
        len(rows) >= _FEWEST_NUMBERED
        and counts[0] > counts[-1] > 1
        and counts == sorted(counts, reverse=True)
        and not any(value.isdigit() for row in rows for value in row[2].split())
    ):
        raise ValueError(
            f"{os.fspath(path)}, line {number}: has the count of the word before its values, as "
            "all lines do; remove the second column."
        )


def _read_rows(
    path: StrPath,
    lines: Iterator[Line],
    layout: Layout,
    words: Collected,
    bad_lines: BadLines,
) -> None:
    n_rows, n_features = layout
    n_read = 0
    doubts = _Doubts()
    # Values beyond float32 silently become inf here, and an error below.
    with np.errstate(over="ignore"):
        while words.n_wanted != 0:
            block = take_lines(lines, _n_next(layout, n_read, words.n_wanted))
            if not block:
                break
            n_read += len(block)
            if n_rows is not None and n_read > n_rows:
                raise ValueError(
                    f"{os.fspath(path)}, line {block[0][0]}: continues after word {n_rows}, the "
                    "last its header promises; correct the header, or pass "
                    f"{argument('max_words', n_rows)}."
                )
            for number, word, values in split_rows(
                path, block, n_features, has_header=layout.has_header
            ):
                try:
                    if isinstance(word, ValueError):
                        raise word
                    assert values is not None
                    words.add(number, word, values)
                    if n_rows is None and b" " in word:
                        doubts.look_at(number, word)
                except ValueError as error:
                    bad_lines.add(number, error)
    if n_rows is not None and n_read < n_rows and words.n_wanted != 0:
        rest = way_out("max_words", words.n_words) if words.n_words else ""
        raise ValueError(
            f"{os.fspath(path)}: ends after {n_read} of the {n_rows} words its header promises; "
            f"fetch it again if it is truncated{rest}."
        )
    if not words.n_words:
        raise ValueError(f"{os.fspath(path)}: has no line that can be read; fetch it again.")
    found = doubts.found()
    # Where there are many they are phrases.
    if 0 < 100 * len(found) <= words.n_words + 300:
        bad_lines.doubt(len(found), *found[0])


class _Doubts:
    """Words with blanks that may be messages of a program, between the rows of a file."""

    def __init__(self) -> None:
        self._messages: list[tuple[int, bytes]] = []
        self._sentences: list[tuple[int, bytes]] = []
        self._has_phrases = False

    def look_at(self, number: int, word: bytes) -> None:
        """Remember a word with a blank."""
        if _DOUBTFUL.search(word):
            self._messages.append((number, word))
        elif not self._has_phrases:
            self._has_phrases = not _SENTENCE.fullmatch(word)
            self._sentences.append((number, word))

    def found(self) -> list[tuple[int, bytes]]:
        """Return the lines and words to doubt."""
        return sorted(self._messages + ([] if self._has_phrases else self._sentences))


def _n_next(layout: Layout, n_read: int, n_wanted: int | None) -> int:
    """Return how many lines to take next: none beyond the last word that is wanted."""
    n_next = n_rows_at_once(layout.n_features)
    if n_wanted is not None:
        n_next = min(n_next, n_wanted)
    if layout.n_rows is not None:
        # After the last promised line one more, which should not be there.
        n_next = min(n_next, max(1, layout.n_rows - n_read))
    return n_next


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
    with atomic_paths(path) as (temporary,), open_to_write(temporary) as stream:
        if header:
            stream.write(f"{vectors.shape[0]} {vectors.shape[1]}\n".encode())
        for start in range(0, len(encoded), _WRITTEN_ROWS):
            block = slice(start, start + _WRITTEN_ROWS)
            values = format_block(vectors[block])
            stream.write(
                b"".join(
                    b"%b %b\n" % (word, text.encode())
                    for word, text in zip(encoded[block], values, strict=True)
                )
            )
