"""Rows of an earlier explanation of the same plan, and which of them more time would not change."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from optimizer.errors import NoFeasiblePlan
from optimizer.plan.plan import Plan

Row = tuple[Any, ...]
_NOISE = 1e-9  # of the plan's cost


def earlier_rows(plan: Plan, table: str, columns: Sequence[str], key: Sequence[str]) -> dict[Row, Row]:
    """Return the rows of a table that the plan has already, by their key; missing figures are None."""
    found = plan.explained.get(table)
    if found is None:
        return {}
    rows = found[list(columns)].to_dict("records")
    plain = [{name: None if value != value else value for name, value in row.items()} for row in rows]
    return {tuple(row[name] for name in key): tuple(row.values()) for row in plain}


def is_final(plan: Plan, gap: float, columns: Sequence[str], row: Row) -> bool:
    """Whether a row with an interval is as narrow as the gaps of the plan and of the search allow, or has no plan.

    A search that ends within its gap leaves an interval as wide as both gaps together; one that was cut short, a wider
    one.
    """
    cells = dict(zip(columns, row, strict=True))
    note = str(cells.get("note", cells.get("delay_note")) or "")
    least, most = cells["at_least"], cells["at_most"]
    if least is None or most is None:
        return note.startswith(NoFeasiblePlan.note)
    own = 0.0 if plan.bound is None else plan.objective - plan.bound
    costs = next(float(cells[name]) for name in ("costs", "delay_costs", "saves") if name in cells)
    objective = abs(plan.objective) + abs(costs)
    return bool(most - least <= own + gap * objective + _NOISE * objective)
