"""A document on a terminal: columns that can be missed give way before a word is broken."""

from __future__ import annotations

import io
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

from rich.box import SIMPLE_HEAD
from rich.cells import cell_len
from rich.console import Console, Group, RenderableType
from rich.table import Table as RichTable
from rich.text import Text

from optimizer.report.document import Block, Grid, KeyFigures, Prose, Section, Table

_GAP = 3  # characters between columns
_LEAST = 5
_EASY = 26  # characters in which text of several words reads well
_HEADING = 9  # characters in a line of a heading at least
_SHORT = {"Accelerators": "Accel.", "Reference-accelerators": "Ref.-accel."}


def plain(what: RenderableType, width: int) -> str:
    """Return what a console of that width prints, without colours."""
    console = Console(file=io.StringIO(), width=width, color_system=None, highlight=False)
    with console.capture() as captured:
        console.print(what)
    return captured.get()


def draw(blocks: Sequence[Block], width: int, most: int = 400) -> list[RenderableType]:
    """Draw blocks of a document, tables with so many rows at most; charts are left out.

    Parameters
    ----------
    blocks : sequence
        In their order.
    width : int
        Characters in a line.
    most : int
        Rows of a table.
    """
    parts: list[RenderableType] = []
    for block, following in zip(blocks, [*blocks, None][1:], strict=True):
        if isinstance(block, Prose):
            parts += [*map(Text, block.paragraphs), ""]
        elif isinstance(block, KeyFigures):
            parts += [_figures(block), ""]
        elif isinstance(block, Table):
            again = isinstance(following, Table) and following.grid.notes == block.grid.notes
            drawn = draw_table(block, width, most)
            parts += [*(drawn[:1] if again else drawn), *[""][: len(drawn)]]
    return parts


def draw_sections(sections: Sequence[Section], width: int) -> Group:
    """Draw the text and the tables of sections."""
    return Group(*(part for section in sections for part in draw(section.blocks, width)))


def _figures(block: KeyFigures) -> RichTable:
    """Key figures, one in a line: label, value, meaning."""
    grid = RichTable.grid(padding=(0, 2))
    grid.add_column(style="bold", no_wrap=True)
    grid.add_column()
    for label, value, meaning in block.figures:
        grid.add_row(Text(label), Text(f"{value}: {meaning}" if meaning else value))
    return grid


def draw_table(table: Table, width: int, most: int = 400, more: Sequence[Column] = ()) -> list[RenderableType]:
    """Draw a table with its notes; ``more`` columns follow where there is room for them."""
    grid = table.grid.head(most)
    if not grid.rows:
        return [Text(table.empty, style="bold")] if table.empty else []
    notes = [Text(grid.notes)] if grid.notes else []
    return [make_table(table.caption, [*grid_columns(grid), *more], width), *notes]


def grid_columns(grid: Grid) -> list[Column]:
    """Columns of a grid: text is folded, and numbers from the right on are spare, but for the very last."""
    found = []
    last = len(grid.columns) - 1
    for i, (name, cells) in enumerate(zip(grid.columns, zip(*grid.rows, strict=True), strict=True)):
        text = i < grid.texts
        fold = any(" " in cell for cell in cells) if text else i == 0
        spare = 0 if text or i == last or grid.spare else i
        if name in grid.spare:
            spare = len(grid.spare) - grid.spare.index(name)
        heading = _heading(_SHORT.get(name, name), cells)
        found.append(Column(heading, cells, left=text, fold=fold, easy=_EASY if text else 0, spare=spare))
    return found


def _heading(name: str, cells: Sequence[str]) -> str:
    """A heading in lines no wider than its cells need, as far as its words allow."""
    width = max(_HEADING, *map(cell_len, cells), *map(cell_len, name.split()))
    return "\n".join(textwrap.wrap(name, width)) if name else ""


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
    def full(self) -> int:
        """Width in which nothing is folded."""
        return max(cell_len(line) for text in (self.name, *self.cells) for line in text.split("\n"))

    @property
    def least(self) -> int:
        """Width in which no word is broken."""
        if not self.fold:
            return self.full
        return max((cell_len(word) for text in (self.name, *self.cells) for word in text.split()), default=1)

    @property
    def wanted(self) -> int:
        """Width for which others are left out."""
        return max(self.least, min(self.full, self.easy))


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
    table = RichTable(box=SIMPLE_HEAD, show_edge=False, pad_edge=False)
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
    for sizes in ([column.wanted for column in columns], [column.full for column in columns]):
        for i, size in enumerate(sizes):
            widths[i] += max(0, min(size - widths[i], room - sum(widths)))
    folding = [i for i, column in enumerate(columns) if column.fold]
    while sum(widths) > room and folding:
        widest = max(folding, key=lambda i: widths[i])
        if widths[widest] <= _LEAST:
            break
        widths[widest] -= 1
    return widths
