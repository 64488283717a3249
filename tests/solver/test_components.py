"""Independent parts of a program, number by number."""

from __future__ import annotations

import numpy as np

from optimizer.solver.components import split
from tests.solver.programs import INF, program


def test_a_program_falls_apart_without_its_fixed_columns() -> None:
    """Tests parts, places and sides of a program of which a column joins two parts and is fixed."""
    # Columns 0 and 3 share row 1; column 4 is in row 3 alone, column 2 in none; column 1 is fixed at 2 and is in rows
    # 0, 1 and 3.
    rows = [[0, 5, 0, 0, 0], [1, 3, 0, 7, 0], [0, 0, 0, 0, 0], [0, -1, 0, 0, 6]]
    arrays = program([1, 10, 3, 4, 5], rows, [0, 1, -INF, 3], [20, INF, 8, 4], upper=[9, 2, 7, 6, 5], whole=True)
    arrays.lower[1] = 2.0
    found = split(arrays, np.array([True, False, True, True, True]))
    assert found.row_lower.tolist() == [-10, -5, -INF, 5]
    assert found.row_upper.tolist() == [10, INF, 8, 6]
    assert sorted(set(found.part_of_column.tolist())) == [-1, 0, 1, 2]
    part, single, alone = (int(found.part_of_column[column]) for column in (0, 4, 2))
    assert found.part_of_column.tolist() == [part, -1, alone, part, single]
    assert found.part_of_row.tolist() == [-1, part, -1, single]
    assert found.place_of_column.tolist() == [0, -1, 0, 1, 0]
    assert found.place_of_row.tolist() == [-1, 0, -1, 0]
    shapes = [(one.cost.tolist(), one.values.tolist(), one.row_lower.tolist()) for one in found.parts]
    assert shapes[part] == ([1, 4], [1, 7], [-5])
    assert shapes[single] == ([5], [6], [5])
    assert shapes[alone] == ([3], [], [])
    assert found.parts[part].upper.tolist() == [9, 6]
    assert not any(one.integer.any() for one in found.parts)


def test_a_program_of_fixed_columns_has_no_parts() -> None:
    """Tests that without free columns all is in the sides of rows."""
    arrays = program([1], [[2]], [3], [4], upper=1)
    arrays.lower[0] = 1.0
    found = split(arrays, np.array([False]))
    assert found.parts == []
    assert (found.part_of_row.tolist(), found.part_of_column.tolist()) == ([-1], [-1])
    assert (found.row_lower.tolist(), found.row_upper.tolist()) == ([1], [2])
    empty = split(program([], np.zeros((0, 0)), [], []), np.zeros(0, dtype=bool))
    assert (empty.parts, empty.part_of_column.tolist()) == ([], [])
