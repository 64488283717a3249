"""Instances for commands that explain plans, and their JSON."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from tests.command import Ended

# Ten wanted in three months. A lease of ten costs 3000 a month, unserved work 1000 each, hours 5 x 100 = 500 each.
TABLES: dict[str, Any] = {
    "contracts": [{"price": 3000, "min_term_months": 1}, {"contract": "dear", "price": 6000, "min_term_months": 1}],
    "on_demand": [{"price": 5, "max_accelerators": 20}],
    "purchases": [{"unit_price": 1e6}],
    "power": [{"mw": 1}],
}
COST = 9000.0
UNBOUGHT = ["--set", "purchases.buy.max_total=0"]
IMPOSSIBLE: dict[str, Any] = {"fleet": [{"count": 10}], "workloads": [{"workload": "jobs", "min_service": 1}]}
Run = Callable[..., Ended]


def strict(text: str) -> Any:
    """JSON as the standard has it: no NaN, no infinity."""

    def refuse(name: str) -> None:
        raise AssertionError(f"{name} is no JSON")

    return json.loads(text, parse_constant=refuse)
