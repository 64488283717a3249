"""What-ifs with gaps tight enough to compare offers whose value is small against the cost of the plan."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cached_property

from optimizer.analysis.budget import BudgetSpent
from optimizer.instance.edit import Edit
from optimizer.plan.plan import Plan
from optimizer.program.fixings import Fixing
from optimizer.solver.bound import bound_below
from optimizer.solving.whatif import WhatIf

TIGHT = 1e-9  # gap of searches that compare close prices
CLOSED = 1e-5  # gap from which on a plan counts as optimal, and tighter gaps can be closed in time
_PART = 2e-5  # gap of a search about an offer, as a fraction of its payments


class TightGapSearch:
    """What-ifs of a plan, with tighter gaps where these can be closed in time.

    Attributes
    ----------
    ask : WhatIf
        What-ifs of the plan; the time limit applies to each search.
    plan : Plan
        The plan to start from.
    """

    def __init__(self, ask: WhatIf, plan: Plan) -> None:
        self.ask, self.plan = ask, plan

    @cached_property
    def best(self) -> Plan:
        """The given plan; if its gap is wide, the result of one search from it with a tighter gap."""
        return self._closer(self.plan)

    def tighten(self) -> None:
        """Search once more for a tighter gap, if it is not closed yet."""
        if not self.is_tight:
            self.best = self._closer(self.best)

    def _closer(self, plan: Plan) -> Plan:
        """Return a plan; if its gap is wide, the result of one search from it with a tighter gap."""
        if plan.gap is not None and plan.gap <= CLOSED:
            return plan
        try:
            found = self.run([], [], plan, TIGHT, plan.bound)
        except BudgetSpent:
            return plan
        better = found if found.objective < plan.objective else plan
        return with_bound(better, found.bound)

    @property
    def is_tight(self) -> bool:
        """Whether gaps can be closed in time, so that close prices can be compared."""
        return self.best.gap is not None and self.best.gap <= CLOSED

    @property
    def gap(self) -> float:
        """Relative gap of the searches."""
        return TIGHT if self.is_tight else self.ask.options.gap

    def run(
        self,
        edits: list[Edit],
        fixings: list[Fixing],
        start: Plan,
        gap: float | None = None,
        known_bound: float | None = None,
        objective_target: float | None = None,
    ) -> Plan:
        """Solve with edits and fixed decisions, with another plan as the incumbent.

        ``known_bound`` is a cost that none can be below, ``objective_target`` one below which any plan will do.
        """
        with self._set(start, self.gap if gap is None else gap):
            return self.ask.ask(edits, fixings, known_bound=known_bound, objective_target=objective_target)

    def find_cheaper(
        self,
        edits: list[Edit],
        fixings: list[Fixing],
        start: Plan,
        cost: float,
        known_bound: float | None = None,
        gap: float | None = None,
    ) -> tuple[Plan | None, float]:
        """Search for a plan that costs less than a given cost, as :meth:`optimizer.WhatIf.find_cheaper`."""
        with self._set(start, self.gap if gap is None else gap):
            return self.ask.find_cheaper(edits, fixings, cost, known_bound)

    def gap_for(self, paid: float, cost: float) -> float:
        """Return the gap of a search about an offer, from its payments and the cost of the plan.

        The gap must be small compared with the payments, but not smaller than can be closed in time.
        """
        if not self.is_tight or not paid:
            return self.gap
        return min(max(_PART * paid / max(abs(cost), 1e-12), TIGHT), CLOSED)

    @contextmanager
    def _set(self, start: Plan, gap: float) -> Iterator[None]:
        ask = self.ask
        before = ask.plan, ask.options
        ask.plan, ask.options = start, replace(ask.options, gap=gap)
        try:
            yield
        finally:
            ask.plan, ask.options = before


def with_bound(plan: Plan, bound: float | None) -> Plan:
    """Return a plan with the better of its own bound and another one."""
    known = [one for one in (plan.bound, bound) if one is not None]
    if not known:
        return plan
    best = bound_below(plan.objective, max(known))
    gap = 0.0 if plan.objective == best else (plan.objective - best) / max(abs(plan.objective), 1e-12)
    return replace(plan, head={**plan.head, "bound": best, "gap": gap})
