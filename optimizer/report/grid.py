"""Tables of text, ready to be shown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from optimizer.format import Format


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
        How many columns, from the left, hold text; the others hold numbers.
    note : str
        What is left out, or how to read it.
    strong : frozenset of int
        Rows that sum up the others.
    """

    columns: tuple[str, ...]
    rows: Sequence[tuple[str, ...]] = ()
    texts: int = 1
    note: str = ""
    strong: frozenset[int] = frozenset()


def by_month(months: Sequence[str], columns: Iterable[tuple[str, Sequence[float]]], form: Format) -> Grid:
    """A table with a row for each month and a column for each series."""
    named = list(columns)
    rows = [(month, *(form(values[i]) for _, values in named)) for i, month in enumerate(months)]
    return Grid(("Month", *(name for name, _ in named)), rows)


def first_rows(columns: Sequence[str], rows: Sequence[tuple[Any, ...]], most: int, where: str, texts: int = 1) -> Grid:
    """A table of the first rows, with a note on where the others are."""
    left = len(rows) - most
    note = f"{left:,} more {'row' if left == 1 else 'rows'} in {where}." if left > 0 else ""
    return Grid(tuple(columns), [tuple(map(str, row)) for row in rows[:most]], texts, note)
