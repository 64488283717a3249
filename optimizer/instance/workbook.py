"""Read a workbook: one sheet per table, and the sheet ``instance`` with keys and values."""

from __future__ import annotations

import warnings
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import closing, contextmanager
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from optimizer.errors import Fault
from optimizer.instance.notes import TOP, Notes, head_place, is_comment, is_note, trimmed
from optimizer.instance.raw import (
    Raw,
    RawTable,
    Speller,
    Unusable,
    drop_unnamed,
    refuse_long,
    report_unknown,
    shown,
    take_comments,
    tidy,
)
from optimizer.instance.workbook_hidden import Hidden, hidden_parts, warn_hidden
from optimizer.schema import load_schema

if TYPE_CHECKING:
    from openpyxl import Workbook

HEAD_SHEET = "instance"
IGNORED_SHEETS = ("index", "errors")  # sheets of our own that hold no data
_SIZE_LIMIT = 2_000_000_000  # bytes a workbook may unpack to
# All that openpyxl raises on files that are not workbooks, or broken ones.
BROKEN = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    EOFError,
    LookupError,
    OSError,
    RuntimeError,
    SyntaxError,
    TypeError,
    ValueError,
    zipfile.BadZipFile,
    zlib.error,
)
_Cells = dict[tuple[int, int], Any]  # by row and position; blank cells are left out


def read_workbook(path: Path) -> Raw:
    """Everything found in a workbook that exists."""
    raw = Raw(source=str(path), head_where=HEAD_SHEET)
    try:
        sheets, hidden = _load(path), hidden_parts(path)
    except BROKEN as error:
        raw.faults.append(Fault(where=path.name, value=path.name, problem=_why(path, error)))
        raw.head_broken, raw.broken = True, set(load_schema().tables)
        return raw
    known = (*load_schema().tables, HEAD_SHEET)
    for name, cells in sheets.items():
        if name in known:
            _read_sheet(name, cells, raw, hidden.get(name, Hidden()))
        elif is_note(name):
            raw.notes[name] = Notes(tuple((0, cells) for _, cells in _grid(cells)))
        elif name.casefold() not in IGNORED_SHEETS:
            report_unknown(raw, name, Speller().nearest(name, known), sheets)
    if HEAD_SHEET not in sheets and not raw.head_broken:
        problem = "is missing: the sheet with the key and value of name, start and months."
        raw.faults.append(Fault(where=HEAD_SHEET, problem=problem))
        raw.head_broken = True
    return raw


def _why(path: Path, error: BaseException) -> str:
    if isinstance(error, PermissionError):
        return "cannot be read: permission denied."
    try:
        with path.open("rb") as file:
            old = file.read(4) == b"\xd0\xcf\x11\xe0"
    except OSError:
        old = False
    kind = "it is an old or a password-protected one" if old else "it is damaged or something else"
    return f"cannot be read as an .xlsx workbook: {kind}."


@contextmanager
def _opened(path: Path, data_only: bool) -> Iterator[Workbook]:
    from openpyxl import load_workbook

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # parts of a workbook that hold no cells
        with path.open("rb") as file, closing(load_workbook(file, read_only=True, data_only=data_only)) as book:
            yield book


def _load(path: Path) -> dict[str, _Cells]:
    """Cells of every sheet; formula errors and formulas without a result are unusable."""
    with zipfile.ZipFile(path) as archive:
        if sum(part.file_size for part in archive.infolist()) > _SIZE_LIMIT:
            raise ValueError("too large")
        parts = [part for part in archive.namelist() if part.startswith("xl/worksheets/")]
        formulas = any(b"<f>" in data or b"<f " in data or b":f" in data for data in map(archive.read, parts))
    with _opened(path, data_only=True) as book:
        sheets = {name: _cells(book, name) for name in book.sheetnames}
    if formulas:
        with _opened(path, data_only=False) as book:
            for name in book.sheetnames:
                _refuse_uncalculated(book, name, sheets[name])
    return {name: {at: value for at, value in cells.items() if value is not None} for name, cells in sheets.items()}


def _rows(book: Workbook, name: str) -> Iterator[Any]:
    sheet = book[name]
    if hasattr(sheet, "reset_dimensions"):
        sheet.reset_dimensions()
    return iter(sheet.iter_rows()) if hasattr(sheet, "iter_rows") else iter(())


def _ours(name: str) -> bool:
    return name in load_schema().tables or name == HEAD_SHEET or is_note(name)


def _cells(book: Workbook, name: str) -> _Cells:
    """Results of a sheet's cells; a formula whose result is empty text counts as a blank that is calculated."""
    cells: _Cells = {}
    for row in _rows(book, name) if _ours(name) else ():
        for cell in row:
            if cell.value is not None and cell.data_type == "e":
                value: Any = Unusable(shown(cell.value), f"the formula ends in {cell.value}.")
                cells[cell.row, cell.column - 1] = value
            elif cell.value is not None:
                cells[cell.row, cell.column - 1] = _plain(cell.value)
            elif cell.data_type == "str":
                cells[cell.row, cell.column - 1] = None
    return cells


def _refuse_uncalculated(book: Workbook, name: str, cells: _Cells) -> None:
    for row in _rows(book, name) if _ours(name) else ():
        for cell in row:
            if cell.data_type == "f" and (cell.row, cell.column - 1) not in cells:
                problem = "the formula has no result; open the workbook in a spreadsheet program and save it."
                cells[cell.row, cell.column - 1] = Unusable(shown(cell.value), problem)


def _plain(value: Any) -> Any:
    """A cell's value; rich text becomes text."""
    return tidy(str(value)) if isinstance(value, str) else value


def _grid(cells: _Cells) -> list[tuple[int, Any]]:
    """Row number and cells of every row that is not blank, all of them as many as the longest has."""
    width = max((position for _, position in cells), default=-1) + 1
    return [(row, [cells.get((row, i)) for i in range(width)]) for row in sorted({row for row, _ in cells})]


def _read_sheet(name: str, cells: _Cells, raw: Raw, hidden: Hidden) -> None:
    rows = _grid(cells)
    above = list(takewhile(lambda found: is_comment(found[1]), rows))
    if len(above) == len(rows):
        raw.faults.append(Fault(where=name, problem="is empty; expected a header row with the names of the columns."))
        _break(name, raw)
        return
    top = rows[len(above)]
    width = len(top[1])
    header = [_heading(cell) for cell in top[1]]
    table = RawTable(name, name, header, rows[len(above) + 1 :], cells=True, header_row=top[0], comments=[*above])
    if _report_unusable(table, top, [""] * width, raw):
        _break(name, raw)
        return
    take_comments(table, raw)
    drop_unnamed(table, raw)
    warn_hidden(table, hidden, raw)
    for found in table.rows:
        key = _heading(found[1][header.index("key")]) if name == HEAD_SHEET and "key" in header else ""
        _report_unusable(table, found, [key] * width if key else header, raw)
    refuse_long(table, raw)
    if name == HEAD_SHEET:
        _read_head(table, raw)
    else:
        raw.tables[name] = table


def _break(name: str, raw: Raw) -> None:
    """Note that a sheet cannot be read."""
    raw.broken.add(name)
    raw.head_broken = raw.head_broken or name == HEAD_SHEET


def _report_unusable(table: RawTable, found: tuple[int, Any], columns: list[str], raw: Raw) -> bool:
    """Report the invalid cells of a row; return whether there are any."""
    row, cells = found
    unusable = [(i, cell) for i, cell in enumerate(cells) if isinstance(cell, Unusable)]
    for i, cell in unusable:
        if row != table.header_row and is_note(table.header[i]):
            cells[i] = cell.found
        elif row == table.header_row or table.header[i]:
            raw.faults.append(Fault(table.where, row, columns[i], cell.found, cell.problem, cell=table.cell(row, i)))
    return bool(unusable)


def _heading(value: Any) -> str:
    return "" if value is None else str(value)


def _head_notes(table: RawTable, keys: int) -> Notes:
    """Notes among the keys; see :class:`optimizer.instance.notes.Notes`."""
    known = tuple(load_schema().head.columns)
    rows = [
        (TOP if row < (table.header_row or 0) else head_place(known, _following(table, keys, row)), trimmed(cells))
        for row, cells in table.comments
    ]
    by_key = {_heading(cells[keys]): cells for _, cells in table.rows}
    columns = {name: i for i, name in enumerate(table.header) if is_note(name)}
    cells_of = {name: tuple(by_key[key][i] if key in by_key else None for key in known) for name, i in columns.items()}
    return Notes(tuple(rows), cells_of)


def _following(table: RawTable, keys: int, row: int) -> str:
    return next((_heading(cells[keys]) for number, cells in table.rows if number > row), "")


def _read_head(table: RawTable, raw: Raw) -> None:
    """Keys and values; the header may stand in any order, with columns of notes."""
    for position, name in enumerate(table.header):
        if name and not is_note(name) and (name not in ("key", "value") or name in table.header[:position]):
            near = Speller().nearest(name, ("key", "value"))
            cell = table.cell(table.header_row, position)
            problem = "expected the columns key and value."
            raw.faults.append(Fault(HEAD_SHEET, table.header_row, shown(name), shown(name), problem, near, cell))
            raw.head_broken = True
    if not raw.head_broken and not {"key", "value"} <= set(table.header):
        problem = "expected the columns key and value in the first row."
        raw.faults.append(Fault(HEAD_SHEET, table.header_row, problem=problem))
        raw.head_broken = True
    if raw.head_broken:
        return
    keys, values = table.header.index("key"), table.header.index("value")
    raw.head_notes = _head_notes(table, keys)
    for row, cells in table.rows:
        key = _heading(cells[keys])
        if isinstance(cells[keys], Unusable):
            raw.head_broken = True
        elif key in raw.head or not key:
            problem = "the key appears twice." if key else "a value without a key."
            found = shown(key or cells[values] or "")
            raw.faults.append(Fault(HEAD_SHEET, row, shown(key), found, problem, cell=table.cell(row, keys)))
        else:
            raw.head[key] = cells[values]
            raw.head_places[key] = (row, table.cell(row, values))
