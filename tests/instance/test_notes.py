"""Notes among the data: comment rows, columns and sheets of notes are no data, and are kept."""

from __future__ import annotations

import csv
import pickle
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from openpyxl import load_workbook

from optimizer.instance.edit import apply_edits, parse_edit
from optimizer.instance.instance import Instance
from optimizer.instance.mark import mark_workbook
from optimizer.instance.read import read
from tests.instance.edits import frames
from tests.instance.fault_texts import fault_texts
from tests.instance.sample import HEAD, Tables, put, sample, write_folder, write_workbook


def _noted() -> Tables:
    """The sample with comment rows above, between and below the rows of demand, and columns of notes."""
    tables = sample()
    header, *rows = tables["demand"]
    tables["demand"] = [
        ["# Demand, from the mail of May", "", "", "", ""],
        ["notes 2", *header, "Notes"],
        ["", *rows[0], "as measured"],
        ["", "# a guess, with a comma", "", "", ""],
        ["low", *rows[1], ""],
        ["", *rows[2], ""],
        ["", "", "", "", "two more to come"],
        ["# end", "", "", "", ""],
        ["", "# ended", "7", "", ""],
    ]
    put(tables, "sites", 2, "notes", "leased until 2040")
    tables["notes on power"] = [["site", "call"], ["north", "Anna, 2026-05"], ["", ""], ["# x", "=1+1"]]
    return tables


def _frames() -> dict[Any, Any]:
    """The same as frames, where nothing stands above the header."""
    tables = _noted()
    del tables["demand"][0]
    return frames(tables)


def _comments(instance: Instance, table: str) -> list[tuple[int, list[Any]]]:
    return [(place, [cell for cell in cells if cell is not None]) for place, cells in instance.notes[table].rows]


BELOW = [(1, ["# a guess, with a comma"]), (3, ["# Notes: two more to come"])]
BELOW += [(3, ["# end"]), (3, ["# ended", "7"])]


def _check(instance: Instance, above: bool = True) -> None:
    """Raise unless an instance has the data of the sample, and every note in its place."""
    assert instance == read(frames())
    assert instance.warnings == ()
    top = [(-1, ["# Demand, from the mail of May"])] if above else []
    assert _comments(instance, "demand") == top + BELOW
    columns = instance.notes["demand"].columns
    assert columns == {"notes 2": (None, "low", None), "Notes": ("as measured", None, None)}
    assert instance.notes["sites"].columns == {"notes": ("leased until 2040", None)}
    sheet = [[cell for cell in cells if cell is not None] for _, cells in instance.notes["notes on power"].rows]
    assert [row for row in sheet if row] == [["site", "call"], ["north", "Anna, 2026-05"], ["# x", "=1+1"]]


@pytest.mark.parametrize("carrier", ["folder", "workbook", "frames"])
def test_notes_are_no_data_and_are_kept(tmp_path: Path, carrier: str) -> None:
    """Tests that notes change nothing of what is read, and go from each carrier to the others and back."""
    if carrier == "folder":
        instance = read(write_folder(tmp_path / "mine", _noted()))
    elif carrier == "workbook":
        path = write_workbook(tmp_path / "mine.xlsx", _noted())
        book = load_workbook(path)
        book["notes on power"]["B4"].data_type = "s"  # text that begins with =, no formula
        book.save(path)
        instance = read(path)
    else:
        instance = read(_frames())
    above = carrier != "frames"
    _check(instance, above)
    workbook = read(instance.save(tmp_path / "first.xlsx"))
    _check(workbook, above)
    folder = read(workbook.save(tmp_path / "second"))
    _check(folder, above)
    again = folder.save(tmp_path / "third")
    for file in (tmp_path / "second").iterdir():
        assert (again / file.name).read_bytes() == file.read_bytes()
    _check(pickle.loads(pickle.dumps(folder)), above)


def test_edits_keep_notes(tmp_path: Path) -> None:
    """Tests that a what-if has the notes of its instance, also beside a row that has moved."""
    instance = read(write_folder(tmp_path, _noted()))
    edited = apply_edits(instance, [parse_edit("demand.assistant.amount*=2"), parse_edit("demand.*.month+=1")])
    assert edited.notes == instance.notes
    assert edited.notes


def test_marking_keeps_notes(tmp_path: Path) -> None:
    """Tests that a marked workbook is read with the same notes, and that a fault beside them has its own cell."""
    tables = _noted()
    put(tables, "sites", 2, "pue", "x")
    path = write_workbook(tmp_path / "mine.xlsx", tables)
    assert fault_texts(path) == ["sites, cell C2, row 2, column pue: expected a number, found 'x'."]
    put(tables, "sites", 2, "pue", "1.2")
    instance = read(write_workbook(path, tables))
    mark_workbook(path, (), tmp_path / "marked.xlsx")
    assert read(tmp_path / "marked.xlsx").notes == instance.notes


# ---------------------------------------------------------------- the head
TOML = """\
# Our plan.
format = 1
name = "sample"  # agreed with Anna
start = "2026-01"
# to the end of the lease
months = 24
description = \"\"\"
one
# no comment
\"\"\"
# that is all
"""


def test_comments_of_the_head_are_kept(tmp_path: Path) -> None:
    """Tests that comments in instance.toml, after a value too, come through a workbook, and text is no comment."""
    folder = write_folder(tmp_path / "mine", sample())
    (folder / "instance.toml").write_text(TOML, encoding="utf-8")
    instance = read(folder)
    assert instance.head.description == "one\n# no comment"
    saved = read(instance.save(tmp_path / "mine.xlsx")).save(tmp_path / "again")
    assert (saved / "instance.toml").read_text(encoding="utf-8").splitlines() == [
        "# Our plan.",
        "format = 1",
        "# agreed with Anna",
        'name = "sample"',
        'description = "one\\n# no comment"',
        'start = "2026-01"',
        "# to the end of the lease",
        "months = 24",
        "# that is all",
    ]


def test_notes_of_the_head_in_a_workbook(tmp_path: Path) -> None:
    """Tests that a column and rows of notes in the sheet of the head are kept, as comments in a folder."""
    path = write_workbook(tmp_path / "mine.xlsx", sample())
    book = load_workbook(path)
    sheet = book["instance"]
    sheet["C1"], sheet["C4"], sheet["A6"] = "notes", "first delivery", "# no more"
    book.save(path)
    instance = read(path)
    assert instance == read(frames())
    again = read(instance.save(tmp_path / "again.xlsx"))
    assert again.notes == instance.notes
    text = (again.save(tmp_path / "folder") / "instance.toml").read_text(encoding="utf-8")
    assert '# notes: first delivery\nstart = "2026-01"\n' in text
    assert text.endswith("months = 24\n# no more\n")


def test_notes_of_the_head_as_frames() -> None:
    """Tests that a frame of keys and values may have comments and a column of notes."""
    head = pd.DataFrame({"key": ["# mine", *HEAD], "value": [None, *HEAD.values()], "notes": ["x"] * 5})
    assert read({**frames(), "instance": head}) == read(frames())


# ---------------------------------------------------------------- what is no note
def test_a_note_that_begins_with_the_mark_takes_no_row_out(tmp_path: Path) -> None:
    """Tests that # in a column of notes, be it the first, makes no comment of a row of data."""
    tables = sample()
    for table in ("demand", "sites"):
        tables[table] = [["notes", *tables[table][0]], *(["# as agreed", *row] for row in tables[table][1:])]
    for source in (
        write_folder(tmp_path / "mine", tables),
        write_workbook(tmp_path / "a.xlsx", tables),
        frames(tables),
    ):
        instance = read(source)
        assert instance == read(frames())
        assert instance.notes["demand"].columns == {"notes": ("# as agreed",) * 3}
        assert read(instance.save(tmp_path / "again")).notes == instance.notes


def test_a_comment_that_may_be_data(tmp_path: Path) -> None:
    """Tests that a row taken out with # is a warning unless a blank follows, as #1 may be a name."""
    for mark, count in (("#study", 1), ("# study", 0), ("#", 0)):
        tables = sample()
        tables["demand"][2][0] = mark
        sources: list[Any] = [write_folder(tmp_path / "mine", tables), write_workbook(tmp_path / "mine.xlsx", tables)]
        for source in (*sources, frames(tables)):
            instance = read(source)
            assert len(instance.rows["demand"]) == 2
            assert [warning.value for warning in instance.warnings] == ["#study"] * count


@pytest.mark.parametrize("error", ["#N/A", "#REF!", "#DIV/0!", "#NAME?", "####"])
def test_errors_of_formulas_are_no_comments(tmp_path: Path, error: str) -> None:
    """Tests that the error of a formula that came into a CSV file takes no row out."""
    tables = sample()
    put(tables, "demand", 3, "workload", error)
    put(tables, "sites", 2, "pue", error)
    assert fault_texts(write_folder(tmp_path, tables)) == [
        f"sites.csv, row 2, column pue: expected a number, found '{error}'.",
        f"demand.csv, row 3, column workload: {error} is the error of a formula.",
    ]


def test_names_that_begin_with_the_mark(tmp_path: Path) -> None:
    """Tests that a name that begins with # is refused where it is no comment."""
    tables = sample()
    put(tables, "builds", 2, "site", "#1")
    assert fault_texts(write_folder(tmp_path, tables)) == [
        "builds.csv, row 2, column site: '#1' begins with #, which marks a comment. Did you mean '1'?"
    ]


def test_text_below_a_table_needs_its_mark(tmp_path: Path) -> None:
    """Tests that a remark below a table without # is one fault with the remedy, the same in every carrier."""
    tables = sample()
    tables["demand"].append(["Source: mail of May", "", ""])
    tables["demand"].append(["", "", "9000"])
    problem = "nothing else is in the row, but {} are required. Begin it with # if it is a note."
    expected = [("workload", problem.format("month and amount")), ("amount", problem.format("workload and month"))]
    for source in (
        write_folder(tmp_path / "mine", tables),
        write_workbook(tmp_path / "a.xlsx", tables),
        frames(tables),
    ):
        found = [fault.split(", column ")[1].split(": ", 1) for fault in fault_texts(source)]
        assert [tuple(fault) for fault in found] == expected


def test_a_file_of_notes_may_hold_anything(tmp_path: Path) -> None:
    """Tests that a file of notes that is no table is kept as well as it can be read."""
    folder = write_folder(tmp_path / "mine", sample())
    (folder / "notes.csv").write_bytes('Köln; "open\n'.encode("latin-1"))
    saved = read(folder).save(tmp_path / "again")
    with (saved / "notes.csv").open(encoding="utf-8", newline="") as file:
        assert list(csv.reader(file)) == [['Köln; "open']]


# ---------------------------------------------------------------- short rows
def test_short_rows_are_blanks(tmp_path: Path) -> None:
    """Tests that cells missing at the end of a row are blank, and blank ones beyond the header are nothing."""
    folder = write_folder(tmp_path, sample())
    (folder / "demand.csv").write_text(
        "workload,month,amount,,\nassistant,2026-01,3000\nassistant,2027-01,5000,,\nstudy,2026-06,1000,,,,\n",
        encoding="utf-8",
    )
    (folder / "sites.csv").write_text("site,region,pue,availability\nnorth,europe,1.2,0.97\nsouth,america\n")
    assert read(folder) == read(frames())


def test_short_rows_lack_what_is_required(tmp_path: Path) -> None:
    """Tests that a row that is too short for a required cell is reported, and one too long with its remedy."""
    folder = write_folder(tmp_path, sample())
    text = "workload,month,amount\nassistant,2026-01,3000\nassistant,2027-01\nstudy,2026-06,1,000\n"
    (folder / "demand.csv").write_text(text, encoding="utf-8")
    assert fault_texts(folder) == [
        "demand.csv, row 3, column amount: a required value is missing.",
        "demand.csv, row 4: the row has 4 cells and the header has 3. "
        "Put a cell that contains a comma into quotation marks, and write numbers without commas.",
    ]
