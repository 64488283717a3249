"""Warnings on months as they were written: dates that may be another month, rows that the plan never reaches."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from typing import Any

from optimizer.errors import Fault
from optimizer.instance.cell_value import month_label
from optimizer.instance.data import Data, Record, TypedTable
from optimizer.instance.month_reading import is_last_day, odd_date
from optimizer.instance.raw import quoted, shown


def odd_dates(data: Data) -> None:
    """Warn of dates in cells of months that are not the first day of one, such as one with day and month swapped.

    A column of several dates that are all last days of their months says what it means.
    """
    for key, column in data.schema.head.columns.items():
        found = data.raw.head.get(key)
        if column.type == "month" and isinstance(found, date) and (problem := odd_date(found)):
            row, cell = data.raw.head_places.get(key, (None, ""))
            data.warnings.append(Fault(data.raw.head_where, row, key, shown(found), problem, cell=cell))
    for table in data.tables.values():
        for name, column in table.spec.columns.items():
            if column.type == "month":
                _odd_column(data, table, name)


def _odd_column(data: Data, table: TypedTable, name: str) -> None:
    dated = [record for record in table.records if isinstance(record.found.get(name), date)]
    if len(dated) > 1 and all(is_last_day(record.found[name]) for record in dated):
        return
    for record in dated:
        if problem := odd_date(record.found[name]):
            data.fault(table, record, name, problem, warn=True)


def superseded(data: Data) -> None:
    """Warn of rows of a step series by month that another row of the same item replaces before the plan starts."""
    for table in data.tables.values():
        if table.spec.step == "month":
            series: dict[Any, list[Record]] = defaultdict(list)
            for record in table.records:
                if record.values["month"] <= 0:
                    series[record.values[table.spec.key[0]]].append(record)
            for name, records in series.items():
                if len(records) > 1:
                    _superseded(data, table, name, records)


def _superseded(data: Data, table: TypedTable, name: str, records: list[Record]) -> None:
    """Warn once for an item, at the first of its rows without effect."""
    last = max(records, key=lambda record: record.values["month"])
    first = next(record for record in records if record is not last)
    more = len(records) - 2
    rows = f"this row and {more} more of {quoted(name)} have" if more else "this row has"
    month = month_label(data.head["start"] + last.values["month"])
    holds = f"row {last.row} ({month}) replaces it by the plan's first month"
    problem = f"{rows} no effect: {holds}. Correct its month, or remove it."
    data.fault(table, first, "month", problem, warn=True)
