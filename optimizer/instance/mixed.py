"""Instances between two others: one of them, with some of the cells that differ as in the other one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from optimizer.instance.differences import HEAD, ChangedCell, Key, row_key
from optimizer.schema import Table, load_schema

if TYPE_CHECKING:
    import pandas as pd

    from optimizer.instance.instance import Instance

Rows = dict[Key, list[dict[str, Any]]]


def with_changes(base: Instance, target: Instance, cells: Iterable[ChangedCell]) -> Instance:
    """Return an instance with some of the cells in which it differs from another one as they are there.

    Parameters
    ----------
    base, target : Instance
        The instance, which stays as it is, and the other one; both start in the same month.
    cells : iterable of ChangedCell
        Cells to take from ``target``, from :func:`optimizer.instance.differences.changed_cells`.

    Raises
    ------
    InstanceError
        If the instance with these cells is invalid.
    """
    by_table: dict[str, list[ChangedCell]] = defaultdict(list)
    for cell in cells:
        by_table[cell.table].append(cell)
    head = {cell.key[0]: getattr(target.head, cell.key[0]) for cell in by_table.pop(HEAD, [])}
    frames = {name: _frame(load_schema().tables[name], base, target, changed) for name, changed in by_table.items()}
    return base.replace(frames, **head)


def _frame(table: Table, base: Instance, target: Instance, cells: list[ChangedCell]) -> pd.DataFrame:
    """Return a table with some of its cells as in the other instance."""
    import pandas as pd

    rows, others = _rows(base, table), _rows(target, table)
    for cell in cells:
        theirs = others.get(cell.key, [])
        if cell.column and len(theirs) == len(rows[cell.key]) == 1:
            rows[cell.key][0][cell.column] = theirs[0][cell.column]
        else:  # a row that only one of them has, or several that add up
            rows[cell.key] = theirs
    records = [row for listed in rows.values() for row in listed]
    return pd.DataFrame(records, columns=list(table.columns), dtype=object)


def _rows(instance: Instance, table: Table) -> Rows:
    """Return the rows of a table by key, their cells as they are saved."""
    found: Rows = defaultdict(list)
    for row in instance.rows[table.name]:
        cells = {name: instance.written(column, row) for name, column in table.columns.items()}
        found[row_key(instance, table, dict(row))].append(cells)
    return found
