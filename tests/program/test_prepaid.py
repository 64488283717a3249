"""Prepayments and tails of terms: hand-worked optima, neutral values and the audit. A block has 10 accelerators."""

from __future__ import annotations

from typing import Any

import pytest

import optimizer
from optimizer.errors import NoFeasiblePlan
from optimizer.plan.obligations import owed_after
from optimizer.plan.plan import Plan
from tests.auditing.tampering import change, judged_by, named, pick
from tests.oracle import ask
from tests.program.rich import rich_frames
from tests.program.tiny import frames, month, paid, solved, tiny

FIXED = {"price": 100, "term_months": 6, "lead_months": 1, "earliest": 2, "latest": 2, "prepaid_fraction": 0.4}
OPEN = {"price": 100, "min_term_months": 4, "earliest": 0, "latest": 0, "prepaid_fraction": 0.5}
STEPS = [{"item": "lease", "month": 1, "price": 80}, {"item": "lease", "month": 3, "price": 60}]


def _case(lease: dict[str, Any], months: int = 5, **more: Any) -> dict[str, Any]:
    return frames(months, {"jobs": [10]}, contracts=[lease], **more)


def _agreed(plan: Plan, cost: float, case: dict[str, Any]) -> None:
    """The cost is that worked out by hand, for the program and for the second formulation."""
    assert plan.objective == pytest.approx(cost)
    assert ask(case).objective == pytest.approx(cost)


def test_a_share_of_a_fixed_term_is_paid_at_signature() -> None:
    """Tests that the prepayment counts months after the plan, and that invoices are lower by its share."""
    # Signed in month 1 for months 2 to 7: 0.4 x 600 = 240 at signature, then 60 a month in months 2, 3 and 4.
    # Two months are not served: 2 x 10,000.
    case = _case(FIXED)
    plan = solved(optimizer.read(case))
    assert paid(plan, "prepayment") == {1: 240}
    assert paid(plan, "contract") == {2: 60, 3: 60, 4: 60}
    _agreed(plan, 20_000 + 240 + 180, case)
    assert owed_after(plan.instance, plan.obligations) == pytest.approx({"lease": 180})
    (signed,) = plan.decisions.itertuples(index=False)
    assert signed.committed_cost == pytest.approx(600)


def test_ramp_escalation_and_interruption_are_prepaid_too() -> None:
    """Tests that what is prepaid is the price of each month as it is charged, also after the plan."""
    # Months 2 to 7 at 50 (ramp, age 0), 100, 100, 100, 100 and, interrupted from month 7 on, 30: 480, of it 192.
    ramp = [
        {"month_of_term": 0, "capacity_fraction": 1, "price_fraction": 0.5},
        {"month_of_term": 1, "capacity_fraction": 1},
    ]
    recall = [{"interruption": "recall", "item": "lease", "from": 7, "capacity_fraction": 1, "price_fraction": 0.3}]
    case = _case(FIXED, ramps=ramp, interruptions=recall)
    plan = solved(optimizer.read(case))
    assert paid(plan, "prepayment") == pytest.approx({1: 192})
    _agreed(plan, 20_000 + 192 + 0.6 * 250, case)
    # A term of 14 months with a tenth more in its second year: 12 x 100 + 2 x 110, half of it at signature.
    year = {"price": 100, "term_months": 14, "latest": 0, "prepaid_fraction": 0.5, "escalation": 0.1}
    assert paid(solved(optimizer.read(_case(year))), "prepayment") == pytest.approx({0: 710})


def test_of_a_terminable_contract_the_minimum_term_is_prepaid() -> None:
    """Tests that the months of the minimum term are invoiced less, and later ones in full."""
    # Months 0 to 3 at 100, 80, 80, 60: 320, half of it at signature and half month by month; month 4 costs 60.
    case = _case(OPEN, prices=STEPS)
    plan = solved(optimizer.read(case))
    assert paid(plan, "prepayment") == {0: 160}
    assert paid(plan, "contract") == {0: 50, 1: 40, 2: 40, 3: 30, 4: 60}
    _agreed(plan, 380, case)


def test_the_price_after_the_plan_is_that_of_the_last_month() -> None:
    """Tests that a minimum term that goes on after the plan is prepaid at the price of its last month."""
    # Two months: 100 and 80; months 2 and 3 are after the plan, at 80 whatever prices say of month 3: 340, half of it.
    case = _case(OPEN, months=2, prices=STEPS)
    assert paid(solved(optimizer.read(case)), "prepayment") == {0: 170}


def test_what_was_signed_before_the_plan_was_prepaid_before_it() -> None:
    """Tests that a prepayment before the plan is sunk, and that the invoices of the plan are lower nevertheless."""
    agreed = {**FIXED, "earliest": 0, "latest": None, "committed_blocks": 2}
    case = _case(agreed)
    plan = solved(optimizer.read(case))
    assert paid(plan, "prepayment") == {}
    _agreed(plan, 5 * 120, case)
    # One that starts in month 2 was signed in month 1 of the plan.
    later = solved(optimizer.read(_case({**agreed, "earliest": 2})))
    assert paid(later, "prepayment") == {1: 480}


def test_budgets_and_commitments_count_it_when_it_is_paid() -> None:
    """Tests that a budget of the month of signature, and the year of a spend commitment, count the prepayment."""
    budget = {"amount": 239, "from": 1, "to": 1, "covers": "opex"}
    must = {**FIXED, "committed_blocks": 1}
    with pytest.raises(NoFeasiblePlan):
        optimizer.solve(optimizer.read(_case(must, budgets=[budget])))
    # A year of 12 x 420 = 5040, of which 5 months are 2100: 240 + 180 are paid, 1680 are short.
    deal = {"annual_amount": 5040, "required": True, "latest": 0}
    case = _case(must, budgets=[{**budget, "amount": 240}], commitments=[deal])
    plan = solved(optimizer.read(case))
    assert paid(plan, "shortfall") == pytest.approx({4: 1680})
    _agreed(plan, 20_000 + 420 + 1680, case)


@pytest.mark.parametrize("share", [0.5, 1.0])
def test_a_share_of_what_is_due_after_the_plan_counts(share: float) -> None:
    """Tests amount, month and discounting of the tail of a fixed term."""
    # At 100 % a year a month divides by 2 ** (1/12). Months 5, 6 and 7 are after the plan: 60 each, discounted to
    # month 5, the month after it.
    head = {"tail_fraction": share, "discount_rate": 1.0}
    plan = solved(optimizer.read(_case(FIXED, head=head)))
    factors = [2 ** (-k / 12) for k in range(3)]
    assert paid(plan, "tail") == pytest.approx({5: 60 * share * sum(factors)}, rel=1e-6)
    row = plan.cash[plan.cash["term"] == "tail"].iloc[0]
    assert row["present_value"] == pytest.approx(60 * share * sum(factors) * 2 ** (-5 / 12))
    assert ask(_case(FIXED, head=head)).objective == pytest.approx(plan.objective)


def test_the_tail_of_a_minimum_term_is_at_the_last_price() -> None:
    """Tests the tail of terminable contracts, of what was agreed before the plan, and of what starts after it."""
    # Two months, at 100 and 80; the minimum term goes on for months 2 and 3, at 80, of which half was prepaid.
    case = _case(OPEN, months=2, prices=STEPS, head={"tail_fraction": 1.0})
    plan = solved(optimizer.read(case))
    assert paid(plan, "tail") == {2: 80}
    _agreed(plan, 170 + 50 + 40 + 80, case)
    # Two blocks from month -1 on for 6 months, at the price of month 0: months 2, 3 and 4 are after the plan.
    agreed = {"price": 100, "term_months": 6, "earliest": -1, "committed_blocks": 2}
    case = _case(agreed, months=2, prices=STEPS, head={"tail_fraction": 0.25})
    plan = solved(optimizer.read(case))
    assert paid(plan, "tail") == {2: 150}
    _agreed(plan, 400 + 150, case)
    # The same in month 4, after the plan: all six months, at the price of month 4.
    case = _case({**agreed, "earliest": 4}, months=2, prices=STEPS, head={"tail_fraction": 0.25})
    plan = solved(optimizer.read(case))
    assert paid(plan, "tail") == {2: 180}
    _agreed(plan, 20_000 + 180, case)


def test_a_tail_keeps_a_long_contract_from_being_nearly_free() -> None:
    """Tests that a term which is cheap within the plan alone is rejected where all of it counts."""
    # One month at 100 against a penalty of 10 x 20; with the 11 months after the plan, 1200.
    lease = {"price": 100, "term_months": 12}
    jobs = [{"workload": "jobs", "penalty": 20}]
    assert solved(optimizer.read(_case(lease, months=1, workloads=jobs))).objective == pytest.approx(100)
    whole = _case(lease, months=1, workloads=jobs, head={"tail_fraction": 1.0})
    assert solved(optimizer.read(whole)).objective == pytest.approx(200)


def test_warnings_and_notes_know_the_tail() -> None:
    """Tests that a term far beyond the plan is warned of, and noted as not counted, only without a tail."""
    lease = {"price": 100, "term_months": 12}
    for share, warnings, text in (
        (0.0, 1, "The cost counts none of it"),
        (0.4, 0, "The cost counts 40 % of the terms"),
    ):
        plan = solved(optimizer.read(_case(lease, months=1, head={"tail_fraction": share})))
        assert sum(warning.column == "term_months" for warning in plan.instance.warnings) == warnings
        assert any(text in note for note in plan.head["warnings"])


def test_no_prepayment_and_no_tail_change_nothing() -> None:
    """Tests that shares of 0 give the optimum without them."""
    case = rich_frames(head={"name": "rich", "discount_rate": 0.1})
    case["contracts"] = case["contracts"].drop(columns="prepaid_fraction")
    best = optimizer.solve(optimizer.read(case), relax=True, threads=1).objective
    case["instance"]["tail_fraction"] = 0.0
    case["contracts"] = case["contracts"].assign(prepaid_fraction=0.0)
    assert optimizer.solve(optimizer.read(case), relax=True, threads=1).objective == pytest.approx(best, rel=1e-9)


def test_the_audit_prices_both() -> None:
    """Tests that a wrong or missing prepayment or tail is a violation, and that a tail stands after the plan."""
    case = _case(FIXED, head={"tail_fraction": 0.5})
    plan = solved(optimizer.read(case))
    for term, at in (("prepayment", 1), ("tail", 5)):
        row = pick(plan, "cash", term=term)
        assert ("cash", "lease", month(at)) in named(change(plan, "cash", row, amount=1.0))
    assert ("months", "lease", month(4)) in named(change(plan, "cash", row, month=month(4)))
    without = optimizer.read(_case({**FIXED, "prepaid_fraction": 0}))
    assert named(judged_by(plan, without)) >= {("cash", "lease", month(t)) for t in (1, 2, 3, 4, 5)}


def test_what_ifs_change_both_in_place() -> None:
    """Tests that edited shares need no new model."""
    query = optimizer.WhatIf(solved(tiny(5, {"jobs": [10]}, contracts=[FIXED])), threads=1)
    # 0.5 x 600 at signature, 3 x 50.
    assert query("contracts.lease.prepaid_fraction=0.5").objective == pytest.approx(20_450)
    assert query.live.rebuilt == 0
