"""How to read a space: the arguments of all readers, in one object."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from sklearn_instamap._spelling import Spelling

Header: TypeAlias = bool | Literal["infer"]


@dataclass(frozen=True)
class Asked:
    """The arguments of `read_vectors`, checked."""

    spelling: Spelling
    max_words: int | None = None
    dtype: np.dtype | None = None
    header: Header = "infer"
    mmap: bool = False
    encoding_errors: str = "strict"

    @property
    def dtype_of_text(self) -> np.dtype:
        """The type where the file has none."""
        return self.dtype or np.dtype(np.float32)

    def dtype_of(self, stored: np.dtype) -> np.dtype:
        """The type where the file has one."""
        if self.dtype is not None:
            return self.dtype
        return np.dtype(np.float64 if stored.itemsize > 4 else np.float32)
