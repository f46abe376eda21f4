"""Shortest decimal digits of float32 numbers."""

from __future__ import annotations

import numpy as np
import pytest

from sklearn_instamap.io._decimals import row_formatter, shorten_float32

INFO = np.finfo(np.float32)


def random_float32(n):
    """Return numbers of every magnitude: random bits, as far as they are finite."""
    bits = np.random.default_rng(0).integers(0, 2**32, n, dtype=np.uint32)
    values = bits.view(np.float32)
    return values[np.isfinite(values)]


@pytest.mark.parametrize(
    "values",
    [
        pytest.param(random_float32(200_000), id="all magnitudes"),
        pytest.param(
            np.array(
                [0, -0.0, INFO.max, INFO.min, INFO.tiny, INFO.smallest_subnormal, 7.038531e-26],
                dtype=np.float32,
            ),
            id="extremes",
        ),
    ],
)
def test_text_reads_back_exactly(values):
    rows = values.reshape(-1, 1)
    with np.errstate(all="raise"):
        text = row_formatter(None)(rows)
    read = np.array([float(line) for line in text]).astype(np.float32)
    np.testing.assert_array_equal(read.view(np.uint32), values.view(np.uint32))


def test_no_shorter_than_numpy_for_usual_magnitudes():
    values = np.random.default_rng(0).normal(scale=0.1, size=20_000).astype(np.float32)
    shortest = [str(value) for value in values]
    assert [float(text) for text in shortest] == shorten_float32(values).tolist()


def test_few_decimals_stay_few():
    values = np.array([[0.1234, -0.05, 3.0, 99999.5]], dtype=np.float32)
    assert row_formatter(None)(values) == ["0.1234 -0.05 3.0 99999.5"]


def test_float64_in_full():
    assert row_formatter(None)(np.array([[0.1, 1 / 3]])) == ["0.1 0.3333333333333333"]


def test_precision():
    assert row_formatter(2)(np.array([[0.126, 1234.0], [0, 1e-9]])) == ["0.13 1.2e+03", "0 1e-09"]
