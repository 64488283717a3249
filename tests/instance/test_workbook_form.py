"""The form of the workbook of ``capopt new``: formats, colours, widths, notes, lists and how it is printed."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from optimizer.instance.blank_workbook import write_workbook
from optimizer.schema import load_schema

HEAD = {"format": 1, "name": "mine", "start": "2027-02", "months": 24, "title": "=not a sum", "discount_rate": 0.085}
TABLES = {
    "sites": [["site", "pue"], ["hall-in-the-far-north", "1.25"], ["barn", "1"]],
    "builds": [
        ["build", "site", "mw_per_block", "integer", "earliest", "lead_months", "capex_per_mw"],
        ["a-wing-with-a-very-long-name-of-forty-six-letters", "barn", "4", "false", "2027-03", "10", "9,000,000"],
    ],
    "prices": [["item", "month", "price"], ["+buy", "2028-01", "39000.5"]],
}


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workbook with rows in three tables."""
    path = tmp_path_factory.mktemp("form") / "mine.xlsx"
    write_workbook(path, HEAD, TABLES)
    return path


@pytest.fixture(scope="module")
def book(path: Path) -> openpyxl.Workbook:
    """The same, opened."""
    return openpyxl.load_workbook(path)


def _cell(cell: Any) -> Iterator[str]:
    yield f"{cell.coordinate} {cell.value!r} {cell.number_format}"
    yield "bold" * bool(cell.font.b) + f"{cell.font.u or ''} {cell.font.name} {cell.font.sz:g}"
    yield f"on {cell.fill.fgColor.rgb} {cell.fill.fill_type}" if cell.fill.fill_type else ""
    yield f"link {cell.hyperlink.target}" if cell.hyperlink else ""
    yield f"{cell.alignment.horizontal} {cell.alignment.vertical} wrapped" if cell.alignment.wrap_text else ""
    yield "noted" if cell.comment else ""
    yield "quoted" if cell.quotePrefix else ""


def _sheet(sheet: Any, rows: int, columns: int) -> Iterator[str]:
    view, page = sheet.sheet_view, sheet.page_setup
    fit = sheet.sheet_properties.pageSetUpPr
    yield f"--- {sheet.title}: frozen {sheet.freeze_panes}, titles {sheet.print_title_rows}, {page.orientation}"
    yield f"fit {fit and fit.fitToPage} to height {page.fitToHeight}, selected {view.tabSelected}"
    for letter in sorted(sheet.column_dimensions, key=openpyxl.utils.column_index_from_string):
        column = sheet.column_dimensions[letter]
        yield f"{letter} width {column.width:g} {column.number_format}{' hidden' * bool(column.hidden)}"
    for row in sheet.iter_rows(max_row=rows, max_col=columns):
        yield from (
            ", ".join(part for part in _cell(cell) if part) for cell in row if cell.value or cell.fill.fill_type
        )
    for rule in sheet.data_validations.dataValidation:
        wrong = f"{rule.errorStyle} {rule.errorTitle}: {rule.error}" if rule.error else ""
        shown = f"blank {rule.allow_blank}, refused {rule.showErrorMessage}"
        yield f"{rule.sqref} {rule.type} {rule.operator} {rule.formula1} {shown} {wrong}"


@pytest.mark.parametrize(
    ("sheet", "rows", "columns"),
    [("index", 4, 3), ("instance", 5, 2), ("builds", 3, 9), ("prices", 4, 3), ("sites", 4, 3)],
)
def test_form(book: openpyxl.Workbook, snapshot: Callable[[str], None], sheet: str, rows: int, columns: int) -> None:
    """Tests what a planner sees of the first cells of a sheet, its columns and its lists."""
    snapshot("\n".join(_sheet(book[sheet], rows, columns)))


def test_the_end_of_the_index(book: openpyxl.Workbook) -> None:
    """Tests that notes follow the list of tables after a blank row, and numbers of rows, of blank sheets too."""
    cells = [[cell.value for cell in row[:3]] for row in book["index"].iter_rows(max_row=60)]
    tables = load_schema().tables
    last = len(tables) + 2
    assert [row[0] for row in cells[:last]] == ["sheet", "instance", *tables]
    numbers = {"sites": 2, "builds": 1, "prices": 1}
    assert [row[1] for row in cells[2:last]] == [numbers.get(name, 0) for name in tables]
    assert cells[last] == [None, None, None]
    assert [str(row[0])[:20] for row in cells[last + 1 : last + 4]] == [
        "An instance requires",
        "A red header is requ",
        "Months are written 2",
    ]
    assert [row[0] for row in cells[last + 4 :]] == [None] * (56 - last)


def test_required_headers_are_red(book: openpyxl.Workbook) -> None:
    """Tests that the header of a required column is red, and any other blue, on every sheet."""
    for name, table in load_schema().tables.items():
        colours = {cell.value: cell.fill.fgColor.rgb for cell in book[name][1]}
        wanted = {column.name: "00F8CBAD" if column.required else "00DDEBF7" for column in table.columns.values()}
        assert colours == wanted
    keys = {row[0].value: row[0].fill.fgColor.rgb for row in book["instance"].iter_rows(min_row=2)}
    assert [key for key, colour in keys.items() if colour == "00F8CBAD"] == ["format", "name", "start", "months"]


@pytest.mark.parametrize(
    ("sheet", "header", "lines"),
    [
        # A required name without unit; a number that may stay blank; one with a default.
        ("builds", "build", ["Name of the build.", "Values: name.", "Required."]),
        (
            "purchases",
            "max_total",
            [
                "Maximum ordered over the horizon; blank: no limit.",
                "Unit: accelerators.",
                "Values: number, 0 or more.",
                "May stay blank.",
            ],
        ),
        (
            "purchases",
            "lot_size",
            ["Accelerators in one lot.", "Unit: accelerators.", "Values: number, above 0.", "If blank: 1."],
        ),
    ],
)
def test_notes_on_headers(book: openpyxl.Workbook, sheet: str, header: str, lines: list[str]) -> None:
    """Tests what a note says."""
    note = next(cell.comment for cell in book[sheet][1] if cell.value == header)
    assert note.author == "capopt"
    assert note.text.splitlines() == lines


def test_size_of_notes(path: Path) -> None:
    """Tests that every note is as large as its text needs."""
    with zipfile.ZipFile(path) as archive:
        drawings = [archive.read(name).decode() for name in archive.namelist() if "vml" in name.lower()]
    sizes = [re.findall(r"(width|height):([\d.]+)px", text) for text in drawings]
    assert {size for found in sizes for size in found} == {("width", "320"), ("height", "130")}
