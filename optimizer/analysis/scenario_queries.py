"""Searches about a plan under uncertainty within a budget: with decisions fixed, or with its data edited."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from optimizer.analysis.budget import Budget
from optimizer.errors import NoFeasiblePlan, StoppedWithoutPlan
from optimizer.instance.edit import Edit, apply_edits
from optimizer.instance.instance import Instance
from optimizer.instance.scenarios import scenarios
from optimizer.plan.by_scenario import scenario_plans
from optimizer.plan.plan import Plan
from optimizer.program.arrays import Arrays, Floats
from optimizer.program.fixed_decisions import fix_decisions_at
from optimizer.program.fixings import Fixing, apply_fixings
from optimizer.program.gc_control import collector_paused
from optimizer.solver.highs import Model
from optimizer.solver.mip_start import decision_values
from optimizer.solver.solution import Options, Stop
from optimizer.solving.clock import Clock, OnProgress
from optimizer.solving.solve import Cost, cost_with_gap
from optimizer.uncertainty.programs import ScenarioPrograms, scenario_programs
from optimizer.uncertainty.solve_stochastic import solve_stochastic
from optimizer.uncertainty.stochastic_program import RiskMeasure, StochasticProgram
from optimizer.uncertainty.tree import make_tree
from optimizer.workers.workers import Workers


@dataclass(frozen=True)
class FoundPlan:
    """What a search found.

    Attributes
    ----------
    cost : Cost
        Objective and bound, in the instance's currency.
    values : tuple of ndarray
        Values of each scenario's columns.
    """

    cost: Cost
    values: tuple[Floats, ...]


class ScenarioQueries:
    """Searches about a plan under uncertainty, of which only the cost is needed.

    Parameters
    ----------
    plan : Plan
        The plan.
    options : Options
        Gap and seed of the searches.
    budget : Budget
        Seconds of each.
    workers : Workers
        They solve the subproblems.
    progress : callable, optional
        Called with the progress of each search.
    """

    def __init__(
        self, plan: Plan, options: Options, budget: Budget, workers: Workers, progress: OnProgress | None = None
    ) -> None:
        self.plan, self.options, self.budget = plan, options, budget
        self.workers, self.progress = workers, progress

    @cached_property
    def programs(self) -> ScenarioPrograms:
        """Programs of the plan's scenarios."""
        return self.programs_of(self.plan.instance)

    @cached_property
    def plans(self) -> dict[str, Plan]:
        """The plan of each scenario, in the order of the programs."""
        return scenario_plans(self.plan, {one.name: one.instance for one in self.programs.tree.scenarios})

    @cached_property
    def values(self) -> tuple[Floats, ...] | None:
        """Values of the columns with the plan's decisions and the best operation; None if they are infeasible."""
        return self._start(self.programs)

    def programs_of(self, instance: Instance) -> ScenarioPrograms:
        """Return the programs of the scenarios of an instance."""
        with collector_paused():
            tree = make_tree(scenarios(instance), instance.head.months)
            return scenario_programs(tree, bool(self.plan.head["relaxed"]))

    def programs_with(self, edit: Callable[[Instance], Instance]) -> ScenarioPrograms:
        """Return the programs of the plan's scenarios with the data of each edited, after its changes."""
        tree = self.programs.tree
        edited = tuple(replace(one, instance=edit(one.instance)) for one in tree.scenarios)
        return scenario_programs(replace(tree, scenarios=edited), bool(self.plan.head["relaxed"]))

    @property
    def cost(self) -> Cost:
        """Objective and bound of the plan."""
        return cost_with_gap(self.plan.objective, -np.inf if self.plan.bound is None else self.plan.bound)

    def risk(self, programs: ScenarioPrograms) -> RiskMeasure:
        """Return what the plan minimises, in the units of some programs."""
        head, money = self.plan.instance.head, programs.money
        best = self.plan.tables["scenarios"]["alone_bound"].to_numpy(dtype=float) / money
        measured = head.risk_measure == "regret"
        return RiskMeasure(
            head.risk_measure, head.risk_level, head.risk_weight, tuple(best.tolist()) if measured else ()
        )

    # ------------------------------------------------------------------ searches
    def ask(self, edits: Iterable[Edit]) -> Cost:
        """Return the cost of the best plan found with the base data edited, their scenarios made again.

        Raises
        ------
        NoFeasiblePlan, StoppedWithoutPlan, BudgetSpent
            If there is no plan, none was found in time, or no time is left.
        KeyboardInterrupt
            If Ctrl-C was pressed.
        """
        programs = self.programs_of(apply_edits(self.plan.instance, list(edits)))
        return self.search(programs, programs.arrays, self._start(programs)).cost

    def with_fixings(self, fixings: Mapping[str, Sequence[Fixing]], parts: int = 1) -> FoundPlan:
        """Return the best plan found with decisions fixed in some scenarios, by name; raises as :meth:`ask` does."""
        programs, bound = self.programs, self.plan.bound
        triples = zip(programs.tree.scenarios, programs.programs, programs.arrays, strict=True)
        arrays = [apply_fixings(program, one, fixings.get(scenario.name, ())) for scenario, program, one in triples]
        return self.search(programs, arrays, self.values, -np.inf if bound is None else bound, parts=parts)

    def search(
        self,
        programs: ScenarioPrograms,
        arrays: Sequence[Arrays],
        start: Sequence[Floats] | None = None,
        known_bound: float = -np.inf,
        gap: float | None = None,
        parts: int = 1,
    ) -> FoundPlan:
        """Return the best plan found of scenarios' programs; raises as :meth:`ask` does.

        Parameters
        ----------
        programs : ScenarioPrograms
            Their tree, units and shared decisions.
        arrays : sequence of Arrays
            The programs, compiled.
        start : sequence of ndarray, optional
            Values to begin with, ignored if they are infeasible.
        known_bound : float
            Cost that no plan can be below, in the instance's currency.
        gap : float, optional
            Relative gap; by default that of the options.
        parts : int
            Searches that share the time of the question.
        """
        seconds, began, money = self.budget.search(parts), self.budget.now(), programs.money
        found = solve_stochastic(
            StochasticProgram(tuple(arrays), programs.tree.probabilities, programs.sharing.ids),
            self.risk(programs),
            replace(self.options, time_limit=seconds, gap=self.options.gap if gap is None else gap),
            self.workers,
            Clock(self.progress).reporter(money),
            start=start,
            known_bound=known_bound / money,
        )
        if found.stop is Stop.INTERRUPTED:
            raise KeyboardInterrupt
        if found.stop is Stop.TIME_LIMIT:
            self.budget.ended(seconds)
        else:
            self.budget.took(self.budget.now() - began)
        if found.values is None:
            raise NoFeasiblePlan(()) if found.stop is Stop.INFEASIBLE else StoppedWithoutPlan()
        return FoundPlan(cost_with_gap(found.objective * money, found.bound * money), found.values)

    def _start(self, programs: ScenarioPrograms) -> tuple[Floats, ...] | None:
        """Return values with the plan's decisions in programs that may be of an edited instance; None if infeasible."""
        found = []
        for program, arrays, own in zip(programs.programs, programs.arrays, self.plans.values(), strict=True):
            fixed = fix_decisions_at(program, arrays, decision_values(program, arrays, own))
            solution = Model(fixed).solve(replace(self.options, time_limit=max(self.budget.left, 0.0)))
            if solution.stop is Stop.INTERRUPTED:
                raise KeyboardInterrupt
            if solution.values is None:
                return None
            found.append(solution.values)
        return tuple(found)
