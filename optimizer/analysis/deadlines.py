"""Deadlines of decisions: the month of each order, signature and notice, and the cost of a month's delay."""

from __future__ import annotations

from typing import Any

import pandas as pd

from optimizer.analysis.interruptible_queries import ExtraCost, cost_of_fixing
from optimizer.analysis.termination_timing import in_force, kept_until
from optimizer.instance.notice import notice_of
from optimizer.plan.hand_backs import BACK
from optimizer.plan.plan import Plan
from optimizer.plan.tables import column_names
from optimizer.program.fixings import Fixing
from optimizer.program.index import Index
from optimizer.schema import load_schema
from optimizer.solving.whatif import WhatIf

_ACTS = {
    "order_build": "order",
    "buy": "order",
    "sign": "sign",
    "lease_out": "sign",
    "hand_back": "give notice",
    "take_back": "give notice",
    "commit_spend": "commit",
    "start_run": "start",
}


def deadlines_table(plan: Plan, ask: WhatIf | None = None, months: int | None = None) -> pd.DataFrame:
    """Return the months in which the decisions of a plan are due.

    Parameters
    ----------
    plan : Plan
        The plan that is explained.
    ask : WhatIf, optional
        What-ifs of the plan; with it the cost of a month's delay is computed, by one search for each decision.
    months : int, optional
        Compute the cost of delay only for decisions due in the first so many months.

    Returns
    -------
    DataFrame
        Columns ``month`` (to act in: of order, signature or notice), ``act``, ``decision``, ``item``, ``party``,
        ``blocks``, ``takes_effect`` (first month with, or without, the capacity), ``last_month`` (after which the item
        cannot be decided on any more; blank if it can be until the end), ``delay_costs`` (additional cost of the best
        plan found in which it is decided a month later at the earliest; of a hand-back, in which the blocks are kept a
        month longer, as in the table ``exits``; blank if there is no such plan, none was found in time, or it was not
        requested), ``at_least`` and ``at_most`` (proven interval of the difference of the optimal plans),
        ``delay_note`` (reason for a missing figure that was requested).
    """
    rows = []
    for decision in due_decisions(plan):
        soon = months is None or is_soon(plan, decision, months)
        more = ExtraCost() if ask is None or not soon else cost_of_delay(ask, plan, decision)
        rows.append(deadline_row(plan, decision, more))
    return pd.DataFrame(rows, columns=column_names("deadlines"))


def due_decisions(plan: Plan) -> list[dict[Any, Any]]:
    """Return the decisions of a plan that are due in some month, in the order of the months."""
    rows = plan.decisions[plan.decisions["decision"].isin(list(_ACTS))]
    return rows.sort_values("month", kind="stable").to_dict("records")


def is_soon(plan: Plan, decision: dict[Any, Any], months: int) -> bool:
    """Whether a decision is due in the first so many months."""
    return plan.instance.month_index(decision["month"]) < months


def cost_of_delay(ask: WhatIf, plan: Plan, decision: dict[Any, Any]) -> ExtraCost:
    """Return the additional cost of making a decision a month later at the earliest."""
    return cost_of_fixing(ask, plan, delayed(plan, decision))


def deadline_row(plan: Plan, decision: dict[Any, Any], more: ExtraCost) -> tuple[Any, ...]:
    """Return the row of a decision."""
    back = decision["decision"] in BACK
    effect = plan.instance.label(_first_without(plan, decision)) if back else decision["starts"]
    costs = (more.costs, more.at_least, more.at_most, more.note)
    who = (decision["decision"], decision["item"], decision["party"], decision["blocks"])
    return (decision["month"], _ACTS[decision["decision"]], *who, effect, _last(plan, decision), *costs)


def _row(plan: Plan, item: str) -> Any:
    """Return the row of the instance that a decision is about."""
    named = plan.instance.named
    return next(rows[item] for table, rows in named.items() if load_schema().tables[table].decisions and item in rows)


def _first_without(plan: Plan, decision: dict[Any, Any]) -> int:
    """Return the first month without the blocks that are handed back."""
    return plan.instance.month_index(decision["ends"]) + 1


def _last(plan: Plan, decision: dict[Any, Any]) -> str:
    """Return the last month in which the item can be decided on; ``""`` if that is the end of the plan."""
    row, end = _row(plan, decision["item"]), plan.instance.head.months - 1
    if decision["decision"] in BACK:
        last = end if row.ends_by is None else row.ends_by
        last -= notice_of(row)
    elif decision["decision"] == "start_run":
        length = plan.instance.month_index(decision["ends"]) - plan.instance.month_index(decision["starts"])
        last = min(row.deadline, end) - length
    else:
        last = min(row.latest, end)
        if decision["decision"] in ("sign", "lease_out"):
            term = row.term_months if row.term_months is not None else row.min_term_months
            last = last if row.ends_by is None else min(last, row.ends_by - max(term, 1) + 1)
            last -= row.lead_months
    return plan.instance.label(last) if last < end else ""


def delayed(plan: Plan, decision: dict[Any, Any]) -> list[Fixing]:
    """Return what delays a decision by a month at least; blocks handed back are kept until then."""
    if decision["decision"] in BACK:
        item, t = str(decision["item"]), _first_without(plan, decision)
        return kept_until(plan, item, in_force(plan, Index(plan.instance).agreements[item], t - 1), t, t + 1)
    rows = plan.decisions
    same = (rows["item"] == decision["item"]) & (rows["decision"] == decision["decision"])
    before = float(rows[same & (rows["month"] < decision["month"])]["blocks"].sum())
    return [Fixing("delay", decision["decision"], decision["item"], decision["month"], before)]
