"""Plans and instances as HTML in notebooks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from optimizer.format import counted, grouped, span_text
from optimizer.plan.by_scenario import is_uncertain
from optimizer.report.document import Grid, Table
from optimizer.report.html import render
from optimizer.report.key_figures import KeyFigure, key_figures
from optimizer.report.plan_context import PlanContext
from optimizer.report.section_now import now_tables
from optimizer.report.section_scenarios import hurting_table
from optimizer.report.steps import later_steps, next_steps
from optimizer.report.uncertain_figures import cost_figures, information_figures
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
    if is_uncertain(plan):
        tables = [*now_tables(plan), hurting_table(plan)]
        cards = [*cost_figures(plan), *information_figures(plan)]
        return _html(plan.instance, cards, tables, "Tables: plan.tables['scenarios'], plan.decisions...")
    texts = "Figures: optimizer.figures(plan).capacity(), .decisions()... Tables: plan.decisions, plan.cash..."
    figures = key_figures(PlanContext(plan)).figures
    return _html(plan.instance, figures, [next_steps(plan), later_steps(plan)], texts)


def instance_html(instance: Instance) -> str:
    """A fragment of HTML: the tables of an instance, and its warnings. It holds no script and loads nothing."""
    tables = load_schema().tables
    sizes = [(name, grouped(len(rows)), _plain(tables[name].meaning)) for name, rows in instance.rows.items() if rows]
    warnings = Grid(("Warning",), [(str(warning),) for warning in instance.warnings], source="instance.warnings")
    found = [Table("Tables", Grid(("Table", "Rows", "Meaning"), sizes, 3))]
    found += [Table("Warnings", warnings.head(_WARNINGS))] if instance.warnings else []
    return _html(instance, [], found, "Tables: instance.contracts, instance.demand... Next: optimizer.solve(instance)")


def _html(instance: Instance, figures: Sequence[KeyFigure], tables: Sequence[Table], note: str) -> str:
    head = instance.head
    span = span_text(head.start, instance.label(head.months - 1))
    return render(
        "notebook.html.j2",
        title=head.title or head.name,
        subtitle=f"{head.name}, {counted(head.months, 'month')}, {span}, in {head.currency}",
        cards=figures,
        steps=tables,
        figures=note,
    )


def _plain(text: str) -> str:
    return text.replace("`", "")
