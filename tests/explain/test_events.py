"""What it costs if something happens, and what to do this month whatever happens: derived by hand."""

from __future__ import annotations

from typing import Any

import pytest

import optimizer
from optimizer.explain.events import answers, events_table, usual_events
from optimizer.explain.first import first_table
from optimizer.instance.instance import Instance
from tests.program.tiny import solved, tiny

HOURS: dict[str, Any] = {"on_demand": [{"price": 5, "max_accelerators": 100}]}  # 500 a month each


def told(instance: Instance) -> tuple[dict[str, dict[Any, Any]], dict[str, dict[Any, Any]]]:
    """Rows of the events by kind and item, and of the first month by item."""
    plan = solved(instance)
    found = answers(optimizer.WhatIf(plan, gap=0, threads=1), usual_events(plan))
    events, first = events_table(plan, found), first_table(plan, found)
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
