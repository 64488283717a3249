"""A plan as one self-contained page: sections in the order of a planner's questions."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from optimizer.files import write_file
from optimizer.format import level, money, month_text, percents, rounded
from optimizer.report import chart_capacity, chart_cash, chart_decisions, chart_exposure, chart_work
from optimizer.report.charts import Chart, PlanContext
from optimizer.report.grid import Grid
from optimizer.report.headline import cards, later_steps, next_steps
from optimizer.report.page import Cards, Drawn, Findings, Listed, Prose, Section, render_page
from optimizer.report.section_explained import explained
from optimizer.report.section_exposure import losses
from optimizer.report.section_inputs import inputs, provenance
from optimizer.report.section_rules import rules
from optimizer.report.shortcomings import changed, clashes, other_repairs

if TYPE_CHECKING:
    from optimizer.plan.plan import Plan


def write_html(plan: Plan, path: str | Path) -> Path:
    """Write a plan as a page.

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
    """
    target = Path(path)
    text = page(plan)
    return write_file(target, text)


def page(plan: Plan) -> str:
    """A plan as a page: one HTML document that needs nothing else."""
    context, head = PlanContext(plan), plan.instance.head
    span = f"{month_text(context.months[0])} to {month_text(context.months[-1])}"
    subtitle = f"Capacity plan {head.name}, {head.months} months, {span}, in {head.currency}"
    return render_page(head.title or head.name, subtitle, sections(context))


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
    return [
        _headline(context, findings),
        *_why_not(context.plan),
        _drawn("capacity", "Capacity over time", capacity),
        _drawn("decisions", "Decisions", [timeline]),
        _drawn("work", "What runs where", work),
        _drawn("power", "Power of the own sites", [power]),
        _drawn("cash", "Cash", cash),
        _drawn("exposure", "Exposure to providers and owners", exposure, _others(context), *losses(context)),
        Section("service", "Service and unserved work", _service(context)),
        rules(context),
        *explained(context),
        inputs(context.plan),
        provenance(context.plan),
    ]


def _why_not(plan: Plan) -> list[Section]:
    """Of a plan with something given up: what clashes, what was given up, and what could be instead."""
    lost = changed(plan)
    if not lost:
        return []
    rows = [(str(number), text) for number, text in enumerate(clashes(plan), start=1)]
    cost = money(plan.objective, plan.instance.head.currency)
    text = [f"With these changes, this plan, the best found, costs {cost}."]
    blocks: list[Any] = [Listed("Conflicts", Grid(("", "Conflict"), rows, 2))] if rows else []
    grid = Grid(("Given up", "Input", "In this plan", "Edit"), lost, 4)
    blocks += [Listed("Given up", grid), Prose(text)]
    others = [(str(number), text) for number, text in enumerate(other_repairs(plan), start=2)]
    if others:
        blocks.append(Listed("Other repairs at about the same cost", Grid(("", "Repair"), others, 2)))
    return [Section("conflicts", "Why no plan meets all rules", tuple(blocks))]


def _drawn(anchor: str, title: str, charts: list[Chart], *more: Any) -> Section:
    return Section(anchor, title, (*map(Drawn, charts), *(block for block in more if block)))


def _headline(context: PlanContext, findings: list[tuple[str, str]]) -> Section:
    blocks: list[Any] = [Cards(cards(context)), Findings(findings)]
    for caption, grid in (next_steps(context.plan), later_steps(context.plan)):
        blocks.append(Listed(caption, grid) if grid.rows else Prose([f"{caption}."]))
    return Section("headline", "Summary", tuple(blocks))


def _others(context: PlanContext) -> Prose | None:
    """Who stands behind the grey of other parties."""
    others = context.colours.others
    return Prose([f"Shown as other parties, in grey, on this page: {', '.join(others)}."]) if others else None


def _service(context: PlanContext) -> tuple[Any, ...]:
    return Drawn(chart_work.unserved(context)), Listed("Service level by workload", service_grid(context))


def service_grid(context: PlanContext) -> Grid:
    """A row for each workload: wanted, unserved, service level in all and in the worst month."""
    plan = context.plan
    columns = (
        "Workload",
        "Worst month",
        "Wanted",
        "Unserved",
        "Service level",
        "In the worst month",
        "Promised at least",
    )
    penalties = plan.cash[plan.cash["term"] == "unserved"].groupby("item")["amount"].sum()
    least = {row.workload: row.min_service for row in plan.instance.rows["workloads"]}
    rows = []
    for name, mine in plan.service.groupby("workload", sort=False):
        levels = (mine["served"] / mine["demand"].where(mine["demand"] > 0)).fillna(1.0)
        worst = int(levels.to_numpy().argmin())
        wanted, missing = float(mine["demand"].sum()), float(mine["unserved"].sum())
        lost = missing > 1e-9 * wanted
        share = level(1 - missing / wanted if lost else 1.0) if wanted else ""
        ends = (share, level(float(levels.iloc[worst])), percents(float(least.get(str(name), 0.0))))
        month = str(mine["month"].iloc[worst]) if lost else ""
        amounts = (rounded(wanted), rounded(missing) if lost else "")
        rows.append((str(name), month, *amounts, *ends, rounded(float(penalties.get(name, 0.0)))))
    note = "Wanted and unserved in reference-accelerator-months."
    return Grid((*columns, f"Penalties, {context.currency}"), rows, 2, note)
