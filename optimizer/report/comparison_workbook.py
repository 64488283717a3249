"""A comparison of plans as a workbook."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from optimizer.report.sheets import Book, Heading

if TYPE_CHECKING:
    from optimizer.plan.compare import Comparison
    from optimizer.plan.compare_uncertain import UncertainComparison

TABLES = {
    "decided": "What the plan that starts earlier decides before the other one starts, and what was decided",
    "causes": "Parts of the difference of the cost by changed input, in the order in which they were changed",
    "decisions": "Decisions that differ",
    "terms": "Money by cash term",
    "parties": "Money by party; blank: penalties",
    "items": "Money by item, with what changed in its decisions and inputs",
    "capacity": "Capacity by month and party, where it differs",
    "cost": "Money by month and party, where it differs",
    "service": "Demand and unserved work, by workload",
    "inputs": "Cells of the inputs that differ",
}
_OPTIONAL = ("decided", "causes")
_MONTHS = ("month", "month_planned", "month_decided", "month_a", "month_b", "starts_a", "starts_b", "ends_a", "ends_b")
_UNITS = {
    "amount": "{money}, nominal",
    "present_value": "{money}, discounted",
    "committed_cost": "{money}, nominal",
    "committed_now": "{money}, nominal",
    "cost": "{money}, discounted",
    "regret": "{money}, discounted",
    "probability": "share",
    "unserved_share": "share",
    "accelerators": "accelerators",
    "mw": "facility MW",
    "part": "{money}, discounted",
    "at_least": "{money}, discounted",
    "at_most": "{money}, discounted",
    "cells": "cells",
    "blocks": "blocks or lots",
    "blocks_planned": "blocks or lots",
    "blocks_decided": "blocks or lots",
    "demand": "reference-accelerator-months",
    "unserved": "reference-accelerator-months",
    "months_later": "months",
}
_HEADER = 5  # row of the table of plans on the summary


def write_comparison_workbook(comparisons: Sequence[Comparison], path: str | Path) -> Path:
    """Write comparisons of plans with the first one as a workbook.

    Parameters
    ----------
    comparisons : sequence of Comparison
        At least one; all with the same ``a``.
    path : str or Path
        File to write; folders on the way are made.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    CapoptError
        If a table has more rows than a sheet can hold.
    """
    book = Book(f"Comparison with {comparisons[0].names[0]}")
    summary, index = book.sheet("summary", "#1F55B3"), book.sheet("index", "#1F55B3")
    contents = [("summary", 0, "What each plan costs, and what makes them hard to compare")]
    for number, comparison in enumerate(comparisons, start=1):
        for name, meaning in tables_of(comparison).items():
            frame, sheet = getattr(comparison, name), _name(name, number, comparisons)
            title = f"{meaning}: {comparison.names[1]} (b) over {comparison.names[0]} (a)"
            book.table(sheet, title, headings(frame, comparison), frame, f"compare_{sheet}")
            contents.append((sheet, len(frame), title))
    _write_summary(book, summary, comparisons)
    book.index(index, f"Differences over {comparisons[0].names[0]}", contents)
    summary.activate()
    return book.save(path)


def tables_of(comparison: Comparison) -> dict[str, str]:
    """Return the tables of a comparison with their meaning: what only some comparisons have, if it has rows."""
    return {
        name: meaning for name, meaning in TABLES.items() if name not in _OPTIONAL or len(getattr(comparison, name))
    }


def _name(table: str, number: int, comparisons: Sequence[Comparison]) -> str:
    return f"{table}_{number}" if len(comparisons) > 1 else table


def headings(frame: pd.DataFrame, comparison: Comparison | UncertainComparison) -> list[Heading]:
    """Headings with units, and with the name of the plan that a column is of."""
    currency = comparison.b.instance.head.currency
    ends = {"a": comparison.names[0], "b": comparison.names[1], "difference": "difference"}
    found = []
    for name in map(str, frame.columns):
        base, _, end = name.rpartition("_")
        known = base if end in ends else name
        unit = _UNITS.get(known, "").format(money=currency)
        whose = ends.get(name, ends.get(end, "") if base else "")
        number = frame[name].dtype != object and known in _UNITS
        kind = "month" if name in _MONTHS else "number" if number else "text"
        found.append(Heading(name, kind, ", ".join(filter(None, (whose, unit)))))
    return found


def _write_summary(book: Book, sheet: Any, comparisons: Sequence[Comparison]) -> None:
    first = comparisons[0]
    book.put(sheet, 0, 0, "Comparison of plans", style="title")
    note = f"Differences are over {first.names[0]}; those of a plan with another currency are plain numbers."
    book.put(sheet, 1, 0, note, style="note")
    columns = (
        "plan",
        "currency",
        "from",
        "months",
        "net present cost",
        "difference",
        "of the sheets",
        "bound",
        "status",
    )
    for column, name in enumerate(columns):
        book.put(sheet, _HEADER, column, name, style="number_header" if 3 <= column < 8 else "header")
    _write_plan(book, sheet, _HEADER + 1, first.names[0], first.a)
    for number, comparison in enumerate(comparisons, start=1):
        row = _HEADER + 1 + number
        _write_plan(book, sheet, row, comparison.names[1], comparison.b)
        book.formula(sheet, row, 5, f"E{row + 1}-E{_HEADER + 2}", comparison.difference)
        total = float(comparison.terms["present_value_difference"].sum())
        table = f"compare_{_name('terms', number, comparisons)}"
        book.formula(sheet, row, 6, f"SUM({table}[present_value_difference])", total)
    row = _HEADER + len(comparisons) + 4
    for comparison in comparisons:
        for note in comparison.notes:
            book.put(sheet, row, 0, note)
            row += 1
    sheet.set_column(0, 0, 30)
    sheet.set_column(1, 8, 18)


def _write_plan(book: Book, sheet: Any, row: int, name: str, plan: Any) -> None:
    head = plan.instance.head
    for column, value in enumerate((name, head.currency, head.start, head.months, plan.objective)):
        book.put(sheet, row, column, value, "month" if column == 2 else "")
    book.put(sheet, row, 7, plan.bound)
    book.put(sheet, row, 8, plan.status)
