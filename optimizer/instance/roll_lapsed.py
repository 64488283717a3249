"""Rows that have lapsed when an instance is rolled forward: of past windows, of terms and runs that are over.

A row that others name, or without which an instance is invalid or means something else, stays although it has lapsed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from optimizer.instance.instance import Instance
from optimizer.instance.roll_decided import TABLE, Decided
from optimizer.schema import Column, Table, load_schema

_MENTION = "region"  # kind of member that is there because a row mentions it


@dataclass
class Lapsed:
    """What has lapsed.

    Attributes
    ----------
    reasons : dict of (str, int) to str
        By table and position of the row: why it is dropped, ``""`` if it goes with the item that it is about.
    """

    reasons: dict[tuple[str, int], str]

    def __contains__(self, place: tuple[str, int]) -> bool:
        return place in self.reasons


def find_lapsed(instance: Instance, decided: Decided, start: int) -> Lapsed:
    """Return the rows of an instance that have lapsed by month ``start``, with what is about them alone."""
    found = Lapsed({})
    for name, table in load_schema().tables.items():
        for position, row in enumerate(instance.rows[name]):
            reason = "" if name == TABLE else _reason(instance, table, row, decided, start)
            if reason:
                found.reasons[name, position] = reason
    _keep_needed(instance, found)
    for name, position in list(found.reasons):
        for place in _about(instance, name, instance.rows[name][position]):
            found.reasons.setdefault(place, "")
    return found


# ---------------------------------------------------------------- reasons
def _reason(instance: Instance, table: Table, row: Any, decided: Decided, start: int) -> str:
    """Return why a row has lapsed; ``""`` if it has not."""
    for column in table.columns.values():
        until = getattr(row, column.attribute)
        if column.until and until is not None and until <= start:
            return f"there until {instance.label(until)}"
    if not table.window:
        return ""
    last = getattr(row, table.columns[table.window[1]].attribute)
    if not table.decisions:
        return f"its last month was {instance.label(last)}" if last is not None and last < start else ""
    return _item_reason(instance, table, row, decided, start, last)


def _item_reason(instance: Instance, table: Table, row: Any, decided: Decided, start: int, last: int) -> str:
    """Return why nothing of an item is left and nothing of it can be decided any more; ``""`` if something can."""
    mine = decided.about(table.name, getattr(row, table.name_column))
    if not decided.is_over(table.name, row):
        return ""
    if table.is_agreement and row.committed_blocks is not None:
        return "what was agreed is over" if row.committed_blocks else ""
    if mine and table.decisions[0] == "start_run":
        return f"it is done since {instance.label(max(one.ends for one in mine) + 1)}"
    if mine and table.decisions[0] == "commit_spend":
        return "its years are over"
    if any(one not in decided.over(table.name, row) for one in mine):
        return ""
    return _closed(instance, table, row, start, last)


def _closed(instance: Instance, table: Table, row: Any, start: int, last: int) -> str:
    """Return why nothing of an item can be decided from a month on; ``""`` if something can."""
    if last != instance.head.months - 1 and last < start + (row.lead_months if table.is_agreement else 0):
        return f"it was possible until {instance.label(last)}"
    if table.is_agreement and row.ends_by is not None:
        term = row.min_term_months if row.term_months is None else row.term_months
        if row.ends_by - max(term, 1) + 1 < start + row.lead_months:
            return f"too late for its term to end by {instance.label(row.ends_by)}"
    return ""


# ---------------------------------------------------------------- what stays
def _keep_needed(instance: Instance, found: Lapsed) -> None:
    """Keep lapsed rows that other rows name, that mention a region first, or that are the first of what is needed."""
    while kept := {place for place in found.reasons if _is_needed(instance, *place, found)}:
        for place in kept:
            del found.reasons[place]


def _is_needed(instance: Instance, name: str, position: int, found: Lapsed) -> bool:
    schema, row = load_schema(), instance.rows[name][position]
    for column in schema.tables[name].columns.values():
        target, value = f"{name}.{column.name}", getattr(row, column.attribute)
        if column.type == "name" and any(_names(instance, found, target, value)):
            return True
        mentions = schema.members.get(_MENTION, ())
        if target in mentions and value and _first(instance, mentions, value) == (name, position):
            return True
    sets = [tables for tables in schema.needed.values() if name in tables]
    return any(_first(instance, tables) == (name, position) for tables in sets)


def _first(instance: Instance, targets: Iterable[str], value: str = "") -> tuple[str, int]:
    """Return the place of the first row of some tables, or of the first that mentions a value in a ``table.column``.

    It stays, so that it does not matter in how many steps an instance is rolled.
    """
    for target in targets:
        table, _, column = target.partition(".")
        for position, row in enumerate(instance.rows[table]):
            if not value or getattr(row, column) == value:
                return table, position
    return "", 0


def _left(instance: Instance, found: Lapsed, table: str) -> Iterator[Any]:
    """Yield the rows of a table that stay."""
    return (row for position, row in enumerate(instance.rows[table]) if (table, position) not in found)


def _names(instance: Instance, found: Lapsed, target: str, value: str) -> Iterator[Any]:
    """Yield the rows that stay and name an item without being about it: that renew, require or follow it."""
    for name, table in load_schema().tables.items():
        columns = [c for c in table.columns.values() if target in c.refers and not c.required]
        for column in columns:
            yield from (row for row in _left(instance, found, name) if getattr(row, column.attribute) == value)


def _about(instance: Instance, name: str, row: Any) -> Iterator[tuple[str, int]]:
    """Yield the places of rows that are about an item alone: of prices, ramps, rule terms."""
    own = load_schema().tables[name].name_column
    if not own:
        return
    target, value = f"{name}.{own}", getattr(row, own)
    for other, table in load_schema().tables.items():
        for column in table.columns.values():
            if column.required and target in column.refers and not _is_of_others(instance, column, target, value):
                for position, one in enumerate(instance.rows[other]):
                    if getattr(one, column.attribute) == value:
                        yield other, position


def _is_of_others(instance: Instance, column: Column, target: str, value: str) -> bool:
    """Whether a name that a column refers to is that of a row of another table too."""
    others: Collection[str] = [one for one in column.refers if one != target]
    named: Mapping[str, Mapping[str, Any]] = instance.named
    return any(value in named[one.split(".")[0]] for one in others if one.split(".")[0] in named)
