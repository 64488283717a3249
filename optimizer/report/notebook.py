"""How a plan shows itself in a notebook."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from optimizer.format import month_text
from optimizer.report.charts import PlanContext
from optimizer.report.headline import cards, later_steps, next_steps
from optimizer.report.page import render

if TYPE_CHECKING:
    from optimizer.plan.plan import Plan


def register(shell: Any) -> None:
    """Let an IPython shell show plans as :func:`plan_html` does."""
    formatter = shell.display_formatter.formatters["text/html"]
    formatter.for_type_by_name("optimizer.plan.plan", "Plan", plan_html)


def plan_html(plan: Plan) -> str:
    """A fragment of HTML: figures for a first look, and what to do soon. It holds no script and loads nothing."""
    context, head = PlanContext(plan), plan.instance.head
    span = f"{month_text(context.months[0])} to {month_text(context.months[-1])}"
    return render(
        "notebook.html.j2",
        title=head.title or head.name,
        subtitle=f"{head.name}, {head.months} months, {span}, in {head.currency}",
        cards=cards(context),
        steps=[next_steps(plan), later_steps(plan)],
        figures="Figures: optimizer.figures(plan).capacity(), .decisions()... Tables: plan.decisions, plan.cash...",
    )
