"""Names spelt wrongly where they are given: told once there, not at every cell that names them rightly."""

from __future__ import annotations

from collections import Counter
from typing import Any

from optimizer.instance.data import BAD, Data, Record, TypedTable
from optimizer.instance.raw import quoted
from optimizer.schema import Column

SURE = 0.7  # an unknown name as near as this to a known one is that one spelt wrongly
Dangling = tuple[TypedTable, Column, Record, str]  # a cell, and a name in it that nothing has


def misspelt(data: Data, dangling: list[Dangling]) -> set[str]:
    """Names that several cells name and nothing has, where something with nearly that name is never named."""
    told: set[str] = set()
    named = _named(data) if dangling else Counter()
    for table, column, record, item in dangling:
        if item in told or named[item] < 2:
            continue
        found = _given(data, column, item, named)
        if found:
            told.add(item)
            owner, given, target = found
            first = f"first in {data.where(table.spec.name)} row {record.row}"
            wrong = quoted(given.values[target])
            problem = f"nothing names {wrong}, but {named[item]} cells name {quoted(item)}: {first}."
            data.doubtful.add(id(given))
            data.fault(owner, given, target, problem, item)
    return told


def _named(data: Data) -> Counter[str]:
    """How many cells name each name."""
    named: Counter[str] = Counter()
    for table in data.tables.values():
        for column in table.spec.columns.values():
            if column.refers or (table.spec.name, column.name) in (("changes", "key"), ("policies", "member")):
                for record in table.records:
                    value = record.values[column.name]
                    if value is not BAD and value is not None:
                        named.update(value if isinstance(value, tuple) else (value,))
    return named


def _given(data: Data, column: Column, item: str, named: Counter[str]) -> tuple[TypedTable, Record, str] | None:
    """The row, and its column, of the name never named that is nearest to one that nothing has."""
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
    """A name without its digits: ``lease-1`` and ``lease-2`` are two things, not one spelt wrongly."""
    return "".join(c for c in name if not c.isdigit())
