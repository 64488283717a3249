"""What a workbook hides: sheets, rows (by a filter or a group, too) and columns. They count as data, with a warning."""

from __future__ import annotations

import posixpath
import re
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree as ET

from optimizer.errors import Fault
from optimizer.instance.notes import is_note
from optimizer.instance.raw import Raw, RawTable

_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_LINK = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_ROW = re.compile(rb"<(?:\w+:)?row\b([^>]*)>")
_COLUMN = re.compile(rb"<(?:\w+:)?col\b([^>]*)>")
_ATTRIBUTE = re.compile(rb"""([\w:]+)\s*=\s*["']([^"']*)["']""")
_REMEDY = "like any other. Show {0}, or delete {0} if {1} should not count."


@dataclass(frozen=True)
class Hidden:
    """What is hidden of a sheet: all of it, numbers of rows, and first and last positions of columns."""

    sheet: bool = False
    rows: frozenset[int] = frozenset()
    columns: tuple[tuple[int, int], ...] = field(default=())


def hidden_parts(path: Path) -> dict[str, Hidden]:
    """What is hidden of every sheet of a workbook that can be read."""
    with zipfile.ZipFile(path) as archive:
        return {name: _hidden(archive, part, state) for name, part, state in _sheets(archive)}


def _sheets(archive: zipfile.ZipFile) -> list[tuple[str, str, str]]:
    """Name, part and state of every sheet."""
    book, links = "xl/workbook.xml", "xl/_rels/workbook.xml.rels"
    if not {book, links} <= set(archive.namelist()):
        return []
    parts = {link.get("Id"): link.get("Target", "") for link in ET.fromstring(archive.read(links))}
    found = []
    for sheet in ET.fromstring(archive.read(book)).iter(f"{_MAIN}sheet"):
        part = posixpath.normpath(posixpath.join("/xl", parts.get(sheet.get(_LINK), "")))
        found.append((sheet.get("name", ""), part.lstrip("/"), sheet.get("state", "visible")))
    return found


def _hidden(archive: zipfile.ZipFile, part: str, state: str) -> Hidden:
    text = archive.read(part) if part in archive.namelist() else b""
    rows, number = set(), 0
    for match in _ROW.finditer(text):
        marks = dict(_ATTRIBUTE.findall(match[1]))
        number = int(marks.get(b"r", number + 1))
        if _is_hidden(marks, b"ht"):
            rows.add(number)
    columns = [dict(_ATTRIBUTE.findall(match[1])) for match in _COLUMN.finditer(text)]
    spans = [(int(c.get(b"min", 1)) - 1, int(c.get(b"max", 1)) - 1) for c in columns if _is_hidden(c, b"width")]
    return Hidden(state != "visible", frozenset(rows), tuple(spans))


def _is_hidden(marks: dict[bytes, bytes], size: bytes) -> bool:
    return marks.get(b"hidden") in (b"1", b"true") or re.fullmatch(rb"0+(\.0*)?", marks.get(size, b"1")) is not None


def warn_hidden(table: RawTable, hidden: Hidden, raw: Raw) -> None:
    """Warn of a hidden sheet, or of hidden rows and columns of a table, if they hold data."""
    if not table.rows:
        return
    if hidden.sheet:
        problem = f"the sheet is hidden, and its rows count {_REMEDY.format('it', 'they')}"
        raw.warnings.append(Fault(table.where, problem=problem))
    rows = [row for row, _ in table.rows if row in hidden.rows]
    if rows:
        one = len(rows) == 1
        which = f"row {rows[0]} is" if one else f"rows {_spans(rows)} are"
        counts = f"{which} hidden, as by a filter, and count{'s' if one else ''}"
        problem = f"{counts} {_REMEDY.format('it' if one else 'them', 'it' if one else 'they')}"
        raw.warnings.append(Fault(table.where, rows[0], problem=problem, cell=table.cell(rows[0], 0)))
    for place, name in enumerate(table.header):
        inside = any(first <= place <= last for first, last in hidden.columns)
        if inside and name and not is_note(name) and any(cells[place] is not None for _, cells in table.rows):
            problem = f"the column is hidden, and counts {_REMEDY.format('it', 'it')}"
            cell = table.cell(table.header_row, place)
            raw.warnings.append(Fault(table.where, table.header_row, name, name, problem, cell=cell))


def _spans(rows: list[int]) -> str:
    """Numbers in words: ``3, 5 to 8``."""
    spans: list[list[int]] = []
    for row in rows:
        if spans and row == spans[-1][1] + 1:
            spans[-1][1] = row
        else:
            spans.append([row, row])
    spelt = [str(first) if first == last else f"{first} to {last}" for first, last in spans]
    return ", ".join(spelt if len(spelt) <= 6 else [*spelt[:5], f"and {len(spelt) - 5} more"])
