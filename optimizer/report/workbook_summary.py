"""The summary of a plan's workbook: headline figures, next steps, money by year and party, and native charts."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pandas as pd

from optimizer.cash_terms import cash_terms
from optimizer.report import workbook_charts as charts
from optimizer.report.colours import term_label
from optimizer.report.document import Figure, Table
from optimizer.report.given_up import conflicts
from optimizer.report.section_inputs import provenance_tables, warnings_table
from optimizer.report.sheets import Book, place
from optimizer.report.steps import next_steps
from optimizer.report.totals_by_period import AFTER
from optimizer.report.workbook_facts import Fact, headline
from optimizer.report.workbook_months import month_columns

if TYPE_CHECKING:
    from optimizer.plan.plan import Plan

_LINE, _FITS = 15, 30  # points a line of text, and characters that fit the first column for sure
_TOP, _CHARTS_AT = 3, 8  # first row under the title, column at which the charts stand
_GAP, _LONG = 3, 17  # width of the column before the charts; characters of a header in one line


def write_summary(book: Book, sheet: Any, plan: Plan) -> None:
    """Fill the sheet."""
    head, months = plan.instance.head, month_columns(plan)
    book.put(sheet, 0, 0, head.title or head.name, style="title")
    span = f"{head.name}: {head.months} months from {head.start}, money in {head.currency}. Sums are live formulas."
    book.put(sheet, 1, 0, span, style="note")
    row = write_facts(book, sheet, _TOP, "Summary", headline(plan, months))
    for table in (block for block in conflicts(plan) if isinstance(block, Table)):
        row = write_table(book, sheet, row + 1, table)
    row = write_by_step(book, sheet, row + 1, next_steps(plan))
    row = _write_parties(book, sheet, row + 1, plan)
    owes = not plan.obligations.empty
    bottom = _TOP + (3 + owes) * charts.ROWS
    area = _write_years(book, sheet, max(row, bottom) + 1, plan)
    last = area.last + 1
    for table in (*provenance_tables(plan), warnings_table(plan)):
        last = write_table(book, sheet, last + 1, table)
    charts.capacity(book, sheet, months, (_TOP, _CHARTS_AT))
    charts.cash(book, sheet, area, head.currency, (_TOP + charts.ROWS, _CHARTS_AT))
    charts.cumulative(book, sheet, months, head.currency, (_TOP + 2 * charts.ROWS, _CHARTS_AT))
    if owes:
        charts.obligations(book, sheet, months, head.currency, (_TOP + 3 * charts.ROWS, _CHARTS_AT))
    sheet.set_column(0, 0, 36)
    sheet.set_column(1, 1, 19)
    sheet.set_column(2, 24, 17)
    if not area.terms[_CHARTS_AT - 2 :]:
        sheet.set_column(_CHARTS_AT - 1, _CHARTS_AT - 1, _GAP)
    columns = max(_CHARTS_AT + charts.COLUMNS, len(area.terms) + 2)
    sheet.print_area(0, 0, max(last, bottom) - 1, columns - 1)  # notes run over into empty columns


def write_heading(book: Book, sheet: Any, row: int, title: str, width: int = 6) -> None:
    """A heading with a line under it."""
    for column in range(width):
        sheet.write_blank(row, column, None, book.style("heading"))
    book.put(sheet, row, 0, title, style="heading")


def write_facts(book: Book, sheet: Any, row: int, title: str, facts: list[Fact]) -> int:
    """A heading, and a figure a row; returns the row after the last."""
    write_heading(book, sheet, row, title)
    cells = {fact.key: place(at, 1) for at, fact in enumerate(facts, start=row + 1)}
    for at, fact in enumerate(facts, start=row + 1):
        book.put(sheet, at, 0, fact.label)
        if fact.formula:
            book.formula(sheet, at, 1, fact.formula.format(**cells), float(fact.value), fact.style)
        else:
            book.put(sheet, at, 1, fact.value, style=fact.style)
        book.put(sheet, at, 2, fact.meaning, style="note")
    return row + len(facts) + 1


def write_by_step(book: Book, sheet: Any, row: int, table: Table) -> int:
    """Write a table of steps with what to do in the first, wide column; returns the row after the last."""
    grid = table.grid
    rows = [(what, month, *cells) for month, what, *cells in grid.rows]
    month, what, *names = grid.columns
    return write_table(book, sheet, row, replace(table, grid=replace(grid, columns=(what, month, *names), rows=rows)))


def write_table(book: Book, sheet: Any, row: int, table: Table) -> int:
    """Write a table of the document with its heading; returns the row after the last."""
    grid = table.grid
    write_heading(book, sheet, row, table.caption if grid.rows else table.empty, max(len(grid.columns), 6))
    if grid.rows and max(map(len, grid.columns[1:]), default=0) > _LONG:
        sheet.set_row(row + 1, 2 * _LINE)
    for column, name in enumerate(grid.columns if grid.rows else ()):
        book.put(sheet, row + 1, column, name, style="header" if column < grid.texts else "number_header")
    for at, cells in enumerate(grid.rows, start=row + 2):
        for column, cell in enumerate(cells):
            _write_cell(book, sheet, at, column, cell)
    last = row + 1 + (len(grid.rows) + 1 if grid.rows else 0)
    if grid.notes:
        book.put(sheet, last, 0, grid.notes, style="note")
    return last + bool(grid.notes)


def _write_cell(book: Book, sheet: Any, row: int, column: int, cell: str) -> None:
    if isinstance(cell, Figure):
        book.put(sheet, row, column, cell.value if cell else None)
    elif column:
        book.put(sheet, row, column, cell, "month")
    else:
        lines = -(-len(cell) // _FITS)  # not every program makes rows as high as their text
        sheet.set_row(row, _LINE * max(lines, 1))
        book.put(sheet, row, column, cell, style="wrapped")


# ---------------------------------------------------------------- money by year and party
def _windows(plan: Plan) -> list[tuple[str, str, str]]:
    """Calendar years of the plan, and what comes after: name, first month, first month beyond (``""`` if open)."""
    label, months = plan.instance.label, plan.instance.head.months
    first, beyond = label(0), label(months)
    years = range(int(first[:4]), int(label(months - 1)[:4]) + 1)
    found = [(str(year), f"{year}-01", min(f"{year + 1}-01", beyond)) for year in years]
    return [*found, (AFTER, beyond, "")] if (plan.cash["month"] >= beyond).any() else found


def _write_years(book: Book, sheet: Any, row: int, plan: Plan) -> charts.Area:
    """Money by year and term; returns where the numbers stand."""
    cash, currency = plan.cash, plan.instance.head.currency
    present = set(map(str, cash["term"]))
    terms = [*(term for term in cash_terms() if term in present), *sorted(present - set(cash_terms()))]
    title = f"Money by year and term, {currency}, nominal; money in is negative"
    write_heading(book, sheet, row, title, max(len(terms) + 2, 6))
    for column, name in enumerate(("year", *map(term_label, terms), "all")):
        book.put(sheet, row + 1, column, name, style="number_header" if column else "header")
    windows = _windows(plan)
    sums = [_write_year(book, sheet, at, window, terms, cash) for at, window in enumerate(windows, start=row + 2)]
    return charts.Area(row + 2, row + 1 + len(windows), tuple(terms), tuple(sums))


def _write_year(
    book: Book, sheet: Any, row: int, window: tuple[str, str, str], terms: list[str], cash: pd.DataFrame
) -> float:
    """Money of a year by term, and in all, which is returned."""
    name, first, beyond = window
    inside = cash[(cash["month"] >= first) & ((cash["month"] < beyond) | (beyond == ""))]
    amounts = inside.groupby("term")["amount"].sum()
    limits = f'plan_cash[month],">="&{_day(first)}' + (f',plan_cash[month],"<"&{_day(beyond)}' if beyond else "")
    book.put(sheet, row, 0, name)
    for column, term in enumerate(terms, start=1):
        formula = f'SUMIFS(plan_cash[amount],plan_cash[term],"{term}",{limits})'
        book.formula(sheet, row, column, formula, float(amounts.get(term, 0.0)))
    cells = f"SUM({place(row, 1)}:{place(row, len(terms))})"
    total = float(inside["amount"].sum())
    book.formula(sheet, row, len(terms) + 1, cells, total, "strong")
    return total


def _day(month: str) -> str:
    return f"DATE({int(month[:4])},{int(month[5:])},1)"


def _write_parties(book: Book, sheet: Any, row: int, plan: Plan) -> int:
    """Present value and nominal money by party; returns the row after the last."""
    currency = plan.instance.head.currency
    sums = plan.cash.groupby("party")[["present_value", "amount"]].sum().sort_values("present_value", ascending=False)
    write_heading(book, sheet, row, f"Money by party, {currency}; money in is negative")
    if sums.empty:
        book.put(sheet, row + 1, 0, "This plan has no payments.", style="note")
        return row + 2
    for column, name in enumerate(("party", "present value", "nominal")):
        book.put(sheet, row + 1, column, name, style="number_header" if column else "header")
    for at, (party, values) in enumerate(
        zip(map(str, sums.index), sums.to_numpy().tolist(), strict=True), start=row + 2
    ):
        book.put(sheet, at, 0, party or "(penalties)")
        wanted = place(at, 0) if party else '""'
        for column, name in enumerate(("present_value", "amount"), start=1):
            formula = f"SUMPRODUCT(EXACT(plan_cash[party],{wanted})*plan_cash[{name}])"
            book.formula(sheet, at, column, formula, values[column - 1])
    last = row + 1 + len(sums)
    for column in (1, 2):
        cells = f"SUM({place(row + 2, column)}:{place(last, column)})"
        book.formula(sheet, last + 1, column, cells, float(sums.iloc[:, column - 1].sum()), "sum")
    book.put(sheet, last + 1, 0, "all", style="sum")
    return last + 2
