"""Charts of work of the plan in tests/report/coast.py: all that they draw, say and list, worked out by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest

from optimizer.report import chart_work
from optimizer.report.plan_context import PlanContext
from optimizer.report.section_service import service_table
from tests.report.coast import MONTHS, SERVICE, bars, by_month, changed, steps
from tests.report.drawings import drawn
from tests.report.plans import Rows

OWN = "in-house"


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
        ("2026-12-01", 0, 31 * 24 * 3.6e6, "big: Dec 2026"),
        ("2027-02-01", 1, 28 * 24 * 3.6e6, "small: Feb 2027"),
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
    """Tests that a billionth of all demand does not count as unserved, and that more does."""
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
