"""Copies of a plan with something changed, and what the audit says of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd

from optimizer.auditing import Violation, audit
from optimizer.instance.instance import Instance
from optimizer.plan.plan import Plan

Named = tuple[str, str, str]  # rule, item, month
Tamper = Callable[[Plan], Plan]

MONTH = {"runs": "starts"}
SUBJECT = {
    "decisions": "item",
    "capacity": "pool",
    "allocation": "demand",
    "leases": "outlet",
    "runs": "run",
    "service": "workload",
    "power": "site",
    "outages": "policy",
    "rules": "rule",
    "cash": "item",
    "obligations": "item",
}


def violations(plan: Plan) -> tuple[Violation, ...]:
    """What the audit finds."""
    return audit(plan).violations


def named(plan: Plan) -> set[Named]:
    """Rule, item and month of everything that the audit finds."""
    return {(found.rule, found.item, found.month) for found in violations(plan)}


def with_table(plan: Plan, table: str, frame: pd.DataFrame) -> Plan:
    """The plan with another table in the place of one."""
    return Plan(plan.head, {**plan.tables, table: frame}, plan.instance)


def with_head(plan: Plan, **changes: Any) -> Plan:
    """The plan with keys of its head changed; of a part of it as ``options__gap``."""
    head = {key: dict(value) if isinstance(value, dict) else value for key, value in plan.head.items()}
    for key, value in changes.items():
        part, _, inner = key.partition("__")
        if inner:
            head[part][inner] = value
        else:
            head[key] = value
    return Plan(head, plan.tables, plan.instance)


def judged_by(plan: Plan, instance: Instance) -> Plan:
    """The same plan, said to be one of another instance."""
    told = {**plan.head["instance"], "hash": instance.hash}
    return Plan({**plan.head, "instance": told}, plan.tables, instance)


def pick(plan: Plan, table: str, **where: Any) -> int:
    """Label of the first row of a table that matches."""
    rows = plan.tables[table]
    for column, wanted in where.items():
        rows = rows[rows[column] == wanted]
    assert len(rows), f"no row in {table} with {where}"
    return int(rows.index[0])


def change(plan: Plan, table: str, row: int, **cells: Any) -> Plan:
    """The plan with cells of a row changed; a function is applied to the cell."""
    frame = plan.tables[table].copy()
    for column, value in cells.items():
        new = value(frame.at[row, column]) if callable(value) else value
        if isinstance(new, str) or new is None:
            frame[column] = frame[column].astype(object)
        elif isinstance(new, float):  # counts are integers
            frame[column] = frame[column].astype(float)
        frame.at[row, column] = new
    return with_table(plan, table, frame)


def without(plan: Plan, table: str, row: int) -> Plan:
    """The plan without a row."""
    return with_table(plan, table, plan.tables[table].drop(index=row).reset_index(drop=True))


def repeated(plan: Plan, table: str, row: int, **cells: Any) -> Plan:
    """The plan with a row a second time, with some cells of it changed."""
    frame = plan.tables[table]
    more = frame.loc[[row]].assign(**cells)
    return with_table(plan, table, pd.concat([frame, more], ignore_index=True))


def about(plan: Plan, table: str, row: int) -> tuple[str, str]:
    """Item and month that a row is about."""
    record = plan.tables[table].loc[row]
    return str(record[SUBJECT[table]]), str(record[MONTH.get(table, "month")])
