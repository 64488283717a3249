"""The report of a plan under uncertainty: what to do now, what not knowing costs, every case, and single scenarios."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from optimizer.format import counted, money, percent, shown, span_text
from optimizer.instance.scenario import AS_PLANNED
from optimizer.plan.by_scenario import scenario_plan
from optimizer.plan.tables import SCENARIO
from optimizer.report.chart_fan import fan_charts
from optimizer.report.charts import Chart
from optimizer.report.document import Block, Document, Findings, KeyFigures, Section
from optimizer.report.plan_context import PlanContext
from optimizer.report.plan_document import sections
from optimizer.report.section_explained_uncertain import explained_uncertain
from optimizer.report.section_information import information_blocks, knowing_sentence, learn_sentence
from optimizer.report.section_inputs import inputs, provenance
from optimizer.report.section_now import now_sentence, now_tables
from optimizer.report.section_scenarios import costliest_first, scenario_blocks
from optimizer.report.section_tree import tree_blocks
from optimizer.report.uncertain_figures import audit_figure, cost_figures

if TYPE_CHECKING:
    from optimizer.plan.plan import Plan

_COMMON = ("why", "inputs", "provenance")  # sections that are about all scenarios
_CHOOSER = "Scenario in detail"


def uncertain_document(plan: Plan) -> Document:
    """Return the report of a plan under uncertainty as a document."""
    head, table = plan.instance.head, plan.tables["scenarios"]
    span = span_text(head.start, plan.instance.label(head.months - 1))
    months, number = counted(head.months, "month"), counted(len(table), "scenario")
    subtitle = f"Capacity plan {head.name}, {months}, {span}, {number}, in {head.currency}"
    choices = {f"s{place}": name for place, name in enumerate(shown_scenarios(plan), 1)}
    details = [part for key, name in choices.items() for part in _detail(plan, name, key)]
    labels = {key: _label(plan, name) for key, name in choices.items()}
    return Document(head.title or head.name, subtitle, [*_all(plan), *details, *_end(plan)], labels, _CHOOSER)


def _all(plan: Plan) -> list[Section]:
    """Return the sections about all scenarios."""
    return [
        Section("now", "What to do now", _now(plan)),
        Section("information", "What it costs not to know", information_blocks(plan)),
        Section("scenarios", "Cost by scenario", scenario_blocks(plan)),
        Section("tree", "What is decided in each case", tree_blocks(plan)),
        Section("range", "Range over time", fan_charts(plan)),
        *explained_uncertain(PlanContext(plan)),
    ]


def _now(plan: Plan) -> list[Block]:
    figures = KeyFigures([*cost_figures(plan), *audit_figure(plan)])
    currency = plan.instance.head.currency
    worst = costliest_first(plan).iloc[0]
    findings = [
        (now_sentence(plan), "tree"),
        (knowing_sentence(plan), "information"),
        (learn_sentence(plan), "information"),
        (f"At worst {money(worst['cost'], currency)}, if {shown(worst['changes'] or worst[SCENARIO])}.", "scenarios"),
    ]
    return [figures, Findings(findings), *now_tables(plan)]


def _end(plan: Plan) -> list[Section]:
    return [inputs(plan), provenance(plan)]


# ---------------------------------------------------------------- single scenarios
def shown_scenarios(plan: Plan) -> list[str]:
    """Return the scenarios that the report shows in detail: middle cost, as planned, the costliest, the cheapest."""
    table = costliest_first(plan)
    reached = table["probability"].cumsum().to_numpy()
    middle = table[SCENARIO].iloc[int((reached < 0.5 * reached[-1]).sum())]
    planned = table.loc[table["changes"] == AS_PLANNED, SCENARIO].tolist()
    names = [middle, *planned[:1], table[SCENARIO].iloc[0], table[SCENARIO].iloc[-1]]
    return list(dict.fromkeys(map(str, names)))


def _label(plan: Plan, name: str) -> str:
    """Return a scenario with its probability, its cost, and why it is shown."""
    table = costliest_first(plan)
    row = table[table[SCENARIO] == name].iloc[0]
    ends = {table[SCENARIO].iloc[0]: "costliest", table[SCENARIO].iloc[-1]: "cheapest"}
    roles = {**ends, shown_scenarios(plan)[0]: "middle"}
    role = f"{roles[name]}: " if name in roles else ""
    cost = money(row["cost"], plan.instance.head.currency)
    return f"{role}{shown(name, 60)} ({percent(row['probability'])}, {cost})"


def _detail(plan: Plan, name: str, key: str) -> list[Section]:
    """Return the usual sections of a plan for one scenario, with names of their own."""
    context = PlanContext(scenario_plan(plan, name))
    usual = [part for part in sections(context) if part.anchor not in _COMMON]
    names = {part.anchor: f"{key}-{part.anchor}" for part in usual}
    return [
        Section(names[part.anchor], part.title, [_renamed(block, names, key) for block in part.blocks], key)
        for part in usual
    ]


def _renamed(block: Block, names: Mapping[str, str], key: str) -> Block:
    """Return a block whose names are not those of another scenario's."""
    if isinstance(block, Chart):
        return replace(block, key=f"{key}-{block.key}")
    if isinstance(block, Findings):
        return Findings([(text, names.get(target, target)) for text, target in block.items])
    if isinstance(block, KeyFigures):
        return KeyFigures(_without_gap(block.figures))
    return block


def _without_gap(figures: Sequence[tuple[str, str, str]]) -> list[tuple[str, str, str]]:
    """Return key figures without the gap, which is proven of all scenarios together."""
    return [one for one in figures if one[0] != "Gap"]
