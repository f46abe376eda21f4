"""Embedding spaces from files and to files, whatever the format."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import DTypeLike, NDArray

from sklearn_instamap._check import (
    check_count,
    check_dtype,
    check_flag,
    check_number,
    check_option,
    integers,
)
from sklearn_instamap._files import StrPath
from sklearn_instamap._printable import printable, shown_safely
from sklearn_instamap._space import EmbeddingSpace
from sklearn_instamap._space_like import as_words
from sklearn_instamap._spelling import Lowercase, NormalForm, Spelling
from sklearn_instamap._wording import argument
from sklearn_instamap.io._arrow import read_arrow, write_arrow
from sklearn_instamap.io._asked import Asked
from sklearn_instamap.io._bad_lines import BadLines, OnBadLines
from sklearn_instamap.io._compressing import COMPRESSED_SUFFIXES
from sklearn_instamap.io._fasttext_model import read_fasttext
from sklearn_instamap.io._npy import choose_rows, is_pair, read_pair, write_pair
from sklearn_instamap.io._npz import read_npz, write_npz
from sklearn_instamap.io._opening import open_file, refuse_other_kinds
from sklearn_instamap.io._pickled_vocabulary import is_pickled_pair, read_pickled_pair
from sklearn_instamap.io._safetensors import MODEL, read_safetensors, write_safetensors
from sklearn_instamap.io._sniff import VECTORS
from sklearn_instamap.io._streams import Repeats, check_encoding_errors
from sklearn_instamap.io._text import read_text, write_text
from sklearn_instamap.io._word2vec import read_word2vec, write_word2vec

_TEXT_SUFFIXES = (".vec", ".txt", *COMPRESSED_SUFFIXES)
# Of these the rows come one by one; the others are read whole.
STREAMED_KINDS = ("text", "word2vec")
_READ_KINDS = (*STREAMED_KINDS, "npz", "parquet", "arrow", "safetensors", "fasttext")
_BY_SUFFIX: dict[str, Callable[..., None]] = {
    ".npz": write_npz,
    ".parquet": write_arrow,
    ".arrow": write_arrow,
    ".feather": write_arrow,
    ".safetensors": write_safetensors,
}


_FOLDERS = (
    (
        "modules.json",
        "sentence-transformers, which has vectors of texts and no list of words",
        "pass words and model.encode(words) to EmbeddingSpace",
    ),
    *(
        (
            inside,
            "spaCy",
            "load it with spacy, and pass the words and vectors of its vocab to EmbeddingSpace",
        )
        for inside in ("vocab/key2row", "key2row")
    ),
)


def read_vectors(
    path: StrPath,
    *,
    max_words: int | None = None,
    lowercase: Lowercase = False,
    unicode_normalization: NormalForm = "NFC",
    dtype: DTypeLike | None = None,
    header: bool | Literal["infer"] = "infer",
    mmap: bool = False,
    encoding_errors: str = "strict",
    on_bad_lines: OnBadLines = "error",
) -> EmbeddingSpace:
    """Read an embedding space from a file.

    What kind of file it is, is told from its first bytes; the name does not matter:

    - *Text* as word2vec, fastText and GloVe write it: a word and its values per line, separated
      by blanks, after an optional header line of two numbers, words and dimensions.
    - *word2vec binary*, often named ``.bin``.
    - *fastText models* (``.bin``): the vectors of their known words; see `read_fasttext` for the
      unknown ones.
    - *NumPy*: ``NAME.npy`` with the vectors, of any floating-point type, and ``NAME.words`` with
      one word per line; ``path`` is either file or ``NAME``. Or both in one ``.npz``.
    - *Parquet and Arrow* (extra ``arrow``): a column of texts, and the vectors in a column of
      lists or a column per dimension.
    - *safetensors* (extra ``safetensors``), also as model2vec publishes them: ``path`` is the file,
      or the folder of ``model.safetensors`` and ``tokenizer.json``.
    - ``NAME.vectors`` and ``NAME.vocab`` as XLing-Eval's programs write them. Of the pickle nothing
      but texts and numbers is loaded.

    Text and binary files may be compressed by gzip, bzip2, xz, zstd (extra ``zstd``), or be the
    one file of vectors in a zip archive. All else is refused in a sentence that says what the file
    is and what to do.

    Words may hold blanks, NBSP, U+2028 and the like. A word that occurs twice, also after
    lower-casing or normalization, keeps its first and therefore most frequent vector, with a
    warning.

    Parameters
    ----------
    path : str or path-like
        The file.
    max_words : int, default=None
        Read only the first, and so the most frequent, ``max_words`` distinct words. The rest of
        the file is not looked at.
    lowercase : bool, "tr" or "az", default=False
        Lower-case the words. fastText's vectors distinguish case; dictionaries mostly are
        lower-cased. ``"tr"`` and ``"az"`` follow the rules of Turkish and Azerbaijani, in which
        I is the capital of a dotless i.
    unicode_normalization : {"NFC", "NFD", "NFKC", "NFKD"} or None, default="NFC"
        The normal form of Unicode that words are brought into. Without one, an é of one character
        and an é of two are different words. `read_dictionary` has the same default.
    dtype : dtype, default=None
        ``float32`` or ``float64``. None is ``float32`` for text, and for .npy the type stored,
        with ``float16`` made ``float32``.
    header : bool or "infer", default="infer"
        Whether the first line of a text is a header. Inferred, it is one if it consists of two
        whole numbers; one-dimensional vectors whose first line reads like ``1990 1`` need False.
        With a header the number of values is known for certain, and words such as a blank or
        ``windows 10`` are read as they are.
    mmap : bool, default=False
        Memory-map the vectors instead of reading them; for .npy of the wanted type only. The
        map is read through once, to check that all values are finite.
    encoding_errors : str, default="strict"
        What to do about words that are not valid UTF-8, as for :meth:`bytes.decode`:
        ``"strict"`` raises, ``"replace"`` puts U+FFFD, ``"ignore"`` leaves such bytes out.
    on_bad_lines : {"error", "warn", "skip"}, default="error"
        What to do about a line of a text that cannot be read: raise, leave it out and warn at the
        end with the number of such lines and the first of them, or leave it out silently.

    Returns
    -------
    EmbeddingSpace
        The words and their vectors, in the order of the file.

    Raises
    ------
    OSError
        If the file does not exist, is not a regular file, or cannot be read.
    ValueError
        If the file is empty, truncated, damaged or of a kind that is not read, if a row has the
        wrong number of values or one which is not a finite number, or if the number of its rows is
        not what its header says. The message names the file and the line.
    ImportError
        If the file needs a package that is not installed.

    Warns
    -----
    UserWarning
        If words repeat, or lines were left out and ``on_bad_lines="warn"``.

    See Also
    --------
    write_vectors : The other direction.
    lookup_pairs : The vectors of the pairs of a dictionary.

    Notes
    -----
    Text takes about half a minute per million words of 300 dimensions, and little memory beyond
    the result where there is a header (without, up to half as much again while it grows); .npy
    takes seconds. A line of more than 4 MiB, a word of more than 10,000 bytes, more than 1,000
    blank lines in a row, and a compressed file that expands to more than 200 times its size are
    refused.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from sklearn_instamap.io import read_vectors
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "wiki.en.vec"
    ...     _ = path.write_text("2 3\\nthe 0.1 0.2 0.3\\nNew York 0.4 0.5 0.6\\n")
    ...     space = read_vectors(path)
    >>> space
    EmbeddingSpace(n_words=2, n_features=3, dtype=float32)
    >>> space.words
    ('the', 'New York')
    """
    if max_words is not None:
        check_count("max_words", max_words)
    check_option("header", header, (True, False, "infer"))
    wanted = None if dtype is None else check_dtype(dtype)
    check_encoding_errors(encoding_errors)
    bad_lines = BadLines(path, on_bad_lines)
    spelling = Spelling(lowercase, unicode_normalization)
    asked = Asked(spelling, max_words, wanted, header, check_flag("mmap", mmap), encoding_errors)
    try:
        with shown_safely():
            words, vectors, repeats = _read(path, asked, bad_lines)
    except MemoryError:
        raise MemoryError(
            f"{printable(os.fspath(path))}: does not fit in memory; pass "
            f"{argument('max_words', 100_000)} to read the first words alone."
        ) from None
    bad_lines.warn(stacklevel=2)
    repeats.warn(path, "word", lowercase=bool(lowercase), stacklevel=2)
    return EmbeddingSpace(words, vectors)


def _read(
    path: StrPath, asked: Asked, bad_lines: BadLines
) -> tuple[list[str], NDArray[np.floating], Repeats]:
    if is_pair(path):
        return read_pair(path, asked)
    if is_pickled_pair(path):
        return read_pickled_pair(path, asked)
    # model2vec and others publish folders.
    inside = os.path.join(os.fspath(path), MODEL)
    if os.path.isdir(path) and os.path.exists(inside):
        return _read_one_file(inside, asked, bad_lines)
    _refuse_folders(path)
    return _read_one_file(path, asked, bad_lines)


def _refuse_folders(path: StrPath) -> None:
    """Say what to do about folders of other programs, which have no file of words and vectors."""
    for inside, what, remedy in _FOLDERS:
        if os.path.exists(os.path.join(os.fspath(path), inside)):
            raise IsADirectoryError(
                f"{printable(os.fspath(path))}: is a folder of {what}; {remedy}."
            )


def _read_one_file(
    path: StrPath, asked: Asked, bad_lines: BadLines
) -> tuple[list[str], NDArray[np.floating], Repeats]:
    with open_file(path) as opened:
        refuse_other_kinds(path, opened, VECTORS, *_READ_KINDS)
        if asked.mmap:
            raise ValueError(
                f"{os.fspath(path)}: is {opened.kind.what}, and only .npy can be memory-mapped; "
                "pass mmap=False."
            )
        kind = opened.kind.name
        if kind in ("safetensors", "fasttext") and opened.compression:
            raise ValueError(f"{os.fspath(path)}: is compressed; unpack it first.")
        if kind == "npz":
            return read_npz(path, opened, asked)
        if kind in ("parquet", "arrow"):
            return read_arrow(path, opened, asked, opened.size, kind)
        if kind == "word2vec":
            return read_word2vec(path, opened, asked).finish()
        if kind == "text":
            return read_text(path, opened, asked, bad_lines).finish()
    if kind == "safetensors":
        return read_safetensors(path, asked)
    model = read_fasttext(path)
    words = model.words[: asked.max_words]
    return choose_rows(path, words, model.vectors(words), asked)


def write_vectors(
    path: StrPath,
    space: EmbeddingSpace | pd.DataFrame,
    *,
    header: bool = True,
    precision: int | None = None,
) -> None:
    """Write an embedding space to a file.

    The file appears when it is complete and not before: on any error what stood at ``path``
    stays as it was.

    Parameters
    ----------
    path : str or path-like
        The file. Its suffix chooses the format: ``.vec`` and ``.txt`` are text as
        word2vec and fastText write it; ``.npy`` (or ``.words``) is a pair of files, ``NAME.npy``
        and ``NAME.words``, several times faster to write and to read; ``.npz`` holds both.
        ``.bin`` is word2vec's binary format. ``.parquet``, ``.arrow`` and ``.feather`` need the
        extra ``arrow``, ``.safetensors`` the extra of that name. Text and ``.bin`` are compressed
        if a further suffix says ``.gz``, ``.bz2``, ``.xz`` or ``.zst``.
    space : EmbeddingSpace or DataFrame indexed by word
        What to write, such as ``space.with_vectors(aligned)``.
    header : bool, default=True
        Whether text begins with the number of words and of dimensions. .npy has its own.
    precision : int, default=None
        Significant digits of the values in text. None writes as few as read back exactly.

    Raises
    ------
    OSError
        If the folder does not exist or cannot be written to.
    ValueError
        If the suffix is unknown, or a word cannot be written so that it is read back: text has
        no room for blanks in a word, and neither format for line ends or an empty word.

    See Also
    --------
    read_vectors : The other direction.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from sklearn_instamap import EmbeddingSpace
    >>> from sklearn_instamap.io import write_vectors
    >>> space = EmbeddingSpace(["cat", "dog"], [[1.0, 0.25], [0.8, 0.6]])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_vectors(Path(folder) / "animals.vec", space)
    ...     print((Path(folder) / "animals.vec").read_text())
    2 2
    cat 1.0 0.25
    dog 0.8 0.6
    """
    write_marked(path, space, header=header, precision=precision)


@shown_safely()
def write_marked(
    path: StrPath,
    space: EmbeddingSpace | pd.DataFrame,
    *,
    header: bool = True,
    precision: int | None = None,
    run: str = "",
) -> None:
    """Write a space as `write_vectors`, with the mark of the run where the format has room."""
    check_flag("header", header)
    if precision is not None:
        check_number("precision", precision, integers(1, 17))
    space = as_words(space, "space")
    if not space.has_words:
        other = next(id_ for id_ in space.words if not isinstance(id_, str))
        raise TypeError(
            f"space has the id {other!r}, of type {type(other).__name__}, but a file of vectors "
            "holds words; make every id a str."
        )
    kind = format_of(path)
    if kind == "npy":
        write_pair(path, space.words, space.vectors, run)
    elif kind == "other":
        write = next(each for end, each in _BY_SUFFIX.items() if os.fspath(path).endswith(end))
        write(path, space.words, space.vectors, run)
    elif kind == "word2vec":
        write_word2vec(path, space.words, space.vectors)
    else:
        write_text(path, space.words, space.vectors, header=header, precision=precision)


def format_of(path: StrPath) -> Literal["npy", "other", "word2vec", "text"]:
    """Return the format that the name of a file chooses for writing."""
    name = os.fspath(path)
    kind = name.removesuffix(next((end for end in COMPRESSED_SUFFIXES if name.endswith(end)), ""))
    if name.endswith((".npy", ".words")):
        return "npy"
    if name.endswith(tuple(_BY_SUFFIX)):
        return "other"
    if kind.endswith(".bin"):
        return "word2vec"
    if name.endswith(_TEXT_SUFFIXES):
        return "text"
    raise ValueError(
        f"{name}: the suffix chooses the format; name the file .vec, .vec.gz or .npy, for example."
    )
