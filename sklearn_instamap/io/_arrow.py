"""Parquet and Arrow files: a column of words, and their vectors in one column or in many."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from sklearn_instamap._files import StrPath, atomic_paths
from sklearn_instamap._optional import import_optional
from sklearn_instamap._printable import printable, reason
from sklearn_instamap._words import check_words
from sklearn_instamap.io._asked import Asked
from sklearn_instamap.io._npy import choose_rows
from sklearn_instamap.io._opening import is_bomb
from sklearn_instamap.io._streams import RUN, Repeats, encode_words

# Under which names others keep words; an index that pandas stores is the last.
_WORDS = ("word", "words", "token", "tokens", "key", "text", "vocab", "index", "__index_level_0__")


def _import(module: str, path: StrPath) -> Any:
    return import_optional(module, os.fspath(path), "arrow")


def read_arrow(
    path: StrPath, stream: IO[bytes], asked: Asked, n_bytes: int, kind: str
) -> tuple[list[str], NDArray[np.floating], Repeats]:
    """Read words and vectors; what `read_vectors` does for Parquet and Arrow."""
    name = os.fspath(path)
    pa = _import("pyarrow", path)
    try:
        if kind == "parquet":
            file = _import("pyarrow.parquet", path).ParquetFile(stream)
            # Of lists all values, of which a row has one or a million.
            groups = map(file.metadata.row_group, range(file.metadata.num_row_groups))
            n_values = sum(
                group.column(place).num_values
                for group in groups
                for place in range(group.num_columns)
            )
            if is_bomb(4 * n_values, n_bytes):
                raise ValueError(f"{name}: expands to many times its size; fetch it again.")
            table = file.read()
        else:
            table = _import("pyarrow.ipc", path).open_file(stream).read_all()
        # Damaged offsets would be followed into memory that is not the table's.
        table.validate(full=True)
        words, vectors = _words_and_vectors(name, table, pa)
    except ImportError:
        raise
    except ValueError as error:
        if str(error).startswith(name):
            raise
        raise _damaged(name, error) from None
    except TypeError:
        # Of words that are not words.
        raise
    except Exception as error:
        # ArrowException, and what Python says where damage gets further: SystemError, KeyError, …
        raise _damaged(name, error) from None
    return choose_rows(path, words, vectors, asked)


def _damaged(name: str, error: BaseException) -> ValueError:
    return ValueError(f"{name}: the file is damaged ({reason(error)}); write or fetch it again.")


def _words_and_vectors(
    name: str, table: Any, pa: Any
) -> tuple[Sequence[str], NDArray[np.floating]]:
    texts = [
        field.name
        for field in table.schema
        if pa.types.is_string(field.type) or pa.types.is_large_string(field.type)
    ]
    texts.sort(key=lambda text: _WORDS.index(text.lower()) if text.lower() in _WORDS else 99)
    numbers = [field for field in table.schema if pa.types.is_floating(field.type)]
    lists = [
        field
        for field in table.schema
        if hasattr(field.type, "value_type") and pa.types.is_floating(field.type.value_type)
    ]
    if not texts or not (numbers or lists):
        shown = [f"{field.name} ({field.type})" for field in list(table.schema)[:5]]
        found = printable(", ".join(shown))
        raise ValueError(
            f"{name}: has no column of words and columns of vectors, but {found}; read it with "
            "pandas and pass words and vectors to EmbeddingSpace."
        )
    words = check_words(table.column(texts[0]).to_pylist(), name)
    if not lists:
        columns = [table.column(field.name).to_numpy() for field in numbers]
        return words, np.column_stack(columns)
    column = table.column(lists[0].name).combine_chunks()
    if column.null_count:
        raise ValueError(f"{name}: has a row without a vector; remove it.")
    flat = column.flatten().to_numpy(zero_copy_only=False)
    n_features = len(flat) // max(1, len(words))
    lengths = {len(row) for row in column} if len(flat) else {0}
    if lengths != {n_features} or not n_features:
        raise ValueError(f"{name}: its vectors have different lengths; correct the file.")
    return words, flat.reshape(len(words), n_features)


def write_arrow(
    path: StrPath, words: Sequence[str], vectors: NDArray[np.floating], run: str = ""
) -> None:
    """Write words and vectors; what `write_vectors` does for ``.parquet`` and ``.arrow``."""
    pa = _import("pyarrow", path)
    flat = pa.array(np.ascontiguousarray(vectors).ravel())
    lists = pa.FixedSizeListArray.from_arrays(flat, vectors.shape[1])
    try:
        columns = {"word": pa.array(words, pa.string()), "vector": lists}
    except UnicodeEncodeError:
        encode_words(words, path, blanks=True, first_line=False)
        raise
    table = pa.table(columns, metadata={RUN: run} if run else None)
    with atomic_paths(path) as (temporary,):
        if os.fspath(path).endswith(".parquet"):
            _import("pyarrow.parquet", path).write_table(table, temporary)
            return
        with _import("pyarrow.ipc", path).new_file(str(temporary), table.schema) as writer:
            writer.write_table(table)
