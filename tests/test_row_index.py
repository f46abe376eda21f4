"""Row hashes: equal rows, and only those, are recognized."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from sklearn_instamap._row_index import RowIndex, row_hashes


@pytest.fixture
def table():
    return np.random.default_rng(0).standard_normal((500, 7)).astype(np.float32)


def test_equal_values_hash_alike_in_every_dtype_and_layout(table):
    expected = row_hashes(table)
    assert expected.dtype == np.uint64
    assert expected.shape == (500,)
    np.testing.assert_array_equal(row_hashes(table.astype(np.float64)), expected)
    np.testing.assert_array_equal(row_hashes(np.asfortranarray(table)), expected)
    np.testing.assert_array_equal(row_hashes(table[::-1])[::-1], expected)
    np.testing.assert_array_equal(row_hashes(table.tolist()), expected)
    half = table.astype(np.float16)
    np.testing.assert_array_equal(row_hashes(half), row_hashes(half.astype(np.float32)))


def test_hashes_do_not_depend_on_the_batch(table):
    # Wide enough that the rows are hashed in several chunks.
    wide = np.random.default_rng(1).standard_normal((300, 1000))
    whole = row_hashes(wide)
    np.testing.assert_array_equal(row_hashes(wide[123:124]), whole[123:124])
    np.testing.assert_array_equal(row_hashes(wide[250:]), whole[250:])


def test_input_is_left_alone():
    rows = np.array([[-0.0, 1.0], [2.0, 3.0]])
    rows.flags.writeable = False
    row_hashes(rows)
    assert np.signbit(rows[0, 0])


def test_negative_zero_is_zero():
    np.testing.assert_array_equal(row_hashes([[-0.0, 1.0]]), row_hashes([[0.0, 1.0]]))


def test_one_dimension_is_one_column():
    np.testing.assert_array_equal(row_hashes([1.0, 2.0]), row_hashes([[1.0], [2.0]]))


def test_order_and_position_matter():
    rows = [[1.0, 2.0], [2.0, 1.0], [1.0, 0.0], [0.0, 1.0], [0.0, 0.0], [1.0, 1.0]]
    assert len(set(row_hashes(rows).tolist())) == len(rows)


def test_small_integers_do_not_collide():
    # Few significant bits: the case that breaks a hash which only multiplies and adds.
    grid = np.stack(np.meshgrid(*[np.arange(12.0)] * 4, indexing="ij"), axis=-1).reshape(-1, 4)
    assert len(np.unique(row_hashes(grid))) == len(grid)
    assert len(np.unique(row_hashes(-grid / 8))) == len(grid)


def test_bits_are_spread(table):
    bits = np.unpackbits(row_hashes(table).view(np.uint8)).reshape(500, 64)
    assert np.abs(bits.mean(axis=0) - 0.5).max() < 0.12


@given(
    hnp.arrays(
        np.float32,
        st.tuples(st.integers(1, 12), st.integers(1, 5)),
        elements=st.sampled_from([0.0, -0.0, 1.0, -1.0, 0.5, 2.0**-126, 2.0**127]),
    )
)
def test_hashes_are_equal_exactly_where_rows_are(rows):
    hashes = row_hashes(rows)
    equal_rows = (rows[:, None, :] == rows[None, :, :]).all(axis=2)
    np.testing.assert_array_equal(hashes[:, None] == hashes[None, :], equal_rows)


def test_find_returns_the_first_equal_row(table):
    table = np.concatenate([table, table[:3]])
    index = RowIndex(table)
    np.testing.assert_array_equal(index.find(table[[4, 500, 2]]), [4, 0, 2])
    np.testing.assert_array_equal(index.find(table[[4]].astype(np.float64)), [4])


def test_find_says_minus_one_for_strangers(table):
    index = RowIndex(table)
    stranger = table[7] + np.float32(1e-3)
    np.testing.assert_array_equal(index.find([stranger, table[7]]), [-1, 7])
    np.testing.assert_array_equal(index.find(np.zeros((2, 3))), [-1, -1])


def test_find_does_not_trust_the_hash_alone(table, monkeypatch):
    import sklearn_instamap._row_index as module

    monkeypatch.setattr(module, "row_hashes", lambda rows: np.zeros(len(rows), dtype=np.uint64))
    index = RowIndex(table)
    np.testing.assert_array_equal(index.find([table[0], table[5]]), [0, -1])
