"""Fitted estimators as one file without pickles: numbers as they are, everything else as JSON.

The file is a zip archive that is not compressed. ``model.json`` describes the objects, and
``arrays/N.npy`` holds the arrays, each of them aligned so that it can be memory-mapped. Reading
runs no code from the file: classes come from this package, from scikit-learn, or from those that
the caller names, and their attributes are set without calling them.
"""

from __future__ import annotations

import json
import os
import struct
import tokenize
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import numpy as np
import sklearn
from sklearn.base import BaseEstimator
from sklearn.exceptions import NotFittedError
from sklearn.utils.validation import check_is_fitted

from sklearn_instamap._check import InvalidParameterError, check_option, check_parameters, invalid
from sklearn_instamap._files import StrPath, atomic_paths, open_regular
from sklearn_instamap._model_values import (
    DamagedModel,
    ModelReader,
    ModelWriter,
    new_entry,
    write_array,
)
from sklearn_instamap._printable import printable, shown_safely
from sklearn_instamap._version import __version__
from sklearn_instamap._words import is_scalar

FORMAT = "sklearn-instamap model"
# A file of a larger first number cannot be read; the second grows with what old readers may skip.
FORMAT_VERSION = (1, 0)

_WRITTEN_BY = "give a file that save, or align --save-model, has written."
_NO_MODEL = f"is not a saved model; {_WRITTEN_BY}"
_DESCRIPTION = "model.json"
# JSON takes twenty times its size in memory. A ranker of 200,000 words has 16 MiB of it, and a
# hundred times as much of arrays: a larger description is at most half of its file.
_SMALL_DESCRIPTION, _MAX_DESCRIPTION = 1 << 24, 1 << 28
# What a damaged file makes zipfile, json, numpy and the setting of attributes raise.
_FAULTS_OF_DAMAGE = (
    AttributeError,
    EOFError,
    LookupError,
    MemoryError,
    NotImplementedError,
    OSError,
    OverflowError,
    RuntimeError,
    SyntaxError,
    TypeError,
    ValueError,
    struct.error,
    tokenize.TokenError,
    zlib.error,
)


@shown_safely()
def save_model(
    estimator: BaseEstimator, path: StrPath, metadata: Mapping[str, Any] | None = None
) -> None:
    """Write a fitted estimator to a file; an existing one is replaced once the new one is complete.

    Metadata are texts, numbers, lists and mappings of these. Raises TypeError if the estimator
    holds something that is neither a number, a text, an array of numbers, nor an estimator of this
    package or of scikit-learn, such as a function; ValueError if `load` would refuse the file.
    """
    check_is_fitted(estimator)
    writer = ModelWriter(type(estimator).__name__)
    description = {
        "format": FORMAT,
        "format_version": list(FORMAT_VERSION),
        "versions": {
            "sklearn-instamap": __version__,
            "scikit-learn": sklearn.__version__,
            "numpy": np.__version__,
        },
        "model": writer.encode(estimator, type(estimator).__name__),
        "objects": writer.objects,
        "metadata": _json_metadata(metadata),
    }
    with atomic_paths(path) as (temporary,), zipfile.ZipFile(temporary, "w") as archive:
        checksums = [
            write_array(archive, f"arrays/{number}.npy", array)
            for number, array in enumerate(writer.arrays)
        ]
        # Which array is which: those of an archive can be exchanged, and each of them be whole.
        description["checksums"] = checksums
        text = json.dumps(description, ensure_ascii=False).encode("utf-8")
        archive.writestr(new_entry(_DESCRIPTION), text)
        if _is_too_large(len(text), archive):
            raise ValueError(
                f"{os.fspath(path)}: {type(estimator).__name__} holds {len(text):,} bytes of texts "
                "and settings, which load would refuse; save it with joblib.dump."
            )


def load(
    path: StrPath,
    *,
    mmap_mode: Literal["r", "c"] | None = None,
    trusted: Iterable[type] = (),
) -> Any:
    """Read a fitted estimator that :meth:`~sklearn_instamap.base.AlignerMixin.save` has written.

    No code from the file is run, so that a model from somebody else may be read.

    Parameters
    ----------
    path : str or path-like
        The file.
    mmap_mode : {"r", "c"}, default=None
        Map the arrays into memory, read-only or with changes kept in memory, instead of reading
        them: processes on one machine then share them.
    trusted : iterable of classes, default=()
        Further classes that the model may consist of, such as an aligner of your own.

    Returns
    -------
    estimator
        The fitted estimator.

    Raises
    ------
    OSError
        If there is no such file, or it cannot be read.
    ValueError
        If the file is not a model, is damaged, was written by a newer version of the format, or
        holds a class that is not allowed.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from sklearn_instamap import KabschRotation, load
    >>> from sklearn_instamap.datasets import load_en_de
    >>> X, y = load_en_de(return_X_y=True)
    >>> rotation = KabschRotation().fit(X, y)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     rotation.save(Path(folder) / "en-de.model")
    ...     again = load(Path(folder) / "en-de.model")
    >>> bool((again.transform(X) == rotation.transform(X)).all())
    True
    """
    check_option("mmap_mode", mmap_mode, (None, "r", "c"))
    is_list = isinstance(trusted, Iterable) and not is_scalar(trusted)
    classes = tuple(trusted) if is_list else None
    if classes is None or not all(isinstance(each, type) for each in classes):
        raise invalid("trusted", "a list of classes, such as [MyAligner]", trusted)
    by_name = {f"{each.__module__}.{each.__qualname__}": each for each in classes}
    with _opened(path) as archive:
        description = _describe(archive)
        reader = ModelReader(archive, Path(path), description, mmap_mode, by_name)
        estimator = reader.decode(description["model"])
        if not isinstance(estimator, BaseEstimator):
            raise DamagedModel("is a damaged model: it holds no estimator.")
        reader.check_objects()
        _check_estimator(estimator)
        return estimator


def read_model_info(path: StrPath) -> dict[str, Any]:
    """Return what a model file says about itself, without building the model.

    That is ``class``, ``parameters`` (estimators by their classes), ``versions``,
    ``format_version``, ``metadata``, ``n_arrays`` and ``n_bytes`` of the arrays.
    """
    with _opened(path) as archive:
        description = _describe(archive)
        arrays = [entry for entry in archive.infolist() if entry.filename != _DESCRIPTION]
        objects = description["objects"]
        top = objects[description["model"]["object"]]
        return {
            "class": str(top["class"]),
            "parameters": {
                name: _in_short(value, objects)
                for name, value in top["state"].items()
                if not (name.startswith("_") or name.endswith("_"))
            },
            "versions": dict(description["versions"]),
            "format_version": tuple(description["format_version"]),
            "metadata": dict(description["metadata"]),
            "n_arrays": len(arrays),
            "n_bytes": sum(entry.file_size for entry in arrays),
        }


def _in_short(value: Any, objects: Any, between: str = ", ") -> Any:
    """Return a value of a description to be read: of an estimator its class, a list in a row."""
    if isinstance(value, list):
        return between.join(str(_in_short(each, objects, ": ")) for each in value)
    if not isinstance(value, dict):
        return value
    kind, content = next(iter(value.items()))
    if kind == "object":
        return objects[content]["class"].rpartition(".")[2]
    return _in_short(content, objects, between) if kind in ("tuple", "float") else kind


def is_model(path: StrPath) -> bool:
    """Tell whether a file is a saved model, by what is in it."""
    try:
        with open_regular(path) as file, zipfile.ZipFile(file) as archive:
            return _DESCRIPTION in archive.namelist()
    except (OSError, ValueError, zipfile.BadZipFile, NotImplementedError):
        return False


@contextmanager
def _opened(path: StrPath) -> Iterator[zipfile.ZipFile]:
    """Open the archive; what damage makes of it is one sentence."""
    name = printable(os.fspath(path))
    # Not by its name: zipfile would wait for a pipe, and read a device without end.
    with open_regular(path) as file:
        try:
            with zipfile.ZipFile(file) as archive:
                yield archive
        except DamagedModel as error:
            raise ValueError(f"{name}: {error}") from None
        except zipfile.BadZipFile:
            raise ValueError(
                f"{name}: is not a saved model, or is damaged; {_WRITTEN_BY}"
            ) from None
        except _FAULTS_OF_DAMAGE as error:
            raise ValueError(
                f"{name}: is a damaged model ({type(error).__name__}); save it again."
            ) from None


def _is_too_large(n_bytes: int, archive: zipfile.ZipFile) -> bool:
    """Tell whether a description is larger than those of models are."""
    assert archive.fp is not None
    half = os.fstat(archive.fp.fileno()).st_size // 2
    return n_bytes > max(_SMALL_DESCRIPTION, min(_MAX_DESCRIPTION, half))


def _describe(archive: zipfile.ZipFile) -> dict[str, Any]:
    """Return the description of a model, once it is one that can be read."""
    if _DESCRIPTION not in archive.namelist():
        raise DamagedModel(_NO_MODEL)
    entry = archive.getinfo(_DESCRIPTION)
    if _is_too_large(entry.file_size, archive) or entry.compress_type != zipfile.ZIP_STORED:
        raise DamagedModel("is a damaged model: its description is too large or compressed.")
    description = json.loads(archive.read(entry).decode("utf-8"))
    if not isinstance(description, dict) or description.get("format") != FORMAT:
        raise DamagedModel(_NO_MODEL)
    major, minor = description["format_version"]
    if type(major) is not int or type(minor) is not int or major < 1:
        raise DamagedModel("is a damaged model: its version is not a number; save it again.")
    if major > FORMAT_VERSION[0]:
        writer = description["versions"]["sklearn-instamap"]
        raise DamagedModel(
            f"was written by sklearn-instamap {writer}, in format {major}.{minor}; this version "
            f"reads formats up to {FORMAT_VERSION[0]}: install a newer one."
        )
    return description


def _check_estimator(estimator: BaseEstimator) -> None:
    try:
        check_is_fitted(estimator)
        check_parameters(estimator)
    except (NotFittedError, InvalidParameterError) as error:
        raise DamagedModel(f"is a damaged model: {error}") from None


def _json_metadata(metadata: Mapping[str, Any] | None) -> dict[str, Any]:
    if metadata is not None and not isinstance(metadata, Mapping):
        raise TypeError(f"metadata must be a mapping, got {type(metadata).__name__}.")
    try:
        return dict(json.loads(json.dumps(dict(metadata or {}), allow_nan=False)))
    except (TypeError, ValueError) as error:
        raise TypeError(
            f"metadata must consist of texts, finite numbers, lists and mappings of these: {error}."
        ) from None
