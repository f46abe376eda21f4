"""Which endings of two languages go together: morphology, learned from pairs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

# Letters of an ending, and what is added to every count.
_LENGTHS = (1, 2, 3)
_PRIOR = 1.0


class EndingAssociation:
    """Pointwise mutual information of the endings of the two words of a pair.

    Parameters
    ----------
    source, target : sequence of str
        The spellings of both vocabularies.
    source_rows, target_rows : ndarray of shape (n_pairs,)
        The pairs to learn from.
    """

    def __init__(
        self,
        source: Sequence[str],
        target: Sequence[str],
        source_rows: NDArray[np.intp],
        target_rows: NDArray[np.intp],
    ) -> None:
        self._tables = []
        for length in _LENGTHS:
            left = pd.factorize(np.array([word[-length:] for word in source], dtype=object))[0]
            right = pd.factorize(np.array([word[-length:] for word in target], dtype=object))[0]
            shape = (left.max() + 1, right.max() + 1)
            ones = np.ones(len(source_rows))
            joint = csr_matrix((ones, (left[source_rows], right[target_rows])), shape=shape)
            n_left = np.bincount(left[source_rows], minlength=shape[0])
            n_right = np.bincount(right[target_rows], minlength=shape[1])
            self._tables.append((length, left, right, joint, n_left, n_right))
        self._n_pairs = max(len(source_rows), 1)

    def features(
        self, source: NDArray[np.intp], target: NDArray[np.intp]
    ) -> dict[str, NDArray[np.float32]]:
        """Return the association of the endings of pairs, for each length of an ending."""
        columns = {}
        for length, left, right, joint, n_left, n_right in self._tables:
            x, y = left[source], right[target]
            together = np.asarray(joint[x, y]).ravel()
            expected = n_left[x] * n_right[y] / self._n_pairs
            # Smoothed towards independence: endings seen rarely say little.
            value = np.log((together + _PRIOR) / (expected + _PRIOR))
            columns[f"association of the last {length} letters"] = value.astype(np.float32)
        return columns
