"""What cells that stand for months can mean: each form, and the ends of each range."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest

from optimizer.instance.month_reading import is_last_day, month_of, month_readings, odd_date, zoned_months

EAST, WEST = timezone(timedelta(hours=9)), timezone(timedelta(hours=-8))
ENGLISH = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
GERMAN = ("januar", "februar", "märz", "april", "mai", "juni", "juli", "august", "september", "oktober", "november")


@pytest.mark.parametrize("number", range(1, 13))
def test_names_of_months(number: int) -> None:
    """Tests English and German names, short and long, with a year of four digits."""
    found = f"2026-{number:02d}"
    assert month_readings(f"{ENGLISH[number - 1]} 2026") == [(found, "")]
    assert month_readings(f"2026 {ENGLISH[number - 1].upper()}") == [(found, "")]
    german = (*GERMAN, "dezember")[number - 1]
    assert month_readings(f"{german} 2026") == [(found, "")]
    if number == 3:
        assert month_readings("mrz 2026") == [(found, "")]


@pytest.mark.parametrize(
    ("cell", "readings"),
    [
        # A year of four digits settles it.
        ("2026/10", [("2026-10", "")]),
        ("2026.1", [("2026-01", "")]),
        ("202610", [("2026-10", "")]),
        ("20261015", [("2026-10", "")]),
        ("2026-10-15", [("2026-10", "")]),
        ("2026 10 5", [("2026-10", "")]),
        ("10/2026", [("2026-10", "")]),
        ("3.2026", [("2026-03", "")]),
        ("1900-01", [("1900-01", "")]),
        ("2200-12", [("2200-12", "")]),
        ("1899-12", []),
        ("2201-01", []),
        ("2026-13", []),
        ("2026-00", []),
        # Three numbers, the year last: in America the month is first, elsewhere the day; with points the day.
        ("12/01/2026", [("2026-12", "month first"), ("2026-01", "day first")]),
        ("13/01/2026", [("2026-01", "day first")]),
        ("01/31/2026", [("2026-01", "month first")]),
        ("12.01.2026", [("2026-01", "day first")]),
        ("31.01.2026", [("2026-01", "day first")]),
        ("32.01.2026", []),
        ("05/05/2026", [("2026-05", "month first")]),
        # Years of two digits: the first number is a year where it can be no month.
        ("26/10/31", [("2026-10", "year first"), ("2031-10", "day first")]),
        ("13/10/32", [("2032-10", "day first")]),
        ("12/10/31", [("2031-12", "month first"), ("2031-10", "day first")]),
        ("10/26", [("2026-10", "month and year")]),
        ("26/10", [("2026-10", "year and month")]),
        ("10/11", [("2011-10", "month and year"), ("2010-11", "year and month")]),
        # A name with a number of two digits: the year, unless it is the day.
        ("Oct-26", [("2026-10", "if 26 is the year and no day")]),
        ("Oct '26", [("2026-10", "if 26 is the year and no day")]),
        ("26 October", [("2026-10", "if 26 is the year and no day")]),
        ("October", []),
        ("7 Oct", []),
        ("5 October 2026", [("2026-10", "")]),
        ("Oct 2026 or 2027", []),
        ("somewhen 2026", []),
        # Days as spreadsheets count them: 46,296 is 2026-10-01, 30,000 is 1982-02-18, 80,000 is 2119-01-11.
        ("46296", [("2026-10", "a spreadsheet's day count")]),
        (46296, [("2026-10", "a spreadsheet's day count")]),
        (46296.0, [("2026-10", "a spreadsheet's day count")]),
        ("30000", [("1982-02", "a spreadsheet's day count")]),
        ("29999", []),
        ("80000", [("2119-01", "a spreadsheet's day count")]),
        ("80001", []),
        (202610, [("2026-10", "")]),
        (46296.5, []),
        (float("nan"), []),
        (1e9, []),
        (True, []),
        ("", []),
        ("soon", []),
        # A time of day: half a day ahead or behind it can be another month.
        ("2026-10-01T09:00", [("2026-10", "in some time zone"), ("2026-09", "in some time zone")]),
        ("2026-10-31 12:00", [("2026-10", "in some time zone"), ("2026-11", "in some time zone")]),
        ("2026-10-31 11:59", [("2026-10", "")]),
        ("2026-10-15 22:00", [("2026-10", "")]),
        ("2026-10-01 00:00", [("2026-10", "")]),
        ("2026-10-31T20:00+00:00", [("2026-10", "in some time zone"), ("2026-11", "in some time zone")]),
        ("2026-10-15T20:00Z", [("2026-10", "")]),
        ("2026-10-40 09:00", [("2026-10", "")]),
    ],
)
def test_readings_of_a_cell(cell: Any, readings: list[tuple[str, str]]) -> None:
    """Tests every month that a cell can mean, and how it is read to mean it."""
    assert month_readings(cell) == readings


@pytest.mark.parametrize(
    ("moment", "months"),
    [
        (date(2026, 10, 31), ["2026-10"]),
        (datetime(2026, 10, 31, 23), ["2026-10"]),  # no zone
        # The outermost zones are 12 hours behind and 14 ahead of UTC.
        (datetime(2026, 10, 31, 9, 59, tzinfo=UTC), ["2026-10"]),
        (datetime(2026, 10, 31, 10, 0, tzinfo=UTC), ["2026-10", "2026-11"]),
        (datetime(2026, 10, 1, 11, 59, tzinfo=UTC), ["2026-10", "2026-09"]),
        (datetime(2026, 10, 1, 12, 0, tzinfo=UTC), ["2026-10"]),
        (datetime(2026, 10, 31, 18, 59, tzinfo=EAST), ["2026-10"]),
        (datetime(2026, 10, 31, 19, 0, tzinfo=EAST), ["2026-10", "2026-11"]),
        (datetime(2026, 10, 1, 3, 59, tzinfo=WEST), ["2026-10", "2026-09"]),
        (datetime(2026, 10, 1, 4, 0, tzinfo=WEST), ["2026-10"]),
        (datetime(2026, 10, 1, 0, 0, tzinfo=EAST), ["2026-10"]),  # the first moment of a month there
        (datetime(2026, 10, 1, 0, 1, tzinfo=EAST), ["2026-10", "2026-09"]),
        (datetime(9999, 12, 31, 23, tzinfo=WEST), ["9999-12"]),
        (datetime(1899, 12, 31, 23, tzinfo=WEST), ["1899-12"]),
    ],
)
def test_months_of_a_time_with_a_zone(moment: date, months: list[str]) -> None:
    """Tests the month there, and another one if some zone has it."""
    assert zoned_months(moment) == months


WRITE = "Write the month, or its first day."


@pytest.mark.parametrize(
    ("day", "text"),
    [
        (date(2026, 10, 1), ""),
        (datetime(2026, 10, 1), ""),
        (
            date(2026, 10, 12),
            "the date 2026-10-12 is read as 2026-10, but with day and month swapped it is 2026-12. "
            "Write 2026-10 or 2026-12.",
        ),
        (date(2026, 10, 13), "the date 2026-10-13 is read as 2026-10. Write 2026-10, or its first day."),
        (date(2026, 10, 10), "the date 2026-10-10 is read as 2026-10. Write 2026-10, or its first day."),
        (
            datetime(2026, 10, 1, 11, 59),
            "the time 2026-10-01 11:59 is read as 2026-10, but in another time zone it may be 2026-09. " + WRITE,
        ),
        (datetime(2026, 10, 1, 12, 0), "the time 2026-10-01 12:00 is read as 2026-10. " + WRITE),
        (
            datetime(2026, 12, 31, 12, 0),
            "the time 2026-12-31 12:00 is read as 2026-12, but in another time zone it may be 2027-01. " + WRITE,
        ),
        (datetime(9999, 12, 31, 12, 0), "the time 9999-12-31 12:00 is read as 9999-12. " + WRITE),
    ],
)
def test_odd_dates(day: date, text: str) -> None:
    """Tests first days, swapped days, and times of day."""
    assert odd_date(day) == text


def test_last_days() -> None:
    """Tests the last days of months, leap years and a day with a time among them."""
    days = [date(2026, 1, 31), date(2026, 2, 28), date(2028, 2, 29), date(2026, 4, 30), datetime(2026, 12, 31)]
    assert all(map(is_last_day, days))
    others = [date(2026, 1, 30), date(2028, 2, 28), date(2026, 4, 1), datetime(2026, 12, 31, 0, 1)]
    assert not any(map(is_last_day, others))
    assert month_of(date(926, 3, 1)) == "0926-03"
