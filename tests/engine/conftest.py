"""Data on which floating point is exact, plain references, and tiles small enough to be many."""

from contextlib import contextmanager

import numpy as np
import pytest

from sklearn_instamap._engine import _bfloat16, _csls, _products, _select, _sweep, _tiles


def exact_rows(n, n_features, seed, dtype=np.float32):
    """Rows of 0, 1 or 4 non-zero entries of one magnitude, a power of two.

    Their norms, cosines and sums of cosines are exact in any order of addition, so that a
    plain reference is exact to the bit; and there are ties, duplicates and zero rows galore.
    """
    rng = np.random.default_rng(seed)
    rows = np.zeros((n, n_features), dtype=dtype)
    for row in rows:
        n_filled = rng.choice([count for count in (0, 1, 4, 4, 4) if count <= n_features])
        filled = rng.choice(n_features, size=n_filled, replace=False)
        row[filled] = rng.choice([-1.0, 1.0], size=n_filled) * 2.0 ** rng.integers(-3, 4)
    return rows


def clustered_rows(n, n_features, seed, dtype=np.float32):
    """Random rows around common centers, some of them duplicates, one of them zero."""
    centers = np.random.default_rng(0).normal(size=(20, n_features))
    rng = np.random.default_rng(seed)
    rows = centers[rng.integers(20, size=n)] + 0.5 * rng.normal(size=(n, n_features))
    rows[rng.integers(n, size=n // 10)] = rows[0]
    rows[n // 2] = 0
    return rows.astype(dtype)


def cosines(queries, keys):
    """All cosines in double precision, 0 where a row is zero."""
    units = []
    for rows in (queries, keys):
        norms = np.linalg.norm(rows.astype(np.float64), axis=1, keepdims=True)
        units.append(rows / np.where(norms == 0, 1, norms))
    return units[0] @ units[1].T


@pytest.fixture(scope="session", name="exact_rows")
def exact_rows_fixture():
    """Give the tests `exact_rows`."""
    return exact_rows


@pytest.fixture(scope="session", name="clustered_rows")
def clustered_rows_fixture():
    """Give the tests `clustered_rows`."""
    return clustered_rows


@pytest.fixture(scope="session", name="cosines")
def cosines_fixture():
    """Give the tests `cosines`."""
    return cosines


@contextmanager
def tiny_tiles():
    """Make small inputs take many tiles, stretches of keys, buffers and steps."""
    _tiles.are_even.cache_clear()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_tiles, "PANEL", 48)
        patch.setattr(_sweep, "STRETCH_BYTES", 3 * 48 * 8 * 4)
        for module in (_tiles, _bfloat16):
            patch.setattr(module, "BLOCK", 16)
        # Heights as they come: the data make no difference between kernels.
        patch.setattr(_tiles, "SHORT", 5)
        patch.setattr(_tiles, "TALL", 24)
        patch.setattr(_tiles, "TALL_FROM", 60)
        for module in (_select, _csls):
            patch.setattr(module, "BUFFER_BYTES", 2 * 48 * 16 * 4)
        patch.setattr(_select, "MOST_CANDIDATES", 64)
        patch.setattr(_products, "SUMS", 7)
        yield
    _tiles.are_even.cache_clear()


@pytest.fixture(scope="session", name="tiny_tiles")
def tiny_tiles_fixture():
    """Give the tests `tiny_tiles`: a context, for a fixture would outlast the test."""
    return tiny_tiles
