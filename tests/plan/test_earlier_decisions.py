"""Decisions made before the plan with the columns of its table of decisions, and apart from it in its report."""

from __future__ import annotations

from typing import Any

import pytest

from optimizer.plan.earlier_decisions import earlier_decisions
from optimizer.plan.plan import Plan
from optimizer.report import chart_decisions
from optimizer.report.plan_context import PlanContext
from optimizer.report.plan_document import plan_document
from optimizer.report.section_decided import TITLE, decided_tables
from optimizer.report.summary import summary
from tests.program.tiny import solved, tiny

ROWS: list[dict[str, Any]] = [
    {"month": -1, "decision": "order_build", "item": "wing"},
    {"month": -1, "decision": "buy", "item": "buy", "blocks": 2},
    {"month": -14, "decision": "buy", "item": "buy", "blocks": 1},  # worn out in month -1
    {"month": -4, "decision": "commit_spend", "item": "deal", "spent": 300},
    {"month": -2, "decision": "start_run", "item": "big", "pool": "hall/gpu"},
    {"month": -2, "decision": "expire", "item": "lease"},
]


@pytest.fixture(scope="module")
def plan() -> Plan:
    """A plan of 6 months with decisions of each kind, and with nothing to decide."""
    return solved(
        tiny(
            6,
            {"jobs": [10]},
            fleet=[{"count": 20}],
            builds=[{"mw_per_block": 2, "lead_months": 3, "capex_per_mw": 30_000}],
            purchases=[{"unit_price": 1e6, "lot_size": 10, "lead_months": 1, "life_months": 12}],
            contracts=[{"price": 1e6, "term_months": 6}],
            commitments=[{"annual_amount": 1200, "years": 2}],
            training_runs=[{"work": 60, "sizes": "10"}],
            decided=ROWS,
        )
    )


def test_sizes_and_months_follow_from_the_items(plan: Plan) -> None:
    """Tests months in use, party and size of each kind; a run of 60 on 10 accelerators takes 6 months."""
    columns = ["month", "decision", "item", "party", "blocks", "accelerators", "mw", "starts", "ends"]
    assert earlier_decisions(plan.instance)[columns].values.tolist() == [
        ["2028-11", "buy", "buy", "in_house", 1, 10, 0, "2028-12", "2029-11"],
        ["2029-09", "commit_spend", "deal", "cloud", 1, 0, 0, "2029-09", "2031-08"],
        ["2029-11", "start_run", "big", "in_house", 1, 10, 0.01, "2029-11", "2030-04"],
        ["2029-12", "order_build", "wing", "in_house", 1, 0, 2, "2030-03", ""],
        ["2029-12", "buy", "buy", "in_house", 2, 20, 0, "2030-01", "2030-12"],
    ]
    assert plan.decisions.empty


def test_signatures_and_notices() -> None:
    """Tests a start after the lead of 1 or later, a term of 4, and the last month before the one without the blocks."""
    open_ended = {"contract": "open", "price": 1, "min_term_months": 1, "notice_months": 3}
    rows = [
        {"month": -2, "decision": "sign", "item": "lease", "blocks": 2},
        {"month": -1, "decision": "sign", "item": "lease", "starts": 3},
        {"month": -5, "decision": "sign", "item": "open"},
        {"month": -1, "decision": "hand_back", "item": "open"},
    ]
    contracts = [{"price": 1, "term_months": 4, "lead_months": 1, "mw_per_block": 0.5, "max_blocks": 3}, open_ended]
    made = earlier_decisions(tiny(6, {"jobs": [1]}, contracts=contracts, decided=rows))
    assert made[["item", "blocks", "accelerators", "mw", "starts", "ends"]].values.tolist() == [
        ["open", 1, 10, 0, "2029-08", ""],
        ["lease", 2, 20, 1, "2029-12", "2030-03"],
        ["lease", 1, 10, 0.5, "2030-04", "2030-07"],
        ["open", 1, 10, 0, "", "2030-02"],
    ]


def test_they_are_shown_apart(plan: Plan) -> None:
    """Tests the table of what lasts into the plan, its section in the report, and the summary on a terminal."""
    (table,) = decided_tables(plan)
    assert [row[:3] for row in table.grid.rows] == [
        ("2029-09", "Committed to spend: deal (cloud)", "2029-09 to 2031-08"),
        ("2029-11", "Placed run big", "2029-11 to 2030-04"),
        ("2029-12", "Ordered wing", "from 2030-03"),
        ("2029-12", "Bought buy", "2030-01 to 2030-12"),
    ]
    assert [section.blocks for section in plan_document(plan).sections if section.anchor == "decided"] == [[table]]
    text = summary(plan)
    assert text.index("No decisions from") < text.index(TITLE) < text.index("2029-12   Ordered wing")


def test_a_plan_without_any_has_no_section() -> None:
    """Tests that nothing is shown where nothing was decided before."""
    plan = solved(tiny(2, {"jobs": [10]}, fleet=[{"count": 20}]))
    assert decided_tables(plan) == []
    assert "decided" not in [section.anchor for section in plan_document(plan).sections]


def test_the_timeline_marks_them(plan: Plan) -> None:
    """Tests lanes for what is in force or still to come, from the plan's first month on, with a mark of their own."""
    lanes = {lane.item: (lane.spans, lane.rows, len(lane.before)) for lane in chart_decisions.timeline(plan)}
    assert lanes == {
        "buy": ([("2030-01", "2030-06")], [], 2),
        "deal": ([("2030-01", "2030-06")], [], 1),
        "wing": ([("2030-03", "2030-06")], [], 1),
    }
    chart = chart_decisions.decisions(PlanContext(plan))
    assert chart.title == "There is nothing to decide in this plan."
    marks = {trace.name: list(zip(trace.x, trace.customdata, strict=True)) for trace in chart.figure.data}
    assert marks["decided before the plan"] == [
        ("2030-01-01", "buy: bought before the plan, Dec 2029"),
        ("2030-01-01", "deal: committed to spend before the plan, Sep 2029"),
        ("2030-01-01", "wing: ordered before the plan, Dec 2029"),
    ]
    lead = [bar for trace in chart.figure.data for bar in trace.customdata if "lead time" in bar]
    assert lead == ["wing: lead time, Dec 2029 to Feb 2030"]
