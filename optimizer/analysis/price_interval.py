"""Break-even prices with their proven intervals, as multiples of the price."""

from __future__ import annotations

import math
from dataclasses import dataclass

SURE = 1.001
"""Ratio of prices that count as equal."""
MOST = 100.0
"""Multiple of the price at which an offer that is still taken is taken at any price."""
NEGLIGIBLE = 1e-4
"""Multiple of the price below which a break-even price is numerical noise."""


@dataclass(frozen=True)
class BreakevenPrice:
    """Break-even price with its proven interval, as multiples of the price: 2 is twice it, for an outlet half of it.

    Attributes
    ----------
    worse : float or None
        Multiple at which the offer breaks even; None if it is taken at no price, or (``always``) at any price.
    at_least, at_most : float
        Proven interval of the multiple.
    always : bool
        Whether the offer is taken at any price.
    """

    worse: float | None
    at_least: float = 0.0
    at_most: float = math.inf
    always: bool = False

    @property
    def proven(self) -> bool:
        """Whether the proven interval is within the tolerance."""
        if self.worse is None:
            return self.at_least >= MOST if self.always else self.at_most <= NEGLIGIBLE
        return self.at_least * SURE >= self.worse and self.at_most <= self.worse * SURE


@dataclass(frozen=True)
class CostWithout:
    """Cost of the best plan found without the offer, and the bound of all plans without it."""

    cost: float
    bound: float


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
