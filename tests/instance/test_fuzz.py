"""The sample with a few random changes: read or refused with faults, never worse, and alike from every carrier."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from optimizer.errors import Fault, InstanceError
from optimizer.instance.read import read
from tests.instance.edits import frames
from tests.instance.sample import Tables, sample, write_folder, write_workbook

AWKWARD = [
    *("# a note", "#1", "#N/A", "Notes", "notes 2", "0,800", "1,250,000", "Oct-26", "12/01/2026", "H\u0410LL"),
    *("", " ", "0", "-1", "1e308", "1e9", "2.5", "nan", "inf", "1,250", "1_0", "٣", "½", "0x1F", "--1", "1e", "."),
    *("2026-01", "2026-13", "1899-12", "2026-1", "9999-12", "0000-00", "Jan 26", "46143", "2027-06-30"),
    *("true", "Yes", "maybe", "in_house", "*", ";", "a;b", "a;a", "north/gpu", "<=", "block_month", "mw", "survive"),
    *(
        "\u200b",
        "\u202eabc",
        "é",
        "e\u0301",
        "ß",
        "İ",
        "𝟙",
        "\t",
        "a\nb",
        '"',
        "'",
        ",",
        "#N/A",
        "x" * 201,
        "x" * 32_768,
    ),
]
KNOWN = sorted({cell for rows in sample().values() for row in rows for cell in row})
VALUES = st.one_of(st.sampled_from(AWKWARD), st.sampled_from(KNOWN), st.text(max_size=6))
# A first cell that begins with "#" makes a comment of a row of a file, headers too; names of columns of frames do not.
PLAIN = VALUES.filter(lambda text: text[:1] not in ("=", "#") and text.isprintable() and len(text) < 1000)
PLACE = st.tuples(st.sampled_from(sorted(sample())), st.integers(0, 99), st.integers(0, 99))
KINDS = st.sampled_from(["cell"] * 6 + ["header"] * 2 + ["swap", "copy", "cut", "column", "table"])


def _change(tables: Tables, kind: str, place: tuple[str, int, int], value: str) -> None:
    """Makes one change; the numbers of a place wrap around."""
    rows = tables.get(place[0], [])
    if len(rows) < 2 or not rows[0]:
        return
    row, column = place[1] % (len(rows) - 1) + 1, place[2] % len(rows[0])
    if kind == "cell":
        rows[row][column] = value
    elif kind == "header":
        rows[0][column] = value
    elif kind == "swap":
        rows[row][column], rows[row][0] = rows[row][0], rows[row][column]
    elif kind == "copy":
        rows.append(list(rows[row]))
    elif kind == "cut":
        del rows[row]
    elif kind == "column":
        tables[place[0]] = [[*record[:column], *record[column + 1 :]] for record in rows]
    else:
        del tables[place[0]]


def _changed(changes: list[tuple[str, tuple[str, int, int], str]]) -> Tables:
    tables = sample()
    for change in changes:
        _change(tables, *change)
    return tables


def _faults(source: Any) -> tuple[Fault, ...]:
    """Faults of an instance; these and the warnings have place and problem, on one line."""
    faults: tuple[Fault, ...] = ()
    result: tuple[Fault, ...] = ()
    try:
        result = read(source).warnings
    except InstanceError as error:
        faults = result = error.faults
    assert all(fault.where and fault.problem and str(fault).isprintable() for fault in result)
    return faults


@settings(derandomize=True, max_examples=60, deadline=None, database=None)
@given(st.lists(st.tuples(KINDS, PLACE, VALUES), min_size=1, max_size=3))
def test_frames_are_read_or_refused(changes: list[Any]) -> None:
    """Tests that changed frames give an instance or faults with place and problem, and the same ones every time."""
    tables = _changed(changes)
    assert _faults(frames(tables)) == _faults(frames(tables))


@settings(derandomize=True, max_examples=40, deadline=None, database=None)
@given(st.lists(st.tuples(KINDS, PLACE, VALUES), min_size=1, max_size=3))
def test_folders_are_read_or_refused(changes: list[Any]) -> None:
    """Tests that a changed folder gives an instance or faults with place and problem."""
    with TemporaryDirectory() as folder:
        _faults(write_folder(Path(folder), _changed(changes)))


NOTE = st.tuples(PLACE, st.booleans(), st.sampled_from(["# a note", "#", "# 1,5; Köln", "# =1"]))


def _noted(notes: list[tuple[tuple[str, int, int], bool, str]]) -> Tables:
    """The sample with columns and, after them, comment rows of notes in random places."""
    tables = sample()
    for (table, row, column), is_row, text in sorted(notes, key=lambda note: note[1]):
        rows = tables[table]
        if is_row:
            rows.insert(row % (len(rows) + 1), [text, *[""] * (len(rows[0]) - 1)])
        else:
            wide = column % (len(rows[0]) + 1)
            for i, record in enumerate(rows):
                record.insert(wide, "notes" if i == 0 else text if i % 2 else "")
    return tables


@settings(derandomize=True, max_examples=12, deadline=None, database=None)
@given(st.lists(NOTE, min_size=1, max_size=6))
def test_notes_in_any_place_change_nothing(notes: list[Any]) -> None:
    """Tests that notes anywhere change no data, and come through a workbook and a folder."""
    tables = _noted(notes)
    with TemporaryDirectory() as folder:
        place = Path(folder)
        instance = read(write_folder(place / "mine", tables))
        assert instance == read(frames())
        workbook = read(instance.save(place / "mine.xlsx"))
        assert workbook.notes == instance.notes
        assert read(workbook.save(place / "again")).notes == instance.notes


@settings(derandomize=True, max_examples=20, deadline=None, database=None)
@given(st.lists(st.tuples(KINDS, PLACE, PLAIN), min_size=1, max_size=3))
def test_every_carrier_tells_the_same(changes: list[Any]) -> None:
    """Tests that folder, workbook and frames of the same cells have the same faults in the same order."""
    tables = _changed(changes)
    with TemporaryDirectory() as folder:
        carriers = (
            write_folder(Path(folder) / "mine", tables),
            write_workbook(Path(folder) / "mine.xlsx", tables),
            frames(tables),
        )
        result = [[(fault.column, fault.value) for fault in _faults(carrier)] for carrier in carriers]
    assert result[0] == result[1] == result[2]
