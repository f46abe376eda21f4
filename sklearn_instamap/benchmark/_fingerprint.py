"""What determines a result, as a short text: of estimators, of files, of anything in JSON."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator

# What an estimator computes does not depend on these.
_INDIFFERENT = {"n_jobs", "verbose"}
_BLOCK = 1 << 20


def describe(value: Any) -> Any:
    """Return an estimator, or a value of one of its parameters, as what JSON can hold.

    It is equal for equal settings, in every process.
    """
    if isinstance(value, BaseEstimator):
        parameters = {
            name: describe(each)
            for name, each in value.get_params(deep=False).items()
            if name not in _INDIFFERENT
        }
        # The package and the class: in which of its modules a class lies is nobody's business.
        package = type(value).__module__.partition(".")[0]
        return {f"{package}.{type(value).__qualname__}": parameters}
    if isinstance(value, Mapping):
        return {str(key): describe(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [describe(each) for each in value]
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, np.ndarray):
        content = hashlib.sha256(np.ascontiguousarray(value).tobytes()).hexdigest()
        return ["array", str(value.dtype), list(value.shape), content]
    if value is None or isinstance(value, str | int | float):
        return value
    if hasattr(value, "__qualname__"):
        return f"{value.__module__}.{value.__qualname__}"
    return repr(value)


def digest(value: Any) -> str:
    """Return 16 hexadecimal digits that stand for a value JSON can hold."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def digest_files(*paths: Path) -> str:
    """Return 16 hexadecimal digits that stand for the content of files."""
    content = hashlib.sha256()
    for path in paths:
        content.update(b"%d\0" % path.stat().st_size)
        with open(path, "rb") as stream:
            while block := stream.read(_BLOCK):
                content.update(block)
    return content.hexdigest()[:16]
