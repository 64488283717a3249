"""Prices at which plans that take an offer break even: for gaps too wide to try one price after the other."""

from __future__ import annotations

from collections.abc import Callable

from optimizer.errors import HoldError, NoFeasiblePlan
from optimizer.plan.plan import Plan
from optimizer.program.holds import Hold
from optimizer.whatif import WhatIf

_PRICES = (0.5, 0.05)  # at which hours are tried, which cannot be forced

At = Callable[[float], Plan]
Took = Callable[[Plan], float]


def forced(ask: WhatIf, plan: Plan, item: str, at: At, took: Took) -> tuple[float, Plan] | None:
    """A plan that takes an offer, and how many times worse than today's its price is there; None if there is none."""
    if any(row.offer == item for row in plan.instance.rows["on_demand"]):
        tries = ((worse, at(worse)) for worse in _PRICES)
        return next((one for one in tries if took(one[1]) > 0), None)
    try:
        return 1.0, ask.ask_held([Hold("force", "", item)])
    except (NoFeasiblePlan, HoldError):
        return None


def break_even(without: float, cost: float, units: float, factor: float) -> float | None:
    """Multiple of an offer's price at which a plan with it costs as much as the best one without.

    Parameters
    ----------
    without, cost : float
        Costs of the plan without the offer, and of the one with it.
    units : float
        Present value that the plan pays for the offer per unit of the factor; negative where it receives it.
    factor : float
        Multiple of the price at which the plan was found.

    Returns
    -------
    float or None
        None where no price above zero makes them equal.
    """
    reached = (without - cost + units * factor) / units if units else 0.0
    return reached if reached > 0 else None
