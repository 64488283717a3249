"""Tables for a terminal: columns that can be missed give way before a word is broken."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.box import SIMPLE_HEAD
from rich.cells import cell_len
from rich.console import Group
from rich.table import Table
from rich.text import Text

_GAP = 3  # characters between columns
_LEAST = 5


@dataclass(frozen=True)
class Column:
    """A column of text or numbers.

    Attributes
    ----------
    name : str
        Head; line breaks are kept.
    cells : sequence of str
        One for each row.
    left : bool
        Whether it is flush left, as text is, or flush right, as numbers are.
    fold : bool
        Whether its cells may be folded, between words.
    easy : int
        Width from which on it reads well: others are left out for that.
    spare : int
        The column with the highest goes first where there is too little room; 0 always stays.
    """

    name: str
    cells: Sequence[str]
    left: bool = False
    fold: bool = False
    easy: int = 0
    spare: int = 0

    @property
    def whole(self) -> int:
        """Width in which nothing is folded."""
        return max(cell_len(line) for text in (self.name, *self.cells) for line in text.split("\n"))

    @property
    def least(self) -> int:
        """Width in which no word is broken."""
        if not self.fold:
            return self.whole
        return max((cell_len(word) for text in (self.name, *self.cells) for word in text.split()), default=1)

    @property
    def wanted(self) -> int:
        """Width for which others are left out."""
        return max(self.least, min(self.whole, self.easy))


def make_table(title: str, columns: Sequence[Column], width: int) -> Group:
    """A table that fits, with its title.

    Columns that are blank are left out, and spare ones where there is too little room.

    Parameters
    ----------
    title : str
        Above it.
    columns : sequence of Column
        From left to right, equally long; the first one always stays.
    width : int
        Characters in a line.
    """
    kept = [column for i, column in enumerate(columns) if i == 0 or any(column.cells)]
    while sum(column.wanted for column in kept) > _room(kept, width) and any(column.spare for column in kept):
        kept.remove(max(kept, key=lambda column: column.spare))
    table = Table(box=SIMPLE_HEAD, show_edge=False, pad_edge=False)
    for column, size in zip(kept, _widths(kept, _room(kept, width)), strict=True):
        table.add_column(column.name, width=size, no_wrap=not column.fold, overflow="fold")
        table.columns[-1].justify = "left" if column.left else "right"
    for cells in zip(*(column.cells for column in kept), strict=True):
        table.add_row(*(Text(cell) for cell in cells))  # brackets in names are no markup
    return Group(Text(title, style="bold"), table)


def _room(columns: Sequence[Column], width: int) -> int:
    """Characters for what stands in the columns."""
    return width - _GAP * (len(columns) - 1)


def _widths(columns: Sequence[Column], room: int) -> list[int]:
    """Widths of the columns: room that is left goes to the first that fold, what lacks is taken from the widest."""
    widths = [column.least for column in columns]
    for sizes in ([column.wanted for column in columns], [column.whole for column in columns]):
        for i, size in enumerate(sizes):
            widths[i] += max(0, min(size - widths[i], room - sum(widths)))
    folding = [i for i, column in enumerate(columns) if column.fold]
    while sum(widths) > room and folding:
        widest = max(folding, key=lambda i: widths[i])
        if widths[widest] <= _LEAST:
            break
        widths[widest] -= 1
    return widths
