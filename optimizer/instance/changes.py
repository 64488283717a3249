"""Changes of an instance's values: those of the scenario or outcome that a row of ``changes`` belongs to.

Rows are changed as they are read, one change after the other. Of a step series with ``from`` or ``to``, the values that
hold in those months change, and the series goes on as before afterwards.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from math import inf
from typing import Any

from optimizer.instance.cell_value import convert, month_number
from optimizer.instance.check_reserved import EVERY
from optimizer.instance.instance import Instance
from optimizer.instance.number_spelling import comma_use
from optimizer.schema import Column, Table, load_schema

LEAD = "lead_months"  # column that a delay adds to
_NUMBER = Column("value", "number", "")
Placed = tuple[int, Any]  # place of the row that it was, or was made of; the row


class ChangeError(ValueError):
    """A change that cannot be made: ``place`` is its row of ``changes``, ``column`` the cell that is wrong."""

    def __init__(self, place: int, column: str, problem: str) -> None:
        super().__init__(problem)
        self.place, self.column, self.problem = place, column, problem


def row_names(spec: Table, key: Sequence[str | None]) -> tuple[str, ...]:
    """Names of a row by the cells of its key: the first; of a batch, as much of its key as it takes."""
    cells = [cell for cell in (key if spec.adds else key[:1]) if cell]
    return tuple("/".join(cells[:n]) for n in range(1, len(cells) + 1))


def changed_rows(instance: Instance, places: Iterable[int]) -> dict[str, list[Placed]]:
    """Return the rows of the tables that some changes alter.

    Parameters
    ----------
    instance : Instance
        Base data, with a table ``changes``.
    places : iterable of int
        Rows of ``changes`` to be made, in this order.

    Raises
    ------
    ChangeError
        If a cell is blank, or an integer would no longer be one.
    """
    rows: dict[str, list[Placed]] = {}
    every = instance.rows["changes"]
    commas = comma_use(row.value for row in every)
    for place in places:
        change = every[place]
        before = rows.get(change.table) or list(enumerate(instance.rows[change.table]))
        rows[change.table] = list(_changed(instance, place, change, before, commas))
    return rows


def _changed(instance: Instance, place: int, change: Any, rows: list[Placed], commas: str) -> Iterator[Placed]:
    """Rows of a table with one change made."""
    spec = load_schema().tables[change.table]
    chosen = [change.key == EVERY or change.key in _names(instance, spec, row) for _, row in rows]
    is_series = spec.step == "month"
    ends = _ends(spec, rows) if is_series else [inf] * len(rows)
    for (origin, row), is_meant, end in zip(rows, chosen, ends, strict=True):
        if not is_meant:
            yield origin, row
        elif change.how == "delay" and is_series:
            yield origin, _moved(change, row)
        elif is_series:
            yield from ((origin, part) for part in _within(instance, place, change, row, end, commas))
        else:
            yield origin, _with_value(instance, place, change, row, commas)


def _names(instance: Instance, spec: Table, row: Any) -> tuple[str, ...]:
    cells = (
        instance.cell(column, getattr(row, column.attribute)) for column in map(spec.columns.get, spec.key) if column
    )
    return row_names(spec, [None if cell is None else str(cell) for cell in cells])


def _ends(spec: Table, rows: list[Placed]) -> list[float]:
    """First month in which each row of a step series by month does not hold any more."""
    own = spec.columns[spec.key[0]].attribute
    order = sorted(range(len(rows)), key=lambda i: (getattr(rows[i][1], own), rows[i][1].month))
    ends = [inf] * len(rows)
    for i, following in pairwise(order):
        if getattr(rows[i][1], own) == getattr(rows[following][1], own):
            ends[i] = rows[following][1].month
    return ends


def _moved(change: Any, row: Any) -> Any:
    """A row of a step series, later if it is still to come after the plan's first month."""
    is_meant = row.month > 0 and (change.from_ is None or row.month >= change.from_)
    return replace(row, month=row.month + int(convert(change.value, _NUMBER))) if is_meant else row


def _within(instance: Instance, place: int, change: Any, row: Any, end: float, commas: str) -> Iterator[Any]:
    """A row of a step series as up to three rows: before, within and after the months that change."""
    first = row.month if change.from_ is None else max(row.month, change.from_)
    after = end if change.to is None else min(end, change.to + 1)
    if first >= after:
        yield row
        return
    if row.month < first:
        yield row
    yield replace(_with_value(instance, place, change, row, commas), month=first)
    if after < end:
        yield replace(row, month=int(after))


def _with_value(instance: Instance, place: int, change: Any, row: Any, commas: str) -> Any:
    """A row with one value changed."""
    column = load_schema().tables[change.table].columns[LEAD if change.how == "delay" else change.column]
    return replace(row, **{column.attribute: _value(instance, place, change, column, row, commas)})


def _value(instance: Instance, place: int, change: Any, column: Column, row: Any, commas: str) -> Any:
    if change.how == "set":
        is_name = f"{change.table}.{column.name}" in load_schema().referred
        found = convert(change.value, column, is_name, commas)
        return found - month_number(*map(int, instance.head.start.split("-"))) if column.type == "month" else found
    old, by = getattr(row, column.attribute), float(convert(change.value, _NUMBER, commas=commas))
    if old is None:
        problem = f"{column.name} of {change.key!r} is blank, so that there is nothing to {change.how}; set it first."
        raise ChangeError(place, "key", problem)
    new = old * by if change.how == "multiply" else old + by
    if column.type != "integer":
        return new
    if new != int(new):
        raise ChangeError(place, "value", f"{column.name} would be {new:g}, but must be an integer.")
    return int(new)
