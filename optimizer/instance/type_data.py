"""Convert raw cells to typed tables; report each cell and header that is not of the format."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from optimizer.errors import Fault
from optimizer.instance.cell_number import BadValueError
from optimizer.instance.cell_value import convert
from optimizer.instance.data import BAD, Data, Record, TypedTable
from optimizer.instance.name_text import difference
from optimizer.instance.notes import is_note
from optimizer.instance.number_spelling import comma_use
from optimizer.instance.raw import Raw, RawTable, Unusable, shown, unknown_text
from optimizer.schema import Column, Schema


def type_data(raw: Raw, schema: Schema) -> Data:
    """Return everything found, typed, with an error for each cell and header that is not of the format."""
    data = Data(schema, raw, faults=list(raw.faults), warnings=list(raw.warnings))
    _type_head(data)
    for name, spec in schema.tables.items():
        found = raw.tables.get(name)
        data.tables[name] = TypedTable(spec, found, broken=name in raw.broken)
        if found:
            _type_table(data, data.tables[name], found)
    return data


# ---------------------------------------------------------------- head
def _type_head(data: Data) -> None:
    columns = data.schema.head.columns
    given = {key: value for key, value in data.raw.head.items() if value is not None}
    missing = [name for name, column in columns.items() if column.required and name not in given]
    unsure: set[str] = set()
    for key in given:
        if key not in columns:
            near = data.speller.nearest(key, columns)
            unsure.add(near)
            alike = difference(key, near)
            _head_fault(data, key, key, f"no such key in the format.{' ' if alike else ''}{alike}", near)
    for name in missing:
        if name not in unsure and not data.raw.head_broken:
            problem = "the required key has no value." if name in data.raw.head else "the required key is missing."
            _head_fault(data, name, "", problem)
    for name, column in columns.items():
        default = BAD if column.required or name in unsure or data.raw.head_broken else column.default
        data.head[name] = default if name not in given else _head_value(data, column, given[name])


def _head_value(data: Data, column: Column, value: Any) -> Any:
    if isinstance(value, Unusable):
        return BAD
    try:
        return convert(value, column)
    except BadValueError as bad:
        alike = difference(value, bad.nearest) if isinstance(value, str) and bad.nearest else ""
        _head_fault(data, column.name, value, f"{bad.problem}{' ' if alike else ''}{alike}", bad.nearest)
        return BAD


def _head_fault(data: Data, key: str, value: Any, problem: str, nearest: str = "") -> None:
    row, cell = data.raw.head_places.get(key, (None, ""))
    data.faults.append(Fault(data.raw.head_where, row, shown(key), shown(value), problem, nearest, cell))


# ---------------------------------------------------------------- tables
def _type_table(data: Data, table: TypedTable, raw: RawTable) -> None:
    positions = _read_header(data, table, raw)
    spec = table.spec
    table.commas = _comma_use(raw, [place for name, place in positions.items() if _is_numeric(spec.columns[name])])
    readers = []
    for column in spec.columns.values():
        is_name = column.names or f"{spec.name}.{column.name}" in data.schema.referred
        default = BAD if column.name in table.unsure else _default(data, column)
        readers.append((column, column.name, positions.get(column.name), is_name, default))
    own = spec.key[0]
    needed = [name for name, column in spec.columns.items() if column.required and name in positions]
    named = [column.name for column in spec.columns.values() if column.default == "@name"]
    for row, cells in raw.rows:
        if _is_remark(data, table, row, cells, positions, needed):
            continue
        record = Record(row, {}, {})
        for column, name, position, is_name, default in readers:
            value = cells[position] if position is not None else None
            if value is None:
                record.values[name] = _blank(data, table, record, column, position, default)
            else:
                record.found[name] = value
                record.values[name] = _value(data, table, record, column, value, is_name)
        for name in named:
            if name not in record.found and name not in table.unsure:
                record.values[name] = record.values[own]
        table.records.append(record)


def _is_remark(
    data: Data, table: TypedTable, row: int, cells: Sequence[Any], positions: dict[str, int], needed: Sequence[str]
) -> bool:
    """Report a row with text in one cell only where two others are required: mostly a remark without its mark."""
    lacking = [name for name in needed if cells[positions[name]] is None]
    if len(lacking) < 2:
        return False
    filled = [name for name, position in positions.items() if cells[position] is not None]
    if len(filled) != 1 or not isinstance(found := cells[positions[filled[0]]], str):
        return False
    raw, place = cast(RawTable, table.raw), positions[filled[0]]
    problem = f"nothing else is in the row, but {' and '.join(lacking)} are required. Begin it with # if it is a note."
    data.faults.append(Fault(raw.where, row, filled[0], shown(found), problem, cell=raw.cell(row, place)))
    raw.lost.append(cells)
    return True


def _is_numeric(column: Column) -> bool:
    """Whether the cells of a column are numbers, or mostly so."""
    return column.type in ("number", "integer") or column.numeric


def _comma_use(raw: RawTable, numeric: list[int]) -> str:
    return comma_use(cells[i] for _, cells in raw.rows for i in numeric if isinstance(cells[i], str))


def _read_header(data: Data, table: TypedTable, raw: RawTable) -> dict[str, int]:
    """Position of every column of the format that stands in the header."""
    columns, positions = table.spec.columns, {}
    for position, name in enumerate(raw.header):
        if not name or is_note(name):
            continue
        cell = raw.cell(raw.header_row, position)
        if name not in columns:
            near = _near_column(data, name, table, raw)
            table.unsure.add(near)
            problem = unknown_text("column", name, near)
            data.faults.append(Fault(raw.where, raw.header_row, shown(name), shown(name), problem, near, cell))
        elif name in positions:
            problem = "the column appears twice in the header."
            data.faults.append(Fault(raw.where, raw.header_row, name, name, problem, "", cell))
            table.unsure.add(name)
        else:
            positions[name] = position
    for name, column in columns.items():
        if column.required and name not in raw.header and name not in table.unsure:
            data.faults.append(Fault(raw.where, raw.header_row, name, "", "the required column is missing."))
            table.unsure.add(name)
    return {name: position for name, position in positions.items() if name not in table.unsure}


def _near_column(data: Data, name: str, table: TypedTable, raw: RawTable) -> str:
    """Nearest column, rather one that the header lacks."""
    absent = tuple(column for column in table.spec.columns if column not in raw.header)
    return data.speller.nearest(name, absent) or data.speller.nearest(name, table.spec.columns)


def _default(data: Data, column: Column) -> Any:
    if column.default == "@first":
        return 0 if data.head["start"] is not BAD else BAD
    if column.default == "@last":
        return BAD if data.months is BAD else data.months - 1
    if column.type == "list":
        return tuple(column.default or ())
    if column.type in ("text", "name", "ref") and column.default is None and not column.refers:
        return ""
    return column.default


def _blank(data: Data, table: TypedTable, record: Record, column: Column, position: int | None, default: Any) -> Any:
    """What a blank cell means."""
    if not column.required or position is None:
        return default
    data.fault(table, record, column.name, "a required value is missing.")
    return BAD


def _value(data: Data, table: TypedTable, record: Record, column: Column, value: Any, is_name: bool) -> Any:
    if isinstance(value, Unusable):
        return BAD
    try:
        converted = convert(value, column, is_name, table.commas)
    except BadValueError as bad:
        data.fault(table, record, column.name, bad.problem, bad.nearest)
        return BAD
    return converted - _origin(data) if column.type == "month" else converted


def _origin(data: Data) -> int:
    start = data.head["start"]
    return 0 if start is BAD else int(start)
