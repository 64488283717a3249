"""Decisions as steps in the month they must be taken: notices come before the hand-backs they are for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from optimizer.plan.headline import notice_months

if TYPE_CHECKING:
    from optimizer.plan.plan import Plan

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
    months_of_notice = notices(plan)
    found = []
    for row in plan.decisions.to_dict("records"):
        months = months_of_notice.get(row["item"], 0) if row["decision"] in ("hand_back", "take_back") else 0
        month = plan.instance.label(plan.instance.month_index(row["month"]) - months)
        if months:
            found.append(_step(row, month, early=True))
        found.append(_step(row, row["month"], notice=month if months else ""))
    return sorted(found, key=lambda step: step.month)


def biggest(every: Sequence[Step], number: int) -> list[Step]:
    """Return the few steps that bind most money, by month; of as much money the most accelerators, then MW.

    What happens by itself comes last.
    """
    chosen = sorted(every, key=_rank)[:number]
    return sorted(chosen, key=lambda step: step.month)


def _rank(step: Step) -> tuple[float, bool, float, float]:
    return -abs(step.bound), step.by_itself, -abs(step.accelerators), -abs(step.mw)


def notices(plan: Plan) -> dict[str, int]:
    """Months of notice, by contract and outlet."""
    return notice_months(plan.instance)


def _step(row: dict[Any, Any], month: str, notice: str = "", early: bool = False) -> Step:
    verb = VERBS.get(row["decision"], row["decision"])
    text = f"Give notice: {verb[:1].lower()}{verb[1:]} {row['item']}" if early else f"{verb} {row['item']}"
    if row["party"] not in ("", "in_house"):
        text += f" ({row['party']})"
    return Step(
        month=month,
        text=f"{text}, notice in {notice}" if notice else text,
        runs=_runs(row["starts"], row["ends"]),
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


def _runs(starts: str, ends: str) -> str:
    if starts and ends:
        return starts if starts == ends else f"{starts} to {ends}"
    if starts:
        return f"from {starts}"
    return f"until {ends}" if ends else ""
