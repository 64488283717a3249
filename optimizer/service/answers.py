"""Answers of jobs as tables and figures of a page, whatever kind of job has given them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from optimizer import Plan
from optimizer.format import counted

_ROWS = 500
_TITLES = {"rows": "with each value", "plans": "cost over all draws"}


@dataclass(frozen=True)
class Grid:
    """A table of a page: its first rows, and how many it has."""

    title: str
    columns: list[str]
    rows: list[list[Any]]
    count: int


def grid(title: str, records: Sequence[Mapping[Any, Any]]) -> Grid:
    """Return rows with names as a table; columns without any value are left out."""
    shown = records[:_ROWS]
    filled = {name for row in shown for name, value in row.items() if not _is_empty(value)}
    names = [name for name in dict.fromkeys(name for row in shown for name in row) if name in filled]
    rows = [["" if _is_empty(row.get(name)) else row[name] for name in names] for row in shown]
    return Grid(title, names, rows, len(records))


_HEADLINE = (
    ("Proven for every plan", "bound", "money"),
    ("Gap", "gap", "share"),
    ("Expected cost", "expected_cost", "money"),
    ("Cost at worst", "worst_cost", "money"),
    ("Cash out", "cash_out", "money"),
    ("Revenue of capacity leased out", "lease_out_revenue", "money"),
    ("Work not served", "unserved_share", "share"),
    ("Penalty for work not served", "unserved_penalty", "money"),
    ("Accelerators at the peak", "peak_accelerators", ""),
    ("MW at the peak", "peak_mw", ""),
    ("Obligations at the start", "owed_at_start", "money"),
    ("Obligations at their peak", "owed_peak", "money"),
    ("Month of that peak", "owed_peak_month", "text"),
    ("Obligations after the last month", "owed_after_horizon", "money"),
    ("Decisions", "decisions", ""),
    ("Decisions in the first three months", "decisions_due_soon", ""),
    ("Scenarios", "scenarios", ""),
)


@dataclass(frozen=True)
class Figure:
    """A headline figure of several plans: ``unit`` is money, share, text or ``""`` for a number."""

    name: str
    unit: str
    values: list[Any]


def side_by_side(plans: Sequence[Plan]) -> list[Figure]:
    """Return the headline figures of plans; those that no plan has are left out.

    The cost comes first, then how much more each plan costs than the first one, where the currency is the same.
    """
    heads = [{**plan.head, **plan.head.get("headline", {})} for plan in plans]
    found = [Figure("Cost", "money", [plan.objective for plan in plans])]
    if len({plan.instance.head.currency for plan in plans}) == 1:
        found.append(Figure("More than the first", "money", [plan.objective - plans[0].objective for plan in plans]))
    for title, key, unit in _HEADLINE:
        values = [_total(head.get(key)) for head in heads]
        if any(not _is_empty(value) for value in values):
            found.append(Figure(title, unit, values))
    period = [f"{plan.instance.label(0)}, {counted(plan.instance.head.months, 'month')}" for plan in plans]
    currency = [plan.instance.head.currency for plan in plans]
    return [*found, Figure("Plan from", "text", period), Figure("Currency", "text", currency)]


def _total(value: Any) -> Any:
    """Return the total of figures by kind, and anything else as it is."""
    return value["total"] if isinstance(value, Mapping) else value


def _is_empty(value: Any) -> bool:
    return value is None or value == "" or value != value


def grids(answer: Mapping[str, Any]) -> list[Grid]:
    """Return the tables of an answer: each of its lists of rows, under its name."""
    return [
        grid(_title(name), value)
        for name, value in answer.items()
        if isinstance(value, list) and value and all(isinstance(row, Mapping) for row in value)
    ]


def facts(answer: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """Return the single values of an answer."""
    found = ((_title(name), value) for name, value in answer.items() if not isinstance(value, list | Mapping))
    return [
        (name, "yes" if value is True else "no" if value is False else value)
        for name, value in found
        if not _is_empty(value)
    ]


def _title(name: str) -> str:
    text = _TITLES.get(name, name.replace("_", " "))
    return text[:1].upper() + text[1:]
