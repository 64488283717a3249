"""Series of what-ifs that a budget or Ctrl-C ends, and the additional cost of fixed decisions."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from weakref import WeakKeyDictionary

from optimizer.analysis.budget import Budget, BudgetSpent
from optimizer.analysis.questions import NOT_EXAMINED
from optimizer.errors import NoFeasiblePlan, StoppedWithoutPlan
from optimizer.format import counted
from optimizer.instance.edit import Edit
from optimizer.plan.plan import Plan
from optimizer.program.fixings import Fixing
from optimizer.solver.solution import Solution, Stop
from optimizer.solving.clock import Clock, OnProgress
from optimizer.solving.solve import Cost
from optimizer.solving.whatif import SweepRow, WhatIf


class InterruptibleWhatIf(WhatIf):
    """What-ifs of which Ctrl-C ends the entire series instead of the current search only, within a budget.

    Attributes
    ----------
    on_progress : callable or None
        Called with the progress of each search.
    budget : Budget or None
        Gives each search its seconds; the time limit of the options by default.
    on_step : callable or None
        Called with a line on each value of a sweep.
    stopped : str
        Value at which Ctrl-C ended a sweep; ``""`` if it did not.
    """

    on_progress: OnProgress | None = None
    budget: Budget | None = None
    on_step: Callable[[str], None] | None = None
    stopped: str = ""

    def _solved(
        self,
        edits: list[Edit],
        fixings: list[Fixing],
        clock: Clock,
        known_bound: float | None = None,
        objective_target: float | None = None,
        cutoff: float | None = None,
    ) -> Solution:
        """Solve as :class:`optimizer.WhatIf` does, but raise KeyboardInterrupt if the search was interrupted.

        Raises
        ------
        BudgetSpent
            If no time is left for the search.
        """
        clock.on_progress = clock.on_progress or self.on_progress
        if self.budget is not None:
            starts = 2 if fixings and self.live.arrays.integer.any() else 1
            self.options = replace(self.options, time_limit=self.budget.search(starts))
        began = 0.0 if self.budget is None else self.budget.now()
        solution = super()._solved(edits, fixings, clock, known_bound, objective_target, cutoff)
        if solution.stop is Stop.INTERRUPTED:
            raise KeyboardInterrupt
        if self.budget is not None and solution.stop is Stop.TIME_LIMIT:
            self.budget.ended(self.options.time_limit)
        elif self.budget is not None:
            self.budget.took(self.budget.now() - began)
        return solution

    def _sweep_row(self, value: float, query: Callable[[], Cost], left: int) -> SweepRow:
        """Return the row of a value, within its part of the budget; Ctrl-C ends the sweep and keeps the rows so far."""
        text = f"value {value:.15g}; {counted(left - 1, 'more value')} to come"
        if self.stopped or not self._begin_question(left):
            return value, math.nan, None, None, NOT_EXAMINED
        if self.on_step is not None:
            self.on_step(text)
        try:
            return super()._sweep_row(value, query, left)
        except BudgetSpent:
            return value, math.nan, None, None, NOT_EXAMINED
        except KeyboardInterrupt:
            self.stopped = text
            return value, math.nan, None, None, NOT_EXAMINED

    def _begin_question(self, left: int) -> bool:
        if self.budget is None:
            return True
        self.budget.stage(1.0)
        return self.budget.question(left) > 0


@dataclass(frozen=True)
class ExtraCost:
    """Additional cost of a plan with decisions fixed.

    Attributes
    ----------
    costs : float or None
        Additional cost of the best plan found, compared with the given plan.
    at_least, at_most : float or None
        Proven interval of the difference of the optimal plans.
    note : str
        Reason for missing figures; ``""`` if there are figures.
    """

    costs: float | None = None
    at_least: float | None = None
    at_most: float | None = None
    note: str = ""


def cost_of_fixing(ask: WhatIf, plan: Plan, fixings: Iterable[Fixing]) -> ExtraCost:
    """Return the additional cost of a plan with decisions fixed.

    Parameters
    ----------
    ask : WhatIf
        What-ifs of the plan.
    plan : Plan
        The plan to compare with.
    fixings : iterable of Fixing
        The decisions to fix.
    """
    known, key = _CACHE.setdefault(ask, {}), (plan.objective, tuple(fixings))
    if key not in known:
        known[key] = _solve(ask, plan, key[1])
    return known[key]


# Results by the plan's cost and the fixed decisions, so that the same question has the same figure in all tables.
_CACHE: WeakKeyDictionary[WhatIf, dict[tuple[float, tuple[Fixing, ...]], ExtraCost]] = WeakKeyDictionary()


def _solve(ask: WhatIf, plan: Plan, fixings: tuple[Fixing, ...]) -> ExtraCost:
    try:
        other = ask.ask_with_fixed(fixings)
    except (NoFeasiblePlan, StoppedWithoutPlan) as error:
        return ExtraCost(note=error.note)
    least = None if other.bound is None else other.bound - plan.objective
    if _only_restricts(ask, plan, fixings):
        least = max(least or 0.0, 0.0)
    most = None if plan.bound is None else other.objective - plan.bound
    return ExtraCost(other.objective - plan.objective, least, most)


def _only_restricts(ask: WhatIf, plan: Plan, fixings: Iterable[Fixing]) -> bool:
    """Whether the fixed decisions only restrict the feasible plans, so that the optimum cannot become cheaper."""
    replaced = {one.item for one in fixings} & {one.item for one in ask.fixed}
    return not replaced and (not ask.options.relax or bool(plan.head["relaxed"]))
