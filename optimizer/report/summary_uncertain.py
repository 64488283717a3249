"""The summary of a plan under uncertainty on a terminal: what to do now, what it costs, which scenarios hurt most."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.console import Group, RenderableType
from rich.text import Text

from optimizer.format import counted
from optimizer.report.document import Grid, KeyFigures, Prose, Table
from optimizer.report.section_information import information_table, learn_sentence
from optimizer.report.section_now import now_tables
from optimizer.report.section_scenarios import hurting_table
from optimizer.report.section_tree import nodes_table
from optimizer.report.terminal import draw, plain
from optimizer.report.uncertain_figures import audit_figure, cost_figures, information_figures

if TYPE_CHECKING:
    from optimizer.plan.plan import Plan

_STEPS, _RISKS, _NODES, _WARNINGS = 15, 6, 12, 20  # rows of a table


def summary_uncertain(plan: Plan, where: str = "", width: int = 100) -> str:
    """Return the summary as plain text; parameters as for :func:`render_uncertain`."""
    return plain(render_uncertain(plan, where, width), width)


def render_uncertain(plan: Plan, where: str = "", width: int = 100) -> Group:
    """Return the summary for a console.

    Parameters
    ----------
    plan : Plan
        Plan under uncertainty.
    where : str
        Where it was written; ``""`` leaves that line out.
    width : int
        Characters in a line; from 60.
    """
    head = plan.instance.head
    title = Text(head.name, style="bold")
    months, number = counted(head.months, "month"), counted(len(plan.tables["scenarios"]), "scenario")
    title.append(f"{f': {head.title}' if head.title else ''} ({months} from {head.start}, {number})", "not bold")
    figures = KeyFigures([*cost_figures(plan), *information_figures(plan), *audit_figure(plan)])
    information: list[Any] = [information_table(plan), Prose([learn_sentence(plan)])]
    if not len(plan.tables["information"]):
        information = []
    rows = [(str(warning),) for warning in plan.head.get("warnings") or []]
    warnings = Table("Warnings", Grid(("Warning",), rows, source="plan.json"))
    parts: list[RenderableType] = [
        *(title, "", *draw([figures], width), *draw(now_tables(plan), width, _STEPS)),
        *draw(information, width, _RISKS),
        *draw([hurting_table(plan), nodes_table(plan, _NODES)], width),
        *draw([warnings], width, _WARNINGS),
    ]
    return Group(*parts, *([Text.assemble(("Plan written to ", "bold"), where)] if where else []))
