"""What a workbook hides counts as data, and is a warning."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook

from optimizer.instance.read import read
from tests.instance.edits import frames
from tests.instance.sample import sample, write_workbook

REMEDY = "like any other. Show {0}, or delete {0} if {1} should not count."
ROW = REMEDY.format("it", "it")


def _rows(sheet: str, *numbers: int) -> Callable[[Workbook], None]:
    def hide(book: Workbook) -> None:
        for number in numbers:
            book[sheet].row_dimensions[number].hidden = True

    return hide


def _filter(book: Workbook) -> None:
    """A filter on the second workload, as a spreadsheet program saves it."""
    book["demand"].auto_filter.ref = "A1:C4"
    book["demand"].auto_filter.add_filter_column(0, ["study"])
    _rows("demand", 2, 3)(book)


def _columns(book: Workbook) -> None:
    book["sites"].column_dimensions["C"].hidden = True
    book["sites"].column_dimensions.group("E", "J", hidden=True)


def _state(state: str) -> Callable[[Workbook], None]:
    def hide(book: Workbook) -> None:
        book["rules"].sheet_state = state

    return hide


HIDDEN: dict[str, tuple[Callable[[Workbook], Any], list[str]]] = {
    "row": (_rows("demand", 3), [f"demand, cell A3, row 3: row 3 is hidden, as by a filter, and counts {ROW}"]),
    "filter": (
        _filter,
        ["demand, cell A2, row 2: rows 2 to 3 are hidden, as by a filter, and count " + REMEDY.format("them", "they")],
    ),
    "row of the head": (
        _rows("instance", 5),
        [f"instance, cell A5, row 5: row 5 is hidden, as by a filter, and counts {ROW}"],
    ),
    "rows apart": (
        _rows("contracts", 2, 4, 5, 9),
        [
            "contracts, cell A2, row 2: rows 2, 4 to 5 are hidden, as by a filter, and count "
            + REMEDY.format("them", "they")
        ],
    ),
    "columns": (
        _columns,
        [
            f"sites, cell C1, row 1, column pue: the column is hidden, and counts {ROW}",
        ],
    ),
    "sheet": (_state("hidden"), [f"rules: the sheet is hidden, and its rows count {REMEDY.format('it', 'they')}"]),
    "very hidden": (
        _state("veryHidden"),
        [f"rules: the sheet is hidden, and its rows count {REMEDY.format('it', 'they')}"],
    ),
    "nothing in it": (_rows("demand", 9, 1), []),
}


@pytest.mark.parametrize("case", HIDDEN)
def test_what_is_hidden_counts_with_a_warning(tmp_path: Path, case: str) -> None:
    """Tests that hidden cells are read like any other, and that each sheet, row or column is named."""
    hide, expected = HIDDEN[case]
    path = write_workbook(tmp_path / "mine.xlsx", sample())
    book = load_workbook(path)
    hide(book)
    book.save(path)
    instance = read(path)
    assert instance == read(frames())
    assert [str(warning) for warning in instance.warnings] == expected


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b'<row r="3"', b'<row r="3" hidden="true"'),
        (b'<row r="3"', b'<row ht="0" customHeight="1" r="3"'),
        (b'<row r="3"', b"<row hidden='1'"),
    ],
)
def test_other_programs_hide_rows_otherwise(tmp_path: Path, before: bytes, after: bytes) -> None:
    """Tests that rows that are hidden in other words, without height or without their number are found too."""
    path = write_workbook(tmp_path / "mine.xlsx", sample())
    place = f"xl/worksheets/sheet{list(sample()).index('demand') + 2}.xml"
    other = tmp_path / "other.xlsx"
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(other, "w") as target:
        for name in source.namelist():
            data = source.read(name)
            target.writestr(name, data.replace(before, after, 1) if name == place else data)
    assert [(warning.where, warning.row) for warning in read(other).warnings] == [("demand", 3)]
