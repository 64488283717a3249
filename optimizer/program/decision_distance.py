"""Decisions of a program and of an earlier plan, month by month, with the money that each block counts.

A block, lot or share that is dropped or added counts the money that it binds; one that is moved counts a twelfth of it
for every month, and never more than if it were dropped and added (``formulation.md``, section 13).
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from optimizer.program.arrays import Floats, Ints, Mask
from optimizer.program.build import Program
from optimizer.program.fixings import FAMILY, months_ahead
from optimizer.program.money_bound import money_bound

_LEAST = 1e-3  # of the average money bound: what a decision that binds no money counts
_DIGITS = 6  # of the size of a training run

Key = tuple[str, tuple[Any, ...]]  # family of columns, and their key without the month


@dataclass(frozen=True)
class Line:
    """The decisions of one kind on one item, by month; of a training run also in one pool at one size.

    Attributes
    ----------
    decision, item, pool : str
        Kind and item; the pool of a training run.
    first : int
        Month of the plan in which the arrays begin.
    before : ndarray
        Blocks of the earlier plan, by month.
    weight : ndarray
        Money that a block counts if it is dropped or added, by month; of what the earlier plan has, the average of its
        blocks in every month.
    open : ndarray
        Months that the earlier plan does not cover: an addition there changes nothing of it.
    columns : ndarray
        Column of the program for each month; -1 where the decision is impossible.
    """

    decision: str
    item: str
    pool: str
    first: int
    before: Floats
    weight: Floats
    open: Mask
    columns: Ints

    @property
    def addition(self) -> Floats:
        """Money that a block counts if it is added, by month."""
        return np.where(self.open, 0.0, self.weight)

    def after(self, values: Floats) -> Floats:
        """Return the blocks of a solution, by month."""
        return np.where(self.columns >= 0, values[self.columns], 0.0)


@dataclass(frozen=True)
class Lost:
    """Blocks of the earlier plan that no plan can decide on any more, and why; they do not count."""

    decision: str
    item: str
    month: str
    blocks: float
    reason: str


def lines_of(program: Program, plan: Any) -> tuple[list[Line], list[Lost]]:
    """Return the decisions of a program with those of an earlier plan.

    Parameters
    ----------
    program : Program
        The program; its months and those of the plan are lined up by the calendar.
    plan : Plan
        The earlier plan. Its decisions before the program's first month cannot change and are left out.

    Returns
    -------
    lines : list of Line
        All decisions that are possible, and those of the earlier plan that can be dropped or moved.
    lost : list of Lost
        Those of the earlier plan that cannot be decided on.
    """
    possible = _possible(program)
    before, lost = _taken(program, plan, possible)
    ends = program.instance.month_index(plan.instance.head.start) + plan.instance.head.months
    raw = [_line(program, key, before.get(key, {}), columns, ends) for key, columns in possible.items()]
    least = _LEAST * average_weight(raw)
    return [replace(line, weight=np.maximum(line.weight, least)) for line in raw], lost


def average_weight(lines: list[Line]) -> float:
    """Return the money that an average block of the earlier plan counts; of all decisions if it has none; never 0."""
    blocks = sum(float(line.before.sum()) for line in lines)
    money = sum(float(line.before @ line.weight) for line in lines)
    if money > 0:
        return money / blocks
    positive = [float(line.weight.mean()) for line in lines if line.weight.any()]
    return sum(positive) / len(positive) if positive else 1.0


def _possible(program: Program) -> dict[Key, dict[int, int]]:
    """Return the column of each month in which a decision is possible, by kind and item."""
    found: dict[Key, dict[int, int]] = defaultdict(dict)
    m, agreements = program.parts, program.index.agreements
    for family in dict.fromkeys(FAMILY.values()):
        for key, column in m.col[family].items():
            if family != "started" or agreements[key[0]].committed is None:
                month = key[-1] - months_ahead(program, family, key[0])
                found[family, _place(*key[:-1])][month] = column
    return found


def _place(item: str, pool: str = "", size: float = 0.0) -> tuple[Any, ...]:
    """Return the key of a decision without its month."""
    return (item, pool, round(size, _DIGITS)) if pool else (item,)


def _taken(
    program: Program, plan: Any, possible: dict[Key, dict[int, int]]
) -> tuple[dict[Key, dict[int, float]], list[Lost]]:
    """Return the blocks of the earlier plan by kind, item and month, and those that cannot be decided on."""
    found: dict[Key, dict[int, float]] = defaultdict(lambda: defaultdict(float))
    lost = []
    for row in plan.decisions.to_dict("records"):
        t, family = program.instance.month_index(row["month"]), FAMILY.get(row["decision"])
        if family is None or t < 0:
            continue
        key = family, _place_of(plan, row)
        reason = _impossible(program, key, t, possible)
        if reason:
            lost.append(Lost(row["decision"], row["item"], row["month"], float(row["blocks"]), reason))
        else:
            found[key][t] += row["blocks"]
    return found, lost


def _place_of(plan: Any, row: dict[str, Any]) -> tuple[Any, ...]:
    """Return the key of a decision of the earlier plan without its month."""
    if row["decision"] != "start_run":
        return _place(row["item"])
    runs = plan.runs
    same = (runs["run"] == row["item"]) & (runs["starts"] == row["starts"])
    same &= np.isclose(runs["accelerators"], row["accelerators"])
    pools = runs.loc[same, "pool"].tolist()
    return _place(row["item"], pools[0] if pools else "", row["accelerators"] / row["blocks"])


def _impossible(program: Program, key: Key, t: int, possible: dict[Key, dict[int, int]]) -> str:
    """Return why a decision of the earlier plan cannot be decided on, in any month; ``""`` if it can."""
    item, named = key[1][0], program.instance.named
    if not any(item in rows for rows in named.values()):
        return "does not exist any more"
    if t >= program.index.horizon:
        return "lies after the plan"
    return "" if key in possible else "cannot be decided on any more"


def _line(program: Program, key: Key, before: dict[int, float], columns: dict[int, int], ends: int) -> Line:
    """Return the decisions of one kind on one item."""
    (family, place), months = key, range(min([*before, *columns]), max([*before, *columns]) + 1)
    taken = np.array([before.get(t, 0.0) for t in months], dtype=float)
    weight = np.array([_weight(program, family, place[0], t) for t in months], dtype=float)
    return Line(
        decision=_decision(program, family, place[0]),
        item=place[0],
        pool=place[1] if len(place) > 1 else "",
        first=months.start,
        before=taken,
        weight=np.full(len(months), taken @ weight / taken.sum()) if taken.any() else weight,
        open=np.array([t >= ends for t in months], dtype=bool),
        columns=np.array([columns.get(t, -1) for t in months], dtype=np.int64),
    )


def _decision(program: Program, family: str, item: str) -> str:
    """Return the name of the decision that a family of columns stands for."""
    names = [decision for decision, other in FAMILY.items() if other == family]
    agreement = program.index.agreements.get(item)
    return names[-1] if agreement is not None and agreement.is_outlet else names[0]


def _weight(program: Program, family: str, item: str, t: int) -> float:
    """Return the money that a block binds if it is decided on in a month; of an agreement at least a month's price."""
    index, month = program.index, t + months_ahead(program, family, item)
    bound = abs(money_bound(index, family, item, month))
    if family in ("started", "ended"):
        return max(bound, abs(index.agreements[item].block_price.at(month)))
    return bound
