"""Formatted workbooks: frames as Excel tables with units, notes, filters and frozen headers; text always stays text."""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import xlsxwriter
from xlsxwriter.utility import xl_rowcol_to_cell

from optimizer.errors import CapoptError
from optimizer.files import write_file
from optimizer.format import grouped
from optimizer.instance.raw import CELL_LIMIT

HEADER = 2  # row of the header, counted from 0: above it stand title and units
_MOST_ROWS = 1_048_576 - HEADER - 1
_WIDEST = 48
_LOOKED_AT = 400  # rows whose cells settle the width of a column
_INK, _MUTED, _LINK = "#18212b", "#5b6876", "#1f55b3"
_INTEGER = '#,##0;-#,##0;"–"'  # zero is a dash
_TEXT = {"valign": "top", "align": "left", "indent": 1}
_HEADER = {"bold": True, "valign": "vcenter", "text_wrap": True, "bg_color": "#DCE6F1", "bottom": 1}
_STYLES: dict[str, dict[str, Any]] = {
    "text": _TEXT,
    "quoted": {**_TEXT, "quote_prefix": True},
    "wrapped": {**_TEXT, "text_wrap": True},
    "flag": {**_TEXT, "num_format": '"TRUE";"TRUE";"FALSE"'},  # where a flag is a number, it still looks like one
    "title": {"bold": True, "font_size": 16, "font_color": _INK},
    "heading": {"bold": True, "font_size": 12, "bottom": 2, "bottom_color": _INK},
    "header": {**_HEADER, "align": "left", "indent": 1},
    "number_header": {**_HEADER, "align": "right"},
    "note": {**_TEXT, "font_color": _MUTED, "italic": True},
    "unit": {**_TEXT, "font_color": _MUTED, "italic": True, "font_size": 9, "text_wrap": True},
    "number_unit": {"font_color": _MUTED, "italic": True, "font_size": 9, "text_wrap": True, "align": "right"},
    "link": {"font_color": _LINK, "underline": 1, "valign": "top"},
    "strong": {"bold": True, "valign": "top", "num_format": _INTEGER},
    "month": {**_TEXT, "num_format": "yyyy-mm"},
    "integer": {"num_format": _INTEGER, "valign": "top"},
    "tenths": {"num_format": "#,##0.0", "valign": "top"},
    "hundredths": {"num_format": "#,##0.00", "valign": "top"},
    "small": {"num_format": "0.0#####", "valign": "top"},
    "percent": {"num_format": "0.00%", "valign": "top"},
    "sum": {"num_format": _INTEGER, "bold": True, "top": 1, "valign": "top"},
}


@dataclass(frozen=True)
class Heading:
    """A column of a sheet.

    Attributes
    ----------
    name : str
        Column of the frame, and its header.
    kind : str
        ``text``, ``month`` (``YYYY-MM``, written as a date), ``number`` or ``flag``.
    unit, meaning : str
        Shown above the header, and in a note on it.
    """

    name: str
    kind: str = "text"
    unit: str = ""
    meaning: str = ""

    @property
    def style(self) -> str:
        """Format of the header: on the side on which the cells stand."""
        return "number_header" if self.kind == "number" else "header"


class Book:
    """A workbook in the making."""

    def __init__(self, title: str) -> None:
        self._content = io.BytesIO()
        options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
        self.book: Any = xlsxwriter.Workbook(self._content, options)
        self.book.set_properties({"title": title, "comments": "Written by capopt."})
        self._styles = {name: self.book.add_format(style) for name, style in _STYLES.items()}

    def style(self, name: str) -> Any:
        """A cell format by name."""
        return self._styles[name]

    def sheet(self, name: str, colour: str = "") -> Any:
        """Add a sheet that prints on pages one sheet wide."""
        sheet = self.book.add_worksheet(name)
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)
        sheet.hide_gridlines(2)
        if colour:
            sheet.set_tab_color(colour)
        return sheet

    def save(self, path: str | Path) -> Path:
        """Finish the workbook and write it; folders on the way are made."""
        self.book.close()
        return write_file(path, self._content.getvalue())

    # ------------------------------------------------------------ cells
    def put(self, sheet: Any, row: int, column: int, value: Any, kind: str = "", style: str = "") -> None:
        """Write a value; text is never taken for a formula, and what is missing is left blank."""
        if value is None or (isinstance(value, float) and math.isnan(value)) or value is pd.NaT:
            return
        if isinstance(value, str):
            self._put_text(sheet, row, column, value, kind, style)
        elif isinstance(value, bool):
            sheet.write_boolean(row, column, value, self.style(style or "flag"))
        else:
            number = float(value)
            if math.isfinite(number):
                sheet.write_number(row, column, number, self.style(style or number_style(number)))
            else:
                sheet.write_string(row, column, str(number), self.style("text"))

    def _put_text(self, sheet: Any, row: int, column: int, text: str, kind: str, style: str) -> None:
        if not text:
            return
        day = month_date(text) if kind == "month" else None
        if day is not None:
            sheet.write_datetime(row, column, day, self.style("month"))
            return
        plain = "quoted" if text[0] in "=+-@" else "text"
        sheet.write_string(row, column, text[:CELL_LIMIT], self.style(style or plain))

    def formula(self, sheet: Any, row: int, column: int, formula: str, value: float, style: str = "") -> None:
        """Write a formula with the value it has."""
        sheet.write_formula(row, column, f"={formula}", self.style(style or number_style(value)), value)

    def link(self, sheet: Any, row: int, column: int, name: str, text: str = "") -> None:
        """Write a link to a sheet of this workbook."""
        sheet.write_url(row, column, f"internal:'{name}'!A1", self.style("link"), text or name)

    # ------------------------------------------------------------ tables
    def index(self, sheet: Any, note: str, contents: Sequence[tuple[str, int, str]]) -> None:
        """List the sheets with links to them, their rows and contents."""
        self.put(sheet, 0, 0, "Sheets of this workbook", style="title")
        self.put(sheet, 1, 0, note, style="note")
        for column, name in enumerate(("sheet", "rows", "content")):
            self.put(sheet, 3, column, name, style="header")
        for row, (name, rows, meaning) in enumerate(contents, start=4):
            self.link(sheet, row, 0, name)
            self.put(sheet, row, 1, rows or None)
            self.put(sheet, row, 2, meaning)
        sheet.set_column(0, 0, 22)
        sheet.set_column(2, 2, 100)

    def table(self, name: str, title: str, headings: Sequence[Heading], frame: pd.DataFrame, key: str = "") -> Any:
        """Add a sheet that holds a frame as an Excel table named ``key``, with its title and units above.

        Raises
        ------
        CapoptError
            If the frame has more rows than a sheet can hold.
        """
        if len(frame) > _MOST_ROWS:
            message = f"table {name} has {grouped(len(frame))} rows and a sheet holds {grouped(_MOST_ROWS)}"
            raise CapoptError(f"{message}; use the tables of the plan folder instead")
        sheet = self.sheet(name)
        self.link(sheet, 0, 0, "index")
        self.put(sheet, 0, 1, title, style="strong")
        last = HEADER + max(len(frame), 1)
        columns = [{"header": heading.name, "header_format": self.style(heading.style)} for heading in headings]
        options = {"name": key or name, "style": "Table Style Light 1", "columns": columns}
        sheet.add_table(HEADER, 0, last, len(headings) - 1, options)
        for position, heading in enumerate(headings):
            self._column(sheet, position, heading, frame[heading.name].tolist())
        sheet.set_row(HEADER, 30)
        sheet.freeze_panes(HEADER + 1, 1)
        sheet.repeat_rows(HEADER)
        return sheet

    def _column(self, sheet: Any, position: int, heading: Heading, values: list[Any]) -> None:
        self.put(sheet, HEADER - 1, position, heading.unit, style=heading.style.replace("header", "unit"))
        note = "\n".join(text for text in (heading.meaning, f"Unit: {heading.unit}." if heading.unit else "") if text)
        if note:
            sheet.write_comment(HEADER, position, note, {"x_scale": 2, "font_size": 9, "author": "capopt"})
        for row, value in enumerate(values, start=HEADER + 1):
            self.put(sheet, row, position, value, heading.kind)
        sheet.set_column(position, position, _width(heading, values))


def number_style(value: float) -> str:
    """Name of the number format that shows a value without false precision."""
    size = abs(value)
    if size >= 1e5 or abs(value - round(value)) <= 1e-9 * max(size, 1.0):
        return "integer"
    return "tenths" if size >= 100 else "hundredths" if size >= 1 else "small"


def month_date(text: str) -> date | None:
    """First day of a month ``YYYY-MM``; None of anything else, and of months that a workbook cannot hold as dates."""
    year, _, month = text.partition("-")
    if not (year.isdecimal() and month.isdecimal() and len(text) == 7 and 1 <= int(month) <= 12):
        return None
    return date(int(year), int(month), 1) if 1900 < int(year) <= 9999 else None


def place(row: int, column: int, fixed: bool = False) -> str:
    """Name of a cell, such as ``B4`` or ``$B$4``; row and column are counted from 0."""
    return str(xl_rowcol_to_cell(row, column, row_abs=fixed, col_abs=fixed))


def _width(heading: Heading, values: list[Any]) -> float:
    """Width of a column: of its header with the filter's button, and of the longest of the first cells."""
    if heading.kind == "month":
        longest = 7
    elif heading.kind == "number":
        numbers = [value for value in values[:_LOOKED_AT] if isinstance(value, float | int) and math.isfinite(value)]
        longest = max((len(grouped(value)) + (0 if abs(value) >= 1e5 else 3) for value in numbers), default=0)
    else:
        longest = max((len(str(value)) for value in values[:_LOOKED_AT] if value is not None), default=0)
    return float(min(max(longest + 2, min(len(heading.name) + 4, 26), 9), _WIDEST))
