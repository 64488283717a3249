"""A plan of ``capopt solve --elastic``: why no plan meets all rules, what was given up, and other repairs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from optimizer.format import money
from optimizer.report.document import Block, Grid, Prose, Table

if TYPE_CHECKING:
    from optimizer.plan.plan import Plan

BREAKS = "No plan meets all rules; this one is for the instance with the cheapest repair made"


def given_up(plan: Plan) -> list[tuple[str, str, str, str]]:
    """Return what was given up: input, its value before and after, and the edit; of old plans the edits alone."""
    found = plan.head.get("given_up", [])
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found) or not found:
        return [(edit, "", "", edit) for edit in _texts(plan, "elastic")]
    keys = ("what", "before", "after", "edit")
    rows = ([str(one.get(key, "")) for key in keys] for one in found)
    return [(what, before, after, edit) for what, before, after, edit in rows]


def given_up_texts(plan: Plan) -> list[str]:
    """Return what was given up, each in a line, such as ``budget 2027, USD: 18,000,000 → 20,000,000``."""
    return [f"{what}: {before} → {after}" if before or after else what for what, before, after, _ in given_up(plan)]


def conflicts(plan: Plan) -> list[Block]:
    """Return the conflicts, what was given up and other repairs; nothing of a plan that meets all rules."""
    lost = given_up(plan)
    if not lost:
        return []
    repairs = plan.head.get("other_repairs", [])
    others = [str(one.get("text", "")) for one in repairs if isinstance(one, dict)] if isinstance(repairs, list) else []
    tables = [
        _numbered("Conflicts", "Conflict", _texts(plan, "conflicts"), 1),
        Table("Given up", Grid(("Given up", "Input", "In this plan", "Edit"), lost, 4)),
        _numbered("Other repairs at about the same cost", "Repair", others, 2),
    ]
    cost = money(plan.objective, plan.instance.head.currency)
    text = Prose([f"With these changes, this plan, the best found, costs {cost}."])
    return [*(table for table in tables[:2] if table.grid.rows), text, *(t for t in tables[2:] if t.grid.rows)]


def _numbered(caption: str, name: str, texts: list[str], first: int) -> Table:
    return Table(caption, Grid(("", name), [(str(number), text) for number, text in enumerate(texts, first)], 2))


def _texts(plan: Plan, key: str) -> list[str]:
    found = plan.head.get(key, [])
    return [str(text) for text in found] if isinstance(found, list) else [str(found)]
