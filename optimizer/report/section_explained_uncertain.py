"""Sections of an explained plan under uncertainty: those of all scenarios together, and where scenarios differ."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import pandas as pd

from optimizer.format import count, month_cell, unit_value
from optimizer.plan.by_scenario import EVERY, is_uncertain
from optimizer.plan.tables import SCENARIO
from optimizer.report.colours import party_text
from optimizer.report.document import Grid, Prose, Section, Table
from optimizer.report.plan_context import PlanContext
from optimizer.report.section_explained import explained, scenarios_text

if TYPE_CHECKING:
    from optimizer.plan.plan import Plan

_MOST = 60
_NOT_EXPLAINED = (
    "Not computed yet. Run capopt explain on the folder of this plan: it computes the value of one more MW, "
    "accelerator or unit of money over all scenarios, the break-even prices of offers, and what deciding a month later "
    "costs. The report then includes it."
)
_LEFT = (
    "Not given for a plan under uncertainty: when to hand back earlier or later, events such as a slip of a site, the "
    "first month under such events, and caps on exposure. An event is a risk of the instance, and the table robustness "
    "says which decisions of now are right in every scenario; price a hand-back, a slip or a cap by capopt whatif with "
    "--set or --delay, which plans all scenarios again."
)


def explained_sections(context: PlanContext, tables: Mapping[str, pd.DataFrame] | None = None) -> list[Section]:
    """Return the sections of an explanation of any plan, of one future or under uncertainty."""
    return explained_uncertain(context, tables) if is_uncertain(context.plan) else explained(context, tables)


def explained_uncertain(context: PlanContext, tables: Mapping[str, pd.DataFrame] | None = None) -> list[Section]:
    """Return a section for each question that was answered; one that says how to query where there is none."""
    tables = context.plan.explained if tables is None else tables
    if not tables:
        return [Section("why", "Worth, offers and dates", (Prose([_NOT_EXPLAINED]),))]
    together = dict(tables)
    if "values" in tables:
        values = tables["values"]
        together["values"] = values[values[SCENARIO] == EVERY]
    found = explained(context, together)
    if "values" in tables:
        found = [_with_differences(one, context, tables["values"]) if one.anchor == "worth" else one for one in found]
    return [*found, Section("left", "What is not given", (Prose([_LEFT]),))]


def _with_differences(section: Section, context: PlanContext, values: pd.DataFrame) -> Section:
    """Return the section of marginal values with what they are of, and what they are where scenarios differ."""
    table = Table("Worth: where scenarios differ", _differences(context, values))
    text = Prose([f"One more, or fewer, in every scenario: by the change of {_measure(context.plan)}."])
    return replace(section, blocks=[text, *section.blocks, *([table] if table.grid.rows else [])])


def _measure(plan: Plan) -> str:
    head = plan.instance.head
    risky = head.risk_measure != "none" and head.risk_weight > 0
    return f"the objective, with risk measure {head.risk_measure}" if risky else "the expected cost"


def _differences(context: PlanContext, values: pd.DataFrame) -> Grid:
    """Items and months in which scenarios differ, those first where one more is worth most."""
    rows = values[values[SCENARIO] != EVERY]
    size = rows[["held", "held_fewer"]].abs().max(axis=1)
    found = [
        (
            *(party_text(str(row["item"])), str(row["kind"]), month_cell(row["month"])),
            *(scenarios_text(row[SCENARIO]), unit_value(float(row["held"])), unit_value(float(row["held_fewer"]))),
        )
        for row in rows.loc[size.sort_values(ascending=False, kind="stable").index].head(_MOST).to_dict("records")
    ]
    note = (
        f"Present value in {context.currency} in the scenario itself, at fixed decisions. Scenarios that are not "
        f"listed of an item and month have 0 there. All {count(len(rows))} rows are in the plan's table values."
    )
    columns = ("Item", "What", "Month", "In", "One more", "One fewer")
    return Grid(columns, found, 4, note, source="the plan's table values", left=len(rows) - len(found))
