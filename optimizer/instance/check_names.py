"""Check names: required tables exist, names are unique, and every reference names an existing row."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from optimizer.errors import Fault
from optimizer.instance.check_spelling import SURE, Dangling, misspelt, series_name
from optimizer.instance.data import BAD, Data, Record, TypedTable
from optimizer.instance.month_reading import month_of, odd_date
from optimizer.instance.name_text import difference, normal_name
from optimizer.instance.raw import quoted, shown
from optimizer.schema import IN_HOUSE, Column


def needed_tables(data: Data) -> None:
    """Report required tables, and sets of tables of which one is required, that have no rows."""
    sets = [(name,) for name, table in data.schema.tables.items() if table.required]
    for tables in (*sets, *data.schema.needed.values()):
        if not any(_has_content(data.tables[name]) for name in tables):
            names = [data.where(name) for name in tables]
            problem = (
                "is missing or has no rows."
                if len(names) == 1
                else f"none of {', '.join(names)} has rows; at least one of them must have rows."
            )
            data.faults.append(Fault(names[0], problem=problem))
            data.missing.update(tables)


def _has_content(table: TypedTable) -> bool:
    """Whether a table has rows, or rows that could not be read."""
    return bool(table.records or table.broken or (table.raw and table.raw.lost))


def keys(data: Data) -> None:
    """Report rows that repeat the key of another row of the table, unless they add up or count in order."""
    for table in data.tables.values():
        if table.spec.adds or table.spec.ordered:
            continue
        first: dict[tuple[Any, ...], Record] = {}
        for record in table.records:
            key = tuple(record.values[column] for column in table.spec.key)
            if BAD in key:
                continue
            if key in first:
                data.doubtful.add(id(record))
                data.fault(table, record, table.spec.key[0], _repeated(table, record, first[key]))
            first.setdefault(key, record)


def _repeated(table: TypedTable, record: Record, first: Record) -> str:
    """Message for a row that repeats the key of another, with what its cells may mean instead."""
    key = table.spec.key
    shown_key = quoted(", ".join(filter(None, (_key_text(record, column) for column in key))))
    alike = difference(*(str(row.found.get(key[0])) for row in (record, first)))
    dates = [found for name in key if isinstance(found := record.found.get(name), date)]
    odd = [f"{problem[:1].upper()}{problem[1:]}" for problem in map(odd_date, dates) if problem]
    return " ".join(filter(None, [f"{shown_key} duplicates row {first.row}.", alike, *odd]))


def _key_text(record: Record, column: str) -> str:
    found = record.found.get(column, "")
    return month_of(found) if isinstance(found, date) else shown(found)


def unique_names(data: Data) -> None:
    """Report names that appear in two tables of a set of tables."""
    reported: set[int] = set()
    for members in data.schema.unique.values():
        first: dict[str, tuple[str, int]] = {}
        for member in members:
            name, column = member.split(".")
            table = data.tables[name]
            for record in table.records:
                value = record.values[column]
                if value is BAD:
                    continue
                where, row = first.setdefault(value, (name, record.row))
                if where != name and id(record) not in reported:
                    reported.add(id(record))
                    data.doubtful.add(id(record))
                    other = f"{data.where(where)} row {row}"
                    problem = f"{quoted(value)} is already a name in {other}; choose another name."
                    data.fault(table, record, column, problem)


# ---------------------------------------------------------------- references
@dataclass
class Names:
    """All names in some columns."""

    known: dict[str, None] = field(default_factory=dict)
    doubtful: dict[str, None] = field(default_factory=dict)  # invalid, or in invalid rows: reported elsewhere
    nameless: int = 0  # rows with an invalid name: they explain as many unknown names
    open: bool = False  # a table or column could not be read: no name can be refused
    empty: bool = True  # none of the tables has rows
    tables: tuple[str, ...] = ()


def names_of(data: Data, targets: tuple[str, ...]) -> Names:
    """Names in some ``table.column``."""
    if targets not in data.names:
        data.names[targets] = _collect_names(data, targets)
    found: Names = data.names[targets]
    return found


def _collect_names(data: Data, targets: tuple[str, ...]) -> Names:
    names = Names(tables=tuple(dict.fromkeys(target.split(".")[0] for target in targets)))
    for target in targets:
        name, column = target.split(".")
        table = data.tables[name]
        names.open |= table.broken or column in table.unsure or name in data.missing
        names.empty &= not _has_content(table)
        for record in table.records:
            value = record.values[column]
            if value is BAD:
                names.doubtful[normal_name(str(record.found.get(column, "")))] = None
            else:
                names.known.update(dict.fromkeys(value if isinstance(value, tuple) else (value,)))
            names.nameless += value is BAD or id(record) in data.doubtful
        for cells in table.raw.lost if table.raw else ():
            names.doubtful.update(dict.fromkeys(normal_name(str(cell)) for cell in cells if cell is not None))
    return names


def references(data: Data) -> None:
    """Report references to names that do not exist."""
    missing: dict[tuple[str, ...], list[tuple[TypedTable, Record, str]]] = defaultdict(list)
    present: list[tuple[TypedTable, Column, Names, list[tuple[Record, list[str]]]]] = []
    for table in data.tables.values():
        for column in table.spec.columns.values():
            if not column.refers or column.name in table.unsure:
                continue
            names = names_of(data, column.refers)
            extra = (IN_HOUSE,) if _takes_own(column) else ()
            dangling = [] if names.open else _dangling(table, column, names, extra)
            if names.empty:
                missing[names.tables] += [(table, record, items[0]) for record, items in dangling]
            else:
                present.append((table, column, names, dangling))
    for tables, cells in missing.items():
        _report_missing(data, tables, cells)
    kept = [_unexplained(data, *found) for found in present]
    unknown: list[Dangling] = []
    for (table, column, _, _), rows in zip(present, kept, strict=True):
        unknown += [(table, column, record, item) for record, items in rows for item in items]
    data.respelt = misspelt(data, unknown)
    for (table, column, names, _), rows in zip(present, kept, strict=True):
        _report_dangling(data, table, column, names, rows)


def _unexplained(
    data: Data, table: TypedTable, column: Column, names: Names, dangling: list[tuple[Record, list[str]]]
) -> list[tuple[Record, list[str]]]:
    """Rows with their unknown names, without those that an error elsewhere explains."""
    known = explained(data, names, {item for _, items in dangling for item in items})
    kept = ((record, [item for item in items if item not in known]) for record, items in dangling)
    return [(record, items) for record, items in kept if items]


def _takes_own(column: Column) -> bool:
    """Whether a column can name the built-in provider."""
    return "providers.provider" in column.refers and len(column.refers) > 1


def _dangling(table: TypedTable, column: Column, names: Names, extra: Iterable[str]) -> list[tuple[Record, list[str]]]:
    """Rows with their unknown names."""
    found = []
    for record in table.records:
        value = record.values[column.name]
        if value is None or value is BAD:
            continue
        items = value if isinstance(value, tuple) else (value,)
        unknown = [item for item in items if not (item in names.known or item in names.doubtful or item in extra)]
        if unknown:
            found.append((record, unknown))
    return found


def _report_dangling(
    data: Data, table: TypedTable, column: Column, names: Names, dangling: list[tuple[Record, list[str]]]
) -> None:
    for record, items in dangling:
        unknown = [item for item in items if item not in data.respelt]
        if unknown:
            unknown_names = ", ".join(quoted(item) for item in unknown)
            near = _near_name(data, names, unknown[0])
            alike = difference(unknown[0], near)
            problem = f"no {_kinds(column)} is called {unknown_names}.{' ' if alike else ''}{alike}"
            data.fault(table, record, column.name, problem, near)


def explained(data: Data, names: Names, unknown: set[str]) -> set[str]:
    """Unknown names that are likely those of rows with an invalid name or of a missing table: reported there."""
    lacking = bool(data.missing & set(names.tables))
    if names.open or not (names.nameless or lacking):
        return unknown if names.open else unknown & data.respelt
    near = {item: data.speller.nearest(item, names.known, least=SURE) for item in unknown}
    far = {item for item in unknown if not near[item] or series_name(item) == series_name(near[item])}
    wrong = {item for item in unknown if names.doubtful and data.speller.nearest(item, names.doubtful)}
    return wrong | (unknown & data.respelt) | (far if lacking or len(far) <= names.nameless else set())


def _near_name(data: Data, names: Names, item: str) -> str:
    """Nearest name; several names separated by commas are separated by semicolons."""
    parts = [part.strip() for part in item.split(",")]
    return ";".join(parts) if all(part in names.known for part in parts) else data.speller.nearest(item, names.known)


def _kinds(column: Column) -> str:
    """Kinds of rows that a reference can name, as text."""
    kinds = list(dict.fromkeys(target.split(".")[1].replace("tags", "tag") for target in column.refers))
    return f"{', '.join(kinds[:-1])} or {kinds[-1]}" if len(kinds) > 1 else kinds[0]


def _report_missing(data: Data, tables: tuple[str, ...], cells: list[tuple[TypedTable, Record, str]]) -> None:
    """Report a missing table once, however many cells refer to it."""
    if not cells:
        return
    data.missing.update(tables)
    table, record, item = cells[0]
    first = f"first {quoted(item)} in {data.where(table.spec.name)} row {record.row}"
    count = f"{len(cells)} cells name" if len(cells) > 1 else "one cell names"
    others = f" (nor have {', '.join(data.where(name) for name in tables[1:])})" if len(tables) > 1 else ""
    problem = f"is missing or has no rows{others}, but {count} something in it: {first}."
    data.faults.append(Fault(data.where(tables[0]), problem=problem))
