"""What the workbook of ``capopt new`` does for a planner: lists, months as dates, text that stays text."""

from __future__ import annotations

import datetime
import re
from functools import cache
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl import Workbook

from optimizer.instance.blank_workbook import write_workbook
from optimizer.instance.read import read
from optimizer.instance.template import create
from optimizer.instance.workbook_lists import _NAMES, LAST_ROW, _gather
from optimizer.schema import load_schema

_AREA = re.compile(r"'(\w+)'!\$([A-Z]+)\$(\d+):\$[A-Z]+\$(\d+)")
_CELL = re.compile(r"\$?([A-Z]{2})\$?(\d+)")


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Workbook:
    path = tmp_path_factory.mktemp("help") / "plan.xlsx"
    create(path)
    return openpyxl.load_workbook(path)


@cache
def _work_out(book: Workbook, cell: str) -> Any:
    """What a cell of the hidden columns of the index gives."""
    formula = book["index"][cell].value
    if not isinstance(formula, str) or not formula.startswith("="):
        return formula

    def area(sheet: str, letter: str, first: int, last: int) -> list[Any]:
        return [book[sheet][f"{letter}{row}"].value for row in range(first, last + 1)]

    text = _AREA.sub(r"area('\1', '\2', \3, \4)", formula[1:])
    text = _CELL.sub(lambda m: f"value('{m[0].replace('$', '')}')", text).replace("IF(", "pick(")
    names = {
        "area": area,
        "value": lambda cell: _work_out(book, cell),
        "pick": lambda test, yes, no: yes if test else no,
        "COUNTA": lambda cells: sum(cell is not None for cell in cells),
        "INDEX": lambda cells, number: cells[number - 1] if number > 0 else None,
    }
    return eval(text, names)


def _list(book: Workbook, table: str, column: str) -> Any:
    """The list under a header."""
    sheet = book[table]
    letter = next(cell.column_letter for cell in sheet[1] if cell.value == column)
    return next(
        (rule for rule in sheet.data_validations.dataValidation if str(rule.sqref) == f"{letter}2:{letter}2000"), None
    )


def test_every_choice_flag_and_name_has_a_list(book: Workbook) -> None:
    """Tests that cells for choices and flags take nothing else, that names are offered, and months are checked."""
    for name, table in load_schema().tables.items():
        for column in table.columns.values():
            rule = _list(book, name, column.name)
            wanted = {"choice": "list", "flag": "list", "ref": "list", "month": "date"}.get(column.type)
            wanted = "list" if column.picks else wanted
            assert (rule.type if rule else None) == wanted, (name, column.name)
            if column.type == "choice":
                assert rule.formula1 == f'"{",".join(column.choices)}"'
            if rule:
                assert rule.allow_blank
                assert rule.showErrorMessage == (column.type != "ref" and not column.picks)
                assert len(rule.formula1) <= 255  # Excel refuses more


def test_names_from_one_sheet_are_offered(book: Workbook) -> None:
    """Tests that the list of providers is the first column of the sheet of providers."""
    assert _list(book, "contracts", "provider").formula1 == "'providers'!$A$2:$A$2000"


def test_changes_offer_what_their_table_has(book: Workbook) -> None:
    """Tests lists of tables, and of names and columns of the table that column D names: A2 down, and row 1."""
    tables = [name for name, table in load_schema().tables.items() if not table.uncovered]
    assert _list(book, "changes", "table").formula1 == f"'index'!$A$3:$A${len(tables) + 2}"
    assert [book["index"][f"A{row}"].value for row in range(3, len(tables) + 3)] == tables
    there = 'INDIRECT("\'"&$D2&"\'!$A$2'
    keys = f'OFFSET({there}"),0,0,MAX(1,COUNTA({there}:$A$2000"))),1)'
    assert _list(book, "changes", "key").formula1 == keys
    top = 'INDIRECT("\'"&$D2&"\'!'
    assert _list(book, "changes", "column").formula1 == f'OFFSET({top}$A$1"),0,0,1,COUNTA({top}$1:$1")))'


@pytest.mark.parametrize(
    ("table", "names"),
    [
        # The starter's contracts, outlets, on-demand offers and purchases, as the schema lists them.
        ("prices", ["bridge", "one-year", "neighbour-h100", "by-the-hour", "b200-lots"]),
        # Sites, builds, purchases, contracts, offers, outlets, runs, workloads, providers.
        (
            "rule_terms",
            [
                *("hall", "extension", "b200-lots", "bridge", "one-year", "by-the-hour", "neighbour-h100"),
                *("assistant", "archive", "big-cloud", "small-cloud", "neighbour"),
            ],
        ),
    ],
)
def test_names_from_several_sheets_are_offered(book: Workbook, table: str, names: list[str]) -> None:
    """Tests that names that may stand in several sheets are gathered by formulas, one below the other."""
    formula = _list(book, table, "item").formula1
    match = re.fullmatch(
        r"OFFSET\('index'!\$([A-Z]+)\$2,0,0,MAX\(1,MIN\('index'!\$([A-Z]+)\$(\d+),500\)\),1\)", formula
    )
    assert match
    index = book["index"]
    assert _work_out(book, f"{match[2]}{match[3]}") == len(names)
    found = [_work_out(book, f"{match[1]}{row}") for row in range(2, len(names) + 3)]
    assert found == [*names, ""]
    assert index.column_dimensions[match[1]].hidden
    assert index.column_dimensions[match[2]].hidden


def test_months_are_dates(book: Workbook) -> None:
    """Tests that months are dates shown as 2027-01, there and in cells that are still blank."""
    cell = book["demand"]["B2"]
    assert (cell.value, cell.number_format) == (datetime.datetime(2027, 1, 1), "yyyy-mm")
    assert book["demand"].column_dimensions["B"].number_format == "yyyy-mm"
    start = next(row[1] for row in book["instance"].iter_rows() if row[0].value == "start")
    assert start.value == datetime.datetime(2027, 1, 1)


def test_notes_tell_meaning_unit_and_default(book: Workbook) -> None:
    """Tests the note on a header."""
    note = book["contracts"]["K1"].comment.text
    assert book["contracts"]["K1"].value == "notice_months"
    assert note == (
        "Notice needed to hand back; nothing can end before this many months into the plan.\n"
        "Unit: months.\nValues: integer, 0 or more, usually 0 to 24.\nIf blank: 0."
    )


def test_names_that_look_like_something_else(tmp_path: Path) -> None:
    """Tests that names like formulas, dates and numbers are written, and read, as text."""
    names = ["=1+1", "2027-01", "1e5", "@x"]
    rows = [["accelerator", "kw", "vendor"], *([name, "1.2", name] for name in names)]
    others = {
        "sites": [["site", "region"], ["s", "-r"]],
        "throughput": [["class", "accelerator", "factor"], ["c", "1e5", "1"]],
        "workloads": [["workload", "class", "penalty"], ["w", "c", "1"]],
    }
    write_workbook(
        tmp_path / "x.xlsx",
        {"name": "x", "format": 1, "start": "2027-01", "months": 2},
        {"accelerators": rows, **others},
    )
    instance = read(tmp_path / "x.xlsx")
    assert [row.accelerator for row in instance.rows["accelerators"]] == names
    assert instance.rows["sites"][0].region == "-r"
    cell = openpyxl.load_workbook(tmp_path / "x.xlsx")["accelerators"]["A2"]
    assert (cell.data_type, cell.quotePrefix) == ("s", True)


def test_names_of_several_sheets_are_counted_one_after_the_other() -> None:
    """Tests the formulas by which the names of two sheets stand one below the other: first those of the first."""
    sheet = Workbook().active
    assert sheet is not None
    last = _gather(sheet, 5, ("contracts.contract", "sites.site"))
    contracts, sites = f"'contracts'!$A$2:$A${LAST_ROW}", f"'sites'!$A$2:$A${LAST_ROW}"
    assert [sheet[f"E{row}"].value for row in range(1, 6)] == [
        "names up to",
        0,
        f"=E2+COUNTA({contracts})",
        f"=E3+COUNTA({sites})",
        None,
    ]
    assert sheet["F1"].value == "contracts.contract, sites.site"
    pick = '=IF({0}<=$E$3,INDEX({1},{0}-$E$2),IF({0}<=$E$4,INDEX({2},{0}-$E$3),""))'
    assert [sheet[f"F{n + 1}"].value for n in (1, 2)] == [pick.format(n, contracts, sites) for n in (1, 2)]
    assert sheet[f"F{_NAMES + 1}"].value == pick.format(_NAMES, contracts, sites)
    assert sheet[f"F{_NAMES + 2}"].value is None
    assert sheet.column_dimensions["E"].hidden
    assert sheet.column_dimensions["F"].hidden
    assert last == f"OFFSET('{sheet.title}'!$F$2,0,0,MAX(1,MIN('{sheet.title}'!$E$4,{_NAMES})),1)"


@pytest.mark.parametrize(
    ("table", "column", "text", "value", "form", "quoted"),
    [
        ("fleet", "count", "4000", 4000, "#,##0", False),
        ("fleet", "count", "1,250,000", 1_250_000, "#,##0", False),
        ("sites", "pue", "1.25", 1.25, "General", False),
        ("sites", "pue", "about 1", "about 1", "General", False),
        ("fleet", "until", "2027-06", datetime.datetime(2027, 6, 1), "yyyy-mm", False),
        ("fleet", "until", "soon", "soon", "yyyy-mm", False),
        ("contracts", "sublease", "true", True, "General", False),
        ("contracts", "sublease", "FALSE", False, "General", False),
        ("contracts", "sublease", "maybe", "maybe", "General", False),
        ("accelerators", "vendor", "=1+1", "=1+1", "@", True),
        ("accelerators", "vendor", "-x", "-x", "@", True),
        ("accelerators", "vendor", "x", "x", "@", False),
        ("accelerators", "vendor", "12", "12", "@", False),
        ("accelerators", "vendor", "", None, "@", False),
    ],
)
def test_cells_of_a_csv_file_in_a_workbook(
    tmp_path: Path, table: str, column: str, text: str, value: Any, form: str, quoted: bool
) -> None:
    """Tests numbers, months, flags and texts: their values, their formats, and that no text becomes a formula."""
    path = tmp_path / "mine.xlsx"
    write_workbook(path, {}, {table: [[column], [text]]})
    sheet = openpyxl.load_workbook(path)[table]
    at = list(load_schema().tables[table].columns).index(column) + 1
    cell = sheet.cell(2, at)
    assert (cell.value, cell.number_format, bool(cell.quotePrefix)) == (value, form, quoted)
    assert type(cell.value) is type(value)
