"""Events: a site slips, demand grows twice as fast, a lessor takes its capacity back; each is solved again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import pandas as pd

from optimizer.analysis.questions import NOT_EXAMINED
from optimizer.analysis.termination_timing import ITEMS, terminations
from optimizer.errors import AdditionError, NoFeasiblePlan, StoppedWithoutPlan
from optimizer.format import compact
from optimizer.instance.edit import Edit
from optimizer.plan.plan import Plan
from optimizer.plan.tables import column_names
from optimizer.program.fixings import Fixing
from optimizer.solving.whatif import WhatIf

SLIP = 6  # months
FASTER = 2  # times the growth
_BIGGEST = 4  # maximum number of changes in a text


@dataclass(frozen=True)
class Event:
    """Something that can happen to a plan.

    Attributes
    ----------
    text : str
        Description.
    kind : str
        ``slip``, ``growth`` or ``taken_back``.
    item : str
        Site or contract it happens to; ``""`` for all demand.
    month : str
        First month that it affects.
    edits, fixings : tuple
        Changes of the instance and of the possible decisions.
    """

    text: str
    kind: str
    item: str
    month: str
    edits: tuple[Edit, ...] = ()
    fixings: tuple[Fixing, ...] = ()

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True)
class Answer:
    """Best plan found for an event, or None with the reason in ``note``."""

    event: Event
    plan: Plan | None
    note: str = ""


def usual_events(plan: Plan) -> list[Event]:
    """Return the usual events: each site late by six months, twice the growth, large contracts taken back."""
    return [*_slips(plan), *_growth(plan), *_taken_back(plan)]


def answers(ask: WhatIf, events: Iterable[Event]) -> list[Answer]:
    """Find the best plan for each event."""
    return [answer_to(ask, event) for event in events]


def answer_to(ask: WhatIf, event: Event) -> Answer:
    """Find the best plan for an event."""
    try:
        return Answer(event, ask.ask(event.edits, event.fixings))
    except (NoFeasiblePlan, StoppedWithoutPlan) as error:
        return Answer(event, None, error.note)
    except AdditionError as error:  # an added constraint refers to a variable that does not exist in this event
        return Answer(event, None, str(error))


def events_table(plan: Plan, found: list[Answer]) -> pd.DataFrame:
    """Return the cost of each event.

    Parameters
    ----------
    plan : Plan
        The plan that is explained.
    found : list of Answer
        Result of :func:`answers`.

    Returns
    -------
    DataFrame
        Columns ``event`` (in words), ``kind`` (``slip``, ``growth``, ``taken_back``), ``item``, ``month`` (first
        month that it affects), ``costs`` (additional cost of the best plan found, with all decisions made in knowledge
        of the event), ``at_least`` and ``at_most`` (proven interval of the difference of the optimal plans),
        ``unserved`` (share of demand that is then unserved), ``answer`` (the largest decisions that differ from the
        plan's, in words), ``note`` (reason for missing figures). Events without a plan come first.
    """
    return sorted_events(event_row(plan, answer) for answer in found)


def sorted_events(rows: Iterable[tuple[Any, ...]]) -> pd.DataFrame:
    """Return the table of rows: events without a plan, those for which none was found in time, and all others."""

    def place(row: Any) -> tuple[bool, bool, bool]:
        costs, note = row[column_names("events").index("costs")], row[column_names("events").index("note")]
        return note == NOT_EXAMINED, costs is not None, note != NoFeasiblePlan.note

    return pd.DataFrame(sorted(rows, key=place), columns=column_names("events"))


def event_row(plan: Plan, answer: Answer) -> tuple[Any, ...]:
    """Return the row of an event."""
    event, other = answer.event, answer.plan
    known = (event.text, event.kind, event.item, event.month)
    if other is None:
        return (*known, None, None, None, None, "", answer.note)
    least = None if other.bound is None else other.bound - plan.objective
    most = None if plan.bound is None else other.objective - plan.bound
    wanted, missing = float(other.service["demand"].sum()), float(other.service["unserved"].sum())
    share = missing / wanted if wanted else 0.0
    given = ("hand_back", event.item) if event.kind == "taken_back" else None
    return (*known, other.objective - plan.objective, least, most, share, changes(plan, other, given), "")


def changes(plan: Plan, other: Plan, given: tuple[str, str] | None = None) -> str:
    """Describe the decisions that differ most, by the money they commit, then by their accelerators.

    ``given`` is a decision and item that is the event itself instead of an answer to it.
    """
    here, there = _sums(plan), _sums(other)
    keys = [key for key in dict.fromkeys([*here, *there]) if key != given and _differ(here.get(key), there.get(key))]
    sizes = {key: _change_of(here.get(key), there.get(key)) for key in keys}
    biggest = sorted(keys, key=lambda key: sizes[key], reverse=True)[:_BIGGEST]
    texts = [_words(plan, key, here.get(key), there.get(key)) for key in biggest]
    rest = len(keys) - len(texts)
    return "; ".join([*texts, *([f"{rest} more"] if rest else [])]) or "no decision differs"


@dataclass(frozen=True)
class _Sum:
    """Totals of a decision on an item: first month, blocks, money and accelerators."""

    month: str
    blocks: float
    money: float
    accelerators: float


def _sums(plan: Plan) -> dict[tuple[str, str], _Sum]:
    """Return the totals of a plan's decisions by decision and item, without expiries."""
    rows = plan.decisions[plan.decisions["decision"] != "expire"]
    return {
        (str(decision), str(item)): _Sum(
            str(mine["month"].min()),
            float(mine["blocks"].sum()),
            float(mine["committed_cost"].sum()),
            float(mine["accelerators"].sum()),
        )
        for (decision, item), mine in rows.groupby(["decision", "item"])
    }


def _differ(old: _Sum | None, new: _Sum | None) -> bool:
    if old is None or new is None:
        return True
    return old.month != new.month or abs(old.blocks - new.blocks) > 1e-6


def _change_of(old: _Sum | None, new: _Sum | None) -> tuple[float, float]:
    """Money and accelerators that a change moves; what only comes at another time counts half."""
    before, after = old or _Sum("", 0.0, 0.0, 0.0), new or _Sum("", 0.0, 0.0, 0.0)
    moved = 0.5 if old and new and old.month != new.month else 0.0
    return (
        abs(after.money - before.money) + moved * abs(before.money),
        abs(after.accelerators - before.accelerators) + moved * abs(before.accelerators),
    )


def _words(plan: Plan, key: tuple[str, str], old: _Sum | None, new: _Sum | None) -> str:
    """Describe a decision that differs."""
    what = f"{key[0].replace('_', ' ')} {key[1]}"
    if new is None:
        return f"do not {what}"
    if old is None:
        return f"{what} in {new.month}"
    if abs(old.blocks - new.blocks) > 1e-6:
        return f"{what}: {compact(new.blocks, 4)} in all instead of {compact(old.blocks, 4)}"
    months = plan.instance.month_index(new.month) - plan.instance.month_index(old.month)
    return f"{what} {abs(months)} {'month' if abs(months) == 1 else 'months'} {'later' if months > 0 else 'earlier'}"


# ---------------------------------------------------------------- events
def _slips(plan: Plan) -> Iterator[Event]:
    """Yield a delay of each site with power to come or with builds: everything there comes later."""
    rows, label = plan.instance.rows, plan.instance.label
    for site in dict.fromkeys(row.site for row in rows["sites"]):
        coming = sorted(row.month for row in rows["power"] if row.site == site and row.month > 0)
        edits = [Edit("power", site, "month", "+=", str(SLIP))] if coming else []
        builds = [row for row in rows["builds"] if row.site == site]
        edits += [Edit("builds", row.build, "lead_months", "+=", str(SLIP)) for row in builds]
        if edits:
            built = [row.earliest + row.lead_months for row in builds]
            first = min(max(min([*coming, *built]), 0), plan.instance.head.months - 1)
            yield Event(f"site {site} slips by {SLIP} months", "slip", site, label(first), tuple(edits))


def _growth(plan: Plan) -> Iterator[Event]:
    """Yield the event that the growth of all demand over its first month doubles."""
    label = plan.instance.label
    series: dict[str, list[Any]] = {}
    for row in sorted(plan.instance.rows["demand"], key=lambda row: row.month):
        series.setdefault(row.workload, []).append(row)
    edits, first = [], plan.instance.head.months
    for workload, rows in series.items():
        start = next((row.amount for row in reversed(rows) if row.month <= 0), 0.0)
        for row in rows:
            if row.month > 0 and row.amount > start:
                more = start + FASTER * (row.amount - start)
                edits.append(Edit("demand", workload, "amount", "=", f"{more:.15g}", label(row.month)))
                first = min(first, row.month)
    if edits:
        yield Event("demand grows twice as fast", "growth", "", label(first), tuple(edits))


def _taken_back(plan: Plan) -> Iterator[Event]:
    """Yield the termination of each large contract by its lessor, as early as the planner could terminate it."""
    for one in [one for one in terminations(plan) if one.table == "contracts"][:ITEMS]:
        if one.earliest < one.month:
            month = plan.instance.label(one.earliest)
            text = f"{one.party} takes {one.item} back in {month}"
            yield Event(text, "taken_back", one.item, month, (), (Fixing("end", "", one.item, month),))
