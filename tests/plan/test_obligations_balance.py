"""What is owed from one month to the next: it falls by what is paid for it and rises by what is newly bound."""

from __future__ import annotations

from itertools import pairwise

import pytest

import optimizer
from optimizer.errors import NoFeasiblePlan
from optimizer.generator import random_instance
from optimizer.plan.plan import Plan

_FIRM = ("build", "purchase", "upfront", "prepayment", "contract", "termination")
_SEEDS = range(4)


def _bound(plan: Plan, item: str) -> dict[str, float]:
    """What decisions newly bind to, by month: signatures with their lead, orders."""
    rows = plan.decisions[
        (plan.decisions["item"] == item) & plan.decisions["decision"].isin(["sign", "order_build", "buy"])
    ]
    return {str(month): float(cost) for month, cost in rows.groupby("month")["committed_cost"].sum().items()}


def _owed(plan: Plan, item: str, month: str) -> float:
    rows = plan.obligations
    return float(rows.loc[(rows["item"] == item) & (rows["month"] == month), "owed"].sum())


def _balanced(plan: Plan, items: list[str]) -> int:
    """Check the balance of each item in each month; return how many months have something owed.

    In the last month, what is not due after the plan is paid.
    """
    months, cash, count = [plan.instance.label(t) for t in range(plan.instance.head.months)], plan.cash, 0
    firm = cash[cash["term"].isin(_FIRM)].groupby(["item", "month"])["amount"].sum().to_dict()
    for item in items:
        bound = _bound(plan, item)
        for now, then in pairwise(months):
            owed = _owed(plan, item, now)
            expected = owed - firm.get((item, now), 0.0) + bound.get(then, 0.0)
            assert _owed(plan, item, then) == pytest.approx(expected, rel=1e-9, abs=1e-6), (item, then)
            count += owed > 0
        last = plan.obligations.query("item == @item and month == @months[-1]")
        left = float((last["owed"] - last["owed_after_horizon"]).sum())
        assert left == pytest.approx(firm.get((item, months[-1]), 0.0), rel=1e-9, abs=1e-6), item
    return count


@pytest.mark.parametrize("relax", [False, True])
def test_what_is_owed_balances(relax: bool) -> None:
    """Tests ``owed(t+1) = owed(t) - paid in t + newly bound in t+1`` of fixed terms, builds and purchases."""
    checked = 0
    for seed in _SEEDS:
        try:
            plan = optimizer.solve(random_instance(seed, "small"), gap=0.05, time_limit=20, threads=1, relax=relax)
        except NoFeasiblePlan:
            continue
        named = plan.instance.named
        items = [name for name, row in named["contracts"].items() if row.term_months is not None]
        checked += _balanced(plan, [*items, *named["builds"], *named["purchases"]])
    assert checked > 50
