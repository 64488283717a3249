"""Raw tables from a folder, a workbook or frames: cells as found, each with its place."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from difflib import SequenceMatcher
from functools import cached_property
from typing import Any

from optimizer.errors import Fault
from optimizer.format import grouped
from optimizer.instance.name_text import difference
from optimizer.instance.notes import MARK, Notes, is_comment, is_note, may_be_data

CELL_LIMIT = 32_767  # characters a cell can hold, as in a workbook


@dataclass
class RawTable:
    """A table as found.

    Attributes
    ----------
    table : str
        Name in the format.
    where : str
        File, sheet or table name for messages.
    header : list of str
        Column names as found, blanks around them stripped.
    rows : list of (int, sequence)
        Row number and cells, as many as the header has; a blank cell is None.
    lost : list of sequence
        Cells of rows that could not be read; a name in them still counts as known.
    comments : list of (int, sequence)
        Row number and cells of comment rows.
    cells : bool
        Whether a row and a column make a cell name such as ``D7``.
    header_row : int
        Row the header stands in.
    """

    table: str
    where: str
    header: list[str]
    rows: list[tuple[int, Sequence[Any]]] = field(default_factory=list)
    lost: list[Sequence[Any]] = field(default_factory=list)
    comments: list[tuple[int, Sequence[Any]]] = field(default_factory=list)
    cells: bool = False
    header_row: int | None = 1

    @cached_property
    def noted(self) -> frozenset[int]:
        """Positions of columns of notes."""
        return frozenset(i for i, name in enumerate(self.header) if is_note(name))

    def cell(self, row: int | None, position: int) -> str:
        """Cell name of a position in a row, ``""`` where the carrier has none."""
        return f"{column_letters(position)}{row}" if self.cells and row is not None else ""


@dataclass
class Raw:
    """An instance as found.

    Attributes
    ----------
    source : str
        Where it comes from, for messages.
    head_where : str
        File, sheet or key of the head.
    head : dict
        Values of the head by key, as found.
    head_places : dict
        Row and cell of each key, where the carrier has them.
    head_broken : bool
        Whether the settings could not be read, which is reported already.
    tables : dict
        Tables by name.
    broken : set of str
        Tables that could not be read, which is reported already.
    faults : list of Fault
        Errors of the source itself.
    warnings : list of Fault
        Warnings about it.
    head_notes : Notes
        Notes among the keys of the head; see :class:`optimizer.instance.notes.Notes`.
    notes : dict
        Sheets and files of notes by name; or all notes, where the tables hold none themselves.
    altered : set of (str, str)
        Tables and keys that scenarios change, in the data of one scenario, which have no table of changes.
    """

    source: str
    head_where: str
    head: dict[str, Any] = field(default_factory=dict)
    head_places: dict[str, tuple[int | None, str]] = field(default_factory=dict)
    head_broken: bool = False
    tables: dict[str, RawTable] = field(default_factory=dict)
    broken: set[str] = field(default_factory=set)
    faults: list[Fault] = field(default_factory=list)
    warnings: list[Fault] = field(default_factory=list)
    head_notes: Notes = field(default_factory=Notes)
    notes: dict[str, Notes] = field(default_factory=dict)
    altered: set[tuple[str, str]] = field(default_factory=set)


class Speller:
    """Finds the nearest of some names; gives up once it has compared very much."""

    def __init__(self) -> None:
        self._left = 100_000
        self._known: dict[tuple[str, int, float], tuple[str, Any]] = {}

    def nearest(self, value: str, names: Mapping[str, Any] | Sequence[str], least: float = 0.6) -> str:
        """Nearest name, ``""`` if none is near: 1 is the same, 0 has nothing in common."""
        key = (value, id(names), least)
        if key not in self._known:
            self._known[key] = (self._search(value[:200], names, least), names)  # kept, so that its id stays its own
        return self._known[key][0]

    def _search(self, value: str, names: Mapping[str, Any] | Sequence[str], least: float) -> str:
        wanted, best, found = plain(value), least, ""
        if self._left < len(names):
            return ""
        self._left -= len(names)
        matcher = SequenceMatcher()
        matcher.set_seq2(wanted)
        for name in names:
            matcher.set_seq1(plain(name))
            if matcher.real_quick_ratio() >= best and matcher.quick_ratio() >= best:
                ratio = matcher.ratio()
                if ratio > best or (ratio == best and not found):
                    best, found = ratio, name
        return found


def plain(text: str) -> str:
    """Text without case, accents and the difference between blank, hyphen and underscore."""
    bare = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return bare.casefold().strip().replace(" ", "_").replace("-", "_")


def nearest(value: str, names: Mapping[str, Any] | Sequence[str], least: float = 0.6) -> str:
    """Nearest name, ``""`` if none is near."""
    return Speller().nearest(value, names, least)


def shown(value: Any) -> str:
    """A value as a message shows it: one short line."""
    text = printable(_text(value)[:90])
    return f"{text[:77]}..." if len(text) > 80 else text


def _text(value: Any) -> str:
    """A value as text: numbers briefly, dates without a time of day that is midnight."""
    if isinstance(value, datetime) and value.tzinfo is None and value.time() == datetime.min.time():
        value = value.date()
    return number_text(value) if isinstance(value, float) else str(value)


def printable(text: str) -> str:
    """A text on one line, with escapes for what cannot be seen."""
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)


def quoted(value: Any) -> str:
    """A value as a message shows it, in quotation marks."""
    return f"'{shown(value)}'"


def number_text(value: float) -> str:
    """A number as briefly as it can be written without losing anything."""
    if abs(value) < 1e16 and value == int(value):
        return str(int(value))
    return repr(float(value))


def column_letters(position: int) -> str:
    """Letters of a workbook's column; 0 is ``A``."""
    letters = ""
    number = position + 1
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def tidy(value: Any) -> Any:
    """A cell as found: text stripped, with plain line ends; blank text is None."""
    if isinstance(value, str):
        return value.replace("\r\n", "\n").replace("\r", "\n").strip() or None
    return value


def unknown_text(kind: str, name: str, near: str) -> str:
    """Message on a table or column that the format does not have."""
    alike = difference(name, near) if near else "If it contains notes, begin its name with notes."
    return f"no such {kind} in the format. {alike}".rstrip()


def report_unknown(raw: Raw, where: str, near: str, present: Collection[str], ending: str = "") -> None:
    """Report an unknown table; the nearest table counts as unreadable unless it is present itself."""
    nearest = near + ending if near else ""
    problem = unknown_text("table", where.removesuffix(ending), near)
    raw.faults.append(Fault(shown(where), value=shown(where), problem=problem, nearest=nearest))
    if near not in present:
        raw.broken.add(near)
        raw.head_broken = raw.head_broken or near == raw.head_where


def take_comment(table: RawTable, raw: Raw, row: int, cells: Sequence[Any]) -> bool:
    """Put a row to the comments if it is one; one that may be meant as data is a warning.

    A cell of a column of notes makes no comment of its row, whatever it begins with.
    """
    noted = table.noted
    judged = [cell for i, cell in enumerate(cells) if i not in noted] if noted else cells
    if not is_comment(judged):
        return False
    table.comments.append((row, [cell.found if isinstance(cell, Unusable) else cell for cell in cells]))
    if may_be_data(judged):
        place, first = next((i, cell) for i, cell in enumerate(cells) if cell is not None and i not in noted)
        problem = "a row that begins with # is a comment and does not count. Write a blank after # if that is meant."
        raw.warnings.append(Fault(table.where, row, "", shown(first), problem, cell=table.cell(row, place)))
    return True


def take_comments(table: RawTable, raw: Raw) -> None:
    """Put all rows that are comments to the comments."""
    table.rows = [(row, cells) for row, cells in table.rows if not take_comment(table, raw, row, cells)]


def drop_unnamed(table: RawTable, raw: Raw) -> None:
    """Skip columns without a name; one that has values is an error. A row with nothing but notes is a comment."""
    named = [i for i, name in enumerate(table.header) if name and not is_note(name)]
    for position in [i for i, name in enumerate(table.header) if not name]:
        filled = next(((row, cells[position]) for row, cells in table.rows if cells[position] is not None), None)
        if filled:
            problem = "a column without a name contains values."
            cell = table.cell(filled[0], position)
            raw.faults.append(Fault(table.where, filled[0], "", shown(filled[1]), problem, cell=cell))
    noted = sorted(table.noted)
    for row, cells in table.rows:
        found = [(table.header[i], str(cells[i])) for i in noted if cells[i] is not None]
        notes = [text if text.startswith(MARK) else f"{MARK} {name}: {text}" for name, text in found]
        if notes and all(cells[i] is None for i in named):
            table.comments.append((row, notes))
    table.rows = [(row, cells) for row, cells in table.rows if any(cells[i] is not None for i in named)]


@dataclass(frozen=True)
class Unusable:
    """Placeholder for an invalid cell: the text found, and the problem, ``""`` if it is reported already."""

    found: str = ""
    problem: str = ""

    def __str__(self) -> str:
        return ""


def refuse_long(table: RawTable, raw: Raw) -> None:
    """Report cells that are too long, and put :class:`Unusable` in their place."""
    for i, (row, cells) in enumerate(table.rows):
        long = [j for j, cell in enumerate(cells) if isinstance(cell, str) and len(cell) > CELL_LIMIT]
        for j in long:
            problem = f"a cell can hold {grouped(CELL_LIMIT)} characters; this one has {grouped(len(cells[j]))}."
            cell = table.cell(row, j)
            raw.faults.append(Fault(table.where, row, table.header[j], shown(cells[j]), problem, cell=cell))
        if long:
            table.rows[i] = (row, [Unusable() if j in long else cell for j, cell in enumerate(cells)])
