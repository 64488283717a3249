"""The summary of a plan on a terminal: the part of its document that a first look needs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.text import Text

from optimizer.format import counted
from optimizer.report.document import Grid, Table
from optimizer.report.given_up import BREAKS, conflicts
from optimizer.report.key_figures import key_figures
from optimizer.report.plan_context import PlanContext
from optimizer.report.section_decided import decided_tables
from optimizer.report.section_near import near_tables
from optimizer.report.section_rules import rules_table, shortfalls_table
from optimizer.report.section_service import service_table
from optimizer.report.steps import later_steps, next_steps
from optimizer.report.terminal import draw, draw_table, grid_columns, plain
from optimizer.report.totals_by_period import capacity_table, cash_table
from optimizer.report.training_runs import calendar, runs_grid

if TYPE_CHECKING:
    from optimizer.plan.plan import Plan

_NARROW = 80  # below this width, columns are gathered
_MOST, _WARNINGS = 12, 20  # rows of a table
_LINE = 12  # least characters of a calendar line


def summary(plan: Plan, where: str = "", width: int = 100) -> str:
    """Return the summary as plain text; parameters as for :func:`render`."""
    return plain(render(plan, where, width), width)


def render(plan: Plan, where: str = "", width: int = 100) -> Group:
    """Return the summary for a console.

    Parameters
    ----------
    plan : Plan
        The plan.
    where : str
        Where it was written; ``""`` leaves that line out.
    width : int
        Characters in a line; from 60.
    """
    context, wide = PlanContext(plan), width >= _NARROW
    parts: list[RenderableType] = [*_title(plan), "", *draw([key_figures(context), *conflicts(plan)], width)]
    parts += draw([next_steps(plan), later_steps(plan), *decided_tables(plan), *near_tables(plan)], width, _MOST)
    parts += [*_runs(context, width), *draw([capacity_table(context, wide), cash_table(context, wide)], width)]
    tables = service_table(context, lacking=True), shortfalls_table(context), rules_table(context, tight=True)
    parts += [*draw(tables, width, _MOST), *_warnings(plan, width)]
    return Group(*parts, *([Text.assemble(("Plan written to ", "bold"), where)] if where else []))


def _title(plan: Plan) -> list[Text]:
    head = plan.instance.head
    title = Text(head.name, style="bold")
    title.append(
        f"{f': {head.title}' if head.title else ''} ({counted(head.months, 'month')} from {head.start})", "not bold"
    )
    return [title, Text(f"{BREAKS}.", style="bold red")] if plan.head.get("elastic") else [title]


def _runs(context: PlanContext, width: int) -> list[RenderableType]:
    """Training runs, each with a line over the months of the plan where there is room for it."""
    grid = runs_grid(context)
    if not grid.rows:
        return []
    free = width - sum(column.wanted + 3 for column in grid_columns(grid.head(_MOST)) if any(column.cells))
    lines = [calendar(context, _MOST, free)] if free >= _LINE and len(context.plan.runs) else []
    title = f"Training runs{'; ▒ after the target' if (context.plan.runs['late_months'] > 0).any() else ''}"
    return [*draw_table(Table(title, grid), width, _MOST, lines), ""]


def _warnings(plan: Plan, width: int) -> list[RenderableType]:
    rows = [(str(warning),) for warning in plan.head.get("warnings") or []]
    return draw([Table("Warnings", Grid(("Warning",), rows, source="plan.json"))], width, _WARNINGS)
