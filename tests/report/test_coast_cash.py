"""Charts of money of the plan in tests/report/coast.py: all that they draw, say and list, worked out by hand."""

from __future__ import annotations

import pytest

from optimizer.report import chart_cash
from optimizer.report.plan_context import PlanContext
from optimizer.report.section_obligations import owed, parties_grid
from tests.report.coast import MONTHS, OBLIGATIONS, bars, by_month, changed, steps
from tests.report.drawings import drawn

OWN = "in-house"


def test_cash(coast: PlanContext) -> None:
    """Tests bars by party in millions; money in is below zero, and what is counted after the plan is apart."""
    chart = chart_cash.cash(coast)
    assert drawn(chart) == {
        OWN: [40, 0, 0, 0, 0],
        "cloud": [0, 1, 0, 9, 18],
        "neo": [0, 6, 2, 0, 0],
        "lab": [0, 0, -5, 0, 0],
        "penalties": [0, 0, 0, 4.5, 0],
    }
    # 40, 7, -3, 13.5 and 18.
    assert chart.title == "Cash and penalties: 75.5 M USD out over the first 5 months; most in Nov 2026, 40 M USD out."
    assert chart.note == (
        "Not shown: the residual value of 30 M USD and the tail of contracts of 3 M USD, counted after the last month."
    )
    assert chart.grid.columns == ("Month", OWN, "cloud", "neo", "lab", "penalties", "All")
    assert chart.grid.rows == by_month(
        ("40.0", "", "", "", ""),
        ("", "1.0", "", "9.0", "18.0"),
        ("", "6.0", "2.0", "", ""),
        ("", "", "-5.0", "", ""),
        ("", "", "", "4.5", ""),
        ("40.0", "7.0", "-3.0", "13.5", "18.0"),
    )
    assert chart.grid.note == "In M USD; money in is negative."


def test_cash_by_year(coast: PlanContext) -> None:
    """Tests two years, and what is counted after the plan."""
    chart = chart_cash.cash_by_year(coast)
    assert drawn(chart) == {
        OWN: [40, 0, -30],
        "cloud": [1, 27, 3],
        "neo": [6, 2, 0],
        "lab": [0, -5, 0],
        "penalties": [0, 4.5, 0],
    }
    assert [list(trace.x) for trace in chart.figure.data] == [["2026", "2027", "after the end"]] * 5
    assert chart.title == (
        "Cash and penalties by year: between 28.5 M USD out in 2027 and 47 M USD out in 2026; 75.5 M USD out in all."
    )
    assert chart.grid.columns == ("Year", OWN, "cloud", "neo", "lab", "penalties", "All")
    assert chart.grid.rows == [
        ("2026", "40.0", "1.0", "6.0", "", "", "47.0"),
        ("2027", "", "27.0", "2.0", "-5.0", "4.5", "28.5"),
        ("after the end", "-30.0", "3.0", "", "", "", "-27.0"),
    ]


def test_cash_by_term(coast: PlanContext) -> None:
    """Tests pairs of bars by size, money in among them, and the sum."""
    chart = chart_cash.cash_by_term(coast)
    assert bars(chart) == {
        "nominal": [40, 35, -30, -5, 4, 3, 1, 0.5],
        "present value": [40, 33.4, -28, -4.8, 3.8, 2.5, 0.98, 0.4],
    }
    # Of 40 + 33.4 + 3.8 + 2.5 + 0.98 + 0.4 = 81.08.
    assert chart.title == "The largest item is build: 40 M USD in present value, 49.3 % of all that is paid out."
    assert chart.grid.columns == ("Term", "Nominal", "Present value")
    assert list(chart.grid.strong) == [8]
    assert chart.grid.rows == [
        ("build", "40.0", "40.0"),
        ("contract", "35.0", "33.4"),
        ("residual", "-30.0", "-28.0"),
        ("lease out", "-5.0", "-4.8"),
        ("unserved", "4.0", "3.8"),
        ("tail", "3.0", "2.5"),
        ("on demand", "1.0", "1.0"),
        ("lateness", "0.5", "0.4"),
        ("all", "48.5", "48.3"),
    ]


def test_cash_by_party(coast: PlanContext) -> None:
    """Tests that the table lists the terms of each party in present value."""
    chart = chart_cash.cash_by_party(coast)
    assert bars(chart) == {
        "nominal": [31, 10, 8, -5, 4.5],
        "present value": pytest.approx([29.08, 12, 7.8, -4.8, 4.2]),
    }
    # Of 29.08 + 12 + 7.8 + 4.2 = 53.08.
    assert chart.title == "Most goes to cloud: 29.08 M USD in present value, 54.8 % of all that is paid out."
    assert chart.grid.columns == (
        *("Party", "Nominal", "Present value"),
        *("build", "contract", "lateness", "lease out", "on demand", "residual", "tail", "unserved"),
    )
    assert chart.grid.rows == [
        ("cloud", "31.0", "29.1", "", "25.6", "", "", "1.0", "", "2.5", ""),
        ("in-house", "10.0", "12.0", "40.0", "", "", "", "", "-28.0", "", ""),
        ("neo", "8.0", "7.8", "", "7.8", "", "", "", "", "", ""),
        ("lab", "-5.0", "-4.8", "", "", "", "-4.8", "", "", "", ""),
        ("penalties", "4.5", "4.2", "", "", "0.4", "", "", "", "", "3.8"),
        ("all", "48.5", "48.3", "40.0", "33.4", "0.4", "-4.8", "1.0", "-28.0", "2.5", "3.8"),
    ]
    assert chart.grid.note == "In M USD; money in is negative. Terms in present value."


def test_cumulative(coast: PlanContext) -> None:
    """Tests sums so far, of which the last one has what is counted after the plan."""
    chart = chart_cash.cumulative(coast)
    assert drawn(chart) == {
        "nominal": [40, 47, 44, 57.5, 75.5, 48.5],
        "present value": pytest.approx([40, 46.88, 43.98, 56.78, 73.78, 48.28]),
    }
    assert list(chart.figure.data[0].x) == [f"{month}-01" for month in (*MONTHS, "2027-04")]
    assert chart.title == "All in all 48.5 M USD out, nominal; 48.28 M USD out in present value."
    assert chart.grid.rows == [
        *by_month(("40.0", "47.0", "44.0", "57.5", "75.5"), ("40.0", "46.9", "44.0", "56.8", "73.8")),
        ("2027-04", "48.5", "48.3"),
    ]
    assert chart.note == "Up to and with each month; the last point adds what counts after the last month."


def test_obligations(coast: PlanContext) -> None:
    """Tests what is owed by month and party in millions, and what of it falls due after the plan."""
    chart = owed(coast)
    assert drawn(chart) == steps(
        {"cloud": [0, 0, 0, 60, 51], "neo": [8, 8, 2, 0, 0], "edge": [0, 0, 5, 4, 3]},
    )
    assert chart.title == (
        "8 M USD is owed at the start, 64 M USD at the peak, in Feb 2027; 34 M USD falls due after the plan."
    )
    assert chart.grid.columns == ("Month", "cloud", "neo", "edge", "All", "Due after the plan")
    assert chart.grid.rows == by_month(
        ("", "", "", "60.0", "51.0"),
        ("8.0", "8.0", "2.0", "", ""),
        ("", "", "5.0", "4.0", "3.0"),
        ("8.0", "8.0", "7.0", "64.0", "54.0"),
        ("", "", "", "33.0", "34.0"),
    )
    grid = parties_grid(coast)
    assert grid.rows == [
        ("alpha", "all", "2027-02", "0", "64 M", "34 M"),
        ("alpha", "cloud", "2027-02", "0", "60 M", "33 M"),
        ("alpha", "edge", "2027-01", "0", "5 M", "1 M"),
        ("beta", "neo", "2026-11", "8 M", "8 M", "0"),
        ("All", "all", "2027-02", "8 M", "64 M", "34 M"),
    ]
    assert grid.strong == {0, 4}


def test_obligations_that_end_within_the_plan() -> None:
    """Tests that months without a row are zero, and that nothing falls due after the plan."""
    context = changed(obligations=OBLIGATIONS[:4])
    chart = owed(context)
    assert chart.title == (
        "8 M USD is owed at the start, 8 M USD at the peak, in Nov 2026; nothing falls due after the plan."
    )
    assert drawn(chart) == steps({"neo": [8000, 8000, 2000, 0, 0], "edge": [0, 0, 5000, 0, 0]})
    assert chart.grid.rows == by_month(
        ("8,000.0", "8,000.0", "2,000.0", "", ""),
        ("", "", "5,000.0", "", ""),
        ("8,000.0", "8,000.0", "7,000.0", "", ""),
        ("",) * 5,
    )
    assert list(parties_grid(context).rows) == [
        ("beta", "neo", "2026-11", "8 M", "8 M", "0"),
        ("alpha", "edge", "2027-01", "0", "5 M", "0"),
        ("All", "all", "2026-11", "8 M", "8 M", "0"),
    ]
