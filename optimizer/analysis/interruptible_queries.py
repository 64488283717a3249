"""Many what-ifs one after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeVar
from weakref import WeakKeyDictionary

from optimizer.errors import NoFeasiblePlan, StoppedWithoutPlan
from optimizer.instance.edit import Edit
from optimizer.plan.plan import Plan
from optimizer.program.fixings import Fixing
from optimizer.solving.clock import Tell
from optimizer.solving.solve import Cost
from optimizer.solving.whatif import NO_PLAN, NOT_IN_TIME, WhatIf

Item = TypeVar("Item")
Found = TypeVar("Found")


class Asking(WhatIf):
    """What-ifs of which Ctrl-C ends all that are left, not only the search at hand.

    Attributes
    ----------
    tell : callable or None
        Told how each search goes on.
    """

    tell: Tell | None = None

    def ask(
        self,
        edits: Iterable[Edit],
        holds: Iterable[Fixing] = (),
        progress: Tell | None = None,
        floor: float | None = None,
        enough: float | None = None,
    ) -> Plan:
        """As of :class:`optimizer.WhatIf`, but an interrupted search is no answer.

        Raises
        ------
        KeyboardInterrupt
            If the search was interrupted.
        """
        try:
            plan = super().ask(edits, holds, progress or self.tell, floor, enough)
        except StoppedWithoutPlan as error:
            if error.interrupted:
                raise KeyboardInterrupt from error
            raise
        if plan.head["stopped"] == "interrupted":
            raise KeyboardInterrupt
        return plan

    def ask_cost(self, edits: Iterable[Edit], holds: Iterable[Fixing] = (), progress: Tell | None = None) -> Cost:
        """As of :class:`optimizer.WhatIf`, but an interrupted search ends all that are left.

        Raises
        ------
        KeyboardInterrupt
            If the search was interrupted.
        """
        try:
            cost = super().ask_cost(edits, holds, progress or self.tell)
        except StoppedWithoutPlan as error:
            if error.interrupted:
                raise KeyboardInterrupt from error
            raise
        if cost.interrupted:
            raise KeyboardInterrupt
        return cost


def as_far_as_it_goes(
    items: Iterable[Item], work: Callable[[Item], Found], stop: Callable[[], None] | None
) -> list[Found]:
    """What is worked out of each item, until Ctrl-C, of which ``stop`` is told; without it, Ctrl-C ends it all."""
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
class Extra:
    """How much more a plan costs with decisions held.

    Attributes
    ----------
    costs : float or None
        How much more the best plan found costs than the plan at hand.
    at_least, at_most : float or None
        Between these the difference of best plans is proven to lie.
    note : str
        Why there are no figures; blank where there are.
    """

    costs: float | None = None
    at_least: float | None = None
    at_most: float | None = None
    note: str = ""


def held_costs(ask: WhatIf, plan: Plan, holds: Iterable[Fixing]) -> Extra:
    """How much more a plan costs with decisions held.

    Parameters
    ----------
    ask : WhatIf
        Of the plan.
    plan : Plan
        The plan at hand.
    holds : iterable of Fixing
        What is held.
    """
    known, key = _ANSWERED.setdefault(ask, {}), (plan.objective, tuple(holds))
    if key not in known:
        known[key] = _worked_out(ask, plan, key[1])
    return known[key]


# What was worked out already, by the plan's cost and what is fixed: one question has one figure in all tables.
_ANSWERED: WeakKeyDictionary[WhatIf, dict[tuple[float, tuple[Fixing, ...]], Extra]] = WeakKeyDictionary()


def _worked_out(ask: WhatIf, plan: Plan, holds: tuple[Fixing, ...]) -> Extra:
    try:
        other = ask.ask_held(holds)
    except NoFeasiblePlan:
        return Extra(note=NO_PLAN)
    except StoppedWithoutPlan:
        return Extra(note=NOT_IN_TIME)
    least = None if other.bound is None else other.bound - plan.objective
    if _only_takes_away(ask, plan, holds):
        least = max(least or 0.0, 0.0)
    most = None if plan.bound is None else other.objective - plan.bound
    return Extra(other.objective - plan.objective, least, most)


def _only_takes_away(ask: WhatIf, plan: Plan, holds: Iterable[Fixing]) -> bool:
    """Whether all plans with decisions held are plans without: then the best of them never costs less."""
    replaced = {one.item for one in holds} & {one.item for one in ask.held}
    return not replaced and (not ask.options.relax or bool(plan.head["relaxed"]))
