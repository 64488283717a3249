"""Which cells differ between two instances."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from optimizer.instance.batches import rows_by_key
from optimizer.instance.raw import number_text
from optimizer.schema import Column, Table, load_schema

if TYPE_CHECKING:
    import pandas as pd

    from optimizer.instance.instance import Instance

COLUMNS = ("table", "row", "column", "a", "b", "item")
HEAD = "instance"
Cells = dict[str, str]  # text of a row by column
Key = tuple[str, ...]
_PLAIN = {"@first": "first month", "@last": "last month"}


class ChangedCell(NamedTuple):
    """A cell that differs, or a row (``column`` is ``""``) that only one instance has."""

    table: str
    key: Key
    column: str
    a: str
    b: str
    item: str


def differences(a: Instance, b: Instance) -> pd.DataFrame:
    """Cells that differ, and rows that only one instance has.

    Months are compared as they stand in the calendar; a blank that means the first or last month of the plan is the
    same in both, whichever month that is.

    Parameters
    ----------
    a, b : Instance
        What to compare.

    Returns
    -------
    DataFrame
        Columns ``table`` (``instance`` for settings), ``row`` (its key), ``column`` (``""`` for a row), ``a`` and
        ``b`` (values as text, ``""`` where there is none), ``item`` (name of the item it is about, ``""`` if none).
    """
    import pandas as pd

    found = [(one.table, ", ".join(filter(None, one.key)), *one[2:]) for one in changed_cells(a, b)]
    return pd.DataFrame(found, columns=list(COLUMNS), dtype=object)


def changed_cells(a: Instance, b: Instance) -> Iterator[ChangedCell]:
    """Yield the cells that differ, and rows that only one instance has, as :func:`differences` lists them."""
    yield from _head(a, b)
    for table in load_schema().tables.values():
        yield from _table(table, _by_key(a, table), _by_key(b, table), _is_about_item(table))


def _is_about_item(table: Table) -> bool:
    """Whether the rows of a table are items of plans, or refer to some first."""
    targets, tables = table.columns[table.key[0]].refers, load_schema().tables
    return table.item or any(tables[target.split(".")[0]].item for target in targets)


def _head(a: Instance, b: Instance) -> Iterator[ChangedCell]:
    before, after = vars(a.head), vars(b.head)
    for key, value in before.items():
        if value != after[key]:
            yield ChangedCell(HEAD, (key,), "value", _text(value), _text(after[key]), "")


def _by_key(instance: Instance, table: Table) -> dict[Key, Cells]:
    """Cells of a table as text, by the key of their row."""
    found: dict[Key, Cells] = {}
    for values in rows_by_key(table, instance.rows[table.name]).values():
        cells = {name: _cell(instance, column, values[name]) for name, column in table.columns.items()}
        found[row_key(instance, table, values)] = cells
    return found


def row_key(instance: Instance, table: Table, values: Mapping[str, Any]) -> Key:
    """Return the key of a row as text: the same for the same row of instances with different starts."""
    return tuple(_cell(instance, table.columns[name], values[name]) for name in table.key)


def _cell(instance: Instance, column: Column, value: Any) -> str:
    """A cell as text; ``first month`` and ``last month`` where that is what a blank means."""
    plain = {"@first": 0, "@last": instance.head.months - 1}
    if isinstance(column.default, str) and plain.get(column.default) == value:
        return _PLAIN[column.default]
    return _text(instance.cell(column, value))


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return number_text(value) if isinstance(value, float) else str(value)


def _table(table: Table, before: dict[Key, Cells], after: dict[Key, Cells], named: bool) -> Iterator[ChangedCell]:
    for key in dict.fromkeys([*before, *after]):
        old, new = before.get(key), after.get(key)
        item = key[0] if named else ""
        if old is None or new is None:
            yield ChangedCell(table.name, key, "", _row_text(table, old), _row_text(table, new), item)
        else:
            for column in table.columns:
                if old[column] != new[column]:
                    yield ChangedCell(table.name, key, column, old[column], new[column], item)


def _row_text(table: Table, cells: Cells | None) -> str:
    """The cells of a row that say more than their defaults."""
    if cells is None:
        return ""
    texts = []
    for name, column in table.columns.items():
        text = cells[name]
        default = _PLAIN.get(column.default) if isinstance(column.default, str) else None
        if text and text != (default or _text(column.default if column.default != [] else None)):
            texts.append(f"{name} {text}")
    return "; ".join(texts)
