"""Rows of one key that add up, such as the batches of a fleet: their sums, and warnings."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from optimizer.instance.data import Data, Record
from optimizer.instance.raw import number_text, quoted
from optimizer.schema import Table


def rows_by_key(table: Table, rows: Iterable[Any]) -> dict[tuple[Any, ...], dict[str, Any]]:
    """Values of typed rows by their key; what adds up is summed over the rows of a key.

    Parameters
    ----------
    table : Table
        The table that the rows are of.
    rows : iterable of Row
        Its rows.

    Returns
    -------
    dict of tuple to dict
        Values by column of the last row of each key, with the sum in the column that ``table.adds`` names.
    """
    found: dict[tuple[Any, ...], dict[str, Any]] = {}
    for row in rows:
        values = dict(row)
        key = tuple(values[name] for name in table.key)
        if table.adds and key in found:
            values[table.adds] += found[key][table.adds]
        found[key] = values
    return found


def same_key(data: Data) -> None:
    """Warn of each row that repeats the key of another and adds up, with the sum so far."""
    for table in data.tables.values():
        if not table.spec.adds:
            continue
        batches: dict[tuple[Any, ...], list[Record]] = defaultdict(list)
        for record in table.records:
            batches[tuple(record.values[name] for name in table.spec.key)].append(record)
        for batch in batches.values():
            for i, record in enumerate(batch[1:], start=2):
                total = number_text(sum(other.values[table.spec.adds] for other in batch[:i]))
                data.fault(table, record, table.spec.adds, _problem(table.spec, batch[0], total), warn=True)


def _problem(spec: Table, first: Record, total: str) -> str:
    names = [str(first.found[name]) for name in spec.key if first.found.get(name) is not None]
    column = spec.columns[spec.adds]
    return (
        f"row {first.row} is of {quoted(', '.join(names))} too; both count, {total} {column.unit} together. "
        "Remove this row if it is a copy; put the two into one row otherwise."
    )
