"""An instance some months later: what a plan decided in the months before is what was decided before the plan."""

from __future__ import annotations

from typing import Any

import optimizer
from optimizer.plan.plan import Plan
from tests.program.tiny import month

Frames = dict[str, Any]


def rolled(frames: Frames, plan: Plan, months: int) -> Frames:
    """The frames of an instance that starts so many months later, with the plan's decisions until then."""
    rows = plan.decisions
    made = rows[(rows["month"] < month(months)) & (rows["decision"] != "expire")]
    head = {**frames["instance"], "start": month(months), "months": frames["instance"]["months"] - months}
    return {**frames, "instance": head, **({"decided": made} if len(made) else {})}


def remaining(plan: Plan, months: int) -> float:
    """What the plan costs from a month on, as seen from then: no decision of it lies before."""
    cash = plan.cash
    before = float(cash["present_value"][cash["month"] < month(months)].sum())
    rate = plan.instance.head.discount_rate
    return (plan.objective - before) * float((1 + rate) ** (months / 12))


def planned(frames: Frames) -> Plan:
    """The proven best plan, which passes its audit."""
    plan = optimizer.solve(optimizer.read(frames), gap=0.0, threads=1, time_limit=60.0)
    assert plan.status == "optimal"
    assert optimizer.audit(plan).passed
    return plan
