"""Near-optimal alternatives: how far the plan can be moved before it costs a given share more."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from scipy.sparse import csc_array, vstack

from optimizer.interruption import ends_all_searches
from optimizer.plan.plan import Plan
from optimizer.program.added_head import program_of
from optimizer.program.build import Program
from optimizer.program.compile import Arrays, Floats, compile_program
from optimizer.program.fixings import apply_fixings, fixings_of
from optimizer.solver.highs import Model, solve_with_integers_fixed
from optimizer.solver.mip_start import start_values
from optimizer.solver.solution import Options, Solution, SolutionStatus
from optimizer.solving.clock import Clock
from optimizer.solving.solve import finish

RANGE_COLUMNS = ("kind", "party", "least", "plan", "most", "unit")
FIRST_COLUMNS = ("month", "decision", "item", "party", "plan", "least", "most", "no_regret")
_CLASSES = {
    "ordered": "order_build",
    "bought": "buy",
    "started": "sign",
    "committed": "commit_spend",
    "placed": "start_run",
}


@dataclass(frozen=True)
class Alternatives:
    """What near-optimal plans have in common, and where they differ.

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
    """Explore the plans that cost at most ``within`` more than a plan.

    Parameters
    ----------
    plan : Plan
        The plan at hand.
    within : float
        Share of its cost; 0.01 is 1 %.
    plans : int
        Distinct plans wanted.
    options : Options, optional
        Of each search; ``time_limit`` 20 s and ``gap`` 1 % of the range unless told otherwise.
    """
    with ends_all_searches():
        space = _Space(plan, within, options or Options(gap=0.01, time_limit=20.0))
        found = tuple(space.distinct(plans))
        return Alternatives(within, space.ranges(), space.first(), found)


class _Space:
    """The near-optimal plans, as a program whose objective is free."""

    def __init__(self, plan: Plan, within: float, options: Options) -> None:
        self.plan, self.options = plan, options
        self.program: Program = program_of(plan)
        arrays = apply_fixings(self.program, compile_program(self.program), fixings_of(plan))
        limit = (plan.objective + within * abs(plan.objective)) / self.program.units.money - arrays.offset
        self.arrays = _with_row(arrays, arrays.cost, limit * (1 + 1e-9 * np.sign(limit)))
        self.cost = arrays
        columns, values = start_values(self.program, arrays, plan)
        self.start = columns, values
        self.at = np.zeros(len(arrays.cost))
        self.at[columns] = values
        self.model = Model(self.arrays)

    def search(self, objective: Floats) -> Solution:
        """Least value of another objective over the near-optimal plans."""
        self.model.change(replace(self.arrays, cost=objective, offset=0.0))
        self.model.start(*self.start)
        return self.model.solve(self.options)

    def extremes(self, weights: Floats) -> tuple[float, float]:
        """Least and most of a weighted sum of columns; bounds of the searches, so that no plan lies outside."""
        low, high = self.search(weights).bound, -self.search(-weights).bound
        return max(0.0, low), high

    # ------------------------------------------------------------------ ranges
    def ranges(self) -> pd.DataFrame:
        """Accelerator-months in use and blocks decided, by party."""
        rows = []
        for kind, party, unit, weights, now in self._measures():
            least, most = self.extremes(weights)
            rows.append((kind, party, min(least, now), now, max(most, now), unit))
        return pd.DataFrame(rows, columns=list(RANGE_COLUMNS))

    def _measures(self) -> Iterator[tuple[str, str, str, Floats, float]]:
        m, ix = self.program.parts, self.program.index
        capacity = self.plan.capacity
        for party in dict.fromkeys(pool.party for pool in ix.pools.values()):
            weights = np.zeros(len(self.arrays.cost))
            for (pool, _), column in m.col["used"].items():
                if ix.pools[pool].party == party:
                    weights[column] = self.program.units.accelerators
            rows = capacity[capacity["party"] == party]
            now = float(rows["used"].sum() + rows["leased_out"].sum())
            yield "used", party, "accelerator-months", weights, now
        for family, decision in _CLASSES.items():
            for party in dict.fromkeys(self._party(key[0]) for key in m.col[family]):
                weights = np.zeros(len(self.arrays.cost))
                for key, column in m.col[family].items():
                    if self._party(key[0]) == party:
                        weights[column] = 1.0
                yield decision, party, "blocks in all", weights, float(weights @ self.at)

    def _party(self, item: str) -> str:
        ix = self.program.index
        if item in ix.agreements:
            return str(ix.agreements[item].party)
        return str(ix.commitments[item].provider) if item in ix.commitments else "in_house"

    # ------------------------------------------------------------------ this month
    def first(self) -> pd.DataFrame:
        """Decisions of the first month."""
        rows = []
        label = self.program.instance.label(0)
        for family, decision in _CLASSES.items():
            for item, columns in self._decided_first(family).items():
                weights = np.zeros(len(self.arrays.cost))
                weights[columns] = 1.0
                now = float(weights @ self.at)
                least, most = self.extremes(weights)
                if max(now, most) > 1e-6:
                    low, high = min(now, _whole(least)), max(now, _whole(most))
                    rows.append((label, decision, item, self._party(item), now, low, high, low > 1e-6))
        return pd.DataFrame(rows, columns=list(FIRST_COLUMNS))

    def _decided_first(self, family: str) -> dict[str, list[int]]:
        """Columns of decisions that are made in the first month, by item."""
        found: dict[str, list[int]] = {}
        m, ix = self.program.parts, self.program.index
        for key, column in m.col[family].items():
            lead = ix.agreements[key[0]].row.lead_months if family == "started" else 0
            if key[-1] - lead == 0 and not (family == "started" and ix.agreements[key[0]].committed is not None):
                found.setdefault(key[0], []).append(column)
        return found

    # ------------------------------------------------------------------ distinct plans
    def distinct(self, count: int) -> Iterator[Plan]:
        """Near-optimal plans that differ as much as they can from the plan, and from those before."""
        chosen = [self.at]
        whole = np.flatnonzero(self.arrays.integer[: len(self.program.columns)])
        for _ in range(count):
            weights = np.zeros(len(self.arrays.cost))
            for other in chosen:
                weights[whole] += np.where(other[whole] > 0, 1.0, -1.0 / np.maximum(self.arrays.upper[whole], 1.0))
            solution = self.search(weights)
            if solution.values is None:
                return
            values = solution.values[: len(self.program.columns)]
            if any(np.allclose(values[whole], other[whole]) for other in chosen):
                return
            chosen.append(solution.values)
            yield self._plan(solution)

    def _plan(self, solution: Solution) -> Plan:
        """The plan of a solution, its continuous part made as cheap as it can be with these decisions."""
        assert solution.values is not None
        held = solve_with_integers_fixed(self.cost, solution.values, self.options)
        values = solution.values if held.values is None else held.values
        bound = -np.inf if self.plan.bound is None else self.plan.bound / self.program.units.money
        cost = float(self.cost.cost @ values[: len(self.cost.cost)]) + self.cost.offset
        within = cost - bound <= self.options.gap * abs(cost)
        status = SolutionStatus.OPTIMAL if within else SolutionStatus.FEASIBLE
        settled = replace(solution, values=values, bound=bound, status=status, row_duals=held.row_duals)
        found = finish(self.program, self.cost, settled, self.options, Clock())
        kept = {"held": self.plan.head["held"]} if self.plan.head.get("held") else {}
        return replace(found, head={**found.head, **kept})


def _whole(value: float) -> float:
    """A number of blocks, its noise rounded away."""
    return float(round(value)) if abs(value - round(value)) < 1e-5 else value


def _with_row(arrays: Arrays, coefficients: Floats, most: float) -> Arrays:
    """Arrays with a row ``coefficients . x <= most``."""
    matrix = csc_array((arrays.values, arrays.indices, arrays.starts), shape=(len(arrays.row_lower), len(arrays.cost)))
    whole: Any = vstack([matrix, csc_array(coefficients.reshape(1, -1))], format="csc")
    return replace(
        arrays,
        starts=np.asarray(whole.indptr, dtype=np.int64),
        indices=np.asarray(whole.indices, dtype=np.int64),
        values=np.asarray(whole.data, dtype=float),
        row_lower=np.append(arrays.row_lower, -np.inf),
        row_upper=np.append(arrays.row_upper, most),
        rows=(*arrays.rows, "the plan costs little more"),
    )
