"""Training runs as a table and on a calendar: entire, worked out by hand."""

from __future__ import annotations

from typing import Any

import pytest

from optimizer.report.plan_context import PlanContext
from optimizer.report.training_runs import calendar, missed_runs, placed_runs, runs_grid
from tests.program.tiny import month
from tests.report.coast import changed
from tests.report.test_summary_tables import a_plan


def test_runs_of_the_coast(coast: PlanContext) -> None:
    """Tests runs that are placed, by month, and those that are not, with lateness and penalties."""
    grid = runs_grid(coast)
    assert grid.columns == ("Run", "Pool", "Runs", "Target", "Late", "Accelerators", "Penalty, USD")
    assert [tuple(map(str, row)) for row in grid.rows] == [
        ("big", "north/gpu", "2026-12", "2026-12", "", "100", ""),
        ("small", "north/gpu", "2027-02", "2027-01", "1 month", "200", "500 k"),
        ("never", "not run, work of 9,000", "", "", "", "", ""),
    ]
    assert (grid.texts, grid.notes) == (5, "Work in reference-accelerator-months.")


def test_runs_that_are_missed() -> None:
    """Tests that the most expensive comes first, and that without such runs there is no note."""
    cash = [("2027-03", "not_run", "small", "", 1e6, 1e6), ("2027-03", "not_run", "big", "", 3e6, 1e6)]
    context = changed(runs=[], cash=[*cash, ("2027-03", "not_run", "big", "", 1e6, 1e6)])
    assert [row.run for row in missed_runs(context)] == ["big", "small", "never"]
    assert [str(row[-1]) for row in runs_grid(context).rows] == ["4 M", "1 M", ""]
    placed = [(name, "north/gpu", 10, "2027-01", "2027-02", "", 0) for name in ("small", "never", "big")]
    every = changed(runs=placed)
    assert [row["run"] for row in placed_runs(every)] == ["big", "never", "small"]
    assert (missed_runs(every), runs_grid(every).notes) == ([], "")


def _drawn(months: int, free: int, *runs: tuple[Any, ...]) -> list[str]:
    rows = [
        (name, "hall/gpu", 10, month(first), month(last), month(target) if target is not None else "", 0)
        for name, first, last, target in runs
    ]
    context = PlanContext(a_plan(months, wanted=("big", "huge", "late"), runs=rows))
    return [calendar(context, 4, free).name, *calendar(context, 4, free).cells]


@pytest.mark.parametrize(
    ("months", "free", "run", "line"),
    [
        (12, 12, ("big", 2, 4, None), "··███·······"),
        (12, 99, ("big", 0, 11, None), "█" * 12),
        (12, 12, ("big", 2, 6, 4), "··███▒▒·····"),
        (12, 12, ("big", 2, 6, 1), "··▒▒▒▒▒·····"),
        # A run that began before the plan, or goes on after it.
        (12, 12, ("big", -3, 1, None), "██··········"),
        (12, 12, ("big", 10, 14, None), "··········██"),
        # 12 months in 11 or 6 characters are two a character; in five, three. One that is late in part is not late.
        (12, 11, ("big", 3, 8, 6), "·███▒·"),
        (12, 6, ("big", 3, 3, None), "·█····"),
        (12, 5, ("big", 3, 8, 6), "·██·"),
        (13, 12, ("big", 12, 12, None), "······█"),
        (13, 6, ("big", 12, 12, None), "····█"),
    ],
)
def test_a_line_of_the_calendar(months: int, free: int, run: tuple[Any, ...], line: str) -> None:
    """Tests months in a character, and what is late."""
    assert _drawn(months, free, run)[1] == line


@pytest.mark.parametrize(
    ("months", "free", "name"),
    [
        (16, 16, "Calendar"),
        (17, 17, "2030-01   2031-05"),
        (20, 20, "2030-01      2031-08"),
        (40, 20, "2030-01      2033-04"),
        (40, 19, "Calendar"),  # three months in each of fourteen characters
    ],
)
def test_the_header_of_the_calendar(months: int, free: int, name: str) -> None:
    """Tests that the first and the last month stand above the lines where there is room for both."""
    assert _drawn(months, free, ("big", 2, 4, None))[0] == name


def test_lines_of_several_runs() -> None:
    """Tests lines in order of start, blank for runs that are not run, and no more than are listed."""
    assert _drawn(12, 12, ("huge", 5, 5, None), ("big", 2, 2, None))[1:] == ["··█·········", "·····█······", ""]
    rows = [("big", 1, 1, None)] * 5
    assert len(_drawn(12, 12, *rows)[1:]) == 4
