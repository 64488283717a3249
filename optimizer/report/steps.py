"""Decisions as steps in the month they must be taken: notices come before the hand-backs they are for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from optimizer.format import count, money, month_cell, span_text
from optimizer.plan.hand_backs import BACK
from optimizer.report.document import Figure, Grid, Table

if TYPE_CHECKING:
    from optimizer.plan.plan import Plan

NEXT_MONTHS = 3
_SOON, _LATER = 30, 10
VERBS = {
    "order_build": "Order",
    "buy": "Buy",
    "sign": "Sign",
    "hand_back": "Hand back",
    "expire": "Runs out:",
    "lease_out": "Lease out",
    "take_back": "Take back",
    "commit_spend": "Commit to spend:",
    "start_run": "Start run",
}
PAST = {
    "order_build": "Ordered",
    "buy": "Bought",
    "sign": "Signed",
    "hand_back": "Notice given for",
    "lease_out": "Leased out",
    "take_back": "Notice given for",
    "commit_spend": "Committed to spend:",
    "start_run": "Placed run",
}


@dataclass(frozen=True)
class Step:
    """One step.

    Attributes
    ----------
    month : str
        Month to act in.
    text : str
        What to do, with whom.
    runs : str
        Months it is about.
    starts, ends : str
        First and last of these months; blank where there is none.
    blocks, accelerators, mw, cost : float
        Its size, and the money it commits.
    early : bool
        Whether it is a notice: the hand-back itself is a step too.
    bound : float
        Money that it binds: ``cost``, of a notice the fee of its hand-back.
    by_itself : bool
        Whether it happens without a decision: what runs out.
    """

    month: str
    text: str
    runs: str
    starts: str
    ends: str
    blocks: float
    accelerators: float
    mw: float
    cost: float
    early: bool = False
    bound: float = 0.0
    by_itself: bool = False


def steps(plan: Plan) -> list[Step]:
    """All steps of a plan, by month."""
    found = []
    for row in plan.decisions.to_dict("records"):
        if row["decision"] in BACK:
            without = plan.instance.label(plan.instance.month_index(row["ends"]) + 1)
            found += [_step(row, row["month"], early=True), _step(row, without, notice=row["month"])]
        else:
            found.append(_step(row, row["month"]))
    return sorted(found, key=lambda step: step.month)


def biggest(every: Sequence[Step], number: int) -> list[Step]:
    """Return the few steps that bind most money, by month; of as much money the most accelerators, then MW.

    What happens by itself comes last.
    """
    chosen = sorted(every, key=_rank)[:number]
    return sorted(chosen, key=lambda step: step.month)


def _rank(step: Step) -> tuple[float, bool, float, float]:
    return -abs(step.bound), step.by_itself, -abs(step.accelerators), -abs(step.mw)


def _step(row: dict[Any, Any], month: str, notice: str = "", early: bool = False) -> Step:
    text = _text(row["decision"], row["item"], row["party"], early)
    return Step(
        month=month,
        text=f"{text}, notice in {notice}" if notice else text,
        runs=months_text(row["starts"], row["ends"]),
        starts=row["starts"],
        ends=row["ends"],
        blocks=row["blocks"],
        accelerators=row["accelerators"],
        mw=row["mw"],
        cost=0.0 if early else row["committed_cost"],
        early=early,
        bound=row["committed_cost"],
        by_itself=row["decision"] == "expire",
    )


def _text(decision: str, item: str, party: str, is_notice: bool) -> str:
    verb = VERBS.get(decision, decision)
    text = f"Give notice: {verb[:1].lower()}{verb[1:]} {item}" if is_notice else f"{verb} {item}"
    return text if party in ("", "in_house") else f"{text} ({party})"


def act_text(decision: str, item: str, party: str) -> str:
    """Return what to do in the month of a decision, with whom: of a hand-back, to give notice."""
    return _text(decision, item, party, decision in BACK)


def months_text(starts: str, ends: str) -> str:
    """Return first and last month in a table, such as ``2026-05 to 2028-04``; either may be open."""
    first, last = month_cell(starts), month_cell(ends)
    if first and last:
        return first if first == last else f"{first} to {last}"
    if first:
        return f"from {first}"
    return f"until {last}" if last else ""


# ---------------------------------------------------------------- tables
def next_steps(plan: Plan) -> Table:
    """Return the steps of the next months; of many, those that bind most money."""
    first, last = plan.instance.label(0), plan.instance.label(min(NEXT_MONTHS, plan.instance.head.months) - 1)
    soon = [step for step in steps(plan) if step.month <= last]
    caption = f"What to do in the next {NEXT_MONTHS} months, {span_text(first, last)}"
    return Table(caption, steps_grid(plan, soon, _SOON), f"No decisions from {span_text(first, last)}.")


def later_steps(plan: Plan) -> Table:
    """Return the decisions after the next months that bind most money."""
    until = plan.instance.label(NEXT_MONTHS)
    later = [step for step in steps(plan) if step.month >= until and not step.early]
    return Table("Largest decisions after that", steps_grid(plan, later, _LATER), "No decisions after that.")


def steps_grid(plan: Plan, every: Sequence[Step], most: int) -> Grid:
    """Return steps as a table; of many, those that bind most money."""
    columns = ("Month", "Step", "Runs", "Blocks", "Accelerators", "MW", f"Commits, {plan.instance.head.currency}")
    rows = [
        (
            month_cell(step.month),
            step.text,
            step.runs,
            *(Figure(size, count, blank_zero=True) for size in (step.blocks, step.accelerators, step.mw)),
            Figure(step.cost, money, blank_zero=True),
        )
        for step in biggest(every, most)
    ]
    left = len(every) - len(rows)
    return Grid(columns, rows, 3, spare=("Blocks", "MW"), source="the plan's table decisions", left=left)
