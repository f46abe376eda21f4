"""Reading what the commands are given: spaces, dictionaries and the pairs between them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from inspect import Parameter, Signature, signature
from pathlib import Path
from typing import Any, get_type_hints

import pandas as pd

from sklearn_instamap import EmbeddingSpace
from sklearn_instamap._spelling import Spelling
from sklearn_instamap.cli._options import (
    Casing,
    Columns,
    Comment,
    DictionaryHeader,
    EncodingErrors,
    Lowercase,
    LowercaseVectors,
    MaxWords,
    OnBadLines,
    Sep,
    UnicodeNormalization,
)
from sklearn_instamap.cli._progress_bar import progress_bar
from sklearn_instamap.cli._terminal import Terminal
from sklearn_instamap.io import lookup_pairs, read_dictionary, read_vectors
from sklearn_instamap.io._npy import is_pair
from sklearn_instamap.io._runs import check_runs

# Fields of `Reading` that only commands with a dictionary have.
_OF_DICTIONARIES = ("lowercase", "sep", "columns", "comment", "dictionary_header")
_HEADERS: dict[str, Any] = {"infer": "infer", "yes": True, "no": False}


@dataclass(frozen=True)
class Reading:
    """How the files of one run are read: each field is an option of the commands that read."""

    max_words: MaxWords = None
    lowercase_vectors: LowercaseVectors = False
    casing: Casing = None
    unicode_normalization: UnicodeNormalization = "NFC"
    encoding_errors: EncodingErrors = "strict"
    on_bad_lines: OnBadLines = "error"
    lowercase: Lowercase = True
    sep: Sep = None
    columns: Columns = None
    comment: Comment = None
    dictionary_header: DictionaryHeader = "infer"

    def __post_init__(self) -> None:
        if self.casing is not None and not (self.lowercase or self.lowercase_vectors):
            raise ValueError("--casing lower-cases nothing by itself; add --lowercase-vectors.")
        _columns(self.columns)

    @property
    def spelling(self) -> Spelling:
        """What is done to the words of the spaces."""
        return Spelling(self._casing(self.lowercase_vectors), self._form)

    @property
    def _form(self) -> Any:
        return None if self.unicode_normalization == "none" else self.unicode_normalization

    def _casing(self, lowercase: bool) -> Any:
        return self.casing or True if lowercase else False

    def dictionary(self, path: Path) -> pd.DataFrame:
        """Read a dictionary."""
        return read_dictionary(
            path,
            lowercase=self._casing(self.lowercase),
            unicode_normalization=self._form,
            sep=None if self.sep is None else self.sep.replace("\\t", "\t"),
            columns=_columns(self.columns),
            comment=self.comment,
            header=_HEADERS[self.dictionary_header],
            on_bad_lines=self.on_bad_lines,
            encoding_errors=self.encoding_errors,
        )

    def spaces(
        self, terminal: Terminal, source: Path, target: Path
    ) -> tuple[EmbeddingSpace, EmbeddingSpace]:
        """Read both spaces, showing which one is being read."""
        self.look_for(source, target)
        said = check_runs(source, target)
        if said:
            terminal.note(f"Warning: {said}")
        return self.space(terminal, source), self.space(terminal, target)

    @staticmethod
    def look_for(*paths: Path) -> None:
        """Refuse files that are not there: minutes may pass before the last one is opened."""
        for path in paths:
            if not is_pair(path) and not path.exists():
                raise FileNotFoundError(f"{path}: there is no such file.")

    def space(self, terminal: Terminal, path: Path) -> EmbeddingSpace:
        """Read one space, showing that it is being read."""
        with progress_bar(terminal, f"reading {path.name}"):
            return read_vectors(
                path,
                max_words=self.max_words,
                lowercase=self._casing(self.lowercase_vectors),
                unicode_normalization=self._form,
                encoding_errors=self.encoding_errors,
                on_bad_lines=self.on_bad_lines,
            )


def reading_options(dictionaries: bool) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Give a command the options of `Reading` instead of its parameter ``reading``.

    Those of dictionaries only where it reads some.
    """
    hints = get_type_hints(Reading, include_extras=True)
    kind = Parameter.KEYWORD_ONLY
    options = [
        Parameter(field.name, kind, default=field.default, annotation=hints[field.name])
        for field in fields(Reading)
        if dictionaries or field.name not in _OF_DICTIONARIES
    ]

    def with_options(command: Callable[..., None]) -> Callable[..., None]:
        own = [
            each.replace(kind=kind)
            for each in signature(command, eval_str=True).parameters.values()
        ]
        place = [each.name for each in own].index("reading")
        expanded = [*own[:place], *options, *own[place + 1 :]]

        def run(**given: Any) -> None:
            values: dict[str, Any] = {each.name: given.pop(each.name) for each in options}
            if not dictionaries:
                values["lowercase"] = False
            reading = Reading(**values)
            command(reading=reading, **given)

        # What typer reads: the help, and the parameters with their types.
        run.__doc__ = command.__doc__
        run.__signature__ = Signature(expanded)  # type: ignore[attr-defined]
        run.__annotations__ = {each.name: each.annotation for each in expanded}
        return run

    return with_options


def _columns(text: str | None) -> Any:
    """Return two columns, as numbers where they are ones."""
    if text is None:
        return None
    names = [name.strip() for name in text.split(",")]
    if len(names) != 2 or not all(names):
        raise ValueError(
            f"--columns takes two numbers from 0 or two names, such as 0,1; got {text!r}."
        )
    if all(name.isascii() and name.isdecimal() and len(name) < 10 for name in names):
        return int(names[0]), int(names[1])
    return names[0], names[1]


def look_up(
    terminal: Terminal,
    dictionary: pd.DataFrame,
    source: EmbeddingSpace,
    target: EmbeddingSpace,
    *,
    label: str = "",
) -> tuple[Any, Any, pd.DataFrame]:
    """Return the vectors of a dictionary's pairs, and these pairs; say how many there are.

    Where there are several dictionaries, a label tells which one is meant.
    """
    which = f"{label}: " if label else ""
    try:
        X, y, coverage = lookup_pairs(dictionary, source, target, warn_below=0)
    except ValueError as error:
        raise ValueError(f"{which}{error}") from error
    advice = f"{'; ' * bool(coverage.advice)}{coverage.advice}"
    terminal.note(f"Dictionary: {which}{coverage}{advice}.")
    return X, y, coverage.pairs
