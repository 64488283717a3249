"""Charts of capacity of the plan in tests/report/coast.py: all that they draw, say and list, worked out by hand."""

from __future__ import annotations

import pytest

from optimizer.report import chart_capacity
from optimizer.report.plan_context import PlanContext
from tests.report.coast import CAPACITY, MONTHS, by_month, changed, steps
from tests.report.drawings import drawn
from tests.report.plans import Rows

OWN = "in-house"
SPAN, AT_NEO = "Nov 2026 to Mar 2027", "; in the end 100 % is with neo."


def test_accelerators(coast: PlanContext) -> None:
    """Tests own sites by size, then providers by what they are paid, then what is on demand."""
    chart = chart_capacity.accelerators(coast)
    assert drawn(chart) == steps(
        {
            "in-house, north": [600] * 5,
            "in-house, south": [0, 0, 200, 200, 200],
            "cloud": [0, 0, 0, 40, 80],
            "neo": [300, 300, 100, 0, 0],
            "cloud, on demand": [0, 50, 0, 0, 0],
        }
    )
    # 900, 950, 900, 840, 880; in the end 800 of 880 are own.
    assert chart.title == (
        "Capacity falls from 900 to 880 accelerators, Nov 2026 to Mar 2027, with a peak of 950 in Dec 2026; "
        "in the end 90.9 % is with the own sites."
    )
    assert chart.grid.columns == (
        *("Month", "in-house, north", "in-house, south", "cloud", "neo", "cloud, on demand", "All"),
    )
    assert chart.grid.rows == by_month(
        ("600",) * 5,
        ("", "", "200", "200", "200"),
        ("", "", "", "40", "80"),
        ("300", "300", "100", "", ""),
        ("", "50", "", "", ""),
        ("900", "950", "900", "840", "880"),
    )


def test_megawatts(coast: PlanContext) -> None:
    """Tests MW, and the share of accelerators of which none are known."""
    chart = chart_capacity.megawatts(coast)
    assert drawn(chart) == steps(
        {
            "in-house, north": [0.8] * 5,
            "in-house, south": [0, 0, 0.3, 0.3, 0.3],
            "cloud": [0, 0, 0, 0.1, 0.2],
            "neo": [0.36, 0.36, 0.12, 0, 0],
        }
    )
    assert [axis.tickformat for axis in chart.figure.select_yaxes()] == [","]
    assert [axis.tickformat for axis in chart_capacity.accelerators(coast).figure.select_yaxes()] == ["~s"]
    # 1.16, 1.16, 1.22, 1.2, 1.3; in the end 1.1 of 1.3 are own.
    assert chart.title == (
        "Capacity grows from 1.16 to 1.3 MW, Nov 2026 to Mar 2027; in the end 84.6 % is with the own sites."
    )
    # On demand: 50 of 5 x 600 + 3 x 200 + 700 + 120 + 50 = 4470 accelerator-months.
    assert chart.note == (
        "MW that the accelerators need when all of them run. 1.12 % of the accelerator-months have no MW in their "
        "terms and are not counted."
    )
    assert [row[-1] for row in chart.grid.rows] == ["1.2", "1.2", "1.2", "1.2", "1.3"]
    known = chart_capacity.megawatts(changed(capacity=CAPACITY[:-1]))
    assert known.note == "MW that the accelerators need when all of them run."


def _leases(*numbers: float) -> PlanContext:
    """A plan with a lease of so many accelerators by month, and no other capacity."""
    rows: Rows = [
        (month, "lease", "contract", "neo", "europe", "gpu", number, number, 0, 0, 0)
        for month, number in zip(MONTHS, numbers, strict=False)
    ]
    return changed(capacity=rows)


@pytest.mark.parametrize(
    ("numbers", "title"),
    [
        ((1000, 1000, 1020, 1000, 1000), f"stays at 1,000 accelerators, {SPAN}{AT_NEO}"),
        (
            (1000, 1000, 1021, 1000, 1000),
            f"stays at 1,000 accelerators, {SPAN}, with a peak of 1,021 in Jan 2027{AT_NEO}",
        ),
        ((1000, 0, 0, 0, 1005), f"stays at 1,005 accelerators, {SPAN}{AT_NEO}"),
        ((1000, 0, 0, 0, 1006), f"grows from 1,000 to 1,006 accelerators, {SPAN}{AT_NEO}"),
        ((1000, 0, 0, 0, 995), f"stays at 995 accelerators, {SPAN}{AT_NEO}"),
        ((1000, 0, 0, 0, 994), f"falls from 1,000 to 994 accelerators, {SPAN}{AT_NEO}"),
        ((100, 50), f"falls from 100 to 0 accelerators, {SPAN}."),
        ((0, 0, 0, 0, 0.5), f"grows from 0 to 0.5 accelerators, {SPAN}{AT_NEO}"),
    ],
)
def test_how_capacity_moves(numbers: tuple[float, ...], title: str) -> None:
    """Tests half a per cent of change, and a peak of two per cent above both ends, from both sides."""
    assert chart_capacity.accelerators(_leases(*numbers)).title == f"Capacity {title}"


def test_work(coast: PlanContext) -> None:
    """Tests work by party without training runs, demand, and what is not served."""
    chart = chart_capacity.work(coast)
    done: dict[str, list[float]] = {
        OWN: [400, 500, 900, 700, 1000],
        "cloud": [0, 50, 0, 80, 120],
        "neo": [300, 300, 100, 0, 0],
    }
    assert drawn(chart) == steps({**done, "demand": [700, 900, 1200, 1000, 1120]})
    # 470 of 4920 are missing; 220 of 1000 in February.
    assert chart.title == (
        "90.4 % of demand is served; the largest shortfall is in Feb 2027, 22 % of that month's demand."
    )
    assert chart.grid.columns == ("Month", OWN, "cloud", "neo", "Demand", "Unserved")
    assert chart.grid.rows == by_month(
        ("400", "500", "900", "700", "1,000"),
        ("", "50", "", "80", "120"),
        ("300", "300", "100", "", ""),
        ("700", "900", "1,200", "1,000", "1,120"),
        ("", "50", "200", "220", ""),
    )


@pytest.mark.parametrize(
    ("lost", "title"),
    [
        (0, "All demand is served, in every month."),
        (1e-9, "All demand is served, in every month."),
        (1e-5, "99.999 % of demand is served; the largest shortfall is in Nov 2026, 0.001 % of that month's demand."),
    ],
)
def test_rounding_is_no_unserved_work(lost: float, title: str) -> None:
    """Tests that less than a billionth of demand does not count as unserved."""
    rows: Rows = [("2026-11", "chat", 1, 1 - lost, lost)]
    assert chart_capacity.work(changed(service=rows)).title == title


def test_power(coast: PlanContext) -> None:
    """Tests panels of two sites, the one with most power first; months without a row are zero."""
    chart = chart_capacity.power(coast)
    assert [note.text for note in chart.figure.layout.annotations] == ["south", "north"]
    assert [(trace.name, trace.yaxis, trace.showlegend, list(trace.y)) for trace in chart.figure.data] == [
        ("own accelerators", "y", True, [0, 0, 0.3, 0.25, 0.3, 0.3]),
        ("powered space leased out", "y", True, [0] * 6),
        ("available", "y", True, [0, 0, 4, 4, 4, 4]),
        ("own accelerators", "y2", False, [0.6, 0.9, 0.8, 0.9, 0.9, 0.9]),
        ("powered space leased out", "y2", False, [0, 0, 1.2, 0, 0, 0]),
        ("available", "y2", False, [2] * 6),
    ]
    assert chart.title == ("north comes closest to its supply: 100 % of 2 MW in Jan 2027; 1 site-month of 8 is full.")
    assert chart.grid.columns == (
        "Month",
        *(f"{site}: {what}" for site in ("south", "north") for what in ("used", "leased out", "available")),
    )
    assert chart.grid.rows[2] == ("2027-01", "0.3", "", "4.0", "0.8", "1.2", "2.0")
    assert chart.grid.rows[0] == ("2026-11", "", "", "", "0.6", "", "2.0")
    assert chart.note == ""


@pytest.mark.parametrize(
    ("rows", "title"),
    [
        ([(0, "north", 0.0, 0.0, 0.0)], "No own site has power in this plan."),
        (
            [(0, "north", 2.0, 1.0, 0.9), (0, "south", 4.0, 3.0, 0.0)],
            "north comes closest to its supply: 95 % of 2 MW in Nov 2026.",
        ),
        (
            [
                *[(0, "north", 2.0, 1.0, 0.0), (1, "south", 4.0, 4.0, 0.0)],
                *[(2, "south", 4.0, 3.99999, 0.00001), (3, "north", 0, 0, 0)],
            ],
            "south comes closest to its supply: 100 % of 4 MW in Dec 2026; 2 site-months of 3 are full.",
        ),
        (
            [(0, "north", 2.0, 1.99999, 0.0), (1, "north", 2.0, 2.0, 0.0)],
            "north comes closest to its supply: 100 % of 2 MW in Dec 2026; 1 site-month of 2 is full.",
        ),
    ],
)  # fmt: skip
def test_the_tightest_site(rows: Rows, title: str) -> None:
    """Tests what is drawn plus what is leased out, in per cent; within a millionth of supply a site is full."""
    power: Rows = [(MONTHS[t], *rest) for t, *rest in rows]
    assert chart_capacity.power(changed(power=power)).title == title


@pytest.mark.parametrize(
    ("sites", "note"),
    [(8, ""), (9, "The 8 largest sites; 1 more in the plan's table power.")],
)
def test_panels_for_eight_sites(sites: int, note: str) -> None:
    """Tests that the ninth site is left out, which is the smallest."""
    power: Rows = [(MONTHS[0], f"s{n}", n, 0.5, 0.0) for n in range(1, sites + 1)]
    chart = chart_capacity.power(changed(power=power))
    assert [note.text for note in chart.figure.layout.annotations] == [f"s{n}" for n in range(sites, sites - 8, -1)]
    assert chart.note == note
