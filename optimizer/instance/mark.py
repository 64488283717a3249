"""Mark the errors in a copy of a planner's workbook: red cells with notes, and a sheet that links to them."""

from __future__ import annotations

import io
import warnings
import zipfile
from collections.abc import Iterator, Sequence
from copy import copy
from pathlib import Path
from typing import Any

from openpyxl import Workbook, load_workbook
from openpyxl.cell.cell import MergedCell
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import quote_sheetname
from openpyxl.worksheet.hyperlink import Hyperlink
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from optimizer.errors import CapoptError, Fault
from optimizer.files import write_file
from optimizer.format import grouped
from optimizer.instance.workbook import BROKEN

SHEET = "Errors"
_SIGNED = "by capopt validate."  # in the title of the sheet, also in those of earlier versions
_TITLE = f"Errors found {_SIGNED} This sheet is not read; the next marking replaces it."
_HEADER = ("sheet", "cell", "column", "found", "what is wrong", "did you mean", "fill before")
_WIDTHS = (16, 9, 22, 24, 80, 24)
_TOP = 3  # row of the header
_COLOURS = ("FFFF7C81", "FFFFD967")  # unusual colours, by which our marks are recognised
_RED, _AMBER = (PatternFill("solid", fgColor=colour) for colour in _COLOURS)
_FONT = {"name": "Calibri", "size": 11}
_SIGN = "capopt validate:"  # first words of our notes


def check_mark(source: Path, target: Path) -> None:
    """Refuse a source or target that cannot be marked.

    Raises
    ------
    CapoptError
        If the source is not a workbook, or the target is of another kind or the source itself.
    """
    kind = source.suffix.lower()
    if not source.is_file() or kind not in (".xlsx", ".xlsm"):
        raise CapoptError(f"{source} is not a workbook: only an .xlsx file can be marked")
    if target.suffix.lower() != kind:
        raise CapoptError(f"{target} must end in {kind}, as the workbook does")
    if target.exists() and target.samefile(source):
        raise CapoptError(f"{target} is the workbook itself; name another file for the marked copy")


def mark_workbook(source: Path, faults: Sequence[Fault], target: Path, warn: bool = False) -> str:
    """Write a copy of a workbook in which every error is marked; earlier marks are removed.

    Parameters
    ----------
    source : Path
        The planner's workbook; it is not changed.
    faults : sequence of Fault
        Errors found in it; without any the copy has no marks.
    target : Path
        The copy; folders on the way are made.
    warn : bool
        Whether these are warnings: amber instead of red.

    Returns
    -------
    str
        Sentence on the result.
    """
    try:
        book = _open(source)
    except BROKEN:
        return f"{source} cannot be opened, so nothing is marked."
    _unmark(book)
    if faults:
        _mark(book, faults, _AMBER if warn else _RED)
    for cell in _noted(book):  # a note loses its size when it is read
        lines = sum(1 + len(line) // 50 for line in cell.comment.text.splitlines())
        cell.comment.width, cell.comment.height = 320, 25 + 18 * lines
    content = io.BytesIO()
    book.save(content)
    write_file(target, content.getvalue())
    text = f"Wrote {target}, with {grouped(len(faults))} marked" if faults else f"Wrote {target}, without any mark"
    return f"{text}. It may lack drawings of the workbook." if _drawn(source) else f"{text}."


def _open(source: Path) -> Workbook:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # parts that a copy does not keep
        return load_workbook(source, keep_vba=source.suffix.lower() == ".xlsm", rich_text=True)


def _drawn(source: Path) -> bool:
    """Whether a workbook has charts, pictures or shapes."""
    with zipfile.ZipFile(source) as archive:
        return any(name.startswith("xl/drawings/drawing") for name in archive.namelist())


def _noted(book: Workbook) -> Iterator[Any]:
    for sheet in book.worksheets:
        for row in sheet.iter_rows():
            yield from (cell for cell in row if cell.comment)


# ---------------------------------------------------------------- marking
def _mark(book: Workbook, faults: Sequence[Fault], fill: PatternFill) -> None:
    errors = _new_sheet(book)
    for row, fault in enumerate(faults, start=_TOP + 1):
        sheet = _sheet(book, fault.where)
        at = fault.cell or f"A{fault.row or 1}" if sheet is not None else ""
        texts = (fault.where, at, fault.column, fault.value, fault.problem, fault.nearest)
        for column, text in enumerate(texts, start=1):
            _put(errors.cell(row, column), text)
        if sheet is not None:
            place = errors.cell(row, 2)
            place.hyperlink = Hyperlink(ref=place.coordinate, location=f"{quote_sheetname(sheet.title)}!{at}")
            place.font = Font(underline="single", color="0563C1", **_FONT)
            cell = _anchor(sheet, at)
            if cell.fill.fgColor.rgb not in _COLOURS:
                errors.cell(row, len(_HEADER)).fill = copy(cell.fill)
            _mark_cell(cell, fault, fill)
    errors.auto_filter.ref = f"A{_TOP}:F{errors.max_row}"


def _new_sheet(book: Workbook) -> Worksheet:
    """The sheet of errors, in front of all others."""
    errors = book.create_sheet(SHEET, 0)
    errors.cell(1, 1, _TITLE).font = Font(bold=True, **_FONT)
    for column, name in enumerate(_HEADER, start=1):
        errors.cell(_TOP, column, name).font = Font(bold=True, **_FONT)
        errors.column_dimensions[errors.cell(_TOP, column).column_letter].width = (*_WIDTHS, 4)[column - 1]
    errors.column_dimensions["G"].hidden = True
    errors.freeze_panes = f"A{_TOP + 1}"
    errors.page_setup.orientation = "landscape"
    errors.page_setup.fitToHeight = 0
    errors.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    book.active = 0
    for sheet in book.worksheets:
        sheet.sheet_view.tabSelected = sheet is errors
    return errors


def _sheet(book: Workbook, name: str) -> Worksheet | None:
    return book[name] if name in book.sheetnames and isinstance(book[name], Worksheet) else None


def _anchor(sheet: Worksheet, at: str) -> Any:
    """A cell, or the one that shows for it in a merged area."""
    if not isinstance(sheet[at], MergedCell):
        return sheet[at]
    area = next(area for area in sheet.merged_cells.ranges if at in area)
    return sheet.cell(area.min_row, area.min_col)


def _put(cell: Any, text: str) -> None:
    if text:
        cell.value = text
        cell.data_type = "s"
        cell.quotePrefix = text[:1] in "=+-@"
    cell.alignment = Alignment(wrap_text=True, vertical="top")


def _mark_cell(cell: Any, fault: Fault, fill: PatternFill) -> None:
    cell.fill = copy(fill)
    text = fault.problem + (f" Did you mean {fault.nearest!r}?" if fault.nearest else "")
    before = cell.comment.text if cell.comment else ""
    gap = "\n" if _SIGN in before else f"\n\n{_SIGN}\n" if before else f"{_SIGN}\n"
    cell.comment = Comment(f"{before}{gap}{text}", "capopt")


# ---------------------------------------------------------------- removing marks
def _unmark(book: Workbook) -> None:
    """Take away the sheet of errors, our notes, and our colours, under which the earlier fill comes back."""
    before = _fills_before(book)
    for sheet in book.worksheets:
        for row in sheet.iter_rows():
            for cell in row:
                if cell.has_style and cell.fill.fgColor.rgb in _COLOURS:
                    cell.fill = before.get((sheet.title, cell.coordinate), PatternFill())
    for cell in list(_noted(book)):
        own, sign, _ = cell.comment.text.partition(_SIGN)
        if sign:
            cell.comment = Comment(own.rstrip(), cell.comment.author) if own.strip() else None


def _fills_before(book: Workbook) -> dict[tuple[str, str], Any]:
    """Remove the sheet of errors; return the original fill of marked cells, by sheet and cell."""
    found: dict[tuple[str, str], Any] = {}
    for name in [name for name in book.sheetnames if name.casefold() == SHEET.casefold()]:
        errors = book[name]
        if isinstance(errors, Worksheet) and _SIGNED in str(errors.cell(1, 1).value):
            for row in range(_TOP + 1, errors.max_row + 1):
                place = str(errors.cell(row, 1).value), str(errors.cell(row, 2).value)
                found.setdefault(place, copy(errors.cell(row, len(_HEADER)).fill))
        book.remove(errors)
    return found
