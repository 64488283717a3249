"""The report of a plan as a document: sections in the order of a planner's questions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from optimizer.format import counted
from optimizer.report import chart_capacity, chart_cash, chart_decisions, chart_exposure, chart_work
from optimizer.report.document import Document, Findings, Prose, Section
from optimizer.report.given_up import conflicts
from optimizer.report.key_figures import key_figures
from optimizer.report.plan_context import PlanContext
from optimizer.report.section_decided import decided_section
from optimizer.report.section_explained import explained
from optimizer.report.section_exposure import losses
from optimizer.report.section_inputs import inputs, provenance
from optimizer.report.section_near import near_section
from optimizer.report.section_obligations import obligations
from optimizer.report.section_rules import rules
from optimizer.report.section_service import service_table
from optimizer.report.steps import later_steps, next_steps

if TYPE_CHECKING:
    from optimizer.plan.plan import Plan


def plan_document(plan: Plan) -> Document:
    """Return the report of a plan as a document."""
    context, head = PlanContext(plan), plan.instance.head
    subtitle = f"Capacity plan {head.name}, {counted(head.months, 'month')}, {context.span}, in {head.currency}"
    return Document(head.title or head.name, subtitle, sections(context))


def sections(context: PlanContext) -> list[Section]:
    """All sections of the page."""
    capacity = [chart_capacity.accelerators(context), chart_capacity.megawatts(context), chart_capacity.work(context)]
    timeline = chart_decisions.decisions(context)
    work = [chart_work.placement(context), chart_work.utilisation(context), chart_work.pools(context)]
    if context.plan.instance.rows["training_runs"]:
        work.insert(1, chart_work.runs(context))
    power = chart_capacity.power(context)
    cash = [
        chart_cash.cash(context),
        chart_cash.cash_by_year(context),
        chart_cash.cumulative(context),
        chart_cash.cash_by_party(context),
        chart_cash.cash_by_term(context),
    ]
    exposure = [chart_exposure.providers(context), chart_exposure.groups(context)]
    findings = [
        (capacity[0].title, "capacity"),
        (capacity[2].title, "service"),
        (timeline.title, "decisions"),
        (cash[0].title, "cash"),
        (exposure[1].title, "exposure"),
    ]
    plan = context.plan
    summary = (key_figures(context), Findings(findings), next_steps(plan), later_steps(plan))
    return [
        Section("headline", "Summary", summary),
        *_conflicts(context.plan),
        *near_section(context.plan),
        Section("capacity", "Capacity over time", capacity),
        Section("decisions", "Decisions", [timeline]),
        *decided_section(plan),
        Section("work", "What runs where", work),
        Section("power", "Power of the own sites", [power]),
        Section("cash", "Cash", cash),
        Section("obligations", "Obligations", obligations(context)),
        Section("exposure", "Exposure to providers and owners", (*exposure, *_others(context), *losses(context))),
        Section("service", "Service and unserved work", (chart_work.unserved(context), service_table(context))),
        rules(context),
        *explained(context),
        inputs(context.plan),
        provenance(context.plan),
    ]


def _conflicts(plan: Plan) -> list[Section]:
    blocks = conflicts(plan)
    return [Section("conflicts", "Why no plan meets all rules", blocks)] if blocks else []


def _others(context: PlanContext) -> list[Prose]:
    """The parties that share the grey."""
    others = context.colours.others
    return [Prose([f"Shown as other parties, in grey, on this page: {', '.join(others)}."])] if others else []
