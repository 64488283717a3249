"""Notes among the data: rows that begin with ``#``, and columns, sheets and files whose names begin with ``notes``.

They are no data, and are kept: an instance that is saved has them where they were.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any

HEAD = "instance"  # name under which the notes of the head stand
MARK = "#"
_NAME = "notes"
_ERROR = re.compile(r"#(?:N/A|[A-Z]+(?:/0)?[!?]|GETTING_DATA|#+)", re.ASCII)  # what a formula without a result shows
TOP = -1  # place of a comment above the header
Cells = Sequence[Any]


@dataclass(frozen=True)
class Notes:
    """Notes of a table, or a sheet of notes.

    Attributes
    ----------
    rows : tuple of (int, sequence)
        Comment rows: how many rows of data (of the head: of its possible keys) come before, ``TOP`` above the header,
        and the cells. All rows of a sheet of notes.
    columns : mapping of str to tuple
        Columns of notes, with a cell for every row of data (of the head: for each of its possible keys).
    """

    rows: tuple[tuple[int, Cells], ...] = ()
    columns: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)


def is_note(name: object) -> bool:
    """Whether a column, sheet or file of this name holds notes only."""
    return str(name).strip().casefold().startswith(_NAME)


def is_error(value: object) -> bool:
    """Whether a text is what a spreadsheet program shows for a formula without a result, such as ``#N/A``."""
    return isinstance(value, str) and _ERROR.fullmatch(value) is not None


def is_comment(cells: Iterable[Any]) -> bool:
    """Whether a row is a comment: its first cell that is not blank begins with ``#`` and is no error of a formula."""
    for cell in cells:
        if cell is not None:
            return isinstance(cell, str) and cell.startswith(MARK) and not is_error(cell)
    return False


def may_be_data(cells: Cells) -> bool:
    """Whether a comment row may be meant as data: ``#1`` with other cells after it, instead of ``# 1``."""
    filled = [cell for cell in cells if cell is not None]
    return len(filled) > 1 and re.match(r"#+[^\s#]", filled[0]) is not None


def placed(comments: Iterable[tuple[int, Cells]], rows: Sequence[int], header: int | None) -> tuple[Any, ...]:
    """Comment rows, each with how many of the rows of data come before it.

    Parameters
    ----------
    comments : iterable of (int, sequence)
        Row number and cells.
    rows : sequence of int
        Row numbers of the data, in order.
    header : int or None
        Row number of the header, None if it has none.
    """
    found = []
    for number, cells in sorted(comments, key=itemgetter(0)):
        above = header is not None and number < header
        found.append((TOP if above else bisect_left(rows, number), trimmed(cells)))
    return tuple(found)


def trimmed(cells: Cells) -> tuple[Any, ...]:
    """Cells without the blank ones at the end."""
    filled = [i for i, cell in enumerate(cells) if cell is not None]
    return tuple(cells[: filled[-1] + 1]) if filled else ()


def with_notes(records: list[list[Any]], notes: Notes | None) -> list[list[Any]]:
    """Header and rows of a table with its notes where they were.

    Parameters
    ----------
    records : list of list
        The header, then every row of data.
    notes : Notes or None
        Its notes; comments after the last row stay there if there are fewer rows now.
    """
    if notes is None:
        return records
    count = len(records) - 1
    columns = [[name, *_padded(cells, count)] for name, cells in notes.columns.items()]
    wide = [[*record, *(column[i] for column in columns)] for i, record in enumerate(records)]
    found = [list(cells) for before, cells in notes.rows if before == TOP]
    for i, record in enumerate(wide):
        found.append(record)
        last = i == count
        found += [list(cells) for before, cells in notes.rows if before == i or (last and before > i)]
    return found


def _padded(cells: Sequence[Any], count: int) -> list[Any]:
    return [*cells[:count], *[None] * (count - len(cells))]


def head_place(keys: Sequence[str], following: str) -> int:
    """Place of a comment in the head: how many of its possible keys come before the one that follows, all if none."""
    return list(keys).index(following) if following in keys else len(keys)
