"""Warnings on months as they are written, of a plan from 2030-01 on, in frames: dates, and rows that are replaced."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest

from tests.instance.warned import at, warned


def _read_as(day: str) -> str:
    return f"the date {day} is read as {day[:7]}. Write {day[:7]}, or its first day."


@pytest.mark.parametrize(
    ("days", "odd"),
    [
        ([], {}),
        ([date(2030, 5, 1), "2030-07"], {}),
        # A single last day says nothing about its column; two say what it means, also next to a text.
        ([date(2030, 5, 31)], {1: "2030-05-31"}),
        ([date(2030, 5, 31), "2030-07"], {1: "2030-05-31"}),
        ([date(2030, 5, 31), "2030-07", date(2030, 9, 30)], {}),
        ([date(2030, 5, 31), date(2030, 6, 30), date(2030, 9, 30)], {}),
        ([date(2030, 5, 31), date(2030, 7, 1), date(2030, 9, 30)], {1: "2030-05-31", 3: "2030-09-30"}),
        ([date(2030, 5, 17), date(2030, 6, 30)], {1: "2030-05-17", 2: "2030-06-30"}),
    ],
)
def test_dates_of_a_column(days: list[Any], odd: dict[int, str]) -> None:
    """Tests which dates of a series are warned of."""
    prices = [{"item": "usual", "month": day, "price": 3000} for day in days]
    assert warned(prices=prices) == [f"prices {row} month: {_read_as(day)}" for row, day in odd.items()]


@pytest.mark.parametrize(
    ("start", "problems"),
    [
        (date(2030, 1, 1), []),
        (datetime(2030, 1, 31), [_read_as("2030-01-31")]),
        ("2030-01", []),
    ],
)
def test_a_date_of_the_head(start: Any, problems: list[str]) -> None:
    """Tests the start of the plan; a last day of the month is alone there."""
    assert warned(head={"start": start}) == at("instance None start", *problems)


def _none(what: str, last: str) -> str:
    return f"{what} no effect: {last} replaces it by the plan's first month. Correct its month, or remove it."


@pytest.mark.parametrize(
    ("months", "expected"),
    [
        ([-2, 1], []),
        ([0, 1, 2], []),
        ([1, -2], []),
        ([-2, 0], [(1, _none("this row has", "row 2 (2030-01)"))]),
        ([0, -2, 3], [(2, _none("this row has", "row 1 (2030-01)"))]),
        ([-4, 5, -1], [(1, _none("this row has", "row 3 (2029-12)"))]),
        ([-14, -1, -13], [(1, _none("this row and 1 more of 'usual' have", "row 2 (2029-12)"))]),
        ([0, -1, -13, -5], [(2, _none("this row and 2 more of 'usual' have", "row 1 (2030-01)"))]),
    ],
)
def test_rows_that_are_replaced(months: list[int], expected: list[tuple[int, str]]) -> None:
    """Tests that all rows of an item up to the first month but the last of these are one warning, at the first."""
    series = [{"item": "usual", "month": t, "price": 3000 + t} for t in months]
    single = {"item": "hourly", "month": -3, "price": 4}
    found = warned(prices=[*series, single], on_demand=[{"price": 4, "max_accelerators": 50}])
    assert found == [f"prices {row} month: {problem}" for row, problem in expected]


def test_rows_of_two_items_are_replaced() -> None:
    """Tests one warning for each item, in the order of rows; months of a term are none of the plan."""
    hourly = [{"item": "hourly", "month": t, "price": 4} for t in (-3, -2, -1)]
    series = [{"item": "usual", "month": t, "price": 3000} for t in (-6, -5)]
    ramps = [{"contract": "usual", "month_of_term": t, "capacity_fraction": 1, "price_fraction": 1} for t in (0, 1)]
    found = warned(prices=[*hourly, *series], ramps=ramps, on_demand=[{"price": 4, "max_accelerators": 50}])
    hourly_text = _none("this row and 1 more of 'hourly' have", "row 3 (2029-12)")
    usual_text = _none("this row has", "row 5 (2029-08)")
    assert found == [f"prices 1 month: {hourly_text}", f"prices 4 month: {usual_text}"]
