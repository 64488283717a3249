"""The plan in tests/report/coast.py compared with another one: entire tables and charts, worked out by hand."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from optimizer.format import money
from optimizer.plan.compare import Comparison, compare
from optimizer.plan.tables import make_table
from optimizer.report import comparison as texts
from optimizer.report import comparison_charts as charts
from optimizer.report import comparison_time as times
from tests.report.coast import CAPACITY, CASH, MONTHS, OBLIGATIONS, SERVICE, coast_plan
from tests.report.drawings import drawn
from tests.report.plans import Rows

# 500 leased in November and December instead of 300, none of the flexible contract in March, no tail.
LEASED: Rows = [
    *[row for row in CAPACITY if row[1] != "lease" and row[:2] != ("2027-03", "flex")],
    ("2026-11", "lease", "contract", "neo", "europe", "gpu", 500, 500, 0, 0, 0.6),
    ("2026-12", "lease", "contract", "neo", "europe", "gpu", 500, 500, 0, 0, 0.6),
    ("2027-01", "lease", "contract", "neo", "europe", "gpu", 100, 100, 0, 0, 0.12),
]
PAID: Rows = [
    *[row for row in CASH if row[1] not in ("tail", "lateness") and row[:3] != ("2027-03", "contract", "flex")],
    ("2026-12", "contract", "lease", "neo", 4e6, 3.5e6),
]
LACKING: Rows = [
    *[row for row in SERVICE if row[:2] != ("2027-03", "study")],
    ("2027-03", "study", 320, 200, 120),
]


@pytest.fixture(scope="module")
def compared() -> Comparison:
    a = coast_plan()
    new = {"capacity": LEASED, "cash": PAID, "service": LACKING, "obligations": OBLIGATIONS[:5]}
    tables = {**a.tables, **{name: make_table(name, rows) for name, rows in new.items()}}
    objective = float(tables["cash"]["present_value"].sum())
    b = replace(a, head={**a.head, "objective": objective, "bound": None, "gap": None}, tables=tables)
    return compare(a, b, ("old", "new"))


def test_headline(compared: Comparison) -> None:
    """Tests cost, money, peaks and service of both plans, with their differences."""
    table = texts.headline(compared)
    assert table.caption == "new compared with old, money in USD"
    assert table.grid.columns == ("", "old", "new", "Difference")
    # Cost: 48.28 less 17, 2.5 and 0.4, and 3.5 more. Money: 48.5 less 18, 3 and 0.5, and 4 more.
    # MW: 1.3 in March; 0.8 + 0.6 in November. 470 and 590 of 4920 are not served.
    assert table.grid.rows == [
        ("Net present cost", "48.28 M", "31.88 M", "-16.4 M"),
        ("Gap", "0 %", "no bound proven", ""),
        ("Money out, nominal", "48.5 M", "31 M", "-17.5 M"),
        ("of which penalties", "4.5 M", "4 M", "-500 k"),
        ("of which leased out", "-5 M", "-5 M", "–"),
        ("Peak owed", "64 M", "8 M", "-56 M"),
        ("Peak accelerators", "950", "1,150", "+200"),
        ("Peak MW", "1.3", "1.4", "+0.1"),
        ("Unserved", "9.55 %", "12 %", ""),
    ]


def test_money_by_term_and_party(compared: Comparison) -> None:
    """Tests present values in millions, the largest difference first."""
    terms = texts.terms(compared)
    assert terms.caption == "Present value by term, M USD; money in is negative"
    # Contracts: 33.4 less 17, and 3.5 more.
    assert terms.grid.rows == [
        ("contract", "33.4", "19.9", "-13.5"),
        ("tail", "2.5", "–", "-2.5"),
        ("lateness", "0.4", "–", "-0.4"),
        ("build", "40.0", "40.0", "–"),
        ("lease out", "-4.8", "-4.8", "–"),
        ("on demand", "1.0", "1.0", "–"),
        ("residual", "-28.0", "-28.0", "–"),
        ("unserved", "3.8", "3.8", "–"),
        ("all", "48.3", "31.9", "-16.4"),
    ]
    parties = texts.parties(compared)
    # Cloud: 29.08 less 17 and 2.5.
    assert parties.grid.rows == [
        ("cloud", "29.1", "9.6", "-19.5"),
        ("neo", "7.8", "11.3", "+3.5"),
        ("penalties", "4.2", "3.8", "-0.4"),
        ("in-house", "12.0", "12.0", "–"),
        ("lab", "-4.8", "-4.8", "–"),
        ("all", "48.3", "31.9", "-16.4"),
    ]


def test_differences_over_time(compared: Comparison) -> None:
    """Tests accelerators and money by month and party, the party that differs most first."""
    capacity, cost = times.capacity(compared), times.cost(compared)
    assert capacity.grid.columns == ("Month", "neo", "cloud", "All")
    assert capacity.grid.rows == [
        ("2026-11", "+200", "–", "+200"),
        ("2026-12", "+200", "–", "+200"),
        ("2027-01", "–", "–", "–"),
        ("2027-02", "–", "–", "–"),
        ("2027-03", "–", "-80", "-80"),
    ]
    assert cost.caption == "Difference of the money, M USD, nominal"
    assert cost.grid.columns == ("Month", "cloud", "neo", "penalties", "All")
    assert cost.grid.rows == [
        ("2026-11", "–", "–", "–", "–"),
        ("2026-12", "–", "+4.0", "–", "+4.0"),
        ("2027-01", "–", "–", "–", "–"),
        ("2027-02", "–", "–", "-0.5", "-0.5"),
        ("2027-03", "-18.0", "–", "–", "-18.0"),
        ("after the end", "-3.0", "–", "–", "-3.0"),
    ]


def test_unserved_work(compared: Comparison) -> None:
    """Tests that workloads without a difference are left out."""
    table = times.service(compared)
    assert table.grid.rows == [("study", "220", "340", "+120")]
    same = compare(compared.a, compared.a, ("old", "same"))
    assert times.service(same).grid.rows == []


def test_chart_of_accelerators(compared: Comparison) -> None:
    """Tests bars by party, the line of all, the month with the largest difference, and equal plans."""
    context = charts.common_context(compared)
    chart = charts.capacity(context, compared, "1")
    assert (chart.key, chart.title) == (
        "capacity-1",
        "Accelerators of new over old, by party: most in Nov 2026, +200.",
    )
    found = drawn(chart)
    assert (found["neo"], found["cloud"]) == ([200, 200, 0, 0, 0], [0, 0, 0, 0, -80])
    assert found["all"] == [200, 200, 0, 0, -80, -80]
    assert [row[-1] for row in chart.grid.rows] == ["200", "200", "", "", "-80"]
    same = compare(compared.a, compared.a, ("old", "same"))
    chart = charts.capacity(charts.common_context(same), same, "1")
    assert chart.title == "same and old have as many accelerators in every month."


def test_chart_of_money(compared: Comparison) -> None:
    """Tests bars by party, the running sum, and what is counted after the plans."""
    chart = charts.cost(charts.common_context(compared), compared, "1")
    assert chart.title == "Money of new over old, by party: -14.5 M USD by Mar 2027."
    found = drawn(chart)
    assert (found["cloud"], found["neo"], found["penalties"]) == (
        [0, 0, 0, 0, -18],
        [0, 4, 0, 0, 0],
        [0, 0, 0, -0.5, 0],
    )
    assert found["running sum"] == [0, 4, 4, 3.5, -14.5, -14.5]
    assert [row[-2:] for row in chart.grid.rows] == [
        *(("", ""), ("4.0", "4.0"), ("", "4.0")),
        *(("-0.5", "3.5"), ("-18.0", "-14.5")),
    ]
    assert chart.note == (
        "In M USD, nominal, penalties included; above zero: more money out. Not shown: -3 M USD after the end: "
        "residual value and tail of contracts."
    )


@pytest.mark.parametrize(
    ("months", "start", "first", "last"), [(3, "2026-09", "2026-09", "2027-03"), (9, "2027-01", "2026-11", "2027-09")]
)
def test_months_of_both_plans(compared: Comparison, months: int, start: str, first: str, last: str) -> None:
    """Tests the months from the earlier start to the later end, in the chart and in tables."""
    head = replace(compared.b.instance.head, start=start, months=months)
    other = replace(compared.b, instance=replace(compared.b.instance, head=head))
    both = replace(compared, b=other)
    span = [str(month) for month in pd.period_range(first, last, freq="M")]
    assert charts.common_context(both).months == times.periods(both).labels == span
    assert len(MONTHS) < len(span)


@pytest.mark.parametrize(
    ("number", "columns"),
    [(8, [f"p{n}" for n in range(8, 0, -1)]), (9, [*(f"p{n}" for n in range(9, 2, -1)), "others"])],
)
def test_parties_that_differ_little_are_put_together(compared: Comparison, number: int, columns: list[str]) -> None:
    """Tests that eight parties have a column each, and of nine the seven that differ most."""
    table = pd.DataFrame(
        [("2027-01", f"p{n}", 10.0 * n if n % 2 else -10.0 * n) for n in range(1, number + 1)],
        columns=["month", "party", "accelerators_difference"],
    )
    grid = times.capacity(replace(compared, capacity=table)).grid
    assert grid.columns == ("Month", *columns, "All")
    # 10 - 20 + 30 - ... of eight or nine.
    assert grid.rows[2][-1] == ("-40" if number == 8 else "+50")
    assert grid.rows[2][1] == ("-80" if number == 8 else "+90")
    assert number == 8 or grid.rows[2][-2] == "-10"


@pytest.mark.parametrize(
    ("old", "new", "change"),
    [
        (1e9, 1e9 + 1, "–"),
        (1e9, 1e9 + 3, "+3"),
        (-1e9, 1e9, "+2 bn"),
        (5.0, 2.0, "-3"),
        (0.0, 0.0, "–"),
    ],
)
def test_rounding_is_no_difference(old: float, new: float, change: str) -> None:
    """Tests that a difference up to a billionth of both counts as zero."""
    assert texts.number_row("x", old, new, money)[-1] == change
