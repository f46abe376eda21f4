"""A faster exact search on CPUs that multiply bfloat16: look roughly first, then exactly.

Products of vectors rounded to bfloat16 tell, within a rigorous error bound, which keys may
be among the k nearest; only these are compared in single precision.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import ThreadpoolController

from sklearn_instamap._optional import is_installed

from ._parallel import limit_threads, restore_threads
from ._select import Kept, best_keys, largest, sort_rows
from ._sweep import Block, Comparison, Lanes, Worker
from ._tiles import BLOCK, row_norms

# Largest relative error of rounding to the 8 significant bits of a bfloat16.
ROUNDOFF = 2.0**-8
# Fewer keys are searched as fast in single precision: there are as many candidates, and the
# product is less of the work.
FEWEST_KEYS = 20_000
# Candidates for every neighbor sought beyond which a query is left to single precision.
MOST_CANDIDATES = 8
# Candidates compared at a time: a few MiB of vectors.
CHUNK = 4096


def pays(queries: NDArray, keys: NDArray) -> bool:
    """Return whether `top_k_bfloat16` can be used and is the faster way."""
    return queries.dtype == np.float32 and len(keys) >= FEWEST_KEYS and supported()


def supported() -> bool:
    """Return whether torch is installed and multiplies bfloat16 natively on this CPU."""
    if not is_installed("torch"):
        return False
    import torch

    # Older versions of torch do not tell.
    capabilities: dict[str, bool] = getattr(torch.cpu, "get_capabilities", dict)()
    return capabilities.get("avx512_bf16", False) or capabilities.get("amx_bf16", False)


def to_bits(values: NDArray) -> NDArray:
    """Return the bits, as int16, of float32 values rounded to bfloat16, ties to even."""
    bits = values.view(np.uint32)
    return ((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16).astype(np.uint16).view(np.int16)


def to_values(bits: NDArray) -> NDArray:
    """Return the float32 values of bfloat16 bits."""
    return (bits.astype(np.int32) << 16).view(np.float32)


def rounded_units(rows: NDArray, norms: NDArray, out: NDArray) -> NDArray:
    """Write the bits of rows divided by their norms; return how far each is from the truth."""
    units = rows / norms[:, None]
    out[:] = to_bits(units)
    return np.linalg.norm(units.astype(np.float64) - to_values(out), axis=1)


def _openmp() -> list[Any]:
    return ThreadpoolController().select(user_api="openmp").lib_controllers


class Bfloat16Comparison(Comparison):
    """A comparison whose tiles hold the bits of bfloat16 cosines.

    Read as integers, the bits of positive numbers are in the order of the numbers, and all
    negative ones are below them.
    """

    nothing = -0x8000

    def __init__(self, queries: NDArray, keys: NDArray) -> None:
        super().__init__(queries, keys)
        self.dtype = np.dtype(np.int16)
        self.query_norms = row_norms(queries)
        self.key_norms = row_norms(keys)
        self.query_errors = np.zeros(len(queries))
        self.key_errors = np.zeros(len(keys))
        self.unresolved = np.zeros(len(queries), dtype=bool)

    def sweep(self, visit: Callable[[Block], None], **options: Any) -> None:
        """Show `visit` every tile, as `Comparison` does; torch, too, is held to one thread."""
        limited = limit_threads(_openmp())
        try:
            super().sweep(visit, **options)
        finally:
            restore_threads(limited)

    def _worker(self, height: int, depth: int) -> Worker:
        # Runs in the thread that will do the work: OpenMP's limit is each thread's own, and
        # torch sets it when a thread first asks.
        import torch

        torch.get_num_threads()
        limit_threads(_openmp())
        return super()._worker(height, depth)

    def _multiply(self, keys: NDArray, queries: NDArray, out: NDArray) -> None:
        import torch

        left, right, product = (
            torch.from_numpy(bits).view(torch.bfloat16) for bits in (keys, queries, out)
        )
        torch.mm(left, right.T, out=product)

    def _lay_out(self, *, kept: bool) -> tuple[int, slice]:
        # These products need not round alike: no key is preferred for them.
        return BLOCK, slice(0, BLOCK)

    def _lay_keys(self, which: slice | NDArray, out: NDArray) -> None:
        part = self.keys[which]
        out[len(part) :] = 0
        self.key_errors[which] = rounded_units(part, self.key_norms[which], out[: len(part)])

    def _lay_queries(self, rows: slice, lanes: Lanes, out: NDArray) -> None:
        out[:] = 0
        norms, place = self.query_norms[rows], out[lanes]
        self.query_errors[rows] = rounded_units(self.queries[rows], norms, place)
        out[lanes] = place

    def least_bits(self, maxima: NDArray, queries: slice, k: int) -> NDArray:
        """Return below which bits no key can be among a query's k nearest.

        At least k rounded cosines are as large as the k-th largest of the maxima. With u the
        roundoff, a rounded cosine c is off by at most ``e + u c``, where e bounds the errors
        of both vectors, ``|q - q'| + |q'| |k - k'|``, and of adding up in single precision.
        """
        n_groups = maxima.shape[1]
        if k > n_groups:
            return np.full(len(maxima), np.iinfo(np.int16).max)
        kth = to_values(np.partition(maxima, n_groups - k, axis=1)[:, n_groups - k])
        of_query, of_key = self.query_errors[queries], self.key_errors.max()
        error = of_query + (1 + of_query) * of_key + 4 * self.n_features * 2.0**-24
        least = (kth - 2.02 * (error + ROUNDOFF * np.abs(kth))).astype(np.float32)
        # Cut off, not rounded: never above. Among negative numbers there is no telling.
        bits = (least.view(np.int32) >> 16).astype(np.int16)
        return np.where(least > 0, bits, np.iinfo(np.int16).max)

    def best_of(self, kept: Kept, k: int) -> tuple[NDArray, NDArray]:
        """Return the k largest cosines of every lane, in order of the rows, and their rows.

        Queries with no bound or too many candidates are marked as unresolved.
        """
        maxima = np.ascontiguousarray(kept.maxima[:, kept.lanes].T)
        n, n_groups = maxima.shape
        least = self.least_bits(maxima, kept.queries, k)
        lanes, groups = np.divmod(np.flatnonzero(maxima >= least[:, None]), n_groups)
        counts = np.bincount(lanes, minlength=n)
        crowded = counts > MOST_CANDIDATES * k
        lanes, groups = lanes[~crowded[lanes]], groups[~crowded[lanes]]

        places = kept.places(lanes, groups)
        bits = kept.scores.ravel().take(places, mode="clip")
        hits = np.flatnonzero(bits >= least[lanes, None])
        lanes, rows = lanes[hits // kept.size], places.ravel()[hits] // kept.scores.shape[1]
        counts = np.bincount(lanes, minlength=n)
        self.unresolved[kept.queries] |= counts < k

        # One row for every lane; the candidates of an unresolved one, if any, do no harm.
        width = max(k, counts.max(initial=0))
        column = np.arange(len(lanes)) - (np.cumsum(counts) - counts)[lanes]
        all_rows = np.zeros((n, width), dtype=np.intp)
        all_rows[lanes, column] = rows
        cosines = np.full((n, width), -np.inf, dtype=np.float32)
        cosines[lanes, column] = self.exact(kept.queries.start + lanes, kept.first + rows)
        best, _ = largest(cosines, k)
        return cosines.ravel()[best], all_rows.ravel()[best]

    def exact(self, queries: NDArray, keys: NDArray) -> NDArray:
        """Return the cosines of pairs in single precision, each added up for itself."""
        cosines = np.empty(len(queries), dtype=np.float32)
        for start in range(0, len(queries), CHUNK):
            part = slice(start, start + CHUNK)
            left, right = self.queries[queries[part]], self.keys[keys[part]]
            cosines[part] = np.einsum("ij,ij->i", left, right)
        return cosines / self.query_norms[queries] / self.key_norms[keys]


def top_k_bfloat16(
    queries: NDArray, keys: NDArray, k: int, *, n_jobs: int | None = None
) -> tuple[NDArray, NDArray]:
    """Return what `top_k` does for float32 input, by way of bfloat16 products.

    The similarities are added up in another order than by `top_k` and may differ from its in
    the last bits, and so the order of keys which these bits alone tell apart.
    """
    comparison = Bfloat16Comparison(queries, keys)
    similarities, indices = best_keys(comparison, k, n_jobs=n_jobs, select=comparison.best_of)
    rest = np.flatnonzero(comparison.unresolved)
    if len(rest):
        # How tiles are kept decides who is left to this; the scores must not tell. A few
        # more neighbors, for where rounding decides who is the last of them.
        again = Comparison(queries[rest], keys)
        _, found = best_keys(again, min(k + 8, len(keys)), n_jobs=n_jobs)
        found.sort(axis=1)
        pairs = np.repeat(rest, found.shape[1]), found.ravel()
        cosines = comparison.exact(*pairs).reshape(found.shape)
        sort_rows(cosines, found, slice(0, len(rest)))
        similarities[rest], indices[rest] = cosines[:, :k], found[:, :k]
    return similarities, indices
