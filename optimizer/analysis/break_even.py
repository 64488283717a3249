"""Prices at which plans that take an offer break even."""

from __future__ import annotations


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
