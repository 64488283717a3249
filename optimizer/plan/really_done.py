"""What was really decided in the first months of a plan, from the planner's file: read, and put in the plan's place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from optimizer.errors import Fault
from optimizer.instance.check_decided import IGNORED
from optimizer.instance.instance import Instance
from optimizer.instance.read import read_table
from optimizer.instance.roll import Past
from optimizer.instance.roll_decided import TABLE, Decided, Decision, understood
from optimizer.plan.plan import Plan
from optimizer.plan.tables import COLUMNS, make_table
from optimizer.schema import load_schema

_BLANK = {"party": "", "starts": "", "ends": "", "accelerators": 0.0, "mw": 0.0, "committed_cost": 0.0}
_NOT_DONE = {"ends": "", "target": "", "late_months": 0.0}  # columns of runs that follow from the others


def read_decided(instance: Instance, source: str | Path | pd.DataFrame) -> Past:
    """Read what was really decided: a CSV file, a workbook with the sheet ``decided``, or a frame.

    Raises
    ------
    InstanceError
        If it cannot be read.
    """
    table = read_table(source, TABLE)
    cells = [(number, dict(zip(table.header, row, strict=True))) for number, row in table.rows]
    rows = [understood(instance, one, number) for number, one in cells if one.get("decision") != IGNORED]
    early = (one for one in rows if one.month is not None and one.month < 0)
    return Past(tuple(rows), where=table.where, faults=tuple(_early(instance, one, table.where) for one in early))


def _early(instance: Instance, one: Decision, where: str) -> Fault:
    month, first = instance.label(one.month), instance.label(0)
    problem = f"{month} is before the plan's first month, {first}: its instance has what was decided then. "
    return Fault(where, one.row, "month", month, f"{problem}Remove the row, or correct the month.")


def really_done(plan: Plan, rows: Sequence[Decision]) -> Plan:
    """Return the plan with other decisions, to price them; they need not fit what runs where.

    An item of which something was decided at another price than that of the tables is there once more at that price.
    """
    decided = Decided(plan.instance, plan.instance.head.months, rows)
    agreed = {number: one for number, one in enumerate(rows) if _is_other_price(decided, one)}
    names = {number: f"{one.item} (row {number})" for number, one in agreed.items()}
    instance = _with_copies(plan.instance, decided, {names[number]: one for number, one in agreed.items()})
    decisions, runs = [], []
    for number, one in enumerate(rows):
        month = instance.label(decided.latest_month(one))
        named = {"month": month, "decision": one.decision, "item": names.get(number, one.item)}
        decisions.append({**_BLANK, **named, "blocks": one.blocks})
        if one.decision == "start_run":
            place = {"run": one.item, "pool": one.pool, "accelerators": one.accelerators, "starts": month}
            runs.append({**_NOT_DONE, **place})
    tables = {"decisions": _frame("decisions", decisions), "runs": _frame("runs", runs)}
    return replace(plan, instance=instance, tables={**plan.tables, **tables})


def _frame(name: str, rows: list[dict[str, Any]]) -> pd.DataFrame:
    return make_table(name, {column: [row[column] for row in rows] for column in COLUMNS[name]})


def _is_other_price(decided: Decided, one: Decision) -> bool:
    return one.price is not None and one.price != decided.agreed_price(one)


def _with_copies(instance: Instance, decided: Decided, copies: dict[str, Decision]) -> Instance:
    """Return an instance with further items: each like the one of a decision, at its agreed price."""
    frames: dict[str, pd.DataFrame] = {}
    for copy, one in copies.items():
        table, _ = decided.row_of(one)
        own = load_schema().tables[table].name_column
        for name, spec in load_schema().tables.items():
            column = own if name == table else _about(spec, f"{table}.{own}")
            if not column or name in ("prices", TABLE):
                continue
            frame = frames.get(name, instance.frame(name))
            mine = frame[frame[column] == one.item].assign(**{column: copy})
            if name == table:
                mine = mine.assign(**{spec.price: one.price})
            elif spec.name_column:
                mine = mine.assign(**{spec.name_column: [f"{text} {copy}" for text in mine[spec.name_column]]})
            if len(mine):
                frames[name] = pd.concat([frame, mine], ignore_index=True)
    return instance.replace(frames) if frames else instance


def _about(spec: Any, target: str) -> str:
    """Return the column that says which item the rows of a table are about."""
    return next((c.name for c in spec.columns.values() if c.required and target in c.refers), "")
