"""A plan as a workbook: a summary with charts, a sheet for each table of the plan, the inputs."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from optimizer.analysis.losses import losses
from optimizer.plan.by_scenario import is_uncertain
from optimizer.plan.tables import MONTH, SCENARIO, TABLES, PlanColumn, PlanTable
from optimizer.report.sheets import Book, Heading
from optimizer.report.uncertain_workbook import RANGE, write_range, write_uncertain_summary
from optimizer.report.workbook_months import SHEET, write_months
from optimizer.report.workbook_summary import write_summary
from optimizer.schema import load_schema

if TYPE_CHECKING:
    from optimizer.instance.instance import Instance
    from optimizer.plan.plan import Plan

_OUTPUT = "#1F55B3"
_LINK = re.compile(r"\[([^]]*)\]\([^)]*\)")  # of Markdown
_OF_SCENARIO = PlanColumn("scenario that the row is about; several are separated by `;`, and `*` stands for all")
_KINDS = {"number": "number", "integer": "number", "month": "month", "flag": "flag"}


def write_workbook(plan: Plan, path: str | Path) -> Path:
    """Write a plan as a workbook.

    Sums on the summary are live formulas over the sheets of the plan's tables.

    Parameters
    ----------
    plan : Plan
        The plan.
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
    head = plan.instance.head
    book = Book(head.title or head.name)
    by_month = RANGE if is_uncertain(plan) else SHEET
    summary, index, months = (book.sheet(name, _OUTPUT) for name in ("summary", "index", by_month))
    contents = [("summary", 0, "Headline figures with charts; its sums follow the other sheets"), _by_month(plan)]
    lost = {} if is_uncertain(plan) else {"losses": losses(plan)}
    tables = {**plan.tables, **lost, **plan.explained}
    for name, frame in tables.items():
        table = TABLES[name]
        book.table(name, table.meaning, _headings(table, frame, head.currency), frame, f"plan_{name}")
        contents.append((name, len(frame), table.meaning))
    contents += _write_inputs(book, plan.instance)
    if is_uncertain(plan):
        write_range(book, months, plan)
        write_uncertain_summary(book, summary, plan)
    else:
        write_months(book, months, plan)
        write_summary(book, summary, plan)
    note = f"{head.name}: {head.months} months from {head.start}, money in {head.currency}, power in facility MW"
    book.index(index, note, contents)
    summary.activate()
    return book.save(path)


def _by_month(plan: Plan) -> tuple[str, int, str]:
    """Return the entry of the index for the sheet by month."""
    if is_uncertain(plan):
        return RANGE, plan.instance.head.months, "Range of accelerators, money and obligations by month"
    return SHEET, plan.instance.head.months, "Capacity, work and money by month"


def _headings(table: PlanTable, frame: pd.DataFrame, currency: str) -> list[Heading]:
    """Headings of the sheet of a plan table."""
    found = []
    for name in map(str, frame.columns):
        column = table.columns.get(name, _OF_SCENARIO if name == SCENARIO else PlanColumn(""))
        meaning = _LINK.sub(r"\1", column.meaning).replace("`", "")
        unit = "" if column.unit in (MONTH, "flag") else column.unit.replace("money", currency)
        kind = "month" if column.unit == MONTH else _kind(frame[name])
        found.append(Heading(name, kind, unit, f"{meaning[:1].upper()}{meaning[1:]}." if meaning else ""))
    return found


def _kind(column: pd.Series[Any]) -> str:
    if pd.api.types.is_bool_dtype(column):
        return "flag"
    return "number" if pd.api.types.is_numeric_dtype(column) else "text"


def _write_inputs(book: Book, instance: Instance) -> list[tuple[str, int, str]]:
    """A sheet for the head and for each table of the instance that has rows."""
    schema = load_schema()
    facts = pd.DataFrame({"key": list(vars(instance.head)), "value": list(vars(instance.head).values())}, dtype=object)
    keys = [Heading("key"), Heading("value", meaning="What the key is set to.")]
    book.table("in_instance", schema.head.meaning.replace("`", ""), keys, facts)
    contents = [("in_instance", len(facts), f"Input. {schema.head.meaning}".replace("`", ""))]
    for name, table in schema.tables.items():
        if not instance.rows[name]:
            continue
        columns = [
            Heading(c.name, _KINDS.get(c.type, "text"), c.unit.replace("`", ""), c.meaning.replace("`", ""))
            for c in table.columns.values()
        ]
        meaning = table.meaning.replace("`", "")
        book.table(f"in_{name}", meaning, columns, instance.frame(name).astype(object), f"in_{name}")
        contents.append((f"in_{name}", len(instance.rows[name]), f"Input. {meaning}"))
    return contents
