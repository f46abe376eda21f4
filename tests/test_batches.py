"""Rows mapped in batches, from whatever holds them, are those of one call."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from sklearn_instamap import (
    EmbeddingSpace,
    InstanceTranslator,
    make_aligner_pipeline,
    transform_batches,
)
from sklearn_instamap.linear import RidgeAligner


@pytest.fixture(scope="module")
def rows():
    return np.random.default_rng(0).standard_normal((500, 6)).astype(np.float32)


@pytest.fixture(scope="module")
def aligner(rows):
    y = rows[:200] @ np.random.default_rng(1).standard_normal((6, 9)).astype(np.float32)
    return make_aligner_pipeline(RidgeAligner(), InstanceTranslator(10)).fit(rows[:200], y)


def joined(batches):
    return np.concatenate(list(batches))


@pytest.mark.parametrize("batch_size", [1, 7, 500, 1000])
def test_an_array_is_cut(aligner, rows, batch_size):
    expected = aligner.transform(rows)
    np.testing.assert_array_equal(
        joined(transform_batches(aligner, rows, batch_size=batch_size)), expected
    )
    out = np.full((500, 9), np.nan, dtype=np.float32)
    assert transform_batches(aligner, rows, out=out, batch_size=batch_size) is out
    np.testing.assert_array_equal(out, expected)


def test_whatever_holds_rows(aligner, rows):
    expected = aligner.transform(rows)
    stream = (rows[start : start + 90] for start in range(0, 500, 90))
    for given in (
        stream,
        [rows[:100], rows[100:]],
        rows.tolist(),
        EmbeddingSpace(rows),
        iter([rows[:0], rows]),
        [rows[:200].tolist(), rows[200:].tolist()],
    ):
        found = joined(transform_batches(aligner, given, batch_size=64))
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)
        assert len(found) == 500


def test_frames_are_cut_too(rows):
    frame = pd.DataFrame(rows, columns=list("abcdef"))
    aligner = RidgeAligner().fit(frame, rows[:, ::-1])
    found = joined(transform_batches(aligner, frame, batch_size=64))
    np.testing.assert_array_equal(found, aligner.transform(frame))


def test_the_other_side(aligner, rows):
    target = np.random.default_rng(2).standard_normal((50, 9)).astype(np.float32)
    found = joined(transform_batches(aligner, target, side="target", batch_size=20))
    np.testing.assert_array_equal(found, aligner.transform_target(target))


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
def test_from_memory_map_to_memory_map(aligner, rows, tmp_path, dtype):
    np.save(tmp_path / "old.npy", rows.astype(dtype))
    old = np.load(tmp_path / "old.npy", mmap_mode="r")
    new = np.lib.format.open_memmap(tmp_path / "new.npy", "w+", np.float32, (500, 9))
    transform_batches(aligner, old, out=new, batch_size=128)
    new.flush()
    expected = aligner.transform(rows.astype(dtype))
    assert expected.dtype == np.float32
    np.testing.assert_array_equal(np.load(tmp_path / "new.npy"), expected)


def test_memory_is_that_of_a_batch(rows, tmp_path):
    aligner = RidgeAligner(n_jobs=1).fit(rows, rows)
    many = np.lib.format.open_memmap(tmp_path / "old.npy", "w+", np.float32, (400_000, 6))
    out = np.lib.format.open_memmap(tmp_path / "new.npy", "w+", np.float32, (400_000, 6))
    transform_batches(aligner, many[:2000], out=out[:2000], batch_size=2000)
    tracemalloc.start()
    transform_batches(aligner, many, out=out, batch_size=2000)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < many.nbytes / 4


class TestArrow:
    @pytest.fixture
    def pa(self):
        return pytest.importorskip("pyarrow", exc_type=ImportError)

    @pytest.fixture
    def kinds(self, pa, rows):
        fixed = pa.FixedSizeListArray.from_arrays(pa.array(rows.ravel()), 6)
        return {
            "fixed lists": fixed,
            "lists": pa.array(list(rows)),
            "table": pa.table({"vector": fixed}),
            "columns": pa.table({str(column): rows[:, column] for column in range(6)}),
        }

    @pytest.mark.parametrize("kind", ["fixed lists", "lists"])
    def test_columns_of_vectors(self, pa, aligner, rows, kinds, kind):
        parts = [kinds[kind].slice(0, 123), kinds[kind].slice(123)]
        for given in (parts, kinds[kind], pa.chunked_array(parts)):
            found = joined(transform_batches(aligner, given, batch_size=200))
            np.testing.assert_array_equal(found, aligner.transform(rows))

    @pytest.mark.parametrize("kind", ["table", "columns"])
    def test_tables_and_parquet(self, pa, aligner, rows, kinds, kind, tmp_path):
        parquet = pytest.importorskip("pyarrow.parquet", exc_type=ImportError)
        expected = aligner.transform(rows)
        np.testing.assert_array_equal(
            joined(transform_batches(aligner, kinds[kind], batch_size=99)), expected
        )
        parquet.write_table(kinds[kind], tmp_path / "old.parquet", row_group_size=77)
        with parquet.ParquetFile(tmp_path / "old.parquet") as file:
            batches = file.iter_batches(batch_size=50)
            np.testing.assert_array_equal(joined(transform_batches(aligner, batches)), expected)

    def test_what_cannot_be_vectors(self, pa, aligner):
        ragged = pa.array([[1.0, 2.0], [1.0]])
        with pytest.raises(ValueError, match=r"Batch 0 \(rows 0 to 1\): .* vectors of 1 to 2"):
            list(transform_batches(aligner, [ragged]))
        with_ids = pa.table({"id": [1, 2], "vector": ragged})
        with pytest.raises(ValueError, match="of the columns id, vector select the one"):
            list(transform_batches(aligner, with_ids))
        with pytest.raises(ValueError, match="holds nulls"):
            list(transform_batches(aligner, [pa.array([[1.0] * 6, None])]))


class TestErrors:
    def test_the_batch_is_named(self, aligner, rows):
        damaged = rows.copy()
        damaged[130, 2] = np.nan
        with pytest.raises(ValueError, match=r"Batch 1 \(rows 100 to 199\): .*NaN"):
            list(transform_batches(aligner, damaged, batch_size=100))
        with pytest.raises(ValueError, match=r"Batch 1 .*expected a batch of shape"):
            list(transform_batches(aligner, [rows, rows[0]]))
        with pytest.raises(TypeError, match="Sparse data"):
            list(transform_batches(aligner, sp.csr_array(rows)))
        with pytest.raises(NotFittedError, match="not fitted yet"):
            list(transform_batches(clone(aligner), rows))

    @pytest.mark.parametrize("shape", [(500, 8), (499, 9), (500,)])
    def test_out_of_another_shape(self, aligner, rows, shape):
        with pytest.raises(ValueError, match="out has the shape"):
            transform_batches(aligner, rows, out=np.empty(shape, np.float32))

    def test_out_with_rows_left(self, aligner, rows):
        with pytest.raises(ValueError, match="out has 501 rows, but 500 were mapped"):
            transform_batches(aligner, iter([rows]), out=np.empty((501, 9), np.float32))
        out = np.full((501, 9), 7, np.float32)
        with pytest.raises(ValueError, match="the mapped rows need 500 rows"):
            transform_batches(aligner, rows, out=out, batch_size=100)
        out.flags.writeable = False
        with pytest.raises(ValueError, match="out is read-only"):
            transform_batches(aligner, iter([rows]), out=out)
        assert (out == 7).all()

    @pytest.mark.parametrize("out", [np.empty((500, 9), int), [[0.0] * 9] * 500])
    def test_out_of_another_kind(self, aligner, rows, out):
        with pytest.raises(TypeError, match="out must be an array of a floating dtype"):
            transform_batches(aligner, rows, out=out)

    @pytest.mark.parametrize("given", ["old.npy", 5, None])
    def test_what_holds_no_rows(self, aligner, given):
        with pytest.raises(TypeError, match="rows must be an array"):
            transform_batches(aligner, given)

    def test_options(self, aligner, rows):
        with pytest.raises(ValueError, match="side"):
            transform_batches(aligner, rows, side="left")
        with pytest.raises(ValueError, match="batch_size"):
            transform_batches(aligner, rows, batch_size=0)


def test_two_dask_workers_map_as_one_process(aligner, rows):
    array = pytest.importorskip("dask.array")
    distributed = pytest.importorskip("distributed")
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        blocks = array.from_array(rows, chunks=(120, 6))
        mapped = blocks.map_blocks(
            aligner.transform,
            dtype=np.float32,
            chunks=(blocks.chunks[0], (9,)),
            meta=np.empty((0, 0), dtype=np.float32),
        )
        assert mapped.shape == (500, 9)
        found = client.compute(mapped, sync=True)
    np.testing.assert_array_equal(found, aligner.transform(rows))
