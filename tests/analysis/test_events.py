"""What it costs if something happens, and what to do this month whatever happens: derived by hand."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

import optimizer
from optimizer.analysis.deadlines import deadlines_table
from optimizer.analysis.decide_now import first_table
from optimizer.analysis.events import Answer, Event, answers, events_table, usual_events
from optimizer.instance.instance import Instance
from optimizer.report.sentences import first as first_sentences
from tests.program.tiny import solved, tiny

HOURS: dict[str, Any] = {"on_demand": [{"price": 5, "max_accelerators": 100}]}  # 500 a month each


def told(instance: Instance) -> tuple[dict[str, dict[Any, Any]], dict[str, dict[Any, Any]]]:
    """Rows of the events by kind and item, and of the first month by item."""
    plan = solved(instance)
    ask = optimizer.WhatIf(plan, gap=0, threads=1)
    found = answers(ask, usual_events(plan))
    events, first = events_table(plan, found), first_table(plan, found, deadlines_table(plan, ask, 3))
    return (
        {f"{row['kind']} {row['item']}".strip(): row for row in events.to_dict("records")},
        {str(row["item"]): row for row in first.to_dict("records")},
    )


def test_a_site_that_slips() -> None:
    """Tests that power that comes six months late has ten served by the hour for six months more."""
    events, _ = told(tiny(10, {"jobs": [10]}, power=[{"mw": 0}, {"month": 2, "mw": 1}], fleet=[{"count": 10}], **HOURS))
    row = events["slip hall"]
    assert row["event"] == "site hall slips by 6 months"
    assert row["month"] == "2030-03"
    assert row["costs"] == pytest.approx(6 * 10 * 500)
    assert row["at_least"] == pytest.approx(30_000) == row["at_most"]
    assert row["answer"] == "no decision differs"


def test_builds_of_a_site_slip_too() -> None:
    """Tests that a build at the site, ordered at once, helps six months later."""
    wing = {"capex_per_mw": 1, "lead_months": 1, "mw_per_block": 0.01}
    events, first = told(tiny(9, {"jobs": [10]}, power=[{"mw": 0}], fleet=[{"count": 10}], builds=[wing], **HOURS))
    assert events["slip hall"]["costs"] == pytest.approx(6 * 10 * 500)
    assert (first["wing"]["blocks"], first["wing"]["kept"], first["wing"]["events"]) == (1, 1, 1)


def test_demand_that_grows_twice_as_fast() -> None:
    """Tests that what is wanted beyond the first month's doubles: 10, 20, 30 becomes 10, 30, 50."""
    events, _ = told(tiny(3, {"jobs": [10, 20, 30], "less": [10, 5, 5]}, **HOURS))
    row = events["growth"]
    assert (row["event"], row["month"]) == ("demand grows twice as fast", "2030-02")
    assert row["costs"] == pytest.approx((10 + 20) * 500)


def test_a_lessor_takes_capacity_back() -> None:
    """Tests that a lease that can be left at two months' notice is lost from the third month on."""
    lease = {"price": 3000, "min_term_months": 1, "notice_months": 2, "committed_blocks": 1, "earliest": -3}
    events, first = told(tiny(6, {"jobs": [10]}, contracts=[lease], **HOURS))
    row = events["taken_back lease"]
    assert row["event"] == "cloud takes lease back in 2030-03"
    # Four months by the hour instead of the lease: 4 x (5000 - 3000).
    assert row["costs"] == pytest.approx(8000)
    assert row["unserved"] == 0
    # That the lessor gives notice in the first month is no decision of the planner.
    assert first == {}


def test_an_event_that_leaves_no_plan() -> None:
    """Tests that growth that nothing can serve, where all must be served, is told without figures."""
    must = [{"workload": "jobs", "min_service": 1}]
    events, first = told(tiny(2, {"jobs": [10, 20]}, fleet=[{"count": 20}], workloads=must))
    row = events["growth"]
    assert row["note"] == "leaves no plan"
    assert row["costs"] is None or row["costs"] != row["costs"]
    assert first == {}


def test_an_event_without_a_plan_comes_first() -> None:
    """Tests that a slip without a plan comes before growth, in the events and in the sentences on the first month."""
    # All work must be served: 10 own ones with power from month 1 on, and a lease of one month signed for month 0. If
    # the power comes six months later, nothing can serve months 1 to 6. Growth, of 10 to 12, hours can serve.
    instance = tiny(
        3,
        {"jobs": [10, 10, 11]},
        power=[{"mw": 0}, {"month": 1, "mw": 1}],
        fleet=[{"count": 10}],
        contracts=[{"price": 3000, "term_months": 1, "latest": 0, "max_blocks": 1}],
        on_demand=[{"price": 5, "max_accelerators": 2}],
        workloads=[{"workload": "jobs", "min_service": 1}],
    )
    plan = solved(instance)
    ask = optimizer.WhatIf(plan, gap=0, threads=1)
    found = answers(ask, reversed(usual_events(plan)))
    table = events_table(plan, found)
    assert table["kind"].tolist() == ["slip", "growth"]
    assert table["note"].tolist() == ["leaves no plan", ""]
    first = first_table(plan, found, deadlines_table(plan, ask, 3))
    row = first.to_dict("records")[0]
    assert (row["without_plan"], row["events"], row["kept"]) == ("site hall slips by 6 months", 1, 1)
    assert row["delay_note"] == "leaves no plan"
    assert first_sentences(plan, first) == [
        "Whatever is decided in Jan 2030, no plan meets all rules if site hall slips by 6 months.",
        "In Jan 2030, whichever other of these events occurs: Sign lease, 1 (a month later leaves no plan).",
    ]


def test_what_can_wait_is_not_needed_whatever_happens() -> None:
    """Tests that a lease signed now in every plan is needed now only if a month later costs more than nothing."""
    # Two leases of three months at 2000, from the first month alone and from the first or second. Hours cost 500 each:
    # without the first for good 3 x (5000 - 2000); the second, a month later, serves months 1 to 3 instead of 0 to 2.
    must = {"contract": "must", "price": 2000, "term_months": 3, "latest": 0}
    waits = {"contract": "waits", "price": 2000, "term_months": 3, "latest": 1}
    plan = solved(tiny(4, {"jobs": [20, 20, 20, 20]}, contracts=[must, waits], **HOURS))
    ask = optimizer.WhatIf(plan, gap=0, threads=1)
    due = deadlines_table(plan, ask, 3)
    first = first_table(plan, [Answer(Event("nothing new", "growth", "", "2030-01"), plan)], due)
    costs = dict(zip(first["item"], first["delay_costs"], strict=True))
    assert costs["must"] == pytest.approx(9000)
    if "waits" in costs:  # to sign it in the first or in the second month costs the same
        assert costs["waits"] == pytest.approx(0, abs=1e-6)
    every = pd.concat(
        [first[first["item"] == "must"], first[first["item"] == "must"].assign(item="waits", at_least=0.0)]
    )
    assert first_sentences(plan, every) == [
        "In Jan 2030, whichever of these events occurs: Sign must, 1 (a month later costs 9 k USD more).",
        "Decided in Jan 2030 in all plans found, but a delay of a month is not proven to cost more: Sign waits, 1.",
    ]


def test_this_month_whatever_happens() -> None:
    """Tests a lease that is signed in every case, and one that is signed now only if demand grows faster."""
    # Leases of three months from the start alone; hours cost 500 each.
    leases = [
        {"contract": "sure", "price": 2000, "term_months": 3, "latest": 0},
        {"contract": "perhaps", "price": 4000, "term_months": 3, "latest": 0},
    ]
    events, first = told(tiny(3, {"jobs": [10, 18, 18]}, contracts=leases, **HOURS))
    # Growth: 10, 26, 26. Hours of 16 each: 16,000; with the second lease 12,000 + 6 x 500 x 2 = 18,000. Not taken.
    assert first["sure"]["kept"] == first["sure"]["events"] == 1
    assert "perhaps" not in first
    cheaper = [leases[0], {**leases[1], "price": 3000}]
    # Now 8 + 8 by the hour cost 8000, and the second lease 9000; with twice the growth 9000 + 6000 < 16,000.
    events, first = told(tiny(3, {"jobs": [10, 18, 18]}, contracts=cheaper, **HOURS))
    row = first["perhaps"]
    assert (row["blocks"], row["most"], row["kept"]) == (0, 1, 1)
    assert row["otherwise"] == "demand grows twice as fast"
    assert events["growth"]["answer"] == "sign perhaps in 2030-01"
