"""Cells and columns of workbooks."""

from __future__ import annotations

import math
from datetime import datetime
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest

from optimizer.report.sheets import _MOST_ROWS, Book, Heading, number_style, place


@pytest.mark.parametrize(
    ("value", "style"),
    [
        *[(0.0, "integer"), (1.0, "integer"), (-3.0, "integer"), (99.0, "integer"), (1e5, "integer")],
        *[(100_000.5, "integer"), (-100_000.5, "integer"), (99_999.5, "tenths"), (100.5, "tenths")],
        *[(99.5, "hundredths"), (1.5, "hundredths"), (-1.5, "hundredths"), (0.5, "small"), (-0.999, "small")],
        # Integers within a billionth of themselves, small ones within a billionth.
        *[(1e-9, "integer"), (1.1e-9, "small"), (3e4 + 2e-5, "integer"), (3e4 + 4e-5, "tenths")],
        *[(-3e4 - 2e-5, "integer"), (3e4 - 2e-5, "integer"), (0.5 + 1e-12, "small")],
    ],
)
def test_number_formats(value: float, style: str) -> None:
    """Tests integers, and one, two or more decimals, from both sides of each threshold."""
    assert number_style(value) == style


def test_names_of_cells() -> None:
    """Tests rows and columns counted from zero, also fixed."""
    assert [place(3, 1), place(0, 27), place(3, 1, fixed=True)] == ["B4", "AB1", "$B$4"]


def test_a_sheet_is_full_at_its_last_row() -> None:
    """Tests that title, units, header and rows are the 1,048,576 rows of a sheet."""
    assert 3 + _MOST_ROWS == 1_048_576


HEADINGS = (
    Heading("month", "month"),
    Heading("n", "number", "tons", "Weight."),
    Heading("flag", "flag"),
    Heading("name", unit="letters"),
    Heading("a long name of a column that is wide", meaning="Nothing."),
    Heading("big", "number"),
)
FRAME = pd.DataFrame(
    {
        "month": ["2026-12", "1899-12", ""],
        "n": [1234.5, math.nan, -math.inf],
        "flag": [True, False, None],
        "name": ["x" * 60, "=1+1", None],
        "a long name of a column that is wide": ["", "", ""],
        "big": [123_456_789, 99_999, 5],
    },
    dtype=object,
)


@pytest.fixture(scope="module")
def sheet(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A sheet with a table of three rows."""
    book = Book("Test")
    book.table("cargo", "What is on board", HEADINGS, FRAME, "cargo_table")
    return openpyxl.load_workbook(book.save(tmp_path_factory.mktemp("sheets") / "x.xlsx"))["cargo"]


def test_cells_of_a_table(sheet: Any) -> None:
    """Tests title, units, headers and cells: dates, numbers, flags, texts and blanks; what is infinite is a text."""
    rows = list(sheet.iter_rows(values_only=True))
    assert rows == [
        ("index", "What is on board", None, None, None, None),
        (None, "tons", None, "letters", None, None),
        tuple(heading.name for heading in HEADINGS),
        (datetime(2026, 12, 1), 1234.5, True, "x" * 60, None, 123_456_789),
        ("1899-12", None, False, "=1+1", None, 99_999),
        (None, "-inf", None, None, None, 5),
    ]
    assert [cell.data_type for cell in sheet[5]] == ["s", "n", "b", "s", "n", "n"]
    assert sheet["A1"].hyperlink.location == "'index'!A1"


def test_formats_of_a_table(sheet: Any) -> None:
    """Tests number formats, alignment of headers and units by kind, and notes of meaning and unit."""
    assert [cell.number_format for cell in sheet[4]][:3] == ["yyyy-mm", "#,##0.0", '"TRUE";"TRUE";"FALSE"']
    assert [sheet.cell(row, column).alignment.horizontal for row in (2, 3) for column in (2, 4)] == [
        *("right", "left"),
        *("right", "left"),
    ]
    notes = [cell.comment.text if cell.comment else None for cell in sheet[3]]
    assert notes == [None, "Weight.\nUnit: tons.", None, "Unit: letters.", "Nothing.", None]
    assert [bool(sheet.cell(row, 4).quotePrefix) for row in (4, 5)] == [False, True]


def test_the_table_of_a_sheet(sheet: Any) -> None:
    """Tests the place of the table, what stays in sight, and what is printed on each page."""
    (table,) = sheet.tables.values()
    assert (table.name, table.ref, sheet.freeze_panes, sheet.print_title_rows) == (
        *("cargo_table", "A3:F6"),
        *("B4", "$3:$3"),
    )
    setup = sheet.page_setup
    assert (setup.orientation, setup.paperSize, setup.fitToWidth or 1, setup.fitToHeight) == ("landscape", 9, 1, 0)
    assert sheet.sheet_properties.pageSetUpPr.fitToPage
    assert not sheet.sheet_view.showGridLines


def test_widths_of_columns(sheet: Any) -> None:
    """Tests the longest cell and two more, a header of at most 22 letters and four more, nine at least, 48 at most."""
    # A month has 7 letters. 1,234.5 is shown as 1,234 or 1,235 and up to three more: 8. A flag, None not counted: 5.
    # Cells of 60 letters; a header of 36; 123,456,789: 11.
    widths = [sheet.column_dimensions[letter].width for letter in "ABCDEF"]
    assert [width - 0.7109375 for width in widths] == [9, 10, 9, 48, 26, 13]


def test_an_empty_table_keeps_a_row(tmp_path: Path) -> None:
    """Tests that the table of a frame without rows has a blank one, and is named as its sheet if it has no name."""
    book = Book("Test")
    book.table("cargo", "What is on board", HEADINGS, FRAME.iloc[:0])
    (table,) = openpyxl.load_workbook(book.save(tmp_path / "x.xlsx"))["cargo"].tables.values()
    assert (table.name, table.ref) == ("cargo", "A3:F4")


def test_only_the_first_cells_settle_a_width(tmp_path: Path) -> None:
    """Tests a long text in the 400th row, which counts, and one in the 401st, which does not; numbers too."""
    frame = pd.DataFrame({"t": ["x"] * 399 + ["x" * 20, "x" * 40], "n": [1] * 399 + [10**12, 10**20]}, dtype=object)
    book = Book("Test")
    book.table("cargo", "", (Heading("t"), Heading("n", "number")), frame)
    columns = openpyxl.load_workbook(book.save(tmp_path / "x.xlsx"))["cargo"].column_dimensions
    # 1,000,000,000,000 has 17 letters.
    assert [columns[letter].width - 0.7109375 for letter in "AB"] == [22, 19]


def test_the_index_of_sheets(tmp_path: Path) -> None:
    """Tests title, note, header, and a link with rows and content for each sheet; no rows are left blank."""
    book = Book("Test")
    book.index(book.sheet("index"), "Of a test.", [("a", 0, "First"), ("b", 7, "Second")])
    sheet = openpyxl.load_workbook(book.save(tmp_path / "x.xlsx"))["index"]
    assert list(sheet.iter_rows(values_only=True)) == [
        ("Sheets of this workbook", None, None),
        ("Of a test.", None, None),
        (None, None, None),
        ("sheet", "rows", "content"),
        ("a", None, "First"),
        ("b", 7, "Second"),
    ]
    assert [sheet.cell(row, 1).hyperlink.location for row in (5, 6)] == ["'a'!A1", "'b'!A1"]
