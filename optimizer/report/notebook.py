"""Plans and instances as HTML in notebooks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from optimizer.format import month_text
from optimizer.report.charts import PlanContext
from optimizer.report.grid import Grid, first_rows
from optimizer.report.headline import cards, later_steps, next_steps
from optimizer.report.page import render
from optimizer.schema import load_schema

if TYPE_CHECKING:
    from optimizer.instance.instance import Instance
    from optimizer.plan.plan import Plan

_WARNINGS = 10  # warnings that are listed


def register(shell: Any) -> None:
    """Let an IPython shell show plans and instances as :func:`plan_html` and :func:`instance_html` do."""
    formatter = shell.display_formatter.formatters["text/html"]
    formatter.for_type_by_name("optimizer.plan.plan", "Plan", plan_html)
    formatter.for_type_by_name("optimizer.instance.instance", "Instance", instance_html)


def plan_html(plan: Plan) -> str:
    """A fragment of HTML: figures for a first look, and what to do soon. It holds no script and loads nothing."""
    figures = "Figures: optimizer.figures(plan).capacity(), .decisions()... Tables: plan.decisions, plan.cash..."
    return _html(plan.instance, cards(PlanContext(plan)), [next_steps(plan), later_steps(plan)], figures)


def instance_html(instance: Instance) -> str:
    """A fragment of HTML: the tables of an instance, and its warnings. It holds no script and loads nothing."""
    tables = load_schema().tables
    sizes = [(name, f"{len(rows):,}", _plain(tables[name].meaning)) for name, rows in instance.rows.items() if rows]
    found = [("Tables", Grid(("Table", "Rows", "Meaning"), sizes, 3))]
    if instance.warnings:
        texts = [(str(warning),) for warning in instance.warnings]
        found.append(("Warnings", first_rows(("Warning",), texts, _WARNINGS, "instance.warnings")))
    return _html(instance, [], found, "Tables: instance.contracts, instance.demand... Next: optimizer.solve(instance)")


def _html(instance: Instance, figures: Any, tables: list[tuple[str, Grid]], note: str) -> str:
    head = instance.head
    span = f"{month_text(head.start)} to {month_text(instance.label(head.months - 1))}"
    return render(
        "notebook.html.j2",
        title=head.title or head.name,
        subtitle=f"{head.name}, {head.months} months, {span}, in {head.currency}",
        cards=figures,
        steps=tables,
        figures=note,
    )


def _plain(text: str) -> str:
    return text.replace("`", "")
