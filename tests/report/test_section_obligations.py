"""The section on obligations, of the plan made by hand."""

from __future__ import annotations

import optimizer
from optimizer.plan.plan import Plan
from optimizer.report.comparison import headline
from optimizer.report.plan_context import PlanContext
from optimizer.report.plan_document import plan_document
from optimizer.report.section_obligations import NOTHING_OWED, obligations, owed, parties_grid
from tests.report.plans import empty_plan, small_plan


def test_the_chart_says_what_is_owed_and_after_the_plan() -> None:
    """Tests title, series and table: 1 M + 0.1 M in January, 3.6 M + 4 M + 0.6 M in March, 1.2 M after the plan."""
    chart = owed(PlanContext(small_plan()))
    assert chart.title == (
        "1.1 M EUR is owed at the start, 8.2 M EUR at the peak, in Mar 2026; 1.2 M EUR falls due after the plan."
    )
    assert [trace.name for trace in chart.figure.data] == ["in-house", "cloud", "neo"]
    assert chart.grid.columns == ("Month", "in-house", "cloud", "neo", "All", "Due after the plan")
    assert chart.grid.rows[2] == ("2026-03", "4,000.0", "3,600.0", "600.0", "8,200.0", "1,200.0")


def test_owners_are_summed() -> None:
    """Tests a row for the owner of both providers, with the peak of their sum, one for each, and one for all."""
    # Of alpha: 3.6 M + 0.6 M in March; cloud alone has 3.6 M from February on.
    grid = parties_grid(PlanContext(small_plan()))
    assert list(grid.rows) == [
        ("alpha", "all", "2026-03", "1.1 M", "4.2 M", "1.2 M"),
        ("alpha", "cloud", "2026-02", "1 M", "3.6 M", "1.2 M"),
        ("alpha", "neo", "2026-03", "100 k", "600 k", "0"),
        ("in-house", "in-house", "2026-03", "0", "4 M", "0"),
        ("All", "all", "2026-03", "1.1 M", "8.2 M", "1.2 M"),
    ]
    assert grid.strong == {0, 4}


def test_a_plan_that_owes_nothing_says_so() -> None:
    """Tests that the section is a sentence, and the figure empty."""
    plan = empty_plan()
    (block,) = obligations(PlanContext(plan))
    assert list(block.paragraphs) == [NOTHING_OWED]
    assert not optimizer.figures(plan).obligations().data


def test_the_report_has_the_section_after_cash() -> None:
    """Tests its place in the report."""
    anchors = [section.anchor for section in plan_document(small_plan()).sections]
    assert anchors[anchors.index("cash") + 1] == "obligations"


def test_a_comparison_shows_the_change_of_the_peak() -> None:
    """Tests the peak of what is owed in both plans, with a build that costs less in one of them."""
    a = small_plan()
    rows = a.obligations
    fewer = rows.assign(owed=rows["owed"].where(rows["item"] != "annex", rows["owed"] / 2))
    b = Plan(a.head, {**a.tables, "obligations": fewer}, a.instance)
    found = {row[0]: row[1:] for row in headline(optimizer.compare(a, b)).grid.rows}
    assert found["Peak owed"] == ("8.2 M", "6.2 M", "-2 M")
    gone = Plan(a.head, {**a.tables, "obligations": rows.head(0)}, a.instance)
    assert {row[0]: row[2] for row in headline(optimizer.compare(a, gone)).grid.rows}["Peak owed"] == "0"
