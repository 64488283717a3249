"""A planner's own workbook with its faults marked."""

from __future__ import annotations

import json
import re
import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.chart import BarChart, Reference
from openpyxl.comments import Comment
from openpyxl.styles import Font, PatternFill

from optimizer.cli.app import cli
from optimizer.cli.exit_codes import run
from optimizer.errors import Fault, InstanceError
from optimizer.instance.mark import mark_workbook
from optimizer.instance.read import read
from tests.instance.sample import put, sample, write_workbook

GREEN = PatternFill("solid", fgColor="FF00FF00")


@pytest.fixture
def wrong(tmp_path: Path) -> Path:
    """A workbook with six faults, and with fills, a note and a merged area of its own."""
    tables = sample()
    put(tables, "contracts", 2, "provider", "neos")
    put(tables, "contracts", 3, "price", "much")
    put(tables, "sites", 2, "pue", "")
    put(tables, "sites", 3, "pue", 0.5)
    put(tables, "demand", 2, "amount", "")
    del tables["workloads"][0][2]
    for row in tables["workloads"][1:]:
        del row[2]
    path = write_workbook(tmp_path / "mine.xlsx", tables)
    book = openpyxl.load_workbook(path)
    sheet = book["contracts"]
    sheet["B2"].fill, sheet["B2"].font = GREEN, Font(bold=True)
    sheet["B2"].comment = Comment("ask them", "planner")
    sheet["A3"].fill = GREEN
    sheet.column_dimensions["A"].width = 33
    book["demand"].merge_cells("C2:C3")
    book.save(path)
    return path


def _faults(path: Path) -> Any:
    with pytest.raises(InstanceError) as caught:
        read(path)
    return caught.value.faults


def _rgb(cell: Any) -> str:
    return str(cell.fill.fgColor.rgb) if cell.fill.fill_type else ""


def test_faulty_cells_are_red_with_notes(wrong: Path, tmp_path: Path) -> None:
    """Tests that exactly the faulty cells are red, each with a note with the error, next to the planner's own."""
    before = wrong.read_bytes()
    result = mark_workbook(wrong, _faults(wrong), tmp_path / "new" / "marked.xlsx")
    assert result == f"Wrote {tmp_path / 'new' / 'marked.xlsx'}, with 6 marked."
    assert wrong.read_bytes() == before
    book = openpyxl.load_workbook(tmp_path / "new" / "marked.xlsx")
    red = {(s.title, c.coordinate) for s in book for row in s.iter_rows() for c in row if _rgb(c).startswith("FFFF7C")}
    # The price stands in column G; workloads lacks a column, which is reported at its header; C2 shows for C3 too.
    assert red == {*(("contracts", "B2"), ("contracts", "G3"), ("sites", "C3")), ("demand", "C2"), ("workloads", "A1")}
    note = book["contracts"]["B2"].comment.text
    assert note == "ask them\n\ncapopt validate:\nno provider is called 'neos'. Did you mean 'neo'?"
    assert book["sites"]["C3"].comment.text.startswith("capopt validate:\nexpected at least 1")


def test_the_rest_of_the_workbook_is_kept(wrong: Path, tmp_path: Path) -> None:
    """Tests that values, fonts, fills and widths are those of the planner."""
    mark_workbook(wrong, _faults(wrong), tmp_path / "marked.xlsx")
    mine, marked = openpyxl.load_workbook(wrong), openpyxl.load_workbook(tmp_path / "marked.xlsx")
    assert marked.sheetnames == ["Errors", *mine.sheetnames]
    for sheet in mine:
        assert list(marked[sheet.title].values) == list(sheet.values)
    contracts = marked["contracts"]
    assert contracts["B2"].font.bold
    assert _rgb(contracts["A3"]) == "FF00FF00"
    assert contracts.column_dimensions["A"].width == 33


def test_errors_are_listed_with_links(wrong: Path, tmp_path: Path) -> None:
    """Tests that the first sheet lists every fault in order, with a link to its cell, passed over by the reader."""
    faults = _faults(wrong)
    mark_workbook(wrong, faults, tmp_path / "marked.xlsx")
    book = openpyxl.load_workbook(tmp_path / "marked.xlsx")
    errors = book["Errors"]
    assert book.active.title == "Errors"
    rows = [[cell.value or "" for cell in row[:6]] for row in errors.iter_rows(min_row=4)]
    assert [row[4] for row in rows] == [fault.problem for fault in faults]
    assert ["contracts", "B2", "provider", "neos", "no provider is called 'neos'.", "neo"] in rows
    links = [errors.cell(row, 2).hyperlink.location for row in range(4, errors.max_row + 1)]
    assert links == [f"'{fault.where}'!{fault.cell or 'A1'}" for fault in faults]
    assert _faults(tmp_path / "marked.xlsx") == faults


def _boxes(path: Path) -> set[tuple[str, str]]:
    """Width and height of each note."""
    with zipfile.ZipFile(path) as archive:
        texts = [archive.read(name).decode() for name in archive.namelist() if name.endswith(".vml")]
    return {size for one in texts for size in re.findall(r"width:(\d+)px;height:(\d+)px", one)}


def test_the_form_of_the_list_of_errors(tmp_path: Path) -> None:
    """Tests all cells of the list, its columns, its filter, how it is printed, and that it is the sheet shown."""
    path = write_workbook(tmp_path / "mine.xlsx", sample())
    place = Fault("sites", 3, "pue", "0.5", "expected at least 1.", cell="C3")
    row = Fault("fleet", 2, problem="the row is odd.")
    sheet = Fault("fleet", problem="the sheet is odd.", nearest="fleets")
    absent = Fault("demands", 7, "month", "soon", "no such table in the format.", "demand", "B7")
    result = mark_workbook(path, [place, row, sheet, absent], tmp_path / "marked.xlsx")
    assert result == f"Wrote {tmp_path / 'marked.xlsx'}, with 4 marked."
    book = openpyxl.load_workbook(tmp_path / "marked.xlsx")
    assert [one.sheet_view.tabSelected for one in book] == [True, *[False] * (len(book.sheetnames) - 1)]
    errors = book["Errors"]
    title = "Errors found by capopt validate. This sheet is not read; the next marking replaces it."
    # A row and a sheet without a cell are marked at their first one; what is on no sheet is marked nowhere.
    assert [[cell.value for cell in row] for row in errors.iter_rows()] == [
        [title, *[None] * 6],
        [None] * 7,
        ["sheet", "cell", "column", "found", "what is wrong", "did you mean", "fill before"],
        ["sites", "C3", "pue", "0.5", "expected at least 1.", None, None],
        ["fleet", "A2", None, None, "the row is odd.", None, None],
        ["fleet", "A1", None, None, "the sheet is odd.", "fleets", None],
        ["demands", None, "month", "soon", "no such table in the format.", "demand", None],
    ]
    widths = {letter: errors.column_dimensions[letter].width for letter in "ABCDEFG"}
    assert widths == {"A": 16, "B": 9, "C": 22, "D": 24, "E": 80, "F": 24, "G": 4}
    assert [letter for letter in "ABCDEFG" if errors.column_dimensions[letter].hidden] == ["G"]
    assert (errors.auto_filter.ref, errors.freeze_panes) == ("A3:F7", "A4")
    assert (errors.page_setup.orientation, errors.page_setup.fitToHeight) == ("landscape", 0)
    assert errors.sheet_properties.pageSetUpPr.fitToPage
    bold = {cell.coordinate for row in errors.iter_rows() for cell in row if cell.font.b}
    assert bold == {"A1", "A3", "B3", "C3", "D3", "E3", "F3", "G3"}
    links = [errors.cell(row, 2).hyperlink for row in range(4, 8)]
    assert [link and link.location for link in links] == ["'sites'!C3", "'fleet'!A2", "'fleet'!A1", None]
    assert [errors.cell(row, 2).font.u for row in range(4, 8)] == ["single"] * 3 + [None]
    forms = {(cell.alignment.wrap_text, cell.alignment.vertical, cell.quotePrefix) for cell in errors[4][:6]}
    assert forms == {(True, "top", False)}


@pytest.mark.parametrize(
    ("problem", "nearest", "height"),
    [
        # The first line is the sign; a line of a note has fifty characters and is 18 high, the edges take 25.
        ("x" * 49, "", 25 + 18 * 2),
        ("x" * 50, "", 25 + 18 * 3),
        ("x" * 149, "", 25 + 18 * 4),
        ("x" * 30, "y" * 10, 25 + 18 * 3),  # "Did you mean 'yyyyyyyyyy'?" has 26 characters, and a blank before it
    ],
)
def test_the_size_of_notes(tmp_path: Path, problem: str, nearest: str, height: int) -> None:
    """Tests that notes are as high as their lines."""
    path = write_workbook(tmp_path / "mine.xlsx", sample())
    mark_workbook(path, [Fault("sites", 3, "pue", "0.5", problem, nearest, "C3")], tmp_path / "marked.xlsx")
    assert _boxes(tmp_path / "marked.xlsx") == {("320", str(height))}


def test_fills_that_come_back(tmp_path: Path) -> None:
    """Tests that two cells get back their own fills, also after a second marking, and those without one get none."""
    book = openpyxl.load_workbook(write_workbook(tmp_path / "mine.xlsx", sample()))
    book["sites"]["C3"].fill = GREEN
    book["fleet"]["A2"].fill = PatternFill("solid", fgColor="FF0000FF")
    book.save(tmp_path / "mine.xlsx")
    faults = [
        Fault(name, 3, "", "", "odd.", cell=cell) for name, cell in (("sites", "C3"), ("fleet", "A2"), ("power", "B2"))
    ]
    for source, target, warn in (("mine", "one", False), ("one", "two", True)):
        mark_workbook(tmp_path / f"{source}.xlsx", faults * 2, tmp_path / f"{target}.xlsx", warn=warn)
    marked = openpyxl.load_workbook(tmp_path / "two.xlsx")
    assert {_rgb(marked[one.where][one.cell]) for one in faults} == {"FFFFD967"}
    mark_workbook(tmp_path / "two.xlsx", [], tmp_path / "three.xlsx")
    plain = openpyxl.load_workbook(tmp_path / "three.xlsx")
    assert [_rgb(plain[one.where][one.cell]) for one in faults] == ["FF00FF00", "FF0000FF", ""]
    assert all(not cell.comment for one in faults for row in plain[one.where].iter_rows() for cell in row)


def test_a_sheet_of_errors_of_their_own(tmp_path: Path) -> None:
    """Tests that a sheet of that name is replaced in any case of letters, and gives no fills where it is not ours."""
    book = openpyxl.load_workbook(write_workbook(tmp_path / "mine.xlsx", sample()))
    theirs = book.create_sheet("ERRORS")
    theirs["A4"], theirs["B4"] = "sites", "C3"
    theirs["G4"].fill = GREEN
    book["sites"]["C3"].fill = PatternFill("solid", fgColor="FFFF7C81")
    book.save(tmp_path / "mine.xlsx")
    assert mark_workbook(tmp_path / "mine.xlsx", [], tmp_path / "new.xlsx").endswith("new.xlsx, without any mark.")
    found = openpyxl.load_workbook(tmp_path / "new.xlsx")
    assert "ERRORS" not in found.sheetnames
    assert _rgb(found["sites"]["C3"]) == ""


def test_drawings_that_a_copy_lacks(tmp_path: Path) -> None:
    """Tests the remark on charts, and its absence where a workbook has none."""
    path = write_workbook(tmp_path / "mine.xlsx", sample())
    book = openpyxl.load_workbook(path)
    chart = BarChart()
    chart.add_data(Reference(book["fleet"], min_col=3, min_row=1, max_row=2))
    book["fleet"].add_chart(chart)
    book.save(path)
    result = mark_workbook(path, [Fault("fleet", 2, cell="C2")], tmp_path / "marked.xlsx")
    assert result == f"Wrote {tmp_path / 'marked.xlsx'}, with 1 marked. It may lack drawings of the workbook."


def test_marks_go_when_faults_are_mended(wrong: Path, tmp_path: Path) -> None:
    """Tests that marking a marked copy again leaves only what is still wrong, also after a row was added above."""
    mark_workbook(wrong, _faults(wrong), tmp_path / "one.xlsx")
    book = openpyxl.load_workbook(tmp_path / "one.xlsx")
    book["contracts"]["B2"].value = "neo"
    book["sites"].insert_rows(2)
    book.save(tmp_path / "one.xlsx")
    mark_workbook(tmp_path / "one.xlsx", _faults(tmp_path / "one.xlsx"), tmp_path / "two.xlsx")
    book = openpyxl.load_workbook(tmp_path / "two.xlsx")
    assert book.sheetnames.count("Errors") == 1
    assert "Errors1" not in book.sheetnames
    assert _rgb(book["contracts"]["B2"]) == "FF00FF00"
    assert book["contracts"]["B2"].comment.text == "ask them"
    assert _rgb(book["sites"]["C3"]) == ""
    assert _rgb(book["sites"]["C4"]) == _rgb(book["contracts"]["G3"]) == "FFFF7C81"
    assert book["contracts"]["G3"].comment.text.count("capopt validate:") == 1


def test_two_faults_of_a_cell(tmp_path: Path) -> None:
    """Tests that a cell with two errors shows both, and gets its fill back."""
    tables = sample()
    put(tables, "contracts", 2, "provider", "neos")
    path = write_workbook(tmp_path / "mine.xlsx", tables)
    fault = _faults(path)[0]
    mark_workbook(path, [fault, fault], tmp_path / "one.xlsx")
    assert openpyxl.load_workbook(tmp_path / "one.xlsx")["contracts"]["B2"].comment.text.count("no provider") == 2
    mark_workbook(tmp_path / "one.xlsx", [], tmp_path / "two.xlsx")
    book = openpyxl.load_workbook(tmp_path / "two.xlsx")
    assert (_rgb(book["contracts"]["B2"]), book["contracts"]["B2"].comment) == ("", None)
    assert "Errors" not in book.sheetnames


@pytest.mark.parametrize("value", ["=SUM(A1:A2)", "+1", "@x"])
def test_wrong_values_like_formulas(tmp_path: Path, value: str) -> None:
    """Tests that a value that looks like a formula is text in the list of errors."""
    tables = sample()
    put(tables, "contracts", 2, "provider", "neos")
    path = write_workbook(tmp_path / "mine.xlsx", tables)
    book = openpyxl.load_workbook(path)
    book["contracts"]["B2"].value = value
    book["contracts"]["B2"].data_type = "s"
    book.save(path)
    mark_workbook(path, _faults(path), tmp_path / "marked.xlsx")
    cell = openpyxl.load_workbook(tmp_path / "marked.xlsx")["Errors"]["D4"]
    assert (cell.value, cell.data_type, cell.quotePrefix) == (value, "s", True)


def _run(*arguments: object) -> int:
    return run(cli, ["validate", *map(str, arguments)])


def test_validate_marks(wrong: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Tests the command: exit code 2, errors and the marked copy reported, JSON alone on standard output."""
    assert _run(wrong, "--mark", tmp_path / "marked.xlsx") == 2
    assert f"Wrote {tmp_path / 'marked.xlsx'}, with 6 marked." in capsys.readouterr().out
    assert _run(wrong, "--mark", tmp_path / "marked.xlsx", "--json") == 2
    result = capsys.readouterr()
    assert len(json.loads(result.out)["faults"]) == 6
    assert "with 6 marked" in result.err


def test_warnings_are_marked_in_amber(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Tests that without faults what is suspicious is marked, and a clean workbook gets no mark."""
    tables = sample()
    path = write_workbook(tmp_path / "clean.xlsx", tables)
    assert _run(path, "--mark", tmp_path / "marked.xlsx") == 0
    assert "without any mark" in capsys.readouterr().out
    put(tables, "accelerators", 2, "kw", 1200)
    path = write_workbook(tmp_path / "odd.xlsx", tables)
    assert _run(path, "--mark", tmp_path / "marked.xlsx") == 0
    assert _rgb(openpyxl.load_workbook(tmp_path / "marked.xlsx")["accelerators"]["B2"]) == "FFFFD967"


def test_what_cannot_be_marked(wrong: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Tests that folders, other kinds of file, the workbook itself and invalid ones are refused."""
    for source, target, message in (
        ("first-steps", "x.xlsx", "is not a workbook"),
        (wrong, "x.ods", "must end in .xlsx"),
        (wrong, wrong, "is the workbook itself"),
        ("no-such", "x.xlsx", "neither a folder or workbook nor"),
    ):
        assert _run(source, "--mark", tmp_path / target) == 2
        assert message in "".join(capsys.readouterr())
    (tmp_path / "broken.xlsx").write_bytes(b"PK nothing")
    assert _run(tmp_path / "broken.xlsx", "--mark", tmp_path / "x.xlsx") == 2
    assert "so nothing is marked" in capsys.readouterr().out
    assert not (tmp_path / "x.xlsx").exists()
