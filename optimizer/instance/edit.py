"""Edits of an instance: cells set, multiplied, added to or delayed, and the instance checked again.

An edit is written ``table.item.column=value``, with ``*=``, ``+=`` or ``-=`` in place of ``=``, such as
``demand.assistant.amount*=1.2``. ``item@2027-03`` means the row of a step series that applies in that month, and ``*``
every item. ``power.texas.month+=6`` moves what is still to come of a step series by so many months. Batches of a fleet
are named by as much of their key as it takes: ``fleet.texas/gpu.count=9000``, ``fleet.texas/gpu/2028-01.count+=100``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from optimizer.errors import EditError
from optimizer.instance.cell_value import month_label, month_number
from optimizer.instance.instance import Instance
from optimizer.instance.name_suggestions import did_you_mean
from optimizer.instance.name_text import normal_name
from optimizer.instance.number_spelling import parse_number, two_readings
from optimizer.instance.raw import Raw, RawTable
from optimizer.instance.read import raw_head, raw_table, revised
from optimizer.schema import Table, load_schema

_EDIT = re.compile(r"([^.=\s]+)\.(.+)\.([^.=\s]+?)\s*(\*=|\+=|-=|=)\s*(.*)", re.DOTALL)
_NUMBERS = ("number", "integer")
_MONTH = "month"  # column of the step series by month


@dataclass(frozen=True)
class Edit:
    """One edit.

    Attributes
    ----------
    table, item, column : str
        What is edited; ``item`` is the row's name, or ``*``.
    how : str
        ``=``, ``*=``, ``+=`` or ``-=``.
    value : str
        By what, or to what.
    month : str
        Month of a step series that is meant, ``""`` for all of it.
    """

    table: str
    item: str
    column: str
    how: str
    value: str
    month: str = ""

    def __str__(self) -> str:
        month = f"@{self.month}" if self.month else ""
        return f"{self.table}.{self.item}{month}.{self.column}{self.how}{self.value}"


def parse_edit(text: str) -> Edit:
    """Parse an edit.

    Raises
    ------
    EditError
        If it is invalid, or its table or column does not exist.
    """
    match = _EDIT.fullmatch(text.strip())
    if not match:
        expected = "expected table.item.column=value, such as contracts.bridge.price*=0.9"
        raise EditError(f"{text!r} is not a valid edit; {expected}")
    table, item, column, how, value = match.groups()
    item = normal_name(item)
    spec = _known(table, load_schema().tables, f"{text!r}: no table")
    _known(column, spec.columns, f"{text!r}: {table} has no column")
    name, at, month = item.rpartition("@")
    if at and re.fullmatch(r"\d{4}-\d{2}", month):
        if spec.step != _MONTH:
            raise EditError(f"{text!r}: {table} is not a step series by month; leave out @{month}")
        if not "01" <= month[5:] <= "12":
            raise EditError(f"{text!r}: {month} is not a month; expected YYYY-MM, such as {table}.{name}@2027-03")
        return Edit(table, name, column, how, value.strip(), month)
    return Edit(table, item, column, how, value.strip())


def parse_delay(text: str) -> Edit:
    """Parse an edit that makes something arrive later: ``builds.texas=6``, ``contracts.bridge=2``, ``power.hall=6``.

    Of a step series the rows after the plan's first month come later, and so does what was decided before the plan and
    has not arrived. ``fleet`` has no delay.
    """
    table, dot, rest = text.strip().partition(".")
    item, equals, months = rest.rpartition("=")
    if not (dot and equals and re.fullmatch(r"[+-]?\d+", months.strip())):
        raise EditError(f"{text!r} is not a valid delay; expected table.item=months, such as builds.texas=6")
    spec, item = _known(table, load_schema().tables, f"{text!r}: no table"), normal_name(item.strip())
    if spec.step == _MONTH:
        return Edit(table, item, _MONTH, "+=", months.strip())
    if "lead_months" not in spec.columns:
        tables = load_schema().tables.items()
        able = ", ".join(name for name, other in tables if "lead_months" in other.columns or other.step == _MONTH)
        raise EditError(f"{text!r}: {table} has no lead_months; delays work on {able}")
    return Edit(table, item, "lead_months", "+=", months.strip())


def _known(name: str, names: Mapping[str, Any], what: str) -> Any:
    if name in names:
        return names[name]
    raise EditError(f"{what} {name!r}.{did_you_mean(name, names)}")


def apply_edits(instance: Instance, edits: Iterable[Edit]) -> Instance:
    """Return an instance with edits made one after the other, checked after the last.

    Parameters
    ----------
    instance : Instance
        Instance to edit; it stays as it is.
    edits : iterable of Edit
        From :func:`parse_edit` and :func:`parse_delay`.

    Raises
    ------
    EditError
        If an edit names an item that does not exist, or does arithmetic on text.
    InstanceError
        If the edited instance is invalid; it carries every error found.
    """
    raw = raw_head(instance)
    for edit in edits:
        if not instance.rows[edit.table]:
            raise EditError(f"{edit}: the instance has no {edit.table}; put a row into that table first")
        for name in (edit.table, "decided"):
            if name not in raw.tables and instance.rows[name]:
                raw.tables[name] = raw_table(instance, name)
        _apply(raw, edit)
    return revised(instance, raw)


def _apply(raw: Raw, edit: Edit) -> None:
    spec, table = load_schema().tables[edit.table], raw.tables[edit.table]
    names = _names(table, spec)
    rows = [i for i, known in enumerate(names) if edit.item == "*" or edit.item in known]
    if not rows:
        every, party = [name for known in names for name in known], spec.party_column
        parties = dict(zip(_column(table, spec.key[0]), _column(table, party), strict=True)) if party else {}
        raise EditError(f"{edit}: no {spec.key[0]} is called {edit.item!r}.{did_you_mean(edit.item, every, parties)}")
    _refuse_several(edit, spec, [names[i][-1] for i in rows])
    if edit.column == spec.step == _MONTH and edit.how in ("+=", "-="):
        _move(table, rows, edit, str(raw.head["start"]))
        return
    place = table.header.index(edit.column)
    for i in _holding(table, spec, rows, edit):
        _set(table, i, place, _value(table.rows[i][1][place], spec, edit))
    if edit.column == "lead_months" and edit.how in ("+=", "-=") and "decided" in raw.tables:
        _move_signed(raw.tables["decided"], {name for i in rows for name in names[i]}, edit, str(raw.head["start"]))


def _names(table: RawTable, spec: Table) -> list[tuple[str, ...]]:
    """Names of each row: of a batch, its site, then with its kind, then with its ``until``, as far as it has them."""
    columns = [_column(table, name) for name in (spec.key if spec.adds else spec.key[:1])]
    rows = [[part for part in row if part not in ("", "None")] for row in zip(*columns, strict=True)]
    return [tuple("/".join(row[:n]) for n in range(1, len(row) + 1)) or ("",) for row in rows]


def _refuse_several(edit: Edit, spec: Table, names: list[str]) -> None:
    """Refuse to set or add to each of several batches what is likely meant of all of them together."""
    if edit.column != spec.adds or edit.how == "*=" or edit.item == "*" or len(names) < 2:
        return
    remedy = f"name one of {', '.join(dict.fromkeys(names))}"
    if len(set(names)) < len(names):
        remedy = "put rows that share their key into one"
    raise EditError(
        f"{edit}: {len(names)} rows of {edit.table} are of {edit.item!r}, and each would get it; {remedy}, "
        f"or change all of them in proportion with *=."
    )


def _column(table: RawTable, name: str) -> list[str]:
    """Cells of a column as text."""
    place = table.header.index(name)
    return [str(cells[place]) for _, cells in table.rows]


def _set(table: RawTable, i: int, place: int, value: Any) -> None:
    """Put a value into a cell."""
    number, cells = table.rows[i]
    table.rows[i] = number, [*cells[:place], value, *cells[place + 1 :]]


def _move(table: RawTable, rows: list[int], edit: Edit, start: str) -> None:
    """Move the rows of a step series that are still to come after the plan's first month."""
    months = parse_number(edit.value)
    if months is None or months != int(months) or edit.month:
        raise EditError(f"{edit}: expected an integer number of months, such as {edit.table}.{edit.item}.month+=6")
    found, place = _column(table, _MONTH), table.header.index(_MONTH)
    for i in rows:
        if found[i] > start:
            later = month_number(*map(int, found[i].split("-"))) + int(months) * (1 if edit.how == "+=" else -1)
            _set(table, i, place, month_label(later))


def _move_signed(decided: RawTable, items: set[str], edit: Edit, start: str) -> None:
    """Move the start of blocks that were signed before the plan and are still to come."""
    months, found = parse_number(edit.value), _column(decided, "starts")
    place, named = decided.header.index("starts"), _column(decided, "item")
    for i in range(len(found)):
        if months is not None and named[i] in items and _is_month(found[i]) and found[i] >= start:
            later = month_number(*map(int, found[i].split("-"))) + int(months) * (1 if edit.how == "+=" else -1)
            _set(decided, i, place, month_label(later))


def _is_month(cell: str) -> bool:
    return bool(re.fullmatch(r"\d{4}-\d{2}", cell))


def _holding(table: RawTable, spec: Table, rows: list[int], edit: Edit) -> list[int]:
    """Rows that are meant: of a step series and a month, the last one up to it of each item."""
    if not edit.month:
        return rows
    last: dict[str, int] = {}
    names, months = _column(table, spec.key[0]), _column(table, spec.step)
    for i in sorted(rows, key=lambda i: months[i]):
        if months[i] <= edit.month:
            last[names[i]] = i
    if not last:
        raise EditError(f"{edit}: no row applies in {edit.month}; name a later month, or leave out @{edit.month}")
    return list(last.values())


def _value(old: Any, spec: Table, edit: Edit) -> Any:
    if edit.how == "=":
        return edit.value or None
    number = parse_number(edit.value)
    if spec.columns[edit.column].type not in _NUMBERS or number is None:
        both = f"; {edit.value} can mean {' or '.join(two_readings(edit.value))}" if two_readings(edit.value) else ""
        raise EditError(f"{edit}: {edit.how} needs a number and a column of numbers{both}")
    if old is None or old != old:
        raise EditError(f"{edit}: the cell is blank; set it with = first")
    return {"*=": float(old) * number, "+=": float(old) + number, "-=": float(old) - number}[edit.how]
