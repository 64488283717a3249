"""Escalation: hand-worked optima, neutral values, the ramp that says the same, and the audit."""

from __future__ import annotations

from typing import Any

import pytest

import optimizer
from optimizer.plan.obligations import owed_after
from optimizer.plan.plan import Plan
from tests.auditing.tampering import change, judged_by, named, pick
from tests.oracle import ask
from tests.program.rich import rich_frames
from tests.program.tiny import frames, month, paid, solved, tiny


def _lease(**columns: Any) -> list[dict[str, Any]]:
    return [{"price": 100, **columns}]


def _agreed(rate: float, **more: Any) -> Plan:
    """Two blocks agreed ten months before a plan of six months, for thirty months."""
    lease = _lease(term_months=30, earliest=-10, committed_blocks=2, escalation=rate)
    return solved(tiny(6, {"jobs": [20]}, contracts=lease, **more))


def test_the_price_rises_after_every_twelve_months_of_age() -> None:
    """Tests that a block of age 10 and 11 costs its price, and one of age 12 to 15 a tenth more."""
    # 2 blocks: 2 x 100 in months 0 and 1, 2 x 110 in months 2 to 5: 2 x 200 + 4 x 220 = 1280.
    plan = _agreed(0.1)
    assert paid(plan, "contract") == pytest.approx({0: 200, 1: 200, 2: 220, 3: 220, 4: 220, 5: 220})
    assert plan.objective == pytest.approx(1280)


def test_what_is_signed_binds_to_the_risen_price() -> None:
    """Tests cost within the plan, committed cost of the signature and what is owed after the plan."""
    # 25 months from month 0: 12 x 100 + 12 x 110 + 121 = 2641; of these, months 0 to 12 lie in the plan: 1200 + 110.
    plan = solved(tiny(13, {"jobs": [10]}, contracts=_lease(term_months=25, latest=0, escalation=0.1)))
    assert plan.objective == pytest.approx(1310)
    (signed,) = plan.decisions.itertuples(index=False)
    assert signed.committed_cost == pytest.approx(2641)
    assert owed_after(plan.instance, plan.obligations) == pytest.approx({"lease": 1331})


def test_the_ramp_of_the_price_is_escalated_too() -> None:
    """Tests that escalation multiplies the price fraction of the ramp, which can step between the years."""
    # Half the price up to age 13: months 0 and 1 (ages 10 and 11) 2 x 50, months 2 and 3 2 x 55, then 2 x 110.
    ramps = [{"month_of_term": 0, "capacity_fraction": 1, "price_fraction": 0.5},
             {"month_of_term": 14, "capacity_fraction": 1}]  # fmt: skip
    assert _agreed(0.1, ramps=ramps).objective == pytest.approx(2 * 100 + 2 * 110 + 2 * 220)


@pytest.mark.parametrize("rate", [0.07, -0.2])
def test_it_equals_the_ramp_that_says_the_same(rate: float) -> None:
    """Tests that a ramp with the risen prices as fractions gives the same optimum and payments."""
    years = [{"month_of_term": age, "capacity_fraction": 1, "price_fraction": (1 + rate) ** (age // 12)}
             for age in (0, 12, 24)]  # fmt: skip
    one, other = _agreed(rate), _agreed(0.0, ramps=years)
    assert one.objective == pytest.approx(other.objective, rel=1e-9)
    assert paid(one, "contract") == pytest.approx(paid(other, "contract"))


def test_no_escalation_changes_nothing() -> None:
    """Tests that an escalation of 0, and one of terms that end within a year, give the optimum without it."""
    best = optimizer.solve(optimizer.read(rich_frames()), relax=True, threads=1).objective
    for rate in (0.0, 0.5):
        case = rich_frames()
        fixed = case["contracts"]["term_months"].notna()
        case["contracts"] = case["contracts"].assign(escalation=[rate if one else None for one in fixed])
        assert optimizer.solve(optimizer.read(case), relax=True, threads=1).objective == pytest.approx(best, rel=1e-9)


def test_the_oracle_agrees() -> None:
    """Tests that the second formulation finds the hand-worked cost."""
    lease = _lease(term_months=30, earliest=-10, committed_blocks=2, escalation=0.1)
    assert ask(frames(6, {"jobs": [20]}, contracts=lease)).objective == pytest.approx(1280)


def test_the_audit_prices_it() -> None:
    """Tests that a payment without its escalation, and a plan of an instance without any, are violations."""
    plan = _agreed(0.1)
    row = pick(plan, "cash", term="contract", month=month(2))
    assert ("cash", "lease", month(2)) in named(change(plan, "cash", row, amount=200.0))
    assert named(judged_by(plan, _agreed(0.0).instance)) >= {("cash", "lease", month(t)) for t in range(2, 6)}


def test_a_what_if_changes_it_in_place() -> None:
    """Tests that an edited escalation needs no new model, and costs what the edited instance does."""
    query = optimizer.WhatIf(_agreed(0.1), threads=1)
    # 2 x 200 + 4 x 2 x 100 x 1.2
    assert query("contracts.lease.escalation=0.2").objective == pytest.approx(1360)
    assert query.live.rebuilt == 0
