"""Limits of a few dollars in plans of billions: how closely the audit judges them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

import optimizer
from optimizer.plan.plan import Plan
from tests.auditing.tampering import named, with_table
from tests.program.tiny import month, tiny

PRICE = 3.777  # of an accelerator and hour, 100 hours a month
WANTED = [1e6, 1.5e6, 2e6]  # accelerators; each that is missing costs a million a month
LIMITS: dict[str, dict[str, Any]] = {
    "budget": {"budgets": [{"amount": 1, "covers": "opex"}]},
    "hard_rules": {
        "rules": [{"sense": "<=", "rhs": 1, "each": "total"}],
        "rule_terms": [{"quantity": "spend", "item": "cloud"}],
    },
}


def _plan(limits: dict[str, Any]) -> Plan:
    """An offer by the hour and a lease that costs more, beside penalties of 4.5 trillion."""
    offers = {"on_demand": [{"price": PRICE, "max_accelerators": 1e6}]}
    lease = {"contracts": [{"price": 5e4, "integer": False, "max_blocks": 1_000_000, "min_term_months": 1}]}
    jobs = {"workloads": [{"workload": "jobs", "penalty": 1e6}]}
    wanted = {"jobs": WANTED}
    return optimizer.solve(tiny(3, wanted, **jobs, **offers, **lease, **limits), gap=1e-4, threads=1, time_limit=60)


def _spending(plan: Plan, amount: float, price: float = PRICE) -> Plan:
    """The plan with an amount spent by the hour: only its allocation is changed, from which all is priced again."""
    run = pd.DataFrame([(month(0), "hourly", "jobs", amount / (price * 100), amount / (price * 100))])
    return with_table(plan, "allocation", run.set_axis(plan.allocation.columns, axis=1))


@pytest.mark.parametrize("rule", list(LIMITS))
def test_a_limit_of_a_dollar_holds_to_half_a_cent(rule: str) -> None:
    """Tests that a plan is found under a dollar's limit beside 4.5 trillion of penalties, and that half a cent decides.

    One dollar buys 0.0026 accelerators of a million: the figures of a plan are not exact to the millionth of a dollar.
    """
    plan = _plan(LIMITS[rule])
    assert plan.cash.loc[plan.cash["term"] != "unserved", "amount"].sum() <= 1.005
    place = (rule, "cap" if rule == "budget" else "mine", month(2))
    assert place not in named(_spending(plan, 1.004))
    assert place in named(_spending(plan, 1.006))


@pytest.mark.parametrize("rule", list(LIMITS))
def test_where_all_money_is_small_so_is_what_is_let_pass(rule: str) -> None:
    """Tests that half a cent is much where money is counted in millions or billions.

    The largest payment is the penalty of the last month, about 2; a billionth of that is let pass, half a cent is not.
    """
    wanted, limits = {"jobs": [1.0, 1.5, 2.0]}, LIMITS[rule]
    given = {name: [dict(row) for row in rows] for name, rows in limits.items()}
    for row in [*given.get("budgets", []), *given.get("rules", [])]:
        row["amount" if "amount" in row else "rhs"] = 0.1
    offers = {"on_demand": [{"price": PRICE / 1000, "max_accelerators": 2}]}
    instance = tiny(3, wanted, workloads=[{"workload": "jobs", "penalty": 1}], **offers, **given)
    plan = optimizer.solve(instance, gap=0.0, threads=1, time_limit=60)
    assert plan.cash.loc[plan.cash["term"] == "on_demand", "amount"].sum() == pytest.approx(0.1, rel=1e-6)
    place = (rule, "cap" if rule == "budget" else "mine", month(2))
    assert place not in named(_spending(plan, 0.1, PRICE / 1000))
    assert place in named(_spending(plan, 0.104, PRICE / 1000))


def test_coefficients_of_cheap_items_reach_the_solver() -> None:
    """Tests that a budget counts an item of a few cents beside penalties of trillions.

    The dear workload makes the unit of money large, so that a lease of 1.68 a block is 1e-11 of it; 3 blocks at most
    can be paid from 5.04 dollars.
    """
    leases = [{"price": 1.68, "integer": False, "max_blocks": 30_000_000, "min_term_months": 1}]
    jobs = [{"workload": "jobs", "penalty": 662_863.0}]
    wanted = {"jobs": [52e6, 22e6, 60e6, 24e6]}
    budget = [{"amount": 504_000, "covers": "opex"}]
    offers = [{"price": 52.583, "max_accelerators": 30e6}]
    plan = optimizer.solve(
        tiny(4, wanted, contracts=leases, workloads=jobs, budgets=budget, on_demand=offers), gap=0.0, threads=1
    )
    spent = float(plan.cash.loc[plan.cash["term"].isin(["contract", "on_demand"]), "amount"].sum())
    # A block of ten accelerators for 1.68 is the cheapest work there is, and all of it is wanted.
    assert spent == pytest.approx(504_000, rel=1e-6)
    served = plan.service["served"].sum()
    assert served == pytest.approx(504_000 / 1.68 * 10, rel=1e-6)


def test_nothing_is_told_of_what_cancels() -> None:
    """Tests that a rule on a difference that is zero tells zero, not what adding fractions leaves."""
    rules = [{"sense": "=", "rhs": 0, "each": "month"}]
    terms = [
        {"quantity": "used", "item": "left"},
        {"quantity": "used", "item": "right", "coefficient": -1},
    ]
    two = [{"offer": name, "price": price, "max_accelerators": 1000.1} for name, price in (("left", 1), ("right", 2))]
    wanted = {"jobs": [0.3, 100.7 / 3, 333.1 / 7]}
    plan = optimizer.solve(tiny(3, wanted, on_demand=two, rules=rules, rule_terms=terms), gap=0.0, threads=1)
    values = plan.tables["rules"]["value"].to_numpy()
    assert len(values) == 3
    assert np.all(values == 0)
