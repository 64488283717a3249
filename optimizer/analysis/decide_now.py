"""Decisions due in the first month, and the events under which they remain the same."""

from __future__ import annotations

from typing import Any

import pandas as pd

from optimizer.analysis.deadlines import deadlines_table
from optimizer.analysis.events import Answer
from optimizer.errors import NoFeasiblePlan, StoppedWithoutPlan
from optimizer.plan.plan import Plan
from optimizer.plan.tables import column_names

_NONE = (NoFeasiblePlan.note, StoppedWithoutPlan.note)
Key = tuple[str, ...]  # act, decision, item, party
_KEYS = ["act", "decision", "item", "party"]


def first_table(plan: Plan, found: list[Answer], deadlines: pd.DataFrame | None = None) -> pd.DataFrame:
    """Return the decisions due in the first month, of the plan and of the plans for each event.

    Parameters
    ----------
    plan : Plan
        The plan that is explained.
    found : list of Answer
        The best plans for each event; see :func:`optimizer.analysis.events.answers`.
    deadlines : DataFrame, optional
        Deadlines with the cost of a month's delay; see :func:`optimizer.analysis.deadlines.deadlines_table`.

    Returns
    -------
    DataFrame
        Columns ``month``, ``act``, ``decision``, ``item``, ``party``, ``blocks`` (of the plan; 0 if it does not make
        the decision), ``least`` and ``most`` (blocks in any of these plans), ``events`` (how many events have a plan),
        ``kept`` (in how many of these the decision is made too), ``otherwise`` (the events in which it is not; for a
        decision that the plan does not make, those in which it is), ``without_plan`` and ``not_found`` (events without
        a plan, and events for which none was found in time; the other columns do not count them), ``delay_costs``,
        ``at_least``, ``at_most`` and ``delay_note`` (as in the deadlines: additional cost of the best plan that decides
        it a month later, its proven interval, and the reason for a missing figure).
    """
    others = {answer.event.text: _chosen(answer) for answer in found if answer.plan is not None}
    mine = _due(plan)
    every = dict.fromkeys([*mine, *(key for due in others.values() for key in due)])
    none = {note: "; ".join(answer.event.text for answer in found if answer.note == note) for note in _NONE}
    rows = []
    for key in every:
        there = {name: due.get(key, 0.0) for name, due in others.items()}
        rows.append((*_row(plan, key, mine.get(key, 0.0), there), *none.values(), *_delay(plan, deadlines, key)))
    return pd.DataFrame(rows, columns=column_names("first"))


def _delay(plan: Plan, deadlines: pd.DataFrame | None, key: Key) -> tuple[Any, ...]:
    """Return the cost of deciding a month later; of several decisions, of the most urgent one."""
    nothing = (None, None, None, "")
    if deadlines is None or deadlines.empty:
        return nothing
    due = deadlines[deadlines["month"] <= plan.instance.label(0)]
    rows = due[(due[_KEYS].astype(str) == list(key)).all(axis=1)].to_dict("records")
    if not rows:
        return nothing
    row = min(rows, key=lambda row: (row["delay_note"] != NoFeasiblePlan.note, -(row["at_least"] or 0.0)))
    return tuple(row[name] for name in ("delay_costs", "at_least", "at_most", "delay_note"))


def _chosen(answer: Answer) -> dict[Key, float]:
    """Return the decisions in answer to an event, without the event itself (a lessor that takes capacity back)."""
    assert answer.plan is not None
    event, due = answer.event, _due(answer.plan)
    lost = event.item if event.kind == "taken_back" else None
    return {key: blocks for key, blocks in due.items() if not (key[1] == "hand_back" and key[2] == lost)}


def _due(plan: Plan) -> dict[Key, float]:
    """Return the blocks of each decision due in the first month, without expiries."""
    table = deadlines_table(plan)
    table = table[table["month"] <= plan.instance.label(0)]
    sums = table.groupby(_KEYS, sort=False)["blocks"].sum().reset_index()
    return {(*map(str, key),): float(blocks) for *key, blocks in sums.itertuples(index=False, name=None)}


def _row(plan: Plan, key: tuple[str, ...], mine: float, others: dict[str, float]) -> tuple[Any, ...]:
    every = [mine, *others.values()]
    made = [name for name, blocks in others.items() if blocks > 0]
    otherwise = [name for name in others if (name in made) != (mine > 0)]
    return (
        plan.instance.label(0),
        *key,
        mine,
        min(every),
        max(every),
        len(others),
        len(made),
        "; ".join(otherwise),
    )
