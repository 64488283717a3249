"""A plan under uncertainty for the tests of reports: leases for a month or two whose demand is a risk, and a price."""

from __future__ import annotations

from functools import cache
from typing import Any

import optimizer
from optimizer.instance.instance import Instance
from optimizer.plan.plan import Plan
from tests.program.tiny import frames

HIGH, SURE = 0.4, 0.6


def two_risks(**head: Any) -> Instance:
    """Leases of 10 accelerators at 100 a block, signed a month ahead, and accelerators by the hour at 300 a block.

    Demand is 10 in months 1 and 2, or 30 with a probability of 0.4, known from month 1. With one of 0.5, known from
    month 2, accelerators by the hour cost twice as much in month 2.
    """
    risks = [
        {"risk": "demand", "outcome": "high", "probability": HIGH, "known": 1, "title": "demand triples"},
        {"risk": "hourly", "outcome": "dear", "probability": 0.5, "known": 2, "title": "hourly prices double"},
    ]
    changes = [
        {"risk": "demand", "outcome": "high", "table": "demand", "key": "*", "column": "amount", "how": "set"}
        | {"value": 30, "from": 1},
        {"risk": "hourly", "outcome": "dear", "table": "prices", "key": "hourly", "column": "price", "how": "multiply"}
        | {"value": 2, "from": 2},
    ]
    offers = {
        "contracts": [{"price": 100, "term_months": 1, "lead_months": 1, "max_blocks": 9}],
        "on_demand": [{"price": 0.3, "max_accelerators": 1000}],
        "prices": [{"item": "hourly", "month": 1, "price": 0.3}],
    }
    head = {"title": "Two risks", **head}
    return optimizer.read(frames(3, {"jobs": [0, 10, 10]}, **offers, risks=risks, changes=changes, head=head))


@cache
def uncertain_plan() -> Plan:
    """Return its plan, solved to the end."""
    return optimizer.solve(two_risks(), gap=0.0)


@cache
def hundred_scenarios() -> Plan:
    """Return a plan of a year in a hundred scenarios, each with a demand of its own, known from month 1 or 2."""
    scenarios: list[dict[str, Any]] = [
        {"scenario": f"s{k}", "probability": 0.01, "known": 1 + k % 2, "title": f"demand of {10 + k}"}
        for k in range(100)
    ]
    demand = {"table": "demand", "key": "*", "column": "amount", "how": "set", "from": 1}
    changes = [{"scenario": f"s{k}", **demand, "value": 10 + k} for k in range(100)]
    offers = {
        "contracts": [{"price": 100, "term_months": 1, "lead_months": 1, "max_blocks": 30}],
        "on_demand": [{"price": 0.3, "max_accelerators": 1000}],
    }
    given = frames(12, {"jobs": [0] + [10] * 11}, **offers, scenarios=scenarios, changes=changes)
    return optimizer.solve(optimizer.read(given), gap=0.05)
