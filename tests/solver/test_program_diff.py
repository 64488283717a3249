"""Differences of two programs: what can be changed in place, and the reason where it cannot, by name."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from optimizer.program.arrays import Arrays
from optimizer.solver.program_diff import structural_difference
from tests.solver.programs import INF, program

COLUMNS = (("signed", ("lease", 0)), ("signed", ("lease", 1)), ("used", ("hall", 0)), ("used", ("hall", 1)))
ROWS = (("capacity", ("hall", 0)), ("capacity", ("hall", 1)), ("budget_limit", "cap"))


def made(matrix: Any, **changes: Any) -> Arrays:
    """A program of four columns and three rows."""
    arrays = program([1, 2, 3, 4], matrix, [0, 0, -INF], [INF, INF, 9])
    return replace(arrays, **{"columns": COLUMNS, "rows": ROWS, **changes})


MATRIX = [[9, 0, -1, 0], [9, 9, 0, -1], [5, 5, 0, 0]]
BEFORE = made(MATRIX)


def test_numbers_alone_are_no_structural_difference() -> None:
    """Tests other costs, bounds, sides and coefficients, and equal names that are other objects."""
    after = made(np.array(MATRIX) * 3, cost=np.zeros(4), lower=np.ones(4), upper=np.ones(4), offset=3.0)
    after = replace(after, row_lower=np.zeros(3), row_upper=np.ones(3), columns=(*COLUMNS[:2], *COLUMNS[2:]))
    assert structural_difference(BEFORE, after) is None


NEW = (("used", ("wing", 0)), ("built", ("wing", 0)), ("built", ("hall", 0)))


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"columns": (*COLUMNS, *NEW)}, "3 columns added, such as built[hall,0], built[wing,0]"),
        ({"columns": COLUMNS[2:]}, "2 columns removed, such as signed[lease,0], signed[lease,1]"),
        ({"columns": (*COLUMNS[1:], NEW[0])}, "1 columns added and 1 columns removed, such as used[wing,0]"),
        ({"columns": COLUMNS[::-1]}, "columns come in another order"),
        ({"rows": ROWS[:2]}, "1 rows removed, such as budget_limit[cap]"),
        ({"rows": (ROWS[1], ROWS[0], ROWS[2])}, "rows come in another order"),
        ({"integer": np.array([True, False, False, False])}, "other columns are integer: signed[lease,0]"),
        (
            {"integer": np.array([False, True, True, True])},
            "other columns are integer: signed[lease,1], used[hall,0]",
        ),
        # Columns differ first, then rows, then integers.
        (
            {"columns": COLUMNS[::-1], "rows": ROWS[::-1], "integer": np.ones(4, dtype=bool)},
            "columns come in another order",
        ),
        ({"rows": ROWS[::-1], "integer": np.ones(4, dtype=bool)}, "rows come in another order"),
    ],
)
def test_names_order_and_integers_are_structure(changes: dict[str, Any], reason: str) -> None:
    """Tests the first difference, with two examples at most, in the order of their names."""
    assert structural_difference(BEFORE, replace(BEFORE, **changes)) == reason


@pytest.mark.parametrize(
    ("matrix", "rows"),
    [
        ([[9, 0, -1, 0], [9, 9, 0, -1], [5, 0, 0, 0]], "budget_limit[cap]"),  # one less
        ([[9, 0, -1, 0], [9, 9, 0, -1], [5, 5, 0, 7]], "budget_limit[cap]"),  # one more
        ([[9, 0, 0, -1], [9, 9, -1, 0], [5, 5, 0, 0]], "capacity[hall,0], capacity[hall,1]"),  # as many in each
        ([[9, 0, -1, 0], [9, 0, 0, -1], [5, 5, 3, 0]], "capacity[hall,1], budget_limit[cap]"),
        ([[0, 9, -1, 0], [9, 0, 0, -1], [5, 0, 0, 3]], "capacity[hall,0], capacity[hall,1]"),  # of three, two are named
    ],
)
def test_the_places_of_coefficients_are_structure(matrix: Any, rows: str) -> None:
    """Tests that rows with coefficients of other columns are named, in the order of the program."""
    reason = f"rows have coefficients of other columns: {rows}"
    assert structural_difference(BEFORE, made(matrix)) == reason
    assert structural_difference(made(matrix), BEFORE) == reason
