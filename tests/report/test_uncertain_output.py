"""Everything that reports show of plans under uncertainty made by hand, as snapshots: page, terminal, sheets."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from optimizer.plan.plan import Plan
from optimizer.report.html import page
from optimizer.report.summary_uncertain import summary_uncertain
from optimizer.report.uncertain_document import uncertain_document
from optimizer.report.workbook import write_workbook
from tests.report.hand_scenarios import NAN, changed, crowded_plan, emptied, hand_plan
from tests.report.output import charts, markup, workbook

pytestmark = pytest.mark.filterwarnings("ignore:Unable to read chart")
Snapshot = Callable[[str], None]


def poor_plan() -> Plan:
    """The plan with nothing proven, a failed audit, equal costs, one schedule, and nothing decided or examined."""
    unknown = {"at_least": None, "at_most": None}
    head = {"bound": None, "gap": None, "evpi": unknown, "vss": {**unknown, "why": "no time was left"}}
    risk = {"measure": "none", "weight": 0.5, "level": 0.9}
    plan = hand_plan(**head, risk=risk, audit={"passed": False, "checks": 7}, warnings=[])
    plan = emptied(plan, "decisions", "robustness", "information", "capacity", "cash", "obligations")
    plan = changed(plan, "scenarios", alone_cost=NAN, regret=NAN, cost=5e6)
    return replace(plan, tables={**plan.tables, "nodes": plan.tables["nodes"].iloc[:1]})


def shown(plan: Plan) -> str:
    """The sections of all scenarios on a page, and their charts."""
    document = uncertain_document(plan)
    sections = [one for one in document.sections if not one.choice and one.anchor not in ("inputs", "provenance")]
    text = page(replace(document, sections=sections))
    return f"{markup(text)}\n{charts(text)}"


def test_page(snapshot: Snapshot) -> None:
    """Tests texts, tables and charts of the sections about all scenarios."""
    snapshot(shown(hand_plan()))


def test_page_of_a_poor_plan(snapshot: Snapshot) -> None:
    """Tests the same sections where nothing is known or decided."""
    snapshot(shown(poor_plan()))


def test_titles_of_details() -> None:
    """Tests that the costs 7.2, 6.1, 5.3 and 4.4 M of 10, 20, 40 and 30 % have their middle at 5.3 M, as planned."""
    document = uncertain_document(hand_plan())
    assert document.choices == {
        "s1": "middle: as planned (40 %, 5.3 M USD)",
        "s2": "costliest: demand=high + hourly=dear (10 %, 7.2 M USD)",
        "s3": "cheapest: hourly=dear (30 %, 4.4 M USD)",
    }
    assert (document.title, document.subtitle) == (
        "Two risks",
        "Capacity plan tiny, 3 months, Jan 2030 to Mar 2030, 4 scenarios, in USD",
    )


@pytest.mark.parametrize("width", [60, 100, 160])
def test_summary(width: int, snapshot: Snapshot) -> None:
    """Tests the summary on terminals."""
    snapshot(summary_uncertain(hand_plan(), "plans/x", width))


def test_summary_of_a_poor_plan(snapshot: Snapshot) -> None:
    """Tests the summary where nothing is known or decided."""
    snapshot(summary_uncertain(poor_plan()))


def test_workbook(tmp_path: Path, snapshot: Snapshot) -> None:
    """Tests cells, formats and charts of the workbook."""
    snapshot(workbook(write_workbook(hand_plan(), tmp_path / "plan.xlsx"), ("summary", "over_time")))


def test_workbook_of_a_poor_plan(tmp_path: Path, snapshot: Snapshot) -> None:
    """Tests cells of the summary where nothing is known or decided."""
    text = workbook(write_workbook(poor_plan(), tmp_path / "plan.xlsx"), ("summary", "over_time"), 0)
    snapshot(text.partition("[decisions]")[0])


def test_crowd(tmp_path: Path, snapshot: Snapshot) -> None:
    """Tests the summary and the first sheet of 45 scenarios in 13 cases with 20 decisions each, and 25 risks."""
    plan = crowded_plan(45, 13, decisions=20, risks=25)
    book = workbook(write_workbook(plan, tmp_path / "plan.xlsx"), ("summary", "over_time"), 0)
    snapshot(f"{summary_uncertain(plan)}\n{book.partition('[decisions]')[0]}")
