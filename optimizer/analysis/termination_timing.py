"""Timing of terminations: the cost of ending a contract or an outlet earlier or later."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import pandas as pd

from optimizer.analysis.interruptible_queries import ExtraCost, cost_of_fixing
from optimizer.cash_terms import cash_terms
from optimizer.instance.notice import notice_of
from optimizer.plan.plan import Plan
from optimizer.plan.tables import column_names
from optimizer.program.agreement import Agreement
from optimizer.program.fixings import Fixing
from optimizer.program.index import Index
from optimizer.schema import load_schema
from optimizer.solving.whatif import WhatIf

SHIFTS = (-6, -3, -1, 1, 3, 6)  # months
ITEMS = 4  # number of items analysed, the most expensive ones


@dataclass(frozen=True)
class Termination:
    """A contract or outlet that can be terminated, and when the plan terminates it.

    Attributes
    ----------
    table : str
        ``contracts`` or ``outlets``.
    row : contract or outlet
        Row of the instance.
    month : int
        First month without it (without the last blocks that are handed back, if some are kept).
    kept : float
        Blocks kept after that.
    blocks : float
        Blocks in force until then.
    earliest : int
        First possible month of termination, by notice and minimum term.
    latest : int
        Last possible month of termination.
    """

    table: str
    row: Any
    month: int
    kept: float
    blocks: float
    earliest: int
    latest: int

    def __str__(self) -> str:
        return self.item

    @property
    def item(self) -> str:
        """Name of the contract or outlet."""
        return str(getattr(self.row, load_schema().tables[self.table].name_column))

    @property
    def party(self) -> str:
        """Provider or tenant."""
        return str(getattr(self.row, load_schema().tables[self.table].party_column))


def exits_table(ask: WhatIf, plan: Plan, items: Iterable[Termination]) -> pd.DataFrame:
    """Return the cost of terminating earlier or later.

    Parameters
    ----------
    ask : WhatIf
        What-ifs of the plan.
    plan : Plan
        The plan that is explained.
    items : iterable of Termination
        Contracts and outlets to analyse; see :func:`terminations`.

    Returns
    -------
    DataFrame
        Columns ``item``, ``party``, ``decision`` (``hand_back``, ``take_back``), ``month`` (first one without it),
        ``notice`` (month to give notice in), ``shift`` (months against the plan; 0 is the plan), ``costs``
        (additional cost of the best plan found), ``at_least`` and ``at_most`` (proven interval of the difference of the
        optimal plans), ``note`` (reason for missing figures).
    """
    rows = [exit_row(plan, one, shift, cost_of_exit(ask, plan, one, shift)) for one in items for shift in shifts(one)]
    return pd.DataFrame(rows, columns=column_names("exits"))


def terminations(plan: Plan) -> list[Termination]:
    """Return the contracts and outlets of a plan that can be terminated at notice, the largest amounts first."""
    named = ((table, item) for table in load_schema().agreements for item in plan.instance.named[table].items())
    agreements = Index(plan.instance).agreements
    found = [one for table, (item, _) in named if (one := _termination(plan, table, agreements[item]))]
    cash, terms = plan.cash, cash_terms()
    monthly = cash[cash["term"].isin([name for name, term in terms.items() if term.is_recurring])]
    money = monthly.groupby("item")["present_value"].sum()
    return sorted(found, key=lambda one: -abs(float(money.get(one.item, 0.0))))


def _termination(plan: Plan, table: str, agreement: Agreement) -> Termination | None:
    """Return when the plan terminates an agreement; None if it has none of it, or cannot terminate it."""
    item, row = agreement.name, agreement.row
    if agreement.fixed:
        return None
    start, end_early, _ = load_schema().tables[table].decisions
    rows = plan.decisions[plan.decisions["item"] == item]
    signed = rows[rows["decision"] == start]
    starts = [plan.instance.month_index(month) for month in signed["starts"]]
    starts += [one.month for one in agreement.agreed]
    if not starts:
        return None
    back = rows[rows["decision"] == end_early]
    months = [plan.instance.month_index(last) + 1 for last in back["ends"]]
    end = plan.instance.head.months if row.ends_by is None else min(row.ends_by + 1, plan.instance.head.months)
    month = max(months, default=end)
    blocks = in_force(plan, agreement, month - 1)
    if blocks <= 0:
        return None
    earliest = max(notice_of(row), min(max(starts) + row.min_term_months, month))
    kept = blocks - float(back["blocks"][[other == month for other in months]].sum()) if months else 0.0
    return Termination(table, row, month, kept, blocks, earliest, end)


def in_force(plan: Plan, agreement: Agreement, t: int) -> float:
    """Return the blocks of a terminable contract or outlet that are in force in a month of a plan."""
    rows = plan.decisions[plan.decisions["item"] == agreement.name]
    starting = rows["decision"].isin(load_schema().tables[t].decisions[0] for t in load_schema().agreements).to_numpy()
    first = rows["starts"].where(starting, rows["ends"]).map(plan.instance.month_index) + ~starting
    changes = rows["blocks"].where(starting, -rows["blocks"])[(first <= t) & (rows["decision"] != "expire")]
    agreed = sum(one.blocks for one in agreement.agreed if one.month <= t)
    returned = sum(blocks for end, blocks in agreement.returned.items() if end <= t)
    return float(agreed - returned + changes.sum())


def kept_until(plan: Plan, item: str, blocks: float, first: int, month: int) -> list[Fixing]:
    """Return what keeps blocks in force that the plan hands back in ``first``, until another month without them."""
    return [Fixing("keep", "", item, plan.instance.label(t), blocks) for t in range(first - 1, month)]


def shifts(one: Termination) -> Iterator[int]:
    """Yield the shifts of its month that are possible, 0 included."""
    for shift in sorted((*SHIFTS, 0)):
        if one.earliest <= one.month + shift <= one.latest:
            yield shift


def cost_of_exit(ask: WhatIf, plan: Plan, one: Termination, shift: int) -> ExtraCost:
    """Return the additional cost of terminating earlier or later than the plan."""
    return ExtraCost(0.0) if shift == 0 else cost_of_fixing(ask, plan, _holds(plan, one, one.month + shift))


def exit_row(plan: Plan, one: Termination, shift: int, more: ExtraCost) -> tuple[Any, ...]:
    """Return the row of a month in which an item can be terminated."""
    month = one.month + shift
    first, notice = plan.instance.label(month), plan.instance.label(month - notice_of(one.row))
    known = (one.item, one.party, load_schema().tables[one.table].decisions[1], first, notice, shift)
    return (*known, more.costs, more.at_least, more.at_most, more.note)


def _holds(plan: Plan, one: Termination, month: int) -> list[Fixing]:
    """Return what makes the plan terminate by an earlier month, or not before a later one."""
    label = plan.instance.label
    if month < one.month:
        return [Fixing("end", "", one.item, label(month), one.kept)]
    return kept_until(plan, one.item, one.blocks, one.month, month)
