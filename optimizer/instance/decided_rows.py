"""A row of `decided` with the item that it is about, and what the checks of all kinds of decisions share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from optimizer.instance.cell_value import month_label
from optimizer.instance.data import BAD, Data, Record, TypedTable
from optimizer.instance.raw import quoted

NOISE = 1e-6  # relative: amounts of an earlier plan are met within it


@dataclass(frozen=True)
class Decided:
    """A valid row of `decided`, with the valid values of its item."""

    table: TypedTable
    record: Record
    item: dict[str, Any]

    @property
    def values(self) -> dict[str, Any]:
        """Values of the row."""
        return self.record.values

    def fault(self, data: Data, column: str, problem: str, nearest: str = "", warn: bool = False) -> None:
        """Report an error, or a warning, in a column of the row."""
        data.fault(self.table, self.record, column, problem, nearest, warn)


def label(data: Data, t: int) -> str:
    """Return month ``t``, counted from the plan's first, as ``YYYY-MM``."""
    return month_label(t + (0 if data.head["start"] is BAD else data.head["start"]))


def check_integer(data: Data, row: Decided) -> None:
    """Report a part of a block of an item that has integer blocks only."""
    blocks = row.values["blocks"]
    if row.item["integer"] and blocks != round(blocks):
        problem = f"{blocks:g} was decided, but {quoted(row.values['item'])} has integer blocks only. Correct it."
        row.fault(data, "blocks", problem)


def check_taken_once(data: Data, rows: list[Decided]) -> None:
    """Report what is taken in full, and once, and was decided otherwise."""
    for row in rows:
        if row.values["blocks"] != 1:
            problem = f"{row.values['blocks']:g} was decided, but {quoted(row.values['item'])} is taken in full. "
            row.fault(data, "blocks", f"{problem}Leave it blank, or leave the row out.")
    for row in rows[1:]:
        problem = f"{row.values['decision']} {quoted(row.values['item'])} was decided in row {rows[0].record.row} too. "
        row.fault(data, "item", f"{problem}It can be decided once; leave one of them out.")


def check_start(data: Data, row: Decided) -> int:
    """Return the month in which something starts; report a start before its decision."""
    start, month = row.values["starts"], row.values["month"]
    if start is not None and start < month:
        problem = f"{label(data, start)} is before the month of the decision, {label(data, month)}. "
        row.fault(data, "starts", f"{problem}Correct one of them.")
    return int(month if start is None else start)


def check_limit(data: Data, last: Decided, amount: float, limit: str, unit: str) -> None:
    """Report an amount above the limit of an item, at the last row that counts in it."""
    most = last.item[limit]
    if most is not None and amount > most * (1 + NOISE):
        problem = f"{amount:g} {unit} of {quoted(last.values['item'])} were decided, but its {limit} is {most:g}. "
        last.fault(data, "blocks", f"{problem}Correct the blocks or raise {limit}.")


def check_blank(data: Data, row: Decided, *columns: str) -> None:
    """Report values that a kind of decision does not have."""
    for column in columns:
        if row.values[column] not in (None, "", 0):
            row.fault(data, column, f"{row.values['decision']} has no {column}. Leave it blank.")


def check_month(data: Data, row: Decided, column: str, month: int | None, follows: str) -> None:
    """Warn of a month that is not the one that follows from others, which counts."""
    found = row.values[column]
    if found is not None and found != month:
        counts = "it has none" if month is None else f"{label(data, month)} counts"
        problem = f"{label(data, found)} does not follow from {follows} of {quoted(row.values['item'])}; "
        row.fault(data, column, f"{problem}{counts}. Leave it blank.", warn=True)


def decided_items(data: Data) -> set[tuple[str, str]]:
    """Return decisions and items of the rows of `decided`."""
    return {(record.values["decision"], record.values["item"]) for _, record in data.records("decided")}
