"""Tiny plans that are rolled forward, and what is read of the result."""

from __future__ import annotations

from typing import Any

import optimizer
from optimizer.instance.instance import Instance
from tests.program.tiny import solved, tiny


def cells(instance: Instance, table: str, *columns: str) -> list[tuple[Any, ...]]:
    """Columns of a table; months counted from the plan's first."""
    return [tuple(getattr(row, column) for column in columns) for row in instance.rows[table]]


def rolled(months: int, by: int, demand: Any, **given: Any) -> optimizer.Roll:
    """The optimal plan of a tiny instance, rolled forward."""
    return optimizer.roll(solved(tiny(months, demand, **given)), by)


def said(found: optimizer.Roll) -> set[tuple[str, str, str]]:
    """Table, item and kind of every change."""
    return {(one.table, one.item, one.how) for one in found.changes}
