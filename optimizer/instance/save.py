"""Writing an instance in the carriers that are files; what is read back has the same content."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from optimizer.instance.head_file import HEAD_FILE
from optimizer.instance.raw import number_text
from optimizer.instance.workbook import HEAD_SHEET
from optimizer.schema import Column, load_schema

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

    from optimizer.instance.instance import Instance


def save_folder(instance: Instance, folder: Path) -> None:
    """Write ``instance.toml`` and one CSV per table that has rows; the other tables of the format are removed."""
    folder.mkdir(parents=True, exist_ok=True)
    head = "".join(f"{key} = {_toml(value)}\n" for key, value in _head(instance))
    (folder / HEAD_FILE).write_text(head, encoding="utf-8", newline="\n")
    for table in load_schema().tables:
        path = folder / f"{table}.csv"
        if instance.rows[table]:
            with path.open("w", encoding="utf-8", newline="") as file:
                records = _records(instance, table)
                csv.writer(file, lineterminator="\n").writerows([_csv(cell) for cell in record] for record in records)
        else:
            path.unlink(missing_ok=True)


def save_workbook(instance: Instance, path: Path) -> None:
    """Write one sheet per table that has rows, and the sheet of the head."""
    from openpyxl import Workbook

    book = Workbook()
    sheet = book.active
    sheet.title = HEAD_SHEET
    _write(sheet, [["key", "value"], *([key, value] for key, value in _head(instance))])
    for table in load_schema().tables:
        if instance.rows[table]:
            _write(book.create_sheet(table), _records(instance, table))
    path.parent.mkdir(parents=True, exist_ok=True)
    book.save(path)


def _head(instance: Instance) -> list[tuple[str, Any]]:
    """Keys and values of the head that say more than their defaults."""
    columns = load_schema().head.columns
    return [(key, value) for key, value in vars(instance.head).items() if value != columns[key].default]


def _records(instance: Instance, table: str) -> list[list[Any]]:
    """Header and rows; columns that say nothing beyond their default are left out."""
    rows = instance.rows[table]
    columns: list[list[Any]] = []
    for column in load_schema().tables[table].columns.values():
        cells = [_cell(instance, column, row) for row in rows]
        plain = [] if column.default is None else [column.default]
        if column.required or any(cell is not None and cell not in plain for cell in cells):
            columns.append([column.name, *cells])
    return [list(record) for record in zip(*columns, strict=True)]


def _cell(instance: Instance, column: Column, row: Any) -> Any:
    """A cell as written; blank where the default depends on the plan or the row."""
    value = getattr(row, column.attribute)
    plain = {"@first": 0, "@last": instance.head.months - 1, "@name": next(iter(row))[1]}
    if isinstance(column.default, str) and column.default in plain and value == plain[column.default]:
        return None
    cell = instance.cell(column, value)
    return None if cell == "" else cell


def _csv(cell: Any) -> Any:
    if isinstance(cell, bool):
        return "true" if cell else "false"
    return number_text(cell) if isinstance(cell, float) else cell


def _toml(value: Any) -> str:
    """A TOML value; JSON writes text the same way."""
    return json.dumps(value, ensure_ascii=False)


def cell_value(value: Any) -> Any:
    """A value as a workbook keeps it: whole numbers as such, and as text a number that needs a 17th digit."""
    if not isinstance(value, float):
        return value
    if abs(value) < 1e15 and value == int(value):
        return int(value)
    return value if float(f"{value:.16g}") == value else number_text(value)


def _write(sheet: Worksheet, records: list[list[Any]]) -> None:
    for i, record in enumerate(records, start=1):
        for j, found in enumerate(record, start=1):
            if found is None:
                continue
            cell, value = sheet.cell(i, j), cell_value(found)
            cell.value = value
            if isinstance(value, str):
                cell.data_type = "s"  # text that starts with = stays text
                cell.quotePrefix = value[:1] in "=+-@"
