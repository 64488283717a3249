"""Near-optimal alternatives: the range of every decision over all plans within a given additional cost."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from optimizer.instance.name_suggestions import parties_of
from optimizer.interruption import ends_all_searches
from optimizer.plan.plan import Plan
from optimizer.program.added_head import program_of
from optimizer.program.arrays import Floats
from optimizer.program.build import Program
from optimizer.program.compile import compile_program
from optimizer.program.fixings import apply_fixings, fixings_of, months_ahead
from optimizer.schema import IN_HOUSE
from optimizer.solver.highs import Model, solve_with_integers_fixed
from optimizer.solver.mip_start import start_values
from optimizer.solver.solution import Options, Solution, SolutionStatus
from optimizer.solving.clock import Clock
from optimizer.solving.solve import finish

RANGE_COLUMNS = ("kind", "party", "least", "plan", "most", "unit")
FIRST_COLUMNS = ("month", "decision", "item", "party", "plan", "least", "most", "no_regret")
_FAMILIES = {  # decision of each family of columns; of outlets, those started are leased out
    "ordered": "order_build",
    "bought": "buy",
    "started": "sign",
    "committed": "commit_spend",
    "placed": "start_run",
}


@dataclass(frozen=True)
class Alternatives:
    """Decisions that all near-optimal plans share, and the ranges of the others.

    Attributes
    ----------
    within : float
        Share by which the cost may exceed the plan's.
    ranges : DataFrame
        For each party, accelerator-months and decisions: ``least`` and ``most`` of any near-optimal plan.
    first : DataFrame
        Decisions of the first month: how many blocks near-optimal plans decide on at least and at most; ``no_regret``
        where all of them decide on some.
    plans : tuple of Plan
        Near-optimal plans whose decisions differ from the plan's, and from each other, as much as they can.
    """

    within: float
    ranges: pd.DataFrame
    first: pd.DataFrame
    plans: tuple[Plan, ...]


def find_alternatives(plan: Plan, within: float = 0.01, plans: int = 2, options: Options | None = None) -> Alternatives:
    """Explore the plans whose cost exceeds that of a plan by at most ``within``.

    Parameters
    ----------
    plan : Plan
        The reference plan.
    within : float
        Permitted additional cost, as a share; 0.01 is 1 %.
    plans : int
        Number of distinct plans to return.
    options : Options, optional
        Options of each search; by default ``time_limit`` is 20 s and ``gap`` 1 % of the range.
    """
    with ends_all_searches():
        space = _Space(plan, within, options or Options(gap=0.01, time_limit=20.0))
        found = tuple(space.distinct(plans))
        return Alternatives(within, space.ranges(), space.first(), found)


class _Space:
    """Space of the near-optimal plans, over which other objectives are optimised."""

    def __init__(self, plan: Plan, within: float, options: Options) -> None:
        self.plan, self.options = plan, options
        self.program: Program = program_of(plan)
        self.parties = parties_of(plan.instance)
        arrays = apply_fixings(self.program, compile_program(self.program), fixings_of(plan))
        limit = (plan.objective + within * abs(plan.objective)) / self.program.units.money - arrays.offset
        columns = np.flatnonzero(arrays.cost)
        cost_row = np.zeros(len(columns), dtype=np.int64), columns, arrays.cost[columns]
        most = limit * (1 + 1e-9 * np.sign(limit))
        self.arrays = arrays.with_rows(["near-optimal cost"], cost_row, [-np.inf], [most])
        self.cost = arrays
        columns, values = start_values(self.program, arrays, plan)
        self.start = columns, values
        self.at = np.zeros(len(arrays.cost))
        self.at[columns] = values
        self.model = Model(self.arrays)

    def search(self, objective: Floats) -> Solution:
        """Minimise another objective over the near-optimal plans."""
        self.model.change(replace(self.arrays, cost=objective, offset=0.0))
        self.model.start(*self.start)
        return self.model.solve(self.options)

    def extremes(self, weights: Floats) -> tuple[float, float]:
        """Return the range of a weighted sum of columns, from the bounds of the searches: no plan lies outside."""
        low, high = self.search(weights).bound, -self.search(-weights).bound
        return max(0.0, low), high

    # ------------------------------------------------------------------ ranges
    def ranges(self) -> pd.DataFrame:
        """Return the ranges of accelerator-months in use and of decided blocks, by party."""
        rows = []
        for kind, party, unit, weights, now in self._measures():
            least, most = self.extremes(weights)
            rows.append((kind, party, min(least, now), now, max(most, now), unit))
        return pd.DataFrame(rows, columns=list(RANGE_COLUMNS))

    def _measures(self) -> Iterator[tuple[str, str, str, Floats, float]]:
        program_data, index = self.program.parts, self.program.index
        capacity = self.plan.capacity
        for party in dict.fromkeys(pool.party for pool in index.pools.values()):
            weights = np.zeros(len(self.arrays.cost))
            for (pool, _), column in program_data.col["used"].items():
                if index.pools[pool].party == party:
                    weights[column] = self.program.units.accelerators
            rows = capacity[capacity["party"] == party]
            now = float(rows["used"].sum() + rows["leased_out"].sum())
            yield "used", party, "accelerator-months", weights, now
        for family in _FAMILIES:
            columns: dict[tuple[str, str], list[int]] = {}
            for key, column in program_data.col[family].items():
                columns.setdefault((self._decision(family, key[0]), self._party(key[0])), []).append(column)
            for (decision, party), chosen in columns.items():
                weights = np.zeros(len(self.arrays.cost))
                weights[chosen] = 1.0
                yield decision, party, "blocks in all", weights, float(weights @ self.at)

    def _decision(self, family: str, item: str) -> str:
        """Return the decision on an item that the columns of a family stand for."""
        if family == "started" and self.program.index.agreements[item].is_outlet:
            return "lease_out"
        return _FAMILIES[family]

    def _party(self, item: str) -> str:
        return self.parties.get(item, IN_HOUSE)

    # ------------------------------------------------------------------ this month
    def first(self) -> pd.DataFrame:
        """Return the ranges of the decisions of the first month."""
        rows = []
        label = self.program.instance.label(0)
        for family in _FAMILIES:
            for item, columns in self._decided_first(family).items():
                decision = self._decision(family, item)
                weights = np.zeros(len(self.arrays.cost))
                weights[columns] = 1.0
                now = float(weights @ self.at)
                least, most = self.extremes(weights)
                if max(now, most) > 1e-6:
                    low, high = min(now, _rounded(least)), max(now, _rounded(most))
                    rows.append((label, decision, item, self._party(item), now, low, high, low > 1e-6))
        return pd.DataFrame(rows, columns=list(FIRST_COLUMNS))

    def _decided_first(self, family: str) -> dict[str, list[int]]:
        """Return the columns of decisions that are made in the first month, by item."""
        found: dict[str, list[int]] = {}
        program_data, index = self.program.parts, self.program.index
        for key, column in program_data.col[family].items():
            if key[-1] == months_ahead(self.program, family, key[0]) and not (
                family == "started" and index.agreements[key[0]].committed is not None
            ):
                found.setdefault(key[0], []).append(column)
        return found

    # ------------------------------------------------------------------ distinct plans
    def distinct(self, count: int) -> Iterator[Plan]:
        """Yield near-optimal plans that differ as much as possible from the plan and from each other."""
        chosen = [self.at]
        integers = np.flatnonzero(self.arrays.integer[: len(self.program.columns)])
        for _ in range(count):
            weights = np.zeros(len(self.arrays.cost))
            for other in chosen:
                weights[integers] += np.where(
                    other[integers] > 0, 1.0, -1.0 / np.maximum(self.arrays.upper[integers], 1.0)
                )
            solution = self.search(weights)
            if solution.values is None:
                return
            values = solution.values[: len(self.program.columns)]
            if any(np.allclose(values[integers], other[integers]) for other in chosen):
                return
            chosen.append(solution.values)
            yield self._plan(solution)

    def _plan(self, solution: Solution) -> Plan:
        """Return the plan of a solution, with its continuous part re-optimised for these decisions."""
        assert solution.values is not None
        completed = solve_with_integers_fixed(self.cost, solution.values, self.options)
        values = solution.values if completed.values is None else completed.values
        bound = -np.inf if self.plan.bound is None else self.plan.bound / self.program.units.money
        cost = float(self.cost.cost @ values[: len(self.cost.cost)]) + self.cost.offset
        within = cost - bound <= self.options.gap * abs(cost)
        status = SolutionStatus.OPTIMAL if within else SolutionStatus.FEASIBLE
        settled = replace(solution, values=values, bound=bound, status=status, row_duals=completed.row_duals)
        found = finish(self.program, self.cost, settled, self.options, Clock())
        kept = {"held": self.plan.head["held"]} if self.plan.head.get("held") else {}
        return replace(found, head={**found.head, **kept})


def _rounded(value: float) -> float:
    """Round a number of blocks to an integer if only noise separates them."""
    return float(round(value)) if abs(value - round(value)) < 1e-5 else value
