"""Cells of documents."""

from __future__ import annotations

import pytest

from optimizer.format import count, tenths
from optimizer.report.document import Figure, Grid, by_month


def test_a_figure_is_text_with_its_number() -> None:
    """Tests that a zero is shown, unless it is to be blank, and that the number stays."""
    cells = [
        Figure(1200, count),
        Figure(0, count),
        Figure(0, count, blank_zero=True),
        Figure(3, count, blank_zero=True),
    ]
    assert [(str(cell), cell.value) for cell in cells] == [("1,200", 1200), ("0", 0), ("", 0), ("3", 3)]


GRID = Grid(("Item", "Size"), [("a", "1"), ("b", "2"), ("c", "3")], note="In tons.", source="the shed")


@pytest.mark.parametrize(
    ("most", "rows", "notes"),
    [
        (4, 3, "In tons."),
        (3, 3, "In tons."),
        (2, 2, "In tons. 1 more row in the shed."),
        (0, 0, "In tons. 3 more rows in the shed."),
    ],
)
def test_the_first_rows_of_a_table(most: int, rows: int, notes: str) -> None:
    """Tests how many rows stay, and that the note counts those left out, also by two cuts."""
    cut = GRID.head(most)
    assert (cut.rows, cut.notes) == (GRID.rows[:rows], notes)
    assert GRID.head(2).head(1).notes == "In tons. 2 more rows in the shed."
    assert Grid(("Item",), [("a",), ("b",)]).head(1).notes == "1 more row in the plan's tables."
    assert GRID.head(most).columns == ("Item", "Size")


def test_a_table_by_month() -> None:
    """Tests a row for each month with a cell of each series."""
    columns = (("north", (1.0, 0.25)), ("south", (0.0, 3.0)))
    grid = by_month(("2026-12", "2027-01"), iter(columns), tenths)
    assert grid.columns == ("Month", "north", "south")
    assert (grid.rows, grid.texts) == ([("2026-12", "1.0", ""), ("2027-01", "0.2", "3.0")], 1)
