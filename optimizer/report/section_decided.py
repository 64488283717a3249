"""Decisions made before the plan, apart from those that it makes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from optimizer.format import count
from optimizer.plan.earlier_decisions import earlier_decisions
from optimizer.report.document import Figure, Grid, Section, Table
from optimizer.report.steps import PAST, months_text

if TYPE_CHECKING:
    from optimizer.plan.plan import Plan

TITLE = "Decided before the plan"


def decided_tables(plan: Plan) -> list[Table]:
    """Return a table of what was decided before the plan and lasts into it; none if nothing was."""
    start = plan.instance.label(0)
    rows = []
    for row in earlier_decisions(plan.instance).to_dict("records"):
        if row["ends"] and row["ends"] < start:
            continue  # it is over
        party = f" ({row['party']})" if row["party"] not in ("", "in_house") else ""
        sizes = (Figure(row[name], count, blank_zero=True) for name in ("blocks", "accelerators", "mw"))
        text = f"{PAST[row['decision']]} {row['item']}{party}"
        rows.append((row["month"], text, months_text(row["starts"], row["ends"]), *sizes))
    columns = ("Month", "Step", "Runs", "Blocks", "Accelerators", "MW")
    note = "They count in capacity, cash, obligations and every rule; the plan does not decide on them again."
    return [Table(TITLE, Grid(columns, rows, 3, note, spare=("Blocks", "MW"), source="decided"))] if rows else []


def decided_section(plan: Plan) -> list[Section]:
    """Return the section of what was decided before the plan; none if nothing was."""
    tables = decided_tables(plan)
    return [Section("decided", TITLE, tables)] if tables else []
