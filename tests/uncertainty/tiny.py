"""Tiny instances with risks that are solved by hand."""

from __future__ import annotations

from functools import cache
from typing import Any

import optimizer
from optimizer.instance.instance import Instance
from optimizer.plan.by_scenario import of_scenario
from optimizer.plan.plan import Plan
from tests.program.tiny import frames

LEASE = {"price": 100, "term_months": 1, "lead_months": 1, "max_blocks": 9}  # blocks of 10 accelerators
HOURLY = {"price": 3, "max_accelerators": 1000}  # 300 for one accelerator and month of 100 hours
HIGH = {"risk": "demand", "outcome": "high", "table": "demand", "key": "*", "column": "amount"}
LOT, MISSING, MONTHS = 450, 300, 4


def risk(name: str, outcome: str, probability: float, known: int | None = None) -> dict[str, Any]:
    row = {"risk": name, "outcome": outcome, "probability": probability}
    return row if known is None else {**row, "known": known}


def newsvendor(high: float, known: int = 1, demands: tuple[int, int] = (10, 30), **head: Any) -> Instance:
    """Leases signed in month 0 for month 1, whose demand is 10, or 30 with a probability; missing blocks cost 300."""
    base, most = demands
    change = {**HIGH, "how": "set", "value": most, "from": 1}
    offers = {"contracts": [LEASE], "on_demand": [{**HOURLY, "price": 0.3}]}
    risks = [risk("demand", "high", high, known)]
    return optimizer.read(frames(2, {"jobs": [0, base]}, **offers, risks=risks, changes=[change], head=head))


def decided(plan: Plan, scenario: str) -> list[tuple[str, str, str, float]]:
    """Decisions of a scenario, without what ends by itself."""
    rows = of_scenario(plan.decisions, scenario)
    rows = rows[rows["decision"] != "expire"]
    return list(rows[["month", "decision", "item", "blocks"]].itertuples(index=False, name=None))


def signed(plan: Plan) -> float:
    """Blocks signed whatever comes."""
    rows = plan.decisions
    return float(rows.loc[(rows["scenario"] == "*") & (rows["decision"] == "sign"), "blocks"].sum())


def growing(known: tuple[int | None, ...]) -> Instance:
    """Lots of 10 accelerators ordered a month ahead, demand that may grow by 10 in each of months 1 to 3."""
    risks = [risk(f"p{t if t < 3 else 10}", "up", 0.5, when) for t, when in zip((1, 2, 3), known, strict=True)]
    changes = [
        {**HIGH, "risk": row["risk"], "outcome": "up", "how": "add", "value": 10, "from": t}
        for t, row in enumerate(risks, start=1)
    ]
    buy = {"unit_price": LOT / 10, "lot_size": 10, "lead_months": 1}
    supply = {"purchases": [buy], "on_demand": [{**HOURLY, "price": MISSING / 1000}]}
    return optimizer.read(frames(MONTHS, {"jobs": [10]}, **supply, risks=risks, changes=changes))


@cache
def least_cost(t: int, lots: int, wanted: int) -> float:
    """Expected cost from month t on: what is missing is rented, then lots are ordered for the next month."""
    rented = MISSING * max(wanted - lots, 0)
    if t == MONTHS - 1:
        return rented
    later = (
        LOT * more + 0.5 * least_cost(t + 1, lots + more, wanted) + 0.5 * least_cost(t + 1, lots + more, wanted + 1)
        for more in range(5)
    )
    return rented + min(later)
