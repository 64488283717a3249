"""Dates that stand for months: swapped days, times of day and time zones are no silent months."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from optimizer.instance.read import read
from tests.instance import edits
from tests.instance.fault_texts import fault_texts
from tests.instance.sample import HEAD, Tables, put, sample, write_folder, write_workbook


def _dated(*days: date) -> Tables:
    """The sample with these dates in its series of demand."""
    tables = sample()
    rows = [["assistant", day, 100 + i] for i, day in enumerate(days)]
    tables["demand"] = [["workload", "month", "amount"], *rows, ["study", "2026-06", 1000]]
    return tables


def _warnings(source: Any) -> list[str]:
    return [str(warning).split(": ", 1)[1] for warning in read(source).warnings]


# The dates of a series, and what is said of them. A swapped day is the month of another date: 11 January is 1 November.
ODD: list[tuple[list[date], list[str]]] = [
    ([date(2026, 1, 1), date(2026, 11, 1)], []),
    (
        [datetime(2026, 2, 1), datetime(2026, 1, 11), datetime(2026, 12, 1)],
        [
            "the date 2026-01-11 is read as 2026-01, but with day and month swapped it is 2026-11. "
            "Write 2026-01 or 2026-11."
        ],
    ),
    (
        [date(2026, 1, 1), date(2026, 3, 17)],
        ["the date 2026-03-17 is read as 2026-03. Write 2026-03, or its first day."],
    ),
    (
        [date(2026, 1, 1), date(2026, 2, 2)],
        ["the date 2026-02-02 is read as 2026-02. Write 2026-02, or its first day."],
    ),
    # A column of last days says what it means; one last day among first days does not.
    (
        [date(2026, 1, 31), date(2026, 2, 28), date(2028, 2, 29)],
        ["it takes effect after the plan ends. Set months to 26 or more, or remove the row."],
    ),
    (
        [date(2026, 1, 1), date(2026, 6, 30)],
        ["the date 2026-06-30 is read as 2026-06. Write 2026-06, or its first day."],
    ),
    (
        [datetime(2026, 1, 1), datetime(2026, 9, 30, 22, 0)],
        [
            "the time 2026-09-30 22:00 is read as 2026-09, but in another time zone it may be 2026-10. "
            "Write the month, or its first day."
        ],
    ),
    (
        [datetime(2026, 1, 1), datetime(2026, 9, 1, 4, 0)],
        [
            "the time 2026-09-01 04:00 is read as 2026-09, but in another time zone it may be 2026-08. "
            "Write the month, or its first day."
        ],
    ),
]


@pytest.mark.parametrize(("days", "problems"), ODD)
def test_odd_dates_are_warned_of(tmp_path: Path, days: list[date], problems: list[str]) -> None:
    """Tests that a date that may mean another month is a warning with both, in a workbook as in frames."""
    assert _warnings(write_workbook(tmp_path / "mine.xlsx", _dated(*days))) == problems
    assert _warnings(edits.frames(_dated(*days))) == problems


def test_every_column_of_months_is_looked_at(tmp_path: Path) -> None:
    """Tests that the warning names sheet and cell, and that head and other tables are looked at too."""
    tables = sample()
    put(tables, "fleet", 2, "until", date(2027, 6, 7))
    put(tables, "training_runs", 2, "target", date(2027, 1, 2))
    path = write_workbook(tmp_path / "mine.xlsx", tables, {**HEAD, "start": datetime(2026, 1, 3)})
    places = [(warning.where, warning.cell, warning.value) for warning in read(path).warnings]
    assert places == [
        ("instance", "B4", "2026-01-03"),
        ("fleet", "D2", "2027-06-07"),
        ("training_runs", "G2", "2027-01-02"),
    ]


def test_a_date_of_the_head_as_toml(tmp_path: Path) -> None:
    """Tests that a date of TOML itself is read as its month, with the same warning."""
    folder = write_folder(tmp_path, sample())
    text = (folder / "instance.toml").read_text(encoding="utf-8")
    (folder / "instance.toml").write_text(text.replace('"2026-01"', "2026-01-09"), encoding="utf-8")
    assert _warnings(folder) == [
        "the date 2026-01-09 is read as 2026-01, but with day and month swapped it is 2026-09. "
        "Write 2026-01 or 2026-09."
    ]


def test_swapped_days_of_one_month(tmp_path: Path) -> None:
    """Tests that two swapped dates, which repeat a month, are refused with the months that they may be."""
    days = [datetime(2026, 1, 11), datetime(2026, 1, 12)]
    assert fault_texts(write_workbook(tmp_path / "mine.xlsx", _dated(*days))) == [
        "demand, cell A3, row 3, column workload: 'assistant, 2026-01' duplicates row 2. "
        "The date 2026-01-12 is read as 2026-01, but with day and month swapped it is 2026-12. "
        "Write 2026-01 or 2026-12."
    ]


# ---------------------------------------------------------------- time zones
BERLIN = pd.Series(pd.to_datetime(["2026-01-01", "2027-01-01", "2026-06-01"])).dt.tz_localize("Europe/Berlin")


def _zoned(months: Any) -> edits.Frames:
    frames = edits.frames()
    frames["demand"] = frames["demand"].assign(month=months)
    return frames


def test_first_days_in_their_own_zone_are_months() -> None:
    """Tests that midnight on a first day, by its own clock, is its month without a warning."""
    assert [row.month for row in read(_zoned(BERLIN)).rows["demand"]] == [0, 12, 5]
    assert _warnings(_zoned(BERLIN)) == []


def test_months_in_another_zone_are_refused() -> None:
    """Tests that times whose month depends on the time zone are refused with both months: no series moves by one."""
    # Midnight in Berlin is 23:00 (in summer 22:00) of the day before in UTC.
    faults = fault_texts(_zoned(BERLIN.dt.tz_convert("UTC")))
    months = [("2025-12", "2026-01"), ("2026-12", "2027-01"), ("2026-05", "2026-06")]
    assert len(faults) == len(months)
    for row, (fault, (before, after)) in enumerate(zip(faults, months, strict=True), start=1):
        assert fault.startswith(f"demand, row {row}, column month: ")
        assert fault.endswith(f"lies in {before} or {after}, as the time zone is. Give months without time zones.")


def test_zones_that_make_no_difference() -> None:
    """Tests that the middle of a month is that month in every zone."""
    middle = pd.Series(pd.to_datetime(["2026-01-15", "2027-01-15", "2026-06-15"])).dt.tz_localize("UTC")
    assert [row.month for row in read(_zoned(middle)).rows["demand"]] == [0, 12, 5]


@pytest.mark.parametrize("value", [datetime(9999, 12, 31, 23), pd.Timestamp("2262-04-11", tz="UTC")])
def test_the_last_dates_there_are(value: datetime) -> None:
    """Tests that the last dates of the calendar are months like others: forever, in some planners' sheets."""
    frames = edits.frames()
    frames["fleet"]["until"] = pd.Series([value], dtype=object)
    assert read(frames).rows["fleet"][0].until > 24


def test_the_first_date_there_is() -> None:
    """Tests that a date before 1900 is refused as any text is."""
    frames = edits.frames()
    frames["fleet"]["until"] = pd.Series([datetime.min], dtype=object)
    assert fault_texts(frames) == ["fleet, row 1, column until: expected a month YYYY-MM, found '0001-01-01'."]


def test_a_date_that_stands_for_no_month_is_not_odd(tmp_path: Path) -> None:
    """Tests that a date in a column of texts is a text, whatever its day."""
    tables = sample()
    put(tables, "accelerators", 2, "vendor", date(2026, 3, 17))
    assert _warnings(write_workbook(tmp_path / "mine.xlsx", tables)) == []
