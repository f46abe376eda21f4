"""The same bits for every number of threads, working memory and batch."""

import numpy as np
import pytest
from sklearn import config_context

from sklearn_instamap._engine import (
    _sweep,
    count_better,
    csls_means,
    map_rows,
    mutual_nearest_neighbors,
    nearest,
    top_k,
)
from sklearn_instamap._engine._tiles import (
    BLOCK,
    PANEL,
    TALL,
    TALL_FROM,
    lay_out,
    lay_out_whole,
    padded,
    panel_size,
    unit_rows,
)

GOLD = np.random.default_rng(0).integers(3500, size=1000)
PENALTY = np.random.default_rng(1).random(3500)

JOBS = {
    "top_k": lambda X, Y, **kw: top_k(X, Y, 20, **kw),
    "mutual": mutual_nearest_neighbors,
    "mutual by csls": lambda X, Y, **kw: mutual_nearest_neighbors(
        X, Y, source_penalty=PENALTY[: len(X)], target_penalty=PENALTY, **kw
    ),
    "csls_means": csls_means,
    "nearest": lambda X, Y, **kw: nearest(X, Y, key_penalty=PENALTY, **kw),
    "count_better": lambda X, Y, **kw: count_better(X, Y, GOLD[: len(X)], **kw),
}


@pytest.fixture(scope="module", params=[np.float32, np.float64])
def spaces(request, clustered_rows):
    return clustered_rows(1000, 100, 1, request.param), clustered_rows(3500, 100, 2, request.param)


@pytest.fixture(scope="module")
def once(spaces):
    """Every job's result on one thread with the default memory."""
    return {name: job(*spaces, n_jobs=1) for name, job in JOBS.items()}


@pytest.mark.parametrize(
    ("n_jobs", "working_memory"),
    [
        (1, 1),
        (1, 16),
        (2, 1),
        (2, 16),
        (2, 1024),
        (3, 1),
        (3, 16),
        (3, 1024),
        (None, 1),
        (-1, 1024),
    ],
)
@pytest.mark.parametrize("job", JOBS)
def test_threads_and_memory(spaces, once, job, n_jobs, working_memory):
    with config_context(working_memory=working_memory):
        results = JOBS[job](*spaces, n_jobs=n_jobs)
    for result, expected in zip(results, once[job], strict=True):
        np.testing.assert_array_equal(result, expected)


@pytest.mark.parametrize(
    "part", [slice(7, 8), slice(300, 650), slice(999, None), slice(None, None, 3)]
)
def test_some_of_the_queries(spaces, part):
    source, target = spaces
    few = np.ascontiguousarray(source[part])
    for job in (
        lambda X, gold: top_k(X, target, 20),
        lambda X, gold: nearest(X, target, key_penalty=PENALTY),
        lambda X, gold: count_better(X, target, gold),
        lambda X, gold: csls_means(X, target)[:1],
    ):
        for result, whole in zip(job(few, GOLD[part]), job(source, GOLD), strict=True):
            np.testing.assert_array_equal(result, whole[part])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_tiles_of_every_height_agree(clustered_rows, dtype):
    queries, keys = clustered_rows(TALL_FROM + 100, 60, 1, dtype), clustered_rows(300, 60, 2, dtype)
    penalty = PENALTY[:300]
    similarities, indices = nearest(queries, keys, key_penalty=penalty, n_jobs=2)
    for part in (slice(5, 6), slice(4000, 4050), slice(9990, None), slice(200, 5000)):
        few, their_indices = nearest(queries[part], keys, key_penalty=penalty)
        np.testing.assert_array_equal(few, similarities[part])
        np.testing.assert_array_equal(their_indices, indices[part])


def test_shuffled_queries(spaces):
    source, target = spaces
    order = np.random.default_rng(0).permutation(len(source))
    shuffled = np.ascontiguousarray(source[order])
    for result, whole in zip(top_k(shuffled, target, 20), top_k(source, target, 20), strict=True):
        np.testing.assert_array_equal(result, whole[order])
    for result, whole in zip(csls_means(shuffled, target), csls_means(source, target), strict=True):
        np.testing.assert_array_equal(result, whole[order] if len(whole) == len(order) else whole)


def test_memory_bounds_the_buffers(spaces, monkeypatch):
    held = []

    class Watched(_sweep.Worker):
        def __init__(self, height, n_features, n_rows, dtype):
            super().__init__(height, n_features, n_rows, dtype)
            held.append(self.tiles.nbytes + self.queries.nbytes)

    monkeypatch.setattr(_sweep, "Worker", Watched)
    sizes = {}
    for working_memory in (1, 16, 1024):
        held.clear()
        with config_context(working_memory=working_memory):
            top_k(*spaces, 20, n_jobs=2)
        sizes[working_memory] = (len(held), max(held))
    n_workers, size = sizes[1]
    # Less than one tile is not to be had, and one thread is enough to have it.
    assert n_workers == len(range(0, 3500, panel_size(3500)))
    assert size < 2 * panel_size(3500) * BLOCK * spaces[0].itemsize
    assert sizes[16][1] < sizes[1024][1]


def test_column_order_and_strides_do_not_matter(spaces):
    source, target = spaces
    expected = top_k(source, target, 5)
    for result, same in zip(
        top_k(np.asfortranarray(source), target[::-1].copy()[::-1], 5), expected, strict=True
    ):
        np.testing.assert_array_equal(result, same)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_unit_rows_one_by_one(clustered_rows, dtype):
    rows = clustered_rows(700, 301, 1, dtype) * dtype(1e3)
    units = np.empty_like(rows)
    unit_rows(rows, out=units)
    tolerance = 1e-6 if dtype == np.float32 else 1e-14
    norms = np.linalg.norm(units.astype(np.float64), axis=1)
    np.testing.assert_allclose(norms, (rows != 0).any(axis=1), atol=tolerance)
    for i in (0, 350, 699):
        alone = np.empty_like(rows[:1])
        unit_rows(rows[i : i + 1], out=alone)
        np.testing.assert_array_equal(alone[0], units[i])


def test_extreme_lengths_are_still_directions():
    row = np.array([[3.0, 4.0]])
    for dtype, scales in ((np.float32, [1e-18, 1e18]), (np.float64, [1e-150, 1e150])):
        for scale in scales:
            out = np.empty((1, 2), dtype=dtype)
            unit_rows((row * scale).astype(dtype), out=out)
            np.testing.assert_allclose(out, [[0.6, 0.8]], rtol=1e-6)


@pytest.mark.parametrize("n_keys", [1, 47, 48, 49, 1000, PANEL, PANEL + 1, 5000, 60_000, 200_000])
def test_panels(n_keys):
    panel = panel_size(n_keys)
    assert panel <= PANEL
    assert panel % 48 == 0
    # The last panel is not empty, and large sets waste next to nothing.
    assert padded(n_keys) - panel < n_keys <= padded(n_keys)
    assert padded(n_keys) - n_keys < max(48, n_keys / 25)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("d", [1, 2, 17, 300, 1025])
def test_equal_vectors_have_equal_products(dtype, d):
    panel = panel_size(5000)
    rng = np.random.default_rng(5)
    query, key = rng.normal(size=(2, d)).astype(dtype)
    found = set()
    heights = set()
    for n, kept in ((1, False), (5000, True), (5000, False), (20_000, False)):
        height, lanes = lay_out(np.dtype(dtype), d, panel, n, kept=kept)
        heights.add(height)
        assert 0 <= lanes.start < lanes.stop <= height
        queries = np.zeros((height, d), dtype=dtype)
        queries[lanes] = query
        products = np.repeat(key[None], panel, axis=0) @ queries.T
        found |= set(np.unique(products[:, lanes]))
    assert BLOCK in heights
    assert len(found) == 1


def test_queries_avoid_uneven_lanes(monkeypatch, clustered_rows):
    # As on a CPU whose kernels treat the first and the last queries of a tile apart.
    monkeypatch.setattr(_sweep, "lay_out", lambda *_, kept: (BLOCK, slice(8, 312)))
    source, target = clustered_rows(700, 30, 1), clustered_rows(400, 30, 2)
    narrow = [job(source, target[:400]) for job in (csls_means, mutual_nearest_neighbors)]
    narrow.append(top_k(source, target, 9))
    narrow.append(count_better(source, target, GOLD[:700] % 400))
    monkeypatch.undo()
    wide = [job(source, target[:400]) for job in (csls_means, mutual_nearest_neighbors)]
    wide.append(top_k(source, target, 9))
    wide.append(count_better(source, target, GOLD[:700] % 400))
    for results, expected in zip(narrow, wide, strict=True):
        for result, same in zip(results, expected, strict=True):
            np.testing.assert_allclose(result, same, atol=1e-6)


GAPPED = np.concatenate([np.arange(8, 312), np.arange(328, 632)])


@pytest.mark.parametrize("n", [1, 300, 608, 609, 700])
def test_queries_lie_around_the_gaps_of_tall_tiles(monkeypatch, clustered_rows, n):
    # As where the BLAS cuts a tall tile in two, with uneven queries in between.
    source, target = clustered_rows(700, 30, 1)[:n], clustered_rows(400, 30, 2)
    penalty = np.random.default_rng(0).random(400).astype(np.float32)

    def found():
        return [
            *nearest(source, target, key_penalty=penalty, n_jobs=2),
            *mutual_nearest_neighbors(source, target, n_jobs=2),
            *mutual_nearest_neighbors(
                source, target, source_penalty=penalty[:1].repeat(n), target_penalty=penalty
            ),
            # Columns without a query score more than all queries then, and as much as zeros.
            *mutual_nearest_neighbors(-np.abs(source), np.abs(target), n_jobs=2),
            *mutual_nearest_neighbors(
                source, np.where(np.arange(400) % 3, -1, 0)[:, None] * source[:1]
            ),
        ]

    expected = found()
    monkeypatch.setattr(_sweep, "lay_out_whole", lambda *_: (640, GAPPED))
    for result, same in zip(found(), expected, strict=True):
        np.testing.assert_allclose(result, same, atol=1e-6)


@pytest.mark.parametrize("n_workers", [1, 2, 3])
@pytest.mark.parametrize("n", [TALL_FROM, 20_000, 50_000])
def test_tall_tiles_leave_no_worker_idle(n, n_workers):
    height, lanes = lay_out_whole(np.dtype("f4"), 30, 96, n, n_workers)
    assert height in (BLOCK, TALL, TALL * 3 // 2, TALL * 2)
    assert len(np.unique(lanes)) == len(lanes) <= height
    assert lanes.min() >= 0
    assert lanes.max() < height
    rounds = -(-n // (len(lanes) * n_workers))
    assert rounds * height * n_workers < 1.2 * n


def test_map_rows_with_little_memory(clustered_rows):
    X = clustered_rows(700, 30, 1)
    expected = map_rows(X, X[:30])
    with config_context(working_memory=1):
        np.testing.assert_array_equal(map_rows(X, X[:30], n_jobs=2), expected)
