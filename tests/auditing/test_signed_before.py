"""The audit of plans with contracts signed before: it derives what they mean from the table alone."""

from __future__ import annotations

from typing import Any

import pytest

from optimizer.instance.instance import Instance
from optimizer.plan.plan import Plan
from tests.auditing.tampering import judged_by, named
from tests.program.tiny import month, solved, tiny

LEASE = {"price": 100, "min_term_months": 2, "notice_months": 3, "termination_fee_months": 0.5, "max_blocks": 2}
FIXED = {"contract": "fixed", "price": 70, "term_months": 6, "upfront_per_block": 40, "prepaid_fraction": 0.5}
BETTER = {"contract": "better", "price": 60, "renews": "lease", "term_months": 3, "latest": 2}
LET = {"accelerators_per_block": 5, "price": 20, "min_term_months": 1, "latest": -1}
SIGN = {"month": -4, "decision": "sign", "item": "lease", "blocks": 2}
BACK = {"month": -1, "decision": "hand_back", "item": "lease"}
TERM = {"month": -2, "decision": "sign", "item": "fixed", "starts": 1, "price": 50}
LEASE_OUT = {"month": -1, "decision": "lease_out", "item": "let"}


def _instance(*rows: dict[str, Any]) -> Instance:
    given = {"contracts": [{**LEASE, "sublease": True}, FIXED, BETTER], "outlets": [LET]}
    return tiny(6, {"jobs": [30]}, head={"tail_fraction": 0.5}, **given, decided=rows)


@pytest.fixture(scope="module")
def plan() -> Plan:
    return solved(_instance(SIGN, BACK, TERM, LEASE_OUT))


def test_the_plan_passes(plan: Plan) -> None:
    """Tests that nothing is found in a plan with blocks signed, handed back and leased out before."""
    assert named(plan) == set()
    assert (plan.decisions["item"] == "better").any()


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        # With a block fewer there is less to use, to pay and to owe.
        ([{**SIGN, "blocks": 1}, BACK, TERM, LEASE_OUT], {("capacity", "lease", 0), ("cash", "lease", 0)}),
        ([{**SIGN, "blocks": 1}, BACK, TERM, LEASE_OUT], {("owed", "lease", 0)}),
        # Handed back a month later, the block is there in month 2, its fee comes later, and so does its renewal.
        ([SIGN, {**BACK, "ends": 2}, TERM, LEASE_OUT], {("capacity", "lease", 2), ("cash", "lease", 2)}),
        ([SIGN, {**BACK, "ends": 2}, TERM, LEASE_OUT], {("cash", "lease", 3), ("renewal", "better", 2)}),
        ([SIGN, TERM, LEASE_OUT], {("capacity", "lease", 2), ("cash", "lease", 2), ("renewal", "better", 2)}),
        # At the price of the table it costs more, in the tail too; a month later it starts and ends later.
        ([SIGN, BACK, {**TERM, "price": None}, LEASE_OUT], {("cash", "fixed", 1), ("cash", "fixed", 6)}),
        ([SIGN, BACK, {**TERM, "price": None}, LEASE_OUT], {("owed", "fixed", 0)}),
        ([SIGN, BACK, {**TERM, "starts": 2}, LEASE_OUT], {("capacity", "fixed", 1), ("cash", "fixed", 1)}),
        ([SIGN, BACK, LEASE_OUT], {("capacity", "fixed", 1), ("cash", "fixed", 1), ("cash", "fixed", 6)}),
        ([SIGN, BACK, TERM], {("cash", "let", 0)}),
    ],
)
def test_another_past_is_noticed(plan: Plan, rows: list[dict[str, Any]], expected: set[tuple[str, str, int]]) -> None:
    """Tests that a plan is found wrong where other decisions before it would give other figures."""
    found = named(judged_by(plan, _instance(*rows)))
    assert {(rule, item, month(t)) for rule, item, t in expected} <= found


def test_signed_again_in_the_plan_it_would_be_paid_again() -> None:
    """Tests that signing in the plan what was signed before is another plan: its upfront and prepayment are due."""
    plan = solved(_instance(SIGN, BACK, {**TERM, "starts": 0}, LEASE_OUT))
    assert not plan.cash["term"].isin(["upfront", "prepayment"]).any()
    table = plan.decisions
    row = {**table.iloc[0].to_dict(), "month": month(0), "decision": "sign", "item": "fixed", "starts": month(0)}
    table.loc[len(table)] = row | {"blocks": 1.0, "ends": month(5), "committed_cost": 40 + 6 * 70.0}
    found = named(plan)
    assert {("cash", "fixed", month(0)), ("max_blocks", "fixed", month(0))} <= found
