"""How to read a space: the arguments of all readers, in one object."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from sklearn_instamap._spelling import Spelling

Header: TypeAlias = bool | Literal["infer"]


@dataclass(frozen=True)
class Asked:
    """The arguments of `read_vectors`, checked.

    Parameters
    ----------
    spelling : Spelling
        What is done to every word.
    max_words : int, default=None
        How many distinct words; None for all.
    dtype : dtype, default=None
        The type of the vectors; None lets the file choose.
    header : bool or "infer", default="infer"
        Whether text has a header.
    mmap : bool, default=False
        Whether the vectors are memory-mapped.
    encoding_errors : str, default="strict"
        What to do about words that are not valid UTF-8.
    """

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
