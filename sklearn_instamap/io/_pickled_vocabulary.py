"""XLing-Eval's pairs of files: ``NAME.vectors``, an array, and ``NAME.vocab``, a pickled dict.

A pickle may run any program. Here nothing is built but texts, numbers, lists and dicts.
"""

from __future__ import annotations

import os
import pickle
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from sklearn_instamap._files import StrPath, open_regular
from sklearn_instamap._printable import reason
from sklearn_instamap._words import check_words
from sklearn_instamap.io._asked import Asked
from sklearn_instamap.io._npy import choose_rows, map_array, read_words
from sklearn_instamap.io._opening import open_file, refuse_other_kinds
from sklearn_instamap.io._sniff import HEAD, kind_of
from sklearn_instamap.io._streams import Repeats

_SUFFIXES = (".vectors", ".vocab")
# All that texts, whole numbers, lists and dicts need; nothing that names a class or a function,
# or that makes room for more than the file holds.
_ALLOWED = """
    PROTO FRAME STOP MARK POP POP_MARK DUP EMPTY_DICT DICT SETITEM SETITEMS EMPTY_LIST LIST APPEND
    APPENDS EMPTY_TUPLE TUPLE TUPLE1 TUPLE2 TUPLE3 NONE NEWTRUE NEWFALSE INT BININT BININT1 BININT2
    LONG LONG1 LONG4 FLOAT BINFLOAT STRING BINSTRING SHORT_BINSTRING UNICODE BINUNICODE
    SHORT_BINUNICODE BINUNICODE8 BINBYTES SHORT_BINBYTES PUT BINPUT LONG_BINPUT MEMOIZE GET BINGET
    LONG_BINGET
"""


class _PlainUnpickler(pickle._Unpickler):
    """The unpickler in Python, whose operations can be taken away one by one."""

    def _refuse(self) -> None:
        raise pickle.UnpicklingError("it holds more than texts, numbers, lists and dicts")

    dispatch: ClassVar[dict[int, Any]] = {
        **dict.fromkeys(range(256), _refuse),
        **{
            code: pickle._Unpickler.dispatch[code]
            for code in (getattr(pickle, name)[0] for name in _ALLOWED.split())
        },
    }

    def find_class(self, module: str, name: str) -> Any:
        """Refuse every class and function."""
        self._refuse()


def load_plain_pickle(path: StrPath, stream: IO[bytes]) -> Any:
    """Return what a pickle of plain values holds, or say that it is damaged or would build more."""
    try:
        return _PlainUnpickler(stream, encoding="utf-8").load()
    except Exception as error:
        raise ValueError(
            f"{os.fspath(path)}: is not a pickle of words and numbers ({reason(error)}); nothing "
            "else is unpickled, since it could run any program."
        ) from None


def is_pickled_pair(path: StrPath) -> bool:
    """Tell whether a path names one of the two files; others name texts so."""
    name = os.fspath(path)
    if not name.endswith(_SUFFIXES[0]) or not os.path.isfile(name):
        return name.endswith(_SUFFIXES)
    with open_regular(name) as file:
        return kind_of(file.read(HEAD)).name == "npy"


def read_pickled_pair(
    path: StrPath, asked: Asked
) -> tuple[list[str], NDArray[np.floating], Repeats]:
    """Read words and vectors; what `read_vectors` does for ``.vectors`` and ``.vocab``."""
    prefix = os.fspath(path).removesuffix(_SUFFIXES[0]).removesuffix(_SUFFIXES[1])
    vectors_path, words_path = Path(f"{prefix}.vectors"), Path(f"{prefix}.vocab")
    vectors = map_array(vectors_path)[0]
    with open_file(words_path) as opened:
        refuse_other_kinds(words_path, opened, "a vocabulary", "pickle", "text")
        # The oldest protocols are text; their containers come first and a stop last.
        is_text = opened.kind.name == "text" and opened.peek(1)[:1] not in (b"(", b"}", b"]", b"c")
        vocabulary = None if is_text else load_plain_pickle(words_path, opened)
    if is_text:
        words: Sequence[str] = read_words(words_path, asked)[0]
    else:
        words = _words(words_path, vocabulary)
    if len(words) != len(vectors):
        raise ValueError(
            f"{words_path}: has {len(words)} words for the {len(vectors)} rows of {vectors_path}; "
            "they do not belong together."
        )
    return choose_rows(vectors_path, words, vectors, asked)


def _words(path: Path, vocabulary: Any) -> tuple[str, ...]:
    """Return the words by row, from a dict of rows by word, of words by row, or a list."""
    if isinstance(vocabulary, dict) and vocabulary:
        if all(type(row) is int for row in vocabulary.values()):
            vocabulary = {row: word for word, row in vocabulary.items()}
        rows = sorted(vocabulary) if all(type(row) is int for row in vocabulary) else []
        if rows != list(range(len(rows))) or not rows:
            raise ValueError(f"{path}: does not number its words from 0, one by one.")
        vocabulary = [vocabulary[row] for row in rows]
    if not isinstance(vocabulary, list | tuple) or not vocabulary:
        raise ValueError(f"{path}: holds {type(vocabulary).__name__}, not words with their rows.")
    return check_words(vocabulary, str(path))
