"""The k nearest keys of every query."""

from numpy.typing import NDArray

from ._bfloat16 import pays, top_k_bfloat16
from ._select import best_keys
from ._sweep import Comparison


def top_k(
    queries: NDArray,
    keys: NDArray,
    k: int,
    *,
    key_penalty: NDArray | None = None,
    n_jobs: int | None = None,
    bfloat16: bool = False,
) -> tuple[NDArray, NDArray]:
    """Return the cosines and indices of every query's k nearest keys, nearest first.

    Of equally similar keys the lower index comes first. Penalties are taken off the cosines, as in
    `nearest`.

    With ``bfloat16`` candidates are looked for in bfloat16 and compared in single precision, where
    that is faster: float32 input, 20,000 keys or more, torch, a CPU that multiplies bfloat16. The
    result is as exact, but rounds otherwise. Ignored where keys have penalties.
    """
    if not 1 <= k <= len(keys):
        raise ValueError(f"k must be from 1 to the number of keys, {len(keys)}, but is {k}.")
    if bfloat16 and key_penalty is None and pays(queries, keys):
        return top_k_bfloat16(queries, keys, k, n_jobs=n_jobs)
    return best_keys(Comparison(queries, keys, key_penalty=key_penalty), k, n_jobs=n_jobs)
