"""A plan is searched on for a smaller gap: what is kept of it, and what is better."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from optimizer.analysis.budget import Budget
from optimizer.analysis.tighten import _seconds, tighten
from optimizer.plan.plan import Plan
from optimizer.solving.whatif import WhatIf
from tests.program.tiny import solved, tiny

LEASE = {"price": 3000, "term_months": 1}


@pytest.fixture(scope="module")
def plan() -> Plan:
    """A lease of 3000 that saves penalties of 10,000."""
    return solved(tiny(1, {"jobs": [10]}, contracts=[LEASE]))


def loose(plan: Plan, bound: float, target: float) -> Plan:
    """A plan of which less is proven, with a table that explains it."""
    gap = (plan.objective - bound) / plan.objective
    head = {**plan.head, "bound": bound, "gap": gap, "status": "feasible"}
    head["options"] = {**head["options"], "gap": target}
    return replace(plan, head=head, explained={"values": pd.DataFrame({"name": ["x"]})})


def test_the_same_plan_gets_its_bound(plan: Plan) -> None:
    """Tests that the plan keeps its tables and its target, is proven, and is optimal by that."""
    found = tighten(loose(plan, 2400.0, 0.1), threads=1)
    assert (found.objective, found.bound, found.gap) == pytest.approx((3000, 3000, 0), abs=1e-6)
    assert (found.status, found.head["options"]["gap"]) == ("optimal", 0.1)
    assert "values" in found.explained


def test_a_cheaper_plan_has_no_tables_of_the_other(plan: Plan) -> None:
    """Tests that of a plan with penalties of 10,000 the lease is found, and that forbidding the lease is obeyed."""
    worse = WhatIf(plan, gap=0.0, threads=1)(forbid="lease")
    assert worse.objective == pytest.approx(10_000)
    free = replace(worse, head={name: value for name, value in worse.head.items() if name != "held"})
    found = tighten(loose(free, 1000.0, 0.1), threads=1)
    assert (found.objective, found.bound) == pytest.approx((3000, 3000))
    assert not found.explained
    held = tighten(loose(worse, 1000.0, 0.1), threads=1)
    assert (held.objective, held.bound) == pytest.approx((10_000, 10_000))
    assert held.head["held"] == worse.head["held"]


def test_half_of_a_budget_is_for_it(plan: Plan) -> None:
    """Tests its seconds, and that a plan without a gap is not searched."""
    assert _seconds(Budget(60, now=lambda: 0.0)) == 30
    assert _seconds(Budget()) == _seconds(None) == 600
    assert tighten(plan) is plan
