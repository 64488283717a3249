"""Capacity and money by period: entire tables of seven months from November 2026, worked out by hand."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from optimizer.cash_terms import cash_terms
from optimizer.plan.plan import Plan
from optimizer.report.plan_context import PlanContext
from optimizer.report.totals_by_period import (
    AFTER,
    Periods,
    capacity_by_period,
    capacity_table,
    cash_by_period,
    cash_table,
)
from tests.plan.pairs import instance, plan
from tests.report.plans import Rows

START, MONTHS = "2026-11", 7  # quarters of two, three and two months
FULL = {f"{year} Q{n}": 3 for year, n in ((2027, 1), (2027, 2), (2027, 3), (2027, 4), (2028, 1), (2028, 2), (2028, 3))}
QUARTERS = ["2026 Q4", "2027 Q1", "2027 Q2"]
OWN, RENTED = ("in_house", "in_house", "north", "gpu"), ("contract", "neo", "europe", "gpu")
HOURLY = ("on_demand", "cloud", "europe", "gpu")
# month, pool, source, party, place, kind, accelerators, used, leased out, idle, MW
CAPACITY: Rows = [
    ("2026-11", "north/gpu", *OWN, 600, 500, 0, 100, 0.9),
    ("2026-12", "north/gpu", *OWN, 600, 600, 0, 0, 0.9),
    ("2027-01", "north/gpu", *OWN, 600, 500, 60, 40, 0.9),
    ("2027-02", "lease", *RENTED, 300, 240, 0, 60, 0.45),
    ("2027-03", "hourly", *HOURLY, 90, 90, 0, 0, 0.12),
    ("2027-05", "lease", *RENTED, 300, 300, 0, 0, 0.45),
]
# month, term, item, party, amount, present value
CASH: Rows = [
    ("2026-12", "build", "hall-1", "in_house", 40e6, 39e6),
    ("2027-01", "contract", "lease", "neo", 3e6, 2.9e6),
    ("2027-02", "contract", "lease", "neo", 5e6, 4.8e6),
    ("2027-02", "termination", "let", "lab", 0.5e6, 0.4e6),
    ("2027-04", "on_demand", "hourly", "cloud", 2e6, 1.9e6),
    ("2027-05", "lease_out", "let", "lab", -12e6, -11e6),
    ("2027-05", "unserved", "study", "", 7e6, 6e6),
    ("2027-05", "lateness", "big", "", 0.04e6, 0.03e6),
    ("2027-06", "residual", "hall-1", "in_house", -20e6, -18e6),
    ("2027-06", "tail", "lease", "neo", 1e6, 0.8e6),
]


@pytest.fixture(scope="module")
def made() -> Plan:
    return plan(instance(months=MONTHS, start=START), capacity=CAPACITY, cash=CASH)


@pytest.mark.parametrize(
    ("months", "noun", "lengths"),
    [
        (1, "Month", {"2026-11": 1}),
        (6, "Month", dict.fromkeys(["2026-11", "2026-12", "2027-01", "2027-02", "2027-03", "2027-04"], 1)),
        (7, "Quarter", {"2026 Q4": 2, "2027 Q1": 3, "2027 Q2": 2}),
        (24, "Quarter", {"2026 Q4": 2, **FULL, "2028 Q4": 1}),
        (25, "Year", {"2026": 2, "2027": 12, "2028": 11}),
    ],
)  # fmt: skip
def test_periods_are_few(months: int, noun: str, lengths: dict[str, int]) -> None:
    """Tests that up to 6 months stand each by itself, up to 24 by quarter, and more by year, incomplete ones too."""
    periods = Periods(START, months)
    assert (periods.noun, periods.lengths.to_dict(), list(periods.lengths.index)) == (noun, lengths, list(lengths))


def test_every_month_has_its_quarter() -> None:
    """Tests the first and the last month of each quarter, the plan's last month and the one after it."""
    of = Periods("2026-01", 12).of
    assert [of(f"2026-{month:02}") for month in (1, 3, 4, 6, 7, 9, 10, 12)] == [
        f"2026 Q{number}" for number in (1, 1, 2, 2, 3, 3, 4, 4)
    ]
    assert of("2027-01") == AFTER == "after the end"


def test_capacity_is_the_average_of_the_months_in_the_plan(made: Plan) -> None:
    """Tests every cell: sums divided by two, three and two months, with and without columns by source."""
    periods = Periods(START, MONTHS)
    wide = pd.DataFrame(
        {
            "In-house\naccel.": [600, 200, 0],
            "In-house\nMW": [0.9, 0.3, 0],
            "Contract\naccel.": [0, 100, 150],
            "Contract\nMW": [0, 0.15, 0.225],
            "On demand\naccel.": [0, 30, 0],
            "On demand\nMW": [0, 0.04, 0],
            "Leased\nout": [0, 20, 0],
            "Idle": [50, 100 / 3, 0],
        },
        index=QUARTERS,
    )
    narrow = pd.DataFrame(
        {
            "In-house\naccel.": [600, 200, 0],
            "Rented\naccel.": [0, 130, 150],
            "MW": [0.9, 0.49, 0.225],
            "Leased\nout": [0, 20, 0],
            "Idle": [50, 100 / 3, 0],
        },
        index=QUARTERS,
    )
    for frame, expected in (
        (capacity_by_period(made, periods), wide),
        (capacity_by_period(made, periods, False), narrow),
    ):
        pd.testing.assert_frame_equal(frame, expected, check_dtype=False, check_names=False)


def test_the_table_of_capacity(made: Plan) -> None:
    """Tests headings, cells and dashes; columns that are zero in all periods are left out."""
    table = capacity_table(PlanContext(made), wide=False)
    assert (table.caption, table.empty) == ("Capacity, average of the months", "This plan has no capacity.")
    assert table.grid.columns == ("Quarter", "In-house\naccel.", "Rented\naccel.", "MW", "Leased\nout", "Idle")
    assert table.grid.rows == [
        ("2026 Q4", "600", "–", "0.9", "–", "50"),
        ("2027 Q1", "200", "130", "0.49", "20", "33.3"),
        ("2027 Q2", "–", "150", "0.225", "–", "–"),
    ]
    short = plan(made.instance, capacity=[("2027-02", "lease", *RENTED, 300, 300, 0, 0, 0)])
    assert capacity_table(PlanContext(short)).grid.columns == ("Quarter", "Contract\naccel.")
    assert not capacity_table(PlanContext(plan(made.instance))).grid.rows


def test_money_by_group_of_terms(made: Plan) -> None:
    """Tests every cell in millions: fees of outlets stand with what is leased out; the last row is discounted."""
    index = [*QUARTERS, AFTER, "all", "present value"]
    # Total: 40, 3 + 5 + 0.5, 2 - 12 + 7 + 0.04, -20 + 1.
    total = [40, 8.5, -2.96, -19, 26.54, 26.83]
    wide = {
        "In-house": [40, 0, 0, 0, 40, 39],
        "Contracts": [0, 8, 0, 0, 8, 7.7],
        "On demand": [0, 0, 2, 0, 2, 1.9],
        "Leased out": [0, 0.5, -12, 0, -11.5, -10.6],
        "Unserved": [0, 0, 7, 0, 7, 6],
        "Other penalties": [0, 0, 0.04, 0, 0.04, 0.03],
        "Residual": [0, 0, 0, -20, -20, -18],
        "Tail": [0, 0, 0, 1, 1, 0.8],
        "Total": total,
    }
    narrow = {
        "In-house": [40, 0, 0, -20, 20, 21],
        "Rented": [0, 8, 2, 1, 11, 10.4],
        "Leased out": [0, 0.5, -12, 0, -11.5, -10.6],
        "Penalties": [0, 0, 7.04, 0, 7.04, 6.03],
        "Total": total,
    }
    for way, expected in ((True, wide), (False, narrow)):
        frame = cash_by_period(made, Periods(START, MONTHS), way) / 1e6
        wanted = pd.DataFrame(expected, index=index)
        pd.testing.assert_frame_equal(frame, wanted, check_dtype=False, check_names=False)


@pytest.mark.parametrize("wide", [True, False])
@pytest.mark.parametrize("term", [*cash_terms(), "of a later version"])
def test_every_term_is_in_one_column(made: Plan, term: str, wide: bool) -> None:
    """Tests that the money of each declared term, also of one that is not declared, stands in one group."""
    frame = cash_by_period(
        plan(made.instance, cash=[("2027-02", term, "x", "", 3.0, 2.0)]), Periods(START, MONTHS), wide
    )
    assert len(frame.columns) == 2
    assert frame.loc[["2027 Q1", "all", "present value"]].to_numpy().tolist() == [[3, 3], [3, 3], [2, 2]]


def test_the_table_of_money(made: Plan) -> None:
    """Tests headings, cells in millions with one digit, dashes, and amounts that round to nothing."""
    table = cash_table(PlanContext(made), wide=False)
    assert (table.caption, table.empty) == ("Cost, M USD; money in is negative", "This plan has no payments.")
    assert table.grid.columns == ("Quarter", "In-house", "Rented", "Leased out", "Penalties", "Total")
    assert table.grid.rows == [
        ("2026 Q4", "40.0", "–", "–", "–", "40.0"),
        ("2027 Q1", "–", "8.0", "0.5", "–", "8.5"),
        ("2027 Q2", "–", "2.0", "-12.0", "7.0", "-3.0"),
        (AFTER, "-20.0", "1.0", "–", "–", "-19.0"),
        ("all", "20.0", "11.0", "-11.5", "7.0", "26.5"),
        ("present value", "21.0", "10.4", "-10.6", "6.0", "26.8"),
    ]
    wide = cash_table(PlanContext(made)).grid
    assert dict(zip(wide.columns, wide.rows[2], strict=True))["Other penalties"] == "<0.1"


@pytest.mark.parametrize(
    ("amount", "caption", "shown"),
    [
        (9.5, "Cost, USD", "9.5"),
        (999.9, "Cost, USD", "999.9"),
        (999.94, "Cost, USD", "999.9"),
        (999.95, "Cost, USD", "1,000"),
        (-999.96, "Cost, USD", "-1,000"),
        (9_999.0, "Cost, USD", "9,999"),
        (10_000.0, "Cost, k USD", "10.0"),
        (999_940.0, "Cost, k USD", "999.9"),
        (999_950.0, "Cost, k USD", "1,000"),
    ],
)
def test_digits_of_costs(made: Plan, amount: float, caption: str, shown: str) -> None:
    """Tests that costs have one digit below their scale's thousand, and none where one would round up to it."""
    rows: list[tuple[Any, ...]] = [("2027-02", "contract", "lease", "neo", amount, amount)]
    table = cash_table(PlanContext(plan(made.instance, cash=rows)))
    assert table.caption == f"{caption}; money in is negative"
    assert {row[table.grid.columns.index("Total")] for row in table.grid.rows} == {shown, "–"}  # 0 in other quarters


def test_a_plan_without_money_has_no_table_of_it(made: Plan) -> None:
    """Tests the caption, and that there are no rows."""
    table = cash_table(PlanContext(plan(made.instance)))
    assert (table.caption, table.grid.rows) == ("Cost, USD; money in is negative", [])
