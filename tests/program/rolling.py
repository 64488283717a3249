"""An instance some months later: what a plan decided in the months before is what was decided before the plan."""

from __future__ import annotations

from typing import Any

import pandas as pd

import optimizer
from optimizer.plan.plan import Plan

Frames = dict[str, Any]
_COUNTED = {"contract", "upfront", "prepayment", "termination", "on_demand"}  # towards a spend commitment


def rolled(frames: Frames, plan: Plan, months: int) -> Frames:
    """The frames of an instance that starts so many months later, with the plan's decisions until then."""
    rows = plan.decisions
    made = rows[(rows["month"] < plan.instance.label(months)) & (rows["decision"] != "expire")]
    before = pd.DataFrame(frames.get("decided", []))
    made = pd.concat([frame for frame in (before, made) if len(frame)] or [made]).reset_index(drop=True)
    each: list[dict[Any, Any]] = made.to_dict("records")
    pools = dict(zip(plan.runs["run"], plan.runs["pool"], strict=True))
    made["spent"] = [_spent(plan, row, months) if row["decision"] == "commit_spend" else None for row in each]
    made["pool"] = [pools.get(row["item"], row.get("pool")) for row in each]
    made["price"] = [_agreed_price(plan, row) for row in each]
    head = {**frames["instance"], "start": plan.instance.label(months), "months": frames["instance"]["months"] - months}
    return {**frames, "instance": head, **({"decided": made} if len(made) else {})}


def _spent(plan: Plan, row: Any, months: int) -> float | None:
    """What was paid until a month in the year of a commitment that is current then."""
    start = plan.instance.month_index(str(row["starts"]))
    if start >= months:
        return None
    begin = start + (months - start) // 12 * 12
    provider = plan.instance.named["commitments"][row["item"]].provider
    cash = plan.cash[plan.cash["term"].isin(_COUNTED) & (plan.cash["party"] == provider)]
    inside = cash[(cash["month"] >= plan.instance.label(max(begin, 0))) & (cash["month"] < plan.instance.label(months))]
    before = 0.0 if begin >= 0 else float(row["spent"])
    return before + float(inside["amount"].sum())


def _agreed_price(plan: Plan, row: dict[Any, Any]) -> float | None:
    """The price that was agreed, or that a fixed term keeps: the one in the tables for the month in which it starts."""
    agreed = row.get("price")
    if agreed is not None and not pd.isna(agreed):
        return float(agreed)
    table = {"sign": "contracts", "lease_out": "outlets"}.get(row["decision"])
    item = None if table is None else plan.instance.named[table][row["item"]]
    if item is None or item.term_months is None or getattr(item, "minimum_take", 1) < 1:
        return None
    start = max(plan.instance.month_index(row["starts"]), 0)
    listed = [(one.month, one.price) for one in plan.instance.rows["prices"] if one.item == row["item"]]
    return float(max([one for one in listed if one[0] <= start], default=(0, item.price))[1])


def remaining(plan: Plan, months: int) -> float:
    """What the plan costs from a month on, as seen from then: no decision of it lies before."""
    cash = plan.cash
    before = float(cash["present_value"][cash["month"] < plan.instance.label(months)].sum())
    rate = plan.instance.head.discount_rate
    return (plan.objective - before) * float((1 + rate) ** (months / 12))


def planned(frames: Frames) -> Plan:
    """The proven best plan, which passes its audit."""
    plan = optimizer.solve(optimizer.read(frames), gap=0.0, threads=1, time_limit=60.0)
    assert plan.status == "optimal"
    assert optimizer.audit(plan).passed
    return plan
