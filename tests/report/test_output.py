"""Everything that reports show of plans made by hand, as snapshots: texts, tables, charts and cells."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from optimizer.plan.compare import Comparison, compare
from optimizer.plan.plan import Plan
from optimizer.report.comparison_document import comparison_document, comparison_text
from optimizer.report.comparison_workbook import write_comparison_workbook
from optimizer.report.html import page
from optimizer.report.plan_document import plan_document
from optimizer.report.summary import summary
from optimizer.report.whatif_tables import explanation_text
from optimizer.report.workbook import write_workbook
from tests.report.awkward import awkward_plan
from tests.report.explained_plan import explained_plan, explanation
from tests.report.output import charts, drawn, markup, workbook
from tests.report.plans import empty_plan, large_plan, small_plan

# Charts that openpyxl cannot read are taken from the file.
pytestmark = pytest.mark.filterwarnings("ignore:Unable to read chart")
Snapshot = Callable[[str], None]


@pytest.fixture(scope="module")
def explained() -> Plan:
    """A plan of twelve months with its explanation."""
    return explained_plan(small_plan())


@pytest.fixture(scope="module")
def printed(explained: Plan) -> str:
    """Its page."""
    return page(plan_document(explained))


@pytest.fixture(scope="module")
def compared(explained: Plan) -> Comparison:
    """The same plan without its lease, three months later and cheaper."""
    tables = {name: table[~(table == "lease").any(axis=1)] for name, table in explained.tables.items()}
    other = Plan(
        {**explained.head, "objective": float(tables["cash"]["present_value"].sum())}, tables, explained.instance
    )
    return compare(explained, other, ("with", "without"))


def test_page(printed: str, snapshot: Snapshot) -> None:
    """Tests texts and tables of the page."""
    snapshot(markup(printed))


def test_charts(printed: str, snapshot: Snapshot) -> None:
    """Tests layouts and traces of its charts."""
    snapshot(charts(printed))


def test_crowded_charts(snapshot: Snapshot) -> None:
    """Tests layouts of charts with more parties, workloads, sites and months than they can show one by one."""
    text = charts(page(plan_document(large_plan(30, parties=12, workloads=10, sites=3))))
    snapshot("\n".join(line for line in text.splitlines() if ".data." not in line))


def test_a_month_without_rows_is_zero_in_every_chart() -> None:
    """Tests a plan whose tables begin in its second month: what is drawn by month begins with zero."""
    plan = small_plan()
    later = {
        name: table[table["month"] > "2026-01"] if "month" in table else table for name, table in plan.tables.items()
    }
    data = drawn(page(plan_document(replace(plan, tables=later))))
    traces = [(key, trace) for key, figure in data["figures"].items() for trace in figure["data"]]
    by_month = [(key, data["months"][trace["x"]], trace["y"]) for key, trace in traces if isinstance(trace["x"], int)]
    assert len(by_month) >= 20
    found = [
        (key, value)
        for key, months, values in by_month
        for month, value in zip(months, values, strict=True)
        if month.startswith("2026-01") and value
    ]
    assert found == []
    assert all(any(values) for _, _, values in by_month)


def test_workbook(explained: Plan, tmp_path: Path, snapshot: Snapshot) -> None:
    """Tests cells, formats and charts of the workbook."""
    snapshot(workbook(write_workbook(explained, tmp_path / "plan.xlsx")))


def test_empty_plan(tmp_path: Path, snapshot: Snapshot) -> None:
    """Tests the summaries, on a terminal and in the workbook, of a plan in which nothing is done."""
    plan = empty_plan()
    sheets = workbook(write_workbook(plan, tmp_path / "plan.xlsx")).partition("[by_month]")[0]
    snapshot(f"{summary(plan)}\n{sheets}")


def test_summary(explained: Plan, snapshot: Snapshot) -> None:
    """Tests the summary on a terminal."""
    snapshot(summary(explained, where="plans/x"))


def test_explanation(snapshot: Snapshot) -> None:
    """Tests the explanation of a plan on a terminal."""
    console = Console(width=100, color_system=None, highlight=False)
    with console.capture() as captured:
        console.print(explanation_text(explanation(small_plan()), 100))
    snapshot(captured.get())


def test_summary_of_another(tmp_path: Path, snapshot: Snapshot) -> None:
    """Tests the summary of a plan with awkward names and other decisions."""
    snapshot(summary(awkward_plan(tmp_path / "instance")))


def test_comparison_page(compared: Comparison, snapshot: Snapshot) -> None:
    """Tests texts, tables and charts of a comparison."""
    text = page(comparison_document([compared]))
    snapshot(f"{markup(text)}\n{charts(text)}")


def test_comparison_workbook(compared: Comparison, tmp_path: Path, snapshot: Snapshot) -> None:
    """Tests cells and formats of a comparison."""
    snapshot(workbook(write_comparison_workbook([compared], tmp_path / "compared.xlsx")))


def test_comparison_summary(compared: Comparison, snapshot: Snapshot) -> None:
    """Tests a comparison on a terminal."""
    console = Console(width=100, color_system=None, highlight=False)
    with console.capture() as captured:
        console.print(comparison_text([compared], 100))
    snapshot(captured.get())


def test_comparison_of_several(explained: Plan, compared: Comparison, tmp_path: Path, snapshot: Snapshot) -> None:
    """Tests three plans in one comparison: on a terminal and in a workbook."""
    several = [compared, compare(explained, explained, ("with", "same"))]
    console = Console(width=100, color_system=None, highlight=False)
    with console.capture() as captured:
        console.print(comparison_text(several, 100))
    sheets = workbook(write_comparison_workbook(several, tmp_path / "compared.xlsx")).partition("[xl/")[0]
    snapshot(f"{captured.get()}\n{sheets}")
