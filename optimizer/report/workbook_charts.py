"""Native charts on the summary of a plan's workbook."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from optimizer.format import scale_of
from optimizer.plan.headline import SOURCES
from optimizer.report.colours import INK, MUTED, term_colour
from optimizer.report.sheets import Book
from optimizer.report.workbook_months import FIRST, SHEET, Column, position_of

ROWS, COLUMNS = 19, 7  # rows and columns that a chart covers
_SIZE = {"width": 860, "height": 360}
# The cash term whose colour a source has, so that both charts show it in the same one.
_TERMS = {"in_house": "purchase", "contract": "contract", "on_demand": "on_demand"}
_NAMES = {"in_house": "in-house", "contract": "contracts", "on_demand": "on demand"}


@dataclass(frozen=True)
class Area:
    """Money by year and term on the summary: first and last row of the numbers, their terms, and sums by year."""

    first: int
    last: int
    terms: tuple[str, ...]
    sums: tuple[float, ...] = ()


def capacity(book: Book, sheet: Any, months: list[Column], at: tuple[int, int]) -> None:
    """Accelerators by source, stacked, with those in use as a line."""
    chart = book.book.add_chart({"type": "area", "subtype": "stacked"})
    for source in SOURCES:
        fill = {"fill": {"color": term_colour(_TERMS[source])}, "border": {"none": True}}
        chart.add_series({"name": _NAMES[source], **_month_cells(months, source), **fill})
    line = book.book.add_chart({"type": "line"})
    style = {"line": {"color": INK, "width": 1.75, "dash_type": "dash"}}
    line.add_series({"name": "in use", **_month_cells(months, "used"), **style})
    chart.combine(line)
    finish_chart(chart, "Accelerators by source, and those in use", "accelerators")
    chart.set_x_axis(month_axis(len(months[0].values) - 1))
    sheet.insert_chart(*at, chart, {"description": "Accelerators by source over time"})


def cumulative(book: Book, sheet: Any, months: list[Column], currency: str, at: tuple[int, int]) -> None:
    """Money out so far."""
    chart = book.book.add_chart({"type": "line"})
    style = {"line": {"color": INK, "width": 2.25}}
    values = months[position_of(months, "cumulative") - 1].values
    chart.add_series({"name": "cumulative", **_month_cells(months, "cumulative"), **style})
    finish_chart(chart, "Money out so far, penalties included, nominal", *money_scale(values, currency))
    chart.set_legend({"none": True})
    chart.set_x_axis(month_axis(len(months[0].values) - 1))
    sheet.insert_chart(*at, chart, {"description": "Cumulative money out over time"})


def obligations(book: Book, sheet: Any, months: list[Column], currency: str, at: tuple[int, int]) -> None:
    """What is owed at the start of each month, and the part of it that falls due after the plan."""
    chart = book.book.add_chart({"type": "line"})
    style = {"line": {"color": INK, "width": 2.25}}
    dashed = {"line": {"color": MUTED, "width": 1.75, "dash_type": "dash"}}
    chart.add_series({"name": "owed", **_month_cells(months, "owed"), **style})
    chart.add_series({"name": "due after the plan", **_month_cells(months, "owed_after_horizon"), **dashed})
    values = months[position_of(months, "owed") - 1].values
    finish_chart(chart, "Still to be paid if left as early as allowed, nominal", *money_scale(values, currency))
    chart.set_x_axis(month_axis(len(months[0].values) - 1))
    sheet.insert_chart(*at, chart, {"description": "What is owed over time"})


def cash(book: Book, sheet: Any, area: Area, currency: str, at: tuple[int, int]) -> None:
    """Money by year and term, stacked; money in goes below zero."""
    chart = book.book.add_chart({"type": "column", "subtype": "stacked"})
    name, years = sheet.get_name(), [sheet.get_name(), area.first, 0, area.last, 0]
    for column, term in enumerate(area.terms, start=1):
        values = [name, area.first, column, area.last, column]
        fill = {"fill": {"color": term_colour(term)}, "border": {"none": True}, "gap": 60}
        chart.add_series({"name": [name, area.first - 1, column], "categories": years, "values": values, **fill})
    finish_chart(chart, "Money by year and term, nominal; money in is below zero", *money_scale(area.sums, currency))
    chart.set_x_axis({**_axis(""), "label_position": "low"})
    if area.terms:
        sheet.insert_chart(*at, chart, {"description": "Money by year and term"})


def _month_cells(months: list[Column], name: str) -> dict[str, list[Any]]:
    """Categories and values of a column of the sheet by month, without the month after the last."""
    at, last = position_of(months, name), FIRST + len(months[0].values) - 2
    return {"categories": [SHEET, FIRST, 0, last, 0], "values": [SHEET, FIRST, at, last, at]}


def month_axis(number: int) -> dict[str, Any]:
    """Return a date axis of so many months with a dozen labels at most."""
    step = next((step for step in (1, 2, 3, 6, 12, 24) if number <= 14 * step), 24)
    unit = {"major_unit": step, "major_unit_type": "months"}
    return {**_axis(""), "date_axis": True, "num_format": "mmm yy", **unit, "label_position": "low"}


def _axis(title: str) -> dict[str, Any]:
    font = {"color": MUTED, "size": 9, "bold": False}
    return {"name": title, "name_font": font, "num_font": font, "line": {"color": MUTED}}


def money_scale(amounts: Iterable[float], currency: str) -> tuple[str, str]:
    """Unit and number format of an axis of money: in thousands, millions, billions... as fits."""
    size, name = scale_of(list(amounts))
    return f"{name} {currency}".strip(), "#,##0" + "," * round(math.log10(size) / 3)


def value_axis(number: str) -> dict[str, Any]:
    """Return an axis of numbers in a format, with lines across."""
    lines = {"major_gridlines": {"visible": True, "line": {"color": "#dfe4e9", "width": 0.75}}}
    return {**_axis(""), **lines, **({"num_format": number} if number else {})}


def finish_chart(chart: Any, title: str, unit: str, number: str = "#,##0") -> None:
    """Give a chart its title, its axis of values, its legend and its size."""
    chart.set_title({"name": title, "name_font": {"size": 12, "color": INK, "bold": True}, "overlay": False})
    chart.set_y_axis({**value_axis(number), "name": unit})
    chart.set_legend({"position": "bottom"})
    chart.set_size(_SIZE)
