"""What is done of a lexicon's file, kept beside it until all is: another run goes on from there."""

from __future__ import annotations

import hashlib
import json
import os
import warnings
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from sklearn_instamap._files import atomic_paths, open_regular, refuse_in_place
from sklearn_instamap._printable import printable
from sklearn_instamap._records import read_json, read_record
from sklearn_instamap.lexicon._lexicon_file import COLUMNS

# Of the longest row: two words of as many characters as a line of a file may have.
_LONGEST_ROW = 1 << 25
_ROWS_AT_ONCE = 1 << 14
_SHARES = ("probability", "no_translation")


class UnfinishedLexicon:
    """What is done of a file, as JSON lines, and a record of how far it has come.

    What a lexicon of another fingerprint has left is not continued; damage of what is left is
    warned of, and all is done again. ``done`` is how many of the words are done.
    """

    def __init__(
        self, path: Path, fingerprint: str, words: Sequence[str], targets: Collection[str]
    ) -> None:
        self._rows = path.with_name(f".{path.name}.part")
        self._record = path.with_name(f".{path.name}.part.json")
        self._fingerprint = fingerprint
        self.done = self._size = 0
        self._digest = hashlib.sha256()
        refuse_in_place(self._rows, self._record)
        try:
            self._continue(words, targets)
        except FileNotFoundError:
            pass
        except (ValueError, KeyError, TypeError) as error:
            reason = (
                str(error)
                if isinstance(error, ValueError)
                else "it is not a record of this package"
            )
            warnings.warn(
                f"{printable(self._record)}: what an earlier run has left is damaged ({reason}); "
                "all words are translated again.",
                UserWarning,
                stacklevel=3,
            )
        if self.done:
            with self._rows.open("r+b") as stream:
                stream.truncate(self._size)
        else:
            self.remove()

    def _continue(self, words: Sequence[str], targets: Collection[str]) -> None:
        """Take over what an earlier run has left, if it is of this lexicon and whole."""
        record = read_record(self._record)
        if record["fingerprint"] != self._fingerprint:
            return
        done, size, digest = record["words"], record["size"], hashlib.sha256()
        if type(done) is not int or type(size) is not int or not 0 < done <= len(words) or size < 0:
            raise ValueError("its counts are impossible")
        sources, targets = set(words[:done]), set(targets)
        for line in self._lines(size):
            digest.update(line)
            if line.strip() and not _is_row(_row(line), sources, targets):
                raise ValueError("a row does not hold what a lexicon has")
        if digest.hexdigest() != record["sha256"]:
            raise ValueError("the checksum of its rows does not match")
        self.done, self._size, self._digest = done, size, digest

    def _lines(self, size: int) -> Iterator[bytes]:
        """Yield the lines of so many bytes."""
        with open_regular(self._rows) as raw, open(raw.fileno(), "rb", closefd=False) as stream:
            while size > 0:
                line = stream.readline(min(size, _LONGEST_ROW))
                if not line.endswith(b"\n"):
                    raise ValueError(
                        "a row is too long" if len(line) == _LONGEST_ROW else "cut off"
                    )
                size -= len(line)
                yield line

    def append(self, table: pd.DataFrame, done: int) -> None:
        """Add rows, and note that so many words are done."""
        text = table.to_json(orient="records", lines=True, force_ascii=False, double_precision=15)
        content = (text.rstrip("\n") + "\n").encode("utf-8", errors="surrogatepass")
        with self._rows.open("ab") as stream:
            if stream.tell() != self._size:
                raise self._changed()
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        self._size += len(content)
        self._digest.update(content)
        record = {
            "fingerprint": self._fingerprint,
            "words": done,
            "size": self._size,
            "sha256": self._digest.hexdigest(),
        }
        with atomic_paths(self._record) as (temporary,):
            temporary.write_text(json.dumps(record), encoding="utf-8")

    def tables(self) -> Iterator[pd.DataFrame]:
        """Yield the rows, some at a time; OSError if another run is at work on them."""
        digest, rows = hashlib.sha256(), []
        try:
            for line in self._lines(self._size):
                digest.update(line)
                if line.strip():
                    rows.append(_row(line))
                if len(rows) >= _ROWS_AT_ONCE:
                    yield pd.DataFrame(rows)
                    rows = []
        except (ValueError, FileNotFoundError):
            raise self._changed() from None
        if digest.digest() != self._digest.digest():
            raise self._changed()
        if rows:
            yield pd.DataFrame(rows)

    def _changed(self) -> OSError:
        return OSError(
            f"{self._rows}: another run writes the same lexicon; wait for it, or name another file."
        )

    def remove(self) -> None:
        """Remove both files."""
        self._record.unlink(missing_ok=True)
        self._rows.unlink(missing_ok=True)


def _row(line: bytes) -> Any:
    # Words of old encodings may hold lone surrogates.
    return read_json(line.decode("utf-8", errors="surrogatepass"))


def _is_row(row: Any, sources: Collection[str], targets: Collection[str]) -> bool:
    return (
        isinstance(row, dict)
        and list(row) == list(COLUMNS)
        and isinstance(row["source"], str)
        and row["source"] in sources
        and isinstance(row["target"], str)
        and row["target"] in targets
        and all(type(row[name]) in (int, float) and 0 <= row[name] <= 1 for name in _SHARES)
        and type(row["rank"]) is int
        and row["rank"] > 0
        and all(type(row[name]) is bool for name in ("known", "mutual"))
        and isinstance(row["origin"], str)
    )
