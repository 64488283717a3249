"""Incumbent and proven bound of a stochastic program, and the result of its search."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from optimizer.program.arrays import Floats
from optimizer.solver.bound import bound_below
from optimizer.solver.solution import Options, Report, Stop
from optimizer.uncertainty.stochastic_program import RiskMeasure, StochasticProgram

_FEASIBLE = 1e-6
_ABSOLUTE_GAP = 1e-9


@dataclass(frozen=True)
class StochasticSolution:
    """Plan for each scenario, with the proven bound.

    Attributes
    ----------
    stop : Stop
        Why the search ended.
    values : tuple of ndarray or None
        Values of each scenario's columns, the same for shared decisions.
    objective, bound : float
        Risk measure of the plan, and what no plan can be below; in the program's units.
    alone_costs, alone_bounds : ndarray
        Cost of the best known plan for each scenario alone, and its proven bound; NaN and -inf where unknown. Of a
        risk-neutral program they are not needed, and left to :func:`optimizer.uncertainty.alone.solve_alone`.
    rounds : int
        Rounds of the decomposition; 0 of the extensive form.
    infeasible : int or None
        A scenario that has no plan alone.
    """

    stop: Stop
    values: tuple[Floats, ...] | None
    objective: float
    bound: float
    alone_costs: Floats
    alone_bounds: Floats
    rounds: int = 0
    infeasible: int | None = None


@dataclass
class Incumbent:
    """Best plan so far and proven bound.

    Attributes
    ----------
    program, risk, options, report
        As of :func:`optimizer.uncertainty.solve_stochastic.solve_stochastic`.
    until : float
        When the search must end, on the clock of ``time.time()``.
    values : tuple of ndarray or None
        Values of each scenario's columns.
    objective, bound : float
        Its risk measure, and the proven bound.
    """

    program: StochasticProgram
    risk: RiskMeasure
    options: Options
    report: Report | None = None
    values: tuple[Floats, ...] | None = None
    objective: float = np.inf
    bound: float = -np.inf
    rounds: int = 0
    until: float = field(init=False)

    def __post_init__(self) -> None:
        """Start the clock."""
        self.until = time.time() + self.options.time_limit

    def take(self, values: list[Floats]) -> bool:
        """Use a plan if it is feasible and better; values beyond a scenario's columns are ignored."""
        scenarios, plan = self.program.scenarios, self._own(values)
        objective = self.risk.value(self.program.costs(plan), self.program.probabilities)
        worst = max(arrays.worst_violation(x) for arrays, x in zip(scenarios, plan, strict=True))
        if objective >= self.objective or worst > _FEASIBLE:
            return False
        self.values, self.objective = plan, objective
        self._send()
        return True

    def prove(self, bound: float) -> None:
        """Use a proven bound if it is better."""
        if bound > self.bound:
            self.bound = bound
            self._send()

    @property
    def stop(self) -> Stop | None:
        """Why the search should end now; None if it should go on."""
        if self.missing() <= 0:
            return Stop.GAP_REACHED
        return Stop.TIME_LIMIT if time.time() >= self.until else None

    def missing(self) -> float:
        """Return by how much the bound is below what the gap requires."""
        if not np.isfinite(self.objective):
            return np.inf
        return self.objective - self.bound - self.options.gap * abs(self.objective) - _ABSOLUTE_GAP

    def checked_bound(self) -> float:
        """Return the bound, no higher than the objective.

        Raises
        ------
        BoundContradicted
            If the objective is below the bound by more than rounding.
        """
        if self.values is None:
            return self.bound
        pairs = zip(self.program.scenarios, self.values, strict=True)
        turnover = self.program.probabilities @ np.array([np.abs(arrays.cost * x).sum() for arrays, x in pairs])
        return bound_below(self.objective, self.bound, float(turnover))

    def note(
        self,
        by_scenario: Callable[[Floats], list[Floats]],
        found: float | None,
        proven: float | None,
        nodes: int,
        source: str = "",
        values: Floats | None = None,
        /,
    ) -> None:
        """Report a search of the extensive form, next to what was known before it."""
        better = found is not None and found < self.objective
        plan = self.values if not better else None if values is None else self._own(by_scenario(values))
        objective = self.objective if found is None else min(found, self.objective)
        bound = self.bound if proven is None else max(proven, self.bound)
        self._report(objective, bound, nodes, source if better else "decomposition", plan)

    def _send(self) -> None:
        self._report(self.objective, self.bound, self.rounds, "decomposition", self.values)

    def _own(self, values: Sequence[Floats]) -> tuple[Floats, ...]:
        """Return the values of the scenarios' own columns, without those of the measure of risk."""
        return tuple(x[: len(arrays.cost)] for x, arrays in zip(values, self.program.scenarios, strict=True))

    def _report(
        self, objective: float, bound: float, steps: int, source: str, values: tuple[Floats, ...] | None
    ) -> None:
        if self.report is not None:
            pair = (value if np.isfinite(value) else None for value in (objective, bound))
            self.report(next(pair), next(pair), steps, source, None if values is None else np.concatenate(values))
