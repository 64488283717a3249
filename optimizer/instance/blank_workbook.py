"""The workbook that ``capopt new`` writes: a sheet per table, explained in notes and with lists to choose from."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from openpyxl import Workbook
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from optimizer.instance import reference
from optimizer.schema import Column, Table, load_schema

_LAST_ROW = 2000  # lists to choose from reach down to here
_TYPED = PatternFill("solid", fgColor="DDEBF7")
_NEEDED = PatternFill("solid", fgColor="F8CBAD")
_BOLD = Font(bold=True)


def write_workbook(path: Path, head: dict[str, Any], tables: dict[str, list[list[str]]]) -> None:
    """Write a workbook with a sheet for every table of the format.

    Parameters
    ----------
    path : Path
        Where to.
    head : dict
        Keys and values of the sheet ``instance``.
    tables : dict of str to list of list of str
        Header and rows of the tables that have any.
    """
    book = Workbook()
    _write_index(book.active, tables)
    _write_head(book.create_sheet("instance"), head)
    for name, table in load_schema().tables.items():
        _write_table(book.create_sheet(name), table, tables.get(name, [[]]))
    path.parent.mkdir(parents=True, exist_ok=True)
    book.save(path)


def _write_index(sheet: Worksheet, tables: dict[str, list[list[str]]]) -> None:
    """The first sheet: what the others hold. The reader passes it over."""
    schema = load_schema()
    sheet.title = "index"
    sheet.append(["sheet", "rows at first", "what it holds"])
    sheet.append(["instance", "", schema.head.meaning])
    for name, table in schema.tables.items():
        sheet.append([name, max(len(tables.get(name, [])) - 1, 0), table.meaning])
    for row in range(2, sheet.max_row + 1):
        cell = sheet.cell(row, 1)
        cell.hyperlink = f"#'{cell.value}'!A1"
        cell.font = Font(underline="single", color="0563C1")
    notes = [
        reference.needs_text(schema).replace("`", ""),
        "A red header is required, a blue one may stay blank; rest the pointer on a header to read what it means.",
        "Months are written 2027-01. Money is in plain units of the one currency. This sheet is not read.",
    ]
    for offset, note in enumerate(notes, start=2):
        sheet.cell(sheet.max_row + (2 if offset == 2 else 1), 1, note)
    _finish_header(sheet, widths=[18, 14, 90])


def _write_head(sheet: Worksheet, head: dict[str, Any]) -> None:
    sheet.append(["key", "value", "meaning"][:2])
    for column in load_schema().head.columns.values():
        value = head.get(column.name, "" if column.required else column.default)
        sheet.append([column.name, value if value != "" else None])
        cell = sheet.cell(sheet.max_row, 1)
        cell.comment = _note(column)
        cell.fill = _NEEDED if column.required else _TYPED
        if column.type in ("month", "text"):
            sheet.cell(sheet.max_row, 2).number_format = "@"
    for row in range(2, sheet.max_row + 1):
        sheet.cell(row, 2).alignment = Alignment(wrap_text=True, vertical="top", horizontal="left")
    _finish_header(sheet, widths=[18, 90])


def _write_table(sheet: Worksheet, table: Table, rows: list[list[str]]) -> None:
    header, *records = rows
    columns = list(table.columns.values())
    sheet.append([column.name for column in columns])
    for record in records:
        cells = dict(zip(header, record, strict=True))
        sheet.append([_cell(column, cells.get(column.name, "")) for column in columns])
    for position, column in enumerate(columns, start=1):
        letter = get_column_letter(position)
        top = sheet.cell(1, position)
        top.comment = _note(column)
        top.fill = _NEEDED if column.required else _TYPED
        if column.type in ("month", "list", "numbers"):
            sheet.column_dimensions[letter].number_format = "@"
            for row in range(2, len(records) + 2):
                sheet.cell(row, position).number_format = "@"
        choices = _choices(column)
        if choices:
            sheet.add_data_validation(choices)
            choices.add(f"{letter}2:{letter}{_LAST_ROW}")
    _finish_header(sheet, widths=[max(len(column.name) + 3, 12) for column in columns])


def _finish_header(sheet: Worksheet, widths: list[int]) -> None:
    for position, width in enumerate(widths, start=1):
        sheet.cell(1, position).font = _BOLD
        sheet.column_dimensions[get_column_letter(position)].width = width
    sheet.freeze_panes = "A2"


def _note(column: Column) -> Comment:
    """What a header means, as a note on it."""
    default = reference.default_text(column)
    parts = [
        column.meaning,
        f"Unit: {column.unit}." if column.unit else "",
        f"Values: {reference.values_text(column)}.",
        "Required." if column.required else f"If blank: {default}." if default else "May stay blank.",
    ]
    return Comment("\n".join(part for part in parts if part).replace("`", ""), "capopt", height=130, width=320)


def _cell(column: Column, text: str) -> Any:
    """A cell of a CSV file as a workbook holds it: numbers and flags as such, blanks as none."""
    if text == "":
        return None
    if column.type == "flag" and text.lower() in ("true", "false"):
        return text.lower() == "true"
    if column.type not in ("number", "integer"):
        return text
    try:
        number = float(text.replace("_", "").replace(",", ""))
    except ValueError:
        return text
    return int(number) if number == int(number) else number


def _choices(column: Column) -> DataValidation | None:
    """A list to choose from: of choices, of true and false, or of the names in the one column referred to."""
    if column.type == "choice":
        formula, strict = f'"{",".join(column.choices)}"', True
    elif column.type == "flag":
        formula, strict = '"TRUE,FALSE"', True
    elif column.type == "ref" and len(column.refers) == 1:
        table, name = column.refers[0].split(".")
        letter = get_column_letter(list(load_schema().tables[table].columns).index(name) + 1)
        formula, strict = f"'{table}'!${letter}$2:${letter}${_LAST_ROW}", False
    else:
        return None
    return DataValidation("list", formula1=formula, allow_blank=True, showErrorMessage=strict)
