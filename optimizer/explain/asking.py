"""Many what-ifs one after the other."""

from __future__ import annotations

from collections.abc import Iterable

from optimizer.clock import Tell
from optimizer.errors import NoFeasiblePlan, StoppedWithoutPlan
from optimizer.instance.edit import Edit
from optimizer.plan.plan import Plan
from optimizer.program.holds import Hold
from optimizer.whatif import NO_PLAN, NOT_IN_TIME, WhatIf


class Asking(WhatIf):
    """What-ifs of which Ctrl-C ends all that are left, not only the search at hand."""

    def ask(
        self,
        edits: Iterable[Edit],
        holds: Iterable[Hold] = (),
        progress: Tell | None = None,
        floor: float | None = None,
    ) -> Plan:
        """As of :class:`optimizer.WhatIf`, but an interrupted search is no answer.

        Raises
        ------
        KeyboardInterrupt
            If the search was interrupted.
        """
        try:
            plan = super().ask(edits, holds, progress, floor)
        except StoppedWithoutPlan as error:
            if error.interrupted:
                raise KeyboardInterrupt from error
            raise
        if plan.head["stopped"] == "interrupted":
            raise KeyboardInterrupt
        return plan


def held_costs(ask: WhatIf, plan: Plan, holds: Iterable[Hold]) -> tuple[float | None, float | None, str]:
    """How much more a plan costs with decisions held.

    Holding only takes plans away, so that the bound on all plans holds on: a search that comes near it is over.

    Parameters
    ----------
    ask : WhatIf
        Of the plan.
    plan : Plan
        The plan at hand.
    holds : iterable of Hold
        What is held.

    Returns
    -------
    tuple
        How much more the best plan found costs, how much more any such plan is proven to cost at least, and why there
        are no figures (``""`` where there are).
    """
    try:
        other = ask.ask([], holds, floor=plan.bound)
    except NoFeasiblePlan:
        return None, None, NO_PLAN
    except StoppedWithoutPlan:
        return None, None, NOT_IN_TIME
    return other.objective - plan.objective, None if other.bound is None else other.bound - plan.objective, ""
