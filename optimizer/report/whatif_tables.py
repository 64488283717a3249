"""Sweeps, near-optimal alternatives and explanations on a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.console import Group, RenderableType
from rich.text import Text

from optimizer.analysis.questions import NOT_EXAMINED
from optimizer.format import compact, count, counted, grouped, money, percent, signed_money
from optimizer.report import sentences
from optimizer.report.document import Grid, Prose, Table
from optimizer.report.plan_context import PlanContext
from optimizer.report.section_explained_uncertain import explained_sections
from optimizer.report.sentences import missing
from optimizer.report.steps import VERBS
from optimizer.report.terminal import draw, draw_table, plain

if TYPE_CHECKING:
    import pandas as pd

    from optimizer.analysis.alternatives_found import Alternatives
    from optimizer.analysis.explanation import Explanation
    from optimizer.plan.plan import Plan

_MOST = 20
_BETWEEN = "Of two figures in a cell, the outer one is proven for all plans, and a plan with the inner one was found."
_IN_SENTENCES = frozenset({"first", "leaving", "whatif", "less"})  # sections whose tables are in the plan folder only


def explanation_text(found: Explanation, width: int = 100) -> str:
    """Return an explanation as ``capopt explain`` prints it."""
    return plain(render_explanation(found, width), width)


def render_explanation(found: Explanation, width: int = 100) -> Group:
    """Return an explanation for a console: tables or sentences for each question that was answered."""
    doubts, parts = sentences.doubt(found.plan), []
    sections = explained_sections(PlanContext(found.plan), found.tables) if found.tables else []
    for section in sections:
        tables = [block for block in section.blocks if isinstance(block, Table)]
        if tables and section.anchor not in _IN_SENTENCES:
            parts += draw(tables, width, _MOST)
            continue
        texts = [text for block in section.blocks if isinstance(block, Prose) for text in block.paragraphs]
        texts = [text for text in texts if text not in doubts]
        parts += [Text(section.title, style="bold"), *draw([Prose(texts)], width)]
    searched = {*found.tables} & {"offers", "exits", "events", "caps"}
    first = [Text(f"{' '.join(doubts)} {_open_prices(found)}")] if doubts and _open_prices(found) else []
    return Group(*first, *parts, *map(Text, doubts if searched and not first else []))


def _open_prices(found: Explanation) -> str:
    """Return how many break-even prices the gap of the plan leaves open, and what narrows them; ``""`` if none."""
    table, plan = found.offers, found.plan
    left = 0 if table.empty else int((~table["proven"].astype(bool)).sum())
    if not left or not plan.gap:
        return ""
    seconds = plan.head.get("seconds", {}).get("solve")
    took = (
        ""
        if seconds is None
        else f", which is likely to take longer than the {grouped(float(seconds))} s of its search"
    )
    return (
        f"{left} of {counted(len(table), 'break-even price')} {'is' if left == 1 else 'are'} not proven to 0.1 %: "
        "a smaller gap of the plan narrows them. "
        f"capopt explain --tighten searches on to {percent(plan.gap / 10)}{took}."
    )


def sweep_table(table: pd.DataFrame, cell: str, plan: Plan, width: int = 100) -> RenderableType:
    """Return the costs over a range of one cell, with a bar for each."""
    costs = table["objective"].astype(float)
    low, span = costs.min(), max(float(costs.max() - costs.min()), 1e-12)
    rows = []
    for value, cost, gap, note in zip(table["value"], costs, table["gap"], table["note"], strict=True):
        change, bar = "", ""
        if not missing(cost):
            change, bar = signed_money(cost - plan.objective), "▇" * (1 + round(20 * (cost - low) / span))
        gap_text = "" if missing(gap) else percent(float(gap))
        rows.append((compact(float(value)), note or money(cost), change, gap_text, bar))
    columns = ("Value", f"Net present cost, {plan.instance.head.currency}", "Difference", "Gap", "Above the least")
    grid = Grid(columns, rows, 0, spare=("Gap", "Above the least"))
    return Group(*draw_table(Table(f"Sweep of {cell}", grid), width))


def alternatives_text(found: Alternatives, plan: Plan, width: int = 100) -> Group:
    """Return near-optimal alternatives for a console."""
    table = found.ranges[~(found.ranges["most"] <= 0)]
    rows = [(str(row.party), f"{_verb(row.kind)}, {row.unit}", *_interval(row)) for row in table.itertuples()]
    now = [
        (f"{_verb(row.decision)} {row.item}", "no regret" * bool(row.no_regret), *_range(row))
        for row in found.first.itertuples()
    ]
    title = f"Plans that cost at most {percent(found.within)} more than {money(plan.objective)}"
    ends = ("At least", "Plan", "At most")
    tables = [Table(title, Grid(("Party", "What", *ends), rows, 2))]
    tables += [Table("Decisions of the first month", Grid(("Decision this month", "", *ends), now, 2))] if now else []
    texts = [_BETWEEN] if any(" to " in end for row in rows for end in row[2:]) else []
    for number, other in enumerate(found.plans, start=1):
        more = f"{money(other.objective - plan.objective)} more"
        texts.append(f"Plan {number}: {money(other.objective)}, {more}, {counted(len(other.decisions), 'decision')}")
    return Group(*draw([*tables, Prose(texts)], width))


def _range(row: Any) -> tuple[str, str, str]:
    most = NOT_EXAMINED if missing(row.most) else count(float(row.most))
    return count(float(row.least)), count(float(row.plan)), most


def _interval(row: Any) -> tuple[str, str, str]:
    """Return the ends of a range; an end that is known to lie between a proven and a found amount with both."""
    least, plan, most = _range(row)
    low, high = count(float(row.least_found)), count(float(row.most_found))
    least = least if low == least else f"{least} to {low}"
    return least, plan, most if most in (NOT_EXAMINED, high) else f"{high} to {most}"


def _verb(kind: object) -> str:
    return "In use" if kind == "used" else VERBS.get(str(kind), str(kind)).rstrip(":")
