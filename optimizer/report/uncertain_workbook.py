"""A plan under uncertainty as a workbook: a summary, the range over time, a sheet for each table, the inputs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from optimizer.format import money, percent
from optimizer.plan.tables import column_names
from optimizer.report.chart_fan import by_scenario, spread
from optimizer.report.colours import INK, PALETTE, SITE_SHADES
from optimizer.report.document import Figure, Grid, Table
from optimizer.report.section_information import CAPTION as INFORMATION
from optimizer.report.section_information import knowing_sentence, learn_sentence, ranked_risks
from optimizer.report.section_inputs import provenance_tables, warnings_table
from optimizer.report.section_now import now_tables
from optimizer.report.section_scenarios import hurting_sentences
from optimizer.report.sheets import Book
from optimizer.report.workbook_charts import COLUMNS, ROWS, finish_chart, money_scale, month_axis, value_axis
from optimizer.report.workbook_facts import Fact
from optimizer.report.workbook_summary import write_by_step, write_facts, write_heading, write_table

if TYPE_CHECKING:
    from optimizer.plan.plan import Plan

RANGE = "over_time"
_TOP, _CHARTS_AT, _FIRST = 3, 9, 4  # first row under the title, column of the charts, first row of a month
_MOST_BARS = 30  # scenarios in the chart
_LINES = (("Lowest", SITE_SHADES[3][0]), ("Median", INK), ("Highest", SITE_SHADES[1][0]), ("Expected", PALETTE[1][0]))
_TABLES = (
    ("capacity", "accelerators", "Accelerators", "accelerators"),
    ("cash", "amount", "Money out so far", "nominal, penalties included"),
    ("obligations", "owed", "Owed", "nominal, at the start of the month"),
)


def write_uncertain_summary(book: Book, sheet: Any, plan: Plan) -> None:
    """Fill the first sheet: key figures, what to do now, what it costs not to know, which scenarios hurt most."""
    head, number = plan.instance.head, len(plan.tables["scenarios"])
    book.put(sheet, 0, 0, head.title or head.name, style="title")
    span = f"{head.name}: {head.months} months from {head.start}, {number} scenarios, money in {head.currency}."
    book.put(sheet, 1, 0, span, style="note")
    row = write_facts(book, sheet, _TOP, "Summary", _facts(plan))
    for table in now_tables(plan):
        row = write_by_step(book, sheet, row + 1, table) if table.grid.rows or table.empty else row
    row = _write_information(book, sheet, row + 1, plan)
    first, *others = hurting_sentences(plan)
    row = _write_sentences(book, sheet, row + 1, first, others)
    bottom = _TOP + (1 + len(_TABLES)) * ROWS
    for table in (*provenance_tables(plan), warnings_table(plan)):
        row = write_table(book, sheet, max(row, bottom) + 1, table)
        bottom = 0
    _cost_chart(book, sheet, plan)
    for place_of, entry in enumerate(_TABLES):
        _range_chart(book, sheet, plan, entry, place_of)
    sheet.set_column(0, 0, 36)
    sheet.set_column(1, 1, 19)
    sheet.set_column(2, 24, 17)
    sheet.set_column(_CHARTS_AT - 1, _CHARTS_AT - 1, 3)
    sheet.print_area(0, 0, row - 1, _CHARTS_AT + COLUMNS - 1)


def _write_information(book: Book, sheet: Any, row: int, plan: Plan) -> int:
    """Write what knowing each risk saves, and which is worth learning about first; returns the row after the last."""
    currency = plan.instance.head.currency
    rows = [(one["risk"], *(_saving(one[end]) for end in ("at_least", "at_most"))) for one in ranked_risks(plan)]
    if rows:
        grid = Grid(("Risk", f"At least, {currency}", f"At most, {currency}"), rows)
        row = write_table(book, sheet, row, Table(INFORMATION, grid)) + 1
    return _write_sentences(book, sheet, row, "Worth learning about", [knowing_sentence(plan), learn_sentence(plan)])


def _saving(value: float) -> str:
    """Return a proven saving as a cell; to know more never costs more."""
    return "" if value != value else Figure(max(value, 0.0), money)


def _write_sentences(book: Book, sheet: Any, row: int, title: str, sentences: Sequence[str]) -> int:
    """Write sentences over the columns up to the charts; returns the row after the last."""
    write_heading(book, sheet, row, title)
    for at, text in enumerate(sentences, start=row + 1):
        sheet.merge_range(at, 0, at, _CHARTS_AT - 2, text, book.style("wrapped"))
        sheet.set_row(at, 30)
    return row + 1 + len(sentences)


def _facts(plan: Plan) -> list[Fact]:
    """Return the key figures with the formulas that give them."""
    head, currency = plan.head, plan.instance.head.currency
    table = "plan_scenarios[{}]"
    expected = f"SUMPRODUCT({table.format('probability')},{table.format('cost')})"
    found = [Fact("expected", "Expected cost", head["expected_cost"], f"{currency}, net present cost", expected)]
    found.append(Fact("worst", "Worst cost", head["worst_cost"], currency, f"MAX({table.format('cost')})"))
    found.append(
        Fact(
            "cvar", "CVaR", head["cvar"], f"{currency}, mean cost of the worst beyond {percent(head['risk']['level'])}"
        )
    )
    if head["risk"]["measure"] != "none":
        meaning = f"{currency}, {percent(head['risk']['weight'])} {head['risk']['measure']}, the rest expected cost"
        found.append(Fact("objective", "Objective", plan.objective, meaning))
    found.append(Fact("bound", "Proven bound", "none" if plan.bound is None else plan.bound, "no plan is below"))
    if plan.gap is not None:
        found.append(Fact("gap", "Gap, relative", plan.gap, "of the objective", style="percent"))
    for key, label in (("evpi", "Cost of not knowing"), ("vss", "Base data alone cost more")):
        for end, text in (("at_least", "at least"), ("at_most", "at most")):
            value = head[key][end]
            known = "unknown" if value is None else value
            found.append(Fact(f"{key}_{end}", f"{label}, {text}", known, f"{currency}, {key.upper()}"))
    return found


def write_range(book: Book, sheet: Any, plan: Plan) -> None:
    """Fill the sheet of the range over time: quantiles by probability of each month."""
    months = [plan.instance.label(t) for t in range(plan.instance.head.months)]
    book.link(sheet, 0, 0, "index")
    book.put(sheet, 0, 1, "Range over time: quantiles by probability of the scenarios, month by month", style="strong")
    book.put(sheet, _FIRST - 1, 0, "month", style="header")
    for row, month in enumerate(months, start=_FIRST):
        book.put(sheet, row, 0, month, "month")
    column = 1
    for entry in _TABLES:
        name, unit = entry[2], entry[3]
        for title, values in _spread(plan, entry):
            book.put(sheet, _FIRST - 3, column, name, style="number_unit")
            book.put(sheet, _FIRST - 2, column, unit, style="number_unit")
            book.put(sheet, _FIRST - 1, column, title, style="number_header")
            for row, value in enumerate(values, start=_FIRST):
                book.put(sheet, row, column, value)
            column += 1
    sheet.set_column(0, 0, 10)
    sheet.set_column(1, column, 15)
    sheet.set_row(_FIRST - 2, 30)
    sheet.freeze_panes(_FIRST, 1)
    sheet.repeat_rows(_FIRST - 1)


def _spread(plan: Plan, entry: tuple[str, str, str, str]) -> list[tuple[str, list[float]]]:
    sums = by_scenario(plan, entry[0], entry[1])
    return spread(plan, sums.cumsum(axis=1) if entry[0] == "cash" else sums)


def _cost_chart(book: Book, sheet: Any, plan: Plan) -> None:
    """Cost of every scenario and of its own best plan, as listed in the sheet of scenarios."""
    number = min(len(plan.tables["scenarios"]), _MOST_BARS)
    chart = book.book.add_chart({"type": "bar"})
    names, columns = ["scenarios", 3, 0, 2 + number, 0], column_names("scenarios")
    for label, column, colour in (("cost", "cost", PALETTE[4][0]), ("own best plan", "alone_cost", INK)):
        at = columns.index(column)
        values = ["scenarios", 3, at, 2 + number, at]
        chart.add_series(
            {"name": label, "categories": names, "values": values, "fill": {"color": colour}, "border": {"none": True}}
        )
    currency = plan.instance.head.currency
    unit, number_format = money_scale(plan.tables["scenarios"]["cost"], currency)
    some = f" of the first {number}" if number < len(plan.tables["scenarios"]) else ""
    finish_chart(chart, f"Cost by scenario{some}, net present value, {unit}", "")
    chart.set_x_axis(value_axis(number_format))
    chart.set_y_axis({**value_axis(""), "reverse": True, "major_gridlines": {"visible": False}})
    sheet.insert_chart(_TOP, _CHARTS_AT, chart, {"description": "Cost of every scenario"})


def _range_chart(book: Book, sheet: Any, plan: Plan, entry: tuple[str, str, str, str], number: int) -> None:
    """Lines of the lowest, the median, the highest and the expected value over time."""
    chart, found = book.book.add_chart({"type": "line"}), dict(_spread(plan, entry))
    last, first = _FIRST + plan.instance.head.months - 1, 1 + number * len(found)
    for name, colour in _LINES:
        column = first + list(found).index(name)
        line = {"color": colour, "width": 2, "dash_type": "dash" if name == "Expected" else "solid"}
        months, values = ([RANGE, _FIRST, at, last, at] for at in (0, column))
        chart.add_series({"name": name.lower(), "categories": months, "values": values, "line": line})
    scale = ("accelerators", "#,##0")
    if entry[0] != "capacity":
        scale = money_scale(found["Highest"], plan.instance.head.currency)
    finish_chart(chart, f"{entry[2]}, {entry[3]}", *scale)
    chart.set_x_axis(month_axis(plan.instance.head.months))
    at = _TOP + (number + 1) * ROWS
    sheet.insert_chart(at, _CHARTS_AT, chart, {"description": f"{entry[2]} over time"})
