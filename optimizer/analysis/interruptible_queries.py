"""Series of what-ifs that Ctrl-C ends, and the additional cost of fixed decisions."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeVar
from weakref import WeakKeyDictionary

from optimizer.errors import NoFeasiblePlan, StoppedWithoutPlan
from optimizer.instance.edit import Edit
from optimizer.plan.plan import Plan
from optimizer.program.fixings import Fixing
from optimizer.solver.solution import Solution, Stop
from optimizer.solving.clock import Clock, OnProgress
from optimizer.solving.whatif import WhatIf

Item = TypeVar("Item")
Found = TypeVar("Found")


class InterruptibleWhatIf(WhatIf):
    """What-ifs of which Ctrl-C ends the entire series instead of the current search only.

    Attributes
    ----------
    on_progress : callable or None
        Called with the progress of each search.
    """

    on_progress: OnProgress | None = None

    def _solved(
        self,
        edits: list[Edit],
        fixings: list[Fixing],
        clock: Clock,
        known_bound: float | None = None,
        objective_target: float | None = None,
    ) -> Solution:
        """Solve as :class:`optimizer.WhatIf` does, but raise KeyboardInterrupt if the search was interrupted."""
        clock.on_progress = clock.on_progress or self.on_progress
        solution = super()._solved(edits, fixings, clock, known_bound, objective_target)
        if solution.stop is Stop.INTERRUPTED:
            raise KeyboardInterrupt
        return solution


def until_interrupted(
    items: Iterable[Item], work: Callable[[Item], Found], stop: Callable[[], None] | None
) -> list[Found]:
    """Compute a result for each item until Ctrl-C, which calls ``stop``; without it, KeyboardInterrupt is raised."""
    found = []
    for item in items:
        try:
            found.append(work(item))
        except KeyboardInterrupt:
            if stop is None:
                raise
            stop()
            break
    return found


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
