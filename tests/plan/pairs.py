"""Pairs of small plans written by hand, for tests of comparisons."""

from __future__ import annotations

from typing import Any

import pandas as pd

from optimizer.instance.instance import Instance
from optimizer.instance.read import read
from optimizer.plan.plan import Plan
from optimizer.plan.tables import COLUMNS, make_table
from tests.instance.sample import HEAD, Tables, sample

Rows = list[tuple[Any, ...]]


def instance(tables: Tables | None = None, **head: Any) -> Instance:
    """The sample, or other tables, with some keys of the head changed."""
    rows = sample() if tables is None else tables
    frames = {name: pd.DataFrame(found[1:], columns=found[0]) for name, found in rows.items()}
    return read({"instance": {**HEAD, **head}, **frames})


def plan(of: Instance | None = None, gap: float = 0.0, **tables: Rows) -> Plan:
    """A plan with the rows given; its money adds up to its objective, and the gap is in money."""
    frames = {name: make_table(name, tables.get(name, [])) for name in COLUMNS}
    objective = float(frames["cash"]["present_value"].sum())
    relative = gap / abs(objective) if objective else 0.0
    head = {"status": "optimal", "objective": objective, "bound": objective - gap, "gap": relative}
    return Plan(head=head, tables=frames, instance=of or instance())


def decision(month: str, kind: str, item: str, blocks: float, **others: Any) -> tuple[Any, ...]:
    """A row of the decisions table: ten accelerators and money of a million in each block."""
    known = {"party": "neo", "accelerators": 10 * blocks, "mw": 0.0, "starts": month, "ends": "", "cost": 1e6 * blocks}
    row = {**known, **others}
    size = (blocks, row["accelerators"], row["mw"])
    return month, kind, item, row["party"], *size, row["starts"], row["ends"], row["cost"]
