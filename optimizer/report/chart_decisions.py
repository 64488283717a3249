"""The decisions of a plan on a timeline: orders and signatures, lead times, what is in force, notices and ends."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pandas as pd

from optimizer.format import count, money, month_text, shown, span_text
from optimizer.plan.earlier_decisions import earlier_decisions
from optimizer.plan.hand_backs import BACK
from optimizer.report.charts import Chart
from optimizer.report.colours import GRID, party_text
from optimizer.report.lanes import Span, add_lane, add_marks, add_spans, lanes
from optimizer.report.plan_context import PlanContext
from optimizer.report.steps import NEXT_MONTHS, PAST, steps, steps_grid
from optimizer.schema import load_schema

if TYPE_CHECKING:
    from optimizer.plan.plan import Plan

_LANES = 40
_ROWS = 400
_STARTS = ("order_build", "buy", "sign", "lease_out", "commit_spend")
_ENDS = (*BACK, "expire")
_MARKS = (
    ("order or signature", "triangle-right", _STARTS),
    ("hand-back or take-back", "square", BACK),
    ("runs out", "circle", ("expire",)),
)


_UNITS = (("accelerators", "accelerators"), ("mw", "MW"))
Stay = tuple[str, str, float]  # first month, last month ("" if it stays on), blocks


@dataclass
class Lane:
    """One item of the timeline.

    Attributes
    ----------
    item, party : str
        What, and with whom.
    rows : list of dict
        Its decisions in the plan.
    spans : list of (str, str)
        First and last months of the plan in which some of it is in force.
    most : float
        Blocks that are in force at once at most, also after the plan.
    before : list of dict
        Decisions about it that were made before the plan.
    """

    item: str
    party: str
    rows: list[dict[Any, Any]]
    spans: list[tuple[str, str]] = field(default_factory=list)
    most: float = 0.0
    before: list[dict[Any, Any]] = field(default_factory=list)

    @property
    def every(self) -> list[dict[Any, Any]]:
        """Its decisions, before the plan and in it."""
        return [*self.before, *self.rows]


def decisions(context: PlanContext) -> Chart:
    """Timeline of the decisions, a lane for each item; lead times are thin, what is in force is thick."""
    plan = context.plan
    found = timeline(plan)
    shown_lanes = _biggest(found, _LANES)
    figure = lanes(context, len(shown_lanes))
    spans: dict[str, list[Span]] = {}
    for number, lane in enumerate(shown_lanes):
        spans.setdefault(context.colours.group(lane.party), []).extend(_lane_spans(context, number, lane))
        add_lane(figure, number, f"{lane.item} ({party_text(lane.party)}){_size(lane)}")
    add_spans(figure, spans, context.colours)
    _draw_marks(figure, plan, shown_lanes)
    until = plan.instance.label(min(NEXT_MONTHS, context.horizon))
    band = {"x0": f"{context.start}-01", "x1": f"{until}-01", "fillcolor": GRID, "opacity": 0.45}
    figure.add_vrect(layer="below", line={"width": 0}, **band)
    note = "Thin: lead time, from order or signature to start. Thick: in force. Shaded: the next three months."
    if len(found) > len(shown_lanes):
        note += f" The {len(shown_lanes)} biggest of {len(found)} items."
    return Chart("decisions", _title(plan), figure, steps_grid(plan, steps(plan), _ROWS), note)


def timeline(plan: Plan) -> list[Lane]:
    """A lane for each item that something is decided about, by the first month to act in; runs have their own chart.

    Items that were decided on before the plan only come after these, if they last into it.
    """
    by_item: dict[str, Lane] = {}
    for row in plan.decisions.to_dict("records"):
        if row["decision"] in (*_STARTS, *_ENDS):
            by_item.setdefault(row["item"], Lane(row["item"], row["party"], [])).rows.append(row)
    for row in earlier_decisions(plan.instance).to_dict("records"):
        if row["decision"] in (*_STARTS, *_ENDS):
            by_item.setdefault(row["item"], Lane(row["item"], row["party"], [])).before.append(row)
    start, last = (plan.instance.label(t) for t in (0, plan.instance.head.months - 1))
    carried = _carried(plan)
    for lane in by_item.values():
        every = _stays(lane, carried.get(lane.item, []))
        stays = [(max(first, start), end, blocks) for first, end, blocks in every if not end or end >= start]
        ends = ((first, min(end or last, last)) for first, end, _ in stays)
        lane.spans = sorted((first, end) for first, end in ends if first <= end)
        lane.most = _most_at_once(stays)
    return [lane for lane in by_item.values() if lane.rows or lane.spans or _coming(lane, start)]


def _coming(lane: Lane, start: str) -> bool:
    """Whether something that was decided before the plan is still to start."""
    return any(row["starts"] > start for row in lane.before)


def _carried(plan: Plan) -> dict[str, list[Stay]]:
    """First month, last month (``""``: open) and blocks of what is agreed already by its row."""
    label = plan.instance.label
    agreed = [one for table in load_schema().agreements for one in plan.instance.named[table].items()]
    return {
        name: [
            (
                label(row.earliest),
                "" if row.term_months is None else label(row.earliest + row.term_months - 1),
                row.committed_blocks,
            )
        ]
        for name, row in agreed
        if row.committed_blocks
    }


def _stays(lane: Lane, carried: list[Stay]) -> list[Stay]:
    """Stays of its blocks: what has no end of its own ends as blocks are handed back or run out, the oldest first."""
    starts = [(row["starts"], row["ends"], row["blocks"]) for row in lane.every if row["decision"] in _STARTS]
    every = sorted([*carried, *starts], key=lambda start: start[0])
    found = [stay for stay in every if stay[1]]
    ends = sorted((row["ends"], row["blocks"]) for row in lane.every if row["decision"] in _ENDS)
    for first, _, blocks in [start for start in every if not start[1]]:
        left = blocks
        while left > 1e-9 and ends:
            end, closed = ends.pop(0)
            taken = min(left, closed)
            left -= taken
            found.append((first, end, taken))
            if closed - taken > 1e-9:
                ends.insert(0, (end, closed - taken))
        if left > 1e-9:
            found.append((first, "", left))
    return found


def _most_at_once(stays: list[Stay]) -> float:
    """Most blocks that stay in the same month: as many as there are when some of them start."""
    return max(
        (sum(n for first, end, n in stays if first <= month <= (end or month)) for month, *_ in stays), default=0
    )


def _biggest(found: list[Lane], most: int) -> list[Lane]:
    """The lanes that bind most money, in their order; of as much money the most accelerators, then MW."""

    def rank(lane: Lane) -> tuple[float, ...]:
        return tuple(-sum(abs(row[name]) for row in lane.every) for name in ("committed_cost", "accelerators", "mw"))

    kept = {lane.item for lane in sorted(found, key=rank)[:most]}
    return [lane for lane in found if lane.item in kept]


def _lane_spans(context: PlanContext, number: int, lane: Lane) -> list[Span]:
    """Bars of a lane: lead times, and what is in force."""
    spans = []
    for row in lane.every:
        if row["starts"] > max(row["month"], context.start):
            before = str(pd.Period(row["starts"], freq="M") - 1)
            text = f"{row['item']}: lead time, {span_text(row['month'], before)}"
            first = max(row["month"], context.start)
            spans.append(Span(number, first, min(before, context.months[-1]), text, thin=True))
    for first, end in lane.spans:
        text = f"{lane.item}: in force, {span_text(first, end)}"
        spans.append(Span(number, first, end, text))
    return spans


def _size(lane: Lane) -> str:
    """How much of it is in force at once at most, and how often that was ordered or signed."""
    rows = [row for row in lane.every if row["blocks"] > 0]
    sizes = ((rows[0][key] / rows[0]["blocks"] * lane.most, unit) for key, unit in _UNITS) if rows else ()
    parts = [f"{count(number)} {unit}" for number, unit in sizes if number]
    acts = [row["decision"] for row in lane.rows if row["decision"] in _STARTS]
    if not parts or len(acts) < 2:
        return f": {', '.join(parts)}" if parts else ""
    noun = "orders" if acts[0] in ("order_build", "buy") else "signatures"
    return f": at most {', '.join(parts)} at once ({len(acts)} {noun})"


def _draw_marks(figure: Any, plan: Plan, shown_lanes: list[Lane]) -> None:
    early, start = [], plan.instance.label(0)
    before = [
        (
            start,
            number,
            f"{row['item']}: {PAST[row['decision']].rstrip(':').lower()} before the plan, {month_text(row['month'])}",
        )
        for number, lane in enumerate(shown_lanes)
        for row in lane.before
        if not (row["ends"] and row["ends"] < start)
    ]
    if before:
        add_marks(figure, before, "decided before the plan", "triangle-down")
    for label, symbol, kinds in _MARKS:
        marks = []
        for number, lane in enumerate(shown_lanes):
            for row in lane.rows:
                if row["decision"] in kinds:
                    month = row["month"]
                    if row["decision"] in BACK:
                        early.append((month, number, f"{row['item']}: notice, {month_text(month)}"))
                        month = str(pd.Period(row["ends"], freq="M") + 1)
                    marks.append((month, number, f"{row['item']}: {label}, {month_text(month)}"))
        if marks:
            add_marks(figure, marks, label, symbol)
    if early:
        add_marks(figure, early, "notice", "diamond")


def _title(plan: Plan) -> str:
    acts = plan.decisions[plan.decisions["decision"].isin([*_STARTS, *BACK, "start_run"])]
    if acts.empty:
        return "There is nothing to decide in this plan."
    top = acts.iloc[int(acts["committed_cost"].abs().to_numpy().argmax())]
    amount = money(abs(float(top["committed_cost"])), plan.instance.head.currency)
    many = f"{len(acts)} decision{'s' if len(acts) != 1 else ''} to take"
    if not top["committed_cost"]:
        return f"{many}; none of them commits money."
    what = f"{shown(str(top['item']), 40)} in {month_text(str(top['month']))}"
    return f"{many}; the largest {'earns' if top['committed_cost'] < 0 else 'commits'} {amount}: {what}."
