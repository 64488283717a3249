"""Charts of the plan in tests/report/coast.py: all that they draw, say and list, worked out by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pandas as pd
import pytest

from optimizer.plan.plan import Plan
from optimizer.plan.tables import make_table
from optimizer.report import chart_capacity, chart_cash, chart_exposure, chart_work
from optimizer.report.charts import Chart
from optimizer.report.exposure import Exposure, work_shares
from optimizer.report.plan_context import PlanContext
from optimizer.report.section_obligations import owed, parties_grid
from optimizer.report.section_service import service_table
from tests.report.coast import CAPACITY, MONTHS, SERVICE, coast_plan
from tests.report.drawings import drawn
from tests.report.plans import Rows

OWN = "in-house"
SPAN, AT_NEO = "Nov 2026 to Mar 2027", "; in the end 100 % is with neo."


@pytest.fixture(scope="module")
def coast() -> PlanContext:
    return PlanContext(coast_plan())


def changed(**tables: Rows) -> PlanContext:
    """The plan with other tables."""
    plan: Plan = coast_plan()
    frames = {name: make_table(name, rows) for name, rows in tables.items()}
    return PlanContext(replace(plan, tables={**plan.tables, **frames}))


def steps(values: dict[str, list[float]]) -> dict[str, list[float]]:
    """What areas and lines draw: the last value again at the end of its month."""
    return {name: [*found, found[-1]] for name, found in values.items()}


def bars(chart: Chart) -> dict[str, list[Any]]:
    """Lengths of horizontal bars, from the top."""
    return {trace.meta["label"]: list(trace.x) for trace in chart.figure.data}


def by_month(*columns: tuple[str, ...]) -> list[tuple[str, ...]]:
    """Rows of a table by month."""
    return list(zip(MONTHS, *columns, strict=True))


# ---------------------------------------------------------------- capacity
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
    """Tests that less than a billionth of demand is none."""
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


# ---------------------------------------------------------------- work
def test_placement(coast: PlanContext) -> None:
    """Tests a panel for each workload, of which the table lists parties and demand by month."""
    chart = chart_work.placement(coast)
    assert [note.text for note in chart.figure.layout.annotations] == ["chat", "study"]
    assert [(trace.name, trace.yaxis, trace.showlegend, list(trace.y)[:-1]) for trace in chart.figure.data] == [
        (OWN, "y", True, [400, 400, 900, 700, 800]),
        ("cloud", "y", True, [0, 50, 0, 0, 0]),
        ("demand", "y", True, [400, 500, 900, 900, 800]),
        (OWN, "y2", False, [0, 100, 0, 0, 200]),
        ("cloud", "y2", False, [0, 0, 0, 80, 120]),
        ("neo", "y2", True, [300, 300, 100, 0, 0]),
        ("demand", "y2", False, [300, 400, 300, 100, 320]),
    ]
    # 3200 of 3250
    assert chart.title == "chat is the largest workload; 98.5 % of its work runs on the own sites."
    assert (chart.grid.columns, chart.note) == (("Workload", "Month", OWN, "cloud", "neo", "Demand"), "")
    assert chart.grid.rows == [
        ("chat", "2026-11", "400", "", "", "400"),
        ("chat", "2026-12", "400", "50", "", "500"),
        ("chat", "2027-01", "900", "", "", "900"),
        ("chat", "2027-02", "700", "", "", "900"),
        ("chat", "2027-03", "800", "", "", "800"),
        ("study", "2026-11", "", "", "300", "300"),
        ("study", "2026-12", "100", "", "300", "400"),
        ("study", "2027-01", "", "", "100", "300"),
        ("study", "2027-02", "", "80", "", "100"),
        ("study", "2027-03", "200", "120", "", "320"),
    ]


def _workloads(*amounts: float) -> Rows:
    """Workloads w0, w1, ... that want so much in January, none of which is served."""
    return [("2027-01", f"w{n}", amount, 0, amount) for n, amount in enumerate(amounts)]


def test_most_of_the_largest_workload_is_with_a_provider() -> None:
    """Tests the title where most is with a provider, and where it runs nowhere."""
    rows: Rows = [("2027-01", "lease", "w1", 80, 80), ("2027-01", "north/gpu", "w1", 20, 20)]
    chart = chart_work.placement(changed(service=_workloads(5, 100), allocation=rows))
    assert chart.title == "w1 is the largest workload; 80 % of its work runs at neo."
    nowhere = chart_work.placement(changed(service=_workloads(5, 100), allocation=[]))
    assert nowhere.title == "w1 is the largest workload; it runs nowhere."


@pytest.mark.parametrize(
    ("amounts", "names", "note"),
    [
        ((1, 0, 3), ["w2", "w0"], "The 2 largest workloads; 1 more in the plan's table allocation."),
        (tuple(range(1, 9)), [f"w{n}" for n in range(7, -1, -1)], ""),
        (tuple(range(1, 10)), [f"w{n}" for n in range(8, 0, -1)],
         "The 8 largest workloads; 1 more in the plan's table allocation."),
    ],
)  # fmt: skip
def test_panels_for_eight_workloads(amounts: tuple[float, ...], names: list[str], note: str) -> None:
    """Tests that the smallest of nine, and one that wants nothing, are left out."""
    chart = chart_work.placement(changed(service=_workloads(*amounts)))
    assert ([one.text for one in chart.figure.layout.annotations], chart.note) == (names, note)


def test_utilisation(coast: PlanContext) -> None:
    """Tests that what accelerators do adds up; of those in use, those of training runs are apart."""
    chart = chart_work.utilisation(coast)
    assert drawn(chart) == steps(
        {
            "workloads": [700, 850, 800, 590, 860],
            "training runs": [0, 100, 0, 200, 0],
            "leased out": [0, 0, 100, 0, 0],
            "idle": [200, 0, 0, 50, 20],
        }
    )
    # 270 of 4470
    assert chart.title == "6.04 % of all accelerator-months are idle; the most in Nov 2026, 200 accelerators."
    assert chart.grid.columns == ("Month", "workloads", "training runs", "leased out", "idle")
    assert chart.grid.rows == by_month(
        ("700", "850", "800", "590", "860"),
        ("", "100", "", "200", ""),
        ("", "", "100", "", ""),
        ("200", "", "", "50", "20"),
    )


def test_pools(coast: PlanContext) -> None:
    """Tests pools by size with what they do."""
    chart = chart_work.pools(coast)
    assert bars(chart) == {
        "used": [2700, 700, 550, 100, 50],
        "leased out": [100, 0, 0, 0, 0],
        "idle": [200, 0, 50, 20, 0],
    }
    assert chart.figure.layout.yaxis.ticktext == ("north/gpu", "lease", "south/tpu", "flex", "hourly")
    # 200 of 3000
    assert chart.title == "north/gpu has the most idle accelerator-months: 6.67 % of its own."
    assert chart.grid.columns == ("Pool", "Accelerator-months", "Used", "Leased out", "Idle", "In use %")
    assert chart.grid.rows == [
        ("north/gpu", "3,000", "2,700", "100", "200", "93.3"),
        ("lease", "700", "700", "", "", "100.0"),
        ("south/tpu", "600", "550", "", "50", "91.7"),
        ("flex", "120", "100", "", "20", "83.3"),
        ("hourly", "50", "50", "", "", "100.0"),
    ]


@pytest.mark.parametrize("number", [16, 17])
def test_bars_for_sixteen_pools(number: int) -> None:
    """Tests that the smallest of seventeen pools has no bar, but a row; names are cut after 24 letters."""
    rows: Rows = [
        (MONTHS[0], f"{'p' * 22}{n:02}{'x' * (n % 2)}", "contract", "neo", "europe", "gpu", n, 0, 0, n, 0)
        for n in range(1, number + 1)
    ]
    chart = chart_work.pools(changed(capacity=rows))
    assert bars(chart) == {"idle": list(range(number, number - 16, -1))}
    assert list(chart.figure.layout.yaxis.tickvals) == list(range(16))
    assert len(chart.grid.rows) == number
    assert chart.figure.layout.yaxis.ticktext[number - 16] == f"{'p' * 22}16"
    assert chart.figure.layout.yaxis.ticktext[number - 15] == f"{'p' * 22}1…"


def test_runs(coast: PlanContext) -> None:
    """Tests lanes by the first month, targets, and the runs that are not run; those over before the plan are not."""
    chart = chart_work.runs(coast)
    bar, target = chart.figure.data
    assert list(zip(bar.base, bar.y, bar.x, bar.customdata, strict=True)) == [
        ("2026-12-01", 0, 31 * 24 * 3.6e6, "big: Dec 2026 to Dec 2026"),
        ("2027-02-01", 1, 28 * 24 * 3.6e6, "small: Feb 2027 to Feb 2027"),
    ]
    assert list(zip(target.x, target.customdata, strict=True)) == [
        ("2027-01-01", "target of big"),
        ("2027-02-01", "target of small"),
    ]
    assert [note.text for note in chart.figure.layout.annotations] == [
        "big at north/gpu, 100 accelerators",
        "small at north/gpu, 200 accelerators",
    ]
    assert chart.title == "2 training runs are placed, 1 of them late; 1 is not run."
    assert chart.grid.columns == ("Run", "Pool", "Runs", "Target", "Late", "Accelerators", "Penalty, USD")
    assert chart.grid.rows == [
        ("big", "north/gpu", "2026-12", "2026-12", "", "100", ""),
        ("small", "north/gpu", "2027-02", "2027-01", "1 month", "200", "500 k"),
        ("never", "not run, work of 9,000", "", "", "", "", ""),
    ]


@pytest.mark.parametrize(
    ("late", "title"),
    [
        ((), "0 training runs are placed; 3 are not run."),
        ((0,), "1 training run is placed, none of them late; 2 are not run."),
        ((0, 2), "2 training runs are placed, 1 of them late; 1 is not run."),
        ((0, 0, 0), "3 training runs are placed, none of them late."),
        ((1, 2, 3), "3 training runs are placed, 3 of them late."),
    ],
)
def test_titles_of_runs(late: tuple[int, ...], title: str) -> None:
    """Tests how many are placed, late and not run, in words."""
    names = ("big", "small", "never")
    rows: Rows = [(names[i], "lease", 9, "2027-01", "2027-01", "", months) for i, months in enumerate(late)]
    assert chart_work.runs(changed(runs=rows)).title == title


def test_a_plan_without_runs() -> None:
    """Tests the title where the instance has no training runs."""
    context = changed(runs=[])
    none = context.plan.instance.frame("training_runs").iloc[:0]
    plan = replace(context.plan, instance=context.plan.instance.replace({"training_runs": none}))
    assert chart_work.runs(PlanContext(plan)).title == "There are no training runs in this plan."


def test_unserved(coast: PlanContext) -> None:
    """Tests bars by workload, the one that lacks most first."""
    chart = chart_work.unserved(coast)
    assert drawn(chart) == {"chat": [0, 50, 0, 200, 0], "study": [0, 0, 200, 20, 0]}
    # 250 of 3500, and of 470.
    assert chart.title == "chat misses most: 7.14 % of its work, 53.2 % of all that is not served."
    assert chart.grid.columns == ("Month", "chat", "study")
    assert chart.grid.rows == by_month(("", "50", "", "200", ""), ("", "", "200", "20", ""))


@pytest.mark.parametrize("number", [7, 8, 9])
def test_seven_workloads_are_drawn_apart(number: int) -> None:
    """Tests that those beyond the seven that lack most are drawn together; what lacks nothing is not drawn."""
    chart = chart_work.unserved(changed(service=[*_workloads(*range(number, 0, -1)), ("2027-01", "idle", 5, 5, 0)]))
    expected = {f"w{n}": [0, 0, number - n, 0, 0] for n in range(7)}
    # 1 of eight; 2 + 1 of nine.
    rest = {8: {"1 other workloads": [0, 0, 1, 0, 0]}, 9: {"2 other workloads": [0, 0, 3, 0, 0]}}
    assert drawn(chart) == {**expected, **rest.get(number, {})}


def test_rounding_is_not_drawn_as_unserved() -> None:
    """Tests that a billionth of all demand is none, and that more is."""
    rows = [("2027-01", "w0", 1e9, 1e9 - 1, lost) for lost in (0.9, 1.1)]
    assert [len(chart_work.unserved(changed(service=[row])).figure.data) for row in rows] == [0, 1]


def test_service(coast: PlanContext) -> None:
    """Tests levels in all and in the worst month, and what is promised and paid; of those that lack, most first."""
    table = service_table(coast)
    # chat: 3250 of 3500, 700 of 900 in February; study: 1200 of 1420, 100 of 300 in January.
    chat = ("chat", "2027-02", "3,500", "250", "92.9 %", "77.8 %", "75.0 %", "4,000,000")
    study = ("study", "2027-01", "1,420", "220", "84.5 %", "33.3 %", "", "")
    assert (table.caption, table.grid.rows) == ("Service level by workload", [chat, study])
    lacking = service_table(changed(service=[*SERVICE[5:], *SERVICE[:5], ("2026-11", "full", 9, 9, 0)]), lacking=True)
    assert (lacking.caption, lacking.grid.rows) == ("Work not served", [chat, study])
    swapped = service_table(changed(service=[*SERVICE[5:], *SERVICE[:5]]))
    assert swapped.grid.rows == [study, chat]  # as in the plan
    full = service_table(changed(service=[("2026-11", "full", 9, 9, 0), ("2026-12", "full", 0, 0, 0)]))
    assert full.grid.rows == [("full", "", "9", "", "100 %", "100 %", "", "")]
    none = service_table(changed(service=[("2026-11", "none", 0, 0, 0)]))
    assert none.grid.rows == [("none", "", "", "", "", "100 %", "", "")]


# ---------------------------------------------------------------- money
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


# ---------------------------------------------------------------- exposure
def test_exposure_by_provider(coast: PlanContext) -> None:
    """Tests shares of reference-accelerators, of which a tpu is 2.5, without what is on demand."""
    chart = chart_exposure.providers(coast)
    # In all 900, 900, 600 + 500 + 100, 600 + 500 + 100, 600 + 500 + 200.
    assert drawn(chart) == {
        OWN: pytest.approx([2 / 3, 2 / 3, 11 / 12, 11 / 12, 11 / 13, 11 / 13]),
        "cloud": pytest.approx([0, 0, 0, 1 / 12, 2 / 13, 2 / 13]),
        "neo": pytest.approx([1 / 3, 1 / 3, 1 / 12, 0, 0, 0]),
    }
    assert chart.title == "neo is the largest provider: 33.3 % of capacity in Nov 2026, its highest."
    assert chart.grid.rows == by_month(
        ("66.7 %", "66.7 %", "91.7 %", "91.7 %", "84.6 %"),
        ("", "", "", "8.3 %", "15.4 %"),
        ("33.3 %", "33.3 %", "8.3 %", "", ""),
    )


POLICIES = (
    "policy,rule,subject,member,limit,from,to\n"
    "each,max_share,group,,0.4,,\nbeta,max_share,group,beta,0.35,2026-11,2027-03\n"
    "late,max_share,group,alpha,0.1,2026-12,\nearly,max_share,group,alpha,0.2,,2027-02\n"
    "site,max_share,site,north,0.05,,\nlost,survive,group,alpha,0.01,,\nloose,max_share,group,beta,0.9,,\n"
)


def test_exposure_by_owner(coast: PlanContext) -> None:
    """Tests highest and average shares by owner, limits that hold in all months, and shares of work."""
    context = PlanContext(coast_plan(POLICIES))
    chart = chart_exposure.groups(context)
    # Averages of the shares by provider.
    own, beta, alpha = (4 / 3 + 22 / 12 + 11 / 13) / 5, (2 / 3 + 1 / 12) / 5, (1 / 12 + 2 / 13) / 5
    highest, average, limits = chart.figure.data
    assert list(highest.x) == pytest.approx([11 / 12, 1 / 3, 2 / 13])
    assert list(average.x) == pytest.approx([own, beta, alpha])
    assert (list(limits.x), list(limits.y)) == ([0.35, 0.4], [1, 2])
    assert chart.figure.layout.yaxis.ticktext == (OWN, "beta", "alpha")
    assert chart.title == "Largest parent-company exposure: beta, up to 33.3 %, 15 % on average."
    # Work: 900 of 980 in February in-house, a run included; 300 of 700 at neo in November; 120 of 1120 at cloud.
    assert chart.grid.rows == [
        (OWN, "", "2027-01", "91.7 %", "80.3 %", "", "91.8 %"),
        ("beta", "neo", "2026-11", "33.3 %", "15.0 %", "35.0 %", "42.9 %"),
        ("alpha", "cloud; edge", "2027-03", "15.4 %", "4.7 %", "40.0 %", "10.7 %"),
    ]
    assert len(chart_exposure.groups(coast).figure.data) == 2


@pytest.mark.parametrize("number", [14, 15])
def test_bars_for_fourteen_owners(number: int) -> None:
    """Tests that the smallest of fifteen owners has a row, but no bar."""
    rows: Rows = [
        (MONTHS[0], f"lease-{n}", "contract", f"party-{n:02}", "europe", "gpu", n, 0, 0, n, 0)
        for n in range(1, number + 1)
    ]
    context = changed(capacity=rows)
    owners = pd.DataFrame({"provider": [row[3] for row in rows], "group": [f"owner-{row[6]:02}" for row in rows]})
    known = context.plan.instance.frame("providers")
    instance = context.plan.instance.replace({"providers": pd.concat([known, owners])})
    chart = chart_exposure.groups(PlanContext(replace(context.plan, instance=instance)))
    assert chart.figure.layout.yaxis.ticktext == tuple(f"owner-{n:02}" for n in range(number, number - 14, -1))
    assert len(chart.grid.rows) == number
    # A share of n in 1 + 2 + ... + number in the first of five months.
    total = number * (number + 1) / 2
    assert list(chart.figure.data[1].x) == pytest.approx([n / total / 5 for n in range(number, number - 14, -1)])


@pytest.mark.parametrize(
    ("subject", "sizes"),
    [
        ("site", {"north": [600] * 5, "south": [0, 0, 500, 500, 500]}),
        ("region", {"asia": [0, 0, 500, 600, 700], "europe": [900, 900, 700, 600, 600]}),
        (
            "group",
            {"alpha": [0, 0, 0, 100, 200], "beta": [300, 300, 100, 0, 0], "in_house": [600, 600, 1100, 1100, 1100]},
        ),
        ("tag", {"rival": [300, 300, 100, 100, 200], "us": [0, 0, 0, 100, 200]}),
    ],
)
def test_shares_of_each_member(coast: PlanContext, subject: str, sizes: dict[str, list[float]]) -> None:
    """Tests reference-accelerators of each site, region, owner and tag, of all of them, in every month."""
    found = Exposure(coast.plan).by_member(subject)
    wanted = pd.DataFrame(sizes, index=MONTHS).div([900, 900, 1200, 1200, 1300], axis=0)
    pd.testing.assert_frame_equal(found, wanted, check_names=False)


def test_shares_of_a_window(coast: PlanContext) -> None:
    """Tests average and peak of the months from December to February, both included, and of one of them."""
    exposure = Exposure(coast.plan)
    # 900 of 900, 700 of 1200, 600 of 1200; 0, 500 and 600 of 1200.
    europe, asia = exposure.shares("region", 1, 3)
    assert (europe.member, europe.peak, europe.month) == ("europe", 1, "2026-12")
    assert (asia.member, asia.peak, asia.month) == ("asia", 0.5, "2027-02")
    assert (europe.average, asia.average) == pytest.approx((25 / 36, 11 / 36))
    assert [(share.member, share.average) for share in exposure.shares("region", 3, 3)] == [
        ("asia", 0.5),  # of as much as another, by name
        ("europe", 0.5),
    ]
    assert [share.month for share in exposure.shares("region", 4)] == ["2027-03", "2027-03"]


def test_months_without_capacity_have_no_shares() -> None:
    """Tests zeros where there is no capacity, no member of what no provider is, and none at all without capacity."""
    rows: Rows = [("2027-01", "lease", "contract", "stranger", "europe", "gpu", 3, 0, 0, 3, 0)]
    exposure = Exposure(changed(capacity=rows).plan)
    assert exposure.by_member("region").to_dict("list") == {"europe": [0, 0, 1, 0, 0]}
    assert exposure.by_member("provider").to_dict("list") == {"stranger": [0, 0, 1, 0, 0]}
    assert [exposure.shares(subject) for subject in ("group", "tag", "site")] == [[], [], []]
    nothing = Exposure(changed(capacity=[]).plan)
    assert (nothing.shares("provider"), list(nothing.by_member("provider").index)) == ([], list(MONTHS))


def test_shares_of_work_by_provider(coast: PlanContext) -> None:
    """Tests the highest monthly share of all work, runs and what is on demand included, by provider."""
    # 900 of 980 in-house in February; 300 of 700 at neo in November; at cloud 50 of 950, 80 of 980 and 120 of 1120.
    found = work_shares(coast.plan, groups=False)
    assert {name: month for name, (_, month) in found.items()} == {
        "in_house": "2027-02",
        "neo": "2026-11",
        "cloud": "2027-03",
    }
    assert [found[name][0] for name in ("in_house", "neo", "cloud")] == pytest.approx([900 / 980, 3 / 7, 120 / 1120])
