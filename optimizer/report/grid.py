"""Tables of text, ready to be shown."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

Format = Callable[[float], str]


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


def whole(value: float) -> str:
    """A number of things in full; zero is left out, and what rounds to zero is told."""
    return _fixed(value, 0)


def tenths(value: float) -> str:
    """A number with one decimal; zero is left out, and what rounds to zero is told."""
    return _fixed(value, 1)


def percents(share: float) -> str:
    """A share with one decimal; zero is left out, and what rounds to zero is told."""
    text = _fixed(share * 100, 1)
    return f"{text} %" if text else ""


def scaled(size: float) -> Format:
    """How to tell money in millions, billions..."""
    return lambda value: tenths(value / size)


def _fixed(value: float, digits: int) -> str:
    if value == 0 or value != value:
        return ""
    least = 10.0**-digits
    if abs(value) < 0.5 * least:
        return f"{'<' if value > 0 else '>-'}{least:g}"
    return f"{value:,.{digits}f}"


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
