"""The timeline of decisions: lanes, lead times and marks."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from optimizer.plan.tables import make_table
from optimizer.report import chart_decisions
from optimizer.report.html import legend
from optimizer.report.plan_context import PlanContext
from tests.program.tiny import solved, tiny
from tests.report.plans import MONTHS, small_plan


def test_timeline_tells_what_is_in_force(context: PlanContext) -> None:
    """Tests the months in force: fixed terms cut at the plan's end, open ones to their hand-back, old ones from now."""
    found = {lane.item: lane.spans for lane in chart_decisions.timeline(context.plan)}
    assert found == {
        "deal": [("2026-01", "2026-12")],
        "fixed": [("2026-05", "2026-12")],
        "old": [("2026-01", "2026-02")],  # six months from 2025-09
        "annex": [("2026-07", "2026-12")],
        "lease": [("2026-03", "2026-08")],
        "space": [("2026-07", "2026-12")],
    }


def test_blocks_handed_back_are_the_oldest() -> None:
    """Tests that two hand-backs of one block each end a start of two blocks, before a later start."""
    plan = small_plan()
    rows = [
        ("2026-01", "sign", "lease", "neo", 2, 800, 1, "2026-01", "", 0),
        ("2026-04", "sign", "lease", "neo", 1, 400, 0.5, "2026-04", "", 0),
        ("2026-04", "hand_back", "lease", "neo", 1, 400, 0.5, "", "2026-05", 0),
        ("2026-06", "hand_back", "lease", "neo", 1, 400, 0.5, "", "2026-07", 0),
    ]
    plan = replace(plan, tables=plan.tables | {"decisions": make_table("decisions", rows)})
    (lane,) = chart_decisions.timeline(plan)
    assert lane.spans == [("2026-01", "2026-05"), ("2026-01", "2026-07"), ("2026-04", "2026-12")]


def _lanes(*rows: tuple[Any, ...]) -> list[str]:
    """What stands above the lanes of a plan with these decisions."""
    plan = small_plan()
    plan = replace(plan, tables=plan.tables | {"decisions": make_table("decisions", rows)})
    return [note.text for note in chart_decisions.decisions(PlanContext(plan)).figure.layout.annotations]


def test_lanes_tell_the_most_at_once() -> None:
    """Tests that short terms one after the other do not add up, and that what overlaps or stays does."""
    # Leases of 400 a block: two from January to March, one from March to May, three from June on, so 3 x 400 in March
    # and from June on, at 0.5 MW a block. 300 accelerators, then 200 more that come after the plan's end: 500 then.
    lease = [(0, 2, 2), (2, 1, 4), (5, 3, 11)]
    rows = [(MONTHS[t], "sign", "lease", "neo", n, 400 * n, 0.5 * n, MONTHS[t], MONTHS[end], 0) for t, n, end in lease]
    bought = [
        ("2026-01", "buy", "gpus", "in_house", 3, 300, 0, "2026-02", "2031-01", 0),
        ("2026-12", "buy", "gpus", "in_house", 2, 200, 0, "2027-02", "2032-01", 0),
    ]
    assert _lanes(*rows, *bought) == [
        "lease (neo): at most 1,200 accelerators, 1.5 MW at once (3 signatures)",
        "gpus (in-house): at most 500 accelerators at once (2 orders)",
    ]


def test_lanes_tell_what_was_handed_back_and_carried() -> None:
    """Tests that blocks handed back make room for others, and that what was agreed before has its size."""
    # Two blocks until May, then one of them goes and two come: three at once from June on. The old one is one block.
    rows = [
        ("2026-01", "sign", "lease", "neo", 2, 800, 1, "2026-01", "", 0),
        ("2026-04", "hand_back", "lease", "neo", 1, 400, 0.5, "", "2026-05", 0),
        ("2026-06", "sign", "lease", "neo", 2, 800, 1, "2026-06", "", 0),
        ("2026-03", "expire", "old", "neo", 1, 100, 0.1, "", "2026-02", 0.0),
    ]
    assert _lanes(*rows) == [
        "lease (neo): at most 1,200 accelerators, 1.5 MW at once (2 signatures)",
        "old (neo): 100 accelerators, 0.1 MW",
    ]


def test_timeline_draws_lead_times_and_marks(context: PlanContext) -> None:
    """Tests that lead times end where what is ordered starts, and that notices stand before hand-backs."""
    chart = chart_decisions.decisions(context)
    bars = [trace for trace in chart.figure.data if trace.type == "bar"]
    leads = {
        text: (begin, hours / 3.6e6)
        for trace in bars
        for text, begin, hours in zip(trace.customdata, trace.base, trace.x, strict=True)
        if "lead time" in text
    }
    # From March 1 to the end of June there are 31 + 30 + 31 + 30 days.
    assert leads["annex: lead time, Mar 2026 to Jun 2026"] == ("2026-03-01", 122 * 24)
    marks = {trace.meta["label"]: list(trace.x) for trace in chart.figure.data if trace.type == "scatter"}
    assert marks["notice"] == ["2026-07-01"]  # two months before September
    assert marks["hand-back or take-back"] == ["2026-09-01"]
    assert marks["runs out"] == ["2026-03-01"]
    assert chart.title == "7 decisions to take; the largest commits 4 M EUR: annex in Mar 2026."


def test_only_the_biggest_lanes_are_drawn() -> None:
    """Tests that a plan with more items than lanes draws those that bind most money and says how many there are."""
    plan = small_plan()
    rows = [("2026-01", "buy", f"buy-{i:02}", "in_house", 1, 99 - i, 0, "2026-02", "", 1e6 * i) for i in range(50)]
    plan = replace(plan, tables=plan.tables | {"decisions": make_table("decisions", rows)})
    chart = chart_decisions.decisions(PlanContext(plan))
    lanes = [note.text for note in chart.figure.layout.annotations]
    assert len(lanes) == 40
    assert not any(text.startswith("buy-09") for text in lanes)
    assert any(text.startswith("buy-10") for text in lanes)
    assert "The 40 biggest of 50 items." in chart.note
    assert len(chart.grid.rows) == 50


def test_what_was_decided_before_the_plan_is_in_the_legend() -> None:
    """Tests that the page of a plan with an order made before it has an entry with its own sign for it."""
    decided = [{"month": -1, "decision": "buy", "item": "buy", "blocks": 1}]
    lots = [{"unit_price": 100, "lot_size": 10, "max_total": 20, "lead_months": 2, "earliest": -1, "life_months": 9}]
    plan = solved(tiny(4, {"jobs": [10]}, purchases=lots, decided=decided))
    entries = legend(chart_decisions.decisions(PlanContext(plan)))
    assert [entry["look"] for entry in entries if entry["label"] == "decided before the plan"] == ["▽"]
