"""The plan made by hand, explained by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pandas as pd

from optimizer.analysis.explanation import Explanation
from optimizer.plan.plan import Plan

NONE = float("nan")
VALUES: list[tuple[Any, ...]] = [  # twelve months: averages are a twelfth of the sums
    ("2026-01", "mw", "hall", "per MW and month", 6000.0, 6000.0, 2400.0),
    ("2026-05", "mw", "hall", "per MW and month", 18_000.0, 30_000.0, 0.0),
    ("2026-05", "accelerator", "lease", "per accelerator and month", 120.0, NONE, 60.0),
    ("2026-01", "demand", "chat", "per reference-accelerator and month", 1200.0, 1200.0, 1200.0),
    ("2026-06", "budget", "half", "per unit of money", 0.25, 0.5, 0.125),
]
STEPS: list[tuple[Any, ...]] = [
    ("power.hall.mw+=1", 24_000.0, 20_000.0, 30_000.0, 1e6, ""),
    ("demand.chat.amount*=1.1", -5000.0, -6000.0, -4000.0, 2e6, ""),
    ("budgets.half.amount*=1.1", NONE, NONE, NONE, NONE, "leaves no plan"),
]
OFFERS: list[tuple[Any, ...]] = [
    (
        "lease",
        "contracts",
        "neo",
        "taken",
        2.0,
        2.0,
        200_000.0,
        *(5e6, 4.9999e6, 5.0001e6),
        *(250_000.0, 249_900.0, 250_100.0),
        True,
        "all of it is worth its price",
    ),
    (
        "fixed",
        "contracts",
        "cloud",
        "rejected",
        0.0,
        1.0,
        300_000.0,
        *(0.0, 0.0, 1e5),
        *(270_000.0, 250_000.0, NONE),
        False,
        "too expensive by at most 16.7 %, if at all: ask for a smaller gap",
    ),
    (
        "buy",
        "purchases",
        "in_house",
        "partly",
        3.0,
        float("inf"),
        1e6,
        *(2e6, 1.5e6, 2.5e6),
        *(NONE, NONE, NONE),
        True,
        "more of it is not",
    ),
]
DEADLINES: list[tuple[Any, ...]] = [
    (
        *("2026-01", "order", "order_build", "annex", "in_house", 1.0, "2026-05", "2026-08"),
        *(70_000.0, 60_000.0, 80_000.0, ""),
    ),
    ("2026-02", "give notice", "hand_back", "lease", "neo", 1.0, "2026-04", "", NONE, NONE, NONE, "leaves no plan"),
]
EXITS: list[tuple[Any, ...]] = [
    ("lease", "neo", "hand_back", "2026-03", "2026-01", -1, 80_000.0, 70_000.0, 90_000.0, ""),
    ("lease", "neo", "hand_back", "2026-04", "2026-02", 0, 0.0, NONE, NONE, ""),
    ("lease", "neo", "hand_back", "2026-05", "2026-03", 1, 30_000.0, -1.0, 130_000.0, ""),
    ("lease", "neo", "hand_back", "2026-07", "2026-05", 3, 120_000.0, 119_990.0, 120_010.0, ""),
    ("kept", "neo", "hand_back", "2026-10", "2026-09", -3, NONE, NONE, NONE, "leaves no plan"),
    ("kept", "neo", "hand_back", "2027-01", "2026-12", 0, 0.0, NONE, NONE, ""),
]
EVENTS: list[tuple[Any, ...]] = [
    ("site hall slips by 6 months", "slip", "hall", "2026-03", 5e6, 4e6, 6e6, 0.02, "sign fixed in 2026-02", ""),
    ("demand grows twice as fast", "growth", "", "2026-02", NONE, NONE, NONE, NONE, "", "leaves no plan"),
]
NO_PLAN = "demand grows twice as fast"
FIRST: list[tuple[Any, ...]] = [
    (
        *("2026-01", "order", "order_build", "annex", "in_house", 2.0, 1.0, 2.0, 1, 1, ""),
        *(NO_PLAN, "", 70_000.0, 60_000.0, 80_000.0, ""),
    ),
    (
        *("2026-01", "sign", "sign", "lease", "neo", 1.0, 0.0, 1.0, 1, 0, "site hall slips by 6 months"),
        *(NO_PLAN, "", NONE, NONE, NONE, ""),
    ),
    (
        *("2026-01", "sign", "sign", "fixed", "cloud", 0.0, 0.0, 1.0, 1, 1, "site hall slips by 6 months"),
        *(NO_PLAN, "", NONE, NONE, NONE, ""),
    ),
]
CAPS: list[tuple[Any, ...]] = [
    (
        *("at most 60.0 % of the capacity with alpha", "max_share", "group", "alpha", 0.8, 0.6, "2026-01"),
        *(2e6, 1e6, 3e6, 0.01, "sign fixed in 2026-02", ""),
    ),
    (
        *("at most 40.0 % of the capacity with alpha", "max_share", "group", "alpha", 0.8, 0.4, "2026-05"),
        *(7e6, 6e6, 8e6, 0.02, "no decision differs", ""),
    ),
    (
        *("the loss of hall survived", "survive", "site", "hall", 0.3, 1.0, ""),
        *(NONE, NONE, NONE, NONE, "", "leaves no plan: it cannot be kept in 3 of 12 months"),
    ),
]
COLUMNS = {
    "values": ["month", "kind", "item", "unit", "held", "held_fewer", "relaxed"],
    "steps": ["step", "saves", "at_least", "at_most", "objective", "note"],
    "offers": [
        *["item", "table", "party", "verdict", "taken", "possible", "price"],
        *["worth", "worth_at_least", "worth_at_most"],
        *["price_to_win", "at_least", "at_most", "proven", "reason"],
    ],
    "deadlines": [
        *["month", "act", "decision", "item", "party", "blocks", "takes_effect", "last_month"],
        *["delay_costs", "at_least", "at_most", "delay_note"],
    ],
    "exits": ["item", "party", "decision", "month", "notice", "shift", "costs", "at_least", "at_most", "note"],
    "events": ["event", "kind", "item", "month", "costs", "at_least", "at_most", "unserved", "answer", "note"],
    "first": [
        *["month", "act", "decision", "item", "party", "blocks", "least", "most", "events", "kept", "otherwise"],
        *["without_plan", "not_found", "delay_costs", "at_least", "at_most", "delay_note"],
    ],
    "caps": [
        *["requirement", "rule", "subject", "member", "share", "limit", "month"],
        *["costs", "at_least", "at_most", "unserved", "answer", "note"],
    ],
}
ROWS = {"values": VALUES, "steps": STEPS, "offers": OFFERS, "deadlines": DEADLINES}
ROWS |= {"exits": EXITS, "events": EVENTS, "first": FIRST, "caps": CAPS}


def explained_plan(plan: Plan, name: str = "") -> Plan:
    """A plan with these explanations; ``name`` takes the place of every item."""
    tables = {table: pd.DataFrame(rows, columns=COLUMNS[table]) for table, rows in ROWS.items()}
    if name:
        for table in tables.values():
            names = {"item", "step", "party", "reason", "event", "answer", "otherwise", "note", "requirement", "member"}
            for column in names & {*table.columns}:
                table[column] = name
    return replace(plan, explained=tables)


def explanation(plan: Plan) -> Explanation:
    """The same as an explanation."""
    tables: dict[str, Any] = {**explained_plan(plan).explained}
    return Explanation(plan, **tables)
