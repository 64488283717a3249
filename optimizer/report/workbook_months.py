"""The sheet of a plan by month: capacity, work and money as live formulas over the plan's tables."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from optimizer.plan.headline import SOURCES
from optimizer.report.sheets import Book, place

if TYPE_CHECKING:
    from optimizer.plan.plan import Plan

SHEET = "by_month"
FIRST = 3  # row of the first month, counted from 0


@dataclass(frozen=True)
class Column:
    """A column: its header and unit, its formula in a row (counted from 0), and its values."""

    name: str
    unit: str
    formula: Callable[[int], str]
    values: list[float]
    total: bool = False


def write_months(book: Book, sheet: Any, plan: Plan) -> None:
    """Fill the sheet; the last but one row holds what is counted after the last month, the last one sums up."""
    months = month_labels(plan)
    columns = month_columns(plan)
    book.link(sheet, 0, 0, "index")
    book.put(
        sheet, 0, 1, "Month by month; every cell is a formula over the sheets of the plan's tables", style="strong"
    )
    book.put(sheet, FIRST - 1, 0, "month", style="header")
    for row, month in enumerate(months, start=FIRST):
        book.put(sheet, row, 0, month, "month")
    last = FIRST + len(months)
    book.put(sheet, last, 0, "all", style="sum")
    for position, column in enumerate(columns, start=1):
        book.put(sheet, FIRST - 2, position, column.unit, style="number_unit")
        book.put(sheet, FIRST - 1, position, column.name, style="number_header")
        for row, value in enumerate(column.values, start=FIRST):
            book.formula(sheet, row, position, column.formula(row), value)
        if column.total:
            span = f"SUM({place(FIRST, position)}:{place(last - 1, position)})"
            book.formula(sheet, last, position, span, sum(column.values), "sum")
    sheet.set_column(0, 0, 10)
    for position, column in enumerate(columns, start=1):
        sheet.set_column(position, position, max(17, len(column.name) + 3))
    sheet.set_row(FIRST - 1, 30)
    sheet.freeze_panes(FIRST, 1)
    sheet.repeat_rows(FIRST - 1)


def month_labels(plan: Plan) -> list[str]:
    """Months of the plan, and the one after the last, in which the residual value is counted."""
    return [plan.instance.label(t) for t in range(plan.instance.head.months + 1)]


def month_columns(plan: Plan) -> list[Column]:
    """All columns of the sheet, in their order."""
    currency = plan.instance.head.currency
    columns = [_source(plan, source) for source in SOURCES]
    columns.append(_all_sources(columns))
    for name in ("used", "leased_out", "idle"):
        columns.append(_sum(plan, "capacity", name, "accelerators"))
    columns.append(_sum(plan, "capacity", "mw", "facility MW when all runs"))
    for name in ("demand", "served", "unserved"):
        columns.append(_sum(plan, "service", name, "reference-accelerator-months", total=True))
    amount = _sum(plan, "cash", "amount", f"{currency}, nominal; money in is negative", total=True)
    position = len(columns) + 1
    columns += [amount, _cumulative(amount, position, currency)]
    columns.append(_sum(plan, "cash", "present_value", f"{currency}, discounted", total=True))
    owed = f"{currency}, nominal, at the month's start"
    columns.append(_sum(plan, "obligations", "owed", owed))
    return [*columns, _sum(plan, "obligations", "owed_after_horizon", f"{owed}, due after the plan")]


def position_of(columns: list[Column], name: str) -> int:
    """Position in the sheet of a column."""
    return 1 + [column.name for column in columns].index(name)


def _by_month(plan: Plan, table: pd.DataFrame, column: str) -> list[float]:
    sums = table.groupby("month")[column].sum().reindex(month_labels(plan), fill_value=0.0)
    return [float(value) for value in sums]


def _sum(plan: Plan, table: str, column: str, unit: str, total: bool = False) -> Column:
    def formula(row: int) -> str:
        return f"SUMIFS(plan_{table}[{column}],plan_{table}[month],$A{row + 1})"

    return Column(column, unit, formula, _by_month(plan, plan.tables[table], column), total)


def _source(plan: Plan, source: str) -> Column:
    def formula(row: int) -> str:
        months = f"plan_capacity[month],$A{row + 1}"
        return f'SUMIFS(plan_capacity[accelerators],{months},plan_capacity[source],"{source}")'

    table = plan.capacity[plan.capacity["source"] == source]
    return Column(source, "accelerators", formula, _by_month(plan, table, "accelerators"))


def _all_sources(columns: list[Column]) -> Column:
    values = [sum(found) for found in zip(*(column.values for column in columns), strict=True)]
    last = len(columns)
    return Column(
        "accelerators", "accelerators, all sources", lambda row: f"SUM({place(row, 1)}:{place(row, last)})", values
    )


def _cumulative(amount: Column, position: int, currency: str) -> Column:
    values = [float(value) for value in pd.Series(amount.values).cumsum()]
    first = place(FIRST, position, fixed=True)
    unit = f"{currency}, nominal, from the first month on"
    return Column("cumulative", unit, lambda row: f"SUM({first}:{place(row, position)})", values)
