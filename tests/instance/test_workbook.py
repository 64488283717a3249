"""Workbooks with a fault: each is reported once, with sheet and cell."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook

from tests.instance.fault_texts import fault_texts
from tests.instance.sample import sample, write_workbook

UNKNOWN = "no such column in the format. If it contains notes, begin its name with notes."
NO_RESULT = "the formula has no result; open the workbook in a spreadsheet program and save it."


def _edited(path: Path, edit: Callable[[Workbook], Any]) -> Path:
    """A workbook of the sample, edited."""
    write_workbook(path, sample())
    book = load_workbook(path)
    edit(book)
    book.save(path)
    return path


def _set(**cells: Any) -> Callable[[Workbook], None]:
    """Sets cells, named ``sheet_A1``."""

    def edit(book: Workbook) -> None:
        for place, value in cells.items():
            sheet, cell = place.rsplit("_", 1)
            book[sheet][cell] = value

    return edit


def _renamed(*names: str) -> Callable[[Workbook], None]:
    """Gives a sheet one new name after the other."""

    def edit(book: Workbook) -> None:
        for before, after in pairwise(names):
            book[before].title = after

    return edit


def _emptied(sheet: str) -> Callable[[Workbook], None]:
    def edit(book: Workbook) -> None:
        del book[sheet]
        book.create_sheet(sheet)

    return edit


# What is done to the workbook of the sample, and all errors that are reported.
WRONG: dict[str, tuple[Callable[[Workbook], Any], list[str]]] = {
    "number": (
        _set(sites_C2="1,25"),
        ["sites, cell C2, row 2, column pue: expected a number, found '1,25'. Did you mean '1.25'?"],
    ),
    "part of an integer": (
        _set(builds_E2=2.5),
        ["builds, cell E2, row 2, column lead_months: expected an integer, found '2.5'."],
    ),
    "true for a number": (
        _set(fleet_C2=True),
        ["fleet, cell C2, row 2, column count: expected a number, found 'true'."],
    ),
    "a date for a number": (
        _set(fleet_C2=datetime(2026, 5, 1)),
        ["fleet, cell C2, row 2, column count: expected a number, found a date."],
    ),
    "a number for a month": (
        _set(fleet_D2=2026),
        ["fleet, cell D2, row 2, column until: expected a month YYYY-MM, found '2026'."],
    ),
    "day count for a month": (
        _set(fleet_D2=46143),
        ["fleet, cell D2, row 2, column until: expected a month YYYY-MM, found '46143'. Did you mean '2026-05'?"],
    ),
    "a time for a month": (
        _set(fleet_D2=datetime(2026, 5, 1).time()),
        ["fleet, cell D2, row 2, column until: expected a month YYYY-MM, found '00:00:00'."],
    ),
    "number for a flag": (
        _set(contracts_Q2=2),
        ["contracts, cell Q2, row 2, column sublease: expected true or false, found '2'."],
    ),
    "huge number": (
        _set(fleet_C2=1e19),
        ["fleet, cell C2, row 2, column count: expected a finite number of at most 1e+18, found '1e+19'."],
    ),
    "error": (_set(fleet_C2="#N/A"), ["fleet, cell C2, row 2, column count: the formula ends in #N/A."]),
    "formula without a result": (_set(fleet_C2="=2*2000"), [f"fleet, cell C2, row 2, column count: {NO_RESULT}"]),
    "name without a result": (_set(sites_A3='="south"'), [f"sites, cell A3, row 3, column site: {NO_RESULT}"]),
    "key without a result": (_set(instance_A5='="months"'), [f"instance, cell A5, row 5, column key: {NO_RESULT}"]),
    "error beside the columns": (
        _set(sites_F3="#REF!"),
        ["sites, cell F3, row 3: a column without a name contains values."],
    ),
    "required header without a result": (_set(sites_B1='="region"'), [f"sites, cell B1, row 1: {NO_RESULT}"]),
    "head without a result": (_set(instance_B5="=2*12"), [f"instance, cell B5, row 5, column months: {NO_RESULT}"]),
    "header without a result": (_set(sites_C1='="pue"'), [f"sites, cell C1, row 1: {NO_RESULT}"]),
    "dangling": (
        _set(contracts_B2="neos"),
        ["contracts, cell B2, row 2, column provider: no provider is called 'neos'. Did you mean 'neo'?"],
    ),
    "row that repeats": (
        _set(contracts_A3="lease"),
        ["contracts, cell A3, row 3, column contract: 'lease' duplicates row 2."],
    ),
    "column misspelt": (
        _set(sites_D1="availabilty"),
        ["sites, cell D1, row 1, column availabilty: no such column in the format. Did you mean 'availability'?"],
    ),
    "column twice": (
        _set(sites_D1="pue"),
        ["sites, cell D1, row 1, column pue: the column appears twice in the header."],
    ),
    "column without a name": (_set(sites_F3=7), ["sites, cell F3, row 3: a column without a name contains values."]),
    "header is a number": (
        _set(sites_E1=3.5),
        [f"sites, cell E1, row 1, column 3.5: {UNKNOWN}"],
    ),
    "column missing": (
        _set(sites_B1=None, sites_B2=None, sites_B3=None),
        ["sites, row 1, column region: the required column is missing."],
    ),
    "header missing": (
        _set(sites_B1=None),
        [
            "sites, row 1, column region: the required column is missing.",
            "sites, cell B2, row 2: a column without a name contains values.",
        ],
    ),
    "required value missing": (
        _set(contracts_B2=None),
        ["contracts, cell B2, row 2, column provider: a required value is missing."],
    ),
    "sheet misspelt": (
        _renamed("contracts", "contract"),
        ["contract: no such table in the format. Did you mean 'contracts'?"],
    ),
    "sheet in capitals": (
        _renamed("contracts", "x", "Contracts"),
        ["Contracts: no such table in the format. Did you mean 'contracts'?"],
    ),
    "extra sheet": (
        lambda book: book.create_sheet("my notes"),
        ["my notes: no such table in the format. If it contains notes, begin its name with notes."],
    ),
    "sheet empty": (_emptied("sites"), ["sites: is empty; expected a header row with the names of the columns."]),
    "no head": (
        lambda book: book.remove(book["instance"]),
        ["instance: is missing: the sheet with the key and value of name, start and months."],
    ),
    "head misspelt": (
        _renamed("instance", "instanse"),
        ["instanse: no such table in the format. Did you mean 'instance'?"],
    ),
    "head empty": (_emptied("instance"), ["instance: is empty; expected a header row with the names of the columns."]),
    "head without its header": (
        lambda book: book["instance"].delete_rows(1),
        [
            "instance, cell A1, row 1, column format: expected the columns key and value.",
            "instance, cell B1, row 1, column 1: expected the columns key and value.",
        ],
    ),
    "head with another header": (
        _set(instance_A1="Key", instance_B1="values"),
        [
            "instance, cell A1, row 1, column Key: expected the columns key and value. Did you mean 'key'?",
            "instance, cell B1, row 1, column values: expected the columns key and value. Did you mean 'value'?",
        ],
    ),
    "head without values": (
        lambda book: book["instance"].delete_cols(2),
        ["instance, row 1: expected the columns key and value in the first row."],
    ),
    "head with a note beside": (
        _set(instance_D3="see mail"),
        ["instance, cell D3, row 3: a column without a name contains values."],
    ),
    "head with a third column": (
        _set(instance_C1="note"),
        ["instance, cell C1, row 1, column note: expected the columns key and value."],
    ),
    "key twice": (
        _set(instance_A6="months", instance_B6=12),
        ["instance, cell A6, row 6, column months: the key appears twice."],
    ),
    "key unknown": (
        _set(instance_A6="curency", instance_B6="EUR"),
        ["instance, cell B6, row 6, column curency: no such key in the format. Did you mean 'currency'?"],
    ),
    "key without a value": (
        _set(instance_B5=None),
        ["instance, cell B5, row 5, column months: the required key has no value."],
    ),
    "value without a key": (_set(instance_B6="EUR"), ["instance, cell A6, row 6: a value without a key."]),
    "head with a wrong value": (
        _set(instance_B4="2026-1", instance_B5=12.5),
        [
            "instance, cell B4, row 4, column start: expected a month YYYY-MM, found '2026-1'. Did you mean '2026-01'?",
            "instance, cell B5, row 5, column months: expected an integer, found '12.5'.",
        ],
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_workbook_is_told(tmp_path: Path, case: str) -> None:
    """Tests that a fault is reported with sheet, cell, row, column and nearest value, and without faults elsewhere."""
    edit, expected = WRONG[case]
    assert fault_texts(_edited(tmp_path / "mine.xlsx", edit)) == expected
