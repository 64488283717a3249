"""Names misspelt in their own row: reported once there, not at every cell that refers to them correctly."""

from __future__ import annotations

from collections import Counter
from typing import Any

from optimizer.instance.data import BAD, Data, Record, TypedTable
from optimizer.instance.raw import quoted
from optimizer.schema import Column

SURE = 0.7  # similarity from which an unknown name is a misspelling of a known one
Dangling = tuple[TypedTable, Column, Record, str]  # a cell, and an unknown name in it


def misspelt(data: Data, dangling: list[Dangling]) -> set[str]:
    """Find unknown names that several cells refer to, while a row of a similar name is never referred to."""
    misspelt_names: set[str] = set()
    named = _named(data) if dangling else Counter()
    for table, column, record, item in dangling:
        if item in misspelt_names or named[item] < 2:
            continue
        found = _given(data, column, item, named)
        if found:
            misspelt_names.add(item)
            owner, given, target = found
            first = f"first in {data.where(table.spec.name)} row {record.row}"
            wrong = quoted(given.values[target])
            problem = f"nothing names {wrong}, but {named[item]} cells name {quoted(item)}: {first}."
            data.doubtful.add(id(given))
            data.fault(owner, given, target, problem, item)
    return misspelt_names


def _named(data: Data) -> Counter[str]:
    """Number of cells that refer to each name."""
    named: Counter[str] = Counter()
    for table in data.tables.values():
        for column in table.spec.columns.values():
            if column.refers or column.names:
                for record in table.records:
                    value = record.values[column.name]
                    if value is not BAD and value is not None:
                        named.update(value if isinstance(value, tuple) else (value,))
    return named


def _given(data: Data, column: Column, item: str, named: Counter[str]) -> tuple[TypedTable, Record, str] | None:
    """Row and column of the unused name that is nearest to an unknown one."""
    idle: dict[str, tuple[TypedTable, Record, str]] = {}
    for target in column.refers:
        name, own = target.split(".")
        for table, record in data.records(name):
            value: Any = record.values[own]
            if isinstance(value, str) and not named[value] and series_name(value) != series_name(item):
                idle.setdefault(value, (table, record, own))
    near = data.speller.nearest(item, idle, least=SURE)
    return idle.get(near)


def series_name(name: str) -> str:
    """A name without its digits: ``lease-1`` and ``lease-2`` are two names, not a misspelling."""
    return "".join(c for c in name if not c.isdigit())
