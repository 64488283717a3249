"""Decisions of plans under uncertainty as moves: each once, with what differs between the scenarios that share it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from optimizer.format import count, money
from optimizer.plan.by_scenario import EVERY, SEPARATOR, first_known
from optimizer.plan.tables import SCENARIO
from optimizer.report.document import Figure
from optimizer.report.steps import act_text, months_text

if TYPE_CHECKING:
    from optimizer.plan.plan import Plan

_KEY = ["month", "decision", "item", "party"]
_SIZES = ["blocks", "accelerators", "mw", "committed_cost"]
_NOISE = 1e-9


@dataclass(frozen=True)
class Move:
    """A decision of a month on an item.

    Attributes
    ----------
    month, decision, item, party : str
        What is decided.
    runs : str
        Months it is about; where they differ between scenarios, the earliest start and the latest end.
    blocks, accelerators, mw : float
        Its size.
    costs : tuple of float
        Least and most money that it commits to in a scenario.
    """

    month: str
    decision: str
    item: str
    party: str
    runs: str
    blocks: float
    accelerators: float
    mw: float
    costs: tuple[float, float]

    @property
    def key(self) -> tuple[str, str, str]:
        """By which table ``robustness`` knows it."""
        return self.month, self.decision, self.item

    @property
    def text(self) -> str:
        """What to do, with whom."""
        return act_text(self.decision, self.item, self.party)

    @property
    def cells(self) -> tuple[str, ...]:
        """Size and money for a table: blocks, accelerators, MW, committed cost."""
        low, high = self.costs
        sizes = (Figure(size, count, blank_zero=True) for size in (self.blocks, self.accelerators, self.mw))
        same = high - low <= _NOISE * (abs(low) + abs(high))
        cost = Figure(high, money, blank_zero=True) if same else f"{money(low)} to {money(high)}"
        return (*sizes, cost)


def acts(plan: Plan) -> pd.DataFrame:
    """Return the decisions of a plan, without what ends by itself."""
    rows = plan.decisions
    return rows[rows["decision"] != "expire"]


def moves(rows: pd.DataFrame, names: Sequence[str]) -> list[Move]:
    """Return decisions that scenarios share as moves, by month; of a month those that commit most money come first.

    Parameters
    ----------
    rows : DataFrame
        Rows of the table ``decisions``.
    names : sequence of str
        Scenarios that take them together.
    """
    if rows.empty:
        return []
    every = rows.copy()
    every[SCENARIO] = pd.Series([_members(cell, names) for cell in rows[SCENARIO]], rows.index, object)
    every = every.explode(SCENARIO)
    sums = every.groupby([*_KEY, SCENARIO], sort=False)[_SIZES].sum().groupby(level=_KEY, sort=False)
    months = every.groupby(_KEY, sort=False)
    found = []
    for key, sizes in sums:
        part = months.get_group(key)
        starts, ends = ([month for month in part[name] if month] for name in ("starts", "ends"))
        runs = months_text(min(starts, default=""), max(ends, default="") if len(ends) == len(part) else "")
        blocks, accelerators, mw = (float(value) for value in sizes[_SIZES[:3]].max())
        costs = sizes["committed_cost"]
        month, decision, item, party = map(str, key)
        low, high = float(costs.min()), float(costs.max())
        found.append(Move(month, decision, item, party, runs, blocks, accelerators, mw, (low, high)))
    return sorted(found, key=lambda move: (move.month, -abs(move.costs[1]), -move.accelerators, -move.mw, move.item))


def _members(cell: str, names: Sequence[str]) -> list[str]:
    return list(names) if cell == EVERY else str(cell).split(SEPARATOR)


class Tree:
    """Nodes of a plan under uncertainty with their decisions.

    Parameters
    ----------
    plan : Plan
        The plan.

    Attributes
    ----------
    names : list of str
        Scenarios.
    nodes : dict of str to dict
        Rows of the table ``nodes`` by node, with ``members``: the names of its scenarios.
    """

    def __init__(self, plan: Plan) -> None:
        self.names = [str(name) for name in plan.tables["scenarios"][SCENARIO]]
        rows = plan.tables["nodes"].to_dict("records")
        self.nodes = {str(row["node"]): {**row, "members": _members(row["scenarios"], self.names)} for row in rows}
        self._rows = acts(plan)
        self._node = np.array([self._node_of(*pair) for pair in zip(*self._places(), strict=True)], dtype=object)

    def _places(self) -> tuple[list[str], list[str]]:
        firsts = [_members(cell, self.names)[0] for cell in self._rows[SCENARIO]]
        return firsts, self._rows["month"].tolist()

    def _node_of(self, name: str, month: str) -> str:
        """Return the node of a scenario in a month; what is decided after the plan belongs to the last one."""
        mine = [node for node, row in self.nodes.items() if name in row["members"]]
        there = [node for node in mine if self.nodes[node]["month"] <= month]
        return (there or mine)[-1 if there else 0]

    def moves(self, node: str) -> list[Move]:
        """Return the decisions of a node."""
        return moves(self._rows[self._node == node], self.nodes[node]["members"])

    def children(self, node: str) -> list[str]:
        """Return the nodes that a node splits into; of ``""`` those of the first month."""
        return [other for other, row in self.nodes.items() if row["parent"] == node]


def moves_of_now(plan: Plan) -> list[Move]:
    """Return the decisions taken before anything is known, which are the same in every scenario."""
    until, rows = first_known(plan), acts(plan)
    early = rows[rows["month"] < until] if until else rows
    return moves(early, [str(name) for name in plan.tables["scenarios"][SCENARIO]])
