"""The workbook that ``capopt new`` writes: a sheet per table, explained in notes and with lists to choose from."""

from __future__ import annotations

import io
import re
from datetime import date
from pathlib import Path
from typing import Any

from openpyxl import Workbook
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from optimizer.files import write_file
from optimizer.instance import reference
from optimizer.instance.save import cell_value
from optimizer.instance.workbook_lists import INDEX, Places, add_lists, gather_names
from optimizer.schema import Column, Table, load_schema

_MONTH = re.compile(r"(\d{4})-(\d{2})", re.ASCII)
# Text columns are text, so that no name becomes a number or a date; months are dates.
_FORMATS = {**dict.fromkeys(("name", "ref", "text", "list", "numbers"), "@"), "month": "yyyy-mm"}
_TYPED = PatternFill("solid", fgColor="DDEBF7")
_NEEDED = PatternFill("solid", fgColor="F8CBAD")
_FONT = {"name": "Calibri", "size": 11}
_BOLD = Font(bold=True, **_FONT)
_WIDEST = 40


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
    gathered = gather_names(book.active)
    _write_head(book.create_sheet("instance"), head)
    for name, table in load_schema().tables.items():
        _write_table(book.create_sheet(name), table, tables.get(name, [[]]), gathered)
    content = io.BytesIO()
    book.save(content)
    write_file(path, content.getvalue())


def _write_index(sheet: Worksheet, tables: dict[str, list[list[str]]]) -> None:
    """The first sheet: what the others hold. The reader passes it over."""
    schema = load_schema()
    sheet.title = INDEX
    sheet.append(["sheet", "rows at first", "what it holds"])
    sheet.append(["instance", "", schema.head.meaning.replace("`", "")])
    for name, table in schema.tables.items():
        sheet.append([name, max(len(tables.get(name, [])) - 1, 0), table.meaning.replace("`", "")])
    for row in range(2, sheet.max_row + 1):
        cell = sheet.cell(row, 1)
        cell.hyperlink = f"#'{cell.value}'!A1"
        cell.font = Font(underline="single", color="0563C1", **_FONT)
    notes = [
        reference.needs_text(schema).replace("`", ""),
        "A red header is required, a blue one may stay blank; rest the pointer on a header to read what it means.",
        "Months are written 2027-01. Money is in plain units of the one currency. This sheet is not read.",
    ]
    for offset, note in enumerate(notes, start=2):
        sheet.cell(sheet.max_row + (2 if offset == 2 else 1), 1, note)
    _finish_header(sheet, widths=[18, 14, 90])


def _write_head(sheet: Worksheet, head: dict[str, Any]) -> None:
    sheet.append(["key", "value"])
    for row, column in enumerate(load_schema().head.columns.values(), start=2):
        value = head.get(column.name, "" if column.required else column.default)
        key, cell = sheet.cell(row, 1, column.name), sheet.cell(row, 2)
        key.comment, key.fill = _note(column), _NEEDED if column.required else _TYPED
        _put(cell, column, value)
        cell.alignment = Alignment(wrap_text=True, vertical="top", horizontal="left")
    _finish_header(sheet, widths=[18, 90])


def _write_table(sheet: Worksheet, table: Table, rows: list[list[str]], gathered: Places) -> None:
    header, *records = rows
    for position, column in enumerate(table.columns.values(), start=1):
        top = sheet.cell(1, position, column.name)
        top.comment, top.fill = _note(column), _NEEDED if column.required else _TYPED
        if column.name in header:
            at = header.index(column.name)
            for row, record in enumerate(records, start=2):
                _put(sheet.cell(row, position), column, record[at])
        if column.type in _FORMATS:
            sheet.column_dimensions[get_column_letter(position)].number_format = _FORMATS[column.type]
        add_lists(sheet, position, column, gathered)
    _finish_header(sheet, widths=[_width(sheet, position) for position in range(1, len(table.columns) + 1)])


def _width(sheet: Worksheet, position: int) -> int:
    """Width of a column: of its header, and of its longest cell unless that is very long."""
    longest = max(len(str(sheet.cell(row, position).value or "")) for row in range(2, max(sheet.max_row, 2) + 1))
    return min(max(len(sheet.cell(1, position).value) + 3, longest + 2, 12), _WIDEST)


def _finish_header(sheet: Worksheet, widths: list[int]) -> None:
    for position, width in enumerate(widths, start=1):
        sheet.cell(1, position).font = _BOLD
        sheet.column_dimensions[get_column_letter(position)].width = width
    sheet.freeze_panes = "A2"
    sheet.print_title_rows = "1:1"
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)


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


def _put(cell: Any, column: Column, value: Any) -> None:
    """Write a value of the head or a cell of a CSV file as a workbook holds it; text never becomes a formula."""
    cell.number_format = _FORMATS.get(column.type, "General")
    found = _value(column, value) if isinstance(value, str) else value
    if found is None:
        return
    cell.value = found
    if isinstance(found, str):
        cell.data_type = "s"
        cell.quotePrefix = found[:1] in "=+-@"
    elif isinstance(found, int) and not isinstance(found, bool):
        cell.number_format = "#,##0"


def _value(column: Column, text: str) -> Any:
    """A cell of a CSV file: numbers and flags as such, months as dates, blanks as none."""
    if text == "":
        return None
    if column.type == "month":
        match = _MONTH.fullmatch(text)
        return date(int(match[1]), int(match[2]), 1) if match else text
    if column.type == "flag" and text.lower() in ("true", "false"):
        return text.lower() == "true"
    if column.type not in ("number", "integer"):
        return text
    try:
        number = float(text.replace("_", "").replace(",", ""))
    except ValueError:
        return text
    return cell_value(number)
