"""The values of a saved model: from objects to JSON and arrays, and back."""

from __future__ import annotations

import math
import re
import zipfile
from collections.abc import Mapping
from importlib import import_module
from inspect import signature
from pathlib import Path
from typing import IO, Any, Literal

import numpy as np
import sklearn.utils
from numpy.typing import NDArray
from scipy.sparse import csr_array, csr_matrix, issparse, sparray
from sklearn.base import BaseEstimator

from sklearn_instamap._fitted_parts import first_fault

_ALIGNMENT = 64
# An extra field of a zip entry that readers skip; zipalign of Android uses the same number.
_PADDING_FIELD = 0xD935
_CLASS_NAME = re.compile(r"(sklearn|sklearn_instamap)(\.[A-Za-z]\w*|\._[A-Za-z]\w*)+")
# What set_fit_request stores, the only objects of scikit-learn which are not estimators.
_REQUESTS = tuple(
    f"sklearn.utils._metadata_requests.{name}"
    for name in ("MetadataRequest", "MethodMetadataRequest")
)


class DamagedModel(Exception):
    """What is wrong with a file, to be told together with its name."""


class ModelWriter:
    """Turns values into JSON, and collects arrays and objects, each of them once."""

    def __init__(self, owner: str) -> None:
        self.arrays: list[NDArray[Any]] = []
        self.objects: list[dict[str, Any]] = []
        self._owner = owner
        self._known: dict[int, dict[str, int]] = {}
        # Keeps what was seen alive, since an identity is good only so long.
        self._alive: list[Any] = []

    def encode(self, value: Any, where: str) -> Any:
        """Return a value as JSON."""
        if value is None or isinstance(value, bool | str) or type(value) is int:
            return value
        if type(value) is float:
            return value if math.isfinite(value) else {"float": str(value)}
        if isinstance(value, np.generic):
            return {"scalar": [value.dtype.str, self.encode(value.item(), where)]}
        if isinstance(value, np.ma.MaskedArray):
            parts = (np.asarray(value.data), np.ma.getmaskarray(value))
            return {"masked": [self.encode(part, where) for part in parts]}
        if isinstance(value, np.ndarray):
            return self._array(value, where)
        if issparse(value) and value.format == "csr":
            encoded = [
                self.encode(part, where) for part in (value.data, value.indices, value.indptr)
            ]
            return {"csr": [*encoded, list(map(int, value.shape)), isinstance(value, sparray)]}
        if isinstance(value, list):
            return [self.encode(each, f"{where}[{i}]") for i, each in enumerate(value)]
        if type(value) is tuple:
            return {"tuple": [self.encode(each, f"{where}[{i}]") for i, each in enumerate(value)]}
        if type(value) in (dict, sklearn.utils.Bunch):
            pairs = [
                [self.encode(k, where), self.encode(v, f"{where}[{k!r}]")] for k, v in value.items()
            ]
            return {"dict": pairs}
        if _is_plain_object(value):
            return self._object(value, where)
        raise self._refusal(value, where)

    def _array(self, array: NDArray[Any], where: str) -> dict[str, Any]:
        if array.dtype.kind in "OU":
            items = array.ravel().tolist()
            kept = {"shape": list(array.shape), "dtype": "O" if array.dtype.kind == "O" else "U"}
            return {"items": [self.encode(each, where) for each in items], **kept}
        if array.dtype.kind not in "biuf":
            raise self._refusal(array, where)
        if id(array) not in self._known:
            self._alive.append(array)
            self._known[id(array)] = {"array": len(self.arrays)}
            self.arrays.append(array)
        return self._known[id(array)]

    def _object(self, value: Any, where: str) -> dict[str, int]:
        if id(value) not in self._known:
            self._alive.append(value)
            self._known[id(value)] = {"object": len(self.objects)}
            record: dict[str, Any] = {"class": _class_name(type(value))}
            self.objects.append(record)
            record["state"] = {
                name: self.encode(each, f"{where}.{name}") for name, each in _state(value).items()
            }
        return self._known[id(value)]

    def _refusal(self, value: Any, where: str) -> TypeError:
        return TypeError(
            f"{self._owner} cannot be saved without pickle: {where} is {value!r:.80}, which is "
            "neither a number, a text, an array of numbers nor an estimator; change it, or use "
            "joblib.dump."
        )


def _is_plain_object(value: Any) -> bool:
    if isinstance(value, type) or not (hasattr(value, "__dict__") or hasattr(value, "__slots__")):
        return False
    root = type(value).__module__.partition(".")[0]
    if isinstance(value, BaseEstimator):
        return True
    return root == "sklearn_instamap" or _class_name(type(value)) in _REQUESTS


def _state(value: Any) -> dict[str, Any]:
    state = value.__getstate__() if hasattr(value, "__slots__") else vars(value)
    if isinstance(state, tuple):
        state = {**(state[0] or {}), **(state[1] or {})}
    return dict(state)


def _class_name(cls: type) -> str:
    """Return the shortest path to a class, which moves inside the package do not change."""
    parts = cls.__module__.split(".")
    if parts[0] == "sklearn_instamap":
        for end in range(1, len(parts) + 1):
            package = ".".join(parts[:end])
            if getattr(import_module(package), cls.__name__, None) is cls:
                return f"{package}.{cls.__name__}"
    return f"{cls.__module__}.{cls.__qualname__}"


def new_entry(name: str) -> zipfile.ZipInfo:
    # One date for all files, so that equal models are equal files.
    return zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))


def write_array(archive: zipfile.ZipFile, name: str, array: NDArray[Any]) -> int:
    """Write an array; return the checksum of its file."""
    entry = new_entry(name)
    assert archive.fp is not None
    # The header of the entry: 30 bytes, the name, 20 bytes for sizes over 4 GiB, and the padding.
    end = archive.fp.tell() + 30 + len(name.encode()) + 20 + 4
    padding = -end % _ALIGNMENT
    entry.extra = (
        _PADDING_FIELD.to_bytes(2, "little") + padding.to_bytes(2, "little") + bytes(padding)
    )
    with archive.open(entry, "w", force_zip64=True) as stream:
        # As it lies in memory: products of another order may differ in the last bit.
        np.lib.format.write_array(stream, np.asarray(array, order="A"), allow_pickle=False)
    return archive.getinfo(name).CRC


class ModelReader:
    """Turns JSON back into values."""

    def __init__(
        self,
        archive: zipfile.ZipFile,
        path: Path,
        description: dict[str, Any],
        mmap_mode: Literal["r", "c"] | None,
        trusted: Mapping[str, type],
    ) -> None:
        self._archive, self._path, self._mmap_mode = archive, path, mmap_mode
        self._trusted = trusted
        self._records = description["objects"]
        self._checksums = description["checksums"]
        self._objects: dict[int, Any] = {}
        self._arrays: dict[int, NDArray[Any]] = {}

    def decode(self, value: Any) -> Any:
        """Return the value that was written as this JSON."""
        if isinstance(value, list):
            return [self.decode(each) for each in value]
        if not isinstance(value, dict):
            return value
        if "items" in value:
            array = np.empty(len(value["items"]), dtype=object)
            for position, each in enumerate(value["items"]):
                array[position] = self.decode(each)
            array = array.reshape(value["shape"])
            return array if value["dtype"] == "O" else array.astype(str)
        ((kind, content),) = value.items()
        if kind == "object":
            return self._object(content)
        if kind == "array":
            return self._array(content)
        if kind == "float":
            return float(content)
        if kind == "scalar":
            return np.dtype(content[0]).type(self.decode(content[1]))
        if kind == "masked":
            return np.ma.MaskedArray(*map(self.decode, content))
        if kind == "csr":
            *parts, shape, is_array = map(self.decode, content)
            matrix = (csr_array if is_array else csr_matrix)(tuple(parts), shape=tuple(shape))
            # Products with one whose indices are too large would read elsewhere in memory. Its own
            # full check writes into them, which memory-mapped ones do not allow.
            columns, rows = matrix.indices, matrix.indptr
            inside = not columns.size or (columns.min() >= 0 and columns.max() < matrix.shape[1])
            if not inside or (np.diff(rows) < 0).any():
                raise DamagedModel("is a damaged model: a sparse array has wrong indices.")
            return matrix
        if kind == "tuple":
            return tuple(self.decode(content))
        if kind == "dict":
            return {self.decode(key): self.decode(each) for key, each in content}
        raise DamagedModel(f"is a damaged model: it holds a value of the unknown kind {kind!r}.")

    def check_objects(self) -> None:
        """Refuse objects whose parts do not fit together."""
        for value in self._objects.values():
            fault = first_fault(value)
            if fault is not None:
                raise DamagedModel(f"is a damaged model: {fault}; save it again.")

    def _object(self, number: int) -> Any:
        if number not in self._objects:
            record = self._records[number]
            cls = self._class(record["class"])
            value: Any = object.__new__(cls)
            self._objects[number] = value
            state = {name: self.decode(each) for name, each in record["state"].items()}
            if any(name.startswith("__") or callable(getattr(cls, name, None)) for name in state):
                raise DamagedModel("is a damaged model: an attribute has the name of a method.")
            if "__setstate__" in vars(cls) and cls.__module__.startswith("sklearn_instamap."):
                value.__setstate__(state)
            else:
                vars(value).update(state)
            if isinstance(value, BaseEstimator) and cls.__module__.startswith("sklearn_instamap."):
                lost = [name for name in signature(cls).parameters if name not in state]
                if lost:
                    raise DamagedModel(
                        f"is a damaged model: its {cls.__name__} has no parameter {lost[0]}; save "
                        "it again."
                    )
        return self._objects[number]

    def _class(self, name: str) -> type:
        if name in self._trusted:
            return self._trusted[name]
        if not isinstance(name, str) or not _CLASS_NAME.fullmatch(name):
            raise DamagedModel(
                f"holds the class {name!r}, which is neither of this package nor of scikit-learn; "
                "if you trust it, import it and pass trusted=[the class]."
            )
        module, _, attribute = name.rpartition(".")
        try:
            cls = getattr(import_module(module), attribute)
        except (ImportError, AttributeError):
            raise DamagedModel(
                f"holds the class {name!r}, which the installed versions do not have."
            ) from None
        ours = name.startswith("sklearn_instamap.")
        if not isinstance(cls, type) or not (
            ours or name in _REQUESTS or issubclass(cls, BaseEstimator)
        ):
            raise DamagedModel(f"holds {name!r}, which is not an estimator.")
        return cls

    def _array(self, number: int) -> NDArray[Any]:
        if number not in self._arrays:
            entry = self._archive.getinfo(f"arrays/{number}.npy")
            if entry.compress_type != zipfile.ZIP_STORED:
                raise DamagedModel("is a damaged model: an array is compressed.")
            if self._checksums[number] != entry.CRC:
                raise DamagedModel(
                    f"is a damaged model: array {number} is not the one that was saved; save it "
                    "again."
                )
            self._arrays[number] = (
                _read_array(self._archive, entry)
                if self._mmap_mode is None
                else _map_array(self._archive, entry, self._path, self._mmap_mode)
            )
        return self._arrays[number]


def _read_array(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> NDArray[Any]:
    with archive.open(entry) as stream:
        # Before there is room for as much as a header may promise.
        _array_header(stream, entry)
    with archive.open(entry) as stream:
        array = np.lib.format.read_array(stream, allow_pickle=False)
        # The checksum of an entry is compared where its end is read.
        stream.read(1)
    return array


def _array_header(
    stream: IO[bytes], entry: zipfile.ZipInfo
) -> tuple[tuple[int, ...], bool, np.dtype, int]:
    """Return shape, order and type of an array, and where it begins; it is as long as it says."""
    version = np.lib.format.read_magic(stream)
    header = (
        np.lib.format.read_array_header_1_0
        if version == (1, 0)
        else np.lib.format.read_array_header_2_0
    )
    shape, fortran, dtype = header(stream)
    if dtype.hasobject or stream.tell() + dtype.itemsize * math.prod(shape) != entry.file_size:
        raise DamagedModel("is a damaged model: an array is not as long as it says.")
    return shape, fortran, dtype, stream.tell()


def _map_array(
    archive: zipfile.ZipFile, entry: zipfile.ZipInfo, path: Path, mode: Literal["r", "c"]
) -> NDArray[Any]:
    with archive.open(entry) as stream:
        shape, fortran, dtype, start = _array_header(stream, entry)
        # Reading to the end compares the checksum.
        while stream.read(1 << 20):
            pass
    with path.open("rb") as stream:
        stream.seek(entry.header_offset + 26)
        lengths = stream.read(4)
    offset = (
        entry.header_offset
        + 30
        + sum(int.from_bytes(part, "little") for part in (lengths[:2], lengths[2:]))
    )
    order: Literal["F", "C"] = "F" if fortran else "C"
    if 0 in shape:
        return np.empty(shape, dtype=dtype, order=order)
    return np.memmap(path, dtype, mode, offset + start, shape, order)
