"""A comparison of plans on a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.text import Text

from optimizer.report import comparison as tables
from optimizer.report import comparison_time as time
from optimizer.report.layout import Column, make_table

if TYPE_CHECKING:
    from optimizer.plan.compare import Comparison

_DECISIONS, _ITEMS, _INPUTS = 25, 12, 20
_EASY = 34  # characters in which text of several words reads well


def render(comparisons: Sequence[Comparison], width: int = 100) -> Group:
    """Comparisons for a rich console, one below the other.

    Parameters
    ----------
    comparisons : sequence of Comparison
        Comparisons to print.
    width : int
        Characters in a line.
    """
    parts: list[RenderableType] = []
    for comparison in comparisons:
        parts += [*_one(comparison, width), ""]
    return Group(*parts)


def _one(comparison: Comparison, width: int) -> list[RenderableType]:
    parts: list[RenderableType] = [_table(tables.headline(comparison), width), ""]
    parts += [Text(note) for note in comparison.notes]
    parts += [""] if comparison.notes else []
    for table in (
        time.inputs(comparison, _INPUTS),
        tables.decisions(comparison, _DECISIONS),
        tables.terms(comparison),
        tables.items(comparison, _ITEMS),
        tables.parties(comparison),
        time.capacity(comparison),
        time.cost(comparison),
        time.service(comparison),
    ):
        parts += [_table(table, width), Text(table.grid.note), ""] if table.grid.note else [_table(table, width), ""]
    return parts


def _table(table: tables.CaptionedTable, width: int) -> RenderableType:
    """A table; where there is too little room, numbers from the right on are left out, but for the very last."""
    grid = table.grid
    if not grid.rows:
        return Text(table.quiet)
    columns = list(zip(*grid.rows, strict=True))
    last = len(columns) - 1
    made = []
    for i, (name, cells) in enumerate(zip(grid.columns, columns, strict=True)):
        text = i < grid.texts
        spare = 0 if text or i == last else i
        made.append(Column(name, cells, left=text, fold=text or i == 0, easy=_EASY if text else 0, spare=spare))
    return make_table(table.caption, made, width)
