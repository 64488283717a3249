"""The nearest plan: of the plans that cost little more than the best, the one that changes least of an earlier plan.

Three searches share the time limit: for the best plan; for the least distance of those that cost at most so much more;
and, if decisions that do not count raised its cost, for the cheapest of the nearest. The first two prove
what no plan can be below.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from optimizer.instance.instance import Instance
from optimizer.interruption import finishing, interruptible
from optimizer.plan.plan import Plan
from optimizer.plan.unfinished import not_completed
from optimizer.program.arrays import Arrays, Floats
from optimizer.program.build import Program
from optimizer.program.decision_distance import lines_of
from optimizer.program.distance_network import Change, DistanceNetwork
from optimizer.program.fixed_decisions import fix_decisions_at
from optimizer.solver import engines
from optimizer.solver.bound import PRECISION
from optimizer.solver.failed_search import SearchFailed
from optimizer.solver.highs import Model
from optimizer.solver.mip_start import decision_values
from optimizer.solver.solution import Deadline, Options, Solution, Stop
from optimizer.solving.clock import Clock, OnProgress
from optimizer.solving.search import search
from optimizer.solving.solve import finish, prepare_program

_FIRST, _SECOND = 1 / 2, 2 / 3  # of the time that is left: for the best plan, then for the nearest
_BEGIN = 1 / 5  # the same, to complete the decisions of the earlier plan
_FINISH = 1.0  # seconds at least, and after Ctrl-C at most, to complete a solution
_TRADES, _TRADE, _TRADE_GAP = 4, 1 / 5, 0.05  # number of trades, their time, and the improvement that is worth one
_MARGIN = 1e-6  # relative: by how much a limit is lowered that the solver exceeded by rounding
_NOTHING = 1e-6  # of the money that an average block counts: less is rounding
_PENNY = 1e-9  # of all money that moves


def solve_near(
    instance: Instance | Program,
    near: Plan,
    within: float,
    options: Options,
    progress: OnProgress | None = None,
    start: Plan | None = None,
) -> Plan:
    """Find the plan that changes least of an earlier plan's decisions, of those that cost little more than the best.

    Parameters
    ----------
    instance : Instance or Program
        As for :func:`optimizer.solve`.
    near : Plan
        The earlier plan.
    within : float
        Share of the cost of the best plan found that the plan may cost more.
    options : Options
        How to search; the time limit is that of all searches together.
    progress : callable, optional
        As for :func:`optimizer.solve`.
    start : Plan, optional
        Plan whose decisions the first search begins with; by default the earlier plan.

    Raises
    ------
    ValueError
        If ``within`` is not a share of 0 or more.
    CapoptError
        As :func:`optimizer.solve` does.
    """
    if not (math.isfinite(within) and within >= 0):
        raise ValueError(f"within is {within!r}; expected a share such as 0.005 for 0.5 %")
    clock = Clock(progress)
    program, arrays = prepare_program(instance, options, clock)
    with interruptible():
        return _Nearest(program, arrays, near, within, options, clock).plan(start)


@dataclass(frozen=True)
class _Found:
    """A solution: values of the program's columns, their cost, the flows of the network and the distance."""

    values: Floats
    cost: float
    flows: Floats
    distance: float


class _Nearest:
    """The searches for the nearest plan; costs in the program's units, distances in those of the network."""

    def __init__(
        self, program: Program, arrays: Arrays, near: Plan, within: float, options: Options, clock: Clock
    ) -> None:
        self.program, self.arrays, self.near, self.within = program, arrays, near, within
        self.options, self.clock = options, clock
        self.deadline = Deadline.after(options.time_limit)
        lines, self.lost = lines_of(program, near)
        self.network = DistanceNetwork(lines)
        self.bound = 0.0  # proven bound of the distance
        self.best = self.limit = math.inf  # cost of the best plan, and the highest allowed

    def plan(self, start: Plan | None) -> Plan:
        """Return the nearest plan; if there is none at all, raise the error that says why."""
        earlier = decision_values(self.program, self.arrays, self.near)
        before = self._completed(earlier, _BEGIN * self.deadline.left())
        first = search(self.program, self.arrays, self._options(_FIRST), self.clock, start or before)
        if first.values is None:
            return finish(self.program, self.arrays, first, self.options, self.clock)
        self.best = self._cost(first.values)
        self.limit = self.best + self.within * abs(self.best)
        self.found, self.steps = self._found(first.values), [first]
        if before is not None and self._cost(before) <= self.limit:
            self.found = min(self.found, self._found(before), key=_order)
        nearest = self.network.nearest(self.arrays, self.limit)
        for search_more in (self._trade, self._approach, self._save):
            if not self._is_interrupted:
                search_more(nearest)
        return finish(self.program, self.arrays, self._joined(), self.options, self.clock, self._head)

    # ------------------------------------------------------------------ searches
    def _trade(self, nearest: Arrays) -> None:
        """Search for plans with fewer changes, at a price for which none of them costs too much.

        With the price ``(limit - cost) / distance`` of the plan found, cost and priced distance add up to the limit;
        what adds up to less costs less than the limit. The price then rises (Dinkelbach's method). The bound of the
        sum bounds the distance, too.
        """
        if not self.arrays.integer.any():
            return
        for _ in range(_TRADES):
            found, room = self.found, self.limit - self.found.cost
            if found.distance <= _NOTHING or room <= _PENNY * abs(self.limit) or self._is_interrupted:
                return
            price = room / found.distance
            gap = min(self.options.gap, _TRADE_GAP * room / abs(self.limit))
            sums = replace(nearest, cost=np.append(self.arrays.cost, 0.0 * found.flows) + price * nearest.cost)
            step = self._search("trade", replace(sums, offset=self.arrays.offset), _TRADE, 0.0, gap)
            self.bound = max(self.bound, (step.bound - self.limit) / price)
            if self.found.distance > (1 - _TRADE_GAP) * found.distance:
                return

    def _approach(self, nearest: Arrays) -> None:
        """Search for the nearest plan, and prove it."""
        gap = self.options.gap
        if self._is_proven:
            return
        step = self._search("near", nearest, _SECOND, self.network.unit, gap)
        self.bound = max(self.bound, step.bound)
        if step.values is not None and not self._allowed(step):  # above the limit by rounding
            lower = max(self.best, self.limit - _MARGIN * abs(self.limit))
            self._search("near", self.network.nearest(self.arrays, lower), _SECOND, self.network.unit, gap)

    def _save(self, nearest: Arrays) -> None:
        """Search for the cheapest of the nearest plans, if it costs more than the best one."""
        gap, found = self.options.gap, self.found
        if found.cost <= self.best or found.cost - self.steps[0].bound <= gap * abs(found.cost):
            return
        cheapest = self.network.cheapest(nearest, self.arrays, found.distance)
        step = self._search("cheapest", cheapest, 1.0, self.program.units.money, gap)
        most = found.distance + _NOTHING * (1 + found.distance)
        as_near = [one for one in self._allowed(step) if one.distance <= most]
        self.found = min([found, *as_near], key=lambda one: one.cost)

    def _search(self, phase: str, arrays: Arrays, share: float, unit: float, gap: float) -> Solution:
        """Solve a program with the network from the solution found; keep what it finds if it is nearer."""
        report = self.clock.reporter(unit, phase) if unit else self.clock.ticker(phase)
        start = np.append(self.found.values, self.found.flows)
        options = replace(self._options(share), gap=gap)
        try:
            with self.clock.phase(phase):
                step = engines.solve(arrays, options, report, start=start)
        except SearchFailed as failure:
            raise not_completed(self.program.instance, arrays, failure.values, failure.why) from failure.why
        self.found = min([self.found, *self._allowed(step)], key=_order)
        self.steps.append(step)
        return step

    @property
    def _is_interrupted(self) -> bool:
        """Whether Ctrl-C ended a search."""
        return any(step.stop is Stop.INTERRUPTED for step in self.steps)

    def _options(self, share: float) -> Options:
        """Return the options of a search that may take a share of the time that is left."""
        return replace(self.options, time_limit=share * self.deadline.left())

    # ------------------------------------------------------------------ solutions
    def _allowed(self, solution: Solution) -> list[_Found]:
        """Return the solution of a search with the cheapest operation for its decisions, unless it costs too much."""
        if solution.values is None:
            return []
        values = solution.values[: len(self.arrays.cost)]
        completed = self._completed(values, self.deadline.to_finish())
        found = self._found(values if completed is None else completed)
        money = float(np.abs(self.arrays.cost * found.values).sum())
        return [found] if found.cost <= self.limit + _PENNY * money else []

    def _completed(self, values: Floats, seconds: float) -> Floats | None:
        """Return the cheapest operation for the decisions of a solution; None if there is none, or no time for it."""
        solution = self._solved(fix_decisions_at(self.program, self.arrays, values), seconds)
        return solution.values if solution.stop is Stop.GAP_REACHED else None

    def _found(self, values: Floats) -> _Found:
        """Return a solution with its cost and its distance."""
        alone = self.network.alone(values)
        solution = self._solved(alone, self.deadline.to_finish()) if len(alone.cost) else None
        flows = np.zeros(0) if solution is None or solution.values is None else solution.values
        changes = self.network.changes(values, flows)
        return _Found(values, self._cost(values), flows, sum(one.counts for one in changes) / self.network.unit)

    def _solved(self, arrays: Arrays, seconds: float) -> Solution:
        """Solve a linear program that completes a solution."""
        with finishing() as pressed:
            limit = _FINISH if pressed else max(seconds, _FINISH)
            return Model(arrays).solve(replace(self.options, time_limit=limit))

    def _cost(self, values: Floats) -> float:
        return float(self.arrays.cost @ values) + self.arrays.offset

    # ------------------------------------------------------------------ head
    def _joined(self) -> Solution:
        """Return the solution found, with the bound of the first search and the reason why the search for it ended."""
        stop = Stop.INTERRUPTED if self._is_interrupted else self.steps[0].stop
        if stop is Stop.GAP_REACHED and not self._is_proven:
            stop = Stop.TIME_LIMIT
        nodes, iterations = (sum(getattr(step, name) for step in self.steps) for name in ("nodes", "iterations"))
        values = self.found.values
        return replace(self.steps[0], values=values, stop=stop, nodes=nodes, iterations=iterations, row_duals=None)

    @property
    def _is_proven(self) -> bool:
        """Whether the distance is within the target gap of its bound."""
        return self.found.distance - self.bound <= max(self.options.gap * self.found.distance, _NOTHING)

    def _head(self, plan: Plan) -> dict[str, Any]:
        """Return the keys of the head that say what was changed, and what staying near costs."""
        money, unit, cost, found = self.program.units.money, self.network.unit, plan.objective, self.found
        best = cost if found.cost <= self.best else min(self.best * money, cost)
        distance = found.distance * unit if found.distance > _NOTHING else 0.0
        bound = distance if found.distance - self.bound <= _NOTHING else max(self.bound, 0.0) * unit
        changes = self.network.changes(found.values, found.flows) if distance else []
        gap = max(self.options.gap, PRECISION)
        proven = plan.bound is not None and best - plan.bound <= gap * abs(best)
        near = self.near.instance
        return {
            "status": "optimal" if proven and self._is_proven else "feasible",
            "near": {
                "plan": {"name": near.head.name, "start": near.head.start, "hash": near.hash},
                "within": self.within,
                "best_cost": best,
                "cost_limit": best + self.within * abs(best),
                "cost_of_stability": cost - best,
                "distance": distance,
                "distance_bound": bound,
                "distance_gap": (distance - bound) / distance if distance else 0.0,
                "changes": [self._change_to_head(one) for one in changes],
                "lost": [vars(one) for one in self.lost],
            },
        }

    def _change_to_head(self, change: Change) -> dict[str, Any]:
        """Return a change with its months as labels."""
        label = self.program.instance.label
        months = {
            key: "" if month is None else label(month)
            for key, month in (("month_a", change.month_a), ("month_b", change.month_b))
        }
        return {**vars(change), **months}


def _order(one: _Found) -> tuple[float, float]:
    """Return what to minimise: the distance, and of as near solutions the cost."""
    return round(one.distance / _NOTHING) * _NOTHING, one.cost
