"""Workbooks: what is read the same, what formulas come to, and what is not a workbook."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from openpyxl import Workbook, load_workbook
from openpyxl.styles import PatternFill

from optimizer.errors import InstanceError
from optimizer.instance.raw import column_letters
from optimizer.instance.read import read
from tests.instance.fault_texts import fault_texts
from tests.instance.sample import HEAD, Tables, put, sample, write_folder, write_workbook


def _calculated(path: Path, tables: Tables, edit: Callable[[xlsxwriter.Workbook], Any] = lambda book: None) -> Path:
    """A workbook as a spreadsheet program saves it: a pair in a cell is a formula and its result."""
    book = xlsxwriter.Workbook(path)
    head = [["key", "value"], *(list(pair) for pair in HEAD.items())]
    for name, rows in {"instance": head, **tables}.items():
        sheet = book.add_worksheet(name)
        for i, row in enumerate(rows):
            for j, value in enumerate(row):
                if isinstance(value, tuple):
                    sheet.write_formula(i, j, value[0], None, value[1])
                elif value != "":
                    sheet.write(i, j, value)
    edit(book)
    book.close()
    return path


def _typed(book: Workbook) -> None:
    """Numbers, flags and months as cells of their own types."""
    for row in book["demand"].iter_rows(min_row=2):
        row[1].value, row[2].value = datetime.strptime(row[1].value, "%Y-%m"), float(row[2].value)
    book["fleet"]["C2"], book["fleet"]["D2"] = 4000, date(2027, 6, 17)
    book["contracts"]["Q2"], book["contracts"]["J2"] = True, 6.0
    book["instance"]["B4"] = datetime(2026, 1, 31, 12, 30)


def _texts(book: Workbook) -> None:
    """Numbers of the head stored as text."""
    for row in (2, 5):
        book["instance"].cell(row, 2).value = str(book["instance"].cell(row, 2).value)


def _other_order(book: Workbook) -> None:
    sheet = book["instance"]
    for row in sheet.iter_rows(min_col=1, max_col=2):
        row[0].value, row[1].value = row[1].value, row[0].value
    sheet.insert_cols(1)
    sheet.insert_rows(1, 2)


def _hidden(book: Workbook) -> None:
    book["sites"].sheet_state = "hidden"
    book["power"].sheet_state = "veryHidden"
    book["demand"].row_dimensions[3].hidden = True
    book["demand"].column_dimensions["B"].hidden = True


def _own_sheets(book: Workbook) -> None:
    for name in ("index", "Errors"):
        book.create_sheet(name)["A1"] = "not read"


def _formatted(book: Workbook) -> None:
    """Cells with a fill and no content, beside and below the rows."""
    for sheet in book.worksheets:
        for row in range(1, 40):
            sheet.cell(row, 30).fill = PatternFill("solid", fgColor="FFFF00")
            sheet.cell(row + 20, 1).number_format = "@"


def _blank(book: Workbook) -> None:
    """Blank rows above the header and between the rows, and cells that hold blanks only."""
    book["sites"].insert_rows(3)
    book["sites"].insert_rows(1, 3)
    book["sites"]["C9"] = "  "
    book["sites"]["G9"] = " "


SAME: dict[str, Callable[[Workbook], Any]] = {
    "typed cells": _typed,
    "numbers stored as text": _texts,
    "head in another order": _other_order,
    "hidden sheets, rows and columns": _hidden,
    "sheets that are not read": _own_sheets,
    "formatted blank cells": _formatted,
    "blank rows": _blank,
    "sheets in another order": lambda book: book.move_sheet("instance", 5),
    "title over merged cells": lambda book: book["sites"].merge_cells("D3:F3"),
}


@pytest.mark.parametrize("case", SAME)
def test_another_form_is_read_the_same(tmp_path: Path, case: str) -> None:
    """Tests that what makes no difference makes none, and the workbook says what the folder says."""
    path = write_workbook(tmp_path / "mine.xlsx", sample())
    book = load_workbook(path)
    SAME[case](book)
    book.save(path)
    assert read(path) == read(write_folder(tmp_path / "plain", sample()))


@pytest.mark.parametrize(("position", "letters"), [(0, "A"), (25, "Z"), (26, "AA"), (701, "ZZ"), (702, "AAA")])
def test_letters_of_columns(position: int, letters: str) -> None:
    """Tests the letters at the steps from one to two, and from two to three: 26 of one, 26 times 26 of two."""
    assert column_letters(position) == letters


def test_names_that_are_numbers_and_dates(tmp_path: Path) -> None:
    """Tests that a name that a spreadsheet program made a number or a date is the text it shows."""
    tables = sample()
    put(tables, "accelerators", 3, "vendor", 300.0)
    put(tables, "contracts", 2, "region", 2024)
    put(tables, "accelerators", 2, "vendor", datetime(2026, 5, 1))
    instance = read(write_workbook(tmp_path / "mine.xlsx", tables))
    assert [row.vendor for row in instance.rows["accelerators"]] == ["2026-05", "300"]
    assert instance.rows["contracts"][0].region == "2024"


def test_rows_are_those_of_the_sheet(tmp_path: Path) -> None:
    """Tests that blank rows, also above the header, do not shift the rows and cells that are reported."""
    path = write_workbook(tmp_path / "mine.xlsx", sample())
    book = load_workbook(path)
    _blank(book)
    book["sites"]["C7"] = "x"
    book.save(path)
    assert fault_texts(path) == ["sites, cell C7, row 7, column pue: expected a number, found 'x'."]


def test_merged_cells_hold_one_value(tmp_path: Path) -> None:
    """Tests that only the first of merged cells holds the value, and the others are reported as missing."""
    path = write_workbook(tmp_path / "mine.xlsx", sample())
    book = load_workbook(path)
    book["demand"].merge_cells("A2:A3")
    book.save(path)
    assert fault_texts(path) == ["demand, cell A3, row 3, column workload: a required value is missing."]


def test_a_cell_that_is_too_long(tmp_path: Path) -> None:
    """Tests that a cell with more than a workbook can hold is reported with its cell, and not shown whole."""
    path = _calculated(tmp_path / "mine.xlsx", sample())
    long = path.with_name("long.xlsx")
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(long, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            target.writestr(name, source.read(name).replace(b"<t>Maker</t>", b"<t>" + b"x" * 32_768 + b"</t>"))
    problem = "a cell can hold 32,767 characters; this one has 32,768."
    assert fault_texts(long) == [f"accelerators, cell D2, row 2, column vendor: {problem}"]


# ---------------------------------------------------------------- formulas
def test_results_of_formulas_are_read(tmp_path: Path) -> None:
    """Tests that a formula counts as its result, whatever its type."""
    tables = sample()
    put(tables, "sites", 2, "pue", ("=12/10", 1.2))
    put(tables, "contracts", 2, "provider", ('="n"&"eo"', "neo"))
    put(tables, "contracts", 2, "sublease", ("=1=1", True))
    put(tables, "fleet", 2, "until", ('="2027-06"', "2027-06"))
    assert read(_calculated(tmp_path / "mine.xlsx", tables)) == read(write_folder(tmp_path / "plain", sample()))


@pytest.mark.parametrize("error", ["#DIV/0!", "#N/A", "#NAME?", "#NULL!", "#NUM!", "#REF!", "#VALUE!"])
def test_formulas_that_end_in_an_error(tmp_path: Path, error: str) -> None:
    """Tests that each error of a spreadsheet program is reported, once, also in a name that others refer to."""
    tables = sample()
    put(tables, "fleet", 2, "count", ("=8/0", error))
    put(tables, "providers", 3, "provider", ("=A9", error))
    assert fault_texts(_calculated(tmp_path / "mine.xlsx", tables)) == [
        f"providers, cell A3, row 3, column provider: the formula ends in {error}.",
        f"fleet, cell C2, row 2, column count: the formula ends in {error}.",
    ]


def test_errors_of_formulas_in_notes_and_headers(tmp_path: Path) -> None:
    """Tests that a formula with an error is no fault in a column of notes, and one in every header."""
    tables = sample()
    tables["fleet"] = [[*tables["fleet"][0], "notes"], *([*row, ("=8/0", "#DIV/0!")] for row in tables["fleet"][1:])]
    assert read(_calculated(tmp_path / "mine.xlsx", tables)) == read(write_folder(tmp_path / "plain", sample()))
    tables["fleet"][0][-1] = ("=8/0", "#DIV/0!")
    assert fault_texts(_calculated(tmp_path / "other.xlsx", tables)) == [
        "fleet, cell E1, row 1: the formula ends in #DIV/0!."
    ]


def test_chart_sheets_are_told(tmp_path: Path) -> None:
    """Tests that a sheet that holds a chart is a sheet of no table."""

    def draw(book: xlsxwriter.Workbook) -> None:
        chart = book.add_chart({"type": "line"})
        chart.add_series({"values": "=power!$C$2:$C$3"})
        book.add_chartsheet("Chart").set_chart(chart)

    assert fault_texts(_calculated(tmp_path / "mine.xlsx", sample(), draw)) == [
        "Chart: no such table in the format. If it contains notes, begin its name with notes."
    ]


# ---------------------------------------------------------------- what is not a workbook
DAMAGED = ["mine.xlsx: cannot be read as an .xlsx workbook: it is damaged or something else."]
BROKEN = {
    "junk": b"junk",
    "empty": b"",
    "a table": b"site,region\nnorth,europe\n",
    "a zip of nothing": b"PK\x05\x06" + b"\0" * 18,
    "a zip that ends": b"PK\x03\x04" + b"\0" * 40,
}


@pytest.mark.parametrize("case", BROKEN)
def test_no_workbook(tmp_path: Path, case: str) -> None:
    """Tests that a file that only ends in .xlsx is refused as such."""
    (tmp_path / "mine.xlsx").write_bytes(BROKEN[case])
    assert fault_texts(tmp_path / "mine.xlsx") == DAMAGED


def test_half_a_workbook(tmp_path: Path) -> None:
    """Tests that a workbook cut short is reported as damaged."""
    whole = write_workbook(tmp_path / "mine.xlsx", sample()).read_bytes()
    (tmp_path / "mine.xlsx").write_bytes(whole[: len(whole) // 2])
    assert fault_texts(tmp_path / "mine.xlsx") == DAMAGED


def test_damaged_workbooks(tmp_path: Path) -> None:
    """Tests that a workbook with damage in one place is reported as damaged, unless that place has no data."""
    whole = write_workbook(tmp_path / "mine.xlsx", sample()).read_bytes()
    outcomes = [read(tmp_path / "mine.xlsx").hash]
    for tenth in range(10):
        at = tenth * len(whole) // 10
        (tmp_path / "mine.xlsx").write_bytes(whole[:at] + b"\0" * 60 + whole[at + 60 :])
        try:
            outcomes.append(read(tmp_path / "mine.xlsx").hash)
        except InstanceError as error:
            outcomes += [str(fault) for fault in error.faults]
    assert set(outcomes) == {outcomes[0], *DAMAGED}


@pytest.mark.parametrize("name", ["mine.xlsx", "mine.xls"])
def test_an_old_workbook(tmp_path: Path, name: str) -> None:
    """Tests that an old workbook is reported as one, also under a new ending, which a password-protected one shares."""
    (tmp_path / name).write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 504)
    (message,) = fault_texts(tmp_path / name)
    old = {
        "mine.xlsx": "mine.xlsx: cannot be read as an .xlsx workbook: it is an old or a password-protected one.",
        "mine.xls": f"{tmp_path / name}: is an old Excel workbook; save it as .xlsx.",
    }
    assert message == old[name]


def test_an_error_in_a_setting_has_its_key(tmp_path: Path) -> None:
    """Tests that a formula with an error in the sheet of settings is reported by the key in its row."""
    path = write_workbook(tmp_path / "mine.xlsx", sample())
    book = load_workbook(path)
    row = [*HEAD].index("months") + 2
    book["instance"].cell(row, 2).value = "#REF!"
    book["instance"].cell(row, 2).data_type = "e"
    book.save(path)
    assert fault_texts(path) == [f"instance, cell B{row}, row {row}, column months: the formula ends in #REF!."]
