"""A document: sections of text, key figures, tables and charts, built once and drawn as a page, text or sheets."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import ClassVar, Protocol

from optimizer.format import Format, counted, month_cell


class Figure(str):
    """A number in a cell: the text that pages and terminals show, with the number itself for a sheet."""

    value: float

    def __new__(cls, value: float, form: Format, blank_zero: bool = False) -> Figure:
        """Format a number; ``blank_zero`` leaves the cell blank if it is zero."""
        made = super().__new__(cls, "" if blank_zero and not value else form(float(value)))
        made.value = float(value)
        return made


@dataclass(frozen=True)
class Grid:
    """A table of text.

    Attributes
    ----------
    columns : tuple of str
        Headings.
    rows : sequence of tuple of str
        Cells, as many as there are headings.
    texts : int
        How many columns, from the left, contain text; the others contain numbers.
    note : str
        How to read it.
    strong : frozenset of int
        Rows that sum up the others.
    spare : tuple of str
        Columns that a narrow terminal leaves out, the first one first.
    source : str
        Where all rows are.
    left : int
        Rows of the source that are left out.
    """

    columns: tuple[str, ...]
    rows: Sequence[tuple[str, ...]] = ()
    texts: int = 1
    note: str = ""
    strong: frozenset[int] = frozenset()
    spare: tuple[str, ...] = ()
    source: str = "the plan's tables"
    left: int = 0

    def head(self, most: int) -> Grid:
        """Return the first rows."""
        left = max(len(self.rows) - most, 0)
        return replace(self, rows=self.rows[:most], left=self.left + left) if left else self

    @property
    def notes(self) -> str:
        """How to read it, and where the rows are that are left out."""
        more = f"{counted(self.left, 'more row')} in {self.source}." if self.left else ""
        return f"{self.note} {more}".strip()


def by_month(months: Sequence[str], columns: Iterable[tuple[str, Sequence[float]]], form: Format) -> Grid:
    """Return a table with a row for each month and a column for each series."""
    named = list(columns)
    rows = [(month_cell(month), *(form(values[i]) for _, values in named)) for i, month in enumerate(months)]
    return Grid(("Month", *(name for name, _ in named)), rows)


# ---------------------------------------------------------------- blocks of a section
class Block(Protocol):
    """A part of a section; ``kind`` is what renderers choose by."""

    kind: ClassVar[str]


@dataclass(frozen=True)
class Prose:
    """Paragraphs."""

    kind: ClassVar[str] = "prose"
    paragraphs: Sequence[str]


@dataclass(frozen=True)
class Findings:
    """Sentences, each with the anchor of its section."""

    kind: ClassVar[str] = "findings"
    items: Sequence[tuple[str, str]]


@dataclass(frozen=True)
class KeyFigures:
    """Figures for a first look: label, value, meaning."""

    kind: ClassVar[str] = "figures"
    figures: Sequence[tuple[str, str, str]]


@dataclass(frozen=True)
class Table:
    """A table with its caption.

    Attributes
    ----------
    caption : str
        Above the table.
    grid : Grid
        The table.
    empty : str
        Sentence to show if it has no rows.
    folded : bool
        Whether a page shows it on request only.
    """

    kind: ClassVar[str] = "table"
    caption: str
    grid: Grid
    empty: str = ""
    folded: bool = False


@dataclass(frozen=True)
class Branch:
    """A node of a tree.

    Attributes
    ----------
    title, detail : str
        What it is; how much of it there is.
    table : Table
        What is in it.
    children : tuple of Branch
        What it splits into.
    is_open : bool
        Whether a page shows it at first.
    """

    title: str
    detail: str
    table: Table
    children: tuple[Branch, ...] = ()
    is_open: bool = True


@dataclass(frozen=True)
class Branches:
    """A tree, of which a page shows or folds each node."""

    kind: ClassVar[str] = "branches"
    caption: str
    roots: tuple[Branch, ...]


@dataclass(frozen=True)
class Section:
    """A part of a document with its place in the contents.

    Attributes
    ----------
    anchor, title : str
        Where it is, and its heading.
    blocks : sequence of Block
        What is in it.
    choice : str
        Choice of the document that it is a part of; ``""`` if it is always shown.
    """

    anchor: str
    title: str
    blocks: Sequence[Block] = field(default_factory=tuple)
    choice: str = ""


@dataclass(frozen=True)
class Document:
    """Title, the line under it, and sections in their order.

    Attributes
    ----------
    title, subtitle : str
        Above the sections.
    sections : sequence of Section
        In their order; those of choices follow one another.
    choices : mapping of str to str
        Labels of the choices, one of which a page shows at a time.
    chooser : str
        What is chosen.
    """

    title: str
    subtitle: str
    sections: Sequence[Section]
    choices: Mapping[str, str] = field(default_factory=dict)
    chooser: str = ""
