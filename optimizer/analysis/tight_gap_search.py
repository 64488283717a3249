"""What-ifs whose gaps are so fine that offers can be told apart which are worth next to nothing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cached_property

from optimizer.instance.edit import Edit
from optimizer.plan.plan import Plan
from optimizer.program.fixings import Fixing
from optimizer.solver.bound import bound_below
from optimizer.solving.whatif import WhatIf

FINE = 1e-9  # gap of searches that tell prices apart which are close
CLOSED = 1e-5  # a plan within this gap is as good as the best one: then finer searches have a chance
_PART = 2e-5  # of what is paid for the offer: gap of a search that is about it


class FineSearch:
    """What-ifs of a plan, with finer gaps where these can be closed in time.

    Attributes
    ----------
    ask : WhatIf
        Its time limit holds for each search.
    plan : Plan
        The plan at hand.
    """

    def __init__(self, ask: WhatIf, plan: Plan) -> None:
        self.ask, self.plan = ask, plan

    @cached_property
    def best(self) -> Plan:
        """The plan at hand; where its gap is wide, what one search with a finer gap makes of it."""
        plan = self.plan
        if plan.gap is not None and plan.gap <= CLOSED:
            return plan
        found = self.run([], [], plan, FINE, plan.bound)
        better = found if found.objective < plan.objective else plan
        return _with_bound(better, found.bound)

    @property
    def fine(self) -> bool:
        """Whether gaps can be closed in time, so that close prices can be told apart."""
        return self.best.gap is not None and self.best.gap <= CLOSED

    @property
    def gap(self) -> float:
        """Gap of the searches."""
        return FINE if self.fine else self.ask.options.gap

    def run(
        self,
        edits: list[Edit],
        holds: list[Fixing],
        start: Plan,
        gap: float | None = None,
        floor: float | None = None,
        enough: float | None = None,
    ) -> Plan:
        """The plan with edits and holds, searched from another one.

        ``floor`` is a cost that none can be below, ``enough`` one below which any plan will do.
        """
        with self._set(start, self.gap if gap is None else gap):
            return self.ask.ask(edits, holds, floor=floor, enough=enough)

    def gap_for(self, paid: float, cost: float) -> float:
        """Gap of a search about an offer for which so much is paid, where the plan costs so much.

        What it leaves open is to be small beside what is paid; but no gap is asked for that cannot be closed.
        """
        if not self.fine or not paid:
            return self.gap
        return min(max(_PART * paid / max(abs(cost), 1e-12), FINE), CLOSED)

    @contextmanager
    def _set(self, start: Plan, gap: float) -> Iterator[None]:
        ask = self.ask
        before = ask.plan, ask.options
        ask.plan, ask.options = start, replace(ask.options, gap=gap)
        try:
            yield
        finally:
            ask.plan, ask.options = before


def _with_bound(plan: Plan, bound: float | None) -> Plan:
    """A plan of which more may be proven."""
    known = [one for one in (plan.bound, bound) if one is not None]
    if not known:
        return plan
    best = bound_below(plan.objective, max(known))
    gap = 0.0 if plan.objective == best else (plan.objective - best) / max(abs(plan.objective), 1e-12)
    return replace(plan, head={**plan.head, "bound": best, "gap": gap})
