"""Mapping more rows than memory holds: from files, memory maps and streams, in batches."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.exceptions import NotFittedError

from sklearn_instamap._check import check_count, check_option
from sklearn_instamap._number_rows import number_rows
from sklearn_instamap._space import EmbeddingSpace
from sklearn_instamap._wording import full_name

SIDES = ("source", "target")


def transform_batches(
    aligner: Any,
    rows: Any,
    *,
    out: NDArray[np.floating] | None = None,
    side: str = "source",
    batch_size: int = 16_384,
) -> Any:
    """Map rows batch by batch, so that memory holds one batch and not all of them.

    The result is that of ``aligner.transform`` on all rows at once, bit for bit, if the aligner is
    one of this package. Each batch is mapped by as many threads as the aligner's ``n_jobs`` says.

    Parameters
    ----------
    aligner : estimator
        A fitted aligner, or any fitted transformer.
    rows : array-like of shape (n_rows, n_features), or iterable of batches
        An array, a memory map, a frame or a table, which is cut into batches; or what yields
        batches, such as a generator of arrays, or ``ParquetFile.iter_batches(columns=["vector"])``
        of pyarrow. A batch of Arrow is one column of lists as long as the vectors, or one column
        per dimension. A list of one-dimensional rows is one array.
    out : ndarray of shape (n_rows, n_shared_features), default=None
        Where to write, such as a memory map of ``numpy.lib.format.open_memmap``; of any floating
        dtype. None returns the batches.
    side : {"source", "target"}, default="source"
        Whether to map by ``transform`` or by ``transform_target``.
    batch_size : int, default=16_384
        Rows of a batch, where an array is cut. Batches that are given stay as they are.

    Returns
    -------
    iterator of ndarray, or ndarray
        The mapped batches in order, computed as they are asked for; or ``out``.

    Raises
    ------
    ValueError
        If ``out`` is read-only or has another shape than the mapped rows: before any is mapped,
        where their number is known. If a batch cannot be mapped, naming its rows; rows before it
        are written then.
    TypeError
        If ``rows`` cannot be iterated over, or ``out`` is not an array of floats.

    See Also
    --------
    sklearn_instamap.base.AlignerMixin.transform : All rows at once.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_instamap import transform_batches
    >>> from sklearn_instamap.linear import RidgeAligner
    >>> X = np.random.default_rng(0).standard_normal((1000, 4)).astype(np.float32)
    >>> aligner = RidgeAligner().fit(X[:100], X[:100, ::-1])
    >>> out = np.empty((1000, 4), dtype=np.float32)
    >>> _ = transform_batches(aligner, X, out=out, batch_size=300)
    >>> np.array_equal(out, aligner.transform(X))
    True
    >>> [len(batch) for batch in transform_batches(aligner, X, batch_size=300)]
    [300, 300, 300, 100]
    """
    check_option("side", side, SIDES)
    method = "transform" if side == "source" else "transform_target"
    if isinstance(aligner, type) or not callable(getattr(aligner, method, None)):
        raise TypeError(
            f"aligner must be a fitted estimator with {method}, got {full_name(type(aligner))}."
        )
    n_rows, batches = _batches(rows, check_count("batch_size", batch_size))
    if out is not None:
        _check_out(out, n_rows)
    mapped = _mapped(getattr(aligner, method), batches)
    return mapped if out is None else _write(mapped, out)


def _batches(rows: Any, batch_size: int) -> tuple[int | None, Iterator[Any]]:
    """Return the number of rows, where it is known, and the batches."""
    if isinstance(rows, EmbeddingSpace):
        rows = rows.vectors
    if isinstance(rows, list | tuple) and rows and np.ndim(rows[0]) < 2 and not _is_arrow(rows[0]):
        rows = number_rows(rows, "rows", min_ndim=1)
    # An array, a frame, or a column or a table of Arrow; also of libraries not known here.
    is_column = _is_arrow(rows) and hasattr(rows, "null_count")
    if is_column or len(getattr(rows, "shape", ())) > 0:
        n_rows = len(rows) if is_column else rows.shape[0]
        cut = rows.iloc if isinstance(rows, pd.DataFrame | pd.Series) else rows
        return n_rows, (cut[start : start + batch_size] for start in range(0, n_rows, batch_size))
    if _is_arrow(rows) and hasattr(rows, "to_batches"):
        return None, iter(rows.to_batches())
    if isinstance(rows, str | bytes | dict) or not isinstance(rows, Iterable):
        raise TypeError(
            "rows must be an array or what yields batches of rows, got "
            f"{type(rows).__name__}; open a file first, such as by numpy.load(path, "
            'mmap_mode="r") or pyarrow.parquet.ParquetFile(path).iter_batches().'
        )
    return None, iter(rows)


def _mapped(transform: Any, batches: Iterator[Any]) -> Iterator[NDArray[np.floating]]:
    start = 0
    for number, batch in enumerate(batches):
        try:
            rows = _arrow_rows(batch) if _is_arrow(batch) else batch
            shape = np.shape(rows)
            if len(shape) != 2:
                raise ValueError(f"expected a batch of shape (n_rows, n_features), got {shape}.")
            # Files may have row groups without rows.
            mapped = transform(rows) if shape[0] else None
        except NotFittedError:
            raise
        except ValueError as error:
            stop = start + (len(batch) if hasattr(batch, "__len__") else 1)
            raise ValueError(f"Batch {number} (rows {start} to {stop - 1}): {error}") from error
        start += shape[0]
        if mapped is not None:
            yield mapped


def _check_out(out: Any, n_rows: int | None) -> None:
    if not isinstance(out, np.ndarray) or out.dtype.kind != "f":
        found = out.dtype if isinstance(out, np.ndarray) else type(out).__name__
        raise TypeError(f"out must be an array of a floating dtype, got {found}.")
    if not out.flags.writeable:
        raise ValueError("out is read-only; open a memory map with mode 'r+' or 'w+'.")
    if out.ndim != 2 or (n_rows is not None and n_rows != len(out)):
        needed = "two dimensions" if n_rows is None else f"{n_rows} rows"
        raise ValueError(f"out has the shape {out.shape}, but the mapped rows need {needed}.")


def _write(batches: Iterator[Any], out: NDArray[np.floating]) -> NDArray[np.floating]:
    start = 0
    for batch in batches:
        mapped = np.asarray(batch)
        stop = start + len(mapped)
        if out.shape[1] != mapped.shape[1] or stop > len(out):
            raise ValueError(
                f"out has the shape {out.shape}, but the mapped rows need {stop} rows or more of "
                f"{mapped.shape[1]} values."
            )
        out[start:stop] = mapped
        start = stop
    if start != len(out):
        raise ValueError(f"out has {len(out)} rows, but {start} were mapped.")
    return out


def _is_arrow(batch: Any) -> bool:
    return type(batch).__module__.partition(".")[0] == "pyarrow"


def _arrow_rows(batch: Any) -> NDArray[Any]:
    """Return a batch of Arrow as an array: a column of vectors, or one column per dimension."""
    if hasattr(batch, "num_columns"):
        if batch.num_columns != 1:
            if any(column.type.num_fields for column in batch.columns):
                names = ", ".join(batch.schema.names)
                raise ValueError(f"of the columns {names} select the one that holds the vectors.")
            return np.column_stack([_no_nulls(column).to_numpy() for column in batch.columns])
        batch = batch.column(0)
    if hasattr(batch, "combine_chunks"):
        batch = batch.combine_chunks()
    batch = _no_nulls(batch)
    if not len(batch):
        return np.empty((0, 0))
    if not hasattr(batch, "flatten"):
        return batch.to_numpy(zero_copy_only=False)[:, None]
    values = _no_nulls(batch.flatten()).to_numpy(zero_copy_only=False)
    lengths = np.unique(batch.value_lengths().to_numpy(zero_copy_only=False))
    if len(lengths) != 1:
        raise ValueError(
            f"the column holds vectors of {lengths[0]} to {lengths[-1]} values; all must be alike."
        )
    return values.reshape(len(batch), int(lengths[0]))


def _no_nulls(column: Any) -> Any:
    if column.null_count:
        raise ValueError("the column holds nulls; leave out the rows that have no vector.")
    return column
