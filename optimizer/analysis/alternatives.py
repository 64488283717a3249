"""Near-optimal alternatives: the range of every decision over all plans within a given additional cost."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Unpack

import numpy as np
import pandas as pd

from optimizer.analysis.alternatives_found import FIRST_COLUMNS, RANGE_COLUMNS, Alternatives
from optimizer.analysis.budget import DEFAULT, Budget, BudgetSpent
from optimizer.instance.name_suggestions import parties_of
from optimizer.interruption import Cancel, cancelled_by
from optimizer.plan.by_scenario import refuse_uncertain
from optimizer.plan.plan import Plan
from optimizer.program.added_head import program_of
from optimizer.program.arrays import Floats
from optimizer.program.build import Program
from optimizer.program.compile import compile_program
from optimizer.program.fixings import apply_fixings, fixings_of, months_ahead
from optimizer.schema import IN_HOUSE
from optimizer.solver.highs import Model, solve_with_integers_fixed
from optimizer.solver.highs_options import FROM_A_PLAN
from optimizer.solver.mip_start import decision_values, start_values
from optimizer.solver.solution import Options, Solution, SolutionStatus, SolveOptions, Stop
from optimizer.solving.clock import Clock
from optimizer.solving.solve import finish

_FAMILIES = {  # decision of each family of columns; of outlets, those started are leased out
    "ordered": "order_build",
    "bought": "buy",
    "started": "sign",
    "committed": "commit_spend",
    "placed": "start_run",
}
_INTEGRAL = 1e-5  # of blocks: noise in a bound of a number of them
_ATTAINED = 1e-6  # relative: an end that near to the plan's own amount is attained
_NOTHING = 1e-6  # blocks: none
_OF_DISTINCT = 0.5  # share of what is left of the budget
_DISTINCT_GAP = 0.2  # of the distance of a distinct plan, of which no proof is wanted
_OF_WIDTH = 5.0  # gaps: share of the width of a range, as the relaxation proves it, to which its ends are narrowed
_ONE_BLOCK = 1 - 1e-3  # of an integral range: nearer to a bound than one block, an amount is the end


def find_alternatives(
    plan: Plan,
    within: float = 0.01,
    plans: int = 2,
    *,
    budget: float | Budget | None = DEFAULT,
    on_step: Callable[[str], None] | None = None,
    cancel: Cancel | None = None,
    **options: Unpack[SolveOptions],
) -> Alternatives:
    """Explore the plans whose cost exceeds that of a plan by at most ``within``.

    Parameters
    ----------
    plan : Plan
        The reference plan.
    within : float
        Permitted additional cost, as a share; 0.01 is 1 %.
    plans : int
        Number of distinct plans to return.
    budget : float, Budget or None
        Seconds in all; None for all there is, with ``time_limit`` for each search. Decisions of the first month are
        examined first.
    on_step : callable, optional
        Called with a line on each search, and on what is to come.
    cancel : threading.Event or callable, optional
        Ends the work as Ctrl-C does; as for :func:`optimizer.solve`.
    **options
        ``gap`` (by default 1 %): ends of ranges are narrowed to five times this share of what the linear relaxation
        leaves between them, and to this share of what is decided first; ``time_limit`` of one search (by default what
        the budget leaves, 10 s without one), ``threads`` and ``seed``.

    Returns
    -------
    Alternatives
        Ctrl-C and ``cancel`` end it with the ranges as far as they are proven.

    Raises
    ------
    UnsupportedInstance
        If the plan is one under uncertainty.
    """
    refuse_uncertain(plan, "the search for alternatives")
    limit = options.pop("time_limit", None)
    options.setdefault("gap", 0.01)
    shared = budget if isinstance(budget, Budget) else Budget(budget, limit)
    with cancelled_by(cancel):
        return _Space(plan, within, Options(**options), shared, on_step or (lambda _: None)).explore(plans)


@dataclass
class _Range:
    """A weighted sum of columns, and its range over the near-optimal plans as far as it is known."""

    name: str
    weights: Floats
    now: float
    integral: bool
    least: float = 0.0
    most: float = math.nan
    width: float = 0.0  # that the relaxation proves; 0 where the ends are wanted precisely
    finished: list[float] = field(default_factory=list)  # signs of the ends that more time would not change


class _Space:
    """Space of the near-optimal plans, over which other objectives are optimised."""

    def __init__(self, plan: Plan, within: float, options: Options, budget: Budget, say: Callable[[str], None]) -> None:
        self.plan, self.options, self.within, self.budget, self.say = plan, options, within, budget, say
        self.program: Program = program_of(plan)
        self.parties = parties_of(plan.instance)
        arrays = apply_fixings(self.program, compile_program(self.program), fixings_of(plan))
        limit = (plan.objective + within * abs(plan.objective)) / self.program.units.money - arrays.offset
        columns = np.flatnonzero(arrays.cost)
        cost_row = np.zeros(len(columns), dtype=np.int64), columns, arrays.cost[columns]
        most = limit * (1 + 1e-9 * np.sign(limit))
        self.arrays = arrays.with_rows(["near-optimal cost"], cost_row, [-np.inf], [most])
        self.cost = arrays
        self.columns, _ = start_values(self.program, arrays, plan)
        self.at = decision_values(self.program, arrays, plan)
        completed = solve_with_integers_fixed(arrays, self.at, self.options).values
        self.known = [] if completed is None else [completed]
        self.model = Model(self.arrays, settings=FROM_A_PLAN)
        self.relaxation = Model(self.arrays.relaxed())

    # ------------------------------------------------------------------ the order of work
    def explore(self, plans: int) -> Alternatives:
        """Find the ranges that the relaxation proves, then those of this month, distinct plans, and all others."""
        first, measures = list(self._first()), list(self._measures())
        found: list[Plan] = []
        stopped = False
        ranges = [*(row[-1] for row in first), *(row[-1] for row in measures)]
        try:
            self._each("relaxation", ranges, self._relax)
            for *_, one in measures:
                one.width = one.most - one.least if math.isfinite(one.most) else 0.0
            self._each("decisions of this month", [row[-1] for row in first], self._narrow, 0.5)
            self._distinct(plans, found)
            self._each("ranges", [row[-1] for row in measures], self._narrow)
        except KeyboardInterrupt:
            stopped = True
        left = sum(2 - len(one.finished) for one in ranges)
        left += max(self.distinct_left, 0)
        return Alternatives(self.within, self._ranges_table(measures), _first_table(first), tuple(found), left, stopped)

    def _each(self, what: str, ranges: list[_Range], narrow: Callable[[_Range, float], None], share: float = 1) -> None:
        """Narrow both ends of ranges, each with its part of a share of the budget."""
        left = [(one, sign) for one in ranges for sign in (1.0, -1.0) if sign not in one.finished]
        self.budget.stage(share)
        for number, (one, sign) in enumerate(left):
            if not self.budget.question(len(left) - number):
                return
            if self._is_final(one, sign):
                continue
            end = "least" if sign > 0 else "most"
            self.say(f"{what}, {number + 1} of {len(left)}: the {end} of {one.name}")
            with suppress(BudgetSpent):
                narrow(one, sign)

    def _relax(self, one: _Range, sign: float) -> None:
        """Bound an end of a range by the linear relaxation, which decides it if the plan attains it."""
        self.relaxation.change(replace(self.arrays.relaxed(), cost=sign * one.weights, offset=0.0))
        found = self.relaxation.solve(replace(self.options, time_limit=self.budget.search()))
        if found.stop is Stop.INTERRUPTED:
            raise KeyboardInterrupt
        if found.stop is Stop.GAP_REACHED:
            self._bound(one, sign, found.bound, final=False)

    def _narrow(self, one: _Range, sign: float) -> None:
        """Bound an end of a range by a search."""
        found = self._search(sign * one.weights, absolute_gap=self._precision(one))
        self._bound(one, sign, found.bound, final=self.budget.cuts == self.cuts_before)

    def _bound(self, one: _Range, sign: float, bound: float, *, final: bool) -> None:
        """Take over a bound of an end; the end is final if the plan attains it, or the search ended by itself."""
        if math.isfinite(bound) and one.integral:
            bound = math.ceil(bound - _INTEGRAL)
        if sign > 0:
            one.least = min(max(one.least, bound, 0.0), one.now)
        else:
            one.most = max(0.0 - bound if one.most != one.most else min(one.most, -bound), one.now)
        if final:
            one.finished.append(sign)
        else:
            self._is_final(one, sign)

    def _is_final(self, one: _Range, sign: float) -> bool:
        """Whether an end is final; it also is if a known plan attains it, up to the gap of a search."""
        bound = sign * (one.least if sign > 0 else one.most)
        attained = min(sign * amount for amount in self._amounts(one))
        within = max(_ATTAINED * max(abs(one.now), 1.0), self.options.gap * abs(attained), self._precision(one))
        if sign not in one.finished and attained - bound <= within:
            one.finished.append(sign)
        return sign in one.finished

    def _amounts(self, one: _Range) -> list[float]:
        """Return the amounts of all plans that are known."""
        return [one.now, *(float(one.weights @ values) for values in self.known)]

    def _precision(self, one: _Range) -> float:
        """Return how near to its bound an end is that need not be searched for."""
        return max(_OF_WIDTH * self.options.gap * one.width, _ONE_BLOCK if one.integral else 0.0)

    def _search(
        self, objective: Floats, offset: float = 0.0, gap: float | None = None, absolute_gap: float = 0.0
    ) -> Solution:
        """Minimise another objective over the near-optimal plans, from the best one that is known."""
        seconds = self.budget.search()
        self.cuts_before = self.budget.cuts
        self.model.change(replace(self.arrays, cost=objective, offset=offset))
        best = min(self.known, key=lambda values: float(objective @ values), default=self.at)
        self.model.start(self.columns, best[self.columns])
        options = replace(self.options, time_limit=seconds, gap=gap or self.options.gap)
        found = self.model.solve(options, absolute_gap=absolute_gap)
        if found.values is not None:
            self.known.append(np.asarray(found.values[: len(self.at)]))
        if found.stop is Stop.INTERRUPTED:
            raise KeyboardInterrupt
        if found.stop is Stop.TIME_LIMIT:
            self.budget.ended(seconds)
        return found

    # ------------------------------------------------------------------ ranges
    def _measures(self) -> Iterator[tuple[str, str, str, _Range]]:
        """Yield accelerator-months in use and decided blocks, by party."""
        program_data, index = self.program.parts, self.program.index
        capacity = self.plan.capacity
        for party in dict.fromkeys(pool.party for pool in index.pools.values()):
            weights = np.zeros(len(self.arrays.cost))
            for (pool, _), column in program_data.col["used"].items():
                if index.pools[pool].party == party:
                    weights[column] = self.program.units.accelerators
            rows = capacity[capacity["party"] == party]
            now = float(rows["used"].sum() + rows["leased_out"].sum())
            yield "used", party, "accelerator-months", _Range(f"use of {party}", weights, now, integral=False)
        for family in _FAMILIES:
            columns: dict[tuple[str, str], list[int]] = {}
            for key, column in program_data.col[family].items():
                columns.setdefault((self._decision(family, key[0]), self._party(key[0])), []).append(column)
            for (decision, party), chosen in columns.items():
                weights = np.zeros(len(self.arrays.cost))
                weights[chosen] = 1.0
                yield decision, party, "blocks in all", self._range(f"{decision} {party}", weights)

    def _ranges_table(self, measures: list[tuple[str, str, str, _Range]]) -> pd.DataFrame:
        rows = []
        for kind, party, unit, one in measures:
            found = self._amounts(one)
            low, high = max(min(found), one.least), max(found) if one.most != one.most else min(max(found), one.most)
            rows.append((kind, party, one.least, one.now, one.most, unit, low, high))
        return pd.DataFrame(rows, columns=list(RANGE_COLUMNS))

    def _range(self, name: str, weights: Floats) -> _Range:
        integral = bool(self.arrays.integer[weights > 0].all())
        return _Range(name.replace("_", " "), weights, float(weights @ self.at), integral)

    def _decision(self, family: str, item: str) -> str:
        """Return the decision on an item that the columns of a family stand for."""
        if family == "started" and self.program.index.agreements[item].is_outlet:
            return "lease_out"
        return _FAMILIES[family]

    def _party(self, item: str) -> str:
        return self.parties.get(item, IN_HOUSE)

    # ------------------------------------------------------------------ this month
    def _first(self) -> Iterator[tuple[str, str, str, str, _Range]]:
        """Yield the decisions of the first month."""
        label = self.program.instance.label(0)
        for family in _FAMILIES:
            for item, columns in self._decided_first(family).items():
                decision = self._decision(family, item)
                weights = np.zeros(len(self.arrays.cost))
                weights[columns] = 1.0
                yield label, decision, item, self._party(item), self._range(f"{decision} {item}", weights)

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
    distinct_left = 0  # plans that were not searched for, or not to the end

    def _distinct(self, count: int, plans: list[Plan]) -> None:
        """Add near-optimal plans that differ as much as possible from the plan and from each other."""
        chosen = [self.at]
        integers = np.flatnonzero(self.arrays.integer[: len(self.program.columns)])
        self.distinct_left = count
        self.budget.stage(_OF_DISTINCT)
        for number in range(count):
            if not self.budget.question(count - number):
                return
            self.say(f"distinct plan {number + 1} of {count}")
            weights = np.zeros(len(self.arrays.cost))
            for other in chosen:
                weights[integers] += np.where(
                    other[integers] > 0, 1.0, -1.0 / np.maximum(self.arrays.upper[integers], 1.0)
                )
            offset = -sum(float(np.clip(weights, 0.0, None) @ other) for other in chosen)
            try:
                solution = self._search(weights, offset, _DISTINCT_GAP)
            except BudgetSpent:
                return
            cut = self.budget.cuts > self.cuts_before
            values = None if solution.values is None else solution.values[: len(self.program.columns)]
            if values is None or any(np.allclose(values[integers], other[integers]) for other in chosen):
                self.distinct_left = self.distinct_left if cut else 0
                return
            chosen.append(np.asarray(solution.values))
            plans.append(self._plan(solution))
            self.distinct_left -= not cut

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


def _first_table(first: list[tuple[str, str, str, str, _Range]]) -> pd.DataFrame:
    """Return the table of the first month, without decisions that no near-optimal plan makes."""
    rows = []
    for *known, one in first:
        low, high = min(one.now, _rounded(one.least)), one.most if one.most != one.most else _rounded(one.most)
        if not high <= _NOTHING:
            rows.append((*known, one.now, low, high, low > _NOTHING))
    return pd.DataFrame(rows, columns=list(FIRST_COLUMNS))


def _rounded(value: float) -> float:
    """Round a number of blocks to an integer if only noise separates them."""
    return float(round(value)) if abs(value - round(value)) < 1e-5 else value
