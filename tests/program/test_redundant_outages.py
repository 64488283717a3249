"""Losses that offers on demand survive alone: left out of the program, and told in the plan all the same."""

from __future__ import annotations

from typing import Any

import pytest

import optimizer
from optimizer.program.redundant_outages import filled
from tests.program.tiny import by_month, month, solved, tiny

SPARE = {"contract": "spare", "price": 100, "term_months": 1, "max_blocks": 9}
CRITICAL = [{"workload": "jobs", "critical": 0.5}]
LOSE_HALL = [{"rule": "survive", "subject": "site", "member": "hall", "limit": 1, "from": 0, "to": 9}]


def _given(most: float, **more: Any) -> dict[str, Any]:
    """A hall with all that is wanted, and so much by the hour beside it."""
    offer = {"price": 9, "max_accelerators": most}
    return {
        "fleet": [{"count": 30}],
        "contracts": [SPARE],
        "workloads": CRITICAL,
        "on_demand": [offer],
        "policies": LOSE_HALL,
        **more,
    }


def test_months_that_hours_survive_are_left_out() -> None:
    """Tests that the program asks only in months in which what is there by the hour falls short."""
    # 10 and 11 are critical; 10 are there by the hour.
    instance = tiny(2, {"jobs": [20, 22]}, **_given(10))
    assert {key[-1] for key in optimizer.build(instance).model.outage_demand} == {1}
    plan = solved(instance)
    assert plan.objective == pytest.approx(100)  # a block stands by in the second month
    assert by_month(plan, "outages", "work") == {0: 10, 1: 11}
    assert by_month(plan, "outages", "accelerators", pool="hourly")[0] == 10


def test_an_offer_of_who_is_lost_does_not_count() -> None:
    """Tests that an offer is gone with the region that is lost."""
    away = {"price": 9, "max_accelerators": 9, "region": "there", "offer": "away"}
    offers = [{"price": 9, "max_accelerators": 10}, away]
    here = [{"rule": "survive", "subject": "region", "member": "here", "limit": 1, "from": 0, "to": 9}]
    block = SPARE | {"region": "there"}
    plan = solved(tiny(1, {"jobs": [20]}, **_given(0, on_demand=offers, policies=here, contracts=[block])))
    assert plan.objective == pytest.approx(100)  # 9 by the hour are left for 10


@pytest.mark.parametrize("most", [10, 9])
def test_the_plan_tells_how_in_the_table_of_outages(most: float) -> None:
    """Tests that the table tells each month of a loss, whoever worked it out, and that the audit agrees."""
    plan = solved(tiny(1, {"jobs": [20]}, **_given(most)))
    told = plan.outages
    assert set(told["month"]) == {month(0)}
    assert told["work"].sum() == pytest.approx(10)
    assert optimizer.audit(plan).passed


@pytest.mark.parametrize(
    ("edit", "cost"),
    [
        ("demand.jobs.amount*=1.1", 100),  # 11 critical, and 10 by the hour
        ("workloads.jobs.critical=0.6", 100),  # 12
        ("policies.care.limit=0.5", 0),  # 5
        ("on_demand.hourly.max_accelerators=9", 100),
        ("on_demand.hourly.max_accelerators=12", 0),
        ("on_demand.hourly.availability=0.9", 100),  # 9
    ],
)
def test_a_what_if_brings_back_what_was_left_out(edit: str, cost: float) -> None:
    """Tests edits by which hours fall short, or suffice still; the plan's outages are those of the edited data."""
    base = solved(tiny(1, {"jobs": [20]}, **_given(10)))
    assert base.objective == pytest.approx(0)
    plan = optimizer.WhatIf(base, gap=0, threads=1)(edit)
    assert plan.objective == pytest.approx(cost)
    assert optimizer.audit(plan).passed


def test_work_that_few_can_do_comes_first() -> None:
    """Tests that pools are kept for the work that has no other."""
    # Either does a in both pools, b only in the second: a must leave the second to b.
    yields = {("a", "p"): 2.0, ("a", "q"): 1.0, ("b", "q"): 1.0}
    assert filled({"a": 8, "b": 5}, {"p": 4, "q": 5}, yields) == {("b", "q"): 5, ("a", "p"): 4}
    # What is left over goes where it can: 2 of a are missing in p, and q has one more than b needs.
    assert filled({"a": 9, "b": 5}, {"p": 4, "q": 6}, yields) == {("b", "q"): 5, ("a", "p"): 4, ("a", "q"): 1}
    assert filled({"a": 9, "b": 5}, {"p": 4, "q": 5}, yields) is None
    assert filled({"a": 1, "c": 1}, {"p": 4, "q": 5}, yields) is None  # nobody does c
