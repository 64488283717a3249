"""The audit of plans that begin with earlier decisions: it derives what they mean from the table alone."""

from __future__ import annotations

from typing import Any

import pytest

from optimizer.instance.instance import Instance
from optimizer.plan.plan import Plan
from tests.auditing.tampering import judged_by, named, without
from tests.program.tiny import month, solved, tiny

WING = {"mw_per_block": 0.02, "max_blocks": 3, "lead_months": 3, "capex_per_mw": 30_000, "residual_fraction": 1}
BUY = {"unit_price": 100, "lot_size": 10, "lead_months": 2, "deposit_fraction": 0.5, "residual_fraction": 1}
HALL = {"month": -1, "decision": "order_build", "item": "wing"}
LOTS = {"month": -1, "decision": "buy", "item": "buy", "blocks": 3}


def _instance(*rows: dict[str, Any], **changed: Any) -> Instance:
    given = {"power": [{"mw": 0.02}], "builds": [{**WING, "fixed_cost_per_mw_month": 50}], "purchases": [BUY]}
    return tiny(6, {"jobs": [30]}, **(given | changed), decided=rows)


@pytest.fixture(scope="module")
def plan() -> Plan:
    return solved(_instance(HALL, LOTS))


def test_the_plan_passes(plan: Plan) -> None:
    """Tests that nothing is found in a plan with a build and lots under way."""
    assert named(plan) == set()


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        # Ordered a month earlier, it has power in month 1 and is paid until month 0 only.
        ([{**HALL, "month": -2}, LOTS], {("power", "hall", 1), ("cash", "wing", 1), ("cash", "wing", 6)}),
        ([{**HALL, "price": 29_000}, LOTS], {("cash", "wing", 0), ("cash", "wing", 1), ("cash", "wing", 6)}),
        ([{**HALL, "price": 29_000}, LOTS], {("owed", "wing", 0), ("owed", "wing", 1)}),
        ([LOTS], {("power", "hall", 2), ("cash", "wing", 0), ("cash", "wing", 2)}),
        # A lot fewer is not there from month 1 on, where its rest was paid.
        ([HALL, {**LOTS, "blocks": 2}], {("capacity", "hall/gpu", 1), ("cash", "buy", 1), ("cash", "buy", 6)}),
        ([HALL, {**LOTS, "month": -2}], {("capacity", "hall/gpu", 0), ("cash", "buy", 0), ("cash", "buy", 1)}),
        ([HALL, {**LOTS, "price": 99}], {("cash", "buy", 1), ("cash", "buy", 6)}),
    ],
)
def test_another_past_is_noticed(plan: Plan, rows: list[dict[str, Any]], expected: set[tuple[str, str, int]]) -> None:
    """Tests that a plan is found wrong where other decisions before it would give other figures."""
    found = named(judged_by(plan, _instance(*rows)))
    assert {(rule, item, month(t)) for rule, item, t in expected} <= found


DEAL = {"month": -4, "decision": "commit_spend", "item": "deal", "spent": 300}


def _committed(**row: Any) -> Instance:
    rate = {"price": 0.5, "max_accelerators": 10, "commitment": "deal"}
    made = [DEAL | row] if row.get("month") != "never" else []
    deal = {"annual_amount": 1200, "years": 2}
    return tiny(12, {"jobs": [1]}, commitments=[deal], on_demand=[rate], decided=made)


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        # A month earlier, 1200 - 300 - 7 x 50 = 550 are due in month 6 and the next year has more months.
        ({"month": -5}, {("cash", "deal", 6), ("cash", "deal", 7), ("cash", "deal", 11), ("owed", "deal", 0)}),
        ({"spent": 250}, {("cash", "deal", 7), ("owed", "deal", 7)}),
        # Without it, nothing of its rate can be used.
        ({"month": "never"}, {("cash", "deal", 7), ("pool_limit", "hourly", 0), ("owed", "deal", 0)}),
    ],
)
def test_another_commitment_is_noticed(row: dict[str, Any], expected: set[tuple[str, str, int]]) -> None:
    """Tests that a plan is found wrong where another start, or other spending before it, would give other figures."""
    plan = solved(_committed())
    assert named(plan) == set()
    found = named(judged_by(plan, _committed(**row)))
    assert {(rule, item, month(t)) for rule, item, t in expected} <= found


RUN = {"work": 50, "sizes": "10;25", "penalty": 9000, "lateness_penalty": 70, "target": 0, "required": True}
MADE = {"month": -2, "decision": "start_run", "item": "big", "pool": "hall/gpu", "accelerators": 10}


def _running(**row: Any) -> Instance:
    made = [MADE | row] if row.get("month") != "never" else []
    return tiny(6, {"jobs": [15]}, fleet=[{"count": 25}], training_runs=[RUN], decided=made)


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        # It takes 5 months, to month 2, and a month less of the plan if it started a month earlier.
        ({"month": -3}, {("run_decision", "big", -3), ("months", "big", -2)}),
        ({"accelerators": 25}, {("run_decision", "big", -2)}),
        ({"month": "never"}, {("months", "big", -2), ("run_once", "big", None), ("run_allocation", "big", 0)}),
    ],
)
def test_another_run_is_noticed(row: dict[str, Any], expected: set[tuple[str, str, int | None]]) -> None:
    """Tests that a plan is found wrong where another run before it would occupy other accelerators or months."""
    plan = solved(_running())
    assert named(plan) == set()
    found = named(judged_by(plan, _running(**row)))
    assert {(rule, item, "" if t is None else month(t)) for rule, item, t in expected} <= found


def test_a_run_under_way_that_is_left_out_is_noticed() -> None:
    """Tests that the table of runs, and the accelerators that they occupy, have to have what was placed before."""
    plan = solved(_running())
    found = named(without(plan, "runs", 0))
    assert {("run_decision", "big", month(-2)), ("run_allocation", "big", month(0))} <= found


def test_limits_count_what_was_decided() -> None:
    """Tests that `max_blocks` and `max_total` hold for orders before the plan and in it."""
    # Two lots more serve 20; power for 30 comes with a block more.
    wing = {**WING, "residual_fraction": 0}
    given = {"power": [{"mw": 0}], "builds": [wing], "purchases": [BUY]}
    before = [{**HALL, "month": -3}, {**LOTS, "blocks": 1}]
    plan = solved(_instance(*before, **given))
    ordered = plan.decisions.groupby("item")["blocks"].sum()
    assert ordered.to_dict() == {"buy": 2, "wing": 1}
    tight = {"builds": [{**wing, "max_blocks": 1}], "purchases": [{**BUY, "max_total": 20}]}
    found = named(judged_by(plan, _instance(*before, **(given | tight))))
    assert {(rule, item) for rule, item, _ in found} == {("build_limit", "wing"), ("purchase_limits", "buy")}
