"""The plan made by hand, explained by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pandas as pd

from optimizer.explain.explanation import Explanation
from optimizer.plan.plan import Plan

NONE = float("nan")
VALUES: list[tuple[Any, ...]] = [  # twelve months: averages are a twelfth of the sums
    ("2026-01", "mw", "hall", "per MW and month", 6000.0, 2400.0),
    ("2026-05", "mw", "hall", "per MW and month", 18_000.0, 0.0),
    ("2026-05", "accelerator", "lease", "per accelerator and month", 120.0, 60.0),
    ("2026-01", "demand", "chat", "per reference-accelerator and month", 1200.0, 1200.0),
    ("2026-06", "budget", "half", "per unit of money", 0.25, 0.125),
]
STEPS: list[tuple[Any, ...]] = [
    ("power.hall.mw+=1", 24_000.0, 20_000.0, 30_000.0, 1e6, ""),
    ("demand.chat.amount*=1.1", -5000.0, -6000.0, -4000.0, 2e6, ""),
    ("budgets.half.amount*=1.1", NONE, NONE, NONE, NONE, "leaves no plan"),
]
OFFERS: list[tuple[Any, ...]] = [
    ("lease", "contracts", "neo", "taken", 2.0, 2.0, 200_000.0, 5e6, 250_000.0, True, "all of it is worth its price"),
    ("fixed", "contracts", "cloud", "rejected", 0.0, 1.0, 300_000.0, 0.0, 270_000.0, False, "too dear by 10.0%"),
    ("buy", "purchases", "in_house", "partly", 3.0, float("inf"), 1e6, 2e6, NONE, True, "more of it is not"),
]
DEADLINES: list[tuple[Any, ...]] = [
    ("2026-01", "order", "order_build", "annex", "in_house", 1.0, "2026-05", "2026-08", 70_000.0),
    ("2026-02", "give notice", "hand_back", "lease", "neo", 1.0, "2026-04", "", NONE),
]
COLUMNS = {
    "values": ["month", "kind", "item", "unit", "held", "relaxed"],
    "steps": ["step", "saves", "at_least", "at_most", "objective", "note"],
    "offers": [
        *["item", "table", "party", "verdict", "taken", "possible", "price", "worth"],
        *["price_to_win", "proven", "reason"],
    ],
    "deadlines": [
        *["month", "act", "decision", "item", "party", "blocks", "takes_effect", "last_month", "delay_costs"],
    ],
}
ROWS = {"values": VALUES, "steps": STEPS, "offers": OFFERS, "deadlines": DEADLINES}


def explained_plan(plan: Plan, name: str = "") -> Plan:
    """A plan with these explanations; ``name`` takes the place of every item."""
    tables = {table: pd.DataFrame(rows, columns=COLUMNS[table]) for table, rows in ROWS.items()}
    if name:
        for table in tables.values():
            for column in {"item", "step", "party", "reason"} & {*table.columns}:
                table[column] = name
    return replace(plan, explained=tables)


def explanation(plan: Plan) -> Explanation:
    """The same as an explanation."""
    tables: dict[str, Any] = {**explained_plan(plan).explained}
    return Explanation(plan, **tables)
