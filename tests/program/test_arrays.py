"""Programs as arrays: their matrix, and what is made of them."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import coo_array

from optimizer.program.arrays import Arrays, by_column
from tests.solver.programs import INF, program


def dense(arrays: Arrays) -> list[list[float]]:
    """The matrix of a program, row by row."""
    matrix = np.zeros((len(arrays.row_lower), len(arrays.cost)))
    matrix[arrays.indices, arrays.term_columns] = arrays.values
    found: list[list[float]] = matrix.tolist()
    return found


@pytest.fixture
def three() -> Arrays:
    """Minimise x0 + 2 x1 + 3 x2 with x0 + 4 x2 >= 1 and 2 <= 5 x1 <= 6, in integers up to 9."""
    return program([1, 2, 3], [[1, 0, 4], [0, 5, 0]], [1, 2], [INF, 6], upper=9, whole=True)


def test_rows_stand_behind_those_of_the_program(three: Arrays) -> None:
    """Tests added rows, their terms in any order and those of one row and column added up: 7 x1 of 3 x1 + 4 x1."""
    more = three.with_rows("ab", ([1, 0, 0, 0], [2, 1, 0, 1], [8, 3, 6, 4]), [-INF, 0], [10, 0])
    assert dense(more) == [[1, 0, 4], [0, 5, 0], [6, 7, 0], [0, 0, 8]]
    assert (more.row_lower.tolist(), more.row_upper.tolist()) == ([1, 2, -INF, 0], [INF, 6, 10, 0])
    assert (more.rows, more.columns, more.cost.tolist()) == ((0, 1, "a", "b"), (0, 1, 2), [1, 2, 3])
    assert dense(three.with_rows([], ([], [], []), [], [])) == dense(three)


def test_columns_stand_behind_those_of_the_program(three: Arrays) -> None:
    """Tests added columns: continuous, from 0 to their upper bounds, one of them without terms."""
    more = three.with_columns("ab", ([1, 0], [0, 0], [7, 6]), [8, 9], [INF, 5])
    assert dense(more) == [[1, 0, 4, 6, 0], [0, 5, 0, 7, 0]]
    assert (more.cost.tolist(), more.columns) == ([1, 2, 3, 8, 9], (0, 1, 2, "a", "b"))
    assert (more.lower.tolist(), more.upper.tolist()) == ([0] * 5, [9, 9, 9, INF, 5])
    assert more.integer.tolist() == [True] * 3 + [False] * 2
    assert more.indices.tolist() == [0, 1, 0, 0, 1]


def test_a_part_has_some_rows_and_columns(three: Arrays) -> None:
    """Tests the second row with the last two columns, and a part without any."""
    part = three.part(np.array([1]), np.array([1, 2]))
    assert dense(part) == [[5, 0]]
    assert (part.cost.tolist(), part.row_upper.tolist()) == ([2, 3], [6])
    assert (part.rows, part.columns) == ((1,), (1, 2))
    none = np.zeros(0, dtype=np.int64)
    assert three.part(none, none).size == {"columns": 0, "rows": 0, "nonzeros": 0, "integers": 0}


def test_fixed_columns_are_in_sides_and_offset(three: Arrays) -> None:
    """Tests that x2 = 2 and x1 = 1 leave x0 >= 1 - 8, -3 <= 0 <= 1 and an offset of 6 + 2."""
    rest = three.without(np.array([False, True, True]), np.array([5.0, 1.0, 2.0]))
    assert dense(rest) == [[1], [0]]
    assert (rest.row_lower.tolist(), rest.row_upper.tolist(), rest.offset) == ([-7, -3], [INF, 1], 8)


def test_columns_fixed_at_values_are_bounds(three: Arrays) -> None:
    """Tests that a fixed column has its value as both bounds, and that no column is an integer any more."""
    fixed = three.with_values(np.array([False, True, False]), np.array([1.0, 2.5, 3.0]))
    assert (fixed.lower.tolist(), fixed.upper.tolist()) == ([0, 2.5, 0], [9, 2.5, 9])
    assert not fixed.integer.any()


def test_terms_of_a_row_with_the_same_column_are_added_up() -> None:
    rows, columns = np.array([[0, 0, 0, 1, 1, 2], [2, 0, 2, 0, 3, 2]], dtype=np.int32)
    starts, indices, values = by_column(rows, columns, np.array([1.0, 2.0, 4.0, 8.0, 16.0, 32.0]), 5)
    assert starts.tolist() == [0, 2, 2, 4, 5, 5]
    assert indices.tolist() == [0, 1, 0, 2, 1]
    assert values.tolist() == [2.0, 8.0, 5.0, 32.0, 16.0]


def test_without_terms_no_column_has_any() -> None:
    none = np.zeros(0, dtype=np.int32)
    starts, indices, values = by_column(none, none, np.zeros(0), 3)
    assert starts.tolist() == [0, 0, 0, 0]
    assert (len(indices), len(values)) == (0, 0)


@pytest.mark.parametrize("count", [1, 50, 1 << 16, (1 << 16) + 1, 200_000])
def test_as_scipy_does_it(count: int) -> None:
    random = np.random.default_rng(count)
    rows = np.sort(random.integers(0, 400, 30_000, dtype=np.int32))
    columns = random.integers(0, count, len(rows), dtype=np.int32)
    values = random.random(len(rows))
    starts, indices, found = by_column(rows, columns, values, count)
    expected = coo_array((values, (rows, columns)), shape=(400, count)).tocsc()
    expected.sum_duplicates()
    assert np.array_equal(starts, expected.indptr)
    assert np.array_equal(indices, expected.indices)
    assert np.allclose(found, expected.data, rtol=1e-13, atol=0)  # many are added up where there is one column
