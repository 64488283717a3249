"""Price at which a plan with an offer costs as much as a plan without it."""

from __future__ import annotations


def break_even(without: float, cost: float, units: float, factor: float) -> float | None:
    """Return the multiple of an offer's price at which a plan with it costs as much as the best plan without it.

    Parameters
    ----------
    without, cost : float
        Costs of the plan without the offer and of the plan with it.
    units : float
        Present value that the plan pays for the offer per unit of the factor; negative where it receives it.
    factor : float
        Multiple of the price at which the plan was found.

    Returns
    -------
    float or None
        None if no positive price makes the costs equal.
    """
    reached = (without - cost + units * factor) / units if units else 0.0
    return reached if reached > 0 else None
