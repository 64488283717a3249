"""Warnings on names: two that look the same, or differ in upper and lower case only, are two things."""

from __future__ import annotations

from optimizer.instance.data import Data, Record, TypedTable
from optimizer.instance.name_text import difference, skeleton
from optimizer.instance.raw import quoted

Targets = tuple[str, ...]


def alike(data: Data) -> None:
    """Warn of a name that looks like another that may stand in its place."""
    seen: set[tuple[str, str]] = set()
    for targets in _sets(data):
        first: dict[str, tuple[str, str]] = {}
        for target in targets:
            name, column = target.split(".")
            for table, record in data.records(name):
                value = record.values[column]
                for item in value if isinstance(value, tuple) else (value,) if value else ():
                    place = f"{data.where(name)} row {record.row}"
                    other, where = first.setdefault(_key(item), (item, place))
                    if other != item and (other, item) not in seen:
                        seen.add((other, item))
                        _warn(data, table, record, column, item, (other, where))


def _key(name: str) -> str:
    return " ".join(skeleton(name).casefold().split())


def _sets(data: Data) -> list[Targets]:
    """Sets of columns whose names may be taken for one another."""
    columns = [(name, column) for name, table in data.schema.tables.items() for column in table.columns.values()]
    referred = [column.refers for name, column in columns if column.refers and name != "rule_terms"]
    named = [(f"{name}.{column.name}",) for name, column in columns if column.type == "name"]
    return list(dict.fromkeys([*data.schema.unique.values(), *referred, *named]))


def _warn(data: Data, table: TypedTable, record: Record, column: str, item: str, other: tuple[str, str]) -> None:
    name, where = other
    why = difference(item, name) or "They differ in upper and lower case."
    problem = f"{quoted(item)} and {quoted(name)} in {where} are two names. {why}"
    data.fault(table, record, column, problem, warn=True)
